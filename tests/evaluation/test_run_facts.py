from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation.controls import CHEAP
from parametric_memory.evaluation.run_facts import (
    evaluate_facts,
    general_knowledge,
    many_documents,
    single_document_cases,
)

if TYPE_CHECKING:
    from parametric_memory.evaluation.cases import Case
    from parametric_memory.evaluation.controls import Adapting, Examiner


def test_all_cases_are_measured_under_the_cheap_controls(examine: Callable[..., Examiner]) -> None:
    examiner = examine(*CHEAP)
    rows = evaluate_facts(examiner, seed=1, documents=2, report=lambda line: None)
    contained = {row.case: row for row in rows if row.metric == "contained"}
    assert {"4 facts, whole adapter", "8 facts, whole adapter"} < set(contained)
    for case in ("1 fact", "4 facts", "8 facts", "20 documents", "100 documents"):
        row = contained[case]
        assert row.n == 2 and row.distilled is None and row.untrained is None
        assert all(row.figure(control) is not None for control in ("none", "in_prompt", "random_adapter", "rag"))
    for case in ("general knowledge", "general knowledge, memory attached"):
        assert contained[case].none is not None and contained[case].in_prompt is None
    assert not examiner.memory.folder.exists()
    routes = {case: row.route for case, row in contained.items()}
    assert routes["1 fact"] == routes["1 fact, whole adapter"] == "given" and routes["20 documents"] == "ask"
    assert (routes["general knowledge"], routes["general knowledge, memory attached"]) == ("alone", "ungated")


def test_with_the_gate_closed_answers_are_those_without_memory(examine: Callable[..., Examiner]) -> None:
    closed = many_documents(examine(threshold=1.1), seed=0, size=3, questions=3)
    assert [row.memory for row in closed] == [0.0, 0.0, 1.0]


def test_with_the_gate_open_the_right_document_is_found(examine: Callable[..., Examiner]) -> None:
    _, recalled, unrelated = many_documents(examine(threshold=-1.0), seed=0, size=5, questions=5)
    assert recalled.metric == "right document recalled" and recalled.memory >= 0.6
    assert unrelated.memory < 1.0


def test_general_knowledge_is_asked_through_the_gate_and_past_it(examine: Callable[..., Examiner], monkeypatch) -> None:
    examiner, attached = examine(threshold=1.1), []
    under = examiner.under

    def watched(cases: Sequence[Case], adapt: Adapting | None, ask: object = None) -> list[str]:
        if adapt is not None:
            attached.append({adapt(case) is not None for case in cases[:5]})
        return under(cases[:2], adapt) * (len(cases) // 2)

    monkeypatch.setattr(examiner, "under", watched)
    rows = general_knowledge(examiner, seed=0)
    assert attached == [{False}, {True}] * 2
    gated, forced, *others = rows
    assert (gated.case, forced.case) == ("general knowledge", "general knowledge, memory attached")
    assert [row.case for row in others] == [
        f"general knowledge in other forms{way}" for way in ("", ", memory attached")
    ]
    assert gated.memory == gated.none


def test_a_question_is_never_left_alone_without_another_documents_adapter(examine: Callable[..., Examiner]) -> None:
    contained, *_ = many_documents(examine("random_adapter", threshold=-1.0), seed=0, size=3, questions=4)
    assert contained.n == 4 and contained.random_adapter is not None


def test_the_same_seed_asks_the_same_questions() -> None:
    first, again, other = (single_document_cases(seed, 4, 6) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("facts", [1, 8])
def test_a_case_is_answered_by_its_own_document_alone(facts: int) -> None:
    for case in single_document_cases(0, facts, 8):
        assert case.answers[0] in case.document
        assert 0 < len(case.others) <= facts and case.answers[0] not in case.others
