from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from parametric_memory.evaluation import run_recall
from parametric_memory.evaluation.rows import EvalRow, as_table
from parametric_memory.evaluation.run_recall import (
    Collection,
    Question,
    evaluate_recall,
    evaluate_unknown,
    of_the_asker,
    real,
    told_by_asker,
)
from parametric_memory.evaluation.runner import Runner
from parametric_memory.recall.scorer import Candidate, Query, Scored, VectorScorer
from parametric_memory.training.data.question_answering import written_texts

PASSAGES = {
    "Lina Okafor lives in Bergen. She plays the harp.": ("Which instrument does Lina Okafor play?", "harp"),
    "The harbour was rebuilt in 1874.": ("When was the harbour rebuilt?", "1874"),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "passages.jsonl"
    lines = [{"context": text, "question": q, "answers": [a]} for text, (q, a) in PASSAGES.items()]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture
def rows(examine: Callable[..., Runner], data: Path, monkeypatch: pytest.MonkeyPatch) -> list[EvalRow]:
    monkeypatch.setattr(run_recall, "_HIDDEN_TOKENS", 300)
    monkeypatch.setattr(run_recall, "_DRAWN_FOR_A_USER", 30)
    monkeypatch.setattr(run_recall, "written_texts", lambda path: islice(written_texts(path), 4))
    return evaluate_recall(examine(seed=1), documents=4, data=data)


def test_every_collection_has_its_metrics_and_what_the_scorer_brings(rows: list[EvalRow], data: Path) -> None:
    assert list(dict.fromkeys(row.case for row in rows)) == [
        "generated facts",
        f"facts hidden in {run_recall._HIDDEN_TOKENS:,} tokens",
        "statements of the asker",
        "texts as people write them",
        data.name,
    ]
    for row in rows:
        assert set(row.model_extra or ()) == {"gain_by_judge"}
        assert row.figure("gain_by_judge") == 0.0  # this memory compares vectors alone
    assert "| memory | judge |" in as_table(rows)


def test_the_gain_is_what_vectors_alone_lack(examine: Callable[..., Runner], data: Path) -> None:
    class Contrary(VectorScorer):
        fingerprint = "contrary"
        threshold = -10.0

        def query(self, text: str, embeddings: Embeddings) -> Query:
            return Farthest(embeddings.embed_query(text))

    class Farthest:
        def __init__(self, vector: Sequence[float]):
            self.vector = vector

        def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
            return [Scored(-candidate.similarity, ()) for candidate in candidates]

    collection = real(data, 0, 2)
    [first, *_] = run_recall.recall_rows(examine(scorer=Contrary()), collection)
    assert first.metric == "right text first"
    assert (first.memory, first.figure("gain_by_judge")) == (0.0, -1.0)


def test_half_of_the_passages_that_are_drawn_are_not_in_memory(data: Path) -> None:
    collection = real(data, 0, 1)
    [text] = collection.texts["default"]
    assert [question.document for question in collection.questions] == [text, ""]


def test_users_say_of_themselves_what_they_are_asked_about_and_other_things_they_never_said() -> None:
    collection = of_the_asker(0, 10)
    assert set(collection.texts) == {"user 0", "user 1"}
    for question in collection.questions:
        if question.document:
            assert question.document in collection.texts[question.namespace] and told_by_asker(question.document)
    assert any(not question.document for question in collection.questions)


LINA, HERON = "Lina Okafor lives in Bergen. She plays the harp.", "The Heron project is led by Tomas Brandt."
QUESTIONS = (
    Question(LINA, "Where does Lina Okafor live?", ("Bergen",)),
    Question(HERON, "Who is the Heron project led by?", ("Tomas Brandt",)),
    Question(HERON, "Is it so?", ()),
    Question("", "Where does Lina Okafor sleep?", (), kind="near"),
    Question("", "Blue?", (), kind="far"),
)


@pytest.fixture
def unknown_rows(examine: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch) -> dict[str, EvalRow]:
    """Of one collection, by metric."""
    collection = Collection("c", {"default": [LINA, HERON]}, QUESTIONS)
    monkeypatch.setattr(run_recall, "of_strangers", lambda *_: collection)
    monkeypatch.setattr(run_recall, "of_the_asker", lambda *_: Collection("none", {"default": [LINA]}, ()))
    monkeypatch.setattr(run_recall, "written", lambda: Collection("none", {"default": [LINA]}, ()))
    monkeypatch.setattr(run_recall, "_LEAST_OF_A_GROUP", 1)
    found = evaluate_unknown(examine(scorer="vectors"))
    return {f"{row.case}: {row.metric}": row for row in found}


def test_what_nothing_answers_is_measured_at_the_threshold_and_at_the_one_that_keeps_the_others(
    unknown_rows: dict[str, EvalRow],
) -> None:
    shipped, kept = "unanswerable attached", "unanswerable attached, 95% of answerable kept"
    assert unknown_rows["c: answerable attached"].n == 3
    assert unknown_rows[f"c: {shipped}"].memory == 0.5 and unknown_rows[f"c: {shipped}"].n == 2
    assert (unknown_rows[f"c, near: {shipped}"].memory, unknown_rows[f"c, far: {shipped}"].memory) == (1.0, 0.0)
    assert 0 <= unknown_rows[f"c: {kept}"].memory <= 1
    assert unknown_rows["c: threshold that keeps 95%"].n == 3
    assert 0.5 <= unknown_rows["c: score, answerable above unanswerable (AUC)"].memory <= 1


def test_the_right_sentence_counts_where_one_holds_an_answer(unknown_rows: dict[str, EvalRow]) -> None:
    sentence = unknown_rows["c: right sentence first of all in memory"]
    assert sentence.n == 2, "no sentence answers the third question"
    assert sentence.memory == 1.0 and sentence.route == "ungated"
    assert unknown_rows["c: right text first"].n == 3


def test_all_collections_have_rows(
    examine: Callable[..., Runner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_recall, "_DRAWN_FOR_A_USER", 30)
    monkeypatch.setattr(run_recall, "_LEAST_OF_A_GROUP", 4)
    monkeypatch.setattr(run_recall, "written_texts", lambda path: islice(written_texts(path), 4))
    data = tmp_path / "passages.jsonl"
    passages = {LINA: ("Where does Lina Okafor live?", "Bergen"), HERON: ("Who leads Heron?", "Tomas Brandt")}
    lines = [{"context": text, "question": q, "answers": [a]} for text, (q, a) in passages.items()]
    data.write_text("\n".join(map(json.dumps, lines)))
    rows = evaluate_unknown(examine(seed=1), documents=4, data=data)
    assert list(dict.fromkeys(row.case for row in rows)) == [
        "passages.jsonl, subject named",
        "passages.jsonl, all questions",
        "unknown people and things",
        "statements of the asker",
        "texts as people write them",
        *(f"texts as people write them, {why}" for why in ("value", "name", "attribute", "presupposes")),
    ]
