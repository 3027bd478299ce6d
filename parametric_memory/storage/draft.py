"""A document on its way into the memory: one object from the text as it was read to the rows that are written.

Knows nothing about where it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import SettingsError
from parametric_memory.storage.times import Times, moment
from parametric_memory.text.cleaning import clean, content_hash, title_of

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.adapters.token_rows import DocumentRows
    from parametric_memory.internalize.internalizer import Internalized
    from parametric_memory.internalize.on_demand import ReadDocument
    from parametric_memory.text.documents import Document

    Made = Internalized | ReadDocument
    Kept = Adapter | DocumentRows | None

# Names of what is kept with a whole adapter, in an archive too.
KEPT_WORDS, PASSAGE_ROWS = "kept", "passage_rows"


@dataclass(frozen=True)
class Derived:
    """What the memory's models make of a text. It can be made in another process.

    Attributes:
        kept: what is kept of rows; None: nothing, they are made when they are recalled.
        passages: the parts of the text that can be attached alone, in its order.
        summary: what stands for the whole text in the index.
        vectors: of the summary and of passages, `[part, dimension]`.
        numbers: the passage that each vector is of; -1: none.
        extra: of a whole adapter: the words of its rows, and whose these are.
    """

    tokens: int
    chunks: int
    kept: Kept
    passages: Sequence[str]
    summary: str
    vectors: Sequence[Sequence[float]]
    numbers: Sequence[int]
    extra: Mapping[str, Any] | None = None
    refined: float = 0.0

    @classmethod
    def of(
        cls, made: Made, summary: str, vectors: Sequence[Sequence[float]], numbers: Sequence[int], refined: float = 0.0
    ) -> Derived:
        """What an internalizer made, with what the index needs."""
        return cls(
            made.tokens,
            made.chunks,
            made.to_keep,
            list(made.passages),
            summary,
            vectors,
            numbers,
            extra_of(made),
            refined,
        )


@dataclass(frozen=True)
class Draft:
    """A text that is to become an entry, or to take the place of one's text.

    Attributes:
        text: cleaned.
        title: as it was given; None: the text's first line.
        turns: of a conversation, who said which part of the text, see `Conversation.turns`.
        said_at: when the text was written, UTC, where that is known and not now.
        id: of the entry; None: a new one.
        times: see `times_of`.
        derived: what was made of the text; None: nothing yet.
    """

    text: str
    title: str | None = None
    source: str | None = None
    turns: Sequence[str] = ()
    said_at: datetime | None = None
    id: str | None = None
    namespace: str = "default"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    times: Times = field(default_factory=dict)
    derived: Derived | None = None

    @classmethod
    def of(cls, document: Document, **place: Any) -> Draft:
        """A document that was read. Raises DocumentError: its text cannot be remembered.

        place: id, namespace, metadata and times.
        """
        return cls(
            clean(document.text),
            document.title,
            document.source,
            document.turns,
            _said_at(document),
            **place,
        )

    @cached_property
    def digest(self) -> str:
        """sha256 of the text, hex."""
        return content_hash(self.text)

    @property
    def full_title(self) -> str:
        return self.title or title_of(self.text)

    def with_derived(self, derived: Derived) -> Draft:
        return replace(self, derived=derived)


def extra_of(made: Made) -> dict[str, Any] | None:
    """The words of an adapter's rows, and whose these are; None of what is kept sentence by sentence."""
    kept = getattr(made, "kept", None)
    if kept is None:
        return None
    words = {module: [(k.position, k.word, round(k.strength, 3)) for k in rows] for module, rows in kept.items()}
    rows_of = getattr(made, "passage_rows", {})
    return {KEPT_WORDS: words, PASSAGE_ROWS: {module: list(rows) for module, rows in rows_of.items()}}


def _said_at(document: Document) -> datetime | None:
    """When a conversation ended, UTC, where it tells a moment of some time zone."""
    try:
        return None if document.said_at is None else moment(document.said_at, "said_at")
    except SettingsError:
        return None
