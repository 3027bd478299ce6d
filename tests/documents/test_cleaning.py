from __future__ import annotations

import json
import unicodedata

import pytest

from parametric_memory.documents import cleaning
from parametric_memory.documents.cleaning import clean, content_hash, shown, shown_as_json, shown_in_line
from parametric_memory.errors import DocumentError


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


COMMANDS = ["\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\x00", "\r", "\x08", "\x7f", "\u202e", "\u2066", "\ud800"]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_terminal_would_obey_is_written_out(command: str) -> None:
    for text in (shown(f"a{command}b"), shown_in_line(f"a{command}b")):
        assert not any(unicodedata.category(character) in ("Cc", "Cs", "Cf") for character in text)
        assert text.encode().decode("unicode_escape") == f"a{command}b"


def test_lines_and_tabs_stay_unless_there_is_to_be_one_line() -> None:
    text = "Caf\u00e9\tau lait\n\u05e9\u05dc\u05d5\u05dd \u200f\U0001f600"
    assert shown(text) == text
    assert shown_in_line("a\tb\nc\u2028d") == "a\\tb\\nc\\u2028d"


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_json_document_holds_no_command_and_says_the_same(ascii_only: bool) -> None:
    data = {"".join(COMMANDS): ["".join(COMMANDS), "\u00e9\n"]}
    document = shown_as_json(json.dumps(data, ensure_ascii=ascii_only, indent=2))
    assert shown(document) == document
    assert json.loads(document) == data
