"""The sizes, layers and options of a key-value hypernetwork. Knows nothing about weights, files or torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, model_validator
from pydantic.dataclasses import dataclass

Layers = tuple[NonNegativeInt, ...]


@dataclass(frozen=True, config={"extra": "forbid"})
class KeyValueConfig:
    """Everything that rebuilds a `KeyValueHypernetwork`. Layer numbers count decoder layers from 0.

    Raises ValidationError: a value is of another type, or out of range.
    """

    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_layers: PositiveInt
    memory_layers: Layers  # layers whose down_proj carries the document's rows
    feature_layers: Layers  # the token features see the hidden state that enters these layers
    feature_size: PositiveInt = 384
    feature_heads: PositiveInt = 6
    feature_blocks: Annotated[int, Field(ge=0, le=100)] = 2  # constructed before the weights are compared
    metric_rank: NonNegativeInt = 256  # of the learned change of the key metric
    context_width: NonNegativeInt = 192  # of the contextual rows
    value_width: NonNegativeInt = 0  # of the contextual values, a layer's own; 0: values are output embeddings only
    shared_layers: Layers = ()
    shared_rank: NonNegativeInt = 0  # document-independent rows of down_proj in each shared layer
    reader_layers: Layers = ()
    reader_modules: Annotated[tuple[tuple[str, PositiveInt, PositiveInt], ...], Field(max_length=1000)] = ()
    reader_rank: NonNegativeInt = 0  # document-independent rows of each reader module (name, size in, size out)
    whitening_rank: NonNegativeInt = 128
    gain: Annotated[FiniteFloat, Field(gt=0)] = 40.0
    next_token_bias: FiniteFloat = 12.0  # initial preference of a row's value for the token that follows
    chunk_tokens: PositiveInt = 160  # of a sentence; a longer one is cut

    @model_validator(mode="after")
    def _fits_together(self) -> KeyValueConfig:
        if self.feature_size % self.feature_heads:
            raise ValueError(f"{self.feature_heads} feature heads cannot be of size {self.feature_size}")
        for layers in (self.memory_layers, self.feature_layers, self.shared_layers, self.reader_layers):
            if any(layer >= self.num_layers for layer in layers):
                raise ValueError(f"layers {list(layers)} are not among {self.num_layers}")
        return self
