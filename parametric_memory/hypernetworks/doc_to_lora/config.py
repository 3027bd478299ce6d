"""What a Perceiver hypernetwork is made of, and which modules of a base model it makes factors for.

Knows nothing about weights, files or features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from torch import nn

from parametric_memory.errors import CheckpointError
from parametric_memory.files import shown
from parametric_memory.hypernetworks.doc_to_lora.features import ContextEncoderConfig, decoder_layers

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_MOST_BLOCKS = 100  # of a kind; each is made before its weights are looked at


@dataclass(frozen=True)
class PerceiverConfig:
    """Everything that rebuilds a Perceiver hypernetwork.

    Attributes:
        base_model: name of the model whose adapters it makes.
        num_layers: decoder layers of the base model; each gets factors.
        target_modules: last parts of the adapted modules' names, in the order of the head.
        d_in, d_out: sizes of the target modules.
        rank: rows that one chunk adds to an adapter.
        alpha: the factor on an adapter's update, used as it is, not divided by the rank.
        feature_size: hidden size of the model that reads the context.
        latent_size, latents, blocks, self_attention: width, number of latents, cross-attention layers of
            the resampler, and self-attention layers after each.
        shared_weights: whether the resampler's later blocks share their weights.
        per_rank: whether each rank has an embedding of its own.
        per_layer_pre_head: whether the residual blocks before the head have weights for each layer.
        pre_head_blocks: how many of them there are.
        use_bias: whether the document-independent rows are part of an adapter.
        dropout: in pre-head blocks that all layers share, while training.
        chunk_tokens: the longest chunk; -1: any. The reference evaluates with 8,192, in its needle test with 1,024.
        row_scale: on the update of a document's own rows: the reference's scaler of every chunk, or the square of its
            scaling of generated factors.
        bias_scale: on both factors of the document-independent rows, as the reference's.
    """

    base_model: str
    num_layers: int
    target_modules: tuple[str, ...]
    d_in: dict[str, int]
    d_out: dict[str, int]
    rank: int
    alpha: float
    feature_size: int
    latent_size: int
    latents: int
    blocks: int
    self_attention: int = 0
    shared_weights: bool = False
    per_rank: bool = True
    per_layer_pre_head: bool = True
    pre_head_blocks: int = 1
    use_bias: bool = True
    dropout: float = 0.0
    chunk_tokens: int = 8192
    row_scale: float = 1.0
    bias_scale: float = 1.0
    context_encoder: ContextEncoderConfig = field(default_factory=ContextEncoderConfig)

    def __post_init__(self) -> None:
        at_least_one = ("num_layers", "rank", "feature_size", "latent_size", "latents", "blocks")
        sizes: dict[str, tuple[Any, int]] = {name: (getattr(self, name), 1) for name in at_least_one}
        sizes |= {name: (getattr(self, name), 0) for name in ("self_attention", "pre_head_blocks")}
        for name, table in (("d_in", self.d_in), ("d_out", self.d_out)):
            if not table or set(table) != set(self.target_modules):
                raise CheckpointError(
                    f"{name} must name the target modules {list(self.target_modules)}, not {list(table)}."
                )
            sizes |= {f"{name} of {target}": (size, 1) for target, size in table.items()}
        if self.chunk_tokens != -1:
            sizes["chunk_tokens"] = (self.chunk_tokens, 1)
        for name, (size, smallest) in sizes.items():
            most = _MOST_BLOCKS if name in ("blocks", "self_attention", "pre_head_blocks") else math.inf
            if not isinstance(size, int) or not smallest <= size <= most:
                raise CheckpointError(f"A Perceiver hypernetwork cannot have {name} {shown(size)}.")
        if not isinstance(self.base_model, str) or not all(map(_is_finite, self._numbers)):
            raise CheckpointError(
                f"A Perceiver hypernetwork cannot have base_model {shown(self.base_model)} and alpha, dropout and "
                f"scales {', '.join(map(shown, self._numbers))}."
            )

    @property
    def _numbers(self) -> tuple[float, ...]:
        return self.alpha, self.dropout, self.row_scale, self.bias_scale

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, name: str, target_modules: Sequence[str] = ("down_proj",), **options: Any
    ) -> PerceiverConfig:
        """A hypernetwork to train from scratch, with the reference's sizes where `options` has none.

        Args:
            name: of the base model.
            options: other fields of the config. A context encoder that is another model needs its
                `feature_size`.
        """
        modules = target_names(model, target_modules)
        first = {target: model.get_submodule(names[0]) for target, names in modules.items()}
        rank = options.get("rank", 8)
        defaults: dict[str, Any] = {
            "alpha": 2 * rank**1.5,
            "rank": rank,
            "feature_size": model.config.get_text_config().hidden_size,
            "latent_size": 512,
            "latents": 8,
            "blocks": 9,
        }
        return cls(
            base_model=name,
            num_layers=len(next(iter(modules.values()))),
            target_modules=tuple(modules),
            d_in={target: module.in_features for target, module in first.items()},
            d_out={target: module.out_features for target, module in first.items()},
            **(defaults | options),
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PerceiverConfig:
        """Raises CheckpointError: a field is missing, unknown or out of range."""
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise CheckpointError(f"Unknown options of a Perceiver hypernetwork: {shown(', '.join(unknown))}.")
        try:
            encoder = ContextEncoderConfig(**values.get("context_encoder", {}))
            return cls(**(values | {"target_modules": tuple(values["target_modules"]), "context_encoder": encoder}))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"The config of a Perceiver hypernetwork is incomplete or damaged: {shown(error)}."
            ) from error


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def target_names(model: PreTrainedModel, targets: Sequence[str]) -> dict[str, list[str]]:
    """Full names of the target modules, one a decoder layer, by target in sorted order.

    Raises:
        CheckpointError: a layer has no such module, more than one, or one that is no `nn.Linear`.
    """
    _, layers = decoder_layers(model.get_decoder())
    prefix = next(name for name, module in model.named_modules() if module is layers)
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
