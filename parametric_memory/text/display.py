"""Text as it may be shown to people: no character in it commands the terminal. Knows nothing about what is shown."""

from __future__ import annotations

import re

# What moves the cursor, begins a command or turns the direction of writing around; halves of characters. Line ends and
# tabs are none of these.
_COMMANDS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")


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
