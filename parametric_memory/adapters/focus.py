"""The part of a document's adapter that answers one question: the rows of the passages that the question is near.

Rows of other passages each fire a little on anything, and together they drown the few that count.
Knows nothing about how passages are found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from parametric_memory.adapters.factors import Adapter, Factors

PassageRows = Mapping[str, Sequence[int]]  # by module: how many of its own rows are of each passage, in order


def focused(adapter: Adapter, passage_rows: PassageRows, passages: Sequence[int]) -> Adapter:
    """The rows of these passages, in the document's order, and the shared rows."""
    return Adapter(
        {
            name: _focused(factors, passage_rows[name], sorted(passages)) if name in passage_rows else factors
            for name, factors in adapter.factors.items()
        }
    )


def _focused(factors: Factors, rows: Sequence[int], passages: Sequence[int]) -> Factors:
    import torch

    ends = list(accumulate(rows))
    kept = [row for passage in passages for row in range(ends[passage] - rows[passage], ends[passage])]
    index = torch.tensor([*kept, *range(factors.own, factors.rank)], dtype=torch.long)
    return replace(factors, A=factors.A[index], B=factors.B[index])
