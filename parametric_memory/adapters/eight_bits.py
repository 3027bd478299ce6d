"""Whole adapters in float8: the stored form of a key-value hypernetwork's adapters, with half of bfloat16's bytes.

Libraries read such files as any others (PEFT widens them to float32). Knows nothing about files and models.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors

if TYPE_CHECKING:
    import torch

_LARGEST = 256.0  # number in float8, whose range ends at 448; the smallest is a hundred-thousandth of it
_LEAST = 1e-30  # in place of the largest number of a row of zeros


def compact(adapter: Adapter) -> Adapter:
    """Modules that have own rows only in float8 (e4m3), others in bfloat16.

    Each row of A is multiplied by a power of two, and the same row of B divided by it; then all rows are multiplied,
    and the scaling divided, by another. The update does not change, and numbers stay in float8's range. Rounding
    changes a row by 3 %, in random directions: the dot product with a key of a thousand numbers by a thousandth of it.
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
        else:  # Shared rows must equal those of other adapters: A does not change, B compensates the scaling.
            A, B, dtype = factors.A, factors.B.float() * larger**2, torch.bfloat16
        compacted[name] = replace(factors, A=A.to(dtype), B=B.to(dtype), scaling=factors.scaling / larger**2)
    return Adapter(compacted)


def is_compact(factors: Factors) -> bool:
    """Whether the dtype is too short for computation."""
    return factors.A.dtype.itemsize == 1


def widened(factors: Factors) -> Factors:
    """The factors in bfloat16 where they are compact."""
    import torch

    return factors.to(torch.bfloat16) if is_compact(factors) else factors


def _balancing(factors: Factors) -> tuple[torch.Tensor, float]:
    """The power of two for each row of A, `[rank, 1]`, and the largest number of the balanced factors."""
    import torch

    largest_A, largest_B = (side.abs().amax(1, keepdim=True).float() for side in (factors.A, factors.B))
    apart = largest_B.clamp(min=_LEAST).log2() - largest_A.clamp(min=_LEAST).log2()
    power = torch.exp2(torch.round(apart / 2))
    return power, max((largest_A * power).max().item(), (largest_B / power).max().item())
