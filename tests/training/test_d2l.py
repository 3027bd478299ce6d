from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from parametric_memory import ParametricMemory, RecallSettings
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.hypernetworks.checkpoint import load_key_value
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.training import d2l
from parametric_memory.training import teach as teaching
from parametric_memory.training.d2l import DataConfig, load_for_training, prepared_ordinary, train_d2l
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.loop import STATE_FILE, Run
from parametric_memory.training.teach import TeachConfig, teach
from parametric_memory.training.trainer import Trainer, TrainingConfig
from tests.bag_of_words import BagOfWords
from tests.close import ROUNDING, assert_close, close_weights
from tests.comparing import whole_adapter
from tests.training.logs import read_log

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

OPTIONS = {"reader_rank": 4, "shared_rank": 2, "feature_size": 64, "feature_heads": 1}
CONTEXTS = (
    ("The harbour of Bergen was rebuilt in 1874.", "When was the harbour rebuilt?", "1874"),
    ("Lina plays the cello in the museum.", "What does Lina play?", "the cello"),
    ("The report was written by Tomas Brandt.", "Who wrote the report?", "Tomas Brandt"),
)


@pytest.fixture(scope="module", autouse=True)
def _short_runs() -> Iterator[None]:
    """The tiny base model has no idea how to begin an answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teaching, "_is_sound", lambda kind, value, end: True)  # nothing is, to random weights
        patch.setattr(d2l, "_VALIDATION_DOCUMENTS", 4)
        yield


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A user's own file."""
    return written(tmp_path)


def written(folder: Path) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps({"context": c, "question": q, "answer": a}) + "\n" for c, q, a in CONTEXTS))
    return path


@pytest.fixture(scope="module")
def finished(_tiny_base: BaseModel, _short_runs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of one step, for tests to start from; those that change it take a copy."""
    folder = tmp_path_factory.mktemp("finished")
    train(_tiny_base, folder / "run", written(folder), [], steps=1)
    return folder / "run"


def train(
    base,
    folder: Path,
    questions: Path,
    told: list[str],
    start_from: Path | None = None,
    keep: float = 0.0,
    **changes: Any,
) -> Trainer:
    usual = {"steps": 4, "batch": 3, "questions": 2, "validate_every": 4}
    data = DataConfig(questions=(questions,), held_out_questions=(questions,), facts_share=0.5, most_ordinary=4)
    config = TrainingConfig(**(usual | {"log_every": 1} | changes))
    sizes = {} if start_from else OPTIONS
    return train_d2l(base, Run(folder, told.append), config, data, start_from=start_from, keep=keep, **sizes)


def test_a_hypernetwork_is_trained_goes_on_where_it_was_and_serves_a_memory(base, questions: Path, tmp_path) -> None:
    run, told = tmp_path / "run", []
    trainer = train(base, run, questions, told)
    assert trainer.step == 4
    assert any("key statistics" in line for line in told) and any(line.startswith("taught: 3/3") for line in told)
    first = read_record(run / "hypernetwork")
    assert load_key_value(run / "hypernetwork").row_code.coordinates > 0  # rows are kept in their small form
    assert (first.kind, first.base_model, first.base_fingerprint) == ("key-value", "tiny", base.fingerprint)
    assert first.training["steps_done"] == 4
    records = read_log(run / "log.jsonl")
    assert {source for r in records if r["event"] == "train" for source in r["measured"]} <= {"facts", "extractive"}
    held_out = next(r["measured"] for r in records if r["event"] == "valid")
    assert list(held_out) == ["1 fact", "4 facts", "8 facts", "extractive"]

    told.clear()
    assert train(base, run, questions, told, steps=6).step == 6
    assert "resuming from step 4" in told
    assert not any("taught:" in line or "key statistics" in line for line in told)
    assert read_record(run / "hypernetwork").fingerprint != first.fingerprint

    with ParametricMemory(
        tmp_path / "memory",
        base_model=base,
        hypernetwork=run / "hypernetwork",
        embeddings=BagOfWords(),
        recall=RecallSettings(threshold=0.3),
    ) as memory:
        entry = memory.add("Lina Okafor lives in Bergen.")
        assert whole_adapter(memory, entry.id).rank == entry.tokens
        assert memory.ask("Where does Lina Okafor live?", max_new_tokens=2).remembered


def test_what_a_teacher_said_is_trained_on_and_measured_by_kind(base, questions: Path, tmp_path) -> None:
    lines = [json.loads(line) | {"kind": "yesno", "answer": "Yes"} for line in questions.read_text().splitlines()]
    questions.write_text(questions.read_text() + "".join(json.dumps(line) + "\n" for line in lines))
    assert teach(base, tmp_path / "taught", TeachConfig((questions,)), lambda line: None) == 6
    data = DataConfig(taught=(tmp_path / "taught",), held_out_taught=(tmp_path / "taught",), most_ordinary=4)
    config = TrainingConfig(steps=2, batch=4, questions=2, log_every=1)
    told: list[str] = []
    train_d2l(base, Run(tmp_path / "run", told.append), config, data, **OPTIONS)
    assert any(line.startswith("6 questions about 6 passages") for line in told)
    trained = [r["measured"] for r in read_log(tmp_path / "run" / "log.jsonl") if r["event"] == "train"]
    assert all("facts" in each and set(each) - {"facts"} <= {"extractive", "yesno"} for each in trained)
    [held_out] = [r["measured"] for r in read_log(tmp_path / "run" / "log.jsonl") if r["event"] == "valid"]
    assert list(held_out) == ["1 fact", "4 facts", "8 facts", "extractive", "yesno"]
    assert held_out["extractive"]["divergence"] > 0 and "divergence" not in held_out["yesno"]


def test_the_same_seed_trains_the_same_hypernetwork(base, questions: Path, tmp_path: Path) -> None:
    made = []
    for name, seed in (("first", 0), ("second", 0), ("other", 1)):
        train(base, tmp_path / name, questions, [], steps=2, seed=seed)
        trained = load_for_training(tmp_path / name / "hypernetwork", base)
        chunks, before = trained.read("Lina Okafor lives in Bergen, and Tomas in Oslo.", base.chat)
        with torch.no_grad():
            rows = trained.chunk_factors(base.model, chunks, before).rows
        made.append({f"{name}.{side}": getattr(of, side) for name, of in rows.items() for side in "AB"})
    assert close_weights(made[1], made[0], within=1e-4)  # of weights that are kept in bfloat16
    assert not close_weights(made[2], made[0], within=5e-4)


def test_questions_that_cannot_be_trained_on_are_named(base, questions: Path, tmp_path: Path) -> None:
    questions.write_text("")
    with pytest.raises(DocumentError, match=r"questions\.jsonl"):
        train(base, tmp_path / "run", questions, [])


def test_other_data_in_the_same_folder_is_prepared_anew(base, finished: Path, questions: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    questions.write_text(questions.read_text().replace("Lina", "Mira"))
    told: list[str] = []
    train(base, tmp_path / "run", questions, told, steps=2)
    assert any(line.startswith("taught:") for line in told)


def test_a_calibration_goes_with_the_weights_it_was_measured_with(
    base, finished: Path, questions: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "first")
    start = tmp_path / "first" / "hypernetwork"
    config = json.loads((start / "config.json").read_text())
    added = {"calibration": {"threshold": 0.5}, "base_signature": "of a kind of model"}
    (start / "config.json").write_text(json.dumps({**config, **added}))
    train(base, tmp_path / "second", questions, [], steps=1, start_from=start)
    assert read_record(tmp_path / "second" / "hypernetwork").calibration == {"threshold": 0.5}
    assert read_record(tmp_path / "second" / "hypernetwork").base_signature == "of a kind of model"
    train(base, tmp_path / "first", questions, [], steps=2)  # a longer run of the same
    assert read_record(start).calibration == {"threshold": 0.5}


def test_training_goes_on_from_a_finished_hypernetwork(base, finished: Path, questions: Path, tmp_path) -> None:
    told: list[str] = []
    start = finished / "hypernetwork"
    assert train(base, tmp_path / "second", questions, told, steps=2, start_from=start).step == 2
    assert f"starting from {start}" in told and not any("key statistics" in line for line in told)
    assert read_record(tmp_path / "second" / "hypernetwork").fingerprint != read_record(start).fingerprint
    with pytest.raises(SettingsError, match="gain already"):
        train_d2l(base, Run(tmp_path / "third"), TrainingConfig(), DataConfig(), start_from=start, gain=4.0)


def test_a_share_of_the_weights_it_started_from_is_kept(base, finished: Path, questions: Path, tmp_path: Path) -> None:
    start, run, told = finished / "hypernetwork", tmp_path / "second", []
    train(base, run, questions, told, start_from=start, keep=0.25, steps=2)
    before = load_for_training(start, base).state_dict()
    trained = torch.load(run / STATE_FILE, weights_only=True)["hypernetwork"]
    assert not close_weights(before, trained)
    for name, written in load_for_training(run / "hypernetwork", base).state_dict().items():
        mean = 0.25 * before[name] + 0.75 * trained[name]
        assert_close(written, mean, ROUNDING[torch.bfloat16])  # what it is kept in
    assert read_record(run / "hypernetwork").training["kept"] == 0.25


def test_a_run_goes_on_only_as_it_began(base, finished: Path, questions: Path, tmp_path: Path) -> None:
    train(base, tmp_path / "second", questions, [], steps=1, seed=1)
    first, second = (run / "hypernetwork" for run in (finished, tmp_path / "second"))
    run = tmp_path / "run"
    train(base, run, questions, [], start_from=first, steps=1)
    for other in (second, None):
        with pytest.raises(CheckpointError, match="started from another hypernetwork"):
            train(base, run, questions, [], start_from=other, steps=2)
    with pytest.raises(SettingsError, match="name another folder"):
        train(base, run, questions, [], start_from=run / "hypernetwork", keep=0.5, steps=2)
    assert train(base, run, questions, [], start_from=first, keep=0.5, steps=2).step == 2


def test_a_result_that_was_written_by_half_is_written_again(
    base, finished: Path, questions: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    (tmp_path / "hypernetwork" / "config.json").unlink()
    train(base, tmp_path, questions, [], steps=1)
    assert read_record(tmp_path / "hypernetwork").training["steps_done"] == 1


def test_a_share_is_kept_of_a_hypernetwork_to_start_from_only(base, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name one"):
        train(base, tmp_path / "run", questions, [], keep=0.5)
    with pytest.raises(SettingsError, match=r"less than 1, not 1\.5"):
        train(base, tmp_path / "run", questions, [], start_from=tmp_path, keep=1.5)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_learning_rate_that_cannot_be_is_refused(rate: float) -> None:
    with pytest.raises(SettingsError, match=f"above 0, not {rate}"):
        TrainingConfig(learning_rate=rate)


def test_no_ordinary_question_has_a_name_in_it_or_is_asked_of_a_document(
    base, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyday = d2l.everyday_questions()[:20]
    monkeypatch.setattr(d2l, "everyday_questions", lambda: everyday)
    lines = [
        {"context": context, "question": question, "answer": "rained"}
        for context, question in (
            ("It rained.", "What did it do?"),
            ("It rained.", "What is rain?"),
            ("She left.", "Why did Lina Okafor leave?"),
            ("She left.", "Why did she leave?"),
        )
    ]
    questions.write_text("".join(json.dumps(line) + "\n" for line in lines))
    data = DataConfig(questions=(questions,), most_ordinary=100_000)
    run = Run(tmp_path, lambda line: None)
    of_document = Example("It rained.", (Question("What did it do?", "It", "rained"),))
    prepared = prepared_ordinary(base, data, run, [of_document])
    asked = {question.text for question in prepared}
    assert asked.isdisjoint({"What did it do?", "What is rain?", "Why did Lina Okafor leave?"})
    assert len(asked) > 10
    others = prepared_ordinary(base, data, run)
    assert asked != {question.text for question in others}, "prepared anew for other documents"


def test_a_hypernetwork_of_another_base_model_is_no_beginning(base, finished: Path, tmp_path: Path) -> None:
    start = shutil.copytree(finished / "hypernetwork", tmp_path / "hypernetwork")
    config = json.loads((start / "config.json").read_text())
    (start / "config.json").write_text(json.dumps(config | {"base_fingerprint": "of another model"}))
    with pytest.raises(CheckpointError, match="--base-model"):
        load_for_training(start, base)
