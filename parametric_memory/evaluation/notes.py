"""Short notes of users and agents, each with one question and the answers that count as right.

They are in a text file, and are read when first needed. Knows nothing about models.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.evaluation.relations import DATA
from parametric_memory.training.data.template_files import Block, read_blocks


@dataclass(frozen=True)
class Note:
    """One stored note and a question (`?`) on it; each of the answers (`=`) counts as right."""

    text: str
    question: str
    answers: tuple[str, ...]


@cache
def notes() -> tuple[Note, ...]:
    """All of them. Raises DocumentError for a note that cannot be used."""
    return read_notes(DATA / "notes.txt")


def read_notes(path: Path) -> tuple[Note, ...]:
    """The notes of a file. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_note(block) for block in read_blocks(path, named=True))


def _note(block: Block) -> Note:
    lines = block.by_mark("?=")
    if len(lines["?"]) > 1:
        raise lines["?"][1].error("a note has one question.")
    return Note(block.header.text, lines["?"][0].text, tuple(answer for line in lines["="] for answer in line.items()))
