"""What a decoder remembers of the tokens that it has read: the keys and values of its attention.

Knows nothing about what is read.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def empty_cache(model: PreTrainedModel) -> dict[str, Any]:
    """A cache of keys and values that the model's forward pass fills, under the name that it has there."""
    from transformers import DynamicCache

    renamed = "cache" in inspect.signature(model.forward).parameters  # by transformers, in a release of version 5
    return {"cache" if renamed else "past_key_values": DynamicCache(config=model.config)}


def keeps_every_token(model: PreTrainedModel) -> bool:
    """Whether all layers keep the keys and values of all tokens, one behind the other, and nothing else."""
    from transformers.cache_utils import DynamicLayer

    [cache] = empty_cache(model).values()
    return bool(cache.layers) and all(type(layer) is DynamicLayer for layer in cache.layers)
