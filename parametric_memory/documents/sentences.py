"""Splits a text into sentences: prose, wrapped or not, headings, lists, tables and logs. Also a sentence in context.

Knows nothing about files, tokens, models and memories.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from parametric_memory.cancellation import long_texts_in_turn

PASSAGE_END = "\u2029"  # ends each passage of a text that is already split; no cleaned text contains it

# Behind . ! ? … and at most one closing mark, if space follows; the same of Arabic and Urdu; behind the full stops of
# Chinese and Hindi.
_BOUNDARY = re.compile(
    r"""(?:(?<=[.!?\u2026\u061f\u06d4])|(?<=[.!?\u2026]["'\u201d\u2019\u00bb)\]]))\s+|"""
    r"""(?<=[\u3002\uff01\uff1f\u0964])\s*"""
)
_ABBREVIATION = re.compile(  # a full stop at the end of what comes before the boundary ends no sentence here
    r"(?:^|[\s(.\-])(?:[A-Z]|Mr|Mrs|Ms|Mx|Dr|Prof|St|Mt|Gen|Col|Capt|Lt|Sgt|Rev|Hon|Gov|Sen|Rep|Pres|vs|cf|ca|"
    r"approx|e\.g|i\.e|viz|bzw|vgl|z\.B|d\.h)\.$|^\W*\d{1,3}\.$"
)
_IN_SMALL_LETTERS = re.compile(  # the same of those who type no others; a quotation ends none either
    r"(?:^|[\s(.\-])(?:[a-z]|mr|mrs|ms|mx|dr|prof|st|mt|apt|no|vs|cf|ca|approx|etc|a\.m|p\.m|e\.g|i\.e|viz|bzw|vgl|z\.b|"
    r"d\.h)\.$|^\W*\d{1,3}\.$|[\"'\u201d\u2019\u00bb)\]]$",
    re.IGNORECASE,
)
_BEFORE_NUMBER = re.compile(
    r"(?:^|[\s(])(?:No|Nos|Nr|[Mm]ax|[Tt]el|Vol|Figs?|Eqs?|Sec|Ch|Art|pp?|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_LONGEST_ABBREVIATION = 8  # characters, with what is before it
_OPENING = "\"'([\u201c\u2018\u00ab\u00bf\u00a1"
_CAPITAL_AFTER_END = re.compile(r"[.!?]\s+[^\W\d_a-z]")
_ITEM = r"[-*+\u2022\u2013] |\(?(?:\d{1,3}|[a-z])\) |\d{1,3}\. "
LIST_ITEM = re.compile(_ITEM)
_TIME = r"\[?(?:\d{4}-\d\d-\d\d|\d\d?:\d\d)[^ ]* "
_MARK = re.compile(rf"(?:{_ITEM}|{_TIME}|[^\s:]+: )*")
_OWN_LINE = re.compile(rf"#{{1,6}} |{_ITEM}|[|>]|.+ \| |[^\t]+\t")  # headings, items, table rows, quotations, columns
_NAMED_LINE = re.compile(rf"{_TIME}|[^\s:=.!?]+(?: [^\s:=.!?]+){{0,3}} ?[:=] ")  # lines with a time, "key: value"
_QUOTED = re.compile(r"(?:> ?)+")
_ENDS_ITSELF = re.compile(r"#{1,6} |\|")
_ENDS_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u0964\u061f\u06d4][\"'\u201d\u2019\u00bb)\]]*$")
_HANGS = re.compile(  # ends of lines that nobody's item of a list has
    r"(?:[,\u2013\u2014&]|\w-|\b(?:an?|and|as|at|by|for|from|her|his|in|is|its|my|of|on|or|our|that|the|their|to|under|was|"
    r"were|which|who|with))$"
)
_LEAST_WRAPPED = 50  # characters of a line that was full
_UNEVEN = 0.75  # of a paragraph's width, which lines of proportional letters reach


@long_texts_in_turn
def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; headings, list items and table rows count as sentences.

    A text that is already split (see `passages.reading`) keeps its passages.
    """
    if PASSAGE_END in text:
        return [passage for passage in text.split(PASSAGE_END) if passage]
    return [" ".join(sentence.split()) for line in _unwrapped(text) for sentence in _split(line)]


def _split(line: str) -> Iterator[str]:
    """Splits a line at the ends of sentences: not after an abbreviation, and not before a lowercase letter.

    Where no sentence of the line begins with a capital, as some people type, lowercase letters begin sentences too.
    """
    typed = line[_MARK.match(line).end() :]  # type: ignore[union-attr]  # which matches nothing, at least
    small = typed[:1].islower() and not _CAPITAL_AFTER_END.search(line)
    abbreviation = _IN_SMALL_LETTERS if small else _ABBREVIATION
    parts: list[str] = []  # of the current sentence
    for part in _parts(line):
        begins = part.lstrip(_OPENING)[:1]
        end = " ".join(parts[-_LONGEST_ABBREVIATION:])
        if len(end) > _LONGEST_ABBREVIATION:
            end = f"x{end[-_LONGEST_ABBREVIATION:]}"  # an x is no border of a word
        goes_on = parts and (
            (begins.islower() and not small)
            or abbreviation.search(end)
            or (begins.isdigit() and _BEFORE_NUMBER.search(end))
        )
        if parts and not goes_on:
            yield " ".join(parts)
            parts = []
        parts.append(part)
    if parts:
        yield " ".join(parts)


def _parts(line: str) -> Iterator[str]:
    """What stands between boundaries. Split at once, a line of megabytes would hold up all other threads."""
    start = 0
    for boundary in _BOUNDARY.finditer(line):
        if boundary.start() > start:
            yield line[start : boundary.start()]
        start = boundary.end()
    if start < len(line):
        yield line[start:]


def _unwrapped(text: str) -> Iterator[str]:
    """The lines of a text, with wrapped lines joined. Several quoted lines, as in mails, lose their marks."""
    for is_quoted, lines in groupby(map(str.rstrip, text.split("\n")), lambda line: _quotes(line) > 0):
        run = [*lines]
        if is_quoted and len(run) > 1:
            for _, same in groupby(run, _quotes):
                yield from _lines_of(_QUOTED.sub("", line, count=1) for line in same)
        else:
            yield from _lines_of(run)


def _quotes(line: str) -> int:
    """How many times a line is quoted."""
    marks = _QUOTED.match(line)
    return marks[0].count(">") if marks else 0


def _lines_of(lines: Iterable[str]) -> Iterator[str]:
    block: list[str] = []
    for line in (*lines, ""):
        if block and (not line or _begins_anew(line.strip(), block)):
            yield from _put_together(block)
            block = []
        if line:
            block.append(line)


def _begins_anew(line: str, block: Sequence[str]) -> bool:
    """Whether a line cannot continue the lines before it."""
    first, last = block[0].lstrip(), block[-1]
    if _OWN_LINE.match(line) or _ENDS_ITSELF.match(first):
        return True
    full = len(last) >= _LEAST_WRAPPED and not _ENDS_SENTENCE.search(last)  # such a line may be cut before a time
    return bool(_NAMED_LINE.match(line)) and (not full or bool(_NAMED_LINE.match(first)))


def _put_together(block: Sequence[str]) -> list[str]:
    """Joins neighbouring lines that continue one sentence.

    A line continues the one before if it begins with a lowercase letter, or if its first word had no room there. Where
    no sentence ends, the lines are a list if all of them begin with a capital, or none does.

    block: lines with their indentation, which counts in a width.
    """
    lines = [line.lstrip() for line in block]
    small = [line[0].islower() for line in lines]
    ends = any(map(_ENDS_SENTENCE.search, lines))
    if _has_columns(lines):
        return lines
    width = max(map(len, block)) * (_UNEVEN if ends else 1.0)
    full = [
        len(before) >= max(_LEAST_WRAPPED, width - len(line.split(maxsplit=1)[0]))
        for before, line in zip(block, lines[1:], strict=False)
    ]
    hangs = [len(line) >= _LEAST_WRAPPED and _HANGS.search(line) is not None for line in lines[:-1]]
    headed = len(lines) > 2 and (lines[0].endswith(":") or lines[0].isupper())
    in_capitals = not any(small[1:]) and not LIST_ITEM.match(lines[0])
    in_small_letters = all(small[1:]) and (small[0] or headed) and not all(full[headed:])
    listed = not ends and (in_capitals or in_small_letters)
    together = [[lines[0]]]
    for line, no_room, hanging, begins_small in zip(lines[1:], full, hangs, small[1:], strict=True):
        if hanging or (not listed and (no_room or begins_small)):
            together[-1].append(line)
        else:
            together.append([line])
    return [" ".join(parts) for parts in together]


def _has_columns(block: Sequence[str]) -> bool:
    """Whether all lines have the same number of separators and none is a sentence: at least one semicolon, or in three
    lines or more at least two commas."""
    if len(block) < 2 or any(map(_ENDS_SENTENCE.search, block)) or any(map(_HANGS.search, block)):
        return False
    semicolons, commas = ({line.count(mark) for line in block} for mark in ";,")
    return (len(semicolons) == 1 and min(semicolons) > 0) or (len(commas) == 1 < min(commas) and len(block) > 2)


@dataclass(frozen=True)
class InContext:
    """A sentence with what a reader, such as the judge, needs to understand it."""

    sentence: str
    # what the document begins with, its title or its first sentence; empty for the first sentence itself
    opening: str = ""
    before: str = ""  # the sentence before; empty where that is the opening


def in_context(passages: Sequence[str], number: int, title: str = "") -> InContext:
    """A passage of a document with its context.

    title: the document's; it stands before passages that do not begin with it.
    """
    first = passages[0]
    opening = title if title and not first.startswith(title.rstrip(".\u2026 ")) else ""
    if number > 0:
        opening = f"{opening}. {first}" if opening else first
    return InContext(passages[number], opening, passages[number - 1] if number > 1 else "")
