"""The training loop of any hypernetwork over a frozen base model: resumable, and the same under the same seed.

Every step draws its batch from a generator seeded by the run's seed and the step's number, so a run that was stopped
goes on exactly as if it had not been. The learning rate warms up, stays, and falls over the last part of the steps, so
that a run can be lengthened later by starting again from a checkpoint taken before the fall. Several processes share
the documents of each batch.
Knows nothing about what the examples are.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, Protocol

import torch

from parametric_memory.errors import CheckpointError, TrainingError
from parametric_memory.files.durable import replacing, storage_errors
from parametric_memory.hypernetworks.hypernetwork import Attached, Hypernetwork, combined
from parametric_memory.language_model.chat import ChatFormat, Message
from parametric_memory.language_model.precision import bfloat16_is_slow
from parametric_memory.training.attached_sentences import recalled
from parametric_memory.training.curves import LOG, append_to_log
from parametric_memory.training.data.conversations import draw_messages
from parametric_memory.training.data.examples import Example, TeacherWeights, encode_question
from parametric_memory.training.muon import Muon
from parametric_memory.training.objective import Answered, AnswerLoss, answer_loss, measured
from parametric_memory.training.processes import Processes

if TYPE_CHECKING:
    from transformers import PreTrainedModel


STATE_FILE = "training_state.pt"
_CHUNK_BATCHES = 4  # in which the sentences of a batch are read
_MOST_WHOLE = 8  # sentences of a passage that a question sees all of


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast. Sizes of a batch count documents; every document brings `questions` questions."""

    steps: int = 2000
    batch: int = 16
    questions: int = 3
    learning_rate: float = 2e-3
    fast_multiplier: float = 10.0  # for gains in log space and the bias towards the next token
    weight_decay: float = 0.01
    warmup: int = 20
    decay_share: float = 0.3  # of the steps, over which the learning rate falls
    final_share: float = 0.05  # of the learning rate at the end
    clip: float = 1.0
    ranks: tuple[int | None, ...] = (6, 40, 40, 40, 80)  # one is drawn for each batch
    full_rank_steps: int = 150  # first steps, with a row for every token: gates know nothing yet
    gate_noise: float = 0.3
    penalty: float = 0.02  # of the hypernetwork's own penalty: for key-value rows, the mean strength of gates
    opening_divergence: float = 0.8  # see `TeacherWeights`
    value_divergence: float = 0.5
    whole_share: float = 0.25  # of batches in which a question sees all of its document, not what recall would attach
    merge_share: float = 0.1  # of batches in which a question may see sentences of another document too
    system_share: float = 0.1  # of batches in which a system message stands before the question
    turns_share: float = 0.1  # of batches in which earlier turns do
    seed: int = 0
    checkpoint_seconds: float = 240.0
    validate_every: int = 100
    log_every: int = 10


class ExampleStream(Protocol):
    """Draws the batch of a step; the same generator state and step give the same batch."""

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]: ...


@dataclass(frozen=True)
class ValidationSet:
    """Held-out examples, answered teacher-forced at one rank."""

    name: str
    examples: tuple[Example, ...]
    rank: int | None = 40  # None: a row for every token, as wherever that is trained


class Trainer:
    """Trains a hypernetwork; `run` returns when the steps are done. State lives in `folder`."""

    def __init__(
        self,
        model: PreTrainedModel,
        chat: ChatFormat,
        hypernetwork: Hypernetwork,
        stream: ExampleStream,
        folder: Path,
        config: TrainingConfig,
        validation: Sequence[ValidationSet] = (),
        report: Callable[[str], None] = print,
        processes: Processes | None = None,
        base_fingerprint: str = "",
        started_from: str = "",
    ):
        """
        Args:
            base_fingerprint: of the model, which checkpoints are tied to.
            started_from: fingerprint of the hypernetwork that training began with, if it was a trained one; checkpoints
                are tied to it too.
            processes: those that train together; this one alone when not given.

        Raises:
            SettingsError: a batch cannot be shared evenly.
        """
        self.processes = processes or Processes()
        self.processes.check_batch(config.batch)
        self.model, self.chat, self.hypernetwork, self.stream = model, chat, hypernetwork, stream
        self.folder, self.config, self.validation, self.report = folder, config, validation, report
        self.base_fingerprint, self.started_from = base_fingerprint, started_from
        self.step, self.seconds = 0, 0.0
        self._updating = False
        self.optimizers = _optimizers(hypernetwork, config)
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def state_file(self) -> Path:
        return self.folder / STATE_FILE

    def resume(self) -> bool:
        """Go on from the last checkpoint in the folder, if there is one.

        Raises:
            CheckpointError: it is damaged, or of another hypernetwork or base model.
        """
        if not self.state_file.exists():
            return False
        try:
            state = torch.load(self.state_file, map_location=self.model.device, weights_only=True)
            if state.get("base_fingerprint", "") not in ("", self.base_fingerprint):
                raise CheckpointError(
                    f"{self.state_file} is the checkpoint of another base model: name that one, or another folder."
                )
            if state.get("started_from", self.started_from) != self.started_from:
                raise CheckpointError(
                    f"{self.state_file} is the checkpoint of a run that started from another hypernetwork, or from "
                    "none: start as that one did, or name another folder."
                )
            self.hypernetwork.load_state_dict(state["hypernetwork"])
            for optimizer, its_state in zip(self.optimizers, state["optimizers"], strict=True):
                _load_moments(optimizer, its_state)
            self.step, self.seconds = state["step"], state["seconds"]
        except (RuntimeError, KeyError, ValueError, EOFError, UnpicklingError) as error:
            raise CheckpointError(
                f"{self.state_file} is damaged, or the checkpoint of another hypernetwork or release: delete it to "
                "begin anew, or name another folder."
            ) from error
        return True

    def save(self) -> None:
        """Write a checkpoint, whole or not at all; the main process's, if there are several."""
        if not self.processes.is_main:
            return
        state = {
            "hypernetwork": self.hypernetwork.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds": self.seconds,
            "base_fingerprint": self.base_fingerprint,
            "started_from": self.started_from,
        }
        with storage_errors(f"write {self.state_file}"), replacing(self.state_file) as file:
            torch.save(state, file)  # to a path it writes itself, and has another error for a full disk

    def run(self) -> None:
        """Train to the last step, with checkpoints, a log line every few steps, and validation.

        An interrupt saves a checkpoint before it goes on upwards.
        """
        try:
            self._run()
        except KeyboardInterrupt:
            if self._updating:  # some weights are of this step and some of the next: the last checkpoint is whole
                self.report("stopped within an update: the same command goes on from the last checkpoint")
            else:
                self.save()
                self.report(f"stopped at step {self.step}: the same command goes on from there")
            raise

    def _run(self) -> None:
        recent: dict[str, list[Answered]] = {}
        started, saved = time.monotonic(), time.monotonic()
        before = self.seconds
        self.processes.agree(self.hypernetwork)
        self.hypernetwork.train()
        while self.step < self.config.steps:
            for source, answered in self.train_step().items():
                recent.setdefault(source, []).extend(answered)
            self.step += 1
            self._updating = False
            self.seconds = before + time.monotonic() - started
            if self.step % self.config.log_every == 0:
                self._log("train", {name: measured(answered) for name, answered in sorted(recent.items())})
                recent = {}
            if self.step % self.config.validate_every == 0 or self.step == self.config.steps:
                self.log_validation()
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self.save()
                saved = time.monotonic()
        self.save()

    def train_step(self) -> dict[str, list[Answered]]:
        """One update; how this process's share of the batch was answered, by the source of the examples.

        Raises:
            TrainingError: the gradient is not finite; no weight is changed.
        """
        config = self.config
        seed = config.seed * 1_000_003 + self.step
        rng = random.Random(seed)
        torch.manual_seed(seed + self.processes.index)  # each its own gate noise
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * group["multiplier"] * _schedule(self.step, config)
        examples = self.processes.share(self.stream.batch(rng, config.batch, config.questions, self.step))
        result, penalty = self.answer(
            examples,
            rank=None if self.step < config.full_rank_steps else rng.choice(config.ranks),
            gate_noise=config.gate_noise,
            merged=2 if rng.random() < config.merge_share and len(examples) % 2 == 0 else 1,
            whole=rng.random() < config.whole_share,
            rng=random.Random(f"{seed} of process {self.processes.index}"),  # no other draws are the same
            messages=draw_messages(rng, self.chat, config.system_share, config.turns_share),
        )
        loss = result.loss if penalty is None else result.loss + config.penalty * penalty
        self.hypernetwork.zero_grad()
        loss.backward()
        self.processes.average_gradients(self.hypernetwork.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.hypernetwork.parameters(), config.clip)
        if not norm.isfinite():  # the same in every process
            raise TrainingError(
                f"The gradient of step {self.step + 1} is not finite and would destroy the weights: lower the learning "
                f"rate (it is {config.learning_rate:g}), or load the base model in float32 if it is in float16. A "
                f"checkpoint in {self.folder} stays as it was."
            )
        self._updating = True
        for optimizer in self.optimizers:
            optimizer.step()
        by_source: dict[str, list[Answered]] = {}
        sources = [example.source for example in examples for _ in example.questions]
        for source, answered in zip(sources, result.answered, strict=True):
            by_source.setdefault(source, []).append(answered)
        return by_source

    def answer(
        self,
        examples: Sequence[Example],
        *,
        rank: int | None,
        gate_noise: float = 0.0,
        merged: int = 1,
        whole: bool = False,
        rng: random.Random | None = None,
        messages: Sequence[Message] = (),
    ) -> tuple[AnswerLoss, torch.Tensor | None]:
        """Answer every example's questions under factors of its own document.

        merged: from how many neighbouring documents the chunks come that a question may see.
        whole: a question sees all of these chunks; otherwise what recall might attach.
        rng: draws what that is; the same for the same examples when not given.
        messages: what stands before each question; nothing in the bare user turn.
        """
        rng = rng or random.Random(0)
        read = [self.hypernetwork.read(e.document, self.chat) for e in examples]
        chunks, before = [chunk for of_one, _ in read for chunk in of_one], read[0][1]
        ends = [0, *accumulate(len(of_one) for of_one, _ in read)]
        whole = whole or not self.hypernetwork.reads_sentences
        texts = [self.chat.decode(chunk) for chunk in chunks] if self.hypernetwork.reads_sentences else []
        teacher = TeacherWeights(self.config.opening_divergence, self.config.value_divergence)
        questions, attached = [], []
        for i, example in enumerate(examples):
            first = i - i % merged
            may_see = range(ends[first], ends[first + merged])
            for q in example.questions:
                prompt = self.chat.conversation([*messages, {"role": "user", "content": q.text}])
                questions.append(encode_question(self.chat, q, prompt, teacher))
                all_of_it = whole and (not texts or not example.is_passage or len(may_see) <= _MOST_WHOLE)
                attached.append([Attached(c) for c in may_see] if all_of_it else recalled(rng, texts, q, may_see))
        order = sorted(range(len(questions)), key=lambda i: len(questions[i]))  # as they will be asked
        # None but these are read, those of similar length together: none knows of another.
        used = sorted({a.chunk for group in attached for a in group}, key=lambda c: len(chunks[c]))
        place = {chunk: i for i, chunk in enumerate(used)}
        size = -(-len(used) // _CHUNK_BATCHES)
        kind = self.model.device.type
        in_bfloat16 = self.model.dtype != torch.float32 and not bfloat16_is_slow(kind)
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=in_bfloat16):
            parts = [
                self.hypernetwork.chunk_factors(
                    self.model, [chunks[c] for c in used[i : i + size]], before, rank=rank, gate_noise=gate_noise
                )
                for i in range(0, len(used), size)
            ]
        factors = combined(
            parts, [[replace(a, chunk=place[a.chunk]) for a in group] for group in (attached[i] for i in order)]
        )
        result = answer_loss(self.model, factors, [questions[i] for i in order], parts[0].scaling, self.chat.end)
        answered = dict(zip(order, result.answered, strict=True))
        result = replace(result, answered=tuple(answered[i] for i in range(len(order))))
        penalties = [
            part.penalty * len(used[i * size :][:size]) for i, part in enumerate(parts) if part.penalty is not None
        ]
        return result, torch.stack(penalties).sum() / len(used) if penalties else None

    @torch.no_grad()
    def validate(self) -> dict[str, dict[str, float]]:
        """Teacher-forced loss and accuracy on each validation set."""
        self.hypernetwork.eval()
        size, found = self.config.batch, {}
        for held_out in self.validation:
            batches = [held_out.examples[i : i + size] for i in range(0, len(held_out.examples), size)]
            rng = random.Random(0)
            rank = None if None in self.config.ranks else held_out.rank
            results = [self.answer(batch, rank=rank, rng=rng)[0] for batch in batches]
            found[held_out.name] = measured([answered for result in results for answered in result.answered])
        self.hypernetwork.train()
        return found

    def log_validation(self) -> None:
        """Report and log what `validate` measures. The other processes meet the main one again at the next update."""
        if self.processes.is_main:
            self._log("valid", self.validate())

    def _log(self, event: str, by_name: dict[str, dict[str, float]]) -> None:
        if not self.processes.is_main:
            return
        record = {"event": event, "step": self.step, "seconds": round(self.seconds), "measured": by_name}
        append_to_log(self.folder / LOG, record)
        left = self.seconds / self.step * (self.config.steps - self.step)
        parts = [
            f"{name}: loss {m['value_loss']:.3f}, value {m['value_accuracy']:.1%}, answer {m['answer_accuracy']:.1%}"
            for name, m in by_name.items()
        ]
        self.report(f"{event} step {self.step}/{self.config.steps} ({left / 60:.0f} min left)  " + "; ".join(parts))

    def describe(self) -> dict[str, Any]:
        """What a model card says of this run."""
        return {**asdict(self.config), "steps_done": self.step, "hours": round(self.seconds / 3600, 2)}


def _optimizers(hypernetwork: Hypernetwork, config: TrainingConfig) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for matrices, AdamW for the rest; every group says by how much its learning rate is multiplied."""
    rate, decay = config.learning_rate, config.weight_decay
    fast = hypernetwork.fast_parameters()
    fast_ids = {id(p) for p in fast}
    others = [p for p in hypernetwork.parameters() if id(p) not in fast_ids]
    groups = [
        {"params": fast, "multiplier": config.fast_multiplier},
        {"params": [p for p in others if p.ndim < 2], "multiplier": 1.0},
    ]
    adamw = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    muon = Muon([p for p in others if p.ndim >= 2], lr=rate, weight_decay=decay)
    muon.param_groups[0]["multiplier"] = 1.0
    return adamw, muon


def _load_moments(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Go on with what an optimizer had gathered, under the settings of this run, which may be others."""
    settings = [{name: value for name, value in g.items() if name != "params"} for g in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, own in zip(optimizer.param_groups, settings, strict=True):
        group.update(own)


def _schedule(step: int, config: TrainingConfig) -> float:
    """Share of the learning rate at a step: linear warm-up, plateau, linear fall."""
    fall = max(1, round(config.steps * config.decay_share))
    left = (config.steps - step) / fall
    return min(1.0, (step + 1) / max(1, config.warmup), max(left, config.final_share))
