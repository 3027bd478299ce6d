from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from parametric_memory.evaluation.known_facts import known_facts
from parametric_memory.evaluation.run_conflict import evaluate_conflict, newer_document_cases, own_knowledge_cases
from parametric_memory.evaluation.scoring import contains

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner


def test_each_side_of_each_conflict_gets_a_row(examine: Callable[..., Examiner]) -> None:
    rows = evaluate_conflict(examine("none", "random_adapter"), documents=2, report=lambda line: None)
    assert [(row.case, row.metric, row.n) for row in rows] == [
        ("document against own knowledge", "document wins", len(known_facts())),
        ("document against own knowledge", "own knowledge wins", len(known_facts())),
        ("newer document against older", "newer wins", 2),
        ("newer document against older", "older wins", 2),
    ]
    assert all(row.none == 0.0 for row in rows[2:])


def test_a_document_denies_what_everybody_knows() -> None:
    for case in own_knowledge_cases(0):
        said, known = case.answers
        assert contains(case.document, said) and not contains(case.document, known)


def test_the_newer_document_comes_last_and_says_something_else() -> None:
    for case in newer_document_cases(0, 40):
        new, old = case.answers
        older, newer = case.sources
        assert case.document == f"{older}\n\n{newer}"
        assert contains(newer, new) and not contains(newer, old)
        assert contains(older, old) and not contains(older, new)
