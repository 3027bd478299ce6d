from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from parametric_memory.evaluation.run_needle import evaluate_needle, needle_cases

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
