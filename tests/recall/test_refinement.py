from __future__ import annotations

from collections.abc import Callable

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.recall.refinement import focus_of

TEXT = (
    "Lina Okafor lives in Bergen. She plays the harp. The museum is closed in winter. Tomas leads Project Heron. "
    "It has a budget of 348 kroner. The harbour was rebuilt in 1874."
)


@pytest.mark.parametrize(
    "question",
    ["Where does Lina Okafor live?", "Who leads Project Heron?", "What is the budget of Project Heron?", "Hello"],
)
def test_a_question_attaches_what_it_would_of_a_memory(
    open_memory: Callable[..., ParametricMemory], question: str
) -> None:
    memory = open_memory(threshold=-1.0)
    entry = memory.add(TEXT)
    [recall] = memory.recall(question, k=1)
    made = memory.recaller.adapters.internalized(memory.storage.entries.at(entry.id, "default"))
    focus = focus_of(memory.recaller, made.passages, made.passage_rows)
    assert focus is not None and focus.rows == made.passage_rows
    weights = focus.weights(question)
    assert sorted(weights.values()) == pytest.approx(sorted(p.weight for p in recall.passages), abs=1e-4)
    assert {n for n, w in weights.items() if w > 0.4} == {p.number for p in recall.passages if p.weight > 0.4}


def test_where_no_rows_can_be_attached_alone_there_is_no_choice(open_memory: Callable[..., ParametricMemory]) -> None:
    assert focus_of(open_memory().recaller, (), {}) is None
