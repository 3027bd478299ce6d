from __future__ import annotations

import time

import pytest

from parametric_memory.documents.sentences import sentences
from tests.documents.one_document import the_document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Ida Holm paid 3.50 euros. She left.", ["Dr. Ida Holm paid 3.50 euros.", "She left."]),
        ("J. R. Hale met Mr. Oda, i.e. the boss, at 5 p.m. on Friday.", None),
        ("He lives in the U.S. Senate building.", None),
        ("See Fig. 3 and No. 7 of Jan. 5.", None),
        ("He said no. 7 people left.", ["He said no.", "7 people left."]),
        (
            '"Go." She went. (So did he.) Then… Nothing.',
            ['"Go."', "She went.", "(So did he.)", "Then…", "Nothing."],
        ),
        ("Visit example.com. it works", ["Visit example.com. it works"]),
        ("Acme Inc. It grew. Acme Inc. grew.", ["Acme Inc.", "It grew.", "Acme Inc. grew."]),
        ("莉娜住在卑尔根。她是医生。", ["莉娜住在卑尔根。", "她是医生。"]),
        ("Élan is one. Äpfel are two.", ["Élan is one.", "Äpfel are two."]),
        ("lina lives in bergen. ask dr. holm, e.g. by mail.", ["lina lives in bergen.", "ask dr. holm, e.g. by mail."]),
        ("tomas: the meeting with Mr. Holm was moved.", None),
        (
            "eBay was founded by Mr. Omidyar. J. K. Rowling wrote.",
            ["eBay was founded by Mr. Omidyar.", "J. K. Rowling wrote."],
        ),
        ("the train leaves at 10 a.m. and arrives at noon.", None),
        ("lina wohnt z.b. in bergen, bzw. in oslo.", None),
        (
            "of the committee. He left. Then: “Why?” she said.",
            ["of the committee.", "He left.", "Then: “Why?” she said."],
        ),
        ("- lina lives in bergen. she is a nurse.", ["- lina lives in bergen.", "she is a nurse."]),
        ("أين تعيش لينا؟ تعيش في بيرغن.", ["أين تعيش لينا؟", "تعيش في بيرغن."]),
        ("", []),
    ],
)
def test_text_is_cut_at_the_ends_of_sentences_only(text: str, expected: list[str] | None) -> None:
    assert sentences(text) == ([text] if expected is None else expected)


def test_settings_columns_and_log_lines_are_sentences_of_their_own() -> None:
    settings = ["host: db1", "port: 5432", "user name: lina", "retries = 3"]
    columns = ["a name that is long enough to fill a line\tof its own", "bergen\t1"]
    log = [f"2024-01-0{day} 12:00:01 the nightly export has finished without errors" for day in (1, 2)]
    text = "\n".join([*settings, *columns, *log])
    assert sentences(text) == [" ".join(line.split()) for line in [*settings, *columns, *log]]


def test_headings_and_list_items_are_sentences_and_wrapped_lines_are_put_together() -> None:
    text = (
        "# Moves in 2021\nLina Okafor moved to Bergen in the spring of 2021, as her\n"
        "Norwegian was good and\nthe sea near.\n\nNotes\n- buys bread\n  and tea\n- 2. floor. No lift.\n"
        "1. First step\nTea: green\nBread: rye\n"
    )
    assert sentences(text) == [
        "# Moves in 2021",
        "Lina Okafor moved to Bergen in the spring of 2021, as her Norwegian was good and the sea near.",
        "Notes",
        "- buys bread and tea",
        "- 2. floor.",
        "No lift.",
        "1. First step",
        "Tea: green",
        "Bread: rye",
    ]


LONG_LINES = [
    "Lina Okafor moved to Bergen in the spring of 2021 with her two sons",
    "Spiro Vance keeps the gate key in the second drawer of the desk",
    "The annual meeting takes place in the big hall on Harbour Street",
]


@pytest.mark.parametrize(
    "lines",
    [
        LONG_LINES,
        [line.lower() for line in LONG_LINES],
        [f"{line.replace(' ', ' | ', 1)} | yes" for line in LONG_LINES],
        [f"{name};{line}" for name, line in zip("abc", LONG_LINES, strict=True)],
        [f"{line}, since then, but alone" for line in LONG_LINES],
        [f"[10:2{i}] {line}" for i, line in enumerate(LONG_LINES)],
        [f"{letter}) {line}" for letter, line in zip("abc", LONG_LINES, strict=True)],
    ],
    ids=["list", "small letters", "table", "semicolons", "commas", "times", "letters"],
)
def test_facts_on_a_line_each_are_sentences_of_their_own(lines: list[str]) -> None:
    assert sentences("\n".join(lines)) == lines


def test_rows_of_tables_are_sentences_of_their_own() -> None:
    rows = [
        ["Name", "City", "Work"],
        ["Lina Okafor", "Bergen", "chief medical officer of the northern district"],
        ["Spiro Vance", "Oslo", "head of a very important department of the ministry"],
    ]
    html = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    page = f"<html><table>{html}</table></html>"
    assert sentences(the_document(page.encode(), "a.html").text) == [" | ".join(row) for row in rows]


def test_lines_of_uneven_length_are_put_together_where_most_begin_with_a_small_letter() -> None:
    lines = [
        "The committee met in the house of Mr. and Mrs. Anders",
        "Holm, who had been asked",
        "to look after the books.",
    ]
    lines[1:1] = ["who were out of town, and so it went to that of Ida and of"]
    assert sentences("\n".join(lines)) == [" ".join(lines)]


@pytest.mark.parametrize(
    "text",
    [
        "Present: Lina Okafor, Spiro Vance, Tomas Holm, Ida Anders,\nKari Nordmann, Ola Vik",
        "The budget of the northern district was raised in March from 120,000 to\n348,000 kroner",
        "The office is open Monday to Thursday from nine to five; on Friday\nuntil three; Lina Okafor has the key.",
        "Please take the ferry that leaves the harbour at half past nine or\n10:15, and ask Lina for the tickets.",
        "There was much to say about it, and they said it, of which the one thing I\nknow: if we go we go.",
        "- The meeting of the harbour club was moved to the house of King\n  Olav, who had been asked.",
        "    The meeting of the harbour club was moved to the house of King\nOlav, who had been asked to.",
        "Lina Okafor | Bergen | chief medical officer of the northern\ndistrict, since 2021",
    ],
)
def test_a_sentence_that_was_wrapped_is_one(text: str) -> None:
    assert sentences(text) == [" ".join(text.split())]


@pytest.mark.parametrize("heading", ["Things to remember:", "TODO"])
def test_notes_in_small_letters_under_a_heading_are_sentences_of_their_own(heading: str) -> None:
    notes = [heading, "wifi password is harp-42", "the spare key is under the pot", "dentist on friday at ten"]
    assert sentences("\n".join(notes)) == notes


def test_a_long_text_without_ends_is_cut_quickly() -> None:
    began = time.perf_counter()
    for text in ("lina lives in bergen, ", "Lina met Mr. ", "a line that is long enough to have been wrapped once, \n"):
        assert len(sentences(text * 50_000)) == 1
    assert time.perf_counter() - began < 20  # a square of this length takes minutes


def test_quoted_lines_are_put_together_without_their_marks() -> None:
    mail = (
        "On Monday Anton wrote:\n> Shall the pony come again? Last year it cost 80 and it also\n> bit the caretaker.\n"
        ">\n>> No pony.\n>> No horse."
    )
    assert sentences(mail) == [
        "On Monday Anton wrote:",
        "Shall the pony come again?",
        "Last year it cost 80 and it also bit the caretaker.",
        "No pony.",
        "No horse.",
    ]
    assert sentences("> 5 mm of rain") == ["> 5 mm of rain"]


def test_an_abbreviation_before_a_number_ends_no_sentence() -> None:
    assert sentences("Tobi books it, max. 450. Then we pay.") == ["Tobi books it, max. 450.", "Then we pay."]
