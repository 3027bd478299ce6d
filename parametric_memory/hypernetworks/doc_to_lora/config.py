"""The sizes and options of a Perceiver hypernetwork, and its target modules in a base model.

Knows nothing about weights, files or features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, FiniteFloat, PositiveInt, model_validator
from pydantic.dataclasses import dataclass
from torch import nn

from parametric_memory.adapters.checkpoints import validated
from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.doc_to_lora.features import ContextEncoderConfig
from parametric_memory.hypernetworks.hypernetwork import decoder_layers

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_Blocks = Annotated[int, Field(ge=0, le=100)]  # constructed before the weights are compared
_Sizes = dict[str, PositiveInt]


@dataclass(frozen=True, config={"extra": "forbid"})
class PerceiverConfig:
    """Everything that rebuilds a Perceiver hypernetwork.

    Raises ValidationError: a value is of another type, or out of range.
    """

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
