from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.hypernetworks.checkpoint import load_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.training.data.tasks import read_tasks
from parametric_memory.training.loop import Run
from parametric_memory.training.lora import LoraSizes, train_each, train_lora
from parametric_memory.training.skill_trainer import Drawn, SkillConfig, SkillTrainer
from parametric_memory.training.t2l import BesideDocuments, ReconstructionConfig, T2LSizes, train_t2l
from tests.close import TRAINED, assert_close, assert_close_adapters, close, close_weights
from tests.training.logs import read_log
from tests.training.skills import task_file

SHORT: dict[str, Any] = {"log_every": 1, "validate_every": 2, "learning_rate": 1e-2}
SMALL = {"embeddings": "base", "latent_size": 16, "head_size": 8}


@pytest.fixture
def tasks(tmp_path: Path):
    return read_tasks([task_file(tmp_path / "tasks.jsonl")])


def end_to_end(base, folder: Path, tasks, steps: int = 4, sizes: dict[str, Any] | None = None, **options: Any):
    config = SkillConfig(steps, **{**SHORT, "batch": 3, **options.pop("config", {})})
    made = T2LSizes(**{**SMALL, **(sizes or {})})
    run = Run(folder, options.pop("report", lambda line: None))
    return train_t2l(base, run, tasks, config, made, **options)


def test_a_hypernetwork_learns_tasks_and_makes_skills_of_descriptions(base, tasks, tmp_path: Path) -> None:
    trainer = end_to_end(base, tmp_path / "run", tasks, steps=30, held_out=tasks)
    logged = read_log(tmp_path / "run" / "log.jsonl")
    losses = [r["measured"]["training tasks"]["value_loss"] for r in logged if r["event"] == "train"]
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])
    held_out = [r["measured"] for r in logged if r["event"] == "valid"][-1]
    assert list(held_out) == ["trained tasks", "held-out tasks", "held-out tasks under another's description"]

    maker = SkillMaker.load(tmp_path / "run" / "hypernetwork", base)
    config = maker.network.config
    assert (config.base_model, config.base_fingerprint) == ("tiny", base.fingerprint)
    assert (config.rank, config.scaling) == (8, pytest.approx(16 / 8**0.5))
    assert config.training["steps_done"] == 30 and config.training["tasks"] == 2
    skills = [maker.adapter(task.descriptions[0]) for task in tasks]
    assert not close(*(skill.factors["model.layers.0.self_attn.q_proj"].B for skill in skills))
    assert trainer.step == 30


def test_it_begins_as_a_fresh_lora_whatever_the_task(base, tasks, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(SkillTrainer, "resume_and_run", lambda trainer: None)
    end_to_end(base, tmp_path / "run", tasks)
    maker = SkillMaker.load(tmp_path / "run" / "hypernetwork", base)
    first, second = (maker.adapter(text).factors["model.layers.2.self_attn.v_proj"] for text in ("One", "Another"))
    assert_close(first.A, second.A)
    assert first.A.std() > 0.01
    assert not first.B.any()


@pytest.mark.parametrize(
    "sizes", [{"shared_head": True}, {"shared_head": True, "row_positions": "learned"}, {"offset": True}]
)
def test_the_other_sizes_and_an_offset_train_too(base, tasks, tmp_path: Path, sizes: dict[str, Any]) -> None:
    end_to_end(base, tmp_path / "run", tasks, steps=2, sizes=sizes)
    maker = SkillMaker.load(tmp_path / "run" / "hypernetwork", base)
    assert maker.adapter("Say the word again.").factors["model.layers.1.self_attn.v_proj"].B.any()


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(base, tasks, tmp_path: Path, monkeypatch) -> None:
    whole = end_to_end(base, tmp_path / "whole", tasks, sizes={"offset": True})
    draw, told = SkillTrainer.draw, []

    def interrupted(trainer, rng, task):
        if trainer.step == 2:
            raise KeyboardInterrupt
        return draw(trainer, rng, task)

    with monkeypatch.context() as patched:
        patched.setattr(SkillTrainer, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            end_to_end(base, tmp_path / "stopped", tasks, sizes={"offset": True})
    again = end_to_end(base, tmp_path / "stopped", tasks, sizes={"offset": True}, report=told.append)
    assert "resuming from step 2" in told
    assert close_weights(again.hypernetwork.state_dict(), whole.hypernetwork.state_dict(), TRAINED)
    other = end_to_end(base, tmp_path / "other", tasks, sizes={"offset": True}, config={"seed": 1})
    assert not close_weights(other.hypernetwork.state_dict(), whole.hypernetwork.state_dict(), TRAINED)


def test_each_example_is_answered_under_the_factors_of_its_own_task(base, tasks, tmp_path: Path) -> None:
    trainer = end_to_end(base, tmp_path / "run", tasks, steps=2)
    network = trainer.hypernetwork.eval()
    drawn = [
        Drawn(task, 0, trainer.encoded(example, example.outputs[0]))
        for task in trainer.tasks
        for example in task.train[:2]
    ]
    with torch.no_grad():
        answered = trainer.answered(drawn, training=False)
    for each, own in zip(drawn, answered, strict=True):
        adapter = network.adapter(trainer.vectors[each.task.name][0])
        with torch.no_grad(), adapter_hooks(base.model, [adapter]):
            logits = base.model(torch.tensor([each.asked.prompt + each.asked.answer])).logits[0]
        expected = torch.nn.functional.cross_entropy(
            logits[len(each.asked.prompt) - 1 : -1], torch.tensor(each.asked.answer), reduction="none"
        )
        assert_close(torch.tensor(own.value_losses), expected)


def test_long_examples_are_cut(base, tasks, tmp_path: Path) -> None:
    trainer = end_to_end(base, tmp_path / "run", tasks, steps=1, config={"max_tokens": 24})
    long = trainer.cut(trainer.encoded(tasks[0].train[0], "museum " * 40))
    assert len(long) <= 24 and len(long.answer) == 12


def test_a_lora_of_one_task_or_of_all_is_a_peft_folder(base, tasks, tmp_path: Path) -> None:
    config = SkillConfig(20, **SHORT, batch=4)
    train_lora(base, Run(tmp_path / "all"), tasks, config, LoraSizes(rank=4), {"held out": tasks})
    adapter = load_peft(tmp_path / "all" / "adapter")
    assert adapter.rank == 4 and len(adapter.factors) == 8
    logged = [r["measured"] for r in read_log(tmp_path / "all" / "log.jsonl") if r["event"] == "valid"]
    assert logged[-1]["held out"]["value_loss"] < logged[0]["held out"]["value_loss"]

    modules = LoraSizes(rank=4, modules=("q_proj", "down_proj"))
    assert train_each(base, tmp_path / "each", tasks, SkillConfig(1, **SHORT), modules, lambda line: None) == 2
    assert train_each(base, tmp_path / "each", tasks, SkillConfig(1, **SHORT), modules, lambda line: None) == 0
    assert not list((tmp_path / "each").rglob("training_state.pt"))
    names = load_peft(tmp_path / "each" / "yes_or_no" / "adapter").factors
    assert {name.rpartition(".")[2] for name in names} == {"q_proj", "down_proj"}


def test_a_lora_is_never_trained_on_what_is_asked_of_it(base, tasks, tmp_path: Path) -> None:
    untaught = [tasks[0], replace(tasks[1], train=())]
    with pytest.raises(DocumentError, match="yes or no has no examples to train on, and eval skills asks its test"):
        train_each(base, tmp_path / "each", untaught, SkillConfig(1, **SHORT), report=lambda line: None)
    assert not (tmp_path / "each").exists()


def test_given_adapters_are_reconstructed(base, tasks, tmp_path: Path) -> None:
    train_each(base, tmp_path / "given", tasks, SkillConfig(8, **SHORT), LoraSizes(rank=2), lambda line: None)
    for objective in ("delta_w", "standardized_factors", "factors"):
        folder = tmp_path / objective
        config = ReconstructionConfig(60, batch=2, log_every=1, validate_every=60, learning_rate=3e-3)
        sizes = T2LSizes(**SMALL, objective=objective, rank=2)
        train_t2l(base, Run(folder), tasks, config, sizes, tasks[:1], tmp_path / "given")
        logged = [
            r["measured"]["given adapters"]["loss"] for r in read_log(folder / "log.jsonl") if r["event"] == "train"
        ]
        assert sum(logged[-5:]) < 0.99 * sum(logged[:5]), objective
        assert load_text_to_lora(folder / "hypernetwork").config.objective == objective


def test_training_may_begin_with_a_lora_or_a_trained_hypernetwork(base, tasks, tmp_path: Path) -> None:
    config = SkillConfig(4, **SHORT)
    train_lora(base, Run(tmp_path / "all"), tasks, config)
    start = tmp_path / "all" / "adapter"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SkillTrainer, "resume_and_run", lambda trainer: None)
        end_to_end(base, tmp_path / "begun", tasks, start_from=start)
    begun = SkillMaker.load(tmp_path / "begun" / "hypernetwork", base).adapter("Anything")
    assert_close_adapters(begun, load_peft(start), within=1e-3)  # but for the file's half precision
    end_to_end(base, tmp_path / "first", tasks, steps=1, start_from=start, adapters=None)
    end_to_end(base, tmp_path / "second", tasks, steps=1, start_from=tmp_path / "first" / "hypernetwork")
    with pytest.raises(CheckpointError, match="is for tiny: train another"):
        end_to_end(
            base,
            tmp_path / "third",
            tasks,
            steps=1,
            start_from=folder_of_other_size(tmp_path / "first" / "hypernetwork"),
        )


def folder_of_other_size(folder: Path) -> Path:
    """The same hypernetwork, as if it were for a model of other sizes."""
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"path": "model.layers', '"path": "model.decoder.layers'))
    return folder


def test_what_cannot_be_trained_is_refused(base, tasks, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no linear modules named x_proj: it has down_proj"):
        end_to_end(base, tmp_path / "run", tasks, sizes={"modules": ("x_proj",)})
    with pytest.raises(SettingsError, match="learning rate"):
        end_to_end(base, tmp_path / "run", tasks, config={"learning_rate": 0.0})
    with pytest.raises(SettingsError, match="needs adapters"):
        train_t2l(base, Run(tmp_path / "run"), tasks, ReconstructionConfig(1), T2LSizes(**SMALL, objective="delta_w"))
    with pytest.raises(DocumentError, match="holds no adapter of any"):
        train_t2l(
            base,
            Run(tmp_path / "run"),
            tasks,
            ReconstructionConfig(1),
            T2LSizes(**SMALL, objective="delta_w"),
            adapters=tmp_path,
        )


def test_skills_learn_to_leave_what_documents_say_right(base, tasks, tmp_path: Path, hypernetwork_folder: Path) -> None:
    lost = {}
    for weight in (0.0, 100.0):
        folder = tmp_path / f"run-{weight}"
        config = {"documents": weight, "seed": 1}
        end_to_end(base, folder, tasks, steps=60, config=config, beside=hypernetwork_folder)
        [*_, last] = [r["measured"] for r in read_log(folder / "log.jsonl") if r["event"] == "train"]
        assert ("documents beside" in last) == bool(weight)
        skill = SkillMaker.load(folder / "hypernetwork", base).adapter(tasks[0].descriptions[0])
        lost[weight] = loss_beside(base, skill, hypernetwork_folder)
    assert lost[100.0] < 0.97 * lost[0.0]


def loss_beside(base, skill: Adapter, folder: Path) -> float:
    """Of answers about other documents than those of the training."""
    documents = BesideDocuments(base, folder, count=96)
    asked, questions = documents.draw(random.Random(7))
    with torch.no_grad():
        loss, answered = documents.answered(asked, questions, [""] * 96, adapter_hooks(base.model, [skill]))
    assert len(answered) == len(questions) == 96
    return float(loss)
