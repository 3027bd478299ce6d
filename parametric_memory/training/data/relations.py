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
    <  a question for the subject, which names the value
    =  names, fillings or answers, separated by ` | `
    /  pairs of words, `long/short`, separated by ` | `

Placeholders stand in braces: the subject `{s}`, the value `{v}`, its kind `{r}`, a key `{k}`; for a subject named just
before `{They}`, `{they}`, `{their}`, `{Their}`, `{them}`, and `{s3}`, the verb's ending ("s" after he, she or it). The
opening of an answer restates the question, names the subject again and ends right before the value. Where the subject
is the `user`, statements speak in the first person (or of "the user"), questions ask about "my", openings say "your".
Tests check the files, which are part of the package, and this reader does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

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
class Block:
    """One record: a relation of a kind of subject, or a list of forms. lines: marks and texts."""

    header: str
    lines: tuple[tuple[str, str], ...]

    def _marked(self, mark: str) -> tuple[str, ...]:
        return tuple(text for own, text in self.lines if own == mark)

    def _pairs(self, mark: str) -> Questions:
        return tuple((asked, said) for asked, _, said in (text.partition(" => ") for text in self._marked(mark)))

    @property
    def subject(self) -> str:
        """The part of the header before ` -> `: a kind of subject."""
        return self.header.partition(" -> ")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Names in place of a kind of subject, separated by ` | `."""
        return tuple(self.subject.split(" | "))

    @property
    def value(self) -> str:
        """The part of the header after ` -> `: a kind of value."""
        return self.header.partition(" -> ")[2]

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """Each says the fact in full, some with the value before the subject."""
        return self._marked("-")

    @cached_property
    def short(self) -> tuple[str, ...]:
        return self._marked("~")

    @cached_property
    def questions(self) -> Questions:
        return self._pairs("?")

    @cached_property
    def former(self) -> Questions:
        return self._pairs("!")

    @cached_property
    def reversed(self) -> tuple[str, ...]:
        return self._marked("<")

    @cached_property
    def items(self) -> tuple[str, ...]:
        return tuple(item for text in self._marked("=") for item in text.split(" | "))

    @cached_property
    def word_pairs(self) -> tuple[tuple[str, str], ...]:
        items = (item.partition("/") for text in self._marked("/") for item in text.split(" | "))
        return tuple((first, second) for first, _, second in items)


@cache
def read_blocks(*paths: Path) -> tuple[Block, ...]:
    """The blocks of some files, in their order."""
    blocks = []
    for path in paths:
        texts = [text for text in path.read_text(encoding="utf-8").split("\n") if not text.startswith("#")]
        for paragraph in "\n".join(texts).split("\n\n"):
            header, *lines = [line for line in paragraph.split("\n") if line] or [""]
            if header:
                blocks.append(Block(header, tuple((line[0], line[2:]) for line in lines)))
    return tuple(blocks)


@cache
def read_lists(path: Path) -> Mapping[str, Block]:
    """The blocks of a file by their headers."""
    return {block.header: block for block in read_blocks(path)}


def templates(name: str) -> tuple[Block, ...]:
    """The blocks of a file of templates.

    `siblings`: things that differ in one word, `{q}`, such as the long ladder and the short one; both are recalled for
    either. `{n}` is what both are, `{of}` whose they are (" of" or " at" a name, or nothing), `{the}` and `{your}` an
    article or "my" and "your". `changes`: statements that also say what the value was before, `{u}`, or contradict what
    everybody knows; `{y}` is a year. `list_keys`: facts of lists, without statements.
    """
    return read_blocks(TEMPLATES / f"{name}.txt")


def relations() -> tuple[Block, ...]:
    return read_blocks(*(TEMPLATES / f"{bank}.txt" for bank in BANKS))


def lists(name: str) -> Mapping[str, Block]:
    """The lists of a file of templates, by their headers.

    `open_forms`: forms that take any noun as the relation, `{r}`, and what stands around facts: distractors state
    nothing that is asked for, lead-ins stand before a sentence, addresses around a question `{q}`. `values`: parts of
    names and values. `conversations`: what may stand before a question: system messages, and earlier turns of user and
    assistant. `checkable_tables`: what checkable tasks draw from.
    """
    return read_lists(TEMPLATES / f"{name}.txt")


@cache
def list_forms() -> Questions:
    """Headings of lists, and the line of each fact, with its key `{k}` and value."""
    # In the file, backslash n ends a line and backslash t is a tab.
    texts = [text.replace("\\t", "\t").replace("\\n", "\n") for text in lists("open_forms")["lists"].statements]
    return tuple((heading, line) for heading, _, line in (text.rpartition("\n") for text in texts))


@cache
def everyday_questions() -> tuple[str, ...]:
    """Questions that people ask any assistant, and that no document answers: a memory must not change the answers.

    Each header with each of its fillings in place of `{}`.
    """
    return tuple(block.header.format(filling) for block in templates("everyday") for filling in block.items)
