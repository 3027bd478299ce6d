"""Text-to-LoRA (arXiv 2506.06105): the embedding of a task description in, the factors of an adapter out.

Submodules are named as in published checkpoints, so that a published state dict is this network's own. Knows
nothing about texts, files or the base model: tasks come in as vectors, modules are known by name and size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError
from parametric_memory.hypernetworks.text_to_lora.config import TargetModule, TextToLoraConfig

DROPOUT = 0.05
ROTARY_BASE = 10000.0
_STANDARD_DEVIATION_FLOOR = 1e-10


@dataclass(frozen=True)
class LayerFactors:
    """Factors of one module type, in every layer, for a batch of tasks."""

    A: Tensor  # [layer, task, rank, d_in]
    B: Tensor  # [layer, task, rank, d_out]

    def products(self) -> Tensor:
        """B^T A `[layer, task, d_out, d_in]`: the change of the weight, without the adapter's scaling."""
        return self.B.transpose(-1, -2) @ self.A


class TextToLora(nn.Module):
    """The hypernetwork, in every published variant (see `TextToLoraConfig`).

    Weights are fresh after construction, and the network is in training mode, with dropout.
    """

    def __init__(self, config: TextToLoraConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.AB_offset = _factor_parameters(config)
        self.mean_recon_target = _factor_parameters(config)
        self.std_recon_target = _factor_parameters(config)
        self.task_encoder = task_encoder(config)
        if config.task_encoder != "discrete":
            self.layer_depth_encoder = _normalised_embedding(config.layers, config.layer_size)
            self.layer_type_encoder = _normalised_embedding(len(config.modules), config.module_size)
        self.mixer = nn.Sequential(
            nn.Dropout(DROPOUT),
            nn.Linear(width, 4 * width),
            nn.SiLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(4 * width, width),
            nn.SiLU(),
            nn.Dropout(DROPOUT),
        )
        self.mlp1 = ResidualBlock(width)
        self.mlp2 = ResidualBlock(width)
        self.mlp3 = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.SiLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(4 * width, config.head_size),
            nn.SiLU(),
        )
        if config.row_positions == "learned":
            self.pos_emb = _normalised_embedding(config.rank, width)
        if config.shared_head:
            self.out_emb = nn.ModuleDict(
                {
                    module.name: nn.ParameterDict({side: torch.randn(width) for side in "AB"})
                    for module in config.modules
                }
            )
            self.out_emb_norm = nn.LayerNorm(width)
        self.heads = nn.ModuleDict(
            {
                module.name: nn.Linear(config.head_size, _head_outputs(config, module), bias=config.head_bias)
                for module in config.modules
            }
        )

    def encode(self, embeddings: Tensor) -> EncodedTasks:
        """Encodes task embeddings `[task, embedding_size]`, once for all layers and modules.

        Raises:
            AdapterError: the embeddings are of another size, so made by another model than this network's.
        """
        if embeddings.ndim != 2 or embeddings.shape[-1] != self.config.embedding_size:
            embedder = self.config.embedding_model or self.config.base_model
            raise AdapterError(
                f"Task embeddings must be [task, {self.config.embedding_size}], not "
                f"{list(embeddings.shape)}: embed descriptions with {embedder}."
            )
        return self.task_encoder(embeddings)

    def predict(self, module: str, encoded: Tensor) -> LayerFactors:
        """What the network says about one module type, in the units of its training objective.

        Args:
            module: the type's short name.
            encoded: `[task, encoded_size]`, from `encode`.
        """
        target = self._target(module)
        hidden = self.mlp1(self.mixer(self._conditions(module, encoded)))  # [layer * task, width]
        say = self._separate_sides if self.config.shared_head else self._joint_sides
        A, B = (side.unflatten(0, (self.config.layers, len(encoded))) for side in say(target, hidden))
        if self.config.objective == "answers":
            offset_A, offset_B = self._per_layer(self.AB_offset, module)
            A, B = A + offset_A, B + offset_B
        return LayerFactors(A, B)

    def generate(self, module: str, encoded: Tensor) -> LayerFactors:
        """The factors of one module type as an adapter holds them: `predict` out of the objective's units."""
        said = self.predict(module, encoded)
        if self.config.objective == "answers":
            return said
        if self.config.objective == "delta_w":
            share = math.sqrt(self.config.delta_w_scaling)
            return LayerFactors(said.A / share, said.B / share)
        return self.unstandardize(module, said) if self.config.objective == "standardized_factors" else said

    def standardize(self, module: str, factors: LayerFactors) -> LayerFactors:
        """Element by element: minus the mean of the training adapters, over their standard deviation."""
        (mean_A, mean_B), (std_A, std_B) = self._statistics(module)
        return LayerFactors((factors.A - mean_A) / std_A, (factors.B - mean_B) / std_B)

    def unstandardize(self, module: str, factors: LayerFactors) -> LayerFactors:
        """The inverse of `standardize`."""
        (mean_A, mean_B), (std_A, std_B) = self._statistics(module)
        return LayerFactors(factors.A * std_A + mean_A, factors.B * std_B + mean_B)

    @torch.no_grad()
    def adapter(self, embedding: Tensor) -> Adapter:
        """The adapter for one task, on the network's device, without dropout whatever the network's mode.

        Args:
            embedding: `[embedding_size]`: the task's description as `embed_descriptions` embeds it, or a row
                of the identity for a network whose tasks are numbers.

        Raises:
            AdapterError: the embedding is of another size.
        """
        training = self.training
        self.eval()
        try:
            encoded = self.encode(embedding.unsqueeze(0)).encoded
            factors = {}
            for module in self.config.modules:
                generated = self.generate(module.name, encoded)
                for layer in range(self.config.layers):
                    factors[module.full_name(layer)] = Factors(
                        generated.A[layer, 0].clone(), generated.B[layer, 0].clone(), self.config.scaling
                    )
        finally:
            self.train(training)
        return Adapter(factors)

    def _target(self, name: str) -> TargetModule:
        return next(module for module in self.config.modules if module.name == name)

    def _conditions(self, module: str, encoded: Tensor) -> Tensor:
        """Task, layer and module type side by side `[layer * task, width]`, tasks of a layer adjacent."""
        names = [target.name for target in self.config.modules]
        layers = torch.arange(self.config.layers, device=encoded.device)
        kind = torch.tensor([names.index(module)], device=encoded.device)
        if self.config.task_encoder == "discrete":
            depth = F.one_hot(layers, self.config.layer_size).to(encoded.dtype)
            which = F.one_hot(kind, self.config.module_size).to(encoded.dtype)
        else:
            depth, which = self.layer_depth_encoder(layers), self.layer_type_encoder(kind)
        tasks = encoded.tile(len(layers), 1)
        depth = depth.repeat_interleave(len(encoded), dim=0)
        return torch.cat([tasks, depth, which.expand(len(tasks), -1)], dim=-1)

    def _joint_sides(self, module: TargetModule, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """A `[n, rank, d_in]` and B `[n, rank, d_out]` out of one head's output. hidden: `[n, width]`."""
        head, rank = self.heads[module.name], self.config.rank
        if self.config.row_positions is None:
            said = head(self.mlp3(self.mlp2(hidden)))
            A, B = said.split([rank * module.d_in, rank * module.d_out], dim=-1)
            return A.unflatten(-1, (rank, module.d_in)), B.unflatten(-1, (rank, module.d_out))
        rows = hidden.unsqueeze(1).expand(-1, rank, -1)
        learned = self.config.row_positions == "learned"
        rows = rows + self._learned_positions(rows.device) if learned else rotate(rows)
        A, B = head(self.mlp3(self.mlp2(rows))).split([module.d_in, module.d_out], dim=-1)
        return A, B

    def _separate_sides(self, module: TargetModule, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """A and B as `_joint_sides`, from one pass each; a head as wide as the wider side, cut to each."""
        said = []
        for side, features in (("A", module.d_in), ("B", module.d_out)):
            marked = hidden + self.out_emb_norm(self.out_emb.get_parameter(f"{module.name}.{side}"))
            said.append(self._rows(module, self.mlp2(marked))[..., :features])
        return said[0], said[1]

    def _rows(self, module: TargetModule, hidden: Tensor) -> Tensor:
        """`[n, rank, wider side]`: all rows at once, or each from the hidden state at its position."""
        head, rank = self.heads[module.name], self.config.rank
        if self.config.row_positions is None:
            return head(self.mlp3(hidden)).unflatten(-1, (rank, -1))
        rows = hidden.unsqueeze(1).expand(-1, rank, -1)
        if self.config.row_positions == "learned":
            rows = rows + self.mlp2(self._learned_positions(rows.device))
        else:
            rows = self.mlp2(rotate(rows))
        return head(self.mlp3(rows))

    def _learned_positions(self, device: torch.device) -> Tensor:
        """`[rank, width]`."""
        positions: Tensor = self.pos_emb(torch.arange(self.config.rank, device=device))
        return positions

    def _per_layer(self, sides: nn.ModuleDict, module: str) -> tuple[Tensor, Tensor]:
        """A `[layer, 1, rank, d_in]` and B `[layer, 1, rank, d_out]` of what is stored once for all tasks."""
        A, B = sides.get_parameter(f"A.{module}"), sides.get_parameter(f"B.{module}")
        return A.unsqueeze(1), B.transpose(-1, -2).unsqueeze(1)

    def _statistics(self, module: str) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        std_A, std_B = self._per_layer(self.std_recon_target, module)
        floor = _STANDARD_DEVIATION_FLOOR
        return self._per_layer(self.mean_recon_target, module), (std_A + floor, std_B + floor)


class ResidualBlock(nn.Module):
    """y + [LayerNorm, Linear, SiLU, Linear, SiLU](y), four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.SiLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(4 * width, width),
            nn.SiLU(),
            nn.Dropout(DROPOUT),
        )

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.mlp(hidden)


def _normalised_embedding(entries: int, size: int) -> nn.Sequential:
    return nn.Sequential(nn.Embedding(entries, size), nn.LayerNorm(size))


def _head_outputs(config: TextToLoraConfig, module: TargetModule) -> int:
    """Output features of a module type's head."""
    row = max(module.d_in, module.d_out) if config.shared_head else module.d_in + module.d_out
    return row if config.row_positions else config.rank * row


def _factor_parameters(config: TextToLoraConfig) -> nn.ModuleDict:
    """Zeros in the shape of every layer's A `[layer, rank, d_in]` and B `[layer, d_out, rank]`, frozen."""

    def frozen(*shape: int) -> nn.Parameter:
        return nn.Parameter(torch.zeros(config.layers, *shape), requires_grad=False)

    return nn.ModuleDict(
        {
            "A": nn.ParameterDict({m.name: frozen(config.rank, m.d_in) for m in config.modules}),
            "B": nn.ParameterDict({m.name: frozen(m.d_out, config.rank) for m in config.modules}),
        }
    )


def rotate(rows: Tensor) -> Tensor:
    """Rotary positions (arXiv 2104.09864) on rows `[n, rank, width]`, halves paired as Llama pairs them."""
    rank, width = rows.shape[-2:]
    steps = torch.arange(0, width, 2, device=rows.device, dtype=torch.float32)
    positions = torch.arange(rank, device=rows.device, dtype=torch.float32)
    angles = torch.outer(positions, 1.0 / ROTARY_BASE ** (steps / width))  # [rank, width / 2]
    cos, sin = angles.cos().to(rows.dtype), angles.sin().to(rows.dtype)
    first, second = rows.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class EncodedTasks(NamedTuple):
    """What a task encoder says about a batch of tasks."""

    encoded: Tensor  # [task, encoded_size]
    loss: Tensor | None = None  # a scalar that reconstruction training adds to its own


# The four ways in which a task embedding `[task, embedding_size]` is encoded before it meets layers and modules.


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
