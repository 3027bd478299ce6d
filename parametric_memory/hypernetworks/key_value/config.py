"""What a key-value hypernetwork is made of: sizes, layers and options.

Pure data: knows nothing about weights, files or torch.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

_MOST_BLOCKS = 100  # each is made before its weights are looked at


@dataclass(frozen=True)
class KeyValueConfig:
    """Everything that rebuilds a `KeyValueHypernetwork`. Layer numbers count decoder layers from 0.

    Raises:
        ValueError, TypeError: a value is of another type, or out of range.
    """

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

    def __post_init__(self) -> None:
        at_least_one = "hidden_size intermediate_size num_layers feature_size feature_heads rank chunk_tokens"
        none_or_more = "feature_blocks metric_rank context_width value_width shared_rank reader_rank whitening_rank"
        for names, least in ((at_least_one, 1), (none_or_more, 0)):
            for name in names.split():
                if not isinstance(size := getattr(self, name), int) or size < least:
                    raise ValueError(f"{name} cannot be {size!r}.")
        if self.feature_blocks > _MOST_BLOCKS or self.feature_size % self.feature_heads:
            raise ValueError(
                f"{self.feature_blocks} feature blocks of {self.feature_heads} heads cannot be of size "
                f"{self.feature_size}."
            )
        for name in ("memory_layers", "feature_layers", "shared_layers", "reader_layers"):
            if not all(isinstance(layer, int) and 0 <= layer < self.num_layers for layer in getattr(self, name)):
                raise ValueError(f"{name} are not among {self.num_layers} layers.")
        for module, d_in, d_out in self.reader_modules:
            if not isinstance(module, str) or not all(isinstance(size, int) and size > 0 for size in (d_in, d_out)):
                raise ValueError(f"reader_modules cannot be {self.reader_modules!r}.")
        if not (self.gain > 0 and math.isfinite(self.gain) and math.isfinite(self.next_token_bias)):
            raise ValueError(f"gain and next_token_bias cannot be {self.gain!r} and {self.next_token_bias!r}.")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> KeyValueConfig:
        layers = ("memory_layers", "feature_layers", "shared_layers", "reader_layers")
        tuples: dict[str, Any] = {name: tuple(values.get(name, ())) for name in layers}
        modules = tuple((name, d_in, d_out) for name, d_in, d_out in values.get("reader_modules", ()))
        return cls(**{**values, **tuples, "reader_modules": modules})
