"""Conversations of two people over several days, with questions about what was said.

They are in a text file, and are read when first needed: a block for each session, its header names the two and the
moment it begins; below a turn (`-`) stand the questions (`?`) that it answers, each with its answers (`=`). The
questions of a block without a moment are answered by no turn. Knows nothing about models.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from parametric_memory.evaluation.relations import DATA
from parametric_memory.training.data.template_files import Block, Line, read_blocks


@dataclass(frozen=True)
class Asked:
    """A question; each of the answers counts as right. turn: which of its session's answers it; None: none of any."""

    question: str
    answers: tuple[str, ...] = ()
    turn: int | None = None


@dataclass(frozen=True)
class Session:
    """What two people say to each other, turn by turn, and what is asked about it."""

    speakers: tuple[str, str]
    begins: datetime | None
    turns: tuple[tuple[str, str], ...]
    asked: tuple[Asked, ...]


@cache
def sessions() -> tuple[Session, ...]:
    """All of them. Raises DocumentError for one that cannot be used."""
    return read_sessions(DATA / "conversations.txt")


def read_sessions(path: Path) -> tuple[Session, ...]:
    """The sessions of a file. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_session(block) for block in read_blocks(path, named=True))


def _session(block: Block) -> Session:
    names, _, moment = block.header.text.partition(", ")
    first, _, second = names.partition(" & ")
    if not first or not second:
        raise block.header.error(
            f"{block.header.text!r} is no header; one has the form: Name & Name, 2024-05-07 18:30."
        )
    if not moment:
        return Session((first, second), None, (), tuple(Asked(line.text) for line in block.by_mark("?")["?"]))
    try:
        begins = datetime.fromisoformat(moment)
    except ValueError as error:
        raise block.header.error(f"{moment!r} is no moment; one has the form: 2024-05-07 18:30.") from error
    block.by_mark("-", "?=")
    turns: list[tuple[str, str]] = []
    asked: list[Asked] = []
    for line in block.lines:
        if line.mark == "-":
            turns.append(_turn(line, (first, second)))
        elif line.mark == "?":
            if not turns:
                raise line.error("no turn stands before the question.")
            asked.append(Asked(line.text, (), len(turns) - 1))
        elif not asked or asked[-1].turn != len(turns) - 1:
            raise line.error("an answer stands below its question.")
        else:
            asked[-1] = Asked(asked[-1].question, (*asked[-1].answers, *line.items()), asked[-1].turn)
    if unanswered := [question for question in asked if not question.answers]:
        raise block.header.error(f"{unanswered[0].question!r} has no answer.")
    return Session((first, second), begins, tuple(turns), tuple(asked))


def _turn(line: Line, speakers: tuple[str, str]) -> tuple[str, str]:
    speaker, _, text = line.text.partition(": ")
    if speaker not in speakers or not text:
        raise line.error(f"a turn begins with one of {speakers[0]} and {speakers[1]}, and a colon.")
    return speaker, text
