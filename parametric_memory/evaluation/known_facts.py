"""What most language models know by heart, as statements and questions, and as questions alone.

They are in a text file, and are read when first needed. Knows nothing about models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.evaluation.relations import DATA
from parametric_memory.training.data.template_files import Line, read_lists

_KINDS = ("place", "person", "word")
_OTHERWISE = "otherwise"
_ANSWER = re.compile(r"{([^{}]+)}")


@dataclass(frozen=True)
class KnownFact:
    """A fact that needs no document.

    Attributes:
        statement: says it, with `{v}` in place of the answer.
        kind: what the answer is, as a vocabulary draws it: place, person or word.
    """

    question: str
    statement: str
    answer: str
    kind: str


def known_facts() -> tuple[KnownFact, ...]:
    """All of them. Raises DocumentError for a fact that cannot be used."""
    return _known()[0]


def known_otherwise() -> tuple[tuple[str, str], ...]:
    """Questions and answers, in forms that no question of training has. Raises DocumentError."""
    return _known()[1]


def read_known(path: Path) -> tuple[tuple[KnownFact, ...], tuple[tuple[str, str], ...]]:
    """The facts of a file, and its questions and answers. Raises DocumentError, which names file and line."""
    lists = read_lists(path, dict.fromkeys((*_KINDS, _OTHERWISE), "?"))
    facts = tuple(_fact(line, kind) for kind in _KINDS for line in lists[kind])
    pairs = (line.pair() for line in lists[_OTHERWISE])
    return facts, tuple((question.text, answer.text) for question, answer in pairs)


@cache
def _known() -> tuple[tuple[KnownFact, ...], tuple[tuple[str, str], ...]]:
    return read_known(DATA / "known_facts.txt")


def _fact(line: Line, kind: str) -> KnownFact:
    question, statement = line.pair()
    answers = _ANSWER.findall(statement.text)
    if len(answers) != 1:
        raise line.error(f"{statement.text!r} needs braces around its answer, once.")
    return KnownFact(question.text, _ANSWER.sub("{v}", statement.text), answers[0], kind)
