from __future__ import annotations

from collections.abc import Callable

from benchmarks.latency import document, measure
from parametric_memory import ParametricMemory


def test_adding_and_asking_are_timed_and_the_process_weighed(open_memory: Callable[..., ParametricMemory]) -> None:
    rows = measure(open_memory(), 2, lambda line: None)
    assert [(row.metric, row.n) for row in rows] == [
        ("seconds", 2),
        ("seconds to the first token", 2),
        ("seconds to the end of the answer", 2),
        ("MiB at the peak", 1),
    ]
    assert all(row.memory > 0 and row.unit == "number" for row in rows)


def test_every_repeat_adds_another_document_of_the_same_length() -> None:
    first, second = document(0), document(1)
    assert first != second and len(first.split()) == len(second.split()) >= 200
