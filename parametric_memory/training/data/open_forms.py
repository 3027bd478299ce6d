"""Forms for relations that nobody wrote down, and for what stands around facts in a document.

They are in text files, and are read when first needed. Knows nothing about vocabulary or documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.training.data.relations import PRONOUNS, SUBJECT_KINDS, VALUE_KINDS, asked
from parametric_memory.training.data.template_files import TEMPLATES, Block, Line, read_blocks, read_lists

ANY_SUBJECT = "any"
_LISTS = {
    "statements": "-",
    "pronoun forms": "~",
    "questions": "?",
    "distractors": "-",
    "introductions": "-",
    "lead-ins": "-",
    "addresses": "-",
    "lists": "-",
}


@dataclass(frozen=True)
class OpenForms:
    """Open forms take any noun as the relation, `{r}`, of a subject `{s}` with a value `{v}`.

    Pronoun forms also use the placeholders of those of a `Relation`; openings name the subject and end right before the
    value. Distractors state nothing that is asked for; lead-ins stand before a sentence, addresses around a question
    `{q}`. A list form is a heading and the line of each fact, with its key `{k}` and value.
    """

    statements: tuple[str, ...]
    pronoun: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    distractors: tuple[str, ...]
    introductions: tuple[str, ...]
    lead_ins: tuple[str, ...]
    addresses: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ListKey:
    """What a list says of one kind of subject, or of any, under a key, with questions as those of a `Relation`."""

    subject: str
    value: str
    key: str
    questions: tuple[tuple[str, str], ...]


@cache
def open_forms() -> OpenForms:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_open_forms(TEMPLATES / "open_forms.txt")


@cache
def list_keys() -> tuple[ListKey, ...]:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_list_keys(TEMPLATES / "list_keys.txt")


def read_open_forms(path: Path) -> OpenForms:
    """The forms of a file. Raises DocumentError, which names file and line of what is wrong."""
    lists = read_lists(path, _LISTS)
    return OpenForms(
        tuple(line.with_placeholders(("r", "s", "v")) for line in lists["statements"]),
        tuple(line.with_placeholders(("r", "v"), PRONOUNS) for line in lists["pronoun forms"]),
        asked(lists["questions"], ("r", "s")),
        tuple(line.with_placeholders((), ("s",)) for line in lists["distractors"]),
        tuple(line.with_placeholders(()) for line in lists["introductions"]),
        tuple(line.with_placeholders(()) for line in lists["lead-ins"]),
        tuple(line.with_placeholders(("q",)) for line in lists["addresses"]),
        tuple(_list_form(line) for line in lists["lists"]),
    )


def read_list_keys(path: Path) -> tuple[ListKey, ...]:
    """The keys of a file. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_list_key(block) for block in read_blocks(path))


def _list_form(line: Line) -> tuple[str, str]:
    """A heading and a line: in the file, backslash n ends a line and backslash t is a tab."""
    written = line.with_placeholders(("s", "k", "v"))
    heading, found, last = written.replace("\\t", "\t").replace("\\n", "\n").rpartition("\n")
    if not found or "{s}" not in heading or "{s}" in last:
        raise line.error(f"{written!r} needs a heading with {{s}}, \\n and the line of a fact.")
    return heading, last


def _list_key(block: Block) -> ListKey:
    subject, value = block.header.kinds((*SUBJECT_KINDS, ANY_SUBJECT), VALUE_KINDS)
    lines = block.by_mark("=?")
    if len(lines["="]) > 1:
        raise lines["="][1].error("a list has one key for a fact.")
    return ListKey(subject, value, lines["="][0].text, asked(lines["?"], ("s",)))
