"""Documents as people write them: what is found, read and attached alone says what it belongs to."""

from __future__ import annotations

import time

import pytest

from parametric_memory.documents.passages import reading, spaced
from parametric_memory.documents.sentences import sentences
from tests.documents.one_document import the_document


def passages(text: str, name: str | None = None) -> list[str]:
    """Of a text, or of a file of this name."""
    return sentences(reading(text if name is None else the_document(text.encode(), name).text))


@pytest.mark.parametrize(
    "text",
    [
        "Lina moved to Bergen. Why? Nobody knows.\n\nShe likes it.",
        "Crepuscular\nCrepuscular animals are active at dusk. They sleep by day.",
        "- milk\n- bread",
        "Why did he leave?\n\nNobody knows.",
        "It costs a | b, or so.",
        "Dear Ana,\n\nthe keys are under the mat.\n\nBest,\nBen",
    ],
)
def test_prose_and_what_has_no_structure_is_read_as_it_is(text: str) -> None:
    assert reading(text) is text


FAQ = "# Lamp\n\n## How do I reset it?\n\nHold the button. Wait a minute.\n\n## What does it cost?\n\n30 euros.\n"


@pytest.mark.parametrize("name", [None, "faq.md"])
def test_a_question_in_a_heading_is_one_passage_with_its_answer(name: str | None) -> None:
    assert passages(FAQ, name) == [
        "Lamp",
        "How do I reset it? Hold the button. Wait a minute.",
        "What does it cost? 30 euros.",
    ]


def test_questions_above_answers_are_those_of_a_faq_without_marks_too() -> None:
    expected = ["How do I reset it? Hold the button.", "What does it cost? 30 euros."]
    assert passages("How do I reset it?\nHold the button.\n\nWhat does it cost?\n30 euros.") == expected
    assert passages("How do I reset it?\n\nHold the button.\n\nWhat does it cost?\n\n30 euros.") == expected


def test_what_stands_below_headings_is_said_with_them() -> None:
    text = (
        "Manual\n======\n\n# Cleaning\nUse a dry cloth. Never use water.\n## Filter\nRinse it.\n# Storage\nKeep it dry."
    )
    assert passages(text)[1:] == [
        "Cleaning: Use a dry cloth.",
        "Cleaning: Never use water.",
        "Cleaning: Filter: Rinse it.",
        "Storage: Keep it dry.",
    ]


def test_a_heading_above_nothing_stands_alone() -> None:
    assert passages("# Plans\n# Done\n\nAll of it.\n\n# To do") == ["Plans", "Done: All of it.", "To do"]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_list_is_one_passage_with_its_lead_in(gap: str) -> None:
    text = f"Read this first. You need:{gap}- a screwdriver\n- two bolts\n  of steel\n\nThen call us."
    assert passages(text) == ["Read this first.", "You need: a screwdriver; two bolts of steel", "Then call us."]


def test_of_a_long_list_every_item_is_said_with_its_lead_in() -> None:
    items = [f"{number}. turn the handle {number} times to the left, then wait for the light" for number in range(9)]
    assert passages("To open it:\n" + "\n".join(items)) == [f"To open it: {item}" for item in items]


def test_items_that_are_statements_are_said_one_by_one_with_their_lead_in() -> None:
    text = "We hire out:\n- shoes: \u00a33.50\n- ropes, but only to members of the club"
    assert passages(text) == ["We hire out: shoes: \u00a33.50", "We hire out: ropes, but only to members of the club"]


NESTED = (
    "# Minutes\n\n## Lift\n\n- Two offers:\n  - Hallberg: 8,940\n  - Kontor: 7,600\n- The old one stays until May\n"
)


@pytest.mark.parametrize("name", [None, "minutes.md", "minutes.html"])
def test_items_below_an_item_are_said_with_it(name: str | None) -> None:
    page = (
        "<html><body><h1>Minutes</h1><h2>Lift</h2><ul><li>Two offers:<ol><li>Hallberg: 8,940</li><li>Kontor: 7,600"
        "</li></ol></li><li>The old one stays until May</li></ul></body></html>"
    )
    assert passages(page if name == "minutes.html" else NESTED, name) == [
        "Minutes",
        "Lift: Two offers: Hallberg: 8,940",
        "Lift: Two offers: Kontor: 7,600",
        "Lift: The old one stays until May",
    ]


def test_numbered_points_of_minutes_without_headings_are_said_with_what_stands_below_them() -> None:
    points = "1) Launch\n   - moves to 10 March\n     - because of the review\n   - no party\n2) Bugs\n   none\n"
    text = f"Weekly, 3 May\n\n{points}3) Money\n   It's 6,500 - or so.\n   Ana asks."
    assert passages(text) == [
        "Weekly, 3 May",
        "1) Launch: moves to 10 March: because of the review",
        "1) Launch: no party",
        "2) Bugs none",
        "3) Money: It's 6,500 - or so.",
        "3) Money: Ana asks.",
    ]


def test_a_short_line_above_a_list_is_its_title() -> None:
    assert passages("Travel\n* window seat\n* no flights\n\nHe said so.\n- yes") == [
        "Travel: window seat; no flights",
        "He said so.",
        "- yes",
    ]


def test_a_list_of_terms_is_one_of_questions_and_answers() -> None:
    page = "<dl><dt>How?</dt><dd>By post.</dd><dt>I lost it. What now?</dt><dd>Ring us.</dd></dl>"
    assert passages(f"<html><body>{page}</body></html>", "a.html") == ["How? By post.", "I lost it. What now? Ring us."]


def test_bold_words_at_an_end_of_a_line_of_markdown_have_a_line_to_themselves() -> None:
    assert passages("# Kestrel\n\n**When?**\nAt ten.\n\n**How much?**\n4 pounds.\n", "a.md") == [
        "Kestrel",
        "When? At ten.",
        "How much? 4 pounds.",
    ]
    assert passages("**Focus:** reptiles\n**Languages:** Twi,\nEnglish\n", "a.md") == [
        "Focus: reptiles",
        "Languages: Twi, English",
    ]


@pytest.mark.parametrize(
    ("name", "heading"),
    [("a.md", "**{}**\n\n"), ("a.html", "<p><b> {}</b></p>\n"), ("a.html", "<p><strong>{}</strong></p>")],
)
def test_a_paragraph_of_bold_words_alone_is_a_heading_unless_it_is_a_sentence(name: str, heading: str) -> None:
    text = f"{heading.format('Opening hours')}From nine to five.\n\n{heading.format('Mind the step!')}"
    end = f"{heading.format('Can I pay by card?')}Yes. From 5 pounds.\n"
    assert passages(text + (end if name == "a.md" else end.replace("Yes", "<p>Yes")), name) == [
        "Opening hours: From nine to five.",
        "Opening hours: Mind the step!",
        "Can I pay by card? Yes. From 5 pounds.",
    ]


def test_items_below_an_item_of_a_list_with_a_lead_in_are_said_with_both() -> None:
    text = "Team:\n\n- Head: Oskar\n- Keys\n  - spare key: at the bakery\n"
    assert passages(text, "a.md") == passages(text) == ["Team: Head: Oskar", "Team: Keys: spare key: at the bakery"]


def test_marks_of_questions_and_answers_are_not_said() -> None:
    text = "Q: What about eggs\nA: They cost 2.90. Seldom in winter.\n\nQ2: Who?\nA2: Ana."
    assert passages(text) == ["What about eggs: They cost 2.90. Seldom in winter.", "Who? Ana."]


TABLE = [("Shipping to", "Price", "Days"), ("United Kingdom", "\u00a39.90", "5-8"), ("Norway", "\u00a312", "")]
CELLS = [
    "Shipping to United Kingdom: Price \u00a39.90",
    "Shipping to United Kingdom: Days 5-8",
    "Shipping to Norway: Price \u00a312",
]


@pytest.mark.parametrize("kind", ["markdown", "html", "csv", "tsv", "plain"])
def test_a_cell_of_a_table_is_said_with_its_row_and_its_column(kind: str) -> None:
    lines = [" | ".join(row) for row in TABLE]
    tags = ["th", "td", "td"]
    cells = ["".join(f"<{tag}>{cell}</{tag}>" for cell in row) for tag, row in zip(tags, TABLE, strict=True)]
    text, name = {
        "markdown": ("\n".join([f"|{lines[0]}|", "|---|:--|--:|", *(f"|{line}|" for line in lines[1:])]), "a.md"),
        "html": (f"<html><body><table><tr>{'</tr><tr>'.join(cells)}</table>", "a.html"),
        "csv": ("\r\n".join(",".join(f'"{cell}"' for cell in row) for row in TABLE), "a.csv"),
        "tsv": ("\n".join("\t".join(row) for row in TABLE), "a.tsv"),
        "plain": ("\n".join(lines), None),
    }[kind]
    assert passages(text, name) == CELLS


def test_a_table_is_said_with_its_heading_and_one_of_two_columns_as_it_is() -> None:
    assert passages("# Guide\n\n## Rex\n\nBorn | 2020\nColour | brown") == [
        "Guide",
        "Rex: Born: 2020",
        "Rex: Colour: brown",
    ]


def test_a_table_without_names_of_columns_keeps_its_rows() -> None:
    assert passages("Ana | 1 | 2\nBen | 3 | 4") == ["Ana | 1 | 2", "Ben | 3 | 4"]


def test_a_reading_as_a_whole_has_a_line_for_each_passage() -> None:
    assert spaced(reading(FAQ)).split("\n") == passages(FAQ)
    assert spaced("Rain.\n\nSun.") == "Rain.\n\nSun."


@pytest.mark.parametrize(
    "part",
    [
        "# x\n",
        "# x\n\ny\n\n",
        "- x\n\n",
        "a:\n- x\n",
        "x?\n\n",
        "x?\ny\n\n",
        "| x",
        "|x|y|\n",
        "|-|-|\n",
        "x\n===\n",
        "## # ",
    ],
)
def test_hostile_texts_take_time_in_proportion_to_their_size(part: str) -> None:
    def seconds(times: int) -> float:
        tries = []
        for _ in range(2):
            started = time.process_time()
            reading(part * times)
            tries.append(time.process_time() - started)
        return min(tries)

    seconds(1)
    assert seconds(8_000) < 9 * max(seconds(2_000), 0.01)


def test_headings_that_would_make_much_more_of_a_text_are_not_copied() -> None:
    text = f"# Manual\n\n# {'x' * 190}\n" + "A. b. " * 1_000 + "C! " * 1_000
    assert len(reading(text)) <= 8 * len(text) + 2_000
