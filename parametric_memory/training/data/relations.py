"""The relations that training documents are generated from: how facts are stated, and how they are asked for.

They are in text files, `templates/*.txt`, and are read when first needed. Knows nothing about vocabulary or documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.training.data.template_files import TEMPLATES, Block, Line, read_blocks

SUBJECT_KINDS = (
    *("person", "organisation", "product", "project", "place", "event", "policy", "team", "work", "animal"),
    "user",
)
VALUE_KINDS = (
    *("person", "place", "organisation", "product", "title", "word", "phrase", "food", "colour", "email", "code"),
    *("number", "amount", "percent", "date", "year", "time", "duration", "clause", "things", "reason", "spot"),
)
PRONOUNS = ("They", "they", "their", "Their", "them", "s3")
BANKS = (  # files of relations, in the order in which they are drawn from
    *("people", "organisations", "things", "daily_life", "records", "world", "engineering", "lives", "business"),
    *("nature", "colleagues", "private_life", "projects", "accounts", "venues", "items", "notes", "chronicles"),
    *("acquaintances", "confidences", "operations", "paperwork", "reports", "scholarship", "trade", "doings"),
    "reasons",
)


@dataclass(frozen=True)
class Relation:
    """One kind of fact about one kind of subject. `{s}` is the subject and `{v}` the value.

    `statements` (marked `-`) each say the fact in full, some with the value before the subject. `pronoun` (`~`) says it
    of a subject named just before, with `{They}`, `{they}`, `{their}`, `{Their}`, `{them}`, and `{s3}`, the verb's
    ending ("s" after he, she or it, "" after they). `questions` (`?`) are pairs of a question and the opening of its
    answer: a restatement of that question that names the subject again and ends right before the value. Where the
    subject is the `user`, statements speak in the first person (or of "the user"), questions ask about "my", openings
    say "your".
    """

    subject: str
    value: str
    statements: tuple[str, ...]
    pronoun: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]


@cache
def relations() -> tuple[Relation, ...]:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_relations(*(TEMPLATES / f"{bank}.txt" for bank in BANKS))


def read_relations(*paths: Path) -> tuple[Relation, ...]:
    """The relations of some files. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_relation(block) for block in read_blocks(*paths))


def asked(lines: Sequence[Line], needed: Sequence[str], others: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """Questions with their openings, both of which have these placeholders. Raises DocumentError."""
    pairs = (line.pair() for line in lines)
    return tuple((q.with_placeholders(needed, others), o.with_placeholders(needed, others)) for q, o in pairs)


def _relation(block: Block) -> Relation:
    subject, value = block.header.kinds(SUBJECT_KINDS, VALUE_KINDS)
    name = () if subject == "user" else ("s",)
    lines = block.by_mark("-?", "~")
    return Relation(
        subject,
        value,
        tuple(line.with_placeholders((*name, "v")) for line in lines["-"]),
        tuple(line.with_placeholders(("v",), PRONOUNS) for line in lines["~"]),
        asked(lines["?"], name),
    )
