from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import torch

from parametric_memory.errors import CheckpointError, StorageError, TrainingError
from parametric_memory.training.data.examples import Example, ExamplePool, Question
from parametric_memory.training.loop import Run
from parametric_memory.training.trainer import Trainer, TrainingConfig, asked_documents
from tests.close import TRAINED, close_weights
from tests.training.logs import read_log

HOMES = {"Lina": "Bergen", "Tomas": "Valparaiso", "Ada": "Oslo", "Heron": "the museum"}
EXAMPLES = tuple(
    Example(
        f"{name} has a house in {home}.",
        (Question(f"Where is the house of {name}?", f"The house of {name} is in", home),),
    )
    for name, home in HOMES.items()
)
SHORT: dict[str, Any] = {
    "steps": 6,
    "batch": 4,
    "questions": 2,
    "warmup": 2,
    "merge_share": 0.5,
    "system_share": 0.5,
    "turns_share": 0.5,
    "text_share": 0.5,
    "validate_every": 3,
    "log_every": 2,
}


class Interrupted(ExamplePool):
    """A pool that somebody interrupts at a step."""

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        if step == 3:
            raise KeyboardInterrupt
        return super().batch(rng, size, questions, step)


@pytest.fixture
def trainer(base, hypernetwork) -> Callable[..., Trainer]:
    """Makes trainers of one hypernetwork as it was in the beginning."""

    def make(folder: Path, stream: ExamplePool | None = None, **changes: Any) -> Trainer:
        config = TrainingConfig(**(SHORT | changes))
        stream = stream or ExamplePool(EXAMPLES)
        run = Run(folder, report=lambda line: None)
        start = deepcopy(hypernetwork).requires_grad_(True)
        return Trainer(base, start, stream, run, config, {"homes": EXAMPLES})

    return make


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return trainer.hypernetwork.state_dict()


def alike(first: Trainer, second: Trainer) -> bool:
    return close_weights(weights(first), weights(second), TRAINED)


def test_the_same_seed_is_the_same_run_and_another_is_not(trainer, tmp_path: Path) -> None:
    first, second, other = trainer(tmp_path / "1"), trainer(tmp_path / "2"), trainer(tmp_path / "3", seed=1)
    for each in (first, second, other):
        torch.rand(1)  # whatever else drew random numbers
        each.run()
    assert alike(first, second)
    assert not alike(first, other)


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(trainer, tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole")
    whole.run()
    stopped = trainer(tmp_path / "stopped", Interrupted(EXAMPLES))
    with pytest.raises(KeyboardInterrupt):
        stopped.run()

    again = trainer(tmp_path / "stopped")
    assert again.resume()
    assert again.step == 3 and alike(again, stopped)
    again.run()
    assert again.step == 6 and alike(again, whole)


def test_a_run_that_was_stopped_within_an_update_goes_on_from_the_checkpoint_before(
    trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trainer(tmp_path / "whole")
    whole.run()
    stopped = trainer(tmp_path / "stopped", checkpoint_seconds=0.0)
    matrices = stopped.optimizers[-1]
    step = matrices.step

    def interrupted() -> None:
        if stopped.step == 3:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(matrices, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stopped.run()
    again = trainer(tmp_path / "stopped")
    assert again.resume() and again.step == 3
    again.run()
    assert alike(again, whole)


def test_a_gradient_that_is_not_finite_ends_the_run_and_spares_weights_and_checkpoint(
    trainer, tmp_path: Path, monkeypatch
) -> None:
    run = trainer(tmp_path, steps=3)
    run.run()
    before, checkpoint = deepcopy(weights(run)), run.state_file.read_bytes()
    longer = trainer(tmp_path, steps=6)
    assert longer.resume()
    answer = longer.answer

    def overflown(*args: Any, **options: Any) -> Any:
        result = answer(*args, **options)
        return replace(result, loss=result.loss * float("inf"))

    monkeypatch.setattr(longer, "answer", overflown)
    with pytest.raises(TrainingError, match=r"step 4 is not finite.*lower the learning rate \(it is 0.00"):
        longer.run()
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(longer).items())
    assert longer.state_file.read_bytes() == checkpoint


@pytest.mark.parametrize("content", [b"", b"half", None])
def test_a_checkpoint_that_does_not_fit_is_told_of(trainer, tmp_path: Path, content: bytes | None) -> None:
    run = trainer(tmp_path)
    run.save()
    if content is None:
        torch.save({"hypernetwork": weights(run)}, run.state_file)
    else:
        run.state_file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"training_state\.pt .*delete it"):
        run.resume()


def test_a_finished_run_can_be_made_longer(trainer, tmp_path: Path) -> None:
    trainer(tmp_path).run()
    longer = trainer(tmp_path, steps=8)
    assert longer.resume()
    longer.run()
    assert longer.step == 8 and longer.describe()["steps_done"] == 8


def test_a_run_goes_on_under_its_own_settings(trainer, tmp_path: Path) -> None:
    trainer(tmp_path).run()
    again = trainer(tmp_path, steps=8, weight_decay=0.5, fast_multiplier=3.0, warmup=0)
    assert again.resume()
    adamw, muon = again.optimizers
    assert muon.param_groups[0]["weight_decay"] == 0.5 and adamw.param_groups[0]["multiplier"] == 3.0
    again.run()
    assert again.step == 8


def test_a_checkpoint_is_tied_to_its_base_model(trainer, tmp_path: Path) -> None:
    first = trainer(tmp_path)
    first.identity["base_fingerprint"] = "first"
    first.save()
    again = trainer(tmp_path)
    again.identity["base_fingerprint"] = "first"
    assert again.resume()
    again.identity["base_fingerprint"] = "second"
    with pytest.raises(CheckpointError, match="of another base model"):
        again.resume()


def test_without_a_checkpoint_there_is_nothing_to_go_on_from(trainer, tmp_path: Path) -> None:
    assert not trainer(tmp_path).resume()


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(trainer, tmp_path: Path, monkeypatch) -> None:
    run = trainer(tmp_path)
    run.save()
    before = run.state_file.read_bytes()

    def full(_state: Any, file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(StorageError, match="the disk is full"):
        run.save()
    assert run.state_file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [run.state_file.name], "what is half-written keeps no space"


def test_training_lowers_the_loss_and_leaves_the_base_model_alone(trainer, tmp_path: Path) -> None:
    run = trainer(
        tmp_path, steps=40, learning_rate=1e-2, validate_every=1000, merge_share=0.0, system_share=0.0, turns_share=0.0
    )
    before = run.validate()["homes"]["value_loss"]
    run.run()
    assert run.validate()["homes"]["value_loss"] < 0.8 * before


def test_the_log_tells_of_training_and_of_held_out_data(trainer, tmp_path: Path) -> None:
    trainer(tmp_path).run()
    records = read_log(tmp_path / "log.jsonl")
    assert [(r["event"], r["step"]) for r in records] == [
        ("train", 2),
        ("valid", 3),
        ("train", 4),
        ("train", 6),
        ("valid", 6),
    ]
    assert list(records[0]["measured"]) == ["facts"] and list(records[1]["measured"]) == ["homes"]
    for record in records:
        for measured in record["measured"].values():
            assert measured["value_loss"] > 0
            assert 0 <= measured["answer_accuracy"] <= measured["value_accuracy"] <= 1
    json.dumps(records)


def test_the_learning_rate_rises_stays_and_falls(trainer, tmp_path: Path) -> None:
    run = trainer(tmp_path, steps=10, warmup=4, decay_share=0.4, final_share=0.05, learning_rate=1e-3)
    rates = []
    for _ in range(10):
        run.train_step()
        run.step += 1
        groups = [group for optimizer in run.optimizers for group in optimizer.param_groups]
        fast, vectors, matrices = (1000 * group["lr"] for group in groups)
        assert fast == pytest.approx(10 * matrices) and vectors == matrices
        rates.append(matrices)
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1, 1, 0.75, 0.5, 0.25])


def test_a_batch_of_an_odd_number_of_documents_is_not_merged(trainer, tmp_path: Path) -> None:
    run = trainer(tmp_path, ExamplePool(EXAMPLES[:3]), batch=3, merge_share=1.0)
    run.run()
    assert run.step == 6


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_prompt_holds_the_attached_text_as_hybrid_answers_do(base, hypernetwork, share: float) -> None:
    asked = asked_documents(base, hypernetwork, EXAMPLES[:2], text_share=share)
    for place, question in zip(asked.order, asked.questions, strict=True):
        prompt = base.chat.decode(question.prompt)
        assert (EXAMPLES[place].document in prompt) is bool(share) and EXAMPLES[place].questions[0].text in prompt


def test_a_merged_batch_is_answered_under_the_rows_of_both_documents(trainer, tmp_path: Path) -> None:
    run = trainer(tmp_path)
    alone = run.answer(EXAMPLES)
    merged = run.answer(EXAMPLES, merged=2)
    told = run.answer(EXAMPLES, messages=[{"role": "system", "content": "Be brief."}])
    assert len({each.loss.item() for each in (alone, merged, told)}) == 3
