"""What a key-value hypernetwork is made of: sizes, layers and options.

Pure data: knows nothing about weights, files or torch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class KeyValueConfig:
    """Everything that rebuilds a `KeyValueHypernetwork`. Layer numbers count decoder layers from 0."""

    hidden_size: int
    intermediate_size: int
    num_layers: int
    memory_layers: tuple[int, ...]  # layers whose down_proj carries the document's rows
    feature_layers: tuple[int, ...]  # the token features see the hidden state that enters these layers
    feature_size: int = 384
    feature_heads: int = 6
    feature_blocks: int = 2
    metric_rank: int = 256  # of the learned change of the key metric
    context_width: int = 192  # of the contextual rows
    value_width: int = 0  # of the contextual values, a layer's own; 0: values are output embeddings only
    shared_layers: tuple[int, ...] = ()
    shared_rank: int = 0  # document-independent rows of down_proj in each shared layer
    reader_layers: tuple[int, ...] = ()
    reader_modules: tuple[tuple[str, int, int], ...] = ()  # name in its layer, size in, size out
    reader_rank: int = 0  # document-independent rows of each of these modules in each reader layer
    whitening_rank: int = 128
    gain: float = 40.0
    next_token_bias: float = 12.0  # how strongly a row's value starts out as the token that follows
    rank: int = 20  # rows a layer carries for every 100 tokens of a chunk, shared rows included
    chunk_tokens: int = 160  # of a sentence; a longer one is cut

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> KeyValueConfig:
        layers = ("memory_layers", "feature_layers", "shared_layers", "reader_layers")
        tuples: dict[str, Any] = {name: tuple(values.get(name, ())) for name in layers}
        modules = tuple((name, d_in, d_out) for name, d_in, d_out in values.get("reader_modules", ()))
        return cls(**{**values, **tuples, "reader_modules": modules})
