"""Reads templates: text files of records, one a block, with the file and the line of whatever is wrong in them.

A block is a header and, below it, lines that begin with a mark and a space; an empty line ends it. Lines that begin
with `#` are comments. A record of `templates/people.txt`:

    # Home and family
    person -> place
    - {s} lives in {v}.
    ~ {They} live{s3} in {v}.
    ? Where does {s} live? => {s} lives in

What the marks mean is the same in all files, as far as their records have them:

    -  a statement, or another form that is said as it is
    ~  a shorter one, for what has been named just before
    ?  a question; after ` => `, where there is one, the opening of its answer or the answer
    =  names, fillings or answers, with ` | ` between one and the next
    /  pairs of words, `long/short`, with ` | ` between one and the next

In braces stand placeholders, which whoever reads the records allows or demands. Knows nothing about what the records
are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from parametric_memory.errors import DocumentError

TEMPLATES = Path(__file__).with_name("templates")
MARKS = ("-", "~", "?", "=", "/")
_PLACEHOLDER = re.compile(r"{([^{}]*)}")


@dataclass(frozen=True)
class Line:
    """A line without its mark. A header has no mark."""

    path: Path
    number: int
    mark: str
    text: str

    def error(self, problem: str) -> DocumentError:
        """What to raise about this line."""
        return DocumentError(f"{self.path}:{self.number}: {problem}")

    def with_placeholders(self, needed: Collection[str], others: Collection[str] = ()) -> str:
        """The text. Raises DocumentError where a needed placeholder is missing, or one is neither needed nor known."""
        found = _PLACEHOLDER.findall(self.text)
        if not self.text.count("{") == self.text.count("}") == len(found):
            raise self.error("a brace stands without its other half.")
        for name in found:
            if name not in needed and name not in others:
                known = " ".join(f"{{{name}}}" for name in (*needed, *others))
                told = f"known are {known}" if known else "nothing is filled in"
                raise self.error(f"{{{name}}} is not known here; {told}.")
        for name in needed:
            if name not in found:
                raise self.error(f"{{{name}}} is missing in {self.text!r}.")
        return self.text

    def pair(self) -> tuple[Line, Line]:
        """The parts before and after ` => `. Raises DocumentError where either is missing."""
        first, _, second = self.text.partition(" => ")
        if not first.strip() or not second.strip():
            raise self.error(f"{self.text!r} needs the answer or its opening: {self.mark} question => opening.")
        return replace(self, text=first), replace(self, text=second)

    def items(self) -> tuple[str, ...]:
        """The parts between ` | `. Raises DocumentError where one is empty."""
        items = self.text.split(" | ")
        if not all(item.strip() for item in items):
            raise self.error("nothing stands before or after a |.")
        return tuple(items)

    def kinds(self, subjects: Collection[str] | None, values: Collection[str]) -> tuple[str, str]:
        """The parts before and after ` -> `. Raises DocumentError: there is no ` -> `, or a part is none of these.

        subjects: None for any.
        """
        subject, arrow, value = self.text.partition(" -> ")
        if not arrow:
            raise self.error(f"{self.text!r} is no header; one has the form: subject -> value.")
        if subjects is not None and subject not in subjects:
            raise self.error(f"{subject!r} is no kind of subject; these are: {', '.join(subjects)}.")
        if value not in values:
            raise self.error(f"{value!r} is no kind of value; these are: {', '.join(values)}.")
        return subject, value


@dataclass(frozen=True)
class Block:
    """One record."""

    header: Line
    lines: tuple[Line, ...]

    def by_mark(self, needed: str, others: str = "") -> Mapping[str, tuple[Line, ...]]:
        """The lines by their mark. Raises DocumentError: one has another mark, or none has a needed one.

        needed, others: marks in a row, such as "-?".
        """
        for line in self.lines:
            if line.mark not in needed + others:
                raise line.error(f"a record of this file has no line with {line.mark}")
        found = {mark: tuple(line for line in self.lines if line.mark == mark) for mark in needed + others}
        for mark in needed:
            if not found[mark]:
                raise self.header.error(f"{self.header.text!r} needs a line that begins with {mark}")
        return found


def read_blocks(*paths: Path, named: bool = False) -> list[Block]:
    """The blocks of some files, in their order.

    Raises DocumentError: a file is empty or cannot be read, or something in it is out of place or there twice.

    named: a header names its record, so that none may come twice; otherwise no whole record may.
    """
    blocks: list[Block] = []
    known: dict[tuple[str, ...], Line] = {}
    for path in paths:
        found = [_block(paragraph) for paragraph in _paragraphs(path)]
        if not found:
            raise DocumentError(f"{path} holds no record.")
        for block in found:
            texts = () if named else (line.mark + line.text for line in block.lines)
            earlier = known.setdefault((block.header.text, *texts), block.header)
            if earlier is not block.header:
                raise block.header.error(f"the record is there already, at {earlier.path.name}:{earlier.number}.")
        blocks += found
    return blocks


def read_lists(path: Path, marks: Mapping[str, str]) -> dict[str, tuple[Line, ...]]:
    """The lines of each block by its header.

    Raises DocumentError: as `read_blocks`, or a list is missing, unknown, or has lines with another mark.

    marks: the headers that there must be, each with the mark of its lines.
    """
    lists = {}
    for block in read_blocks(path, named=True):
        name = block.header.text
        if name not in marks:
            raise block.header.error(f"{name!r} is no list of this file; these are: {', '.join(marks)}.")
        lists[name] = block.by_mark(marks[name])[marks[name]]
    missing = [name for name in marks if name not in lists]
    if missing:
        raise DocumentError(f"{path} lacks a list: {', '.join(missing)}.")
    return lists


def _block(paragraph: list[Line]) -> Block:
    header, *lines = paragraph
    if header.mark:
        raise header.error(f"a line with {header.mark} stands before any header.")
    known: dict[tuple[str, str], Line] = {}
    for line in lines:
        if not line.mark:
            raise line.error(
                f"{line.text!r} begins with none of {' '.join(MARKS)} and a space; a new record needs an empty line "
                "before it."
            )
        earlier = known.setdefault((line.mark, line.text), line)
        if earlier is not line:
            raise line.error(f"the line is there already, as line {earlier.number}.")
    return Block(header, tuple(lines))


def _paragraphs(path: Path) -> list[list[Line]]:
    """The lines between empty ones, without comments."""
    try:
        texts = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"Cannot read templates from {path}: {error}.") from error
    paragraphs: list[list[Line]] = [[]]
    for number, text in enumerate(texts, 1):
        if text.startswith("#"):
            continue
        mark = text[0] if text.startswith(MARKS) and text[1:2] in ("", " ") else ""
        line = Line(path, number, mark, text[2:] if mark else text)
        if text != text.rstrip():
            raise line.error("the line ends with a space.")
        if mark and not line.text.strip():
            raise line.error(f"nothing stands after {mark}")
        if text:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    return [lines for lines in paragraphs if lines]
