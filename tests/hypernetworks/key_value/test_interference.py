from __future__ import annotations

import torch
from torch import Tensor

from parametric_memory.hypernetworks.key_value.interference import without_interference
from parametric_memory.hypernetworks.key_value.network import Whitening


def alike_keys(count: int, size: int = 32) -> Tensor:
    """Keys that have much in common."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(size, generator=generator) + 0.5 * torch.randn(count, size, generator=generator)


def rows_of(keys: Tensor) -> Tensor:
    return keys / (keys * keys).sum(-1, keepdim=True)


def test_rows_answer_the_keys_of_others_less_and_their_own_still() -> None:
    keys = alike_keys(8)
    rows = rows_of(keys)
    others = ~torch.eye(len(keys), dtype=torch.bool)

    apart = without_interference(rows, keys, ridge=0.1) @ keys.T

    assert (apart[others].abs().mean() < 0.2 * (rows @ keys.T)[others].abs().mean()).item()
    assert (apart.diagonal() > 0.5).all()


def test_a_larger_ridge_leaves_rows_more_as_they_are() -> None:
    keys = alike_keys(8)
    rows = rows_of(keys)

    moved = [(without_interference(rows, keys, ridge) - rows).norm() for ridge in (0.3, 3.0, 1e6)]

    assert moved[0] > moved[1] > moved[2]
    torch.testing.assert_close(without_interference(rows, keys, 1e6), rows, rtol=1e-4, atol=1e-5)


def test_more_rows_than_dimensions_give_what_the_rows_space_gives() -> None:
    keys = alike_keys(24, size=16)
    rows = rows_of(keys)

    apart = without_interference(rows, keys, ridge=0.5)

    expected = 1.5 * torch.linalg.solve(rows @ keys.T + 0.5 * torch.eye(24), rows)
    torch.testing.assert_close(apart, expected, rtol=1e-3, atol=1e-4)


def test_rows_answer_1_to_the_keys_that_whitening_made_them_of() -> None:
    keys = alike_keys(200, size=32)
    whitening = Whitening(layers=1, size=32, rank=4)
    whitening.fit(0, keys.T @ keys / len(keys), keys)
    rows = whitening(keys[None, None])[0, 0]

    answered = whitening.answered(0, rows)

    torch.testing.assert_close((rows * answered).sum(-1), torch.ones(len(rows)))
    torch.testing.assert_close(answered, keys, rtol=1e-3, atol=1e-3)
