"""Document -> adapter: the seam for internalizers, and the one that uses a hypernetwork.

The rows of batches of chunks are concatenated to one adapter, with the shared rows once at the end. Two things limit
its rank. A budget compresses it by SVD. And more rows than the smaller side of a module are folded into as many as that
side has, which is exact. Knows nothing about entries, indexes or questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress
from parametric_memory.batches import within_tokens
from parametric_memory.hypernetworks.hypernetwork import Attached, BatchedFactors, ChunkFactors, Hypernetwork, combined
from parametric_memory.internalize.on_demand import model_for_a_pass
from parametric_memory.language_model.base_model import BaseModel

if TYPE_CHECKING:
    from parametric_memory.internalize.pictures import PictureDocument
    from parametric_memory.internalize.vision import Vision

_CHUNKS_AT_ONCE = 32
_TOKENS_AT_ONCE = 2048  # in one forward pass, padding included; a longer chunk is read on its own
_ROWS_AT_MOST = 1024  # of one module, before they are folded; those of tokens never are


@dataclass(frozen=True)
class Internalized:
    """An adapter of a document."""

    adapter: Adapter
    tokens: int
    chunks: int
    passages: Sequence[str] = ()  # the parts of the text that the index finds; none: its sentences
    stored_dtype: torch.dtype | None = None  # of the adapter on disk; None: its own

    @property
    def to_keep(self) -> Adapter:
        """The adapter as it is stored."""
        return self.adapter.to(self.stored_dtype)


class Internalizer(Protocol):
    """Turns a text into an adapter. A memory can only be used with an internalizer of the same `fingerprint`."""

    @property
    def fingerprint(self) -> str: ...

    def internalize(self, text: str) -> Internalized: ...


def whole_adapter(parts: Sequence[ChunkFactors]) -> Adapter:
    """The rows of all chunks of a document, and the shared rows once at the end."""
    first = parts[0]
    chunks = sum(len(next(iter(part.rows.values())).A) for part in parts)
    shared = {name: of.A.shape[1] for name, of in first.shared.items()}
    factors = {
        name: Factors(of.A[0], of.B[0], first.scaling, shared.get(name, 0))
        for name, of in combined(parts, [[Attached(chunk) for chunk in range(chunks)]]).items()
    }
    return Adapter(factors)


def _folded(parts: list[ChunkFactors]) -> list[ChunkFactors]:
    """The same updates `B^T A` in one part, as products and identities, where these have fewer rows.

    Rows of tokens stay, of which questions attach a few.
    """
    first = parts[0]
    sides = {name: min(of.A.shape[-1], of.B.shape[-1]) for name, of in first.rows.items()}
    count = max(sum(part.rows[name].A[..., 0].numel() for part in parts) for name in sides)
    if first.token is not None or count <= max(_ROWS_AT_MOST, *sides.values()):
        return parts
    rows = {}
    for name, side in sides.items():
        A, B = (torch.cat([getattr(part.rows[name], of).flatten(0, 1) for part in parts]) for of in "AB")
        if B.shape[1] <= A.shape[1]:
            A, B = B.T @ A, torch.eye(side).to(B)
        else:
            A, B = torch.eye(side).to(A), A.T @ B
        rows[name] = BatchedFactors(A[None], B[None])
    return [replace(first, rows=rows)]


class HypernetworkInternalizer:
    """One forward pass of the base model and one of the hypernetwork a chunk, over a few chunks at a time."""

    def __init__(self, base: BaseModel, hypernetwork: Hypernetwork, fingerprint: str, *, max_rank: int | None = None):
        """max_rank: the largest rank of an adapter, however long the document."""
        self.base, self.hypernetwork, self.fingerprint, self.max_rank = base, hypernetwork, fingerprint, max_rank

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token, AdapterError for a budget that leaves it no row."""
        chunks, before = self.hypernetwork.read(text, self.base.chat)
        parts: list[ChunkFactors] = []
        with torch.inference_mode():
            for batch in within_tokens(chunks, _TOKENS_AT_ONCE, _CHUNKS_AT_ONCE):
                with model_for_a_pass(self.base) as model:
                    parts = _folded([*parts, self.hypernetwork.chunk_factors(model, batch, before)])
        return self._internalized(parts, sum(map(len, chunks)), len(chunks))

    def _internalized(self, parts: Sequence[ChunkFactors], tokens: int, chunks: int) -> Internalized:
        with torch.no_grad():
            adapter = self.hypernetwork.decorrelate(whole_adapter(parts), self.base.model)
        if self.max_rank is not None:
            adapter = compress(adapter, self.max_rank)
        return Internalized(adapter, tokens, chunks, stored_dtype=self.hypernetwork.stored_dtype)

    def internalize_seen(self, vision: Vision, document: PictureDocument) -> Internalized:
        """The adapter of a document with pictures.

        Raises:
            CheckpointError: the hypernetwork was made for another reader.
            DocumentError: the reader does not take the document.
            SettingsError: the hypernetwork reads only texts.
        """
        with self.base.busy, torch.inference_mode():
            seen = vision.see(document)
            factors = self.hypernetwork.seen_factors(self.base.model, vision.reader, seen)
        return self._internalized([factors], len(seen), 1)
