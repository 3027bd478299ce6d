from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from parametric_memory.evaluation.run_efficiency import evaluate_efficiency

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner


def test_times_and_sizes_are_measured_at_each_length(examine: Callable[..., Examiner]) -> None:
    examiner = examine("none", "in_prompt", "rag", "random_adapter", "untrained")
    rows = evaluate_efficiency(examiner, lengths=(600, 300), report=lambda line: None)
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
