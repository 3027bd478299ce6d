from __future__ import annotations

import pytest
import torch

from parametric_memory.errors import AdapterError
from parametric_memory.hypernetworks.doc_to_lora.combination import LayeredFactors, combine, concatenate_batches


def factors(chunks: int, start: float = 0.0) -> dict[str, LayeredFactors]:
    """Two layers of rank 2; chunk i holds the number start + i + 1 everywhere."""
    values = (torch.arange(chunks) + start + 1)[:, None, None, None]
    return {"down_proj": LayeredFactors(values.expand(-1, 2, 2, 3), values.expand(-1, 2, 2, 4))}


BIAS = factors(1, start=8)


def ranks(combined: dict[str, LayeredFactors], group: int) -> list[float]:
    return combined["down_proj"].A[group, 0, :, 0].tolist()


def test_rows_follow_each_other_then_the_bias_once_then_zeros() -> None:
    combined = combine(factors(3), [2, 1], BIAS)
    assert ranks(combined, 0) == [1, 1, 2, 2, 9, 9]
    assert ranks(combined, 1) == [3, 3, 9, 9, 0, 0]
    assert combined["down_proj"].A.shape == (2, 2, 6, 3)
    assert combined["down_proj"].B.shape == (2, 2, 6, 4)


def test_without_bias_its_place_stays_empty() -> None:
    assert ranks(combine(factors(2), [2], None), 0) == [1, 1, 2, 2, 0, 0]


def test_scalers_act_on_A_of_the_chunks_and_the_bias_scaler_on_both_factors_of_the_bias() -> None:
    combined = combine(factors(2), [2], BIAS, torch.tensor([0.5, 3.0]), bias_scaler=2)["down_proj"]
    assert combined.A[0, 0, :, 0].tolist() == [0.5, 0.5, 6, 6, 18, 18]
    assert combined.B[0, 0, :, 0].tolist() == [1, 1, 2, 2, 18, 18]


@pytest.mark.parametrize("groups", [[1], [1, 1, 1], [2, 0], []])
def test_groups_that_do_not_fit_the_chunks_are_refused(groups: list[int]) -> None:
    with pytest.raises(AdapterError, match="2 chunks"):
        combine(factors(2), groups, BIAS)


def test_batches_of_chunks_join_in_order() -> None:
    joined = concatenate_batches([factors(2), factors(1, start=5)])
    assert joined["down_proj"].A[:, 0, 0, 0].tolist() == [1, 2, 6]
