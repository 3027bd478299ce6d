"""Derives rows or an adapter, a summary and vectors of a text before it is stored.

Knows nothing about storage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from parametric_memory.documents.cleaning import clean, content_hash, title_of
from parametric_memory.documents.dates import Times, moment
from parametric_memory.documents.passages import reading, spaced
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import SettingsError
from parametric_memory.settings import ROWS

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.adapters.factors import Adapter, DocumentRows
    from parametric_memory.documents.files import Document
    from parametric_memory.internalize.embedding import EmbeddedAhead
    from parametric_memory.internalize.internalizer import Internalized, ReadDocument, RowParts
    from parametric_memory.internalize.selection import Models

    Made = Internalized | ReadDocument

_MOST_PARTS = 48  # most vectors of a text without passages, beside its summary's
_MOST_SENTENCES = 400  # of longer texts, that many spread over the whole are looked at for a summary


@dataclass(frozen=True)
class Derived:
    """What the memory's models derive from a text, possibly in another process."""

    tokens: int
    chunks: int
    kept: Adapter | DocumentRows | None  # the rows to store; None: they are computed at recall
    passages: Sequence[str]  # the parts of the text that can be attached alone, in order
    summary: str  # stands for the whole text in the index
    vectors: Sequence[Sequence[float]]  # of the summary and of passages, `[part, dimension]`
    numbers: Sequence[int]  # the passage of each vector; -1: none

    @classmethod
    def of(cls, made: Made, summary: str) -> Derived:
        """The result of an internalizer, without vectors."""
        return cls(made.tokens, made.chunks, made.to_keep, [*made.passages], summary, (), ())


@dataclass(frozen=True)
class Draft:
    """A text for a new entry, or to replace an entry's text."""

    text: str  # cleaned
    title: str | None = None  # as given; None: the text's first line
    source: str | None = None
    turns: Sequence[str] = ()  # see `Document.turns`
    said_at: datetime | None = None  # when the text was written, UTC, if that is known and not now
    id: str | None = None  # of the entry; None: a new one
    namespace: str = "default"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    times: Times = field(default_factory=dict)  # see `times_of`
    derived: Derived | None = None  # from the text; None: nothing yet

    @classmethod
    def of(cls, document: Document, **place: Any) -> Draft:
        """A document from a file. Raises DocumentError: its text cannot be remembered.

        place: id, namespace, metadata and times.
        """
        said_at = None
        with suppress(SettingsError):  # it has no moment in any time zone
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


class DocumentScorer(Protocol):
    """The part of a `recall.scorer.Scorer` that embeds documents."""

    @property
    def fingerprint(self) -> str:
        """Differs for scorers that embed documents differently. For a scorer of this package: its name, and possibly
        more after a colon."""

    def document_vectors(
        self, passages: Sequence[tuple[str, int]], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Sequence[float]], list[int]]:
        """The vectors of a document `[part, dimension]`, and the passage's number of each.

        summary: its vector, if there is one, comes first, with the number -1.
        """


class Deriver:
    """Makes rows, summaries and vectors of texts, with one set of models."""

    def __init__(self, models: Models, scorer_of: Callable[[], DocumentScorer]) -> None:
        self.models, self._scorer_of = models, scorer_of

    @property
    def of_vectors(self) -> dict[str, str]:
        """The fields of a `MemoryIdentity` that are about vectors."""
        return {"embedder_fingerprint": self.models.embedder_fingerprint, "scorer": self._scorer_of().fingerprint}

    def derive(self, draft: Draft, store: Literal["text", "rows"]) -> Draft:
        """The draft with `derived`.

        store: see `settings.STORES`.

        Raises DocumentError for a text without a token, and what an internalizer raises.
        """
        [made] = self.made([draft.reading], store)
        return replace(draft, derived=self.with_vectors(made, draft.reading, self.summary(draft)))

    def derive_together(
        self, drafts: Sequence[Draft], store: Literal["text", "rows"], parts: RowParts | None = None
    ) -> list[Draft]:
        """`derive` for several drafts, several times as fast for short ones.

        The last bits of vectors, rows and adapters may depend on the other drafts.

        parts: stores the rows of sentences while they are computed.
        """
        texts = [draft.reading for draft in drafts]
        made = self.made(texts, store, parts)
        embedded = [part for text, of in zip(texts, made, strict=True) for part, _ in parts_of(text, of.passages)]
        ahead = self._ahead(embedded)
        summaries = [self.summary(draft, ahead) for draft in drafts]
        ahead.embed_documents(summaries)
        return [
            replace(draft, derived=self.with_vectors(of, draft.reading, summary, embeddings=ahead))
            for draft, of, summary in zip(drafts, made, summaries, strict=True)
        ]

    def made(
        self, texts: Sequence[str], store: Literal["text", "rows"], parts: RowParts | None = None
    ) -> Sequence[Made]:
        """The rows of each text by sentences if these do not depend on each other, or else its whole adapter.

        texts: each as `passages.reading` gives it.
        """
        reader, max_rank = self.models.sentences, self.models.max_rank
        if reader is not None:
            with_rows = store == ROWS or max_rank is not None
            return reader.documents(texts, with_rows=with_rows, parts=parts, max_rank=max_rank)
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        internalizer, texts = self.models.internalizer, [*map(spaced, texts)]
        if type(internalizer) is HypernetworkInternalizer:  # a subclass may override `internalize`
            return internalizer.internalize_together(texts)
        return [internalizer.internalize(text) for text in texts]

    def with_vectors(self, made: Made, text: str, summary: str, embeddings: Embeddings | None = None) -> Derived:
        """The result of an internalizer, with vectors."""
        vectors, numbers = self.vectors(text, made.passages, summary, embeddings)
        return replace(Derived.of(made, summary), vectors=vectors, numbers=numbers)

    def vectors(
        self, text: str, passages: Sequence[str], summary: str, embeddings: Embeddings | None = None
    ) -> tuple[list[Sequence[float]], list[int]]:
        """Vectors of a summary and of passages, so that a question about any fact finds the entry; and the passage of
        each."""
        embeddings = embeddings or self.models.embeddings
        return self._scorer_of().document_vectors(parts_of(text, passages), embeddings, summary)

    def vectors_together(
        self, texts: Sequence[tuple[str, Sequence[str], str]]
    ) -> list[tuple[list[Sequence[float]], list[int]]]:
        """`vectors` of several texts, embedded together. texts: each with its passages and its summary."""
        parts = [part for text, passages, _ in texts for part, _ in parts_of(text, passages)]
        ahead = self._ahead([*(summary for _, _, summary in texts), *parts])
        return [self.vectors(*of, ahead) for of in texts]

    def _ahead(self, texts: Sequence[str]) -> EmbeddedAhead:
        from parametric_memory.internalize.embedding import EmbeddedAhead  # LangChain, slow to import

        return EmbeddedAhead(self.models.embeddings, texts)

    def summary(self, draft: Draft, embeddings: Embeddings | None = None) -> str:
        """The summary that stands for the text in the index."""
        own, embeddings = self.models.settings.summarizer, embeddings or self.models.embeddings
        return own(draft.text) if own else extractive_summary(draft.reading, embeddings, draft.full_title)


def parts_of(text: str, passages: Sequence[str]) -> list[tuple[str, int]]:
    """Parts of a text for the index, with the numbers of their passages; of a text without passages its sentences, or
    runs of them, numbered -1."""
    if passages:
        parts = [(passage, number) for number, passage in enumerate(passages)]
    else:
        found = sentences(text)
        run = -(-len(found) // _MOST_PARTS)
        parts = [(" ".join(found[i : i + run]), -1) for i in range(0, len(found), run)]
    return [part for part in parts if part[0]] if len(parts) > 1 else []  # the summary is as good as a single part


def extractive_summary(text: str, embeddings: Embeddings, title: str | None = None, max_words: int = 60) -> str:
    """The title and the most central sentences of a text, in their own order; a short text whole.

    A sentence is the more central, the nearer its embedding is to the mean of all (centroid summarization).

    Args:
        text: a cleaned text.
        title: comes first, unless the text begins with it.
        max_words: of the sentences together. A text of one overlong sentence is cut there.
    """
    heading = [title] if title and not text.lstrip("# ").startswith(title.rstrip("…")) else []
    if len(text.split()) <= max_words:
        return " ".join([*heading, *text.split()])
    import numpy as np

    found = list(dict.fromkeys(sentences(text)))
    found = found[:: -(-len(found) // _MOST_SENTENCES)]
    vectors = np.asarray(embeddings.embed_documents(found), dtype=np.float64)  # [sentence, dimension]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)
    similarities = vectors @ vectors.mean(0)
    chosen, room = set[int](), max_words
    for position in map(int, np.argsort(-similarities, kind="stable")):
        length = len(found[position].split())
        if length <= room:
            chosen.add(position)
            room -= length
    said = [found[position] for position in sorted(chosen)] or [*found[0].split()[:max_words], "…"]
    return " ".join([*heading, *said])
