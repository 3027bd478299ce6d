"""LoRAs trained on examples of one or several tasks, and skills: of examples, of a description, or of a PEFT folder.

What `parametric-memory train lora` and `skill train` run. Knows nothing about memories: models in, an adapter out.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import CONFIG_FILE, load_peft, save_peft
from parametric_memory.documents.task_examples import TaskExample, example_of
from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker
from parametric_memory.hypernetworks.text_to_lora.untrained import (
    ALPHA,
    DEFAULT_MODULES,
    RANK,
    layer_factors,
    rslora_scaling,
    target_modules,
)
from parametric_memory.internalize.skill_makers import skill_folder
from parametric_memory.language_model.hooks import check_fits
from parametric_memory.training.data.tasks import Task
from parametric_memory.training.loop import Run
from parametric_memory.training.skill_trainer import SkillConfig, SkillTrainer, TaskLora, TrainedTask

if TYPE_CHECKING:
    from parametric_memory.internalize.selection import Models
    from parametric_memory.language_model.base_model import BaseModel

ADAPTER = "adapter"  # the folder of what comes out, in a run's folder
LEARNING_RATE = 5e-4  # of a LoRA by itself, which has no network before it
LORA_RECIPE = {"steps": 100, "learning_rate": LEARNING_RATE, "warmup_share": 0.1}


@dataclass(frozen=True)
class LoraSizes:
    """Sizes of a LoRA."""

    rank: int = RANK
    alpha: float = ALPHA
    modules: tuple[str, ...] = DEFAULT_MODULES


def train_lora(
    base: BaseModel,
    run: Run,
    tasks: Sequence[TrainedTask],
    config: SkillConfig,
    sizes: LoraSizes = LoraSizes(),
    validation: Mapping[str, Sequence[TrainedTask]] | None = None,
    start_from: Path | None = None,
    *,
    tied_to: str = "",
) -> SkillTrainer:
    """Trains, or resumes training, one LoRA on examples of one or several tasks.

    It is written to `adapter` in the run's folder.

    Args:
        start_from: a PEFT folder of the same modules, to begin with.
        tied_to: identifies the run, such as a digest of its examples: no other run resumes from its checkpoints.

    Raises:
        AdapterError, CheckpointError: the adapter to start from cannot be read, or does not fit; or the folder holds
            another run.
        DocumentError: there is no example.
        SettingsError: the base model has no such modules.
    """
    given = [task for task in tasks if task.examples]
    if not given:
        raise DocumentError("There is no example to train on: give lines of input and output.")
    tied_to += str(start_from.resolve()) if start_from is not None else ""
    run = replace(run, base_fingerprint=base.fingerprint, started_from=tied_to)
    modules, scaling = target_modules(base.model, sizes.modules), rslora_scaling(sizes.rank, sizes.alpha)
    layers, start = base.model.config.get_text_config().num_hidden_layers, None
    if start_from is not None:
        start = layer_factors(load_peft(start_from), modules, layers, sizes.rank, scaling)
        run.report(f"starting from {start_from}")
    network = TaskLora(modules, layers, sizes.rank, scaling, config.seed, start).to(base.model.device)
    trainer = SkillTrainer(base, network, given, run, config, validation)
    trainer.resume_and_run()
    if run.processes.is_main:
        task = tasks[0].name if len(tasks) == 1 else None
        extra = {"tasks": len(tasks), "task": task, "training": trainer.describe()}
        save_peft(network.adapter(), run.folder / ADAPTER, base.name, extra)
    run.processes.wait()
    return trainer


def trained_tasks(tasks: Sequence[Task]) -> list[TrainedTask]:
    """Tasks with their `train` examples, never their `test`. Raises DocumentError: a task has no `train`."""
    if lacking := [task.name for task in tasks if not task.train]:
        raise DocumentError(
            f"{lacking[0]} has no examples to train on, and eval skills asks its test: give it the field train."
        )
    return [TrainedTask(task.name, task.train) for task in tasks]


def train_each(
    base: BaseModel,
    folder: Path,
    tasks: Sequence[Task],
    config: SkillConfig,
    sizes: LoraSizes = LoraSizes(),
    report: Callable[[str], None] = print,
    start_from: Path | None = None,
) -> int:
    """Trains a LoRA for each task without one, in a folder of its name; returns how many were trained.

    Raises as `train_lora` and `trained_tasks`.
    """
    trained = 0
    for number, task in enumerate(trained_tasks(tasks), 1):
        own = folder / task_folder(task.name)
        if (own / ADAPTER / CONFIG_FILE).exists():
            continue
        report(f"{number}/{len(tasks)}: {task.name}")
        quiet = replace(config, log_every=config.steps, validate_every=config.steps + 1)
        trainer = train_lora(base, Run(own, report), [task], quiet, sizes, None, start_from)
        trainer.state_file.unlink(missing_ok=True)  # of many tasks they would take gigabytes
        trained += 1
    return trained


def task_folder(name: str) -> str:
    """A task's name as the name of a folder."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".") or "_"


def given_adapter(folder: Path, name: str) -> Path | None:
    """A task's adapter in a folder of many; None where there is none."""
    own = folder / task_folder(name)
    return next((place for place in (own / ADAPTER, own) if (place / CONFIG_FILE).is_file()), None)


@dataclass(frozen=True)
class SkillTraining:
    """Training of a skill on examples; see `SkillConfig`.

    Attributes:
        folder: of the run's state and log, so that it can be resumed; a temporary one when not given.
    """

    steps: int = 100
    batch: int = 8
    learning_rate: float = LEARNING_RATE
    max_tokens: int = 256
    sizes: LoraSizes = LoraSizes()
    seed: int = 0
    folder: Path | None = None


def skill_of(
    models: Models,
    description: str | None,
    examples: Iterable[Any] | None = None,
    folder: str | Path | None = None,
    hypernetwork: str | Path | None = None,
    training: SkillTraining | None = None,
    report: Callable[[str], None] | None = None,
) -> tuple[Adapter, dict[str, Any]]:
    """Makes a skill; returns it with the fields of its record that say how.

    Args:
        description: from which a hypernetwork makes it in one forward pass, where there are no examples and no folder.
        examples: mappings of `input` and `output` or `outputs`, on which a LoRA is trained.
        folder: a PEFT LoRA that was made elsewhere.
        hypernetwork: the shipped one, unless another is named. The embedder of descriptions runs code
            of its own only where the models' settings trust it.

    Raises:
        AdapterError: the folder holds no plain LoRA, or it does not fit the base model.
        CheckpointError: a hypernetwork or folder is damaged, or for another base model.
        DocumentError: both examples and a folder are given, or one of them and a hypernetwork; the description is
            empty, too long, or in a language that is not read; an example lacks a field.
        ModelUnavailable: there is no hypernetwork, or what embeds descriptions cannot be loaded.
    """
    if examples is not None and folder is not None:
        raise DocumentError("A skill is made of examples or of a folder: give one of them.")
    if hypernetwork is not None and (examples is not None or folder is not None):
        given_instead = "examples" if examples is not None else "a folder"
        raise DocumentError(f"A hypernetwork makes skills of descriptions: give it, or {given_instead}, not both.")
    if examples is not None:
        given = examples_of(examples)
        adapter = _trained_skill(models, given, training or SkillTraining(), report or (lambda line: None))
        return adapter, {"made_of": "examples", "examples": len(given)}
    if folder is not None:
        adapter = load_peft(Path(folder))
        check_fits(models.base.model, adapter)
        return adapter, {"made_of": "adapter", "made_with": str(folder)}
    trusted = models.settings.trust_remote_code
    maker = SkillMaker.load(skill_folder(models.base, hypernetwork), models.base, trust_remote_code=trusted)
    return maker.adapter(description or ""), {"made_of": "description", "made_with": str(hypernetwork or "")}


def _trained_skill(
    models: Models, examples: Sequence[TaskExample], training: SkillTraining, report: Callable[[str], None]
) -> Adapter:
    """Trains a LoRA on examples; the base model answers nobody else meanwhile. Raises as `train_lora`."""
    config = SkillConfig(
        training.steps,
        batch=training.batch,
        learning_rate=training.learning_rate,
        max_tokens=training.max_tokens,
        seed=training.seed,
        warmup_share=LORA_RECIPE["warmup_share"],
        validate_every=training.steps + 1,
    )
    # Without it the skill of another run's examples would be taken for this one's.
    tied_to = hashlib.sha256(f"{training.sizes} {training.seed} {list(examples)}".encode()).hexdigest()
    with tempfile.TemporaryDirectory() as temporary, models.base.busy:
        place = training.folder or Path(temporary)
        task = TrainedTask("skill", tuple(examples))
        train_lora(models.base, Run(place, report), [task], config, training.sizes, tied_to=tied_to)
        return load_peft(place / ADAPTER)


def examples_of(records: Iterable[Any]) -> list[TaskExample]:
    """Examples out of mappings of `input` and `output`, or `outputs`. Raises DocumentError: a field is missing."""
    return [example_of(record, f"Example {number}") for number, record in enumerate(records, 1)]
