"""Document -> adapter: the seam for internalizers, and the one that uses a hypernetwork.

The rows of batches of chunks are concatenated to one adapter, with the shared rows once at the end. Two things limit
its rank. A budget compresses it by SVD. And more rows than the smaller side of a module are folded into as many as that
side has, which is exact. Knows nothing about entries, indexes or questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter, Factors, compact
from parametric_memory.adapters.merging import compress
from parametric_memory.batches import batched, shortest_first, within_tokens
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, ChunkFactors, Hypernetwork
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
        if self.stored_dtype is not None and self.stored_dtype.itemsize == 1:
            return compact(self.adapter)
        return self.adapter.to(self.stored_dtype)


class Internalizer(Protocol):
    """Turns a text into an adapter. A memory can only be used with an internalizer of the same `fingerprint`."""

    @property
    def fingerprint(self) -> str: ...

    def internalize(self, text: str) -> Internalized: ...


class RowAccumulator:
    """Collects the factors of a document's chunks, batch by batch."""

    def __init__(self) -> None:
        self._parts: dict[str, list[tuple[Tensor, Tensor]]] = {}  # of modules: A `[row, d_in]` and B `[row, d_out]`
        self._shared: Mapping[str, BatchedFactors] = {}
        self._scaling = 1.0

    def add(self, part: ChunkFactors) -> None:
        """Adds the rows of the next chunks."""
        self._shared, self._scaling = part.shared, part.scaling
        for name, rows in part.rows.items():
            A, B = rows.A.flatten(0, 1), rows.B.flatten(0, 1)
            parts = self._parts.setdefault(name, [])
            if part.token is not None:
                alive = part.token[name].flatten() >= 0  # the others fill up short chunks
                parts.append((A[alive], B[alive]))
                continue
            parts.append((A, B))
            if sum(len(A) for A, _ in parts) > max(_ROWS_AT_MOST, min(A.shape[1], B.shape[1])):
                self._parts[name] = [_folded(*map(torch.cat, zip(*parts, strict=True)))]

    def adapter(self) -> Adapter:
        """All rows added so far."""
        factors = {}
        for name in dict.fromkeys([*self._parts, *self._shared]):
            parts = list(self._parts.get(name, ()))
            count = 0
            if name in self._shared:
                shared = self._shared[name]
                parts.append((shared.A[0], shared.B[0]))
                count = shared.A.shape[1]
            A, B = (torch.cat(side) for side in zip(*parts, strict=True))
            factors[name] = Factors(A, B, self._scaling, count)
        return Adapter(factors)


def _folded(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The same update `B^T A` with as many rows as the smaller side has: the product and an identity."""
    d_in, d_out = A.shape[1], B.shape[1]
    if d_out <= d_in:
        return B.T @ A, torch.eye(d_out, dtype=B.dtype, device=B.device)
    return torch.eye(d_in, dtype=A.dtype, device=A.device), A.T @ B


class HypernetworkInternalizer:
    """One forward pass of the base model and one of the hypernetwork a chunk, over a few chunks at a time."""

    def __init__(self, base: BaseModel, hypernetwork: Hypernetwork, fingerprint: str, *, max_rank: int | None = None):
        """max_rank: the largest rank of an adapter, however long the document."""
        self.base, self.hypernetwork, self.fingerprint, self.max_rank = base, hypernetwork, fingerprint, max_rank

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a token, AdapterError for a budget that leaves it no row."""
        return self.internalize_together([text])[0]

    def internalize_together(self, texts: Sequence[str]) -> list[Internalized]:
        """`internalize` for several texts: short ones of similar length share forward passes.

        The last bits of an adapter may depend on the other texts. Raises as `internalize`.
        """
        read = [self.hypernetwork.read(text, self.base.chat) for text in texts]
        longest = [max(map(len, chunks)) for chunks, _ in read]

        def fits(group: list[int]) -> bool:
            count = sum(len(read[number][0]) for number in group)
            return count <= _CHUNKS_AT_ONCE and count * longest[group[-1]] <= _TOKENS_AT_ONCE

        made: dict[int, Internalized] = {}
        for group in batched(shortest_first(longest), fits):  # in one batch, but for a long text on its own
            before = read[group[0]][1]  # the hypernetwork's own, the same for every text
            all_rows = {number: RowAccumulator() for number in group}
            owned = [(number, chunk) for number in group for chunk in read[number][0]]
            with torch.inference_mode():
                for batch in within_tokens(owned, _TOKENS_AT_ONCE, _CHUNKS_AT_ONCE, lambda of: len(of[1])):
                    with model_for_a_pass(self.base) as model:
                        factors = self.hypernetwork.chunk_factors(model, [chunk for _, chunk in batch], before)
                    first = 0
                    for number, of_text in groupby(batch, itemgetter(0)):
                        end = first + sum(1 for _ in of_text)
                        all_rows[number].add(factors.of_chunks(first, end))
                        first = end
            for number, rows in all_rows.items():
                chunks = read[number][0]
                made[number] = self._internalized(rows, sum(map(len, chunks)), len(chunks))
        return [made[number] for number in range(len(texts))]

    def _internalized(self, rows: RowAccumulator, tokens: int, chunks: int) -> Internalized:
        with torch.no_grad():
            adapter = self.hypernetwork.decorrelate(rows.adapter(), self.base.model)
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
            rows = RowAccumulator()
            rows.add(factors)
        return self._internalized(rows, len(seen), 1)
