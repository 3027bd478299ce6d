"""The four ways in which Text-to-LoRA encodes a task embedding before it meets layers and modules.

Each maps task embeddings `[task, embedding_size]` to encodings `[task, encoded_size]`. Submodules are named
as in published checkpoints. Knows nothing about where embeddings come from or what is made of the encodings.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parametric_memory.hypernetworks.text_to_lora.config import TextToLoraConfig

DROPOUT = 0.05


class EncodedTasks(NamedTuple):
    """What a task encoder says about a batch of tasks."""

    encoded: Tensor  # [task, encoded_size]
    loss: Tensor | None = None  # a scalar that reconstruction training adds to its own


class LinearTaskEncoder(nn.Module):
    """A normalised linear map: the published encoder."""

    def __init__(self, embedding_size: int, encoded_size: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(embedding_size, encoded_size), nn.LayerNorm(encoded_size))

    def forward(self, embeddings: Tensor) -> EncodedTasks:
        return EncodedTasks(self.mlp(embeddings))


class SoftmaxTaskEncoder(nn.Module):
    """A mixture of learned codes, weighted by a softmax."""

    def __init__(self, embedding_size: int, encoded_size: int, codes: int) -> None:
        super().__init__()
        self.mlp = _hidden_layer(embedding_size, 4 * encoded_size, codes)
        self.embed = nn.Parameter(torch.randn(codes, encoded_size))
        self.ln = nn.LayerNorm(encoded_size)

    def forward(self, embeddings: Tensor) -> EncodedTasks:
        shares = F.softmax(self.mlp(embeddings), dim=-1)  # [task, codes]
        return EncodedTasks(self.ln(shares @ self.embed))


class QuantizedTaskEncoder(nn.Module):
    """The nearest code of a book that follows the encodings by a moving average (VQ-VAE, arXiv 1711.00937).

    The code replaces the encoding in the forward pass; gradients pass to the encoding as if it had not.
    """

    decay = 0.99  # of the moving averages
    commitment = 0.01  # weight of the loss that pulls encodings to their codes
    epsilon = 1e-5  # keeps codes that nothing chooses finite

    embed: Tensor
    cluster_size: Tensor
    embed_avg: Tensor

    def __init__(self, embedding_size: int, encoded_size: int, codes: int) -> None:
        super().__init__()
        self.mlp = _hidden_layer(embedding_size, 4 * encoded_size, encoded_size)
        self.ln = nn.LayerNorm(encoded_size)
        self.register_buffer("embed", torch.randn(encoded_size, codes))
        self.register_buffer("cluster_size", torch.zeros(codes))
        self.register_buffer("embed_avg", self.embed.clone())

    def forward(self, embeddings: Tensor) -> EncodedTasks:
        latent = self.mlp(embeddings)  # [task, encoded_size]
        distance = (
            latent.square().sum(1, keepdim=True) - 2 * latent @ self.embed + self.embed.square().sum(0, keepdim=True)
        )
        chosen = distance.argmin(dim=-1)  # [task]
        code = self.embed.T[chosen]
        if self.training:
            self._follow(latent.detach(), chosen)
        loss = self.commitment * (code - latent).square().mean()
        return EncodedTasks(self.ln(latent + (code - latent).detach()), loss)

    @torch.no_grad()
    def _follow(self, latent: Tensor, chosen: Tensor) -> None:
        """Moves every code towards the mean of the encodings that chose it."""
        votes = F.one_hot(chosen, len(self.cluster_size)).to(latent.dtype)  # [task, codes]
        self.cluster_size.lerp_(votes.sum(0), 1 - self.decay)
        self.embed_avg.lerp_(latent.T @ votes, 1 - self.decay)
        total, codes = self.cluster_size.sum(), len(self.cluster_size)
        smoothed = (self.cluster_size + self.epsilon) / (total + codes * self.epsilon) * total
        # A new tensor: the forward pass that called this still needs the old codes for its gradients.
        self.embed = self.embed_avg / smoothed


class DiscreteTaskEncoder(nn.Module):
    """One of a number of classes, one-hot; sampled in training with straight-through gradients."""

    def __init__(self, embedding_size: int, codes: int) -> None:
        super().__init__()
        self.mlp = _hidden_layer(embedding_size, 4 * codes, codes)

    def forward(self, embeddings: Tensor) -> EncodedTasks:
        logits = self.mlp(embeddings)  # [task, codes]
        if not self.training:
            return EncodedTasks(F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype))
        shares = F.softmax(logits, dim=-1)
        sample = F.one_hot(torch.multinomial(shares, 1).squeeze(-1), logits.shape[-1])
        return EncodedTasks(sample + shares - shares.detach())


def task_encoder(config: TextToLoraConfig) -> nn.Module:
    """The encoder a configuration asks for, with fresh weights."""
    if config.codes is None:
        return LinearTaskEncoder(config.embedding_size, config.encoded_size)
    if config.task_encoder == "softmax":
        return SoftmaxTaskEncoder(config.embedding_size, config.encoded_size, config.codes)
    if config.task_encoder == "vq":
        return QuantizedTaskEncoder(config.embedding_size, config.encoded_size, config.codes)
    return DiscreteTaskEncoder(config.embedding_size, config.codes)


def _hidden_layer(size_in: int, hidden: int, size_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(size_in, hidden), nn.SiLU(), nn.Dropout(DROPOUT), nn.Linear(hidden, size_out))
