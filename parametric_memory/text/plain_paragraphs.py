"""Paragraphs of Markdown without a mark in them. A parser gives them back as they are, and takes ten seconds for a
megabyte of short ones: each run of them is put aside, and one word stands in its place.

Knows nothing about the parser.
"""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"(\n(?:[ \t]*\n)+)")  # paragraphs
_PLACE = "\ue000"  # no text has it: it is for private use
_PUT_ASIDE = re.compile(f"{_PLACE}([0-9]+){_PLACE}")
# Lines that begin with a letter, the first at the margin, and have no mark, no entity, no end that breaks the line.
_LINE = r"[^\W\d_][^*_`\[\]<>&\\|~\x00-\x08\x0b-\x1f\n\ue000]*(?<!  )"
_PLAIN = re.compile(rf"{_LINE}(?:\n[ \t]*{_LINE})*")
# From here on a blank line need not end what was begun: code between fences, a comment, a tag.
_SPANNING = re.compile(r"[<`~]")


def put_aside(text: str) -> tuple[str, list[str]]:
    """A text with each run of paragraphs without a mark put aside, and these runs."""
    runs: list[str] = []
    if _PLACE in text:
        return text, runs
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    spanning = _SPANNING.search(text)
    end = text.rfind("\n", 0, spanning.start()) + 1 if spanning else len(text)
    pieces: list[str] = []
    run: list[str] = []
    # What stands between the paragraphs is at the odd places. The last one may go on after the end.
    found = _BETWEEN.split(text[:end])
    last = len(found) if spanning is None else len(found) - 1
    for place in range(0, last, 2):
        if _PLAIN.fullmatch(found[place].rstrip("\n") if place == len(found) - 1 else found[place]):
            run.append(" ".join(found[place].split()))
            continue
        pieces += [*_ended(run, runs), found[place], found[place + 1] if place + 1 < len(found) else ""]
        run = []
    pieces += [*_ended(run, runs), *found[last:], text[end:]]
    return "".join(pieces), runs


def put_back(text: str, runs: list[str]) -> str:
    """The text with what was put aside."""
    return _PUT_ASIDE.sub(lambda place: runs[int(place[1])], text) if runs else text


def _ended(run: list[str], runs: list[str]) -> list[str]:
    """What stands in the place of a run that ends here."""
    if not run:
        return []
    runs.append("\n\n".join(run))
    return [f"{_PLACE}{len(runs) - 1}{_PLACE}\n\n"]
