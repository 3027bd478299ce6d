from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory import ParametricMemory
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.hypernetworks.checkpoint import load_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.training.d2l import DataConfig, perceiver_config, train_d2l
from parametric_memory.training.data.examples import Distribution, EncodedQuestion, Example, Question, encode_question
from parametric_memory.training.data.parts import begin, part_path, save_taught
from parametric_memory.training.doc_to_lora import (
    _CHUNK_COUNTS,
    ContextTrainer,
    ContextTrainingConfig,
    TokenRow,
    chunk_count,
    token_row,
)
from parametric_memory.training.loop import Run
from parametric_memory.training.trainer import TrainingConfig
from tests.bag_of_words import BagOfWords
from tests.close import assert_close, close
from tests.tiny_models import tiny_model
from tests.training.logs import read_log
from tests.training.reference_rows import written

SMALL: dict[str, Any] = {"latent_size": 8, "latents": 3, "blocks": 2, "rank": 2, "alpha": 2.0}
SHORT: dict[str, Any] = {"steps": 3, "batch": 4, "learning_rate": 1e-3, "warmup": 1, "log_every": 1}
TEXTS = ("Lina lives in Bergen.", "The harbour was rebuilt in 1874 after a fire that lasted for days.")


@pytest.fixture
def rows(base, tmp_path: Path) -> Path:
    """Rows of the reference's form, for the tiny base model, answered without a teacher."""
    hypernetwork = PerceiverHypernetwork(perceiver_config(base, **SMALL))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(written(token_row(row, hypernetwork, base.chat))) + "\n" for row in made(base)))
    return path


def made(base) -> list[Example]:
    return [
        Example(TEXTS[0], (Question("Where?", "", "Bergen", ""), Question("Who?", "", "Lina", ""))),
        Example(TEXTS[1], (Question("When?", "", "1874", ""),)),
    ]


def of(*trained: Path, held_out: tuple[Path, ...] = ()) -> DataConfig:
    return DataConfig(taught=trained, held_out_taught=held_out)


def train(base, folder: Path, data: DataConfig, **changes: Any) -> ContextTrainer:
    start_from, sizes = changes.pop("start_from", None), changes.pop("sizes", SMALL)
    config = ContextTrainingConfig(**(SHORT | {"objective": "cross-entropy"} | changes))
    return train_d2l(
        base, Run(folder, lambda line: None), config, data, start_from=start_from, **({} if start_from else sizes)
    )


def test_a_perceiver_is_trained_goes_on_where_it_was_and_serves_a_memory(base, rows: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = train(base, run, of(rows, held_out=(rows,)))
    assert first.step == 3
    record = read_record(run / "hypernetwork")
    assert (record.kind, record.base_fingerprint) == ("perceiver", base.fingerprint)
    assert record.training["steps_done"] == 3 and record.training["objective"] == "cross-entropy"
    assert [r["event"] for r in read_log(run / "log.jsonl")] == ["train"] * 3 + ["valid"]
    assert train(base, run, of(rows), steps=4).step == 4

    with ParametricMemory(
        tmp_path / "memory", base_model=base, hypernetwork=run / "hypernetwork", embeddings=BagOfWords()
    ) as memory:
        entry = memory.add(TEXTS[0])
        assert entry.tokens > 5 and memory.ask("Where does Lina live?").text is not None


def test_training_lowers_the_loss(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows), steps=1)
    batch = [trainer._cut(row) for row in trainer.rows]
    before = trainer.loss(batch).loss.item()
    again = train(base, tmp_path / "run", of(rows), steps=40, learning_rate=5e-3, neftune=0.0, penalty=0.0)
    assert again.loss(batch).loss.item() < before - 0.1


def test_the_second_stage_starts_from_the_first_and_cuts_documents_in_chunks(
    base, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"_LEAST_CHUNK": 5, "_MOST_CHUNK": 12, "_CHUNK_COUNTS": {2: 0.5, 3: 0.5}}
    for name, value in sizes.items():
        monkeypatch.setattr(f"parametric_memory.training.doc_to_lora.{name}", value)
    train(base, tmp_path / "first", of(rows))
    started = tmp_path / "first" / "hypernetwork"
    config = json.loads((started / "config.json").read_text())
    (started / "config.json").write_text(json.dumps({**config, "calibration": {"threshold": 0.5}}))
    second = train(base, tmp_path / "second", of(rows), start_from=started, several_chunks=True)
    assert second.step == 3 and second.identity["started_from"] == read_record(started).fingerprint
    assert read_record(tmp_path / "second" / "hypernetwork").calibration == {"threshold": 0.5}
    drawn = next(second.batches)
    assert {len(row.chunks) for row in drawn} - {1}
    template, _ = second.hypernetwork.reading(base.chat)
    for row in drawn:
        for chunk in row.chunks[1:]:
            assert tuple(chunk[: len(template.prefix)]) == template.prefix
    with pytest.raises(SettingsError, match="rank already"):
        train_d2l(base, Run(tmp_path / "x"), second.config, of(rows), start_from=started, rank=2)
    with pytest.raises(CheckpointError, match="not one of the kind key-value"):
        train_d2l(base, Run(tmp_path / "y"), TrainingConfig(), DataConfig(), start_from=started)


def test_chunks_are_drawn_as_in_the_paper() -> None:
    rng = random.Random(0)
    assert sum(_CHUNK_COUNTS.values()) == pytest.approx(1)
    counts = [chunk_count(rng, 400) for _ in range(2000)]
    assert set(counts) == set(range(1, 9)) and counts.count(1) / 2000 == pytest.approx(0.5, abs=0.04)
    assert {chunk_count(rng, 60) for _ in range(99)} == {1, 2, 3}  # of at least 25 tokens each
    assert {chunk_count(rng, 1200) for _ in range(99)} <= set(range(3, 9))  # of at most 512
    assert chunk_count(rng, 100_000) == 196


def test_a_step_takes_as_many_documents_as_its_tokens_allow(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows))
    for tokens, count in ((1, 1), (10_000, 7)):
        trainer.config = ContextTrainingConfig(tokens=tokens, batch=7, objective="cross-entropy")
        assert len(next(trainer._batches())) == count


def test_long_documents_come_as_often_as_they_are_drawn(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows), steps=1)
    question = EncodedQuestion([1], [2])
    trainer.rows = [TokenRow([[1] * length], (question,)) for length in (8, 58)]
    trainer.config = ContextTrainingConfig(tokens=100, objective="cross-entropy")
    found: list[int] = []
    for batch in islice(trainer._batches(), 1000):
        assert sum(map(len, batch)) <= 100
        found += [len(row) for row in batch]
    assert found.count(60) / len(found) == pytest.approx(0.5, abs=0.025)  # 0.35, if what does not fit were dropped


def test_a_step_has_the_same_rows_whether_the_run_goes_on_or_not(
    base, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.training.doc_to_lora._STEPS_A_DRAW", 4)
    trainer = train(base, tmp_path / "run", of(rows), steps=1)
    trainer.rows = [TokenRow([[1] * length], (EncodedQuestion([1], [2]),)) for length in range(5, 60)]
    trainer.config = ContextTrainingConfig(tokens=100, objective="cross-entropy")

    def steps(start: int) -> list[list[int]]:
        trainer.step = start
        return [[len(row) for row in batch] for batch in islice(trainer._batches(), 12 - start)]

    whole = steps(0)
    assert all(steps(start) == whole[start:] for start in range(12))
    assert len({tuple(step) for step in whole}) > 10


def test_the_learning_rate_warms_up_and_falls_along_a_cosine(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows))
    trainer.config = ContextTrainingConfig(steps=1100)
    rates = []
    for trainer.step in (0, 99, 100, 600, 1099):
        rates.append(trainer.rate() * trainer.config.learning_rate)
    assert rates == pytest.approx([4e-7, 4e-5, 4e-5, 2.005e-5, 1e-7], rel=1e-2)


def test_noise_on_embeddings_changes_the_loss_and_leaves_nothing_behind(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows))
    batch = [trainer._cut(row) for row in trainer.rows]
    plain = trainer.loss(batch).loss
    assert not close(trainer.loss(batch, noise=5.0).loss, plain, within=1e-3)
    assert close(trainer.loss(batch).loss, plain)


def test_the_logits_of_many_answers_are_made_a_few_at_a_time(
    base, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = train(base, tmp_path / "run", of(rows))
    batch = [trainer._cut(row) for row in trainer.rows]

    def gradient() -> torch.Tensor:
        trainer.hypernetwork.zero_grad()
        trainer.loss(batch).loss.backward()
        return trainer.hypernetwork.network.head.weight.grad.clone()

    whole = gradient()
    monkeypatch.setattr("parametric_memory.training.doc_to_lora._LOGITS_AT_ONCE", 2)
    assert_close(gradient(), whole, within=1e-4)  # sums over every token, which cancel out


def test_what_a_teacher_said_is_trained_on(base, tmp_path: Path) -> None:
    folder = tmp_path / "taught"
    begin(folder, {"base_fingerprint": base.fingerprint})
    first, second = made(base)
    yes = Question("Is it so?", "", "Yes")  # without a teacher
    asked = []
    for question in first.questions:
        tokens = len(encode_question(base.chat, question).answer)
        taught = Distribution(torch.arange(2).int().repeat(tokens, 1), torch.full((tokens, 2), -1.0))
        asked.append(replace(question, taught=taught))
    examples = [replace(first, questions=(*asked, yes)), replace(second, questions=(yes,))]
    save_taught(part_path(folder, 0), examples, 3)
    trainer = train(base, tmp_path / "run", of(folder, held_out=(folder,)), objective="distillation", steps=1)
    [row] = trainer.rows
    assert len(row.questions) == 2 and trainer.validate()["taught"]["divergence"] > 0
    assert len(train(base, tmp_path / "other", of(folder), steps=1).rows) == 2  # answers as they are


def test_what_documents_share_is_left_to_the_bias_rows_where_gradients_are_centred(
    base, rows: Path, tmp_path: Path
) -> None:
    sizes = SMALL | {"scaler_start": 0.5, "chunk_tokens": 256}
    trainer = train(base, tmp_path / "run", of(rows), sizes=sizes, steps=1, batch=1, neftune=0.0)
    head = trainer.hypernetwork.network.head.weight
    row = trainer._cut(trainer.rows[0])

    def gradient_of(centred: bool) -> float:
        """Of a document that is there six times, so that there is nothing to tell apart."""
        trainer.hypernetwork.zero_grad()
        trainer.config = replace(trainer.config, centred=centred)
        trainer.batches = iter([[row] * 6])
        trainer.gradients(random.Random(0), 0)
        assert trainer.hypernetwork.network.bias_B["down_proj"].grad.abs().max() > 0
        return head.grad.abs().max().item()

    assert gradient_of(centred=True) < 1e-3 * gradient_of(centred=False)


def test_matrices_may_be_trained_by_muon(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows), muon=True)
    assert [type(optimizer).__name__ for optimizer in trainer.optimizers] == ["AdamW", "Muon"]
    trained = {id(p) for o in trainer.optimizers for group in o.param_groups for p in group["params"]}
    assert trained == {id(p) for p in trainer.hypernetwork.parameters()}


def test_another_model_may_read(base, rows: Path, tmp_path: Path) -> None:
    reader = tmp_path / "reader"
    tiny_model(base.tokenizer, layers=6).save_pretrained(reader)
    base.tokenizer.save_pretrained(reader)
    sizes = SMALL | {"reader": str(reader), "last_layer": len(base.model.model.layers)}
    trainer = train(base, tmp_path / "run", of(rows), sizes=sizes, steps=1)
    assert trainer.hypernetwork.config.feature_size == 32
    assert trainer.hypernetwork.config.context_encoder.model == str(reader)
    load_perceiver(tmp_path / "run" / "hypernetwork", base.model)


def test_scalers_may_begin_above_zero(base, rows: Path, tmp_path: Path) -> None:
    trainer = train(base, tmp_path / "run", of(rows), sizes=SMALL | {"scaler_start": 0.5}, steps=1)
    scaler = next(iter(trainer.hypernetwork.network.scaler_B.values()))
    assert scaler.mean().item() == pytest.approx(0.5, abs=0.01)


def test_rows_that_cannot_follow_one_teacher_together_are_refused_when_they_are_read(base, tmp_path: Path) -> None:
    hypernetwork = PerceiverHypernetwork(perceiver_config(base, **SMALL))
    [row, _] = made(base)

    def taught(name: str, top: int | None) -> Path:
        asked = []
        for q in row.questions:
            tokens = len(encode_question(base.chat, q).answer)
            known = top and Distribution(torch.zeros(tokens, top).int(), torch.zeros(tokens, top))
            asked.append(replace(q, taught=known))
        path = tmp_path / name
        line = written(token_row(replace(row, questions=tuple(asked)), hypernetwork, base.chat))
        path.write_text(json.dumps(line) + "\n")
        return path

    few, many, none = taught("few.jsonl", 2), taught("many.jsonl", 3), taught("none.jsonl", None)
    with pytest.raises(DocumentError, match=r"few.jsonl has \[2\], \S*many.jsonl has \[3\]: train on rows") as caught:
        train(base, tmp_path / "a", of(few, many), objective="distillation")
    assert "\n" not in str(caught.value)
    with pytest.raises(DocumentError, match=r"none.jsonl: a row has no log-probabilities of a teacher"):
        train(base, tmp_path / "b", of(few, held_out=(none,)), objective="distillation")
    assert train(base, tmp_path / "c", of(few, held_out=(many,)), objective="distillation", steps=1).step == 1
    assert train(base, tmp_path / "d", of(few, many, none), steps=1).step == 1  # which follows no teacher


def test_what_cannot_be_trained_on_is_refused_in_a_line(base, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no log-probabilities of a teacher"):
        train(base, tmp_path / "a", of(rows), objective="distillation")
    with pytest.raises(SettingsError, match=r"has no option width: it has .*latents"):
        train(base, tmp_path / "c", of(rows), sizes={"width": 3})


def test_one_target_module_is_named_without_a_list(base) -> None:
    config = perceiver_config(base, **{**SMALL, "target_modules": "q_proj"})
    assert config == perceiver_config(base, **{**SMALL, "target_modules": ("q_proj",)})
