from __future__ import annotations

import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.focus import focused

# Three chunks with 2, 1 and 3 rows, then one shared row; every row says in A which it is.
ADAPTER = Adapter({"mlp": Factors(torch.arange(7.0)[:, None], torch.ones(7, 1), scaling=2.0, shared=1)})
ROWS = {"mlp": [2, 1, 3]}


def rows(chunks: list[int]) -> list[float]:
    return focused(ADAPTER, ROWS, chunks).factors["mlp"].A.flatten().tolist()


def test_only_the_rows_of_the_chunks_are_kept_in_the_documents_order_and_the_shared_rows() -> None:
    assert rows([2, 0]) == [0, 1, 3, 4, 5, 6]
    assert rows([1]) == [2, 6]


def test_scaling_and_the_number_of_shared_rows_stay() -> None:
    factors = focused(ADAPTER, ROWS, [1]).factors["mlp"]
    assert (factors.scaling, factors.shared) == (2.0, 1)


def test_modules_without_rows_of_chunks_stay_whole() -> None:
    assert focused(ADAPTER, {}, [0]).factors["mlp"] is ADAPTER.factors["mlp"]
