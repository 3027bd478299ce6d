from __future__ import annotations

from collections.abc import Callable

from benchmarks.latency import compare, document, measure
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


def test_what_an_adapter_costs_is_told_beside_the_bare_model(open_memory: Callable[..., ParametricMemory]) -> None:
    token, prompt, new, again, *ratios = compare(open_memory(), 2, lambda line: None)
    for row in (token, prompt):
        assert row.memory > 0 and row.none is not None and row.none > 0
    assert new.memory > 0 and again.memory > 0
    assert [(row.case, row.metric) for row in ratios] == [
        ("tokens a second", "times the bare model's"),
        ("first token, adapter at hand", "times the bare model's"),
        ("first token, asked again", "times the bare model's"),
        ("first token, new sentences", "times the bare model's"),
    ]
    assert all(row.memory > 0 and row.n == 2 for row in ratios)
