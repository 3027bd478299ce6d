"""Trains a Text-to-LoRA hypernetwork to say given adapters, one a task, for their descriptions. No base model runs.

Knows nothing about files.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from parametric_memory.hypernetworks.text_to_lora.network import LayerFactors, TextToLora
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.text_to_lora_losses import reconstruction_loss, update_distance


@dataclass(frozen=True)
class ReconstructionConfig(LoopConfig):
    """How long and how fast. A batch counts tasks."""

    batch: int = 8
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    warmup_share: float = 0.1  # of the steps
    decay_share: float = 0.9
    final_share: float = 0.0

    @classmethod
    def of(cls, steps: int, **settings: Any) -> ReconstructionConfig:
        """The settings for so many steps."""
        share = settings.get("warmup_share", cls.warmup_share)
        return cls(steps=steps, warmup=max(1, round(steps * share)), **settings)


@dataclass(frozen=True)
class Given:
    """A task's adapter, by module type `[layer, 1, rank, d_in or d_out]`, and the vectors of its descriptions."""

    name: str
    factors: Mapping[str, LayerFactors]
    embeddings: Tensor  # [description, size]


@dataclass(frozen=True)
class Rebuilt:
    """How far an adapter was from the given one."""

    loss: float  # in the units of the network's objective
    error: float  # mean absolute error in the units of the adapter


def set_statistics(network: TextToLora, given: Sequence[Given]) -> None:
    """Mean and standard deviation of the adapters, element by element, for a network that says standardized factors."""
    with torch.no_grad():
        for module in network.config.modules:
            A = torch.cat([each.factors[module.name].A for each in given], 1)  # [layer, task, rank, d_in]
            B = torch.cat([each.factors[module.name].B for each in given], 1).transpose(-1, -2)
            for side, values in (("A", A), ("B", B)):
                name = f"{side}.{module.name}"
                network.mean_recon_target.get_parameter(name).copy_(values.mean(1))
                network.std_recon_target.get_parameter(name).copy_(values.std(1, unbiased=len(given) > 1))


def drawn_targets(
    rng: random.Random, given: Sequence[Given], count: int, device: torch.device | str
) -> tuple[Tensor, dict[str, LayerFactors]]:
    """Vectors `[task, 1, size]`, one description each, and the adapters `[layer, task, rank, ...]` of some tasks."""
    chosen = rng.sample(list(given), min(count, len(given)))
    embeddings = torch.stack([rng.choice(list(each.embeddings))[None] for each in chosen]).to(device)
    targets = {
        name: LayerFactors(
            torch.cat([each.factors[name].A for each in chosen], 1).to(device),
            torch.cat([each.factors[name].B for each in chosen], 1).to(device),
        )
        for name in chosen[0].factors
    }
    return embeddings, targets


def beside_answers(network: TextToLora, given: Sequence[Given], count: int) -> Callable[[random.Random], Tensor]:
    """Draws how far the updates that a network says are from given ones, scaled as in training on these."""
    device = next(network.parameters()).device

    def distance(rng: random.Random) -> Tensor:
        embeddings, targets = drawn_targets(rng, given, count, device)
        return update_distance(network, embeddings.flatten(0, 1), targets)

    return distance


class ReconstructionTrainer(TrainingLoop[Rebuilt]):
    """Trains a network; `run` returns when the steps are done. State lives in `folder`."""

    hypernetwork: TextToLora

    def __init__(
        self,
        network: TextToLora,
        given: Sequence[Given],
        run: Run,
        config: ReconstructionConfig,
        held_out: Sequence[Given] = (),
    ):
        """
        Args:
            held_out: adapters that are never trained on.

        Raises:
            SettingsError: a batch cannot be shared evenly.
        """
        trained = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=config.weight_decay)
        super().__init__(network, run, config, (optimizer,))
        self.given, self.held_out, self.config = given, held_out, config

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Rebuilt]]:
        """How near this process's share of the batch was."""
        share = self.processes.share(rng.sample(list(self.given), min(self.config.batch, len(self.given))))
        found = self._rebuilt(rng, share)
        found[0].backward()
        return {"given adapters": [Rebuilt(found[0].item(), found[1])]}

    def _rebuilt(self, rng: random.Random, given: Sequence[Given]) -> tuple[Tensor, float]:
        embeddings, targets = drawn_targets(rng, given, len(given), next(self.hypernetwork.parameters()).device)
        loss = reconstruction_loss(self.hypernetwork, embeddings, targets)
        return loss.loss, loss.error

    def measured(self, found: list[Rebuilt]) -> dict[str, float]:
        return {
            "loss": sum(each.loss for each in found) / len(found),
            "error": sum(each.error for each in found) / len(found),
        }

    def told(self, measured: Mapping[str, float]) -> str:
        return f"loss {measured['loss']:.4f}, error {measured['error']:.2e}"

    def validate(self) -> dict[str, dict[str, float]]:
        """How near adapters of tasks are that it was not trained on."""
        if not self.held_out:
            return {}
        rng, size = random.Random(0), self.config.batch
        parts = [self.held_out[i : i + size] for i in range(0, len(self.held_out), size)]
        found = [self._rebuilt(rng, part) for part in parts]
        return {"held-out adapters": self.measured([Rebuilt(loss.item(), error) for loss, error in found])}
