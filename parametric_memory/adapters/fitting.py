"""An adapter in the form that serving engines require: one rank of a list, one scaling, equal layers.

Zeros fill up ranks and missing modules. Knows nothing about engines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import compress
from parametric_memory.errors import AdapterError

LAYER_MODULE = re.compile(r"(?P<before>.+?\.[^.]+)\.(?P<layer>\d+)\.(?P<inside>.+)")  # a module's full name


def fitted(adapter: Adapter, ranks: Sequence[int]) -> Adapter:
    """The same update in the smallest sufficient rank of a list; a larger one is compressed to the largest of the list.

    Raises:
        AdapterError: there are no ranks, or the largest has no room for the shared rows.
    """
    import torch
    from torch.nn.functional import pad

    if not ranks:
        raise AdapterError("An engine takes adapters of no rank: name one.")
    adapter = compress(adapter, max(ranks))
    rank = min(r for r in ranks if r >= adapter.rank)
    scalings = [factors.scaling for factors in adapter.factors.values()]
    scaling = scalings[0] if all(math.isclose(s, scalings[0], rel_tol=1e-9) for s in scalings) else 1.0
    fitting = {}
    for name, factors in adapter.factors.items():
        B = factors.B.float() * (factors.scaling / scaling)
        A, B = (pad(side, (0, 0, 0, rank - factors.rank)) for side in (factors.A.float(), B))
        fitting[name] = Factors(A, B, scaling)
    parts = [match for name in fitting if (match := LAYER_MODULE.fullmatch(name))]
    of_inside = {part["inside"]: fitting[part.string] for part in parts}
    for before, layer in dict.fromkeys((part["before"], part["layer"]) for part in parts):
        for inside, like in of_inside.items():
            fitting.setdefault(
                f"{before}.{layer}.{inside}", Factors(torch.zeros_like(like.A), torch.zeros_like(like.B), scaling)
            )
    return Adapter(fitting)
