"""The part of a long document's adapter that answers one question: the rows of the chunks that the question is near.

Rows of thousands of other chunks each fire a little on anything, and together they drown the few that count.
Knows nothing about how chunks are found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from parametric_memory.adapters.factors import Adapter, Factors

ChunkRows = Mapping[str, Sequence[int]]  # by module: how many of its own rows are of each chunk, in order


def focused(adapter: Adapter, chunk_rows: ChunkRows, chunks: Sequence[int]) -> Adapter:
    """The rows of these chunks, in the document's order, and the shared rows."""
    return Adapter(
        {
            name: _focused(factors, chunk_rows[name], sorted(chunks)) if name in chunk_rows else factors
            for name, factors in adapter.factors.items()
        }
    )


def _focused(factors: Factors, rows: Sequence[int], chunks: Sequence[int]) -> Factors:
    import torch

    ends = list(accumulate(rows))
    kept = [row for chunk in chunks for row in range(ends[chunk] - rows[chunk], ends[chunk])]
    index = torch.tensor([*kept, *range(factors.own, factors.rank)], dtype=torch.long)
    return replace(factors, A=factors.A[index], B=factors.B[index])
