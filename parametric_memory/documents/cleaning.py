"""Cleaning, hashing and titling of texts before they are stored, and escaping for the terminal.

Knows nothing about files, tokens, models and memories.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from parametric_memory.cancellation import long_texts_in_turn
from parametric_memory.errors import DocumentError

MAX_TEXT_BYTES = 20_000_000
LONGEST_TITLE = 80  # characters

_LONGEST_GIVEN_TITLE = 200
_MUCH_OF_A_TITLE = 10_000  # of which a title is made; what is longer is a page that forgot to end its heading
_MANY_MARKS, _JOINER = r"(\P{ccc=0}{30})(?=\P{ccc=0})", "\u034f"
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What moves the cursor, begins a command or turns the direction of writing around; halves of characters.
_COMMANDS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")
_UNWANTED = dict.fromkeys([*range(9), 11, *range(14, 32), *range(127, 160), 0xAD, 0x200B, 0x2060, 0xFEFF])


def clean(text: str, name: str = "The text", when_empty: str = "there is nothing to remember") -> str:
    """A text as it is remembered: composed Unicode, plain line ends, no control characters, no idle space.

    Args:
        name: what an error calls it.
        when_empty: what an error says of a text of which nothing is left.

    Raises DocumentError: it is no text, nothing is left, or it is binary, no Unicode, or too large.
    """
    if not isinstance(text, str):
        raise DocumentError(f"{name} is no text but {shown_in_line(repr(text)[:40])}: give a str.")
    if "\0" in text:
        raise DocumentError(f"{name} is binary, not text: give text, Markdown, HTML or PDF.")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise DocumentError(f"{name} is not valid Unicode: save it as UTF-8.") from error
    check_size(name, size, MAX_TEXT_BYTES)
    text = _cleaned(text)
    if not text:
        raise DocumentError(f"{name} is empty: {when_empty}.")
    return text


@long_texts_in_turn
def _cleaned(text: str) -> str:
    text = _TERMINAL_CODE.sub("", text).replace("\r\n", "\n")
    text = _composed(re.sub("[\r\v\f\x85\u2028\u2029]", "\n", text).translate(_UNWANTED)).replace("\u00a0", " ")
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def content_hash(text: str) -> str:
    """The sha256 of a cleaned text, hex: equal texts have equal hashes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def title_of(text: str) -> str:
    """The first line without the marks of a heading, cut at a word."""
    return _cut(text.strip().partition("\n")[0].strip("#=* \t") or "Untitled", LONGEST_TITLE)


def title_given(title: str) -> str:
    """A title that a file gives itself, as one line of cleaned text, cut where it is no title; empty: there is none."""
    title = title[:_MUCH_OF_A_TITLE].encode("utf-8", "replace").decode("utf-8")
    plain = _composed(" ".join(_TERMINAL_CODE.sub("", title).split()).translate(_UNWANTED))
    return _cut(" ".join(plain.split()), _LONGEST_GIVEN_TITLE)


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0] + "…"


def _composed(text: str) -> str:
    """Composed Unicode (NFC). More marks above and below one letter than any writing has are kept apart by joiners.

    So Unicode's Stream-Safe Text Format has it: without them the time to sort the marks grows with their square.
    """
    if text.isascii():  # which has no marks, and is composed
        return text
    import regex  # it knows combining classes; importing it takes longer than cleaning most texts

    return unicodedata.normalize("NFC", regex.sub(_MANY_MARKS, f"\\1{_JOINER}", text))


def check_size(name: str, size: int, limit: int) -> None:
    """Raises DocumentError: `size` is above `limit`, both in bytes; `name` is what the error calls it."""
    if size > limit:
        raise DocumentError(
            f"{name} is too large: {size / 1e6:.0f} MB, and {limit / 1e6:.0f} MB is the limit. Split it into parts."
        )


def shown(text: str) -> str:
    """A text of any number of lines, with what a terminal would obey written out, as Python writes it: `\\x1b`."""
    return _COMMANDS.sub(_written_out, text)


def shown_in_line(text: str) -> str:
    """The same of a name or a value that must not begin a line of its own."""
    return _LINE_ENDS.sub(_written_out, shown(text))


def shown_as_json(document: str) -> str:
    """A JSON document in which nothing is a command to a terminal, and every value is what it was."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
