"""Text-to-LoRA (arXiv 2506.06105): the embedding of a task description in, the factors of an adapter out.

Submodules have the names of published checkpoints, whose state dicts fit as they are. Before training a network
generates a fresh LoRA, or a given adapter, whatever the task. Knows nothing about texts, files or training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, Field, FiniteFloat, PositiveInt, model_validator
from torch import Tensor, nn
from transformers import PreTrainedModel

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError, SettingsError
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, decoder_layers

Pooling = Literal["first", "last", "mean"]
Objective = Literal["answers", "factors", "standardized_factors", "delta_w"]


class TargetModule(BaseModel, frozen=True, extra="forbid"):
    """A type of module that gets an adapter in every layer."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^.]+$")]  # short, such as `q_proj`
    path: Annotated[str, Field(pattern=r"\{layer\}")]  # the full name in the base model; `{layer}` for the number
    d_in: PositiveInt
    d_out: PositiveInt

    def full_name(self, layer: int) -> str:
        """The module's name in the base model, such as `model.layers.3.self_attn.q_proj`."""
        return self.path.replace("{layer}", str(layer))


class TextToLoraConfig(BaseModel, frozen=True, extra="forbid"):
    """Everything that rebuilds a Text-to-LoRA hypernetwork.

    The published sizes are named L, M and S: L has one head that outputs A and B of all rows at once; M (`shared_head`)
    outputs A or B, distinguished by a learned vector; S also outputs one row at a time (`row_positions`).
    """

    kind: Literal["text-to-lora"] = "text-to-lora"
    format: Literal[1] = 1
    base_model: str
    base_fingerprint: str = ""  # of its weights; empty: unknown
    base_signature: str = ""  # of models with other weights that may use the adapters; empty: none
    embedding_model: str | None  # embeds task descriptions; None: the base model
    tasks: tuple[str, ...] = ()  # where a task is a number instead of a description: their names in order
    pooling: Pooling | None = None  # of the embedding model's last hidden states; None: by its name
    embedding_size: PositiveInt
    layers: PositiveInt  # of the base model
    modules: Annotated[tuple[TargetModule, ...], Field(min_length=1, max_length=1000)]  # in the embedding's order
    rank: PositiveInt
    scaling: FiniteFloat  # the factor on an adapter's update
    latent_size: Annotated[int, Field(ge=4)] = 128  # about the width of the hidden states
    head_size: PositiveInt = 512  # input features of the heads
    shared_head: bool = False  # one head for A and B
    row_positions: Literal["learned", "rotary"] | None = None  # of rows that are generated one at a time; None: at once
    head_bias: bool = True
    # The network's output: factors trained on answers, or factors or products B A of given adapters, in which units.
    objective: Objective = "answers"
    delta_w_scaling: Annotated[FiniteFloat, Field(gt=0)] = 10000.0  # the factor on products, with objective `delta_w`
    training: dict[str, Any] = {}  # for people to read

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Lengths of an encoded task, layer and module type."""
        return self.latent_size // 2, self.latent_size // 4, self.latent_size // 4

    @property
    def width(self) -> int:
        """Width of the hidden states: task, layer and module type concatenated."""
        return sum(self.sizes)

    @model_validator(mode="after")
    def _fits_together(self) -> TextToLoraConfig:
        if len({module.name for module in self.modules}) != len(self.modules):
            raise ValueError("a target module is listed twice")
        if self.row_positions == "rotary" and self.width % 2:
            raise ValueError(f"rotary row positions need an even width, not {self.width}")
        if self.tasks and len(self.tasks) != self.embedding_size:
            raise ValueError(f"{len(self.tasks)} tasks do not fit an embedding of {self.embedding_size}")
        return self


DROPOUT = 0.05
ROTARY_BASE = 10000.0
_STANDARD_DEVIATION_FLOOR = 1e-10


class TextToLora(nn.Module):
    """The hypernetwork, in every published variant; see `TextToLoraConfig`."""

    def __init__(self, config: TextToLoraConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.AB_offset = _factor_parameters(config)
        self.mean_recon_target = _factor_parameters(config)
        self.std_recon_target = _factor_parameters(config)
        task_size, layer_size, module_size = config.sizes
        self.task_encoder = nn.ModuleDict(
            {"mlp": nn.Sequential(nn.Linear(config.embedding_size, task_size), nn.LayerNorm(task_size))}
        )
        self.layer_depth_encoder = _normalised_embedding(config.layers, layer_size)
        self.layer_type_encoder = _normalised_embedding(len(config.modules), module_size)
        # Dropout, linear, SiLU, dropout, linear, SiLU, dropout.
        self.mixer = nn.Sequential(nn.Dropout(DROPOUT), *_hidden_layer(width, 4 * width, width), *_activation())
        self.mlp1 = ResidualBlock(width)
        self.mlp2 = ResidualBlock(width)
        self.mlp3 = nn.Sequential(nn.LayerNorm(width), *_hidden_layer(width, 4 * width, config.head_size), nn.SiLU())
        if config.row_positions == "learned":
            self.pos_emb = _normalised_embedding(config.rank, width)
        if config.shared_head:
            self.out_emb = nn.ModuleDict(
                {m.name: nn.ParameterDict({side: torch.randn(width) for side in "AB"}) for m in config.modules}
            )
            self.out_emb_norm = nn.LayerNorm(width)
        self.heads = nn.ModuleDict()
        for module in config.modules:
            row = max(module.d_in, module.d_out) if config.shared_head else module.d_in + module.d_out
            outputs = row if config.row_positions else config.rank * row
            self.heads[module.name] = nn.Linear(config.head_size, outputs, bias=config.head_bias)

    def encode(self, embeddings: Tensor) -> Tensor:
        """Encodes task embeddings `[task, embedding_size]` to `[task, encoded size]`, once for all layers and modules.

        Raises AdapterError: the embeddings are of another size, thus of another embedding model.
        """
        if embeddings.ndim != 2 or embeddings.shape[-1] != self.config.embedding_size:
            embedder = self.config.embedding_model or self.config.base_model
            raise AdapterError(
                f"Task embeddings must be [task, {self.config.embedding_size}], not "
                f"{list(embeddings.shape)}: embed descriptions with {embedder}."
            )
        return self.task_encoder["mlp"](embeddings)

    def predict(self, module: str, encoded: Tensor) -> BatchedFactors:
        """The network's output for one module type `[layer, task, rank, d]`, in the units of the training objective.

        encoded: `[task, encoded size]`, from `encode`.
        """
        target = next(target for target in self.config.modules if target.name == module)
        hidden = self.mlp1(self.mixer(self._conditions(target, encoded)))  # [layer * task, width]
        A, B = (side.unflatten(0, (self.config.layers, len(encoded))) for side in self._sides(target, hidden))
        if self.config.objective == "answers":
            offset_A, offset_B = self._per_layer(self.AB_offset, module)
            A, B = A + offset_A, B + offset_B
        return BatchedFactors(A, B)

    def generate(self, module: str, encoded: Tensor) -> BatchedFactors:
        """The factors of one module type: `predict` in the units of adapters."""
        said = self.predict(module, encoded)
        if self.config.objective == "delta_w":
            share = math.sqrt(self.config.delta_w_scaling)
            return BatchedFactors(said.A / share, said.B / share)
        return self.unstandardize(module, said) if self.config.objective == "standardized_factors" else said

    def standardize(self, module: str, factors: BatchedFactors) -> BatchedFactors:
        """Subtracts the training adapters' mean and divides by their standard deviation, element by element."""
        (mean_A, mean_B), (std_A, std_B) = self._statistics(module)
        return BatchedFactors((factors.A - mean_A) / std_A, (factors.B - mean_B) / std_B)

    def unstandardize(self, module: str, factors: BatchedFactors) -> BatchedFactors:
        """The inverse of `standardize`."""
        (mean_A, mean_B), (std_A, std_B) = self._statistics(module)
        return BatchedFactors(factors.A * std_A + mean_A, factors.B * std_B + mean_B)

    @torch.no_grad()
    def adapter(self, embedding: Tensor) -> Adapter:
        """The adapter for one task, on the network's device, without dropout whatever the network's mode.

        embedding: `[embedding_size]`: the embedded description; a row of the identity where tasks are numbers.

        Raises AdapterError: the embedding is of another size.
        """
        training = self.training
        self.eval()
        try:
            encoded = self.encode(embedding.unsqueeze(0))
            factors = {module: self.generate(module.name, encoded) for module in self.config.modules}
        finally:
            self.train(training)
        return adapter_of(factors, self.config.scaling)

    def _conditions(self, module: TargetModule, encoded: Tensor) -> Tensor:
        """Task, layer and module type concatenated `[layer * task, width]`, tasks of a layer adjacent."""
        layers = torch.arange(self.config.layers, device=encoded.device)
        kind = torch.tensor([self.config.modules.index(module)], device=encoded.device)
        tasks = encoded.tile(len(layers), 1)
        depth = self.layer_depth_encoder(layers).repeat_interleave(len(encoded), dim=0)
        return torch.cat([tasks, depth, self.layer_type_encoder(kind).expand(len(tasks), -1)], dim=-1)

    def _sides(self, module: TargetModule, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """A `[n, rank, d_in]` and B `[n, rank, d_out]`. hidden: `[n, width]`."""
        head, rank, positions = self.heads[module.name], self.config.rank, self.config.row_positions
        learned = self.pos_emb(torch.arange(rank, device=hidden.device)) if positions == "learned" else None
        if not self.config.shared_head:  # one output is A and B
            if positions is None:
                A, B = head(self.mlp3(self.mlp2(hidden))).split([rank * module.d_in, rank * module.d_out], dim=-1)
                return A.unflatten(-1, (rank, -1)), B.unflatten(-1, (rank, -1))
            rows = hidden.unsqueeze(1).expand(-1, rank, -1)
            rows = rotate(rows) if learned is None else rows + learned
            A, B = head(self.mlp3(self.mlp2(rows))).split([module.d_in, module.d_out], dim=-1)
            return A, B
        sides = []  # of one pass each, by a head as wide as the wider side
        for side, features in (("A", module.d_in), ("B", module.d_out)):
            marked = self.mlp2(hidden + self.out_emb_norm(self.out_emb.get_parameter(f"{module.name}.{side}")))
            if positions is None:
                rows = head(self.mlp3(marked)).unflatten(-1, (rank, -1))
            else:
                rows = marked.unsqueeze(1).expand(-1, rank, -1)
                rows = self.mlp2(rotate(rows)) if learned is None else rows + self.mlp2(learned)
                rows = head(self.mlp3(rows))
            sides.append(rows[..., :features])
        return sides[0], sides[1]

    def _per_layer(self, sides: nn.ModuleDict, module: str) -> tuple[Tensor, Tensor]:
        """A `[layer, 1, rank, d_in]` and B `[layer, 1, rank, d_out]` of the same numbers for all tasks."""
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
        self.mlp = nn.Sequential(nn.LayerNorm(width), *_hidden_layer(width, 4 * width, width), *_activation())

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.mlp(hidden)


def _activation() -> tuple[nn.Module, nn.Module]:
    return nn.SiLU(), nn.Dropout(DROPOUT)


def _hidden_layer(size_in: int, hidden: int, size_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(size_in, hidden), *_activation(), nn.Linear(hidden, size_out))


def _normalised_embedding(entries: int, size: int) -> nn.Sequential:
    return nn.Sequential(nn.Embedding(entries, size), nn.LayerNorm(size))


def _factor_parameters(config: TextToLoraConfig) -> nn.ModuleDict:
    """Zeros in the shape of every layer's A `[layer, rank, d_in]` and B `[layer, d_out, rank]`, frozen."""

    def frozen(*shape: int) -> nn.Parameter:
        return nn.Parameter(torch.zeros(config.layers, *shape), requires_grad=False)

    A = nn.ParameterDict({m.name: frozen(config.rank, m.d_in) for m in config.modules})
    B = nn.ParameterDict({m.name: frozen(m.d_out, config.rank) for m in config.modules})
    return nn.ModuleDict({"A": A, "B": B})


def rotate(rows: Tensor) -> Tensor:
    """Rotary positions (arXiv 2104.09864) on rows `[n, rank, width]`, halves paired as Llama pairs them."""
    rank, width = rows.shape[-2:]
    steps = torch.arange(0, width, 2, device=rows.device, dtype=torch.float32)
    positions = torch.arange(rank, device=rows.device, dtype=torch.float32)
    angles = torch.outer(positions, 1.0 / ROTARY_BASE ** (steps / width))  # [rank, width / 2]
    cos, sin = angles.cos().to(rows.dtype), angles.sin().to(rows.dtype)
    first, second = rows.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


DEFAULT_MODULES = ("q_proj", "v_proj")
RANK, ALPHA = 8, 16.0


def rslora_scaling(rank: int, alpha: float = ALPHA) -> float:
    """The factor on an update of rank-stabilised LoRA (arXiv 2312.03732)."""
    return alpha / math.sqrt(rank)


def target_modules(model: PreTrainedModel, names: Sequence[str] = DEFAULT_MODULES) -> tuple[TargetModule, ...]:
    """The types of linear modules with these short names, of which each layer of the model has one.

    Raises SettingsError: the model has no linear modules of a name, or not in every layer of one size.
    """
    prefix, layers = decoder_layers(model)
    linear = [{name: of for name, of in layer.named_modules() if isinstance(of, torch.nn.Linear)} for layer in layers]
    found = []
    for name in dict.fromkeys(names):
        path = next((path for path in linear[0] if path.rpartition(".")[2] == name), None)
        if path is None:
            there = sorted({path.rpartition(".")[2] for path in linear[0]})
            raise SettingsError(f"The base model has no linear modules named {name}: it has {', '.join(there)}.")
        sizes = {(of[path].in_features, of[path].out_features) if path in of else None for of in linear}
        if len(sizes) > 1:
            raise SettingsError(f"The base model has not one {name} of one size in every layer: choose other modules.")
        d_in, d_out = linear[0][path].in_features, linear[0][path].out_features
        found.append(TargetModule(name=name, path=f"{prefix}.{{layer}}.{path}", d_in=d_in, d_out=d_out))
    return tuple(found)


def adapter_of(factors: Mapping[TargetModule, BatchedFactors], scaling: float) -> Adapter:
    """The adapter of the first task of a batch. factors: of module types, `[layer, task, rank, d_in or d_out]`."""
    return Adapter(
        {
            module.full_name(layer): Factors(A[0].clone(), B[0].clone(), scaling)
            for module, of_type in factors.items()
            for layer, (A, B) in enumerate(zip(of_type.A, of_type.B, strict=True))
        }
    )


def fresh_factors(modules: Sequence[TargetModule], layers: int, rank: int) -> dict[str, BatchedFactors]:
    """PEFT's initial LoRA by module type, for one task: A is random, and different in every layer; B is zero."""
    found = {}
    for module in modules:
        A = torch.empty(layers, rank, module.d_in)
        for layer in A:
            torch.nn.init.kaiming_uniform_(layer, a=math.sqrt(5))
        found[module.name] = BatchedFactors(A[:, None], torch.zeros(layers, 1, rank, module.d_out))
    return found


def layer_factors(
    adapter: Adapter, modules: Sequence[TargetModule], layers: int, rank: int, scaling: float
) -> dict[str, BatchedFactors]:
    """An adapter's factors by module type, for one task, at this scaling, padded with zeros to this rank.

    Raises AdapterError: it lacks a module, has others, or more rows.
    """
    names = {module.full_name(layer) for module in modules for layer in range(layers)}
    if adapter.factors.keys() != names:
        differing = sorted(adapter.factors.keys() ^ names)[0]
        raise AdapterError(f"The adapter is not of the modules that are trained: {differing} is in one of them alone.")
    found = {}
    for module in modules:
        A, B = torch.zeros(layers, 1, rank, module.d_in), torch.zeros(layers, 1, rank, module.d_out)
        for layer in range(layers):
            own = adapter.factors[module.full_name(layer)]
            if own.rank > rank or (own.A.shape[1], own.B.shape[1]) != (module.d_in, module.d_out):
                raise AdapterError(
                    f"The adapter has rank {own.rank} and sizes {own.A.shape[1]} and {own.B.shape[1]} at "
                    f"{module.full_name(layer)}, which do not fit rank {rank} and {module.d_in} and {module.d_out}."
                )
            A[layer, 0, : own.rank] = own.A.float()
            B[layer, 0, : own.rank] = own.B.float() * (own.scaling / scaling)
        found[module.name] = BatchedFactors(A, B)
    return found


def untrained_network(
    model: PreTrainedModel,
    base_name: str,
    *,
    embedding_model: str | None,
    embedding_size: int,
    modules: Sequence[str] = DEFAULT_MODULES,
    rank: int = RANK,
    alpha: float = ALPHA,
    offset: Adapter | bool = False,
    seed: int = 0,
    **options: Any,
) -> TextToLora:
    """A hypernetwork that generates one LoRA, whatever the task, until it is trained.

    offset: False: the bias of the heads is a fresh LoRA, the same in all layers, as in published training. True: an
        offset of the heads' output is a fresh LoRA, different in every layer. Or an adapter: the offset. Shared heads
        have no such bias, and always an offset.
    options: more fields of `TextToLoraConfig`.

    Raises SettingsError: the model has no such modules; AdapterError: the adapter does not fit them.
    """
    targets = target_modules(model, modules)
    config = TextToLoraConfig(
        base_model=base_name,
        embedding_model=embedding_model,
        embedding_size=embedding_size,
        layers=model.config.get_text_config().num_hidden_layers,
        modules=targets,
        rank=rank,
        scaling=rslora_scaling(rank, alpha),
        **options,
    )
    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(seed)
        network = TextToLora(config)
        if isinstance(offset, Adapter):
            start = layer_factors(offset, targets, config.layers, rank, config.scaling)
        else:
            start = fresh_factors(targets, config.layers, rank)
        for module in targets if config.objective == "answers" else ():
            head = network.heads.get_submodule(module.name)
            assert isinstance(head, torch.nn.Linear)
            head.weight.zero_()
            if head.bias is not None:
                head.bias.zero_()
            A, B = start[module.name].A[:, 0], start[module.name].B[:, 0]  # [layer, rank, d_in], [layer, rank, d_out]
            if offset or config.shared_head or head.bias is None:
                network.AB_offset.get_parameter(f"A.{module.name}").copy_(A)
                network.AB_offset.get_parameter(f"B.{module.name}").copy_(B.transpose(-1, -2))
            else:
                rows = A[0, 0] if config.row_positions else A[0].flatten()
                head.bias[: rows.numel()].copy_(rows)
    return network
