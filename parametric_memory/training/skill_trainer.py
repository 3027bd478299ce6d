"""Trains what makes skills, end to end: the frozen base model does tasks under the factors, and the answers are scored.

One trainer for a LoRA of one or all tasks and for a Text-to-LoRA hypernetwork, which says factors for descriptions.
Several tasks are in one forward pass, each example under the factors of its own task. Knows nothing about files.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.hypernetworks.text_to_lora.config import TargetModule
from parametric_memory.hypernetworks.text_to_lora.network import LayerFactors, TextToLora
from parametric_memory.hypernetworks.text_to_lora.untrained import fresh_factors
from parametric_memory.language_model.answer_logits import head_logits, right_padded
from parametric_memory.language_model.batching import within_tokens
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.text.task_examples import TaskExample
from parametric_memory.training.beside_documents import BesideDocuments, DocumentQuestions
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.objective import Answered, factors_attached, measured, told
from parametric_memory.training.text_to_lora_losses import factor_penalty

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_TOKENS_AT_ONCE = 512  # in a forward pass, padding included
_DRAWS = 8  # of examples, for one that is short enough
_VALIDATED = 4  # examples of each task
_VALIDATED_TASKS = 24  # of those that are trained on
FACTOR_PENALTY = 1e-3


@dataclass(frozen=True)
class SkillConfig(LoopConfig):
    """How long and how fast. A batch counts examples; every example is of another task where there are enough."""

    batch: int = 8
    learning_rate: float = 2.5e-5
    head_multiplier: float = 1.0  # of the learning rate, for the heads of a hypernetwork, which have many inputs
    offset_multiplier: float = 1.0  # for an offset that is trained
    warmup_share: float = 0.2  # of the steps
    decay_share: float = 0.8
    final_share: float = 0.0
    label_smoothing: float = 0.1
    neftune: float = 5.0  # strength of noise on the input embeddings (arXiv 2310.05914)
    embedding_noise: float = 0.0  # standard deviation, on the vectors of descriptions, whose elements have about 1
    penalty: float = FACTOR_PENALTY
    reconstruction: float = 0.0  # weight of the distance to given adapters, beside the answers
    documents: float = 0.0  # weight of what is lost of answers about documents beside a skill
    max_tokens: int = 160  # of an example: input and answer

    @classmethod
    def of(cls, steps: int, **settings: Any) -> SkillConfig:
        """The settings for so many steps."""
        share = settings.get("warmup_share", cls.warmup_share)
        return cls(steps=steps, warmup=max(1, round(steps * share)), **settings)


@dataclass(frozen=True)
class TrainedTask:
    """A task as a trainer sees it: examples, and the vectors `[description, size]` of what is to be done."""

    name: str
    examples: tuple[TaskExample, ...]
    embeddings: Tensor | None = None  # None: nothing is said of what is to be done


@dataclass(frozen=True)
class TaskSet:
    """Tasks with examples that are never trained on, which are done under the factors of their first description."""

    name: str
    tasks: tuple[TrainedTask, ...]
    shuffled: bool = False  # under those of another task's


def spread(tasks: Sequence[TrainedTask]) -> list[TrainedTask]:
    """Some of many tasks to look at, of all kinds: neighbours are of one kind often."""
    return list(tasks[:: -(-len(tasks) // _VALIDATED_TASKS)]) if tasks else []


class TaskLora(nn.Module):
    """A LoRA as PEFT begins it: A random, B zero."""

    def __init__(self, modules: Sequence[TargetModule], layers: int, rank: int, scaling: float, seed: int = 0):
        super().__init__()
        self.modules_trained, self.scaling = tuple(modules), scaling
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            fresh = fresh_factors(modules, layers, rank)
        self.A = nn.ParameterDict({name: nn.Parameter(factors.A) for name, factors in fresh.items()})
        self.B = nn.ParameterDict({name: nn.Parameter(factors.B) for name, factors in fresh.items()})

    @torch.no_grad()
    def begin_with(self, factors: Mapping[str, LayerFactors]) -> None:
        """Takes over the factors of another LoRA, `[layer, 1, rank, d_in or d_out]`."""
        for name, own in factors.items():
            self.A[name].copy_(own.A)
            self.B[name].copy_(own.B)


def said(network: nn.Module, embeddings: Tensor | None) -> dict[str, LayerFactors]:
    """By module type, what a network says for task vectors `[task, size]`; a `TaskLora` says the same for all."""
    if isinstance(network, TaskLora):
        return {m.name: LayerFactors(network.A[m.name], network.B[m.name]) for m in network.modules_trained}
    assert isinstance(network, TextToLora) and embeddings is not None
    encoded = network.encode(embeddings).encoded
    return {module.name: network.generate(module.name, encoded) for module in network.config.modules}


def targets_of(network: nn.Module) -> tuple[tuple[TargetModule, ...], float]:
    """The modules that a network says factors for, and their scaling."""
    if isinstance(network, TaskLora):
        return network.modules_trained, network.scaling
    assert isinstance(network, TextToLora)
    return network.config.modules, network.config.scaling


@dataclass(frozen=True)
class _Leaves:
    """What a network said, cut off from it: gradients gather at each layer's factors, and are handed on once."""

    A: tuple[Tensor, ...]  # by layer, [task, rank, d_in]
    B: tuple[Tensor, ...]

    @classmethod
    def of(cls, factors: LayerFactors, training: bool) -> _Leaves:
        A, B = (tuple(x.detach().requires_grad_(training) for x in side.unbind()) for side in (factors.A, factors.B))
        return cls(A, B)

    def gradients(self) -> tuple[Tensor, Tensor]:
        """`[layer, task, rank, d_in]` and `[layer, task, rank, d_out]`."""
        A, B = ([torch.zeros_like(x) if x.grad is None else x.grad for x in side] for side in (self.A, self.B))
        return torch.stack(A), torch.stack(B)


def _by_module(modules: Sequence[TargetModule], leaves: Mapping[str, _Leaves]) -> dict[str, BatchedFactors]:
    """Factors by the full names of modules, a batch of tasks each."""
    return {
        module.full_name(layer): BatchedFactors(A, B)
        for module in modules
        for layer, (A, B) in enumerate(zip(leaves[module.name].A, leaves[module.name].B, strict=True))
    }


@dataclass(frozen=True)
class Drawn:
    """One example of a batch."""

    task: TrainedTask
    description: int
    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


class SkillTrainer(TrainingLoop[Answered]):
    """Trains a network that says factors; `run` returns when the steps are done. State lives in `folder`."""

    def __init__(
        self,
        model: PreTrainedModel,
        chat: ChatFormat,
        network: nn.Module,
        tasks: Sequence[TrainedTask],
        run: Run,
        config: SkillConfig,
        validation: Sequence[TaskSet] = (),
        reconstructed: Callable[[random.Random], Tensor] | None = None,
        documents: DocumentQuestions | None = None,
    ):
        """
        Args:
            network: a `TaskLora` or a `TextToLora`.
            reconstructed: draws a loss of given adapters, which is added with the weight of the settings.
            documents: draws questions about documents, whose answers should be right beside a skill, too.

        Raises:
            SettingsError: a batch cannot be shared evenly.
        """
        optimizers = (_optimizer(network, config),)
        super().__init__(network, run, config, optimizers)
        self.model, self.chat, self.tasks, self.config = model, chat, tasks, config
        self.validation, self.reconstructed, self.documents = validation, reconstructed, documents

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        """How this process's share of the batch was answered."""
        config = self.config
        count = min(config.batch, len(self.tasks))
        chosen = rng.sample(range(len(self.tasks)), count) + rng.choices(range(len(self.tasks)), k=config.batch - count)
        drawn = self.processes.share([self.draw(rng, self.tasks[i]) for i in chosen])
        answered = self._answered(drawn, training=True)
        if self.reconstructed is not None and config.reconstruction:
            loss = config.reconstruction * self.reconstructed(rng)
            loss.backward()
        found = {"training tasks": answered}
        if self.documents is not None and config.documents:
            own = random.Random(f"{seed} of process {self.processes.index}")
            found["documents beside"] = self._beside(self.documents(own), own)
        return found

    def _beside(self, documents: BesideDocuments, rng: random.Random) -> list[Answered]:
        """How questions about documents were answered under skills of tasks; gradients are added."""
        asked = documents.asked.questions
        tasks = rng.choices(self.tasks, k=len(asked))
        drawn = [
            Drawn(task, 0 if task.embeddings is None else rng.randrange(len(task.embeddings)), q.prompt, q.answer)
            for task, q in zip(tasks, asked, strict=True)
        ]
        conditions, of_task = self._conditions(drawn, (), noise=self.config.embedding_noise)
        factors = said(self.hypernetwork, conditions)
        modules, scaling = targets_of(self.hypernetwork)
        leaves = {name: _Leaves.of(own, True) for name, own in factors.items()}
        rows = torch.tensor(of_task, device=self.model.device)
        skills = factors_attached(self.model, _by_module(modules, leaves), rows, scaling)
        loss, answered = documents.answered(self.model, skills, self.chat.end)
        (self.config.documents * loss).backward()
        self._backward(factors, leaves, penalty=0.0)
        return answered

    def draw(self, rng: random.Random, task: TrainedTask) -> Drawn:
        """An example of a task under a random one of its descriptions; a long one is cut only if no other is found."""
        description = 0 if task.embeddings is None else rng.randrange(len(task.embeddings))
        for _ in range(_DRAWS):
            example = rng.choice(task.examples)
            drawn = self.encoded(task, example, description, rng.choice(example.outputs))
            if len(drawn) <= self.config.max_tokens:
                break
        return self._cut(drawn)

    def encoded(self, task: TrainedTask, example: TaskExample, description: int, output: str) -> Drawn:
        return Drawn(task, description, self.chat.question(example.input), [*self.chat.encode(output), self.chat.end])

    def _cut(self, drawn: Drawn) -> Drawn:
        """An example of at most as many tokens as there may be: of the answer its end goes, then of the input's."""
        most = self.config.max_tokens
        if len(drawn) <= most:
            return drawn
        answer = drawn.answer[: most // 2] if len(drawn.answer) > most // 2 else drawn.answer
        after = list(self.chat.after)
        room = max(1, most - len(answer) - len(after))
        return Drawn(drawn.task, drawn.description, [*drawn.prompt[:room], *after], answer)

    def _answered(self, drawn: Sequence[Drawn], training: bool, shuffled: Sequence[Tensor] = ()) -> list[Answered]:
        """How examples were answered; while training, gradients are added to the network's.

        shuffled: other task vectors, one an example.
        """
        conditions, asked = self._conditions(drawn, shuffled, noise=self.config.embedding_noise if training else 0.0)
        factors = said(self.hypernetwork, conditions)
        modules, scaling = targets_of(self.hypernetwork)
        leaves = {name: _Leaves.of(own, training) for name, own in factors.items()}
        attached = _by_module(modules, leaves)
        found: dict[int, Answered] = {}
        # Each bucket has a backward pass of its own, which saves memory.
        for bucket in within_tokens([len(each) for each in drawn], _TOKENS_AT_ONCE):
            rows = torch.tensor([asked[i] for i in bucket], device=self.model.device)
            examples = [drawn[i] for i in bucket]
            with factors_attached(self.model, attached, rows, scaling):
                loss, met = self._loss(examples, training)
            if training:
                (loss / len(drawn)).backward()
            found.update(zip(bucket, met, strict=True))
        if training:
            self._backward(factors, leaves, self.config.penalty)
        return [found[i] for i in range(len(drawn))]

    def _backward(self, factors: Mapping[str, LayerFactors], leaves: Mapping[str, _Leaves], penalty: float) -> None:
        """From the factors on into the network, with the penalty."""
        outputs = [side for own in factors.values() for side in (own.A, own.B)]
        gradients = [gradient for own in leaves.values() for gradient in own.gradients()]
        of_factors = factor_penalty(factors.values(), penalty)
        torch.autograd.backward([*outputs, of_factors], [*gradients, None])

    def _conditions(
        self, drawn: Sequence[Drawn], shuffled: Sequence[Tensor], noise: float
    ) -> tuple[Tensor | None, list[int]]:
        """The task vectors of a batch, each once, and which one each example has."""
        if drawn[0].task.embeddings is None:
            return None, [0] * len(drawn)
        places: dict[tuple[str, int], int] = {}
        vectors: list[Tensor] = []
        asked = []
        for i, each in enumerate(drawn):
            key = (each.task.name, each.description)
            if key not in places:
                places[key] = len(vectors)
                assert each.task.embeddings is not None
                vectors.append(shuffled[i] if shuffled else each.task.embeddings[each.description])
            asked.append(places[key])
        conditions = torch.stack(vectors).to(self.model.device)
        return conditions + noise * torch.randn_like(conditions), asked

    def _loss(self, examples: Sequence[Drawn], training: bool) -> tuple[Tensor, list[Answered]]:
        """Sum over examples of the mean loss of an answer's tokens; and how each was answered."""
        ids, mask = right_padded([e.prompt + e.answer for e in examples], self.chat.end, self.model.device)
        with _noise(self.model, self.config.neftune if training else 0.0):
            hidden = self.model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        states = [row[len(e.prompt) - 1 : len(e) - 1] for row, e in zip(hidden, examples, strict=True)]
        logits = head_logits(self.model, torch.cat(states))
        target = torch.tensor([token for e in examples for token in e.answer], device=logits.device)
        total = logits.logsumexp(-1)
        losses = total - logits.gather(1, target[:, None])[:, 0]
        smoothing = self.config.label_smoothing if training else 0.0
        smoothed = (1 - smoothing) * losses + smoothing * (total - logits.mean(-1)) if smoothing else losses
        lengths = [len(e.answer) for e in examples]
        loss = torch.stack([each.mean() for each in smoothed.split(lengths)]).sum()
        wrong = (logits.argmax(-1) != target).cpu().split(lengths)
        met = [
            Answered(tuple(of_one.tolist()), not bad[:-1].any(), not bad.any())
            for of_one, bad in zip(losses.detach().cpu().split(lengths), wrong, strict=True)
        ]
        return loss, met

    def measured(self, found: list[Answered]) -> dict[str, float]:
        return measured(found)

    def told(self, measured: Mapping[str, float]) -> str:
        return told(measured)

    def validate(self) -> dict[str, dict[str, float]]:
        """Teacher-forced loss and accuracy on each set of tasks."""
        found = {}
        for held_out in self.validation:
            drawn, shuffled = [], []
            for i, task in enumerate(held_out.tasks):
                other = held_out.tasks[(i + 1) % len(held_out.tasks)].embeddings
                for example in task.examples[:_VALIDATED]:
                    drawn.append(self._cut(self.encoded(task, example, 0, example.outputs[0])))
                    if held_out.shuffled and other is not None:
                        shuffled.append(other[0])
            found[held_out.name] = measured(self._answered(drawn, training=False, shuffled=shuffled))
        return found


@contextmanager
def _noise(model: PreTrainedModel, strength: float) -> Iterator[None]:
    """Uniform noise on the embeddings of the input, the less the more numbers they have (NEFTune)."""
    if not strength:
        yield
        return

    def add(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        size = strength / math.sqrt(output.shape[1] * output.shape[2])
        return output + torch.empty_like(output).uniform_(-size, size)

    handle = model.get_input_embeddings().register_forward_hook(add)
    try:
        yield
    finally:
        handle.remove()


def _optimizer(network: nn.Module, config: SkillConfig) -> torch.optim.Optimizer:
    """AdamW; the heads of a hypernetwork and its offset, where that is trained, have learning rates of their own."""
    parts: list[tuple[nn.Module, float]] = [(network, 1.0)]
    if isinstance(network, TextToLora):
        parts = [(network.heads, config.head_multiplier), (network.AB_offset, config.offset_multiplier), *parts]
    groups: list[dict[str, Any]] = []
    known: set[int] = set()
    for part, multiplier in parts:
        own = [p for p in part.parameters() if p.requires_grad and id(p) not in known]
        known |= {id(p) for p in own}
        if own:
            groups.append({"params": own, "multiplier": multiplier})
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
