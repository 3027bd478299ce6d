from __future__ import annotations

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.text import cleaning
from parametric_memory.text.cleaning import clean, content_hash


def test_cleaning_leaves_plain_composed_text() -> None:
    assert (
        clean("\ufeff  Cafe\u0301\u00a0au lait \r\n\r\n\r\n\r\nsoft\u00adware\x07\tend\r")
        == "Café au lait\n\nsoftware\tend"
    )
    assert clean("\x1b[31mred\x1b[0m") == "red"


def test_cleaning_twice_changes_nothing() -> None:
    text = clean(" a \r\n b\u2028c ")
    assert clean(text) == text
    assert content_hash(text) == content_hash(clean(text + "\n"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" \n\t\u200b ", "is empty"),
        ("PK\x03\x04\0\0", "is binary"),
        ("lone \ud800 half", "not valid Unicode"),
    ],
)
def test_what_is_no_text_is_refused(text: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=f"^The text .*{problem}"):
        clean(text)


def test_a_huge_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "MAX_TEXT_BYTES", 1_000_000)
    with pytest.raises(DocumentError, match="too large: 2 MB, and 1 MB is the limit"):
        clean("ü" * 1_000_000)
