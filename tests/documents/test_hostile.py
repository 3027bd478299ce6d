"""Odd and hostile documents take time that grows with their size, not with its square, and lose nothing."""

from __future__ import annotations

import gc
import time
import unicodedata
from collections.abc import Callable

import pytest

from parametric_memory.documents.cleaning import clean, title_given
from parametric_memory.documents.formats import read_html, read_markdown
from parametric_memory.documents.sentences import sentences
from parametric_memory.documents.words import names_asked
from tests.documents.one_document import the_document

QUADRUPLE = 9  # times as long, at most, for four times the size: between 4 and the 16 of what grows with the square


def growth(work: Callable[[str], object], text_of: Callable[[int], str], size: int) -> float:
    """How many times as long the work takes on a text four times as long; the shorter of some tries each."""

    def seconds(text: str) -> float:
        tries = []
        for _ in range(2):
            started = time.process_time()
            work(text)
            tries.append(time.process_time() - started)
        return min(tries)

    work(text_of(1))  # libraries are loaded
    gc.collect()
    gc.disable()  # it looks through what other tests left
    try:
        return seconds(text_of(4 * size)) / seconds(text_of(size))
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("part", "size"),
    [
        ("<p>Lina lives here.</p>", 1_000),
        ("Lina lives here.<br>", 1_000),
        ("<p>Lina lives here.", 1_000),
        ("<div>x", 1_000),
        ("<ul><li>x", 500),
        ("<table><tr><td>x", 400),
        ("<tr><td>x<b></b>", 500),
        ("<i>x</b>", 700),
        ("<script>x</script>y", 1_000),
        ("<pre>\n \n \n", 1_000),
        ("<h1>x", 1_000),
        ("x<!--", 1_500),
        ("<a b=c ", 1_500),
        ("x</", 1_500),
        ("x<![CDATA[", 3_000),
        ("<br>", 1_000),
    ],
)
def test_a_page_takes_time_in_proportion_to_its_size(part: str, size: int) -> None:
    assert growth(read_html, lambda times: f"<p>x{part * times}y", size) < QUADRUPLE


def test_a_page_of_many_blanks_takes_time_in_proportion_to_its_size() -> None:
    assert growth(read_html, lambda times: f"<pre>x{' ' * times}\n{' ' * times}y", 200_000) < QUADRUPLE


@pytest.mark.parametrize(
    ("part", "size"),
    [("Lina\n\n", 1_000), ("- x\n", 1_000), ("*a**a", 1_000), ("[", 1_000), ("> ", 2_000), ("`a ``b ", 1_000)],
)
def test_markdown_takes_time_in_proportion_to_its_size(part: str, size: int) -> None:
    assert growth(read_markdown, lambda times: f"{part * times}x", size) < QUADRUPLE


def test_tables_with_short_rows_take_time_in_proportion_to_their_size() -> None:
    def tables(width: int) -> str:
        return ("|x" * width + "\n" + "|-" * width + "\n" + "|x\n" * width + "\n") * 20

    assert growth(read_markdown, tables, 40) < QUADRUPLE
    assert read_markdown(tables(40))[0].count("x") == 20 * 80  # no text is lost


def test_tables_are_read_where_some_of_their_rows_are_short() -> None:
    rows = "| Lina | Bergen | 2021 |\n| Marco |\n| Pia | Turku |\n"
    for marks in ("", "> ", "- "):
        indented = rows.replace("\n|", f"\n{marks.replace('-', ' ')}|")
        header = f"{marks}| name | city | year |\n{marks.replace('-', ' ')}|---|---|---|\n{marks.replace('-', ' ')}"
        text = read_markdown(header + indented)[0]
        assert "Lina | Bergen | 2021" in text and "|--" not in text and "Pia | Turku" in text


@pytest.mark.parametrize("part", [" ", "\t\u00a0", "\u0301\u0316", "\u200b\u0301", "\n", "\x1b[1"])
def test_cleaning_takes_time_in_proportion_to_the_size(part: str) -> None:
    assert growth(clean, lambda times: f"a{part * times}b", 20_000) < QUADRUPLE


@pytest.mark.parametrize("part", ["x", ".", ". ", "A. ", "1. ", "\u3002", '."', "a: ", "a | ", "x\n", "Lina\n", ","])
def test_sentences_and_names_take_time_in_proportion_to_the_size(part: str) -> None:
    for work in (sentences, names_asked):
        assert growth(work, lambda times: f"x {part * times}y", 4_000) < QUADRUPLE


@pytest.mark.parametrize("tag", ["b", "div", "li", "p", "td", "h1", "title", "pre", "main"])
def test_a_page_may_nest_its_tags_deeper_than_python_calls_functions(tag: str) -> None:
    assert "Bergen" in read_html(f"<{tag}>x" * 3_000 + "Bergen<p>")[0] or tag == "title"


def test_no_text_of_a_page_is_lost_where_it_is_damaged() -> None:
    page = "<p>Lina</p><!-- note -->Bergen <!-- Oslo <![5 kg] <b Tomas &#99999999999999999999; x"
    text = read_html(page)[0]
    assert all(word in text for word in ("Lina", "Bergen", "Oslo", "5 kg", "Tomas")) and "note" not in text
    assert read_html(f"<p>x &#{'9' * 5_000}; y</p>")[0].endswith("; y")  # more digits than Python makes a number of


@pytest.mark.parametrize("depth", [5, 10, 19, 20, 25, 200])
def test_no_text_of_markdown_is_lost_however_deep_it_lies(depth: int) -> None:
    names = [f"item{number}" for number in range(depth)]
    lists = "".join(f"{'  ' * number}- {name}\n" for number, name in enumerate(names))
    text = read_markdown(lists)[0]
    assert [name for name in names if name not in text] == []
    assert "Lina lives in Bergen" in read_markdown(f"{'>' * depth} Lina lives in *Bergen*".replace("*", ""))[0]


def test_more_marks_than_a_letter_can_have_stay_and_are_kept_apart_by_joiners() -> None:
    ordinary, odd = "e" + "\u0301\u0323" * 15, "e" + "\u0301\u0323" * 50
    assert clean(ordinary) == unicodedata.normalize("NFC", ordinary)
    assert clean(odd).count("\u034f") == 3
    assert unicodedata.normalize("NFD", clean(odd)).count("\u0301") == 50
    assert clean(clean(odd)) == clean(odd)


def test_what_is_taken_away_leaves_composed_text() -> None:
    assert clean("e\u200b\u0301") == clean("\u00e9")


def test_a_title_that_a_page_gives_itself_is_one_plain_line() -> None:
    page = b"<title>Moves\x1b[31m of\x07 \xc2\x9b2021\n\xe2\x80\x8b</title><p>" + b"Text. " * 50
    assert the_document(page, "a.html").title == "Moves of 2021"
    assert len(the_document(b"<h1>word" + b" word" * 5_000, "a.html").title) <= 201
    assert title_given("a\ud800b") == "a?b"
    assert the_document(b"<title>\x07</title><p>" + b"Text. " * 50, "moves.html").title == "moves"
