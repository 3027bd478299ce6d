from __future__ import annotations

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.focus import fits, focused, passage_weights

# Three passages with 2, 1 and 3 rows, then one shared row; every row says in A which it is.
ADAPTER = Adapter({"mlp": Factors(torch.arange(7.0)[:, None], torch.ones(7, 1), scaling=2.0, shared=1)})
ROWS = {"mlp": [2, 1, 3]}


def rows(weights: dict[int, float]) -> list[float]:
    return focused(ADAPTER, ROWS, weights).factors["mlp"].A.flatten().tolist()


def test_only_the_rows_of_the_passages_are_kept_in_the_documents_order_and_the_shared_rows() -> None:
    assert rows({2: 1.0, 0: 1.0}) == [0, 1, 3, 4, 5, 6]
    assert rows({1: 1.0}) == [2, 6]


def test_a_weight_is_on_the_update_of_its_passage_alone() -> None:
    factors = focused(ADAPTER, ROWS, {0: 0.5, 1: 1.0}).factors["mlp"]
    assert factors.B.flatten().tolist() == [0.5, 0.5, 1, 1]


def test_scaling_dtype_and_the_number_of_shared_rows_stay() -> None:
    factors = focused(ADAPTER.to(torch.bfloat16), ROWS, {1: 0.3}).factors["mlp"]
    assert (factors.scaling, factors.shared, factors.B.dtype) == (2.0, 1, torch.bfloat16)


def test_modules_without_rows_of_passages_stay_whole() -> None:
    assert focused(ADAPTER, {}, {0: 1.0}).factors["mlp"] is ADAPTER.factors["mlp"]


def test_rows_of_another_state_of_an_entry_do_not_fit() -> None:
    assert fits(ADAPTER, ROWS, [0, 2])
    assert not fits(ADAPTER, ROWS, [3])
    assert not fits(ADAPTER, {"mlp": [2, 2, 3]}, [0])
    assert not fits(ADAPTER, {"attention": [2, 1, 3]}, [0])


def test_the_nearest_passage_weighs_1_and_others_less_the_further_they_are() -> None:
    assert passage_weights([0.7, 0.8, 0.5], temperature=0.1) == pytest.approx([0.368, 1, 0.0498], abs=1e-3)
    assert passage_weights([]) == []
