"""The low-rank factors of one module, the adapter that consists of them, and rows of tokens in compact form.

Knows nothing about files, models or the origin of the numbers. Imports torch only where it computes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from parametric_memory.errors import AdapterError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Factors:
    """The update of one linear module: `y = W x + scaling * B^T (A x)`.

    The last `shared` rows are the hypernetwork's document-independent rows (its shared bias); the rows before them are
    the document's own. A combination of adapters contains the shared rows once.

    Raises AdapterError: the shapes do not fit together, or `scaling` or `shared` is out of range.
    """

    A: torch.Tensor  # [rank, d_in]
    B: torch.Tensor  # [rank, d_out]
    scaling: float = 1.0
    shared: int = 0

    def __post_init__(self) -> None:
        if self.A.ndim != 2 or self.B.ndim != 2 or self.A.shape[0] != self.B.shape[0]:
            raise AdapterError(
                f"Factors must be A [rank, d_in] and B [rank, d_out] of one rank, not {list(self.A.shape)} "
                f"and {list(self.B.shape)}."
            )
        if not 0 <= self.shared <= self.rank:
            raise AdapterError(f"shared must be between 0 and the rank {self.rank}, not {self.shared}.")
        if not math.isfinite(self.scaling):
            raise AdapterError(f"scaling must be a finite number, not {self.scaling}.")

    @property
    def rank(self) -> int:
        """Rows of A and B, shared rows included."""
        return int(self.A.shape[0])

    @property
    def own(self) -> int:
        """Rows of the document: the rank without the shared rows."""
        return self.rank - self.shared

    def to(self, dtype: torch.dtype | None = None, device: torch.device | str | None = None) -> Factors:
        """The factors in another dtype or on another device."""
        return replace(self, A=self.A.to(device, dtype), B=self.B.to(device, dtype))


@dataclass(frozen=True, eq=False)
class Adapter:
    """Factors by the full name of their module in the base model, such as `model.layers.3.mlp.down_proj`."""

    factors: Mapping[str, Factors]

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", dict(self.factors))

    @cached_property
    def rank(self) -> int:
        """The largest rank among the modules; 0 for an adapter without modules."""
        return max((factors.rank for factors in self.factors.values()), default=0)

    @cached_property
    def num_bytes(self) -> int:
        return sum(f.A.nbytes + f.B.nbytes for f in self.factors.values())

    def to(self, dtype: torch.dtype | None = None, device: torch.device | str | None = None) -> Adapter:
        return Adapter({name: factors.to(dtype, device) for name, factors in self.factors.items()})


@dataclass(frozen=True, eq=False)
class TokenRows:
    """Rows that stand for tokens, in all memory layers, as a memory stores them. On the CPU.

    A hypernetwork writes one row for a token in each layer. A row of A is coded on its own. The rows of B of all layers
    are computed from one mixture of output embeddings and one code: these two are stored, with a factor for each layer.
    `KeyValueHypernetwork.factors_of` decodes them.
    """

    tokens: torch.Tensor  # [row, 2], int32: position of the token in its document, and its id
    keys: torch.Tensor  # [row, layer, byte], uint8: coded rows of A
    gains: torch.Tensor  # [row, layer, part + 1], bfloat16: sizes of a coded row's parts, factor on the row of B
    values: torch.Tensor  # [row, hidden + code], int8: mixture of output embeddings, and code
    scales: torch.Tensor  # [row, 2], float32: of the two parts of `values`

    @property
    def parts(self) -> dict[str, torch.Tensor]:
        """All tensors by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def joined(cls, parts: Sequence[TokenRows]) -> TokenRows:
        """Concatenates rows."""
        import torch

        return cls(*(torch.cat(tensors) for tensors in zip(*(part.parts.values() for part in parts), strict=True)))

    def __len__(self) -> int:
        return len(self.tokens)

    def part(self, start: int, end: int) -> TokenRows:
        return TokenRows(*(tensor[start:end] for tensor in self.parts.values()))

    def shifted(self, tokens: int) -> TokenRows:
        """The rows with `tokens` added to their tokens' positions."""
        import torch

        shifted = self.tokens + torch.tensor([tokens, 0], dtype=torch.int32)
        return TokenRows(**{**self.parts, "tokens": shifted})

    @property
    def num_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.parts.values())


class WeightedRows(NamedTuple):
    """Rows of a passage that are attached."""

    rows: TokenRows
    weight: float = 1.0  # factor on the update of all rows
    words: Sequence[float] = ()  # factors on those of each word, which space separates; empty: 1 for all


@dataclass(frozen=True, eq=False)
class DocumentRows:
    """The own rows of a document, without the shared ones."""

    rows: TokenRows  # in the document's order
    counts: Sequence[int]  # rows of each passage

    @classmethod
    def of_passages(cls, passages: Sequence[TokenRows]) -> DocumentRows:
        return cls(TokenRows.joined(passages), [len(rows) for rows in passages])

    def strongest(self, most: int) -> DocumentRows:
        """At most so many rows, in order: those with the largest factors on their rows of B, over all layers."""
        if self.rank <= most:
            return self
        chosen = self.rows.gains[..., -1].float().sum(1).topk(most).indices.sort().values
        rows = TokenRows(*(tensor[chosen] for tensor in self.rows.parts.values()))
        return DocumentRows(rows, [int(((chosen >= start) & (chosen < end)).sum()) for start, end in self._spans])

    @property
    def passages(self) -> int:
        return len(self.counts)

    @property
    def rank(self) -> int:
        """The number of rows of every layer."""
        return len(self.rows)

    def of_passage(self, number: int) -> TokenRows:
        return self.rows.part(*self._spans[number])

    @cached_property
    def _spans(self) -> Sequence[tuple[int, int]]:
        """First row of each passage, and the end of its rows."""
        return list(pairwise(accumulate(self.counts, initial=0)))
