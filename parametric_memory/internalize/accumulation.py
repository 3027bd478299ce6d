"""Concatenates the rows of batches of chunks to one adapter, with the shared rows once at the end.

Two things limit its rank. A budget keeps the strongest of rows that stand for tokens, and compresses others by SVD. And
more rows than the smaller side of a module are folded into as many as that side has, which is exact; but not those that
stand for tokens, of which questions attach a few. Knows nothing about text and models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, ChunkFactors

_ROWS_AT_MOST = 1024  # of one module that stand for no token, before they are folded


@dataclass(frozen=True)
class KeptRow:
    """The token that a row stands for."""

    position: int  # in the document, counted in tokens
    token: int
    strength: float  # length of the row's value: its gate, and how surely it points


@dataclass
class _Module:
    """A module's own rows so far, in parts A `[row, d_in]` and B `[row, d_out]`, and their tokens."""

    A: list[Tensor] = field(default_factory=list)
    B: list[Tensor] = field(default_factory=list)
    kept: list[KeptRow] = field(default_factory=list)

    def join(self) -> tuple[Tensor, Tensor]:
        """Concatenates the parts into one and frees them: they may take gigabytes."""
        if len(self.A) > 1:
            self.A, self.B = [torch.cat(self.A)], [torch.cat(self.B)]
        return self.A[0], self.B[0]


class RowAccumulator:
    """Collects the factors of a document's chunks, batch by batch.

    Args:
        max_rank: the largest rank of a module, shared rows included; None: any.
    """

    def __init__(self, max_rank: int | None = None) -> None:
        self.max_rank = max_rank
        self._modules: dict[str, _Module] = {}
        self._shared: Mapping[str, BatchedFactors] = {}
        self._scaling = 1.0
        self._tokens = 0

    def add(self, part: ChunkFactors, chunks: Sequence[Sequence[int]]) -> None:
        """Adds the rows of the next chunks."""
        self._shared, self._scaling = part.shared, part.scaling
        for name, rows in part.rows.items():
            A, B = rows.A.flatten(0, 1), rows.B.flatten(0, 1)
            kept: list[KeptRow] = []
            if part.token is not None:
                alive = part.token[name].flatten() >= 0  # the others fill up short chunks
                A, B = A[alive], B[alive]
                tokens = self._tokens_of(part.token[name], chunks)
                kept = [KeptRow(*token, s) for token, s in zip(tokens, B.norm(dim=-1).tolist(), strict=True)]
            self._extend(name, A, B, kept)
        self._tokens += sum(map(len, chunks))

    def adapter(self) -> Adapter:
        """All rows added so far, within the budget.

        Raises:
            AdapterError: the budget leaves no row for the document.
        """
        names = [*self._modules, *(name for name in self._shared if name not in self._modules)]
        whole = Adapter({name: self._factors(name) for name in names})
        return whole if self.max_rank is None else compress(whole, self.max_rank)

    def kept(self) -> dict[str, list[KeptRow]]:
        """By module, the tokens that rows stand for, in the document's order."""
        return {name: module.kept for name, module in self._modules.items() if module.kept}

    def _tokens_of(self, positions: Tensor, chunks: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
        """Position in the document, and id, of the token of each row; positions `[chunk, row]` are within the chunk."""
        found, first = [], self._tokens
        for chunk, of_chunk in zip(chunks, positions.tolist(), strict=True):
            found += [(first + position, chunk[position]) for position in of_chunk if position >= 0]
            first += len(chunk)
        return found

    def _extend(self, name: str, A: Tensor, B: Tensor, kept: list[KeptRow]) -> None:
        module = self._modules.setdefault(name, _Module())
        module.A.append(A)
        module.B.append(B)
        module.kept += kept
        if kept and self.max_rank is not None:
            strongest = _strongest(module.kept, self._budget(name, self.max_rank))
            A, B = module.join()
            module.A, module.B = [A[strongest]], [B[strongest]]
            module.kept = [module.kept[i] for i in strongest]
        elif not kept and sum(map(len, module.A)) > max(_ROWS_AT_MOST, min(A.shape[1], B.shape[1])):
            A, B = _folded(*module.join())
            module.A, module.B = [A], [B]

    def _budget(self, name: str, max_rank: int) -> int:
        """Most own rows of a module; at least one, so that `compress` reports a budget that is too small."""
        shared = self._shared[name].A.shape[1] if name in self._shared else 0
        return max(1, max_rank - shared)

    def _factors(self, name: str) -> Factors:
        own, shared = self._modules.get(name), self._shared.get(name)
        count = shared.A.shape[1] if shared is not None else 0
        if own is None:
            assert shared is not None  # one of the two has this module
            return Factors(shared.A[0].contiguous(), shared.B[0].contiguous(), self._scaling, count)
        A, B = own.join()
        if shared is not None:
            A, B = torch.cat([A, shared.A[0]]), torch.cat([B, shared.B[0]])
        return Factors(A.contiguous(), B.contiguous(), self._scaling, count)


def _strongest(rows: Sequence[KeptRow], count: int) -> list[int]:
    """Indices of the strongest rows in order; of equally strong ones the first."""
    return sorted(sorted(range(len(rows)), key=lambda i: -rows[i].strength)[:count])


def _folded(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The same update `B^T A` with as many rows as the smaller side has: the product and an identity."""
    d_in, d_out = A.shape[1], B.shape[1]
    if d_out <= d_in:
        return B.T @ A, torch.eye(d_out, dtype=B.dtype, device=B.device)
    return torch.eye(d_in, dtype=A.dtype, device=A.device), A.T @ B
