"""Merges adapters, compresses them to a rank budget, and pads them to the form of serving engines.

Merged factors are at least float32, so that weights and folded scalings add no rounding error. Knows nothing about
entries, scores, models or engines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError

LAYER_MODULE = re.compile(r"(?P<before>.+?\.[^.]+)\.(?P<layer>\d+)\.(?P<inside>.+)")  # a module's full name


def merge(adapters: Sequence[Adapter], weights: Sequence[float] | None = None) -> Adapter:
    """The weighted sum of the adapters' own updates, plus the shared rows' update once.

    Own rows are concatenated in order, the shared rows come last. The scaling is that of the adapters, or 1 where they
    differ: theirs are then folded into B.

    weights: one factor per adapter, on its own rows only; default 1.

    Raises AdapterError: there are no adapters; weights do not fit; or the adapters are of different base models or
    hypernetworks (their shared rows differ).
    """
    if not adapters:
        raise AdapterError("There is nothing to merge: give at least one adapter.")
    weights = [1.0] * len(adapters) if weights is None else list(weights)
    if len(weights) != len(adapters) or not all(math.isfinite(weight) for weight in weights):
        raise AdapterError(f"Merging {len(adapters)} adapters needs as many finite weights, not {weights}.")
    scalings = [factors.scaling for adapter in adapters for factors in adapter.factors.values()]
    # A folder stores alpha = scaling * rank, so equal scalings may differ by rounding.
    scaling = scalings[0] if scalings and all(math.isclose(s, scalings[0], rel_tol=1e-12) for s in scalings) else 1.0
    parts: dict[str, list[tuple[Factors, float]]] = {}
    for adapter, weight in zip(adapters, weights, strict=True):
        for name, factors in adapter.factors.items():
            parts.setdefault(name, []).append((factors, weight))
    return Adapter({name: _merge_module(name, part, scaling) for name, part in parts.items()})


def compress(adapter: Adapter, max_rank: int) -> Adapter:
    """The closest adapter (least squares on the update) of rank `max_rank` at most, shared rows included.

    Only own rows of modules above the budget change. Raises AdapterError: `max_rank` leaves no own row.
    """
    return Adapter(
        {
            name: factors if factors.rank <= max_rank else _compress_module(name, factors, max_rank)
            for name, factors in adapter.factors.items()
        }
    )


def fitted(adapter: Adapter, ranks: Sequence[int]) -> Adapter:
    """The form that serving engines require: one rank of a list, one scaling, the same modules in every layer.

    The rank is the smallest sufficient one; a larger adapter is compressed to the largest. Zeros pad the rest.

    Raises AdapterError: there are no ranks, or the largest has no room for the shared rows.
    """
    import torch
    from torch.nn.functional import pad

    if not ranks:
        raise AdapterError("An engine takes adapters of no rank: name one.")
    adapter = merge([compress(adapter, max(ranks))])
    rank = min(r for r in ranks if r >= adapter.rank)
    fitting = {}
    for name, factors in adapter.factors.items():
        A, B = (pad(side.float(), (0, 0, 0, rank - factors.rank)) for side in (factors.A, factors.B))
        fitting[name] = Factors(A, B, factors.scaling)
    parts = [match for name in fitting if (match := LAYER_MODULE.fullmatch(name))]
    of_inside = {part["inside"]: fitting[part.string] for part in parts}
    for before, layer in dict.fromkeys((part["before"], part["layer"]) for part in parts):
        for inside, like in of_inside.items():
            zeros = replace(like, A=torch.zeros_like(like.A), B=torch.zeros_like(like.B))
            fitting.setdefault(f"{before}.{layer}.{inside}", zeros)
    return Adapter(fitting)


def _merge_module(name: str, weighted: list[tuple[Factors, float]], scaling: float) -> Factors:
    import torch

    parts = [factors for factors, _ in weighted]
    widths = {(part.A.shape[1], part.B.shape[1]) for part in parts}
    if len(widths) > 1:
        raise AdapterError(
            f"Adapters of different base models cannot be merged: {name} has (d_in, d_out) {sorted(widths)}."
        )
    dtype = reduce(torch.promote_types, (p.A.dtype for p in parts if p.A.dtype.itemsize > 1), torch.float32)
    own, shared = [], []
    for part, weight in weighted:
        A, B = part.A.to(dtype), part.B.to(dtype)
        if not math.isclose(part.scaling, scaling, rel_tol=1e-12):
            B = B * (part.scaling / scaling)
        own.append((A[: part.own], B[: part.own] * weight))
        shared.append((A[part.own :], B[part.own :]))
    first = next((rows for rows in shared if len(rows[0])), shared[0])
    if not all(torch.equal(first[side], rows[side]) for rows in shared if len(rows[0]) for side in (0, 1)):
        raise AdapterError(
            f"Adapters of different hypernetworks cannot be merged: their shared rows differ at {name}. "
            "Add their documents again with one hypernetwork."
        )
    A, B = (torch.cat(rows) for rows in zip(*own, first, strict=True))
    return Factors(A, B, scaling, shared=len(first[0]))


def _compress_module(name: str, factors: Factors, max_rank: int) -> Factors:
    """Truncated SVD: QR of the tall factors, SVD of the small core; never the `[d_out, d_in]` matrix."""
    import torch

    budget = max_rank - factors.shared
    if budget < 1 or not factors.own:
        raise AdapterError(
            f"max_rank {max_rank} leaves no row for the documents beside the {factors.shared} shared rows at {name}: "
            f"take at least {factors.shared + bool(factors.own)}."
        )
    if factors.A.dtype.itemsize == 1:  # too short for what follows
        factors = factors.to(torch.bfloat16)
    dtype = torch.promote_types(factors.A.dtype, torch.float32)
    own, wide = factors.own, factors.to(dtype)
    basis_in, core_in = torch.linalg.qr(wide.A[:own].T)  # [d_in, k], [k, own]
    basis_out, core_out = torch.linalg.qr(wide.B[:own].T)  # [d_out, m], [m, own]
    left, singular, right = torch.linalg.svd(core_out @ core_in.T, full_matrices=False)
    root = singular[:budget].sqrt()[:, None]  # half of each singular value to either factor
    compressed = Factors(
        A=torch.cat([root * (right[:budget] @ basis_in.T), wide.A[own:]]),
        B=torch.cat([root * (left.T[:budget] @ basis_out.T), wide.B[own:]]),
        scaling=factors.scaling,
        shared=factors.shared,
    )
    return compressed.to(factors.A.dtype)
