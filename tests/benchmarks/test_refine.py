from __future__ import annotations

from collections.abc import Callable

from benchmarks.refine import cases_of, measure, table
from parametric_memory import ParametricMemory


def test_the_ways_answer_the_same_questions_and_distilling_takes_its_time(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    said: list[str] = []
    memory = open_memory()
    rows = measure(memory, cases_of(2, 2, seed=0), 0.5, said.append)
    assert [(row.way, row.n) for row in rows] == [
        (way, 4) for way in ("none", "hypernetwork", "hypernetwork, whole adapter", "distillation", "refined")
    ]
    took = {row.way: row.seconds for row in rows}
    assert took["distillation"] > took["hypernetwork"] < took["refined"]
    assert all(0 <= row.right <= 1 for row in rows)
    assert len(table(rows).splitlines()) == 2 + len(rows)
    assert "refined" in said
    assert not memory.folder.exists()


def test_every_fact_is_asked_for_and_the_next_documents_values_are_wrong() -> None:
    first, second = cases_of(2, 3, seed=1)
    assert len(first) == len(second) == 3
    assert set(first[0].others) <= {case.answers[0] for case in second}
    assert cases_of(1, 1, seed=1)[0][0].others == ()
