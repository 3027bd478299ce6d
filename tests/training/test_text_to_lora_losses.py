from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.training.skill_trainer import factor_penalty, token_losses
from parametric_memory.training.t2l import reconstruction_loss
from tests.hypernetworks.text_to_lora.networks import random_network, tiny_config


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_of_tokens_are_plain_and_smoothed(smoothing: float) -> None:
    logits, target = torch.randn(5, 7), torch.arange(5)
    losses, smoothed = token_losses(logits, target, smoothing)
    torch.testing.assert_close(losses, F.cross_entropy(logits, target, reduction="none"))
    expected = F.cross_entropy(logits, target, reduction="none", label_smoothing=smoothing)
    torch.testing.assert_close(smoothed, expected)


def test_penalty_is_summed_over_module_types() -> None:
    factors = BatchedFactors(torch.full((2, 1, 4, 3), 2.0), torch.full((2, 1, 4, 5), 3.0))
    assert factor_penalty([factors, factors], weight=0.5).item() == pytest.approx(13.0)


@pytest.mark.parametrize("objective", ["factors", "standardized_factors", "delta_w"])
def test_an_adapter_the_network_generates_is_reconstructed_without_loss(objective: str) -> None:
    network = random_network(tiny_config(objective=objective))
    embeddings = torch.randn(2, 48)
    encoded = network.encode(embeddings)
    targets = {module.name: network.generate(module.name, encoded) for module in network.config.modules}
    with torch.no_grad():
        matched, matched_error = reconstruction_loss(network, embeddings.unsqueeze(1), targets)
        swapped, swapped_error = reconstruction_loss(network, embeddings.flip(0).unsqueeze(1), targets)
    assert matched < 1e-4 * swapped  # rounding of factors that are much larger
    assert matched_error < 1e-4 * swapped_error
    assert swapped > 1e-3


def test_every_description_of_a_task_should_give_its_adapter() -> None:
    network = random_network(tiny_config(objective="factors"))
    embeddings = torch.randn(2, 3, 48)
    targets = {
        module.name: BatchedFactors(torch.randn(3, 2, 4, module.d_in), torch.randn(3, 2, 4, module.d_out))
        for module in network.config.modules
    }
    together, _ = reconstruction_loss(network, embeddings, targets)
    each = [reconstruction_loss(network, embeddings[:, [i]], targets)[0] for i in range(3)]
    torch.testing.assert_close(together, torch.stack(each).mean())
