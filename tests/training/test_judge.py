from __future__ import annotations

import gzip
import json
import math
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from parametric_memory.documents.sentences import InContext
from parametric_memory.documents.words import names_asked
from parametric_memory.errors import CheckpointError, SettingsError, StorageError
from parametric_memory.index.exact import cosines
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall.judge import JudgeNetwork, load_judge, read_judge
from parametric_memory.recall.judge_config import JudgeConfig
from parametric_memory.recall.judged import without_names
from parametric_memory.training import judge_calibration
from parametric_memory.training.data.question_answering import read_questions
from parametric_memory.training.data.relations import everyday_questions
from parametric_memory.training.judge import JudgeTrainer, JudgeTraining, prepared, train_judge
from parametric_memory.training.judge_calibration import Group, calibrated, nameless_similarities, within_loss
from parametric_memory.training.loop import Run
from tests.close import assert_close

SMALL = JudgeTraining(
    steps=4,
    batch=4,
    written=1,
    unanswered=1,
    near=2,
    passages=12,
    facts=12,
    texts=3,
    held_out=4,
    validate_every=2,
    checkpoint_seconds=0.0,
)
TOWNS = "Bergen Lagos Porto Cusco Hobart Aarhus Lublin Nantes Osaka Tartu Utrecht Varna Xalapa Yazd Zadar Graz".split()


@pytest.fixture(scope="module")
def embeddings(tiny_embedder: Path) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(tiny_embedder)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "questions.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for town in TOWNS:
            context = f"This is about {town}. It has a harbour of {len(town)} piers. Ships call there at night."
            for question, answer, kind in (
                (f"How many piers has the harbour of {town}?", f"{len(town)} piers", "extractive"),
                (f"Do ships call at {town}?", "Yes", "yesno"),
            ):
                file.write(json.dumps({"context": context, "question": question, "answers": [answer], "kind": kind}))
                file.write("\n")
    return path


def train(embeddings: MiniLMEmbeddings, folder: Path, questions: Path) -> list[str]:
    told: list[str] = []
    train_judge(embeddings, folder, [questions], SMALL, told.append)
    return told


class Trained(NamedTuple):
    """A finished run of `SMALL`, which tests read, or go on with in a copy."""

    folder: Path
    told: list[str]

    def pools(self, folder: Path) -> Path:
        """A folder in which the pools lie, but nothing of the run."""
        shutil.copytree(self.folder, folder, ignore=lambda _, names: [n for n in names if not n.startswith("pool-")])
        return folder


@pytest.fixture
def few_are_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test reads no figures and no calibration."""
    monkeypatch.setattr(judge_calibration, "_VALIDATED", 12)


@pytest.fixture(scope="module")
def trained(embeddings: MiniLMEmbeddings, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    return Trained(folder, train(embeddings, folder, questions))


@pytest.fixture(scope="module")
def run(embeddings: MiniLMEmbeddings, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> JudgeTrainer:
    """A run that nothing is trained in."""
    folder = tmp_path_factory.mktemp("run")
    run, asked = Run(folder, str), list(read_questions(questions))
    pools = [prepared(run, part, embeddings, asked, SMALL) for part in ("train", "valid")]
    config = JudgeConfig(embedder=embeddings.fingerprint)
    network = JudgeNetwork(embeddings.loaded[1], config)
    return JudgeTrainer(network, embeddings, config, *pools, run, SMALL)


def test_a_trained_judge_is_in_its_folder_and_is_calibrated(embeddings: MiniLMEmbeddings, trained: Trained) -> None:
    judge = load_judge(trained.folder / "judge", *embeddings.loaded)
    assert judge.config.embedder == embeddings.fingerprint and judge.config.slope != 1.0
    assert judge.config.similarity_weight == 8.0 and 0 <= judge.config.threshold <= 1
    assert judge.config.nameless_weight == 16.0 and judge.config.nameless_slope > 0
    assert judge.config.same_alike != 0 and judge.config.same_offset != JudgeConfig().same_offset
    assert any(all(f"{kind}: first" in line for kind in ("passages", "facts", "written")) for line in trained.told)
    assert any(
        p.abs().max() > 0
        for n, p in read_judge(trained.folder / "judge", embeddings.loaded[1])[0].named_parameters()
        if n.startswith("head")
    )


@pytest.mark.usefixtures("few_are_validated")
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    embeddings: MiniLMEmbeddings, questions: Path, trained: Trained, tmp_path: Path
) -> None:
    stopped_in = trained.pools(tmp_path / "stopped")

    def stop(line: str) -> None:
        if "passages: first" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_judge(embeddings, stopped_in, [questions], SMALL, stop)
    told = train(embeddings, stopped_in, questions)
    assert "resuming from step 2" in told
    whole, stopped = (read_judge(run / "judge", embeddings.loaded[1])[0] for run in (trained.folder, stopped_in))
    for one, other in zip(whole.parameters(), stopped.parameters(), strict=True):
        assert torch.allclose(one, other, atol=0.01)  # of sums in another order, a small gradient's sign is left


@pytest.mark.usefixtures("few_are_validated")
def test_a_run_that_starts_from_a_judge_begins_with_its_weights(
    embeddings: MiniLMEmbeddings, questions: Path, trained: Trained, tmp_path: Path
) -> None:
    first, more = trained.folder / "judge", replace(SMALL, steps=1, learning_rate=1e-30)
    more_in = trained.pools(tmp_path / "more")
    train_judge(embeddings, more_in, [questions], more, lambda _: None, start_from=first)
    one, other = (read_judge(folder, embeddings.loaded[1])[0] for folder in (first, more_in / "judge"))
    for known, begun in zip(one.parameters(), other.parameters(), strict=True):
        assert_close(known, begun)
    kept = replace(SMALL, steps=1, learning_rate=1e-2)
    for run, keep in (("end", 0.0), ("mean", 0.25)):
        folder = trained.pools(tmp_path / run)
        train_judge(embeddings, folder, [questions], kept, lambda _: None, start_from=first, keep=keep)
    end, mean = (read_judge(tmp_path / run / "judge", embeddings.loaded[1])[0] for run in ("end", "mean"))
    for begun, ended, written in zip(one.parameters(), end.parameters(), mean.parameters(), strict=True):
        assert torch.allclose(written, 0.25 * begun + 0.75 * ended, atol=1e-3)
    with pytest.raises(SettingsError, match="name one"):
        train_judge(embeddings, tmp_path / "none", [questions], kept, lambda _: None, keep=0.5)
    with pytest.raises(StorageError, match=r"config\.json"):
        train_judge(embeddings, more_in, [questions], more, lambda _: None, start_from=trained.folder)


def test_a_group_holds_the_sentences_that_answer_others_of_their_document_and_those_of_others(
    embeddings: MiniLMEmbeddings, run: JudgeTrainer
) -> None:
    number = next(i for i in run.usable if run.pool.questions[i].certain and run.names[i])
    question = run.pool.questions[number]
    group = run.group(random.Random(0), number)
    own = [run.pool.sentences[n] for n in run.pool.own(question.document)]
    assert all(text == question.text and answer is None for text, _, answer in group.pairs)
    assert [sentence in own for _, sentence, _ in group.pairs].index(False) == group.of_document > group.right
    similarities = nameless_similarities([group], embeddings)
    assert similarities[: group.of_document].ne(0).all() and not similarities[group.of_document :].any()
    asked, names = embeddings.embed_documents([question.text, " ".join(run.names[number])])
    [first] = embeddings.embed_documents([group.pairs[0][1].sentence])
    assert float(similarities[0]) == pytest.approx(cosines([first], without_names(asked, names))[0], abs=1e-5)


def test_a_sentence_is_to_be_first_of_its_document_whatever_others_hold() -> None:
    pair = ("Where?", InContext("There."), None)
    groups = [Group([pair] * 3, right=1, of_document=2), Group([pair] * 2, right=1, of_document=1)]
    sure, unsure = torch.tensor([4.0, 0.0, 9.0, 0.0, 9.0]), torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0])
    assert within_loss(sure, groups) < within_loss(unsure, groups) == pytest.approx(math.log(2) / 2)


def test_of_a_text_written_by_hand_a_group_holds_its_own_most_misleading_sentences(
    run: JudgeTrainer,
) -> None:
    for number in run.written:
        question, group = run.pool.questions[number], run.group_of_written(random.Random(number), number)
        right, *others = (run.pool.sentences.index(sentence) for _, sentence, _ in group.pairs)
        assert right in question.right and group.of_document == len(group.pairs) and group.right == 1
        assert set(others) <= set(question.misleading) and not set(others) & set(question.right)


def test_a_question_that_its_text_nearly_answers_meets_what_nearly_does(
    run: JudgeTrainer,
) -> None:
    assert run.unanswered and not set(run.unanswered) & {*run.written, *run.usable}
    for number in run.unanswered:
        question, group = run.pool.questions[number], run.group_of_written(random.Random(number), number)
        pairs = group.pairs
        first = [run.pool.sentences[n] for n in question.misleading[:2]]
        assert {text for text, _, _ in pairs} == {question.text} and len(set(pairs)) == len(pairs) <= 4
        assert any(sentence in first for _, sentence, _ in pairs)


def test_a_question_is_asked_of_somebody_else_whom_its_document_does_not_name(
    run: JudgeTrainer,
) -> None:
    renamed = [(run.pool.questions[i], pair) for i in run.named for pair in run.renamed(random.Random(i), i)]
    assert len(renamed) > 10
    for question, (asked, sentence, answer) in renamed:
        assert asked != question.text and answer is None
        document = " ".join(run.pool.sentences[n].sentence for n in run.pool.own(question.document))
        new = set(names_asked(asked)) - set(names_asked(question.text))
        assert new and not any(name in document for name in new)
        assert sentence in [run.pool.sentences[n] for n in question.right]


def test_ordinary_questions_are_asked_of_sentences_near_to_them(
    run: JudgeTrainer,
) -> None:
    assert [text for text, _ in run.pool.ordinary] == list(everyday_questions()) and not run.held_out.ordinary
    pairs = run.ordinary(random.Random(0))
    assert len(pairs) == SMALL.ordinary**2 and all(answer is None for _, _, answer in pairs)
    near = dict(run.pool.ordinary)
    assert all(sentence in [run.pool.sentences[n] for n in near[asked]] for asked, sentence, _ in pairs)


def test_damaged_state_is_refused_by_name(
    embeddings: MiniLMEmbeddings, questions: Path, trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "training_state.pt").write_bytes(b"x")
    with pytest.raises(CheckpointError, match=r"training_state\.pt is damaged"):
        train(embeddings, tmp_path, questions)
    next(tmp_path.glob("pool-train-*.json")).write_text("{")
    with pytest.raises(CheckpointError, match=r"pool-train-.* is damaged: delete it"):
        train(embeddings, tmp_path, questions)


def test_scores_inside_and_outside_are_told_apart() -> None:
    inside, outside = (2.0, 3.0, 4.0, 0.9), (0.0, 1.0, -1.0, 2.1)
    slope, offset = calibrated([(False, True, score) for score in inside] + [(False, False, s) for s in outside])
    assert slope > 0 and -1.5 * slope == pytest.approx(offset, abs=0.5 * slope)
