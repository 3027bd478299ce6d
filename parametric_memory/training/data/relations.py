"""What training documents are generated from: relations, forms of documents and lists, and everyday questions.

They are in text files, `templates/*.txt`, and are read when first needed. Every reader raises a DocumentError that
names file and line of a template that cannot be used. Knows nothing about vocabulary or documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.training.data.template_files import TEMPLATES, Block, Line, read_blocks, read_lists

ANY_SUBJECT = "any"
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
_FORMS = {  # lists of `open_forms.txt`, with the mark of their lines
    "statements": "-",
    "pronoun forms": "~",
    "questions": "?",
    **dict.fromkeys(("distractors", "introductions", "lead-ins", "addresses", "lists"), "-"),
}
_OF_SIBLINGS = ("n", "of", "the", "The", "your", "Your")

Questions = tuple[tuple[str, str], ...]  # with the opening of the answer


@dataclass(frozen=True)
class Relation:
    """One kind of fact about one kind of subject. `{s}` is the subject and `{v}` the value.

    Attributes:
        statements: each says the fact in full, some with the value before the subject.
        pronoun: of a subject named just before, with `{They}`, `{they}`, `{their}`, `{Their}`, `{them}`, and `{s3}`,
            the verb's ending ("s" after he, she or it).
        questions: pairs of a question and the opening of its answer, which restates the question, names the subject
            again and ends right before the value.

    Where the subject is the `user`, statements speak in the first person (or of "the user"), questions ask about "my",
    openings say "your".
    """

    subject: str
    value: str
    statements: tuple[str, ...]
    pronoun: tuple[str, ...]
    questions: Questions


@dataclass(frozen=True)
class OpenForms:
    """Forms that take any noun as the relation, `{r}`, and what stands around facts.

    Distractors state nothing that is asked for; lead-ins stand before a sentence, addresses around a question `{q}`.
    A list form is a heading and the line of each fact, with its key `{k}` and value.
    """

    statements: tuple[str, ...]
    pronoun: tuple[str, ...]
    questions: Questions
    distractors: tuple[str, ...]
    introductions: tuple[str, ...]
    lead_ins: tuple[str, ...]
    addresses: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ListKey:
    """A key of a list of facts about one kind of subject, or any, with questions as those of a `Relation`."""

    subject: str
    value: str
    key: str
    questions: Questions


@dataclass(frozen=True)
class Siblings:
    """Things that differ in one word, `{q}`: the long ladder and the short one. Both are recalled for either.

    `{n}` is what both are, `{of}` whose they are (" of" or " at" a name, or nothing), `{the}` and `{your}` an article
    or "my" and "your". `short` forms are for the second of two facts.
    """

    value: str
    qualifiers: tuple[tuple[str, str], ...]
    nouns: tuple[str, ...]
    statements: tuple[str, ...]
    short: tuple[str, ...]
    questions: Questions


@cache
def relations() -> tuple[Relation, ...]:
    return read_relations(*(TEMPLATES / f"{bank}.txt" for bank in BANKS))


@cache
def open_forms() -> OpenForms:
    return read_open_forms(TEMPLATES / "open_forms.txt")


@cache
def list_keys() -> tuple[ListKey, ...]:
    return read_list_keys(TEMPLATES / "list_keys.txt")


@cache
def siblings() -> tuple[Siblings, ...]:
    return read_siblings(TEMPLATES / "siblings.txt")


@cache
def everyday_questions() -> tuple[str, ...]:
    """Questions that people ask any assistant, and that no document answers: a memory must not change the answers."""
    return read_everyday(TEMPLATES / "everyday.txt")


@cache
def conversations() -> tuple[tuple[str, ...], Questions]:
    """System messages, and earlier turns of user and assistant, that may stand before a question."""
    lists = read_lists(TEMPLATES / "conversations.txt", {"system messages": "-", "earlier turns": "?"})
    return _texts(lists["system messages"], ()), asked(lists["earlier turns"], ())


def asked(lines: Sequence[Line], needed: Sequence[str], others: Sequence[str] = ()) -> Questions:
    """Questions with their openings, both of which have these placeholders."""
    pairs = (line.pair() for line in lines)
    return tuple((q.with_placeholders(needed, others), o.with_placeholders(needed, others)) for q, o in pairs)


def _texts(lines: Sequence[Line], needed: Sequence[str], others: Sequence[str] = ()) -> tuple[str, ...]:
    return tuple(line.with_placeholders(needed, others) for line in lines)


def read_relations(*paths: Path) -> tuple[Relation, ...]:
    return tuple(_relation(block) for block in read_blocks(*paths))


def _relation(block: Block) -> Relation:
    subject, value = block.header.kinds(SUBJECT_KINDS, VALUE_KINDS)
    name = () if subject == "user" else ("s",)
    lines = block.by_mark("-?", "~")
    pronoun = _texts(lines["~"], ("v",), PRONOUNS)
    return Relation(subject, value, _texts(lines["-"], (*name, "v")), pronoun, asked(lines["?"], name))


def read_open_forms(path: Path) -> OpenForms:
    lists = read_lists(path, _FORMS)
    return OpenForms(
        _texts(lists["statements"], ("r", "s", "v")),
        _texts(lists["pronoun forms"], ("r", "v"), PRONOUNS),
        asked(lists["questions"], ("r", "s")),
        _texts(lists["distractors"], (), ("s",)),
        _texts(lists["introductions"], ()),
        _texts(lists["lead-ins"], ()),
        _texts(lists["addresses"], ("q",)),
        tuple(_list_form(line) for line in lists["lists"]),
    )


def _list_form(line: Line) -> tuple[str, str]:
    """A heading and a line: in the file, backslash n ends a line and backslash t is a tab."""
    written = line.with_placeholders(("s", "k", "v"))
    heading, found, last = written.replace("\\t", "\t").replace("\\n", "\n").rpartition("\n")
    if not found or "{s}" not in heading or "{s}" in last:
        raise line.error(f"{written!r} needs a heading with {{s}}, \\n and the line of a fact.")
    return heading, last


def read_list_keys(path: Path) -> tuple[ListKey, ...]:
    return tuple(_list_key(block) for block in read_blocks(path))


def _list_key(block: Block) -> ListKey:
    subject, value = block.header.kinds((*SUBJECT_KINDS, ANY_SUBJECT), VALUE_KINDS)
    lines = block.by_mark("=?")
    if len(lines["="]) > 1:
        raise lines["="][1].error("a list has one key for a fact.")
    return ListKey(subject, value, lines["="][0].text, asked(lines["?"], ("s",)))


def read_siblings(path: Path) -> tuple[Siblings, ...]:
    return tuple(_siblings(block) for block in read_blocks(path))


def _siblings(block: Block) -> Siblings:
    nouns, value = block.header.kinds(None, VALUE_KINDS)
    lines = block.by_mark("/-~?")
    pairs = []
    for line in lines["/"]:
        for item in line.items():
            first, _, second = item.partition("/")
            if not first or not second or "/" in second:
                raise line.error(f"{item!r} is no pair of words, such as long/short.")
            pairs.append((first, second))
    statements, short = (_texts(lines[mark], ("q", "v"), _OF_SIBLINGS) for mark in "-~")
    questions = asked(lines["?"], ("q",), _OF_SIBLINGS)
    return Siblings(value, tuple(pairs), tuple(nouns.split(" | ")), statements, short, questions)


def read_everyday(path: Path) -> tuple[str, ...]:
    """Each header with each of its fillings in place of `{}`."""
    questions: list[str] = []
    for block in read_blocks(path, named=True):
        template = block.header.with_placeholders(("",))
        fillings = (filling for line in block.by_mark("=")["="] for filling in line.items())
        questions += (template.format(filling) for filling in fillings)
    return tuple(questions)
