"""Trains a hypernetwork of documents over a frozen base model, which answers questions about them under its factors.

The learning rate falls over the last part of the steps, so that a run can be lengthened later by starting again from a
checkpoint taken before the fall. Several processes share the documents of each batch.
Knows nothing about what the examples are.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import torch

from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
from parametric_memory.language_model.chat import ChatFormat, Message
from parametric_memory.training.asked_documents import asked_documents
from parametric_memory.training.data.conversations import draw_messages
from parametric_memory.training.data.examples import Example, TeacherWeights
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.muon import Muon
from parametric_memory.training.objective import Answered, AnswerLoss, answer_loss, by_source, measured, told

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class TrainingConfig(LoopConfig):
    """How long and how fast. Sizes of a batch count documents; every document brings `questions` questions."""

    questions: int = 3
    fast_multiplier: float = 10.0  # for gains in log space and the bias towards the next token
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


class ExampleStream(Protocol):
    """Draws the batch of a step; the same generator state and step give the same batch."""

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]: ...


@dataclass(frozen=True)
class ValidationSet:
    """Held-out examples, answered teacher-forced at one rank."""

    name: str
    examples: tuple[Example, ...]
    rank: int | None = 40  # None: a row for every token, as wherever that is trained


class Trainer(TrainingLoop[Answered]):
    """Trains a hypernetwork; `run` returns when the steps are done. State lives in `folder`."""

    hypernetwork: Hypernetwork

    def __init__(
        self,
        model: PreTrainedModel,
        chat: ChatFormat,
        hypernetwork: Hypernetwork,
        stream: ExampleStream,
        run: Run,
        config: TrainingConfig,
        validation: Sequence[ValidationSet] = (),
    ):
        """Raises SettingsError: a batch cannot be shared evenly."""
        super().__init__(hypernetwork, run, config, optimizers(hypernetwork, config))
        self.model, self.chat, self.stream, self.config, self.validation = model, chat, stream, config, validation

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        """How this process's share of the batch was answered, by the source of the examples."""
        config = self.config
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
        loss.backward()
        return by_source((example.source for example in examples for _ in example.questions), result.answered)

    def measured(self, found: list[Answered]) -> dict[str, float]:
        return measured(found)

    def told(self, measured: Mapping[str, float]) -> str:
        return told(measured)

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
        """Answer every example's questions under factors of its own document; see `asked_documents`."""
        asked = asked_documents(
            self.model,
            self.chat,
            self.hypernetwork,
            examples,
            rank=rank,
            teacher=TeacherWeights(self.config.opening_divergence, self.config.value_divergence),
            gate_noise=gate_noise,
            merged=merged,
            whole=whole,
            rng=rng,
            messages=messages,
        )
        result = answer_loss(self.model, asked.factors, asked.questions, asked.scaling, self.chat.end)
        answered = dict(zip(asked.order, result.answered, strict=True))
        return replace(result, answered=tuple(answered[i] for i in range(len(answered)))), asked.penalty

    def validate(self) -> dict[str, dict[str, float]]:
        """Teacher-forced loss and accuracy on each validation set."""
        size, found = self.config.batch, {}
        for held_out in self.validation:
            batches = [held_out.examples[i : i + size] for i in range(0, len(held_out.examples), size)]
            rng = random.Random(0)
            rank = None if None in self.config.ranks else held_out.rank
            results = [self.answer(batch, rank=rank, rng=rng)[0] for batch in batches]
            found[held_out.name] = measured([answered for result in results for answered in result.answered])
        return found


def optimizers(hypernetwork: Hypernetwork, config: TrainingConfig) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for matrices, AdamW for the rest; a group may say by how much its learning rate is multiplied."""
    rate, decay = config.learning_rate, config.weight_decay
    fast = hypernetwork.fast_parameters()
    fast_ids = {id(p) for p in fast}
    others = [p for p in hypernetwork.parameters() if id(p) not in fast_ids]
    groups: list[dict[str, Any]] = [
        {"params": fast, "multiplier": config.fast_multiplier},
        {"params": [p for p in others if p.ndim < 2]},
    ]
    adamw = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    muon = Muon([p for p in others if p.ndim >= 2], lr=rate, weight_decay=decay)
    return adamw, muon
