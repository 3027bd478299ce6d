from __future__ import annotations

from collections.abc import Callable

from benchmarks.first_question import measure
from parametric_memory import ParametricMemory


def test_what_is_stored_is_weighed_and_first_tokens_are_timed(open_memory: Callable[..., ParametricMemory]) -> None:
    rows = measure(open_memory(threshold=0.0), 3, 2, 0, lambda line: None)
    assert [(row.metric, row.n) for row in rows] == [
        ("bytes a token", 3),
        ("milliseconds to add a sentence", 3),
        ("milliseconds to the first token", 2),
        ("tokens in the prompt", 2),
    ]
    for row in rows:
        assert min(row.memory, row.figure("text") or 0, row.figure("judged_text") or 0) > 0
    stored, _, _, prompts = rows
    assert stored.memory > (stored.figure("text") or 0)
    assert prompts.memory == prompts.figure("text") and prompts.memory < (prompts.figure("judged_text") or 0)
