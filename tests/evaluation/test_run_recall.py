from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from parametric_memory import ParametricMemory
from parametric_memory.evaluation import question_collections, run_recall
from parametric_memory.evaluation.question_collections import of_the_asker, real, told_by_asker
from parametric_memory.evaluation.rows import EvalRow, as_table
from parametric_memory.evaluation.run_recall import evaluate_recall
from parametric_memory.recall.scorer import Candidate, Query, Scored, VectorScorer

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
def rows(open_memory: Callable[..., ParametricMemory], data: Path, monkeypatch: pytest.MonkeyPatch) -> list[EvalRow]:
    monkeypatch.setattr(question_collections, "_HIDDEN_TOKENS", 300)
    monkeypatch.setattr(question_collections, "_DRAWN_FOR_A_USER", 30)
    return evaluate_recall(open_memory(), seed=1, documents=4, data=data, report=lambda _: None)


def test_every_collection_has_its_metrics_and_what_the_scorer_brings(rows: list[EvalRow], data: Path) -> None:
    assert list(dict.fromkeys(row.case for row in rows)) == [
        "generated facts",
        f"facts hidden in {question_collections._HIDDEN_TOKENS:,} tokens",
        "statements of the asker",
        data.name,
    ]
    for row in rows:
        assert set(row.model_extra or ()) == {"gain_by_judge"}
        assert row.figure("gain_by_judge") == 0.0  # this memory compares vectors alone
    assert "| memory | judge |" in as_table(rows)


def test_the_gain_is_what_vectors_alone_lack(open_memory: Callable[..., ParametricMemory], data: Path) -> None:
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
    [first, *_] = run_recall._rows(open_memory(scorer=Contrary()), collection, lambda _: None)
    assert first.metric == "right text first"
    assert (first.memory, first.figure("gain_by_judge")) == (0.0, -1.0)


def test_half_of_the_passages_that_are_drawn_are_not_in_memory(data: Path) -> None:
    collection = real(data, 0, 1)
    [text] = collection.texts["default"]
    assert [question.source for question in collection.questions] == [text, None]


def test_users_say_of_themselves_what_they_are_asked_about_and_other_things_they_never_said() -> None:
    collection = of_the_asker(0, 10)
    assert set(collection.texts) == {"user 0", "user 1"}
    for question in collection.questions:
        if question.source is not None:
            assert question.source in collection.texts[question.namespace] and told_by_asker(question.source)
    assert any(question.source is None for question in collection.questions)
