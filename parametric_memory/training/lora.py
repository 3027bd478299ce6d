"""LoRAs trained on examples of one or several tasks, and skills: of examples, of a description, or of a PEFT folder.

What `parametric-memory train lora` and `skill train` run. Knows nothing about memories: models in, an adapter out.
"""

from __future__ import annotations

import hashlib
import math
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import CONFIG_FILE, load_peft, save_peft
from parametric_memory.errors import DocumentError, ModelUnavailable
from parametric_memory.hypernetworks.text_to_lora.network import (
    ALPHA,
    DEFAULT_MODULES,
    RANK,
    layer_factors,
    rslora_scaling,
    target_modules,
)
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker, skill_folder
from parametric_memory.internalize.selection import Models
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import check_fits
from parametric_memory.training.data.tasks import Task, TaskExample, examples_of
from parametric_memory.training.loop import Run
from parametric_memory.training.skill_trainer import SkillConfig, SkillTrainer, TaskLora

ADAPTER = "adapter"  # the folder of what comes out, in a run's folder
LEARNING_RATE = 5e-4  # of a LoRA by itself, which has no network before it
_LEAST_STEPS, _MOST_STEPS = 5, 100  # of a skill, if not given
_FEW, _TOKENS = 32, 250  # examples that all cost as much together; tokens of training for each
_LEAST_HELD_OUT, _MOST_HELD_OUT = 8, 4  # examples of which some are held out; how many at most
_VALIDATIONS, _PATIENCE = 6, 3  # validations in a run; how many without a gain end it
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
    tasks: Sequence[Task],
    config: SkillConfig,
    sizes: LoraSizes = LoraSizes(),
    validation: Mapping[str, Sequence[Task]] | None = None,
    start_from: Path | Adapter | None = None,
    *,
    tied_to: str = "",
    stops: bool = False,
) -> SkillTrainer:
    """Trains, or resumes training, one LoRA on examples of one or several tasks.

    It is written to `adapter` in the run's folder.

    Args:
        start_from: an adapter of the same modules to begin with, or a PEFT folder of one.
        tied_to: identifies the run, such as a digest of its examples: no other run resumes from its checkpoints.
        stops: end when the loss on the validation tasks no longer falls, with the adapter that had the lowest.

    Raises:
        AdapterError, CheckpointError: the adapter to start from cannot be read, or does not fit; or the folder holds
            another run.
        DocumentError: there is no example.
        SettingsError: the base model has no such modules.
    """
    given = [task for task in tasks if task.train]
    if not given:
        raise DocumentError("There is no example to train on: give lines of input and output.")
    modules, scaling = target_modules(base.model, sizes.modules), rslora_scaling(sizes.rank, sizes.alpha)
    layers, start = base.model.config.get_text_config().num_hidden_layers, None
    if isinstance(start_from, Path):
        run.report(f"starting from {start_from}")
        tied_to += str(start_from.resolve())
        start_from = load_peft(start_from)
    if start_from is not None:
        start = layer_factors(start_from, modules, layers, sizes.rank, scaling)
    run = replace(run, base_fingerprint=base.fingerprint, started_from=tied_to)
    network = TaskLora(modules, layers, sizes.rank, scaling, config.seed, start).to(base.model.device)
    kind = _StoppingTrainer if stops else SkillTrainer
    trainer = kind(base, network, given, run, config, validation)
    trainer.resume_and_run()
    if run.processes.is_main_process and not stops:
        task = tasks[0].name if len(tasks) == 1 else None
        extra = {"tasks": len(tasks), "task": task, "training": trainer.describe()}
        save_peft(network.adapter(), run.folder / ADAPTER, base.name, extra)
    run.processes.wait_for_everyone()
    return trainer


class _StoppingTrainer(SkillTrainer):
    """Trains a LoRA until the loss on held-out examples has not fallen for some validations.

    The run's folder always holds the adapter with the lowest loss so far, which may be the one that training began
    with. For one process.
    """

    hypernetwork: TaskLora
    progress = (*SkillTrainer.progress, "best_loss", "best_step")
    best_loss, best_step = math.inf, 0

    @property
    def ended(self) -> bool:
        return super().ended or self.step - self.best_step >= _PATIENCE * self.config.validate_every

    def run(self) -> None:
        if self.best_loss == math.inf:
            self.log_validation()
        super().run()
        self.report(f"the loss was lowest at step {self.best_step}, {self.best_loss:.3g}: that adapter is the result")

    def validate(self) -> dict[str, dict[str, float]]:
        found = super().validate()
        loss = fmean(measured["value_loss"] for measured in found.values())
        if loss < self.best_loss:
            self.best_loss, self.best_step = loss, self.step
            save_peft(self.hypernetwork.adapter(), self.folder / ADAPTER, self.base.name)
        return found


def check_trainable(tasks: Sequence[Task]) -> None:
    """Raises DocumentError: a task has no `train`, and its `test` is not trained on."""
    if lacking := [task.name for task in tasks if not task.train]:
        raise DocumentError(
            f"{lacking[0]} has no examples to train on, and eval skills asks its test: give it the field train."
        )


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

    Raises as `train_lora` and `check_trainable`.
    """
    check_trainable(tasks)
    trained = 0
    for number, task in enumerate(tasks, 1):
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

    Without `steps`, these are chosen by the number and length of the examples; of 8 and more some are held out, and
    training ends when the loss on these no longer falls.
    """

    steps: int | None = None
    batch: int = 8
    learning_rate: float = LEARNING_RATE
    max_tokens: int = 256
    sizes: LoraSizes | None = None  # None: training starts from the skill of the description, if there is one
    seed: int = 0
    folder: Path | None = None  # of the run's state and log, so that it can be resumed; None: a temporary one


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

    Arguments and errors are those of `ParametricMemory.skills.add`. With examples and a description, training starts
    from the skill of the description, unless sizes are given or it cannot be made, which is reported. The embedder of
    descriptions runs code of its own only where the models' settings trust it.
    """
    if examples is not None and folder is not None:
        raise DocumentError("A skill is made of examples or of a folder: give one of them.")
    if hypernetwork is not None and (examples is not None or folder is not None):
        given_instead = "examples" if examples is not None else "a folder"
        raise DocumentError(f"A hypernetwork makes skills of descriptions: give it, or {given_instead}, not both.")
    if folder is not None:
        adapter = load_peft(Path(folder))
        check_fits(models.base.model, adapter)
        return adapter, {"made_of": "adapter", "made_with": str(folder)}
    trusted = models.settings.trust_remote_code

    def maker() -> SkillMaker:
        return SkillMaker.load(skill_folder(models.base, hypernetwork), models.base, trust_remote_code=trusted)

    if examples is None:
        loaded, described = maker(), description or ""
        made = {"made_of": "description", "made_with": str(hypernetwork or "")}
        return loaded.adapter(described), {**made, "expectation": loaded.expectation(described)}
    given = examples_of(examples, "Example")
    training, tell, start = training or SkillTraining(), report or (lambda line: None), None
    if description and description.strip() and training.sizes is None:
        try:
            loaded = maker()
            start, config = loaded.adapter(description), loaded.network.config
            names = tuple(module.name for module in config.modules)
            training = replace(training, sizes=LoraSizes(config.rank, config.scaling * math.sqrt(config.rank), names))
        except (DocumentError, ModelUnavailable) as error:
            tell(f"Training does not start from the description. {error}")
    adapter = _trained_skill(models.base, given, training, start, description if start else None, tell)
    return adapter, {"made_of": "examples", "examples": len(given)}


def _trained_skill(
    base: BaseModel,
    examples: Sequence[TaskExample],
    training: SkillTraining,
    start: Adapter | None,
    description: str | None,
    report: Callable[[str], None],
) -> Adapter:
    """Trains a LoRA on examples; the base model answers nobody else meanwhile. Raises as `train_lora`.

    start: the skill of the description, from which training starts.
    """
    sizes = training.sizes or LoraSizes()
    with tempfile.TemporaryDirectory() as temporary, base.busy:
        run = Run(training.folder or Path(temporary), report)
        steps, held_out = training.steps or _steps_for(base, examples, training), list[TaskExample]()
        # All processes must end at the same step, and only the main one measures.
        if training.steps is None and run.processes.num_processes == 1 and len(examples) >= _LEAST_HELD_OUT:
            mixed = random.Random(training.seed).sample(examples, len(examples))
            count = min(_MOST_HELD_OUT, len(examples) // 4)
            held_out, examples = mixed[:count], mixed[count:]
        config = SkillConfig(
            steps,
            batch=training.batch,
            learning_rate=training.learning_rate,
            max_tokens=training.max_tokens,
            seed=training.seed,
            warmup_share=LORA_RECIPE["warmup_share"],
            validate_every=max(2, steps // _VALIDATIONS) if held_out else steps + 1,
        )
        begun = "the description's skill" if start else "an untrained LoRA"
        report(f"{len(examples)} examples and {len(held_out)} held out, from {begun}: {steps} steps at most")
        tasks = [Task("skill", (), tuple(examples))]
        validation = {"held-out examples": [Task("skill", (), tuple(held_out))]} if held_out else None
        # Without it the skill of another run's examples would be taken for this one's.
        identity = hashlib.sha256(f"{sizes} {training.seed} {list(examples)} {held_out} {description}".encode())
        tied, stops = identity.hexdigest(), bool(held_out)
        train_lora(base, run, tasks, config, sizes, validation, start, tied_to=tied, stops=stops)
        return load_peft(run.folder / ADAPTER)


def _steps_for(base: BaseModel, examples: Sequence[TaskExample], training: SkillTraining) -> int:
    """Steps for so many examples of this length: 32 take about a minute of one core, more take longer."""
    if not examples:
        return 1
    lengths = (len([*base.chat.question(e.input), *base.chat.encode(e.outputs[0])]) for e in examples)
    tokens = fmean(min(training.max_tokens, length) for length in lengths)
    affordable = _TOKENS * max(len(examples), _FEW) / (training.batch * tokens)
    return max(_LEAST_STEPS, min(_MOST_STEPS, _LEAST_STEPS * 2 + len(examples), round(affordable)))
