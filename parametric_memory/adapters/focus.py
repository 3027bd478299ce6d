"""The rows of an adapter for one question: those of the passages nearest to it, weighted by their similarity.

Rows of all other passages each answer a little to any input, and their sum would outweigh the rows that matter.
Knows nothing about how passages are found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from parametric_memory.adapters.factors import Adapter, Factors

PassageRows = Mapping[str, Sequence[int]]  # by module: the number of its own rows of each passage, in order

MAX_PASSAGES = 3  # attached together, by default
TEMPERATURE = 0.1  # of similarities; see `passage_weights`


def passage_weights(similarities: Sequence[float], temperature: float = TEMPERATURE) -> list[float]:
    """The weight of each passage's rows: a softmax over similarities, scaled so that the largest weight is 1."""
    best = max(similarities, default=0.0)
    return [math.exp((similarity - best) / temperature) for similarity in similarities]


def fits(adapter: Adapter, passage_rows: PassageRows, numbers: Iterable[int]) -> bool:
    """Whether these are rows of this adapter, and passages of these."""
    last = max(numbers, default=-1)
    return all(
        name in adapter.factors and sum(rows) == adapter.factors[name].own and last < len(rows)
        for name, rows in passage_rows.items()
    )


def focused(adapter: Adapter, passage_rows: PassageRows, weights: Mapping[int, float]) -> Adapter:
    """The rows of some passages, in the document's order, and the shared rows.

    weights: by passage number, a factor on the update of the passage's rows.
    """
    return Adapter(
        {
            name: _focused(factors, passage_rows[name], weights) if name in passage_rows else factors
            for name, factors in adapter.factors.items()
        }
    )


def _focused(factors: Factors, rows: Sequence[int], weights: Mapping[int, float]) -> Factors:
    import torch

    ends = list(accumulate(rows))
    chosen = [(row, weights[p]) for p in sorted(weights) for row in range(ends[p] - rows[p], ends[p])]
    chosen += [(row, 1.0) for row in range(factors.own, factors.rank)]
    device = factors.A.device
    index = torch.tensor([row for row, _ in chosen], dtype=torch.long, device=device)
    weight = torch.tensor([weight for _, weight in chosen], dtype=torch.float32, device=device)
    factors = replace(factors, A=factors.A[index], B=factors.B[index]).widened()
    return replace(factors, B=(factors.B * weight[:, None]).to(factors.B.dtype))
