"""What a memory's models make of a text before it is written: rows or an adapter, a summary and vectors.

Knows nothing about where it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from parametric_memory.documents.cleaning import clean, content_hash, title_of
from parametric_memory.documents.dates import Times, moment
from parametric_memory.documents.passages import reading, spaced
from parametric_memory.documents.sentences import extractive_summary, sentences
from parametric_memory.errors import SettingsError
from parametric_memory.internalize.embedding import EmbeddedAhead
from parametric_memory.settings import ROWS

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.adapters.token_rows import DocumentRows
    from parametric_memory.documents.files import Document
    from parametric_memory.internalize.internalizer import Internalized
    from parametric_memory.internalize.on_demand import ReadDocument, RowParts
    from parametric_memory.internalize.selection import Models

    Made = Internalized | ReadDocument
    Kept = Adapter | DocumentRows | None

# Names of what is kept with a whole adapter, in an archive too.
KEPT_WORDS, PASSAGE_ROWS = "kept", "passage_rows"
_MOST_PARTS = 48  # vectors of a text without passages, beside its summary's


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
    def of(cls, made: Made, summary: str, refined: float = 0.0) -> Derived:
        """What an internalizer made, without vectors yet."""
        passages = [*made.passages]
        return cls(made.tokens, made.chunks, made.to_keep, passages, summary, (), (), _extra_of(made), refined)


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
        said_at = None
        with suppress(SettingsError):  # it tells no moment of any time zone
            said_at = document.said_at and moment(document.said_at, "said_at")
        return cls(clean(document.text), document.title, document.source, document.turns, said_at, **place)

    @cached_property
    def digest(self) -> str:
        """sha256 of the text, hex."""
        return content_hash(self.text)

    @cached_property
    def reading(self) -> str:
        """The text as the models read it."""
        return reading(self.text, self.turns)

    @property
    def full_title(self) -> str:
        return self.title or title_of(self.text)

    def with_derived(self, derived: Derived) -> Draft:
        return replace(self, derived=derived)


class DocumentScorer(Protocol):
    """What says how documents are embedded, see `recall.scorer.Scorer`."""

    @property
    def fingerprint(self) -> str: ...

    def document_vectors(
        self, passages: Sequence[tuple[str, int]], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Sequence[float]], list[int]]: ...


class Deriver:
    """Makes what is to be written of texts, with one set of models."""

    def __init__(self, models: Models, scorer: DocumentScorer) -> None:
        self.models, self.scorer = models, scorer

    @property
    def of_vectors(self) -> dict[str, str]:
        """What vectors are made with, as an identity has it."""
        return {"embedder_fingerprint": self.models.embedder_fingerprint, "scorer": self.scorer.fingerprint}

    def derive(self, draft: Draft, store: Literal["text", "rows"]) -> Draft:
        """The draft with what was made of its text.

        store: what is kept of rows that can be made again, see `settings.STORES`.

        Raises DocumentError for a text without a token, and what an internalizer raises.
        """
        [made] = self.made([draft.reading], store)
        return draft.with_derived(self.with_vectors(made, draft.reading, self.summary(draft)))

    def derive_together(
        self, drafts: Sequence[Draft], store: Literal["text", "rows"], parts: RowParts | None = None
    ) -> list[Draft]:
        """The same of several drafts, several times as fast of short ones.

        Vectors may differ in their last bits with what was embedded beside them, and so may a whole adapter's numbers.

        parts: stores the rows of sentences while they are made.
        """
        texts = [draft.reading for draft in drafts]
        made = self.made(texts, store, parts)
        embedded = [part for text, of in zip(texts, made, strict=True) for part, _ in parts_of(text, of.passages)]
        ahead = EmbeddedAhead(self.models.embeddings, embedded)
        summaries = [self.summary(draft, ahead) for draft in drafts]
        ahead.embed_documents(summaries)
        return [
            draft.with_derived(self.with_vectors(of, draft.reading, summary, embeddings=ahead))
            for draft, of, summary in zip(drafts, made, summaries, strict=True)
        ]

    def made(
        self, texts: Sequence[str], store: Literal["text", "rows"], parts: RowParts | None = None
    ) -> Sequence[Made]:
        """What is kept of each text: by sentences where they need nothing of each other, else a whole adapter.

        texts: each as `passages.reading` gives it.
        """
        reader = self.models.sentences if self.models.adds_sentences else None
        if reader is not None:
            # As many rows as would be made again when they are recalled: both stores answer alike.
            return reader.documents(texts, with_rows=store == ROWS, rank=self.models.attached_rank, parts=parts)
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        internalizer, texts = self.models.internalizer, [*map(spaced, texts)]
        if type(internalizer) is HypernetworkInternalizer:  # another class may internalize in its own way
            return internalizer.internalize_together(texts)
        return [internalizer.internalize(text) for text in texts]

    def with_vectors(
        self, made: Made, text: str, summary: str, refined: float = 0.0, embeddings: Embeddings | None = None
    ) -> Derived:
        """What an internalizer made, with vectors."""
        vectors, numbers = self.vectors(text, made.passages, summary, embeddings)
        return replace(Derived.of(made, summary, refined), vectors=vectors, numbers=numbers)

    def vectors(
        self, text: str, passages: Sequence[str], summary: str, embeddings: Embeddings | None = None
    ) -> tuple[list[Sequence[float]], list[int]]:
        """Vectors of a summary and of passages, so that a question about any one fact finds the entry; and the passage
        that each is of."""
        return self.scorer.document_vectors(parts_of(text, passages), embeddings or self.models.embeddings, summary)

    def vectors_together(
        self, texts: Sequence[tuple[str, Sequence[str], str]]
    ) -> list[tuple[list[Sequence[float]], list[int]]]:
        """`vectors` of several texts, embedded together. texts: each with its passages and its summary."""
        parts = [part for text, passages, _ in texts for part, _ in parts_of(text, passages)]
        ahead = EmbeddedAhead(self.models.embeddings, [*(summary for _, _, summary in texts), *parts])
        return [self.vectors(*of, ahead) for of in texts]

    def summary(self, draft: Draft, embeddings: Embeddings | None = None) -> str:
        """What stands for a whole text in the index."""
        own, embeddings = self.models.settings.summarizer, embeddings or self.models.embeddings
        return own(draft.text) if own else extractive_summary(draft.reading, embeddings, draft.full_title)


def parts_of(text: str, passages: Sequence[str]) -> list[tuple[str, int]]:
    """Parts of a text for the index, each with the number of its passage.

    Without passages, the parts are sentences, or runs of them, numbered -1.
    """
    if passages:
        parts = [(passage, number) for number, passage in enumerate(passages)]
    else:
        found = sentences(text)
        run = -(-len(found) // _MOST_PARTS)
        parts = [(" ".join(found[i : i + run]), -1) for i in range(0, len(found), run)]
    return [part for part in parts if part[0]] if len(parts) > 1 else []  # of one, the summary says it all


def _extra_of(made: Made) -> dict[str, Any] | None:
    """The words of an adapter's rows, and whose these are; None of what is kept sentence by sentence."""
    kept = getattr(made, "kept", None)
    if kept is None:
        return None
    words = {module: [(k.position, k.word, round(k.strength, 3)) for k in rows] for module, rows in kept.items()}
    rows_of = getattr(made, "passage_rows", {})
    return {KEPT_WORDS: words, PASSAGE_ROWS: {module: list(rows) for module, rows in rows_of.items()}}
