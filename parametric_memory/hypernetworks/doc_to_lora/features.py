"""What a frozen language model computes over chunks of a document, as the Perceiver hypernetwork reads it.

The three context encoders of Doc-to-LoRA (arXiv 2602.15902). The model is the base model itself or, as a
cross encoder, any other decoder. Its weights and modules are used as they are, never cut or copied. Knows
nothing about text or factors.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from parametric_memory.errors import CheckpointError
from parametric_memory.language_model.hooks import only_adapter

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter

KINDS = ("per_layer_activations", "early_exit", "embed_only")
# What decoders call the list of their layers, and the norm after the last.
_LAYERS = ("layers", "h")
_NORMS = ("norm", "final_layernorm", "final_layer_norm", "ln_f")


@dataclass(frozen=True)
class ContextEncoderConfig:
    """Which model reads the context, and which of its states are the features.

    - `per_layer_activations`: the hidden states of a model without its last decoder layer, or of
      `last_layer - 1` layers: the embeddings first, then what each layer gives, the last one with the final norm
      applied. What a model adds between two layers, as some do with pictures, is not in what the first gave.
    - `early_exit`: the final-normed output of the first `exit_layer` layers, of all layers when that is
      None.
    - `embed_only`: the embeddings as they enter the first layer.

    Layer numbers follow Python's slices, as in the reference: more layers than there are means all.

    Attributes:
        model: name of the model; None for the base model itself.
    """

    kind: str = "per_layer_activations"
    model: str | None = None
    exit_layer: int | None = None
    last_layer: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CheckpointError(f"Unknown context encoder {self.kind!r}: it must be one of {', '.join(KINDS)}.")
        layers = [layer for layer in (self.exit_layer, self.last_layer) if layer is not None]
        if not isinstance(self.model, str | None) or not all(isinstance(layer, int) for layer in layers):
            raise CheckpointError(f"A context encoder cannot have model {self.model!r} and layers {layers}.")

    @property
    def per_layer(self) -> bool:
        """Whether there is a feature tensor a layer."""
        return self.kind == "per_layer_activations"

    def layers_kept(self, depth: int) -> int:
        """How many decoder layers run, of `depth`."""
        if self.kind == "embed_only":
            return 0
        if self.kind == "early_exit":
            return len(range(depth)[: self.exit_layer])
        return len(range(depth)[: -1 if self.last_layer is None else self.last_layer - 1])


@torch.no_grad()
def encode_context(
    model: PreTrainedModel,
    config: ContextEncoderConfig,
    ids: Tensor | None,
    mask: Tensor | None = None,
    under: Adapter | None = None,
    **inputs: Any,
) -> Tensor:
    """Features of a batch of chunks, in the model's dtype. Adapters attached to the model take no part.

    Args:
        ids: `[chunk, token]`, padded on the right; None where `inputs` hold embeddings in their place.
        mask: `[chunk, token]`, 1 where there is a token; None where nothing is padded.
        under: an adapter of the model that it reads under, as in a second reading.
        inputs: more arguments for the decoder, such as `position_ids` or `inputs_embeds`.

    Returns:
        `[chunk, layer, token, feature]` for `per_layer_activations`, else `[chunk, token, feature]`. What
        stands at padding is of no meaning.
    """
    decoder = model.get_decoder()
    states: list[Tensor] = []
    view = _recording_view(decoder, config.layers_kept(len(decoder_layers(decoder)[1])), states)
    with only_adapter(model, under):
        output = view(**{"input_ids": ids, "attention_mask": mask, "use_cache": False, **inputs})
    if config.kind == "embed_only":
        return states[0]
    last: Tensor = output.last_hidden_state
    return torch.stack([*states[:-1], last], dim=1) if config.per_layer else last


def _recording_view(decoder: PreTrainedModel, layers: int, states: list[Tensor]) -> PreTrainedModel:
    """The decoder's first layers; running it notes its hidden states as transformers does: what enters the first layer,
    or the norm where there is none, and what each layer gives.

    Only the decoder, its layers and its norm are copied, and only their outermost objects: all weights are
    shared, and threads that use the decoder at the same time notice nothing.
    """

    def note_entering(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states.append(args[0] if args else kwargs["hidden_states"])

    def note_given(_module: nn.Module, _args: tuple[Any, ...], given: Any) -> None:
        states.append(given[0] if isinstance(given, tuple) else given)

    def notes_entering(module: nn.Module) -> nn.Module:
        view = copy.copy(module)
        view._forward_pre_hooks = OrderedDict(module._forward_pre_hooks)
        view._forward_pre_hooks_with_kwargs = OrderedDict(module._forward_pre_hooks_with_kwargs)
        view.register_forward_pre_hook(note_entering, with_kwargs=True)
        return view

    def notes_given(module: nn.Module) -> nn.Module:
        view = copy.copy(module)
        view._forward_hooks = OrderedDict(module._forward_hooks)
        view.register_forward_hook(note_given)
        return view

    view = copy.copy(decoder)
    view._modules = dict(decoder._modules)
    name, own = decoder_layers(decoder)
    kept = [notes_given(layer) for layer in own[:layers]]
    norm = _final_norm(decoder)
    if kept:
        kept[0] = notes_entering(kept[0])
    else:
        setattr(view, norm, notes_entering(getattr(decoder, norm)))
    setattr(view, name, nn.ModuleList(kept))
    return view


def decoder_layers(decoder: nn.Module) -> tuple[str, nn.ModuleList]:
    """A decoder's layers, and what the list is called there.

    Raises:
        CheckpointError: it has no such list.
    """
    for name in _LAYERS:
        layers = getattr(decoder, name, None)
        if isinstance(layers, nn.ModuleList):
            return name, layers
    raise CheckpointError(f"{type(decoder).__name__} has no list of decoder layers.")


def _final_norm(decoder: nn.Module) -> str:
    """What the norm after the last layer is called."""
    for name in _NORMS:
        if isinstance(getattr(decoder, name, None), nn.Module):
            return name
    raise CheckpointError(f"{type(decoder).__name__} cannot be a context encoder: it has no final norm.")
