from __future__ import annotations

from collections.abc import Callable

from benchmarks.bulk import documents, measure
from parametric_memory import ParametricMemory


def test_every_document_is_of_its_own() -> None:
    made = documents(4, 3, seed=0)
    assert len({document.text for document in made}) == 4
    assert made == documents(4, 3, seed=0)


def test_documents_a_second_are_told_together_and_one_at_a_time(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    said: list[str] = []
    rows = list(measure(open_memory, documents(5, 2, 0), said.append))
    assert [(row.metric, row.n) for row in rows] == [("documents a second", 4), ("tokens a second", 4)]
    for column in ("memory", "one_at_a_time"):
        assert all((row.figure(column) or 0) > 0 for row in rows)
    assert said == ["add"]
