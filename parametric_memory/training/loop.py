"""The training loop that every trainer here uses: resumable, and deterministic under one seed.

Each step draws its batch from a generator seeded by the run's seed and the step's number, so a resumed run continues
exactly where it stopped. On one machine, with one build of PyTorch and as many threads, the weights are bit-identical.
Processes that `accelerate launch` starts (one a GPU), or `torchrun` (on CPUs too), share each batch: each holds the
whole base model and network, and gradients are averaged before every update. Knows nothing about networks or data.
"""

from __future__ import annotations

import json
import math
import random
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast, reduce
from torch import Tensor, nn

from parametric_memory.errors import CheckpointError, SettingsError, TrainingError
from parametric_memory.files import replacing, storage_errors
from parametric_memory.progress import report_progress

STATE_FILE, LOG = "training_state.pt", "log.jsonl"
T = TypeVar("T")


@dataclass(frozen=True)
class LoopConfig:
    """How long and how fast."""

    steps: int = 2000
    batch: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: int = 20  # steps
    warmup_share: float | None = None  # of the steps, in place of `warmup`
    decay_share: float = 0.3  # of the steps, over which the learning rate falls
    final_share: float = 0.05  # of the learning rate at the end
    clip: float = 1.0
    seed: int = 0
    checkpoint_seconds: float = 240.0
    validate_every: int = 100
    log_every: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < math.inf:
            raise SettingsError(f"The learning rate must be a number above 0, not {self.learning_rate}.")


@dataclass
class Run:
    """A training run: its folder, which is created, its processes, and the identity of its checkpoints."""

    folder: Path
    report: Callable[[str], None] = print  # receives a line on progress, in the main process alone
    processes: PartialState = field(default_factory=lambda: PartialState(cpu=not torch.cuda.is_available()))
    base_fingerprint: str = ""  # of the base model
    started_from: str = ""  # identifies the trained weights that it began with, and whatever else it is tied to

    def __post_init__(self) -> None:
        if not self.processes.is_main_process:
            self.report = lambda line: None
        with storage_errors(f"write to {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)


def check_keep(keep: float, start_from: Path | None) -> None:
    """Raises SettingsError: no share of the starting weights, or there are none to keep a share of."""
    if not 0 <= keep < 1:
        raise SettingsError(f"The share of the weights to keep is at least 0 and less than 1, not {keep}.")
    if keep and start_from is None:
        raise SettingsError("A share of the weights can be kept only of trained ones to start from: name one.")


class TrainingLoop(ABC):
    """Trains a network; `run` returns after the last step. State lives in the run's folder.

    Attributes:
        step, seconds: progress so far.
        optimizers: of the network's parameters; a group may have a `multiplier` of the learning rate.
        validation: held-out items, by the names of their sets.
        progress: names of the attributes that a checkpoint holds.
    """

    progress: tuple[str, ...] = ("step", "seconds")

    def __init__(
        self,
        hypernetwork: nn.Module,
        run: Run,
        config: LoopConfig,
        optimizers: tuple[torch.optim.Optimizer, ...],
        validation: Mapping[str, Sequence[Any]] | None = None,
    ):
        """Raises SettingsError: a batch cannot be shared evenly."""
        self.processes, self.folder, self.report = run.processes, run.folder, run.report
        self.state_file = run.folder / STATE_FILE
        self.identity = {"base_fingerprint": run.base_fingerprint, "started_from": run.started_from}
        count = run.processes.num_processes
        if config.batch % count:
            raise SettingsError(
                f"{count} processes cannot share a batch of {config.batch} documents: take a multiple of {count}."
            )
        self.hypernetwork, self.config, self.optimizers = hypernetwork, config, optimizers
        self.validation = validation or {}
        self.step, self.seconds = 0, 0.0
        self._updating = False

    def share(self, batch: Sequence[T]) -> list[T]:
        """This process's part of a batch; its first item if the batch is too small for all."""
        return list(batch[self.processes.process_index :: self.processes.num_processes] or batch[:1])

    @abstractmethod
    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Any]]:
        """Adds the gradient of this process's share of a step's batch to the parameters, which have none.

        Returns records for `measured`, by their source. rng, seed: of the step, the same in every process.
        """

    def tested(self, items: Sequence[Any], /) -> Sequence[Any]:
        """Records for `measured` of held-out items. Not called where `validate` is another."""
        raise NotImplementedError

    def validate(self) -> dict[str, dict[str, float]]:
        """Measurements on each held-out set."""
        return {name: self.measured(self.tested(items)) for name, items in self.validation.items()}

    @staticmethod
    def measured(found: Sequence[Any], /) -> dict[str, float]:
        """Records of several steps as one measurement: the mean of each number."""
        return {name: sum(record[name] for record in found) / len(found) for name in found[0]}

    def rate(self) -> float:
        """Share of the learning rate at the coming step: linear warm-up, plateau, linear decay."""
        config = self.config
        warmup = config.warmup if config.warmup_share is None else round(config.steps * config.warmup_share)
        left = (config.steps - self.step) / max(1, round(config.steps * config.decay_share))
        return min(1.0, (self.step + 1) / max(1, warmup), max(left, config.final_share))

    def trained_state(self) -> Mapping[str, Tensor]:
        """The network's tensors in a checkpoint."""
        return self.hypernetwork.state_dict()

    @property
    def ended(self) -> bool:
        """Whether no step is left."""
        return self.step >= self.config.steps

    def resume(self) -> bool:
        """Load the last checkpoint in the folder, if there is one.

        Raises CheckpointError: it is damaged, or of another hypernetwork or base model.
        """
        if not self.state_file.exists():
            return False
        device = next(self.hypernetwork.parameters()).device
        try:
            state = torch.load(self.state_file, map_location=device, weights_only=True)
            if state["base_fingerprint"] != self.identity["base_fingerprint"]:
                raise CheckpointError(
                    f"{self.state_file} is the checkpoint of another base model: name that one, or another folder."
                )
            if state["started_from"] != self.identity["started_from"]:
                raise CheckpointError(
                    f"{self.state_file} is the checkpoint of a run that started from another hypernetwork, or from "
                    "none, or of a skill with other examples, sizes or seed: start as that one did, or name another "
                    "folder."
                )
            if missing := self.trained_state().keys() ^ state["hypernetwork"].keys():
                raise KeyError(*missing)
            self.hypernetwork.load_state_dict(state["hypernetwork"], strict=False)
            for optimizer, its_state in zip(self.optimizers, state["optimizers"], strict=True):
                settings = optimizer.state_dict()["param_groups"]  # of this run, which may be others
                optimizer.load_state_dict(its_state)
                optimizer.load_state_dict({**optimizer.state_dict(), "param_groups": settings})
            for name in self.progress:
                setattr(self, name, state[name])
        except (RuntimeError, KeyError, ValueError, EOFError, UnpicklingError) as error:
            raise CheckpointError(
                f"{self.state_file} is damaged, or the checkpoint of another hypernetwork or release: delete it to "
                "begin anew, or name another folder."
            ) from error
        return True

    def resume_and_run(self, keep: float = 0.0) -> None:
        """`resume`, with a report; then `run`.

        keep: share of the starting weights in the mean that the network has afterwards, which is often better than
        either (model soups, arXiv 2203.05482; for a model and its own fine-tuning, arXiv 2109.01903).
        """
        start = {name: weight.detach().clone() for name, weight in self.trained_state().items()} if keep else {}
        if self.resume() and self.ended:
            self.report(
                f"the run in {self.folder} has made its {self.step} steps: take more --steps, or another folder"
            )
        elif self.step:
            self.report(f"resuming from step {self.step}")
        self.run()
        ended = self.trained_state()
        with torch.no_grad():
            for name, weight in start.items():
                ended[name].lerp_(weight, keep)

    def save(self) -> None:
        """Write a checkpoint atomically; only the main process does."""
        if not self.processes.is_main_process:
            return
        state = {
            "hypernetwork": self.trained_state(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            **{name: getattr(self, name) for name in self.progress},
            **self.identity,
        }
        with storage_errors(f"write {self.state_file}"), replacing(self.state_file) as file:
            torch.save(state, file)  # to a path it writes itself, and has another error for a full disk

    def run(self) -> None:
        """Train to the last step with checkpoints, log lines and validation; an interrupt saves a checkpoint first."""
        config, recent = self.config, defaultdict[str, list[Any]](list)
        started, saved, before = time.monotonic(), time.monotonic(), self.seconds
        broadcast(self.hypernetwork.state_dict())  # the main process's parameters and buffers
        self.hypernetwork.train()
        try:
            while not self.ended:
                for source, found in self.train_step().items():
                    recent[source] += found
                self.step += 1
                self._updating = False
                report_progress("steps", self.step, config.steps)
                self.seconds = before + time.monotonic() - started
                if self.step % config.log_every == 0:
                    self._log("train", {name: self.measured(found) for name, found in sorted(recent.items())})
                    recent.clear()
                if self.step % config.validate_every == 0 or self.step == config.steps:
                    self.log_validation()
                if time.monotonic() - saved > config.checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
            self.save()
        except KeyboardInterrupt:
            if self._updating:  # some weights are of this step and some of the next: the last checkpoint is whole
                self.report("stopped within an update: the same command resumes from the last checkpoint")
            else:
                self.save()
                self.report(f"stopped at step {self.step}: the same command resumes from there")
            raise

    def train_step(self) -> dict[str, list[Any]]:
        """One update; returns the records of `gradients`.

        Raises TrainingError: the gradient is not finite; no weight is changed.
        """
        config = self.config
        seed = config.seed * 1_000_003 + self.step
        torch.manual_seed(seed + self.processes.process_index)  # each its own noise
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = config.learning_rate * group.get("multiplier", 1.0) * self.rate()
        self.hypernetwork.zero_grad()
        found = self.gradients(random.Random(seed), seed)
        trained = [p for p in self.hypernetwork.parameters() if p.requires_grad]
        if self.processes.num_processes > 1:
            for parameter in trained:  # a missing gradient counts as zero
                own = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                parameter.grad = reduce(own, "mean")
        norm = nn.utils.clip_grad_norm_(trained, config.clip)
        if not norm.isfinite():  # the same in every process
            raise TrainingError(
                f"The gradient of step {self.step + 1} is not finite and would destroy the weights: lower the learning "
                f"rate (it is {config.learning_rate:g}), or load the base model in float32 if it is in float16. A "
                f"checkpoint in {self.folder} stays as it was."
            )
        self._updating = True
        for optimizer in self.optimizers:
            optimizer.step()
        return found

    def log_validation(self) -> None:
        """Report and log `validate`. The other processes meet the main one again at the next update."""
        if self.processes.is_main_process:
            self.hypernetwork.eval()
            with torch.no_grad():
                found = self.validate()
            self.hypernetwork.train()
            self._log("valid", found)

    def _log(self, event: str, by_name: dict[str, dict[str, float]]) -> None:
        if not self.processes.is_main_process:
            return
        record = {"event": event, "step": self.step, "seconds": round(self.seconds), "measured": by_name}
        append_to_log(self.folder / LOG, record)
        left = self.seconds / max(1, self.step) * (self.config.steps - self.step)
        parts = [
            f"{name}: {', '.join(f'{measure} {value:.3g}' for measure, value in measured.items())}"
            for name, measured in by_name.items()
        ]
        self.report(f"{event} step {self.step}/{self.config.steps} ({left / 60:.0f} min left)  " + "; ".join(parts))

    def describe(self) -> dict[str, Any]:
        """The run's settings and progress, for the model card."""
        return {**asdict(self.config), "steps_done": self.step, "hours": round(self.seconds / 3600, 2)}


def append_to_log(path: Path, record: Mapping[str, Any]) -> None:
    """Adds a record, in the place of a last line that was cut short by a kill. Raises StorageError."""
    with storage_errors(f"write {path}"), path.open("ab+") as log:
        log.seek(0)
        log.truncate(log.read().rfind(b"\n") + 1)
        log.write(json.dumps(record).encode() + b"\n")
