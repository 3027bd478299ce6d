from __future__ import annotations

from collections.abc import Callable

from benchmarks.retrieval import FACTS, measure, questions_about
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.held_out import FactDocuments


def test_every_length_is_answered_in_three_ways_on_the_same_questions(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    said: list[str] = []
    memory = open_memory(threshold=0.05)
    rows = list(measure(memory, [300, 600], 3, 0, said.append))
    assert [(r.case, r.metric, r.n) for r in rows] == [
        (f"{length} tokens", metric, n)
        for length in (300, 600)
        for metric, n in (
            ("right", 3),
            ("prompt tokens", 3),
            ("seconds to the first token", 3),
            ("tokens a second", 3),
            ("seconds to add a document", 2),
        )
    ]
    for right, prompt, first, rate, add in (rows[:5], rows[5:]):
        figures = {r.metric: [r.memory, r.figure("Chroma") or 0.0, r.figure("hybrid") or 0.0] for r in rows[:5]}
        assert all(0 <= share <= 1 for share in figures[right.metric])
        alone, *longer = figures[prompt.metric]
        assert alone < min(longer)
        assert min(figures[first.metric]) > 0 and min(figures[rate.metric]) > 0
        assert add.memory == add.figure("hybrid") != add.figure("Chroma")
    assert not memory.folder.exists()
    assert said[0] == "2 documents of 300 tokens are added"


def test_each_fact_is_asked_for_once_and_values_of_other_documents_are_wrong() -> None:
    documents = FactDocuments(0).documents([FACTS, FACTS])
    asked = questions_about(documents)
    assert [case.answers[0] for case in asked] == [fact.value for document in documents for fact in document.facts]
    assert asked[0].others == tuple(fact.value for fact in documents[1].facts)
