from __future__ import annotations

import pytest
import torch
from torch import nn

from parametric_memory.training.trainer import Muon, orthogonalized

RATE = 0.1


@pytest.mark.parametrize("shape", [(8, 8), (6, 20), (20, 6), (3, 6, 20), (2, 3, 20, 6)])
def test_all_directions_of_a_matrix_become_about_equally_strong(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(shape) * 100
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    made = orthogonalized(matrices)
    assert made.shape == matrices.shape and made.dtype == matrices.dtype
    strengths = torch.linalg.svdvals(made)
    assert strengths.min() > 0.5 and strengths.max() < 1.3
    aligned = torch.einsum("...ij,...ij->...", made, left @ right) / min(shape[-2:])
    assert (aligned > 0.8).all()


def test_a_matrix_of_zeros_stays_one() -> None:
    assert not orthogonalized(torch.zeros(3, 4)).any()


def updated(gradient: torch.Tensor, start: torch.Tensor, **options: float) -> torch.Tensor:
    parameter = nn.Parameter(start.clone())
    optimizer = Muon([parameter], lr=RATE, **options)
    parameter.grad = gradient
    optimizer.step()
    return parameter.data


def test_an_update_has_one_size_however_large_the_gradient_is() -> None:
    torch.manual_seed(0)
    gradient, start = torch.randn(3, 16, 64), torch.zeros(3, 16, 64)
    small, large = updated(0.01 * gradient, start), updated(100 * gradient, start)
    assert torch.allclose(small, large, atol=0.1 * RATE)  # bfloat16
    assert small.square().mean().sqrt().item() == pytest.approx(0.2 * RATE, rel=0.25)
    assert (small * gradient).sum() < 0  # downhill


def test_the_matrices_of_a_batch_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    gradient, start = torch.randn(2, 8, 16), torch.randn(2, 8, 16)
    together = updated(gradient, start)
    for i in range(2):
        assert torch.allclose(together[i], updated(gradient[i], start[i]), atol=0.1 * RATE)


def test_weights_decay_apart_from_their_gradients() -> None:
    start = torch.ones(4, 4)
    assert torch.allclose(updated(torch.zeros(4, 4), start, weight_decay=0.5), start * (1 - RATE * 0.5))


def test_what_has_no_gradient_stays() -> None:
    parameter = nn.Parameter(torch.ones(4, 4))
    Muon([parameter], lr=RATE).step()
    assert torch.equal(parameter.data, torch.ones(4, 4))


def test_a_linear_map_is_learned() -> None:
    torch.manual_seed(0)
    x, wanted = torch.randn(256, 12), torch.randn(12, 5)
    weight = nn.Parameter(torch.zeros(12, 5))
    optimizer = Muon([weight], lr=0.3, weight_decay=0.0)
    for step in range(200):
        optimizer.param_groups[0]["lr"] = 0.3 * (1 - step / 200)
        optimizer.zero_grad()
        loss = (x @ weight - x @ wanted).square().mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01
