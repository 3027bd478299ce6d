from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.evaluation.columns import cache_bytes_per_token
from parametric_memory.evaluation.run_efficiency import (
    GEMMA_CACHE,
    adapter_bytes,
    evaluate_efficiency,
    published_adapter_bytes,
)
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner
    from parametric_memory.language_model.base_model import BaseModel


def test_times_and_sizes_are_measured_at_each_length(examine: Callable[..., Runner]) -> None:
    runner = examine("none", "in_prompt", "rag", "random_adapter", "untrained")
    rows = evaluate_efficiency(runner, lengths=(600, 300))
    by_metric: dict[str, list[str]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, []).append(row.case)
        assert row.memory > 0 and row.unit == "number" and row.random_adapter is None
    assert (
        by_metric["seconds to internalize"] == by_metric["seconds to the first token"] == ["300 tokens", "600 tokens"]
    )
    assert by_metric["answers a second"] == ["300 tokens"]
    assert "131072 tokens, gemma-2-2b with Doc-to-LoRA" in by_metric["MB"]
    assert rows[0].untrained is not None and rows[1].untrained is None
    assert all(row.in_prompt is not None for row in rows if row.metric != "seconds to internalize")


def test_the_cache_of_a_model_in_half_precision_is_as_large_as_its_shapes_say(base: BaseModel) -> None:
    prompt = Request(base.chat.question("Where does she live?")).prompt
    cache = base.model(torch.tensor([prompt]), use_cache=True).past_key_values
    numbers = sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers)
    assert 2 * numbers == cache_bytes_per_token(base) * len(prompt)


def test_own_rows_grow_with_the_text_and_shared_rows_do_not() -> None:
    adapter = Adapter({"a": Factors(torch.zeros(6, 10), torch.zeros(6, 20), shared=2)})
    assert adapter_bytes(adapter, 1) == adapter.num_bytes == 6 * 30 * 4
    assert adapter_bytes(adapter, 3) == (3 * 4 + 2) * 30 * 4


def test_the_published_example_is_of_the_published_size() -> None:
    tokens = 131_072
    assert 12e9 < GEMMA_CACHE * tokens < 14e9
    assert 50e6 < published_adapter_bytes(tokens) < 100e6
