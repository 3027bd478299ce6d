from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from parametric_memory.evaluation.run_needle import evaluate_needle, needle_cases
from parametric_memory.models.deriving import Deriver

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner


def test_each_length_gets_a_row(examine: Callable[..., Examiner]) -> None:
    examiner = examine("none", "in_prompt", "random_adapter", "rag")
    rows = evaluate_needle(examiner, lengths=(300, 600), documents=2, report=lambda line: None)
    assert [(row.case, row.metric, row.n) for row in rows] == [
        ("300 tokens", "contained", 2),
        ("600 tokens", "contained", 2),
    ]
    assert all(row.in_prompt is not None and row.rag is not None for row in rows)


def test_the_facts_are_the_same_at_each_length_and_the_text_grows(examine: Callable[..., Examiner]) -> None:
    short, long = (needle_cases(examine(), 0, length, 3) for length in (500, 3000))
    assert [case.question for case in short] == [case.question for case in long]
    for a, b in zip(short, long, strict=True):
        assert a.answers == b.answers and b.answers[0] in b.document
        assert len(b.document) > 2 * len(a.document)


def test_several_facts_stand_in_one_text_and_each_is_asked_about(examine: Callable[..., Examiner]) -> None:
    examiner = examine("random_adapter")
    cases = needle_cases(examiner, 0, 500, 2, needles=3)
    first, second = cases[0].document, cases[3].document
    assert [case.document for case in cases] == [first] * 3 + [second] * 3
    assert all(case.answers[0] in case.document for case in cases)
    assert len({case.question for case in cases}) == 6
    [row] = evaluate_needle(examiner, lengths=(500,), documents=2, report=lambda line: None, needles=3)
    assert row.n == 6 and row.random_adapter is not None


def test_a_text_with_several_facts_is_added_once(
    examine: Callable[..., Examiner], monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = examine("none")
    texts: list[str] = []
    made = Deriver.made

    def counted(deriver: Deriver, text: str, store: Any) -> Any:
        texts.append(text)
        return made(deriver, text, store)

    monkeypatch.setattr(Deriver, "made", counted)
    evaluate_needle(examiner, lengths=(300,), documents=2, report=lambda line: None, needles=3)
    assert len(texts) == 2
