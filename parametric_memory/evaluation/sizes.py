"""How many bytes a text takes as a key-value cache and as an adapter, computed from shapes.

Knows nothing about text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.language_model.base_model import BaseModel

_BYTES_PER_NUMBER = 2


@dataclass(frozen=True)
class CacheShape:
    """What decides the size of a key-value cache: two bytes a number, whatever this processor computes in."""

    layers: int
    key_value_heads: int
    head_size: int

    @classmethod
    def of(cls, base: BaseModel) -> CacheShape:
        config = base.model.config.get_text_config()
        heads = config.num_attention_heads
        return cls(
            config.num_hidden_layers,
            getattr(config, "num_key_value_heads", None) or heads,
            getattr(config, "head_dim", None) or config.hidden_size // heads,
        )

    @property
    def bytes_per_token(self) -> int:
        """A key and a value in every layer. Windows of attention, which some layers have, are not taken off."""
        return 2 * self.layers * self.key_value_heads * self.head_size * _BYTES_PER_NUMBER


GEMMA_2_2B = CacheShape(layers=26, key_value_heads=4, head_size=256)


def published_adapter_bytes(tokens: int) -> int:
    """What the published Doc-to-LoRA makes for gemma-2-2b, in bfloat16.

    Rank 8 on every down_proj for each 8,192 tokens; the shared bias takes eight rows more, once.
    """
    rows = 8 * math.ceil(tokens / 8192) + 8
    return GEMMA_2_2B.layers * rows * (9216 + 2304) * 2


def adapter_bytes(adapter: Adapter, times: float) -> int:
    """What an adapter would take with so many times the rows of its own; shared rows stay as they are."""
    shared = sum(f.shared * (f.A[0].nbytes + f.B[0].nbytes) for f in adapter.factors.values() if f.rank)
    return shared + round((adapter.num_bytes - shared) * times)
