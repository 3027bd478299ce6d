from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.evaluation.sizes import GEMMA_2_2B, CacheShape, adapter_bytes, published_adapter_bytes
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel


def test_the_cache_of_a_model_in_half_precision_is_as_large_as_its_shapes_say(base: BaseModel) -> None:
    prompt = Request(base.chat.question("Where does she live?")).prompt
    cache = base.model(torch.tensor([prompt]), use_cache=True).past_key_values
    numbers = sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers)
    assert 2 * numbers == CacheShape.of(base).bytes_per_token * len(prompt)


def test_own_rows_grow_with_the_text_and_shared_rows_do_not() -> None:
    adapter = Adapter({"a": Factors(torch.zeros(6, 10), torch.zeros(6, 20), shared=2)})
    assert adapter_bytes(adapter, 1) == adapter.num_bytes == 6 * 30 * 4
    assert adapter_bytes(adapter, 3) == (3 * 4 + 2) * 30 * 4


def test_the_published_example_is_of_the_published_size() -> None:
    tokens = 131_072
    assert 12e9 < GEMMA_2_2B.bytes_per_token * tokens < 14e9
    assert 50e6 < published_adapter_bytes(tokens) < 100e6
