"""Whole adapters in eight bits a number, as those of a key-value hypernetwork are kept: half of bfloat16's bytes.

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
_LEAST = 1e-30  # what a row of zeros counts as


def compact(adapter: Adapter) -> Adapter:
    """Modules with rows of the document alone in float8 (e4m3), others in bfloat16.

    A row of A is made as much larger as the same row of B is made smaller, and all are made larger at the expense of
    the scaling, by powers of two: that changes no update, and keeps numbers clear of the smallest that eight bits hold.
    What is rounded off is 3 % of a row, in random directions, of which a key that a thousand numbers make up sees a
    thousandth.
    """
    import torch

    powers = {name: _balancing(f) for name, f in adapter.factors.items() if f.own and not f.shared}
    largest = max((largest for _, largest in powers.values()), default=0.0)
    larger = 2.0 ** math.floor(math.log2(_LARGEST / largest)) if largest else 1.0
    compacted = {}
    for name, factors in adapter.factors.items():
        if name in powers:
            power, _ = powers[name]
            A, B = factors.A.float() * (power * larger), factors.B.float() * (larger / power)
            dtype = torch.float8_e4m3fn
        else:  # Shared rows must be those of other adapters: their A stays, and B makes up for the scaling.
            A, B, dtype = factors.A, factors.B.float() * larger**2, torch.bfloat16
        compacted[name] = replace(factors, A=A.to(dtype), B=B.to(dtype), scaling=factors.scaling / larger**2)
    return Adapter(compacted)


def is_compact(factors: Factors) -> bool:
    """Whether the numbers are too short to be computed with."""
    return factors.A.dtype.itemsize == 1


def widened(factors: Factors) -> Factors:
    """The same factors in bfloat16 where they are compact."""
    import torch

    return factors.to(torch.bfloat16) if is_compact(factors) else factors


def _balancing(factors: Factors) -> tuple[torch.Tensor, float]:
    """What each row of A is multiplied by, and that of B divided by, `[rank, 1]`, and the largest number then."""
    import torch

    largest_A, largest_B = (side.abs().amax(1, keepdim=True).float() for side in (factors.A, factors.B))
    apart = largest_B.clamp(min=_LEAST).log2() - largest_A.clamp(min=_LEAST).log2()
    power = torch.exp2(torch.round(apart / 2))
    return power, max((largest_A * power).max().item(), (largest_B / power).max().item())
