from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from parametric_memory.documents.files import Document
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall.answer_marker import MarkerNetwork
from parametric_memory.recall.judge import JudgeNetwork, load_judge, save_judge
from parametric_memory.recall.judged import MARKER_FILE, JudgeConfig, read_judge_config
from parametric_memory.training.data.question_answering import Asked
from parametric_memory.training.data.written import WrittenQuestion, WrittenText
from parametric_memory.training.loop import Run
from parametric_memory.training.marker import (
    MarkedQuestion,
    MarkerTrainer,
    MarkerTraining,
    of_passages,
    of_written,
    split,
    train_marker,
)
from tests.tiny_embedder import make_tiny_embedder

SMALL = MarkerTraining(steps=4, batch=6, written=2, facts=2, documents=10, validated=4, validate_every=2)
POOL = "Ines waters on Mondays, Tomasz on Thursdays. The pool is closed in winter."


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(make_tiny_embedder(tmp_path_factory.mktemp("embedder")))


def test_a_question_about_a_passage_has_the_places_of_its_answers() -> None:
    asked = [
        Asked(POOL, "When does Tomasz water?", ("on Thursdays", "Thursdays")),
        Asked(POOL, "Is the pool open all year?", ("No",), kind="yesno"),
        Asked(POOL, "Why is it closed?", ("It freezes.",), kind="abstractive"),
    ]
    [[when, all_year]] = of_passages(asked)
    [(start, end)] = when.spans[0]
    assert when.sentences[0].sentence[start:end] == "on Thursdays" and list(when.others) == [1]
    assert all_year.spans == {1: [(0, len("The pool is closed in winter."))]} and not all_year.others


def test_of_a_question_that_a_text_nearly_answers_no_sentence_is_marked() -> None:
    evidence = "Tomasz on Thursdays"
    nearly = WrittenQuestion("When does Timo water?", (), evidence, "name")
    text = WrittenText(Document(POOL, ""), (WrittenQuestion("When does Tomasz?", ("Thursdays",), evidence), nearly))
    answered, unanswered = of_written(text)
    assert list(answered.spans) == [0] and not unanswered.spans and list(unanswered.others) == [0]


def test_every_tenth_document_is_held_out() -> None:
    questions = [[MarkedQuestion(str(n), (), {}, ())] * 2 for n in range(20)]
    train, valid = split(questions)
    assert [q.text for q in valid] == ["0", "0", "10", "10"] and len(train) == 36


def test_a_marker_learns_which_words_answer(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    [[question]] = of_passages([Asked(POOL, "When does Tomasz water?", ("Thursdays",))])
    config = replace(SMALL, steps=20, learning_rate=1e-2, warmup=1, without_answer=0.0, decay_share=0.1)
    torch.manual_seed(0)
    network = MarkerNetwork(embeddings.loaded[1], JudgeConfig(rank=4))
    kinds = {name: ([question], [question]) for name in ("written", "passages", "facts")}
    trainer = MarkerTrainer(network, embeddings, kinds, Run(tmp_path, str), config)
    before = trainer.validate()["written"]
    trainer.run()
    after = trainer.validate()["written"]
    assert after["loss"] < 0.5 * before["loss"] and after["inside"] > 2 * before["inside"]


def test_a_judge_gets_the_marker_that_was_trained_for_it(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    config = JudgeConfig(embedder=embeddings.fingerprint, rank=4, slope=0.5)
    save_judge(JudgeNetwork(embeddings.loaded[1], config), config, tmp_path / "judge")
    data = tmp_path / "questions.jsonl"
    asked = [{"context": f"It has {n} piers.", "question": "How many piers?", "answers": [str(n)]} for n in range(12)]
    data.write_text("\n".join(map(json.dumps, asked)))
    told: list[str] = []
    made = train_marker(embeddings, tmp_path / "run", [data], SMALL, tmp_path / "judge", told.append)
    assert made == tmp_path / "run" / "judge" and (made / MARKER_FILE).exists()
    assert read_judge_config(made) == replace(config, unmarked=SMALL.unmarked, least_marked=SMALL.least_marked)
    assert load_judge(made, *embeddings.loaded).marker is not None
    assert any("written: loss" in line and "inside" in line for line in told)
    again: list[str] = []
    train_marker(embeddings, tmp_path / "run", [data], SMALL, tmp_path / "judge", again.append)
    assert any("has made its 4 steps" in line for line in again)
