from __future__ import annotations

import torch
from torch import Tensor

from parametric_memory.hypernetworks.key_value.whitening import Whitening


def alike_keys(count: int, size: int = 32) -> Tensor:
    """Keys that have much in common."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(size, generator=generator) + 0.5 * torch.randn(count, size, generator=generator)


def fitted(keys: Tensor, rank: int = 4) -> Whitening:
    whitening = Whitening(layers=1, size=keys.shape[1], rank=rank)
    whitening.fit(0, keys.T @ keys / len(keys), keys)
    return whitening


def test_rows_answer_the_keys_of_others_less_and_their_own_still() -> None:
    whitening, keys = fitted(alike_keys(200)), alike_keys(8)
    rows = whitening(keys[None])
    others = ~torch.eye(len(keys), dtype=torch.bool)

    apart = whitening.decorrelate(rows, slice(1), ridge=0.1)[0] @ keys.T

    assert (apart[others].abs().mean() < 0.3 * (rows[0] @ keys.T)[others].abs().mean()).item()
    assert (apart.diagonal() > 0.5).all()


def test_a_larger_ridge_leaves_rows_more_as_they_are() -> None:
    whitening, keys = fitted(alike_keys(200)), alike_keys(8)
    rows = whitening(keys[None])

    moved = [(whitening.decorrelate(rows, slice(1), ridge) - rows).norm() for ridge in (0.3, 3.0, 1e6)]

    assert moved[0] > moved[1] > moved[2]
    torch.testing.assert_close(whitening.decorrelate(rows, slice(1), 1e6), rows, rtol=1e-4, atol=1e-5)


def test_rows_are_decorrelated_from_the_keys_that_they_were_whitened_from() -> None:
    """Whether there are fewer rows than dimensions, or more."""
    for count in (8, 24):
        whitening, keys = fitted(alike_keys(200, size=16)), alike_keys(count, size=16)
        rows = whitening(keys[None])[0]

        [apart] = whitening.decorrelate(rows[None], slice(1), ridge=0.5)

        expected = 1.5 * torch.linalg.solve(rows @ keys.T + 0.5 * torch.eye(count), rows)
        torch.testing.assert_close(apart, expected, rtol=1e-3, atol=1e-4)
