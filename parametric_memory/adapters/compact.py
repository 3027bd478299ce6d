"""Adapters in eight bits a number, as memories keep what a key-value hypernetwork makes: half of bfloat16's bytes.

Libraries read such files as any others (PEFT widens them to float32). Knows nothing about files and models.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors

if TYPE_CHECKING:
    import torch


def compact(adapter: Adapter) -> Adapter:
    """The document's rows in float8 (e4m3), modules that have none in bfloat16.

    A row of A is made as much larger as the same row of B is made smaller, by a power of two, which changes no update
    but keeps both clear of the smallest numbers that eight bits hold. What is rounded off is 3 % of a row, in random
    directions, of which a key that a thousand numbers make up sees a thousandth.
    """
    import torch

    return Adapter(
        {
            name: _balanced(factors).to(torch.float8_e4m3fn) if factors.own else factors.to(torch.bfloat16)
            for name, factors in adapter.factors.items()
        }
    )


def is_compact(factors: Factors) -> bool:
    """Whether the numbers are too short to be computed with."""
    return factors.A.dtype.itemsize == 1


def widened(factors: Factors) -> Factors:
    """The same factors in bfloat16 where they are compact."""
    import torch

    return factors.to(torch.bfloat16) if is_compact(factors) else factors


def _balanced(factors: Factors) -> Factors:
    import torch

    A, B = factors.A.float(), factors.B.float()
    largest_A, largest_B = (rows.abs().amax(1, keepdim=True).clamp(min=1e-30) for rows in (A, B))
    power = torch.exp2(torch.round(0.5 * (largest_B.log2() - largest_A.log2())))
    return replace(factors, A=_within_range(A * power), B=_within_range(B / power))


def _within_range(rows: torch.Tensor) -> torch.Tensor:
    """Larger numbers, which float8 has none for, become the largest."""
    import torch

    most = torch.finfo(torch.float8_e4m3fn).max
    return rows.clamp(-most, most)
