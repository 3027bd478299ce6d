"""What a memory's models make of a text before it is written: rows or an adapter, a summary and vectors.

Knows nothing about the memory's database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from parametric_memory.index.embedding import EmbeddedAhead
from parametric_memory.settings import ROWS
from parametric_memory.storage.draft import Derived, Draft
from parametric_memory.storage.identity import MemoryIdentity
from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.models.selection import Models
    from parametric_memory.storage.draft import Made

_MOST_PARTS = 48  # vectors of a text without passages, beside its summary's


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

    def identity(self, store: Literal["text", "rows"], versions: int) -> MemoryIdentity:
        """What a memory is made with that keeps what this makes."""
        base = self.models.base
        return MemoryIdentity(
            base_model=base.name,
            base_fingerprint=base.fingerprint,
            hypernetwork=self.models.hypernetwork_name,
            hypernetwork_fingerprint=self.models.internalizer_fingerprint,
            store=store,
            versions=versions,
            **self.of_vectors,
        )

    @property
    def of_vectors(self) -> dict[str, str]:
        """What vectors are made with, as an identity has it."""
        return {"embedder_fingerprint": self.models.embedder_fingerprint, "scorer": self.scorer.fingerprint}

    def derive(self, draft: Draft, store: Literal["text", "rows"]) -> Draft:
        """The draft with what was made of its text.

        store: what is kept of rows that can be made again, see `settings.STORES`.

        Raises DocumentError for a text without a token, and what an internalizer raises.
        """
        made = self.made(draft.text, store)
        return draft.with_derived(self.with_vectors(made, draft.text, self.summary(draft.text, draft.full_title)))

    def derive_together(self, drafts: Sequence[Draft], store: Literal["text", "rows"]) -> list[Draft]:
        """The same of several drafts, several times as fast of short ones.

        Vectors may differ in their last bits with what was embedded beside them, and so may a whole adapter's numbers.
        """
        made = self._made_together([draft.text for draft in drafts], store)
        parts = [
            part for draft, of in zip(drafts, made, strict=True) for part, _ in parts_of(draft.text, list(of.passages))
        ]
        ahead = EmbeddedAhead(self.models.embeddings, parts)
        summaries = [self.summary(draft.text, draft.full_title, ahead) for draft in drafts]
        ahead.embed_documents(summaries)
        return [
            draft.with_derived(Derived.of(of, summary, *self.vectors(draft.text, of.passages, summary, ahead)))
            for draft, of, summary in zip(drafts, made, summaries, strict=True)
        ]

    def made(self, text: str, store: Literal["text", "rows"]) -> Made:
        """What is kept of a text: by sentences where they need nothing of each other, else a whole adapter."""
        reader = self.models.sentences if self.models.adds_sentences else None
        if reader is None:
            return self.models.internalizer.internalize(text)
        # As many rows as would be made again when they are recalled: both stores answer alike.
        return reader.document(text, with_rows=store == ROWS, rank=self.models.attached_rank)

    def with_vectors(self, made: Made, text: str, summary: str, refined: float = 0.0) -> Derived:
        """What an internalizer made, with vectors."""
        return Derived.of(made, summary, *self.vectors(text, made.passages, summary), refined)

    def vectors(
        self, text: str, passages: Sequence[str], summary: str, embeddings: Embeddings | None = None
    ) -> tuple[list[Sequence[float]], list[int]]:
        """Vectors of a summary and of passages, so that a question about any one fact finds the entry; and the passage
        that each is of."""
        return self.scorer.document_vectors(parts_of(text, passages), embeddings or self.models.embeddings, summary)

    def _made_together(self, texts: Sequence[str], store: Literal["text", "rows"]) -> list[Made]:
        """The same of each text, short ones in the same forward passes where the internalizer can."""
        if self.models.adds_sentences:
            return [self.made(text, store) for text in texts]
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        internalizer = self.models.internalizer
        if type(internalizer) is HypernetworkInternalizer:  # another class may internalize in its own way
            return list(internalizer.internalize_together(texts))
        return [self.made(text, store) for text in texts]

    def summary(self, text: str, title: str, embeddings: Embeddings | None = None) -> str:
        """What stands for a whole text in the index."""
        from parametric_memory.text.summaries import extractive_summary

        own = self.models.settings.summarizer
        return own(text) if own else extractive_summary(text, embeddings or self.models.embeddings, title)


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
