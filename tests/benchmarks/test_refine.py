from __future__ import annotations

from collections.abc import Callable

from benchmarks.refine import cases_of, measure
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.rows import measured


def test_the_ways_answer_the_same_questions_and_distilling_takes_its_time(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    said: list[str] = []
    memory = open_memory()
    right, took = measure(memory, cases_of(2, 2, seed=0), 0.5, said.append)
    assert (right.metric, right.n, right.route) == ("right", 4, "given") and (took.metric, took.n) == ("seconds", 2)
    assert measured([right]) == ["memory", "none", "distilled", "whole_adapter", "refined"]
    assert measured([took]) == ["memory", "distilled", "whole_adapter", "refined"]
    seconds = {way: took.figure(way) or 0.0 for way in measured([took])}
    assert seconds["distilled"] > seconds["memory"] < seconds["refined"]
    assert all(0 <= (right.figure(way) or 0.0) <= 1 for way in measured([right]))
    assert "refined" in said
    assert not memory.storage.location.folder.exists()


def test_every_fact_is_asked_for_and_the_next_documents_values_are_wrong() -> None:
    first, second = cases_of(2, 3, seed=1)
    assert len(first) == len(second) == 3
    assert set(first[0].others) <= {case.answers[0] for case in second}
    assert cases_of(1, 1, seed=1)[0][0].others == ()
