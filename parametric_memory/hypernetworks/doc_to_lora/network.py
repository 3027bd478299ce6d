"""The network of Doc-to-LoRA (arXiv 2602.15902): context features in, LoRA factors of every layer out.

A resampler condenses the features into latents, a second one turns these into an embedding for each (layer,) module and
rank, and a head for each layer and module maps it to a row of A and of B. A config has the sizes and options.
Knows nothing about text or files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import Annotated, Any, Literal, get_args

import torch
from pydantic import Field, FiniteFloat, PositiveInt, model_validator
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from parametric_memory.adapters.checkpoints import validated
from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors, decoder_layers

Kind = Literal["per_layer_activations", "early_exit", "embed_only"]
KINDS: tuple[str, ...] = get_args(Kind)
_Blocks = Annotated[int, Field(ge=0, le=100)]  # constructed before the weights are compared
_Sizes = dict[str, PositiveInt]


@dataclass(frozen=True, config={"extra": "forbid"})
class ContextEncoderConfig:
    """The model that reads the context, and which of its states are the features.

    - `per_layer_activations`: the hidden states of a model without its last decoder layer, or of `last_layer - 1`
      layers: the embeddings first, then the output of each layer, the last one with the final norm applied. What a
      model adds between two layers, as some do for pictures, is not in the first layer's output.
    - `early_exit`: the final-normed output of the first `exit_layer` layers, of all layers by default.
    - `embed_only`: the embeddings as they enter the first layer.

    Layer numbers follow Python's slices, as in the reference: more layers than there are means all.

    Raises ValidationError: the kind is unknown, or a value is of another type.
    """

    kind: Kind = "per_layer_activations"
    model: str | None = None  # its name; None: the base model
    exit_layer: int | None = None
    last_layer: int | None = None

    @property
    def per_layer(self) -> bool:
        """Whether there is a feature tensor for each layer."""
        return self.kind == "per_layer_activations"

    def layers_kept(self, depth: int) -> int:
        """The number of decoder layers that run, of `depth`."""
        if self.kind == "embed_only":
            return 0
        if self.kind == "early_exit":
            return len(range(depth)[: self.exit_layer])
        return len(range(depth)[: -1 if self.last_layer is None else self.last_layer - 1])


@dataclass(frozen=True, config={"extra": "forbid"})
class PerceiverConfig:
    """Everything that rebuilds a Perceiver hypernetwork. Raises ValidationError: a value's type or range is wrong."""

    base_model: str  # name of the model whose adapters it makes
    num_layers: PositiveInt  # decoder layers of the base model; each gets factors
    target_modules: Annotated[tuple[str, ...], Field(max_length=1000)]  # last parts of names, in the head's order
    d_in: _Sizes  # of the target modules
    d_out: _Sizes
    rank: PositiveInt  # rows that one chunk adds to an adapter
    alpha: FiniteFloat  # the factor on an adapter's update, not divided by the rank
    feature_size: PositiveInt  # hidden size of the model that reads the context
    latent_size: PositiveInt
    latents: PositiveInt
    blocks: Annotated[_Blocks, Field(ge=1)]  # cross-attention layers of the resampler
    self_attention: _Blocks = 0  # self-attention layers after each
    shared_weights: bool = False  # whether the resampler's later blocks share their weights
    per_rank: bool = True  # whether each rank has an embedding of its own
    per_layer_pre_head: bool = True  # whether the residual blocks before the head have weights for each layer
    pre_head_blocks: _Blocks = 1
    use_bias: bool = True  # whether the document-independent rows are part of an adapter
    dropout: FiniteFloat = 0.0  # in pre-head blocks that all layers share, while training
    # The longest chunk; -1: any. The reference evaluates with 8,192, in its needle test with 1,024.
    chunk_tokens: PositiveInt | Literal[-1] = 8192
    # On the update of a document's own rows: the reference's scaler of every chunk, or the square of its scaling of
    # generated factors.
    row_scale: FiniteFloat = 1.0
    bias_scale: FiniteFloat = 1.0  # on both factors of the document-independent rows, as the reference's
    context_encoder: ContextEncoderConfig = field(default_factory=ContextEncoderConfig)

    @model_validator(mode="after")
    def _fits_together(self) -> PerceiverConfig:
        for table in (self.d_in, self.d_out):
            if not table or set(table) != set(self.target_modules):
                raise ValueError(f"sizes must be of the target modules {list(self.target_modules)}, not {list(table)}")
        return self

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, name: str, target_modules: Sequence[str] = ("down_proj",), **options: Any
    ) -> PerceiverConfig:
        """The config of a hypernetwork to train from scratch, of the reference's sizes by default.

        options: other fields of the config. A context encoder that is another model needs its `feature_size`.

        Raises CheckpointError: an option is unknown or out of range, or the model lacks a target module.
        """
        modules = target_names(model, target_modules)
        first = {target: model.get_submodule(names[0]) for target, names in modules.items()}
        rank = options.get("rank", 8)
        values: dict[str, Any] = {
            "base_model": name,
            "num_layers": len(next(iter(modules.values()))),
            "target_modules": tuple(modules),
            "d_in": {target: module.in_features for target, module in first.items()},
            "d_out": {target: module.out_features for target, module in first.items()},
            "alpha": 2 * rank**1.5,
            "rank": rank,
            "feature_size": model.config.get_text_config().hidden_size,
            "latent_size": 512,
            "latents": 8,
            "blocks": 9,
        }
        return validated(cls, {**values, **options}, "The config of a Perceiver hypernetwork")


def target_names(model: PreTrainedModel, targets: Sequence[str]) -> dict[str, list[str]]:
    """Full names of the target modules, one a decoder layer, by target in sorted order.

    Raises CheckpointError: a layer has no such module, more than one, or one that is no `nn.Linear`.
    """
    prefix, layers = decoder_layers(model)
    names: dict[str, list[str]] = {target: [] for target in sorted(targets)}
    for index, layer in enumerate(layers):
        for target, found in names.items():
            inside = [name for name, _ in layer.named_modules() if name.rpartition(".")[2] == target]
            if len(inside) != 1 or not isinstance(layer.get_submodule(inside[0]), nn.Linear):
                raise CheckpointError(
                    f"Layer {index} of {type(model).__name__} has {len(inside)} modules named {target}; "
                    "it takes exactly one, an nn.Linear."
                )
            found.append(f"{prefix}.{index}.{inside[0]}")
    return names


HEADS, KEY_VALUE_HEADS, HEAD_SIZE = 16, 4, 128
EXPANSION = 4  # of every feed-forward part
EPSILON = 1e-6
_TOKENS_AT_ONCE = 2**14  # of all layers together: bounds the memory of the widest activations


class PerceiverNetwork(nn.Module):
    """Features of chunks -> factors of every layer and target. Float32.

    Initial values are those of the reference: no update (`scaler_B` and `bias_B` are 0) until trained.
    """

    def __init__(self, config: PerceiverConfig) -> None:
        super().__init__()
        self.config = config
        d, layers, modules = config.latent_size, config.num_layers, len(config.target_modules)
        ranks = config.rank if config.per_rank else 1
        queries = modules * ranks * (1 if config.context_encoder.per_layer else layers)
        self.modality_projection = _SwiGLU(config.feature_size, d)
        self.encoder = _Resampler(d, config.latents, config.blocks, config.self_attention, config.shared_weights)
        self.decoder = _Resampler(d, queries, blocks=1)
        self.pre_head = nn.ModuleList(
            _PreHeadBlock(d, layers if config.per_layer_pre_head else None, config.dropout)
            for _ in range(config.pre_head_blocks)
        )
        width = max(config.d_in[target] + config.d_out[target] for target in config.target_modules)
        self.head = _LayerLinear((layers,) if modules == 1 else (layers, modules), d, width, bias=False)
        nn.init.normal_(self.head.weight, std=0.5 / math.sqrt(d + width * config.rank))
        self.bias_A, self.bias_B, self.scaler_A, self.scaler_B = (nn.ParameterDict() for _ in range(4))
        for target in config.target_modules:
            d_in, d_out = config.d_in[target], config.d_out[target]
            std = 0.2 / math.sqrt(d_in * config.rank)
            self.bias_A[target] = nn.Parameter(torch.empty(layers, config.rank, d_in).normal_(std=std))
            self.bias_B[target] = nn.Parameter(torch.zeros(layers, config.rank, d_out))
            self.scaler_A[target] = nn.Parameter(torch.ones(1, layers, config.rank, 1))
            self.scaler_B[target] = nn.Parameter(torch.zeros(1, layers, config.rank, 1))

    def forward(self, features: Tensor, mask: Tensor | None = None) -> dict[str, BatchedFactors]:
        """Factors by target, `[chunk, layer, rank, d]`.

        features: of `encode_context`, in any dtype.
        mask: `[chunk, token]`, true where there is a token; None where nothing is padded.

        Raises CheckpointError: the features are not of this hypernetwork's context encoder.
        """
        embedded = self.embed(features, mask)
        for block in self.pre_head:
            embedded = block(embedded)
        rows = self.head(embedded / embedded.norm(dim=-1, keepdim=True))
        factors = {}
        for index, target in enumerate(self.config.target_modules):
            d_in, d_out = self.config.d_in[target], self.config.d_out[target]
            A, B = rows[:, :, index, :, : d_in + d_out].split([d_in, d_out], dim=-1)
            factors[target] = BatchedFactors(A * self.scaler_A[target], B * self.scaler_B[target])
        return factors

    def embed(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """An embedding for each row of the adapter, `[chunk, layer, module, rank, latent_size]`."""
        config, layers = self.config, self.config.num_layers
        kind, expected = config.context_encoder.kind, [layers] if config.context_encoder.per_layer else []
        if [*features.shape[1:-2], features.shape[-1]] != [*expected, config.feature_size]:
            raise CheckpointError(
                f"This hypernetwork reads {kind} features of size {config.feature_size} and a base model of {layers} "
                f"layers; the context encoder gives features of shape {list(features.shape)}."
            )
        chunks, modules, ranks = len(features), len(config.target_modules), config.rank if config.per_rank else 1
        if not config.context_encoder.per_layer:
            embedded = self._resample(features, mask).view(chunks, layers, modules, ranks, -1)
        else:
            folded = features.transpose(0, 1).flatten(0, 1)  # [layer * chunk, token, feature]
            folded_mask = None if mask is None else mask.repeat(layers, 1)
            embedded = self._resample(folded, folded_mask).view(layers, chunks, modules, ranks, -1).transpose(0, 1)
        return embedded.expand(-1, -1, -1, config.rank, -1)

    def bias(self) -> dict[str, BatchedFactors]:
        """The document-independent rows by target, a batch of 1; empty for a hypernetwork without."""
        targets = self.config.target_modules if self.config.use_bias else ()
        return {target: BatchedFactors(self.bias_A[target][None], self.bias_B[target][None]) for target in targets}

    def _resample(self, features: Tensor, mask: Tensor | None) -> Tensor:
        """`[sequence, token, feature]` -> `[sequence, query, latent_size]`, some sequences at a time.

        With gradients and several parts, activations are checkpointed: those of all layers of eight documents of 300
        tokens would take more than 10 GB.
        """

        def resampled(part: Tensor, part_mask: Tensor | None) -> Tensor:
            return self.decoder(self.encoder(self.modality_projection(part.float()), part_mask))

        at_once = max(1, _TOKENS_AT_ONCE // features.shape[1])
        parts = features.split(at_once)
        masks = [None] * len(parts) if mask is None else mask.split(at_once)
        again = len(parts) > 1 and torch.is_grad_enabled()
        read = partial(checkpoint, resampled, use_reentrant=False) if again else resampled
        return torch.cat([read(*of) for of in zip(parts, masks, strict=True)])


class _SwiGLU(nn.Module):
    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(d_in, EXPANSION * d_in, bias=False)
        self.up_proj = nn.Linear(d_in, EXPANSION * d_in, bias=False)
        self.down_proj = nn.Linear(EXPANSION * d_in, d_out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class _Attention(nn.Module):
    """Grouped-query attention without biases, positions or causality."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(d, HEADS * HEAD_SIZE, bias=False)
        self.k_proj = nn.Linear(d, KEY_VALUE_HEADS * HEAD_SIZE, bias=False)
        self.v_proj = nn.Linear(d, KEY_VALUE_HEADS * HEAD_SIZE, bias=False)
        self.o_proj = nn.Linear(HEADS * HEAD_SIZE, d, bias=False)

    def forward(self, queries: Tensor, source: Tensor, mask: Tensor | None) -> Tensor:
        projected = self.q_proj(queries), self.k_proj(source), self.v_proj(source)
        q, k, v = (x.unflatten(-1, (-1, HEAD_SIZE)).transpose(1, 2) for x in projected)
        keep = None if mask is None else mask[:, None, None, :].bool()
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=keep, enable_gqa=True)
        return self.o_proj(attended.transpose(1, 2).flatten(-2))


class _Layer(nn.Module):
    """Latents look at the context or at themselves; then a feed-forward part. Norms before and after each."""

    def __init__(self, d: int, cross: bool) -> None:
        super().__init__()
        self.input_latents_layernorm = nn.RMSNorm(d, EPSILON)
        self.input_context_layernorm = nn.RMSNorm(d, EPSILON) if cross else None
        self.self_attn = _Attention(d)
        self.post_attention_layernorm = nn.RMSNorm(d, EPSILON)
        self.pre_ff_layernorm = nn.RMSNorm(d, EPSILON)
        self.mlp = _SwiGLU(d, d)
        self.post_ff_layernorm = nn.RMSNorm(d, EPSILON)

    def forward(self, latents: Tensor, context: Tensor, mask: Tensor | None) -> Tensor:
        queries = self.input_latents_layernorm(latents)
        if self.input_context_layernorm is None:
            attended = self.self_attn(queries, queries, None)
        else:
            attended = self.self_attn(queries, self.input_context_layernorm(context), mask)
        latents = latents + self.post_attention_layernorm(attended)
        return latents + self.post_ff_layernorm(self.mlp(self.pre_ff_layernorm(latents)))


class _Resampler(nn.Module):
    """Learned latents that read a context: blocks of one cross-attention and some self-attention layers.

    With shared weights, the first block has a cross layer of its own, all later blocks share a second one, and all
    blocks share the self layers of the first.
    """

    def __init__(
        self, d: int, latents: int, blocks: int, self_attention: int = 0, shared_weights: bool = False
    ) -> None:
        super().__init__()
        self.latents_q = nn.Parameter(torch.randn(latents, d))
        layers: list[_Layer] = []
        for block in range(blocks):
            if shared_weights and block > 1:
                layers += layers[self_attention + 1 : 2 * (self_attention + 1)]
                continue
            layers.append(_Layer(d, cross=True))
            if shared_weights and block == 1:
                layers += layers[1 : 1 + self_attention]
            else:
                layers += [_Layer(d, cross=False) for _ in range(self_attention)]
        self.layers = nn.ModuleList(layers)
        self.layernorm = nn.RMSNorm(d, EPSILON)

    def forward(self, context: Tensor, mask: Tensor | None = None) -> Tensor:
        latents = self.latents_q.expand(len(context), -1, -1)
        for layer in self.layers:
            latents = layer(latents, context, mask)
        return self.layernorm(latents)


class _LayerLinear(nn.Module):
    """A linear map for each layer, or for each layer and module, of `[chunk, layer, module, rank, d_in]`."""

    def __init__(self, groups: tuple[int, ...], d_in: int, d_out: int, bias: bool) -> None:
        super().__init__()
        bound = 1 / math.sqrt(d_in)
        self.weight = nn.Parameter(torch.empty(*groups, d_in, d_out).uniform_(-bound * 3**0.5, bound * 3**0.5))
        self.bias = nn.Parameter(torch.empty(1, groups[0], 1, 1, d_out).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        group = "l" if self.weight.ndim == 3 else "lm"
        y = torch.einsum(f"clmri,{group}io->clmro", x, self.weight)
        return y if self.bias is None else y + self.bias


class _PreHeadBlock(nn.Module):
    """A residual MLP between layer norms, with weights for each of `layers`; None: the same for all."""

    def __init__(self, d: int, layers: int | None, dropout: float) -> None:
        super().__init__()
        self.norm_in = nn.LayerNorm(d)
        self.norm_out = nn.LayerNorm(d)
        self.dropout = 0.0 if layers else dropout
        if layers:
            self.up: nn.Module = _LayerLinear((layers,), d, EXPANSION * d, bias=True)
            self.down: nn.Module = _LayerLinear((layers,), EXPANSION * d, d, bias=True)
        else:
            self.up, self.down = nn.Linear(d, EXPANSION * d), nn.Linear(EXPANSION * d, d)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.silu(self.up(F.dropout(self.norm_in(x), self.dropout, self.training)))
        return x + self.norm_out(self.down(F.dropout(hidden, self.dropout, self.training)))
