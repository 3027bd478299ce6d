from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.evaluation import question_collections, run_unknown
from parametric_memory.evaluation.question_collections import Collection, Question
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_unknown import evaluate_unknown

LINA, HERON = "Lina Okafor lives in Bergen. She plays the harp.", "The Heron project is led by Tomas Brandt."
QUESTIONS = (
    Question("Where does Lina Okafor live?", LINA, ("Bergen",)),
    Question("Who is the Heron project led by?", HERON, ("Tomas Brandt",)),
    Question("Is it so?", HERON),
    Question("Where does Lina Okafor sleep?", None, group="near"),
    Question("Blue?", None, group="far"),
)


@pytest.fixture
def rows(open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch) -> dict[str, EvalRow]:
    """Of one collection, by metric."""
    collection = Collection("c", {"default": [LINA, HERON]}, QUESTIONS)
    monkeypatch.setattr(run_unknown, "of_strangers", lambda *_: collection)
    monkeypatch.setattr(run_unknown, "of_the_asker", lambda *_: Collection("none", {"default": [LINA]}, ()))
    monkeypatch.setattr(run_unknown, "_LEAST_OF_A_GROUP", 1)
    found = evaluate_unknown(open_memory(scorer="vectors"), report=lambda _: None)
    return {f"{row.case}: {row.metric}": row for row in found}


def test_what_nothing_answers_is_measured_at_the_threshold_and_at_the_one_that_keeps_the_others(
    rows: dict[str, EvalRow],
) -> None:
    shipped, kept = "unanswerable attached", "unanswerable attached, 95% of answerable kept"
    assert rows["c: answerable attached"].n == 3
    assert rows[f"c: {shipped}"].memory == 0.5 and rows[f"c: {shipped}"].n == 2
    assert (rows[f"c, near: {shipped}"].memory, rows[f"c, far: {shipped}"].memory) == (1.0, 0.0)
    assert 0 <= rows[f"c: {kept}"].memory <= 1
    assert rows["c: threshold that keeps 95%"].n == 3
    assert 0.5 <= rows["c: score, answerable above unanswerable (AUC)"].memory <= 1


def test_the_right_sentence_counts_where_one_holds_an_answer(rows: dict[str, EvalRow]) -> None:
    sentence = rows["c: right sentence first of all in memory"]
    assert sentence.n == 2, "no sentence answers the third question"
    assert sentence.memory == 1.0 and sentence.route == "ungated"
    assert rows["c: right text first"].n == 3


def test_all_collections_have_rows(
    open_memory: Callable[..., ParametricMemory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_collections, "_DRAWN_FOR_A_USER", 30)
    data = tmp_path / "passages.jsonl"
    passages = {LINA: ("Where does Lina Okafor live?", "Bergen"), HERON: ("Who leads Heron?", "Tomas Brandt")}
    lines = [{"context": text, "question": q, "answers": [a]} for text, (q, a) in passages.items()]
    data.write_text("\n".join(map(json.dumps, lines)))
    rows = evaluate_unknown(open_memory(), seed=1, documents=4, data=data, report=lambda _: None)
    assert list(dict.fromkeys(row.case for row in rows)) == [
        "passages.jsonl, subject named",
        "passages.jsonl, all questions",
        "unknown people and things",
        "statements of the asker",
    ]
