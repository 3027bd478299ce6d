"""Rows that stand for tokens, in the compact form that a memory stores.

A hypernetwork writes one row for a token in each memory layer. A row of A is coded on its own. The rows of B of all
layers are computed from one mixture of output embeddings and one code: these two are stored, with a factor for each
layer. `Hypernetwork.factors_of` decodes them. Knows nothing about files, models and recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class TokenRows:
    """Rows of some tokens in all memory layers, on the CPU."""

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
