"""Templates of training documents: relations, forms of documents and lists, and everyday questions.

They are in text files, `templates/*.txt`, which are read when first needed. Knows nothing about vocabulary or
documents.

A block is a header and, below it, lines that begin with a mark and a space; an empty line ends it. Lines that begin
with `#` are comments. A record of `templates/people.txt`:

    # Home and family
    person -> place
    - {s} lives in {v}.
    ~ {They} live{s3} in {v}.
    ? Where does {s} live? => {s} lives in

Marks mean the same in all files:

    -  a statement, or another form that is used as it is
    ~  a shorter one, for what has been named just before
    ?  a question; after ` => `, if present, the opening of its answer or the answer
    !  the same, about the value of before
    =  names, fillings or answers, separated by ` | `
    /  pairs of words, `long/short`, separated by ` | `

Placeholders stand in braces. The files are part of the package: tests check them, and this reader does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

TEMPLATES = Path(__file__).with_name("templates")
ANY_SUBJECT = "any"
BANKS = (  # files of relations, in the order in which they are drawn from
    *("people", "organisations", "things", "daily_life", "records", "world", "engineering", "lives", "business"),
    *("nature", "colleagues", "private_life", "projects", "accounts", "venues", "items", "notes", "chronicles"),
    *("acquaintances", "confidences", "operations", "paperwork", "reports", "scholarship", "trade", "doings"),
    "reasons",
)
Questions = tuple[tuple[str, str], ...]  # with the opening of the answer


@dataclass(frozen=True)
class Relation:
    """One kind of fact about one kind of subject. `{s}` is the subject and `{v}` the value.

    In relations of changes the subject may be names separated by ` | `, `{u}` is the value of before, `{y}` a year.

    Attributes:
        statements: each says the fact in full, some with the value before the subject.
        pronoun: of a subject named just before, with `{They}`, `{they}`, `{their}`, `{Their}`, `{them}`, and `{s3}`,
            the verb's ending ("s" after he, she or it).
        questions: pairs of a question and the opening of its answer, which restates the question, names the subject
            again and ends right before the value.
        key: of the fact in a list; such a relation has no statements.
        former: questions about the value of before, in the same form.

    Where the subject is the `user`, statements speak in the first person (or of "the user"), questions ask about "my",
    openings say "your".
    """

    subject: str
    value: str
    statements: tuple[str, ...]
    pronoun: tuple[str, ...]
    questions: Questions
    key: str = ""
    former: Questions = ()


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


class Block(NamedTuple):
    """One record. lines: marks and texts."""

    header: str
    lines: tuple[tuple[str, str], ...]

    def marked(self, mark: str) -> tuple[str, ...]:
        """The texts of the lines with this mark."""
        return tuple(text for own, text in self.lines if own == mark)

    def pairs(self, mark: str = "?") -> tuple[tuple[str, str], ...]:
        """Questions with what stands after their ` => `."""
        return tuple((asked, said) for asked, _, said in (text.partition(" => ") for text in self.marked(mark)))

    def items(self, mark: str = "=") -> tuple[str, ...]:
        """The parts between ` | ` of the lines with this mark."""
        return tuple(item for text in self.marked(mark) for item in text.split(" | "))

    def kinds(self) -> tuple[str, str]:
        """The parts of the header before and after ` -> `."""
        subject, _, value = self.header.partition(" -> ")
        return subject, value


def read_blocks(*paths: Path) -> list[Block]:
    """The blocks of some files, in their order."""
    blocks = []
    for path in paths:
        texts = [text for text in path.read_text(encoding="utf-8").split("\n") if not text.startswith("#")]
        for paragraph in "\n".join(texts).split("\n\n"):
            header, *lines = [line for line in paragraph.split("\n") if line] or [""]
            if header:
                blocks.append(Block(header, tuple((line[0], line[2:]) for line in lines)))
    return blocks


def read_lists(path: Path) -> Mapping[str, Block]:
    """The blocks of a file by their headers."""
    return {block.header: block for block in read_blocks(path)}


@cache
def relations() -> tuple[Relation, ...]:
    blocks = read_blocks(*(TEMPLATES / f"{bank}.txt" for bank in BANKS))
    return tuple(Relation(*b.kinds(), b.marked("-"), b.marked("~"), b.pairs()) for b in blocks)


@cache
def open_forms() -> Mapping[str, Block]:
    """Forms that take any noun as the relation, `{r}`, and what stands around facts.

    Distractors state nothing that is asked for; lead-ins stand before a sentence, addresses around a question `{q}`.
    """
    return read_lists(TEMPLATES / "open_forms.txt")


@cache
def list_forms() -> Questions:
    """Headings of lists, and the line of each fact, with its key `{k}` and value."""
    # In the file, backslash n ends a line and backslash t is a tab.
    texts = [text.replace("\\t", "\t").replace("\\n", "\n") for text in open_forms()["lists"].marked("-")]
    return tuple((heading, line) for heading, _, line in (text.rpartition("\n") for text in texts))


@cache
def list_keys() -> tuple[Relation, ...]:
    """Relations of facts in lists, of one kind of subject or any."""
    blocks = read_blocks(TEMPLATES / "list_keys.txt")
    return tuple(Relation(*b.kinds(), (), (), b.pairs(), b.marked("=")[0]) for b in blocks)


@cache
def siblings() -> tuple[Siblings, ...]:
    found = []
    for block in read_blocks(TEMPLATES / "siblings.txt"):
        nouns, value = block.kinds()
        pairs = tuple((long, short) for long, _, short in (item.partition("/") for item in block.items("/")))
        forms = block.marked("-"), block.marked("~"), block.pairs()
        found.append(Siblings(value, pairs, tuple(nouns.split(" | ")), *forms))
    return tuple(found)


@cache
def changes() -> tuple[Relation, ...]:
    """Relations whose statements also say what the value was before, or contradict what everybody knows."""
    blocks = read_blocks(TEMPLATES / "changes.txt")
    return tuple(Relation(*b.kinds(), b.marked("-"), (), b.pairs(), former=b.pairs("!")) for b in blocks)


@cache
def everyday_questions() -> tuple[str, ...]:
    """Questions that people ask any assistant, and that no document answers: a memory must not change the answers.

    Each header with each of its fillings in place of `{}`.
    """
    blocks = read_blocks(TEMPLATES / "everyday.txt")
    return tuple(block.header.format(filling) for block in blocks for filling in block.items())


@cache
def conversations() -> tuple[tuple[str, ...], Questions]:
    """System messages, and earlier turns of user and assistant, that may stand before a question."""
    lists = read_lists(TEMPLATES / "conversations.txt")
    return lists["system messages"].marked("-"), lists["earlier turns"].pairs()
