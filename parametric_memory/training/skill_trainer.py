"""Trains skills end to end: the frozen base model does tasks under the factors, which receive the gradients.

One trainer for a LoRA of one or all tasks and for a Text-to-LoRA hypernetwork, which generates factors from
descriptions. A forward pass holds several tasks, each example under the factors of its own task.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from parametric_memory.adapters.factors import Adapter
from parametric_memory.batches import shortest_first, within_tokens
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.hypernetworks.text_to_lora.network import TargetModule, TextToLora, adapter_of, fresh_factors
from parametric_memory.language_model.answer_logits import head_logits
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training.data.examples import EncodedQuestion
from parametric_memory.training.data.tasks import Task, TaskExample
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.objective import Answered, answer_states, measured

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
    head_rate: float | None = None  # learning rate of a hypernetwork's heads, which have many inputs
    offset_rate: float | None = 5e-4  # and of an offset that is trained
    warmup_share: float | None = 0.2
    decay_share: float = 0.8
    final_share: float = 0.0
    label_smoothing: float = 0.1
    neftune: float = 5.0  # strength of noise on the input embeddings (arXiv 2310.05914)
    embedding_noise: float = 0.0  # standard deviation, on the vectors of descriptions, whose elements have about 1
    penalty: float = FACTOR_PENALTY
    documents: float = 0.0  # weight of the loss of answers about documents beside a skill
    max_tokens: int = 160  # of an example: input and answer


def spread(tasks: Sequence[Task]) -> list[Task]:
    """Some of many tasks to measure on, evenly spaced: neighbours are often of one kind."""
    return list(tasks[:: -(-len(tasks) // _VALIDATED_TASKS)]) if tasks else []


class TaskLora(nn.Module):
    """A LoRA as PEFT begins it, A random and B zero; or a given one, `[layer, 1, rank, d_in or d_out]`."""

    def __init__(
        self,
        modules: Sequence[TargetModule],
        layers: int,
        rank: int,
        scaling: float,
        seed: int = 0,
        given: Mapping[str, BatchedFactors] | None = None,
    ):
        super().__init__()
        self.modules_trained, self.scaling = tuple(modules), scaling
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            start = given or fresh_factors(modules, layers, rank)
        self.A = nn.ParameterDict({name: nn.Parameter(factors.A) for name, factors in start.items()})
        self.B = nn.ParameterDict({name: nn.Parameter(factors.B) for name, factors in start.items()})

    def adapter(self) -> Adapter:
        """What was trained, on the CPU."""
        A, B = ({name: side.detach().cpu() for name, side in sides.items()} for sides in (self.A, self.B))
        return adapter_of({m: BatchedFactors(A[m.name], B[m.name]) for m in self.modules_trained}, self.scaling)


class _Generated:
    """A network's factors for task vectors `[task, size]`; those of a `TaskLora` are the same for all.

    The base model runs under detached copies, in which the gradients of several backward passes add up; `backward`
    takes them into the network once.

    by_module: the copies by the full names of modules, a batch of tasks each.
    """

    def __init__(self, network: nn.Module, vectors: Tensor | None, training: bool):
        if isinstance(network, TaskLora):
            modules, self.scaling = network.modules_trained, network.scaling
            self._factors = [BatchedFactors(network.A[m.name], network.B[m.name]) for m in modules]
        else:
            assert isinstance(network, TextToLora) and vectors is not None
            modules, self.scaling = network.config.modules, network.config.scaling
            encoded = network.encode(vectors)
            self._factors = [network.generate(m.name, encoded) for m in modules]
        self._sides = [side for own in self._factors for side in (own.A, own.B)]
        self._leaves = [side.detach().requires_grad_(training) for side in self._sides]
        self.by_module = {
            module.full_name(layer): BatchedFactors(A, B)
            for module, of_A, of_B in zip(modules, self._leaves[::2], self._leaves[1::2], strict=True)
            for layer, (A, B) in enumerate(zip(of_A, of_B, strict=True))
        }

    def backward(self, penalty: float) -> None:
        """From the factors into the network, with the penalty."""
        gradients = [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in self._leaves]
        torch.autograd.backward([*self._sides, factor_penalty(self._factors, penalty)], [*gradients, None])


def factor_penalty(factors: Iterable[BatchedFactors], weight: float = FACTOR_PENALTY) -> Tensor:
    """weight * (mean of A^2 + mean of B^2), summed over module types: keeps generated factors small."""
    return weight * torch.stack([f.A.square().mean() + f.B.square().mean() for f in factors]).sum()


def token_losses(logits: Tensor, target: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy of each token `[token]`, and the same with label smoothing, 0.1 in published training."""
    total = logits.logsumexp(-1)
    losses = total - logits.gather(1, target[:, None])[:, 0]
    return losses, (1 - smoothing) * losses + smoothing * (total - logits.mean(-1)) if smoothing else losses


@dataclass(frozen=True)
class Drawn:
    """An encoded example of a batch."""

    task: Task
    description: int
    asked: EncodedQuestion


class SkillTrainer(TrainingLoop):
    """Trains a `TaskLora` or a `TextToLora` on tasks."""

    config: SkillConfig
    measured = staticmethod(measured)

    def __init__(
        self,
        base: BaseModel,
        network: nn.Module,
        tasks: Sequence[Task],
        run: Run,
        config: SkillConfig,
        validation: Mapping[str, Sequence[Task]] | None = None,
        vectors: Mapping[str, Tensor] | None = None,
    ):
        """Trains on what tasks have to train on, and measures on their test examples, if they have any.

        vectors: of the tasks' descriptions by the tasks' names, `[description, size]`; a `TaskLora` takes none.
        """
        super().__init__(network, run, config, (skill_optimizer(network, config),), validation)
        self.base, self.model, self.chat, self.tasks = base, base.model, base.chat, tasks
        self.vectors = vectors or {}
        self._drawable = [i for i, task in enumerate(tasks) for _ in range(task.weight)]

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        drawable, batch = self._drawable, self.config.batch
        count = min(batch, len(drawable))
        chosen = rng.sample(drawable, count) + rng.choices(drawable, k=batch - count)
        drawn = self.share([self.draw(rng, self.tasks[i]) for i in chosen])
        return {"training tasks": self.answered(drawn, training=True)}

    def _description(self, rng: random.Random, task: Task) -> int:
        return rng.randrange(len(self.vectors[task.name])) if self.vectors else 0

    def draw(self, rng: random.Random, task: Task) -> Drawn:
        """An example of a task under a random one of its descriptions; a long one is cut only if no other is found."""
        description = self._description(rng, task)
        for _ in range(_DRAWS):
            example = rng.choice(task.train)
            asked = self.encoded(example, rng.choice(example.outputs))
            if len(asked) <= self.config.max_tokens:
                break
        return Drawn(task, description, self.cut(asked))

    def encoded(self, example: TaskExample, output: str) -> EncodedQuestion:
        return EncodedQuestion(self.chat.question(example.input), [*self.chat.encode(output), self.chat.end])

    def cut(self, asked: EncodedQuestion) -> EncodedQuestion:
        """An example of at most `max_tokens`: the end of the answer goes, then that of the input."""
        most = self.config.max_tokens
        if len(asked) <= most:
            return asked
        answer, after = asked.answer[: most // 2], self.chat.after
        room = max(1, most - len(answer) - len(after))
        return EncodedQuestion([*asked.prompt[:room], *after], answer)

    def answered(self, drawn: Sequence[Drawn], training: bool) -> list[Answered]:
        """Answers examples teacher-forced; while training, adds their gradients to the network's.

        The loss is the mean over examples of the mean over an answer's tokens.
        """
        generated, items = self._generated(drawn, training)
        noise, smoothing = (self.config.neftune, self.config.label_smoothing) if training else (0.0, 0.0)
        found: dict[int, Answered] = {}
        # Each bucket has a backward pass of its own, which saves memory.
        sizes = [len(each.asked) for each in drawn]
        for bucket in within_tokens(shortest_first(sizes), _TOKENS_AT_ONCE, length=sizes.__getitem__):
            asked, own = [drawn[i].asked for i in bucket], [items[i] for i in bucket]
            factors, scaling = generated.by_module, generated.scaling
            states = answer_states(self.model, factors, scaling, asked, own, self.chat.end, buckets=1, noise=noise)
            of_each = head_logits(self.model, states).split([len(each.answer) for each in asked])
            means = []
            for i, each, logits in zip(bucket, asked, of_each, strict=True):
                target = torch.tensor(each.answer, device=logits.device)
                losses, smoothed = token_losses(logits, target, smoothing)
                wrong = (logits.argmax(-1) != target).tolist()
                found[i] = Answered(tuple(losses.tolist()), not any(wrong[:-1]), not any(wrong))
                means.append(smoothed.mean())
            if training:
                (torch.stack(means).sum() / len(drawn)).backward()
        if training:
            generated.backward(self.config.penalty)
        return [found[i] for i in range(len(drawn))]

    def _generated(self, drawn: Sequence[Drawn], training: bool) -> tuple[_Generated, list[int]]:
        """The network's factors for the task vectors of a batch, each of which counts once; and each example's item."""
        if not self.vectors:
            return _Generated(self.hypernetwork, None, training), [0] * len(drawn)
        keys = [(each.task.name, each.description) for each in drawn]
        places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        conditions = torch.stack([self.vectors[name][i] for name, i in places]).to(self.model.device)
        if training:
            conditions = conditions + self.config.embedding_noise * torch.randn_like(conditions)
        return _Generated(self.hypernetwork, conditions, training), [places[key] for key in keys]

    def tested(self, items: Sequence[Task], /) -> list[Answered]:
        drawn = [
            Drawn(task, 0, self.cut(self.encoded(example, example.outputs[0])))
            for task in items
            for example in (task.test or task.train)[:_VALIDATED]
        ]
        return self.answered(drawn, training=False)


def skill_optimizer(network: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """AdamW; a hypernetwork's heads, and its offset where that is trained, may have their own learning rates."""
    rates: dict[int, float | None] = {}
    if isinstance(network, TextToLora) and isinstance(config, SkillConfig):
        for part, rate in ((network.heads, config.head_rate), (network.AB_offset, config.offset_rate)):
            rates |= dict.fromkeys(map(id, part.parameters()), rate)
    groups = [
        {"params": [weight], "multiplier": (rates.get(id(weight)) or config.learning_rate) / config.learning_rate}
        for weight in network.parameters()
        if weight.requires_grad
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
