"""Rows that stand for tokens, passage by passage, in eight bits a number: what of a document may be attached alone.

Each side of a row has a power of two of its own, so a row is rounded without a look at any other: the same row is
rounded to the same bits, whatever else a document holds and whenever the row is made. What is rounded off is 3 % of a
row, in random directions, of which a key that a thousand numbers make up sees a thousandth.

Knows nothing about files, models and how passages are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors

if TYPE_CHECKING:
    import torch

_LARGEST = 8  # a row's largest number is below 2^8 in float8, which goes to 448
_POWERS = (-100, 120)  # of a row's size; beyond them bfloat16, which rows are widened to, ends


@dataclass(frozen=True, eq=False)
class TokenRows:
    """Rows of one module of which each stands for a token.

    Attributes:
        A: `[row, d_in]`, float8 (e4m3).
        B: `[row, d_out]`, float8.
        powers: `[row, 2]`, int8: of two, by which a row of A and of B is multiplied.
        tokens: `[row, 2]`, int32: where a row's token stands, and its id.
    """

    A: torch.Tensor
    B: torch.Tensor
    powers: torch.Tensor
    tokens: torch.Tensor

    @classmethod
    def of(cls, A: torch.Tensor, B: torch.Tensor, tokens: Sequence[tuple[int, int]]) -> TokenRows:
        """Rows `[row, d_in]` and `[row, d_out]` rounded, on the CPU. tokens: position and id of each row's."""
        import torch

        (short_A, power_A), (short_B, power_B) = _rounded(A), _rounded(B)
        numbered = torch.tensor(tokens, dtype=torch.int32).reshape(len(A), 2)
        return cls(short_A, short_B, torch.stack([power_A, power_B], 1), numbered)

    @classmethod
    def joined(cls, parts: Sequence[TokenRows]) -> TokenRows:
        """All rows of the parts, in their order."""
        import torch

        def together(sides: Iterator[torch.Tensor]) -> torch.Tensor:  # bytes: torch does not join all kinds of numbers
            return torch.cat([side.view(torch.uint8) for side in sides]).view(torch.float8_e4m3fn)

        A, B = together(p.A for p in parts), together(p.B for p in parts)
        return cls(A, B, torch.cat([p.powers for p in parts]), torch.cat([p.tokens for p in parts]))

    def __len__(self) -> int:
        return int(self.A.shape[0])

    def __reduce__(self) -> tuple[Callable[..., TokenRows], tuple[torch.Tensor, ...]]:
        import torch

        return _of_bytes, (self.A.view(torch.uint8), self.B.view(torch.uint8), self.powers, self.tokens)

    def part(self, start: int, end: int) -> TokenRows:
        """The rows from one number to before another."""
        return TokenRows(self.A[start:end], self.B[start:end], self.powers[start:end], self.tokens[start:end])

    def moved(self, tokens: int) -> TokenRows:
        """The same rows, their tokens standing so much further behind."""
        import torch

        return TokenRows(self.A, self.B, self.powers, self.tokens + torch.tensor([tokens, 0], dtype=torch.int32))

    @property
    def num_bytes(self) -> int:
        return sum(side.nbytes for side in (self.A, self.B, self.powers, self.tokens))

    def widened(self) -> tuple[torch.Tensor, torch.Tensor]:
        """A and B in bfloat16, which holds them exactly."""
        import torch

        sides = zip((self.A, self.B), self.powers.to(torch.int32).unbind(1), strict=True)
        A, B = (torch.ldexp(side.float(), power[:, None]).to(torch.bfloat16) for side, power in sides)
        return A, B


def _of_bytes(A: torch.Tensor, B: torch.Tensor, powers: torch.Tensor, tokens: torch.Tensor) -> TokenRows:
    """Rows whose float8 numbers came as bytes: torch does not unpickle them as what they are."""
    import torch

    return TokenRows(A.view(torch.float8_e4m3fn), B.view(torch.float8_e4m3fn), powers, tokens)


PartRows = Mapping[str, TokenRows]  # of a part of a document, by module


@dataclass(frozen=True, eq=False)
class DocumentRows:
    """The rows of a document without those that all documents share.

    Attributes:
        modules: by module, in the document's order.
        counts: by module, how many of them are of each passage.
    """

    modules: PartRows
    counts: Mapping[str, Sequence[int]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "modules", MappingProxyType(dict(self.modules)))
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))

    def __reduce__(self) -> tuple[type[DocumentRows], tuple[PartRows, Mapping[str, Sequence[int]]]]:
        return DocumentRows, (dict(self.modules), dict(self.counts))  # a view of a mapping is not pickled

    @classmethod
    def of_passages(cls, passages: Sequence[PartRows]) -> DocumentRows:
        names = dict.fromkeys(name for rows in passages for name in rows)
        return cls(
            {name: TokenRows.joined([rows[name] for rows in passages]) for name in names},
            {name: [len(rows[name]) for rows in passages] for name in names},
        )

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return max(map(len, self.counts.values()), default=0)

    @property
    def rank(self) -> int:
        """The largest number of rows of any module."""
        return max(map(len, self.modules.values()), default=0)

    @cached_property
    def num_bytes(self) -> int:
        return sum(rows.num_bytes for rows in self.modules.values())

    def of_passage(self, number: int) -> PartRows:
        return {name: rows.part(*self._places[name][number]) for name, rows in self.modules.items()}

    @cached_property
    def _places(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """By module, where the rows of each passage begin and end."""
        return {name: list(pairwise(accumulate(of, initial=0))) for name, of in self.counts.items()}


def adapter_of(parts: Sequence[tuple[PartRows, float]], shared: Mapping[str, Factors]) -> Adapter:
    """Rows of parts of documents, in this order, and the shared rows, as one adapter in bfloat16.

    Args:
        parts: with a factor on the update of each one's rows.
        shared: rows that all documents share, by module, of the scaling 1.
    """
    names = dict.fromkeys([*(name for rows, _ in parts for name in rows), *shared])
    return Adapter({name: _factors([(r[name], w) for r, w in parts if name in r], shared.get(name)) for name in names})


def _factors(parts: Sequence[tuple[TokenRows, float]], shared: Factors | None) -> Factors:
    import torch

    if not parts and shared is not None:  # the same tensors each time: nobody need look whether they are the same
        return replace(shared.to(torch.bfloat16), shared=shared.rank)
    sides = []
    for rows, weight in parts:
        A, B = rows.widened()
        sides.append((A, B if weight == 1.0 else (B.float() * weight).to(B.dtype)))
    if shared is not None:
        sides.append((shared.A.to(torch.bfloat16), shared.B.to(torch.bfloat16)))
    A, B = (torch.cat(side) for side in zip(*sides, strict=True))
    return Factors(A, B, shared=0 if shared is None else shared.rank)


def _rounded(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows in float8, and the power of two of each, `[row]`, int8."""
    import torch

    rows = rows.detach().to("cpu", torch.float32)
    _, exponent = torch.frexp(rows.abs().amax(1)) if len(rows) else (None, torch.zeros(0, dtype=torch.int32))
    power = (exponent - _LARGEST).clamp(*_POWERS)
    return torch.ldexp(rows, -power[:, None]).to(torch.float8_e4m3fn), power.to(torch.int8)
