"""The three context encoders of Doc-to-LoRA (arXiv 2602.15902): what a frozen language model computes over chunks.

The model is the base model or, as a cross encoder, any other decoder. It is used as it is, never cut or copied. Knows
nothing about text or factors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.hypernetwork import decoder_layers, decoder_states

if TYPE_CHECKING:
    from transformers import PreTrainedModel


Kind = Literal["per_layer_activations", "early_exit", "embed_only"]
KINDS: tuple[str, ...] = get_args(Kind)
_NORMS = ("norm", "final_layernorm", "final_layer_norm", "ln_f")  # names of a decoder's norm after the last layer


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


@torch.no_grad()
def encode_context(
    model: PreTrainedModel, config: ContextEncoderConfig, ids: Tensor | None, mask: Tensor | None = None, **inputs: Any
) -> Tensor:
    """Features of a batch of chunks, in the model's dtype. Attached adapters have no effect.

    Args:
        ids: `[chunk, token]`, padded on the right; None where `inputs` has embeddings.
        mask: `[chunk, token]`, 1 where there is a token; None where nothing is padded.
        inputs: more arguments for the decoder, such as `position_ids` or `inputs_embeds`.

    Returns:
        `[chunk, layer, token, feature]` for `per_layer_activations`, else `[chunk, token, feature]`. Features of
        padding are meaningless.
    """
    decoder, (_, layers) = model.get_decoder(), decoder_layers(model)
    norms = [norm for name in _NORMS if isinstance(norm := getattr(decoder, name, None), nn.Module)]
    if not norms:
        raise CheckpointError(f"{type(decoder).__name__} cannot be a context encoder: it has no final norm.")
    kept = config.layers_kept(len(layers))
    entering = (layers[0], [*layers, norms[0]][kept])  # what a model adds behind a layer enters the next module
    inputs = {"input_ids": ids, "attention_mask": mask, **inputs}
    first, last, *between = decoder_states(model, entering, layers[: max(kept - 1, 0)], **inputs)
    if config.kind == "embed_only":
        return first
    last = norms[0](last)
    states = [first, *between, last] if kept else [last]
    return torch.stack(states, dim=1) if config.per_layer else last
