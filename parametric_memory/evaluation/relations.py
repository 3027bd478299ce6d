"""Relations, distractors and unrelated questions for held-out synthetic fact documents.

What a fact says and how people ask about it. The phrasings follow what agent developers keep: CRM notes, wikis, chat
summaries, memos. They were written independently of the training data, so that the evaluation is held out. They are in
text files, `data/*.txt`, and are read when first needed. This file knows nothing about names or values (whoever builds
the documents samples those), about documents, or about models.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parametric_memory.training.data.relations import PRONOUNS
from parametric_memory.training.data.template_files import Block, Line, read_blocks, read_lists

DATA = Path(__file__).with_name("data")

SUBJECT_KINDS: dict[str, str] = {
    "person": "a full name, such as Lina Okafor",
    "place": "a named building or site, without an article, such as Alder House",
    "organisation": "a company, agency or charity, without an article, such as Harlow Systems",
    "product": "a device or application, without an article, such as Lumo 3",
    "project": "a bare name, such as Heron; the sentences say 'the Heron project'",
    "event": "a bare name, such as Autumn Summit; the sentences say 'the Autumn Summit'",
    "policy": "a bare name, such as Remote Work; the sentences say 'the Remote Work policy'",
    "user": "the person who talks to the agent; nothing to fill in",
}

VALUE_KINDS: dict[str, str] = {
    "person": "a full name, such as Tomas Brandt",
    "place": "a town or city, such as Bergen",
    "organisation": "a company, agency or charity, without an article, such as Harlow Systems",
    "word": "one name-like word, such as Juniper",
    "number": "a positive whole number, such as 348",
    "amount": "a sum of money with its currency, such as $4,200",
    "date": "a full date, such as 14 March 2024",
    "time": "a time of day, such as 14:30",
    "code": "letters and digits, such as QX-4471",
    "food": "a dish or snack, without an article, such as lentil soup",
    "colour": "a colour, such as teal",
    "title": "the title of a book, film or talk, such as The Salt Orchard",
    "duration": "some days, weeks or months, such as three weeks",
    "product": "a device or application, without an article, such as Lumo 3",
}


@dataclass(frozen=True)
class EvalRelation:
    """One kind of fact. `{s}` is the subject and `{v}` the value.

    `statements` (marked `-`) each say the fact in full; about the user, in the first person and without `{s}`.
    `pronoun` (`~`) says it of a subject named earlier, with `{They}`, `{they}`, `{their}`, `{Their}`, `{them}` and the
    verb ending `{s3}` ("s" for he, she and it, "" for they); it is empty where a pronoun would be unnatural. Each of
    `questions` (`?`) is answered by `{v}` from any one of `statements` alone.
    """

    subject: str
    value: str
    statements: tuple[str, ...]
    pronoun: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class UnrelatedTexts:
    """What has nothing to do with the facts of a document.

    `distractors` state no fact anybody asks about; those with `{s}` fit every subject but the user. `questions` are
    general knowledge, requests and small talk that no fact document can help with.
    """

    distractors: tuple[str, ...]
    questions: tuple[str, ...]

    @property
    def to_calibrate(self) -> tuple[str, ...]:
        """The questions that thresholds are chosen with."""
        return self.questions[::2]

    @property
    def to_report(self) -> tuple[str, ...]:
        """The others, which thresholds are measured with."""
        return self.questions[1::2]


@cache
def relations() -> tuple[EvalRelation, ...]:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_relations(DATA / "relations.txt")


@cache
def unrelated_texts() -> UnrelatedTexts:
    """All of them. Raises DocumentError for a template that cannot be used."""
    return read_unrelated_texts(DATA / "unrelated.txt")


def read_relations(path: Path) -> tuple[EvalRelation, ...]:
    """The relations of a file. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_relation(block) for block in read_blocks(path))


def read_unrelated_texts(path: Path) -> UnrelatedTexts:
    """The texts of a file. Raises DocumentError, which names file and line of what is wrong."""
    lists = read_lists(path, {"distractors": "-", "questions": "?"})
    return UnrelatedTexts(
        tuple(line.with_placeholders((), ("s",)) for line in lists["distractors"]),
        tuple(line.with_placeholders(()) for line in lists["questions"]),
    )


def _relation(block: Block) -> EvalRelation:
    subject, value = block.header.kinds(SUBJECT_KINDS, VALUE_KINDS)
    name = () if subject == "user" else ("s",)
    lines = block.by_mark("-?", "~")
    return EvalRelation(
        subject,
        value,
        tuple(line.with_placeholders((*name, "v")) for line in lines["-"]),
        _pronoun(lines["~"]),
        tuple(line.with_placeholders(name) for line in lines["?"]),
    )


def _pronoun(lines: tuple[Line, ...]) -> str:
    if len(lines) > 1:
        raise lines[1].error("a relation has one statement with a pronoun.")
    return lines[0].with_placeholders(("v",), PRONOUNS) if lines else ""
