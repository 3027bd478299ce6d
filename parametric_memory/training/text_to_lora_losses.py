"""The losses Text-to-LoRA is trained on: answers under generated adapters, or given adapters reconstructed.

Pure tensor code: knows nothing about data, optimizers or how adapters are attached to the base model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.hypernetworks.text_to_lora.network import LayerFactors, TextToLora

IGNORED = -100  # label of a token that is no part of the answer


class ReconstructionLoss(NamedTuple):
    """How far generated adapters are from given ones."""

    loss: Tensor  # in the units of the network's objective, the task encoder's own loss included
    error: float  # mean absolute error in the units of the adapters


def answer_loss(logits: Tensor, labels: Tensor, *, label_smoothing: float = 0.0, per_answer: bool = True) -> Tensor:
    """Cross-entropy of the answer tokens, each predicted from the position before it.

    Args:
        logits: `[example, position, vocabulary]`.
        labels: `[example, position]`: token ids, `IGNORED` where a token is no part of the answer.
        label_smoothing: 0.1 in published training, 0 in validation.
        per_answer: mean over examples of the mean over an answer's tokens; else mean over all tokens.

    Returns:
        A scalar. An example without answer tokens adds nothing to the sum and counts as an example.
    """
    predicted, wanted = logits[:, :-1], labels[:, 1:]
    losses = F.cross_entropy(  # [example, position - 1], 0 where ignored
        predicted.transpose(1, 2),
        wanted,
        reduction="none",
        ignore_index=IGNORED,
        label_smoothing=label_smoothing,
    )
    tokens = (wanted != IGNORED).sum(-1)
    if per_answer:
        return (losses.sum(-1) / tokens.clamp(min=1)).mean()
    return losses.sum() / tokens.sum().clamp(min=1)


def factor_penalty(factors: Iterable[LayerFactors], weight: float = 1e-3) -> Tensor:
    """weight * (mean of A^2 + mean of B^2), summed over module types: keeps generated factors small."""
    return weight * torch.stack([f.A.square().mean() + f.B.square().mean() for f in factors]).sum()


def reconstruction_loss(
    network: TextToLora, embeddings: Tensor, targets: Mapping[str, LayerFactors]
) -> ReconstructionLoss:
    """L1 distance of what the network says to given adapters, averaged over module types.

    In the units of the network's objective: factors as they are, standardized element by element over the
    training adapters, or the products B A times `delta_w_scaling`.

    Args:
        embeddings: `[task, description, embedding_size]`: each description of a task should give its adapter.
        targets: by module type, the adapters' factors `[layer, task, rank, d_in or d_out]`.
    """
    descriptions = embeddings.shape[1]
    encoded = network.encode(embeddings.flatten(0, 1))
    losses, errors = [], []
    for module in network.config.modules:
        said = network.predict(module.name, encoded.encoded)
        wanted = LayerFactors(
            targets[module.name].A.repeat_interleave(descriptions, dim=1),
            targets[module.name].B.repeat_interleave(descriptions, dim=1),
        )
        loss, error = _distance(network, module.name, said, wanted)
        losses.append(loss)
        errors.append(error)
    total = torch.stack(losses).mean()
    if encoded.loss is not None:
        total = total + encoded.loss
    return ReconstructionLoss(total, torch.stack(errors).mean().item())


def update_distance(network: TextToLora, embeddings: Tensor, targets: Mapping[str, LayerFactors]) -> Tensor:
    """L1 distance of the updates that any network generates to given ones, times `delta_w_scaling`, over module types.

    Args:
        embeddings: `[task, embedding_size]`.
        targets: by module type, the adapters' factors `[layer, task, rank, d_in or d_out]`.
    """
    encoded = network.encode(embeddings).encoded
    losses = [
        F.l1_loss(network.generate(module.name, encoded).products(), targets[module.name].products())
        for module in network.config.modules
    ]
    return torch.stack(losses).mean() * network.config.delta_w_scaling


def _distance(network: TextToLora, module: str, said: LayerFactors, wanted: LayerFactors) -> tuple[Tensor, Tensor]:
    """Loss and error of one module type."""
    if network.config.objective == "delta_w":
        scaling = network.config.delta_w_scaling
        loss = F.l1_loss(said.products(), wanted.products() * scaling)
        return loss, loss.detach() / scaling
    if network.config.objective == "standardized_factors":
        error = _mean_l1(network.unstandardize(module, said), wanted).detach()
        return _mean_l1(said, network.standardize(module, wanted)), error
    loss = _mean_l1(said, wanted)
    return loss, loss.detach()


def _mean_l1(said: LayerFactors, wanted: LayerFactors) -> Tensor:
    return (F.l1_loss(said.A, wanted.A) + F.l1_loss(said.B, wanted.B)) / 2
