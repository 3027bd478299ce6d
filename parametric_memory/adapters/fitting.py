"""An adapter in the form that engines take which serve many: one rank from a list, one scaling, the same modules in
every layer.

What is filled up is filled with zeros, and changes nothing. Knows nothing about engines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress
from parametric_memory.errors import AdapterError

_OF_LAYER = re.compile(r"(?P<before>.+?\.[^.]+)\.(?P<layer>\d+)\.(?P<inside>.+)")


def fitted(adapter: Adapter, ranks: Sequence[int]) -> Adapter:
    """The same update in the least of some ranks that it fits; of a larger one the closest in the largest of them.

    Raises:
        AdapterError: there are no ranks, or the largest has no room for the shared rows.
    """
    if not ranks:
        raise AdapterError("An engine takes adapters of no rank: name one.")
    adapter = compress(adapter, max(ranks))
    rank = min(r for r in ranks if r >= adapter.rank)
    scalings = [factors.scaling for factors in adapter.factors.values()]
    one = scalings[0] if all(math.isclose(s, scalings[0], rel_tol=1e-9) for s in scalings) else 1.0
    fitting = {name: _fitted(factors, rank, one) for name, factors in adapter.factors.items()}
    return Adapter(fitting | _missing(fitting))


def _fitted(factors: Factors, rank: int, scaling: float) -> Factors:
    from torch.nn.functional import pad

    more, B = rank - factors.rank, factors.B.float() * (factors.scaling / scaling)
    return Factors(pad(factors.A.float(), (0, 0, 0, more)), pad(B, (0, 0, 0, more)), scaling)


def _missing(factors: dict[str, Factors]) -> dict[str, Factors]:
    """Zeros for what some layers have and others lack."""
    parts = [match for name in factors if (match := _OF_LAYER.fullmatch(name))]
    of_inside = {part["inside"]: factors[part.string] for part in parts}
    layers = dict.fromkeys((part["before"], part["layer"]) for part in parts)
    names = {f"{before}.{layer}.{inside}": like for before, layer in layers for inside, like in of_inside.items()}
    return {
        name: replace(like, A=like.A.new_zeros(like.A.shape), B=like.B.new_zeros(like.B.shape))
        for name, like in names.items()
        if name not in factors
    }
