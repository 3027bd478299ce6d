"""Document -> adapter: the seam every way of internalizing fits, and the hypernetworks' way through it.

Knows nothing about entries, indexes or questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import DocumentError
from parametric_memory.internalize.hypernetwork import ChunkFactors, Hypernetwork, batches
from parametric_memory.language_model.base_model import BaseModel

if TYPE_CHECKING:
    import torch

_CHUNKS_AT_ONCE = 8
_TOKENS_AT_ONCE = 8192  # in one forward pass: as many as the longest chunk of a published hypernetwork


@dataclass(frozen=True)
class Internalized:
    """An adapter and what there is to say about it."""

    adapter: Adapter
    tokens: int
    chunks: int
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by module: the words its rows came from
    stored_dtype: torch.dtype | None = None  # what the adapter is kept in on disk; None: what it is in


class Internalizer(Protocol):
    """Turns a text into an adapter. `fingerprint` tells it from any other: memories are tied to it."""

    @property
    def fingerprint(self) -> str: ...

    def internalize(self, text: str) -> Internalized: ...


class HypernetworkInternalizer:
    """One forward pass of the base model and one of the hypernetwork over every chunk of the text."""

    def __init__(self, base: BaseModel, hypernetwork: Hypernetwork, fingerprint: str, rank: int | None = None):
        """rank: see `KeyValueHypernetwork.chunk_factors`; a Perceiver has one rank only."""
        self.base, self.hypernetwork, self.fingerprint, self.rank = base, hypernetwork, fingerprint, rank

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token."""
        import torch

        if not text.strip():  # a template, or a blank before it, would make tokens even of this
            raise DocumentError("The text is empty: there is nothing to remember.")
        chunks, before = self.hypernetwork.read(text, self.base.chat)
        parts = []
        with self.base.busy, torch.inference_mode():
            for batch in batches(chunks, _TOKENS_AT_ONCE, _CHUNKS_AT_ONCE):
                parts.append(self.hypernetwork.chunk_factors(self.base.model, batch, before, rank=self.rank))
        adapter = _combined(parts)
        kept = _kept_words(parts, chunks, self.base)
        return Internalized(adapter, sum(map(len, chunks)), len(chunks), kept, self.hypernetwork.stored_dtype)


def _combined(parts: Sequence[ChunkFactors]) -> Adapter:
    """All chunks' rows along the rank, then the shared rows once."""
    import torch

    scaling, shared = parts[0].scaling, parts[0].shared
    names = list(parts[0].rows) + [name for name in shared if name not in parts[0].rows]
    factors = {}
    for name in names:
        A = [p.rows[name].A.flatten(0, 1) for p in parts if name in p.rows]
        B = [p.rows[name].B.flatten(0, 1) for p in parts if name in p.rows]
        count = 0
        if parts[0].token is not None and A:  # rows without a token, which fill up short chunks, are zero
            alive = [b.abs().sum(-1) > 0 for b in B]
            A = [a[keep] for a, keep in zip(A, alive, strict=True)]
            B = [b[keep] for b, keep in zip(B, alive, strict=True)]
        if name in shared:
            A, B, count = [*A, shared[name].A[0]], [*B, shared[name].B[0]], shared[name].A.shape[1]
        factors[name] = Factors(torch.cat(A).contiguous(), torch.cat(B).contiguous(), scaling, count)
    return Adapter(factors)


def _kept_words(
    parts: Sequence[ChunkFactors], chunks: Sequence[Sequence[int]], base: BaseModel
) -> dict[str, list[str]]:
    """For rows that stand for tokens: the words they came from, in the document's order, by module."""
    words: dict[str, list[str]] = {}
    first = 0
    for part in parts:
        for name, tokens in (part.token or {}).items():
            for chunk, positions in zip(chunks[first : first + len(tokens)], tokens.tolist(), strict=True):
                kept = [chunk[p] for p in positions if p >= 0]
                words.setdefault(name, []).extend(base.tokenizer.decode([i]) for i in kept)
        first += len(next(iter(part.rows.values())).A)
    return words
