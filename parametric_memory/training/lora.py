"""One adapter from examples of a task, or of all tasks together: what skills by description are compared with.

What `parametric-memory train lora` runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.peft_folder import CONFIG_FILE, load_peft, save_peft
from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.text_to_lora.untrained import (
    ALPHA,
    DEFAULT_MODULES,
    RANK,
    layer_factors,
    rslora_scaling,
    target_modules,
)
from parametric_memory.training.data.tasks import Task
from parametric_memory.training.loop import Run, check_learning_rate
from parametric_memory.training.processes import Processes
from parametric_memory.training.skill_trainer import SkillConfig, SkillTrainer, TaskLora, TaskSet, TrainedTask

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

ADAPTER = "adapter"  # the folder of what comes out, in a run's folder
LEARNING_RATE = 5e-4  # of a LoRA by itself, which has no network before it


@dataclass(frozen=True)
class LoraSizes:
    """What a LoRA is like."""

    rank: int = RANK
    alpha: float = ALPHA
    modules: tuple[str, ...] = DEFAULT_MODULES

    @property
    def scaling(self) -> float:
        return rslora_scaling(self.rank, self.alpha)


def train_lora(
    base: BaseModel,
    folder: Path,
    tasks: Sequence[TrainedTask],
    config: SkillConfig,
    sizes: LoraSizes = LoraSizes(),
    validation: Sequence[TaskSet] = (),
    report: Callable[[str], None] = print,
    processes: Processes | None = None,
    start_from: Path | None = None,
    *,
    tied_to: str = "",
) -> SkillTrainer:
    """Train, or go on training, one LoRA on examples of one or several tasks; it is written to `folder/adapter`.

    Args:
        start_from: a PEFT folder of the same modules, to begin with.
        tied_to: what else a run is told by, such as a digest of its examples: no other goes on from its checkpoints.

    Raises:
        AdapterError, CheckpointError: the adapter to start from cannot be read, or does not fit; or the folder holds
            another run.
        DocumentError: there is no example.
        SettingsError: the base model has no such modules, or the learning rate is no number above 0.
    """
    check_learning_rate(config.learning_rate, f"{LEARNING_RATE:g}")
    if not any(task.examples for task in tasks):
        raise DocumentError("There is no example to train on.")
    run = Run.of(base, folder, report, processes, tied_to + told_start(start_from))
    modules = target_modules(base.model, sizes.modules)
    layers = base.model.config.get_text_config().num_hidden_layers
    network = TaskLora(modules, layers, sizes.rank, sizes.scaling, config.seed)
    if start_from is not None:
        network.begin_with(layer_factors(load_peft(start_from), modules, layers, sizes.rank, sizes.scaling))
        run.report(f"starting from {start_from}")
    given = [task for task in tasks if task.examples]
    trainer = SkillTrainer(base.model, base.chat, network.to(base.model.device), given, run, config, validation)
    trainer.go_on()
    if run.processes.is_main:
        names = [task.name for task in tasks]
        extra = {"tasks": len(names), "task": names[0] if len(names) == 1 else None, "training": trainer.describe()}
        save_peft(adapter_of(network), folder / ADAPTER, base.name, extra)
    run.processes.wait()
    return trainer


def told_start(start_from: Path | None) -> str:
    """What checkpoints say of where training began."""
    return "" if start_from is None else str(start_from.resolve())


def trained_tasks(tasks: Sequence[Task]) -> list[TrainedTask]:
    """Tasks with what they are trained on: their `train`, never their `test`, which `eval skills` asks.

    Raises:
        DocumentError: a task has no `train`.
    """
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
    """A LoRA of each task, in a folder of its name; those that are there are not trained again. How many were trained.

    Raises:
        As `train_lora`, and `trained_tasks`.
    """
    trained = 0
    for number, task in enumerate(trained_tasks(tasks), 1):
        own = folder / task_folder(task.name)
        if (own / ADAPTER / CONFIG_FILE).exists():
            continue
        report(f"{number}/{len(tasks)}: {task.name}")
        quiet = replace(config, log_every=config.steps, validate_every=config.steps + 1)
        trainer = train_lora(base, own, [task], quiet, sizes, (), report, None, start_from)
        trainer.state_file.unlink(missing_ok=True)  # of many tasks they would take gigabytes
        trained += 1
    return trained


def task_folder(name: str) -> str:
    """The folder of a task's own: its name, without what separates folders."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".") or "_"


def given_adapter(folder: Path, name: str) -> Path | None:
    """Where a task's adapter lies in a folder of many; None where there is none."""
    own = folder / task_folder(name)
    for place in (own / ADAPTER, own):
        if (place / CONFIG_FILE).is_file():
            return place
    return None


def adapter_of(network: TaskLora) -> Adapter:
    """What a LoRA has come to."""
    factors = {}
    for module in network.modules_trained:
        A, B = network.A[module.name].detach().cpu(), network.B[module.name].detach().cpu()
        for layer in range(len(A)):
            factors[module.full_name(layer)] = Factors(A[layer, 0].clone(), B[layer, 0].clone(), network.scaling)
    return Adapter(factors)
