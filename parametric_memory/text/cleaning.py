"""A text as it is remembered: cleaned, told apart from others, titled.

Knows nothing about files, tokens, models and memories.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from parametric_memory.errors import DocumentError

MAX_TEXT_BYTES = 20_000_000
LONGEST_TITLE = 80  # characters

_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNWANTED = dict.fromkeys([*range(9), 11, *range(14, 32), *range(127, 160), 0xAD, 0x200B, 0x2060, 0xFEFF])


def clean(text: str, name: str = "The text", when_empty: str = "there is nothing to remember") -> str:
    """A text as it is remembered: composed Unicode, plain line ends, no control characters, no idle space.

    Args:
        name: what an error calls it.
        when_empty: what an error says of a text of which nothing is left.

    Raises:
        DocumentError: nothing is left, it is binary, no Unicode, or too large.
    """
    if "\0" in text:
        raise DocumentError(f"{name} is binary, not text: give text, Markdown, HTML or PDF.")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise DocumentError(f"{name} is not valid Unicode: save it as UTF-8.") from error
    check_size(name, size, MAX_TEXT_BYTES)
    text = unicodedata.normalize("NFC", _TERMINAL_CODE.sub("", text).replace("\r\n", "\n"))
    text = re.sub("[\r\v\f\x85\u2028\u2029]", "\n", text).translate(_UNWANTED)
    text = re.sub(r"[ \t\u00a0]+$", "", text.replace("\u00a0", " "), flags=re.MULTILINE)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if not text:
        raise DocumentError(f"{name} is empty: {when_empty}.")
    return text


def content_hash(text: str) -> str:
    """The sha256 of a cleaned text, hex: equal texts have equal hashes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def title_of(text: str) -> str:
    """The first line without the marks of a heading, cut at a word."""
    line = text.strip().partition("\n")[0].strip("#=* \t") or "Untitled"
    return line if len(line) <= LONGEST_TITLE else line[:LONGEST_TITLE].rsplit(" ", 1)[0] + "…"


def check_size(name: str, size: int, limit: int) -> None:
    """Raises DocumentError: `size` is above `limit`, both in bytes; `name` is what the error calls it."""
    if size > limit:
        raise DocumentError(
            f"{name} is too large: {size / 1e6:.0f} MB, and {limit / 1e6:.0f} MB is the limit. Split it into parts."
        )
