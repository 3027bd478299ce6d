from __future__ import annotations

from parametric_memory.commands.context import table


def test_columns_are_aligned_and_numbers_stand_to_the_right() -> None:
    rows = [("Lina", 3, 0.5), ("Tamarind Hotel", 12, None)]
    assert table(("title", "n", "score"), rows).splitlines() == [
        "title            n  score",
        "Lina             3   0.50",
        "Tamarind Hotel  12",
    ]


def test_a_cell_is_one_line() -> None:
    assert table(("title",), [("two\nlines",)]) == "title\ntwo lines"


def test_without_rows_the_headers_remain() -> None:
    assert table(("id", "title"), []) == "id  title"
