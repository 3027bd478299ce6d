"""Facts that differ in one word: the long ladder and the short one, the morning shift and the evening shift.

A sentence about one of them is nearly as near to a question about the other, so that both are attached: the answer has
to be read from the right one. They are in a text file, and are read when first needed. Knows nothing about documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.training.data.relations import VALUE_KINDS, asked
from parametric_memory.training.data.template_files import TEMPLATES, Block, Line, read_blocks

_PLACEHOLDERS = ("n", "of", "the", "The", "your", "Your")


@dataclass(frozen=True)
class Siblings:
    """Things of one kind that are told apart by a word.

    `{q}` is the word in which they differ, `{n}` what both are, `{of}` whose they are (" of" or " at" a name, or
    nothing), `{the}` and `{your}` an article or "my" and "your", `{v}` the value. `short` forms are for the second of
    two facts. `questions` are pairs, as those of a `Relation`.
    """

    value: str
    qualifiers: tuple[tuple[str, str], ...]
    nouns: tuple[str, ...]
    statements: tuple[str, ...]
    short: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]


@cache
def siblings() -> tuple[Siblings, ...]:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_siblings(TEMPLATES / "siblings.txt")


def read_siblings(path: Path) -> tuple[Siblings, ...]:
    """The siblings of a file. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_siblings(block) for block in read_blocks(path))


def _siblings(block: Block) -> Siblings:
    nouns, value = block.header.kinds(None, VALUE_KINDS)
    lines = block.by_mark("/-~?")
    return Siblings(
        value,
        tuple(pair for line in lines["/"] for pair in _qualifiers(line)),
        tuple(nouns.split(" | ")),
        tuple(line.with_placeholders(("q", "v"), _PLACEHOLDERS) for line in lines["-"]),
        tuple(line.with_placeholders(("q", "v"), _PLACEHOLDERS) for line in lines["~"]),
        asked(lines["?"], ("q",), _PLACEHOLDERS),
    )


def _qualifiers(line: Line) -> list[tuple[str, str]]:
    pairs = []
    for item in line.items():
        first, _, second = item.partition("/")
        if not first or not second or "/" in second:
            raise line.error(f"{item!r} is no pair of words, such as long/short.")
        pairs.append((first, second))
    return pairs
