"""Adapters in eight bits a number, as memories keep what a key-value hypernetwork makes: half of bfloat16's bytes.

Libraries read such files as any others (PEFT widens them to float32). Knows nothing about files and models.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors

if TYPE_CHECKING:
    import torch


_LARGEST = 256.0  # of numbers in float8, which go to 448; and down to a hundred-thousandth of it


def compact(adapter: Adapter) -> Adapter:
    """Modules with rows of the document alone in float8 (e4m3), others in bfloat16.

    A row of A is made as much larger as the same row of B is made smaller, and all are made larger at the expense of
    the scaling, by powers of two: that changes no update, and keeps numbers clear of the smallest that eight bits hold.
    What is rounded off is 3 % of a row, in random directions, of which a key that a thousand numbers make up sees a
    thousandth.
    """
    import torch

    balanced = {name: _balanced(f) for name, f in adapter.factors.items() if f.own and not f.shared}
    largest = max((side.abs().max().item() for f in balanced.values() for side in (f.A, f.B)), default=0.0)
    larger = 2.0 ** math.floor(math.log2(_LARGEST / largest)) if largest else 1.0
    return Adapter(
        {
            # Shared rows must be those of other adapters: their A stays, and B makes up for the scaling.
            name: _with_sides(balanced[name], larger, larger, torch.float8_e4m3fn)
            if name in balanced
            else _with_sides(factors, 1.0, larger**2, torch.bfloat16)
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
    return replace(factors, A=A * power, B=B / power)


def _with_sides(factors: Factors, larger_A: float, larger_B: float, dtype: torch.dtype) -> Factors:
    """The same update with larger sides and a smaller scaling."""
    A, B = (factors.A.float() * larger_A).to(dtype), (factors.B.float() * larger_B).to(dtype)
    return replace(factors, A=A, B=B, scaling=factors.scaling / (larger_A * larger_B))
