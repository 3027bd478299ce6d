from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation.known_facts import known_facts
from parametric_memory.evaluation.question_collections import told_by_asker
from parametric_memory.evaluation.run_conflict import (
    against_older,
    against_own_knowledge,
    evaluate_conflict,
    newer_document_cases,
    own_knowledge_cases,
)
from parametric_memory.evaluation.scoring import contains

if TYPE_CHECKING:
    from parametric_memory.evaluation.controls import Examiner


def test_each_side_of_each_conflict_gets_a_row(examine: Callable[..., Examiner]) -> None:
    rows = evaluate_conflict(examine("hybrid", "none", "rag"), documents=4, report=lambda line: None)
    sides = ("document wins", "own knowledge wins", "probability of its own answer")
    names = {"": 4, ", unsure third": 2, ", middle third": 1, ", surest third": 1}
    assert [(row.case, row.metric, row.n) for row in rows] == [
        *((f"document against own knowledge{name}", side, n) for name, n in names.items() for side in sides),
        ("document against own knowledge", "right document recalled", 4),
        *(
            ("newer document against older", metric, 4)
            for metric in ("newer wins", "older wins", "newer recalled first", "older recalled first")
        ),
    ]
    assert all(row.route == "ask" for row in rows)
    assert all(row.hybrid is not None and row.rag is not None for row in rows if "wins" in row.metric)


def test_facts_are_graded_by_how_probable_the_models_own_answer_is(examine: Callable[..., Examiner]) -> None:
    rows = evaluate_conflict(examine(), documents=6, report=lambda line: None)
    sure = [row.none or 0.0 for row in rows if row.metric == "probability of its own answer"]
    whole, *thirds = sure
    assert thirds == sorted(thirds) and thirds[0] < whole < thirds[-1]
    assert whole == pytest.approx(sum(thirds) / 3)


def test_more_documents_than_facts_contradict_each_fact_with_several_values(examine: Callable[..., Examiner]) -> None:
    count = len(known_facts()) + 2
    rows = against_own_knowledge(examine(), 0, count)
    assert rows[0].n == count and sum(row.n for row in rows if row.metric == "document wins") == 2 * count


def test_of_two_documents_in_one_memory_one_is_recalled(examine: Callable[..., Examiner]) -> None:
    rows = {row.metric: row for row in against_older(examine(threshold=-1.0), 0, 6)}
    newer, older = rows["newer recalled first"], rows["older recalled first"]
    assert 0 < newer.memory + older.memory <= 1
    none = {row.metric: row for row in against_older(examine(threshold=1.5), 0, 2)}
    assert none["newer recalled first"].memory == none["older recalled first"].memory == 0


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


def test_a_user_has_no_two_pairs_about_the_same_of_himself() -> None:
    cases = newer_document_cases(0, 200)
    own = [case.question for case in cases if told_by_asker(case.document)]
    assert len(own) > 3 and len({case.sources for case in cases}) == 200
    assert len(own) == len(set(own))
