"""Document -> adapter: the seam every way of internalizing fits, and the hypernetworks' way through it.

Knows nothing about entries, indexes or questions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.focus import PassageRows
from parametric_memory.entries import KeptToken
from parametric_memory.errors import DocumentError
from parametric_memory.internalize.hypernetwork import Hypernetwork, batches
from parametric_memory.language_model.base_model import BaseModel

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.internalize.accumulate import KeptRow

_CHUNKS_AT_ONCE = 8
_MOST_PASSAGES = 48  # of a document, or
_PASSAGES_A_CHUNK = 4  # for each chunk, of one with many
_TOKENS_AT_ONCE = 8192  # in one forward pass: as many as the longest chunk of a published hypernetwork


@dataclass(frozen=True)
class Internalized:
    """An adapter and what there is to say about it."""

    adapter: Adapter
    tokens: int
    chunks: int
    kept: Mapping[str, Sequence[KeptToken]] = field(default_factory=dict)  # by module: what its rows stand for
    passages: Sequence[str] = ()  # the text in parts whose rows can be attached alone, where rows stand for tokens
    passage_rows: PassageRows = field(default_factory=dict)  # whose rows these are
    stored_dtype: torch.dtype | None = None  # what the adapter is kept in on disk; None: what it is in


class Internalizer(Protocol):
    """Turns a text into an adapter. `fingerprint` tells it from any other: memories are tied to it."""

    @property
    def fingerprint(self) -> str: ...

    def internalize(self, text: str) -> Internalized: ...


class HypernetworkInternalizer:
    """One forward pass of the base model and one of the hypernetwork over every chunk of the text.

    Chunks are read a few at a time: of a long document, no more than the rows that are kept is in memory at once.
    """

    def __init__(
        self,
        base: BaseModel,
        hypernetwork: Hypernetwork,
        fingerprint: str,
        rank: int | None = None,
        *,
        max_rank: int | None = None,
        even_chunks: bool = False,
    ):
        """
        Args:
            rank: see `KeyValueHypernetwork.chunk_factors`; a Perceiver has one rank only.
            max_rank: the largest rank of an adapter, however long the document; see `RowAccumulator`.
            even_chunks: see `Hypernetwork.read`.
        """
        self.base, self.hypernetwork, self.fingerprint, self.rank = base, hypernetwork, fingerprint, rank
        self.max_rank, self.even_chunks = max_rank, even_chunks

    def question(self, text: str) -> list[int]:
        """Ids of a question as the hypernetwork was trained to be asked, up to where the answer begins."""
        return self.hypernetwork.question(text, self.base.chat)

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token, AdapterError for a budget that leaves it no row."""
        import torch

        from parametric_memory.internalize.accumulate import RowAccumulator

        if not text.strip():  # a template, or a blank before it, would make tokens even of this
            raise DocumentError("The text is empty: there is nothing to remember.")
        chunks, before = self.hypernetwork.read(text, self.base.chat, even=self.even_chunks)
        rows = RowAccumulator(self.max_rank)
        with self.base.busy, torch.inference_mode():
            for batch in batches(chunks, _TOKENS_AT_ONCE, _CHUNKS_AT_ONCE):
                rows.add(self.hypernetwork.chunk_factors(self.base.model, batch, before, rank=self.rank), batch)
        decode, kept = self.base.tokenizer.decode, rows.kept()
        passages = _passages(chunks, self.base.tokenizer) if kept else []
        words = {
            module: [KeptToken(position=k.position, word=decode([k.token]), strength=k.strength) for k in of_module]
            for module, of_module in kept.items()
        }
        return Internalized(
            rows.adapter(),
            tokens=sum(map(len, chunks)),
            chunks=len(chunks),
            kept=words,
            passages=[decode(passage) for passage in passages],
            passage_rows=_rows_by_passage(kept, passages),
            stored_dtype=self.hypernetwork.stored_dtype,
        )


def _passages(chunks: Sequence[Sequence[int]], tokenizer: PreTrainedTokenizerBase) -> list[Sequence[int]]:
    """The ids of a document's sentences and lines; of a long document, of runs of neighbouring ones."""
    from parametric_memory.internalize.chunking import passage_lengths

    pieces = [part for chunk in chunks for part in _cut(chunk, passage_lengths(chunk, tokenizer))]
    run = -(-len(pieces) // max(_MOST_PASSAGES, _PASSAGES_A_CHUNK * len(chunks)))
    return [[i for piece in pieces[start : start + run] for i in piece] for start in range(0, len(pieces), run)]


def _cut(ids: Sequence[int], lengths: Sequence[int]) -> list[Sequence[int]]:
    ends = list(accumulate(lengths))
    return [ids[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def _rows_by_passage(kept: Mapping[str, Sequence[KeptRow]], passages: Sequence[Sequence[int]]) -> PassageRows:
    """How many rows of each module are of each passage."""
    ends = list(accumulate(map(len, passages)))
    counts = {module: [0] * len(passages) for module in kept}
    for module, rows in kept.items():
        for row in rows:
            counts[module][bisect_right(ends, row.position)] += 1
    return counts
