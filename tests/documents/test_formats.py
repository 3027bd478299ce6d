from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parametric_memory.documents import formats
from parametric_memory.documents.formats import put_aside, read_markdown

PIECES = [
    *(
        "\n",
        "\n\n",
        "\n \n",
        " ",
        "  ",
        "    ",
        "\t",
        "a",
        "Lina lives.",
        "é",
        "1. ",
        "1) ",
        "- ",
        "* ",
        "+ ",
        "> ",
        "# ",
    ),
    *("#", "=", "===", "---", "-", "*", "_", "`", "```\n", "~~~\n", "<b>", "<main>", "<!--", "-->", "</b>", "<pre>\n"),
    *("[a]", "[a]: /b", "(c)", "!", "|", "| - |", "\\", "&amp;", "&", ";", "\r\n", "\r", "\x1f", "\xa0", "http://a.b"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example("- a\n\nb\n\n  c\n\nd")
@example("a  \nb\n\nc\\\nd\n\ne")
@example("a\n===\n\nb\n\n| c |\n| - |\n| d |\n\ne")
@example("a\n\n<pre>\nb\n\nc\n</pre>\n\nd")
@example("a\n\nb `c\n\nd` e")
def test_what_is_read_is_what_the_parser_reads_of_all_of_it(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(formats, "put_aside", lambda text: (text, []))
        expected = read_markdown(text)
    assert read_markdown(text) == expected


def test_only_what_has_no_mark_is_put_aside() -> None:
    text = "# Bergen\n\nIt rains.\nOften.\n\nLina\n\n- a boat\n\nShe sails.\n\n`x`\n\nNot this.\n"
    marked, runs = put_aside(text)
    assert runs == ["It rains. Often.\n\nLina", "She sails."]
    assert marked.endswith("`x`\n\nNot this.\n") and "- a boat" in marked
    assert put_aside("a \ue000 b\n\nc") == ("a \ue000 b\n\nc", [])


def test_a_megabyte_of_short_paragraphs_is_read_at_once() -> None:
    text = "Rain.\n\n" * 150_000
    begun = time.process_time()
    plain, _ = read_markdown(text)
    assert time.process_time() - begun < 4  # a tenth of what a parser takes
    assert plain == text.strip()
