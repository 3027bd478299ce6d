from __future__ import annotations

from collections.abc import Callable

from benchmarks.retrieval import FACTS, measure, questions_about, table
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.fact_documents import FactDocuments


def test_every_length_is_answered_in_three_ways_on_the_same_questions(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    said: list[str] = []
    memory = open_memory(threshold=0.05)
    rows = list(measure(memory, [300, 600], 3, 0, said.append))
    assert [(r.length, r.way, r.n) for r in rows] == [
        (length, way, 3) for length in (300, 600) for way in ("memory", "Chroma", "hybrid")
    ]
    for alone, retrieved, both in (rows[:3], rows[3:]):
        assert alone.prompt_tokens < min(retrieved.prompt_tokens, both.prompt_tokens)
        assert alone.add == both.add > 0
    assert all(0 <= r.right <= 1 and r.first_token > 0 and r.tokens_per_second > 0 for r in rows)
    assert len(table(rows).splitlines()) == 2 + len(rows)
    assert len({line.count("|") for line in table(rows).splitlines()}) == 1
    assert not memory.folder.exists()
    assert said[0] == "2 documents of 300 tokens are added"


def test_each_fact_is_asked_for_once_and_values_of_other_documents_are_wrong() -> None:
    documents = FactDocuments(0).documents([FACTS, FACTS])
    asked = questions_about(documents)
    assert [q.value for q in asked] == [fact.value for document in documents for fact in document.facts]
    assert asked[0].others == tuple(fact.value for fact in documents[1].facts)
