from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from parametric_memory.documents.files import Document
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall.judge import JudgeNetwork, MarkerNetwork, load_judge, save_judge
from parametric_memory.recall.judge_config import MARKER_FILE, JudgeConfig, read_judge_config
from parametric_memory.training.data.judged import JudgedQuestion, Pool
from parametric_memory.training.data.question_answering import Asked, WrittenQuestion, WrittenText
from parametric_memory.training.loop import Run
from parametric_memory.training.marker import MarkerTrainer, MarkerTraining, train_marker

SMALL = MarkerTraining(steps=4, batch=6, written=2, facts=2, documents=10, validated=4, validate_every=2)
WATERS, CLOSED = "Ines waters on Mondays, Tomasz on Thursdays.", "The pool is closed in winter."
POOL = f"{WATERS} {CLOSED}"


@pytest.fixture(scope="module")
def embeddings(tiny_embedder: Path) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(tiny_embedder)


def trainer_of(embeddings: MiniLMEmbeddings, folder: Path, pool: Pool, config: MarkerTraining = SMALL) -> MarkerTrainer:
    torch.manual_seed(0)
    network = MarkerNetwork(embeddings.loaded[1], JudgeConfig(rank=4))
    return MarkerTrainer(network, embeddings, pool, Run(folder, str), config)


def asked(question: str, answer: str, kind: str = "extractive") -> Pool:
    """A question about a passage that is trained on; each tenth, the first one too, is held out."""
    pool = Pool()
    pool.add_passages([Asked("It is held out.", "What is held out?", ("It",))], 1, random.Random(0))
    pool.add_passages([Asked(POOL, question, (answer,), kind)], 1, random.Random(0))
    return pool


def marked(trainer: MarkerTrainer, question: JudgedQuestion) -> list[tuple[str, list[str]]]:
    """Sentences that a question is paired with, and what is marked in them."""
    pairs = [trainer.pair(random.Random(seed), question) for seed in range(40)]
    found = {s.sentence: [s.sentence[start:end] for start, end in spans] for _, s, spans in pairs}
    return sorted(found.items())


def test_in_a_sentence_that_answers_the_answer_is_marked_and_in_others_nothing(
    embeddings: MiniLMEmbeddings, tmp_path: Path
) -> None:
    trainer = trainer_of(embeddings, tmp_path, asked("When does Tomasz water?", "Thursdays"))
    [question] = trainer.questions["passages"]
    assert marked(trainer, question) == [(WATERS, ["Thursdays"]), (CLOSED, [])]


def test_of_yes_and_no_the_sentence_that_is_nearest_is_marked(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    trainer = trainer_of(embeddings, tmp_path, asked("Is the pool open in winter?", "No", "yesno"))
    [question] = trainer.questions["passages"]
    assert marked(trainer, question) == [(CLOSED, [CLOSED])]


def test_what_nearly_answers_is_not_marked(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    pool, evidence = asked("When does Tomasz water?", "Thursdays"), "Tomasz on Thursdays"
    nearly = WrittenQuestion("When does Timo water?", (), evidence, "name")
    pool.add_written([WrittenText(Document(POOL, ""), (nearly, WrittenQuestion("Who?", ("Tomasz",), evidence)))])
    trainer = trainer_of(embeddings, tmp_path, pool, replace(SMALL, without_answer=0.0))
    nobody, somebody = trainer.questions["written"]
    assert marked(trainer, nobody) == [(WATERS, [])] and marked(trainer, somebody) == [(WATERS, ["Tomasz"])]


def test_a_stranger_is_of_another_document_without_the_answer(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    pool = asked("When does Tomasz water?", "Thursdays")
    others = ["Nobody dances.", "Who waters on Thursdays?", "Tomasz is a waterer, when does he come?"]
    for other in others:
        pool.add_passages([Asked(other, "Who?", (other,))], 1, random.Random(0))
    trainer = trainer_of(embeddings, tmp_path, pool)
    question = trainer.questions["passages"][0]
    strangers = {trainer.stranger(random.Random(seed), question).sentence for seed in range(20)}
    assert strangers == {others[2]}


def test_every_tenth_document_is_held_out(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    trainer = trainer_of(embeddings, tmp_path, asked("When does Tomasz water?", "Thursdays"))
    assert [text for text, _, _ in trainer.validation["passages"]] == ["What is held out?"]
    assert [q.text for q in trainer.questions["passages"]] == ["When does Tomasz water?"]


def test_a_marker_learns_which_words_answer(embeddings: MiniLMEmbeddings, tmp_path: Path) -> None:
    config = replace(SMALL, steps=20, written=0, facts=0, learning_rate=1e-2, warmup=1, decay_share=0.1)
    pool = asked("When does Tomasz water?", "Thursdays")
    trainer = trainer_of(embeddings, tmp_path, pool, replace(config, without_answer=0.0, strange=0.0))
    [question] = trainer.questions["passages"]
    trainer.validation = {"seen": [trainer.pair(random.Random(0), question)]}
    before = trainer.validate()["seen"]
    trainer.run()
    after = trainer.validate()["seen"]
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
    assert read_judge_config(made) == replace(config, least_marked=SMALL.least_marked)
    assert load_judge(made, *embeddings.loaded).marker is not None
    assert any("written: loss" in line and "inside" in line for line in told)
    again: list[str] = []
    train_marker(embeddings, tmp_path / "run", [data], SMALL, tmp_path / "judge", again.append)
    assert any("has made its 4 steps" in line for line in again)
