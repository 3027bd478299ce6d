"""PEFT's own ways to combine adapters, by their names there but for `*_svd`, to be compared with `merging.merge`.

`cat` is that merge, which is exact, and `svd` the closest adapter to it of the largest of the ranks. All others mix A
with A and B with B, row by row, and are lossy: of the product of two sums only some terms belong to either document,
and `linear` has all the others in it as well. Rows of different documents have nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress, merge
from parametric_memory.errors import AdapterError

if TYPE_CHECKING:
    import torch

EXACT, CLOSEST = "cat", "svd"
LOSSY = ("linear", "ties", "dare_linear", "dare_ties", "magnitude_prune")
COMBINATIONS = (EXACT, CLOSEST, *LOSSY)


def combine_as_peft(
    adapters: Sequence[Adapter], weights: Sequence[float] | None = None, combination: str = EXACT, density: float = 0.5
) -> Adapter:
    """Adapters combined as PEFT's `add_weighted_adapter` does it; shared rows once, as they are.

    Where PEFT refuses adapters of different ranks, the shorter ones are filled up with rows of zero.

    Args:
        adapters, weights: see `merge`.
        combination: one of `COMBINATIONS`.
        density: the share of values that is kept, in all but `cat`, `svd` and `linear`; what `dare_*` keep is drawn
            with one seed.

    Raises:
        AdapterError: there is no such combination, the density is not above 0 and at most 1, or as `merge`.
    """
    if combination not in COMBINATIONS:
        raise AdapterError(f"{combination} is no way to combine adapters: take one of {', '.join(COMBINATIONS)}.")
    if not 0 < density <= 1:
        raise AdapterError(f"density must be more than 0 and at most 1, not {density:g}.")
    merged = merge(adapters, weights)
    if combination == EXACT or len(adapters) == 1:  # of one alone PEFT, too, makes no other
        return merged
    if combination == CLOSEST:
        return compress(merged, max(adapter.rank for adapter in adapters))
    import torch

    weighted = list(zip(adapters, [1.0] * len(adapters) if weights is None else weights, strict=True))
    mixed = {}
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        for name, exact in merged.factors.items():
            parts = [(adapter.factors[name], weight) for adapter, weight in weighted if name in adapter.factors]
            mixed[name] = _mixed(exact, parts, combination, density)
    return Adapter(mixed)


def _mixed(exact: Factors, weighted: Sequence[tuple[Factors, float]], combination: str, density: float) -> Factors:
    """exact: the merge of the same module, which holds the shared rows."""
    import torch
    from torch.nn import functional

    rank = max(part.own for part, _ in weighted)
    effects = torch.tensor([weight * part.scaling for part, weight in weighted])
    sides = []
    # As in PEFT: the square root of an adapter's effect on either side, its sign on A.
    for name, shares in (("A", effects.abs().sqrt() * effects.sign()), ("B", effects.abs().sqrt())):
        rows = [
            functional.pad(getattr(part, name)[: part.own].to(exact.A.dtype), (0, 0, 0, rank - part.own))
            for part, _ in weighted
        ]
        sides.append(_mix(rows, shares.to(exact.A.device), combination, density).to(exact.A.dtype))
    A, B = sides
    return Factors(
        A=torch.cat([A, exact.A[exact.own :]]),
        B=torch.cat([B, exact.B[exact.own :] * exact.scaling]),
        shared=exact.shared,
    )


def _mix(rows: Sequence[torch.Tensor], shares: torch.Tensor, combination: str, density: float) -> torch.Tensor:
    import torch
    from peft.utils import merge_utils

    if not rows[0].numel():  # a module of shared rows alone
        return rows[0]
    if combination == "linear":
        mixed = merge_utils.task_arithmetic(list(rows), shares)
    else:
        mixed = getattr(merge_utils, combination)(list(rows), shares, density)
    assert isinstance(mixed, torch.Tensor)
    return mixed
