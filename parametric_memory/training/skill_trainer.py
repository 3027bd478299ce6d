"""Trains skills end to end: the frozen base model does tasks under the factors, which receive the gradients.

One trainer for a LoRA of one or all tasks and for a Text-to-LoRA hypernetwork, which generates factors from
descriptions. A forward pass holds several tasks, each example under the factors of its own task. Questions about
documents may be added, under the documents' factors and a skill (`BesideDocuments`). Knows nothing about files.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from parametric_memory.adapters.factors import Adapter
from parametric_memory.batches import shortest_first, within_tokens
from parametric_memory.documents.task_examples import TaskExample
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.hypernetworks.text_to_lora.network import TargetModule, TextToLora, adapter_of, fresh_factors
from parametric_memory.language_model.answer_logits import answer_logits, head_logits
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.d2l import load_for_training
from parametric_memory.training.data.examples import EncodedQuestion, encode_question
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.tasks import FORMS, InWords
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.objective import Answered, answer_states, answers, factors_attached, measured
from parametric_memory.training.trainer import AskedDocuments, asked_documents

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.language_model.base_model import BaseModel

_TOKENS_AT_ONCE = 512  # in a forward pass, padding included
_DRAWS = 8  # of examples, for one that is short enough
_VALIDATED = 4  # examples of each task
_VALIDATED_TASKS = 24  # of those that are trained on
FACTOR_PENALTY = 1e-3
_MOST_FACTS = 8  # of a document beside a skill
_QUESTIONS = 2  # about such a document
_OTHER_FORMS: tuple[dict[str, Any], ...] = ({"opening": ""}, {"opening": "", "ending": ""})  # the value alone


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


@dataclass(frozen=True)
class TrainedTask:
    """A task as a trainer sees it; see `Task`."""

    name: str
    examples: tuple[TaskExample, ...] = ()
    embeddings: Tensor | None = None  # of its descriptions, `[description, size]`; held out, the first one counts
    factors: Mapping[str, BatchedFactors] = field(default_factory=dict)  # of modules `[layer, 1, rank, d_in or d_out]`
    form: str = ""
    weight: int = 1


def spread(tasks: Sequence[TrainedTask]) -> list[TrainedTask]:
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
        sides = {of: (self.A[of.name].detach().cpu(), self.B[of.name].detach().cpu()) for of in self.modules_trained}
        return adapter_of({module: BatchedFactors(A, B) for module, (A, B) in sides.items()}, self.scaling)


class _Generated:
    """A network's factors for task vectors `[task, size]`; those of a `TaskLora` are the same for all.

    The base model runs under detached copies, in which the gradients of several backward passes add up; `backward`
    takes them into the network once.
    """

    def __init__(self, network: nn.Module, vectors: Tensor | None, training: bool):
        if isinstance(network, TaskLora):
            self.modules, self.scaling = network.modules_trained, network.scaling
            self.factors = {m.name: BatchedFactors(network.A[m.name], network.B[m.name]) for m in self.modules}
        else:
            assert isinstance(network, TextToLora) and vectors is not None
            self.modules, self.scaling = network.config.modules, network.config.scaling
            encoded = network.encode(vectors)
            self.factors = {m.name: network.generate(m.name, encoded) for m in self.modules}
        self._leaves = {
            name: tuple(side.detach().requires_grad_(training) for side in (own.A, own.B))
            for name, own in self.factors.items()
        }

    def by_module(self) -> dict[str, BatchedFactors]:
        """Factors by the full names of modules, a batch of tasks each."""
        return {
            module.full_name(layer): BatchedFactors(A, B)
            for module in self.modules
            for layer, (A, B) in enumerate(zip(*(x.unbind() for x in self._leaves[module.name]), strict=True))
        }

    def backward(self, penalty: float) -> None:
        """From the factors into the network, with the penalty."""
        outputs = [side for own in self.factors.values() for side in (own.A, own.B)]
        leaves = [side for own in self._leaves.values() for side in own]
        gradients = [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]
        torch.autograd.backward([*outputs, factor_penalty(self.factors.values(), penalty)], [*gradients, None])


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

    task: TrainedTask
    description: int
    asked: EncodedQuestion

    def __len__(self) -> int:
        return len(self.asked)


class SkillTrainer(TrainingLoop):
    """Trains a `TaskLora` or a `TextToLora` on tasks."""

    config: SkillConfig
    measured = staticmethod(measured)

    def __init__(
        self,
        base: BaseModel,
        network: nn.Module,
        tasks: Sequence[TrainedTask],
        run: Run,
        config: SkillConfig,
        validation: Mapping[str, Sequence[TrainedTask]] | None = None,
        documents: DocumentQuestions | None = None,
    ):
        """documents: draws questions about documents, which are to be answered right beside a skill."""
        super().__init__(network, run, config, (skill_optimizer(network, config),), validation)
        self.model, self.chat, self.tasks, self.documents = base.model, base.chat, tasks, documents
        self._drawable = [i for i, task in enumerate(tasks) for _ in range(task.weight)]

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        config = self.config
        drawable = self._drawable
        count = min(config.batch, len(drawable))
        chosen = rng.sample(drawable, count) + rng.choices(drawable, k=config.batch - count)
        drawn = self.share([self.draw(rng, self.tasks[i]) for i in chosen])
        found = {"training tasks": self.answered(drawn, training=True)}
        if self.documents is not None and config.documents:
            own = random.Random(f"{seed} of process {self.processes.process_index}")
            found["documents beside"] = self._beside(self.documents(own), own)
        return found

    def _beside(self, documents: BesideDocuments, rng: random.Random) -> list[Answered]:
        """Answers questions about documents under skills of tasks; gradients are added."""
        tasks = [self.tasks[i] for i in rng.choices(self._drawable, k=len(documents.asked.questions))]
        documents = documents.in_forms(self.chat, [task.form for task in tasks])
        drawn = [
            Drawn(task, self._description(rng, task), question)
            for task, question in zip(tasks, documents.asked.questions, strict=True)
        ]
        generated, items = self._generated(drawn, training=True)
        places = torch.tensor(items, device=self.model.device)
        skills = factors_attached(self.model, generated.by_module(), places, generated.scaling)
        loss, answers = documents.answered(self.model, skills, self.chat.end)
        (self.config.documents * loss).backward()
        generated.backward(penalty=0.0)
        return answers

    def _description(self, rng: random.Random, task: TrainedTask) -> int:
        return 0 if task.embeddings is None else rng.randrange(len(task.embeddings))

    def draw(self, rng: random.Random, task: TrainedTask) -> Drawn:
        """An example of a task under a random one of its descriptions; a long one is cut only if no other is found."""
        description = self._description(rng, task)
        for _ in range(_DRAWS):
            example = rng.choice(task.examples)
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
        sizes = [len(each) for each in drawn]
        for bucket in within_tokens(shortest_first(sizes), _TOKENS_AT_ONCE, length=sizes.__getitem__):
            asked, own = [drawn[i].asked for i in bucket], [items[i] for i in bucket]
            factors = generated.by_module()
            states = answer_states(
                self.model, factors, generated.scaling, asked, own, self.chat.end, buckets=1, noise=noise
            )
            logits = head_logits(self.model, states)
            target = torch.tensor([token for each in asked for token in each.answer], device=logits.device)
            losses, smoothed = token_losses(logits, target, smoothing)
            lengths = [len(each.answer) for each in asked]
            loss = torch.stack([each.mean() for each in smoothed.split(lengths)]).sum()
            if training:
                (loss / len(drawn)).backward()
            wrong = (logits.argmax(-1) != target).cpu().split(lengths)
            for i, of_one, bad in zip(bucket, losses.detach().cpu().split(lengths), wrong, strict=True):
                found[i] = Answered(tuple(of_one.tolist()), not bad[:-1].any(), not bad.any())
        if training:
            generated.backward(self.config.penalty)
        return [found[i] for i in range(len(drawn))]

    def _generated(self, drawn: Sequence[Drawn], training: bool) -> tuple[_Generated, list[int]]:
        """The network's factors for the task vectors of a batch, each of which counts once; and each example's item."""
        keys = [(each.task.name, each.description) for each in drawn]
        vectors = {
            key: each.task.embeddings[each.description]
            for key, each in zip(keys, drawn, strict=True)
            if each.task.embeddings is not None
        }
        if not vectors:
            return _Generated(self.hypernetwork, None, training), [0] * len(drawn)
        conditions = torch.stack([*vectors.values()]).to(self.model.device)
        if training:
            conditions = conditions + self.config.embedding_noise * torch.randn_like(conditions)
        places = {key: place for place, key in enumerate(vectors)}
        return _Generated(self.hypernetwork, conditions, training), [places[key] for key in keys]

    def tested(self, items: Sequence[TrainedTask], /) -> list[Answered]:
        drawn = [
            Drawn(task, 0, self.cut(self.encoded(example, example.outputs[0])))
            for task in items
            for example in task.examples[:_VALIDATED]
        ]
        return self.answered(drawn, training=False)


def skill_optimizer(network: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """AdamW; a hypernetwork's heads, and its offset where that is trained, may have their own learning rates."""
    parts: list[tuple[nn.Module, float | None]] = [(network, None)]
    if isinstance(network, TextToLora) and isinstance(config, SkillConfig):
        parts = [(network.heads, config.head_rate), (network.AB_offset, config.offset_rate), *parts]
    groups: list[dict[str, Any]] = []
    known: set[int] = set()
    for part, rate in parts:
        own = [p for p in part.parameters() if p.requires_grad and id(p) not in known]
        known |= {id(p) for p in own}
        if own:
            groups.append({"params": own, "multiplier": (rate or config.learning_rate) / config.learning_rate})
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)


@dataclass(frozen=True)
class BesideDocuments:
    """Questions about documents, under the factors of a document hypernetwork, answered in a sentence.

    A skill may have them answered by the value alone, with or without a full stop: the probabilities of all forms
    together count. A loss that keeps answers word for word would teach skills to do nothing beside documents.
    """

    asked: AskedDocuments
    others: list[list[EncodedQuestion]]  # the same questions, answered in other forms: a list for each form
    answers: list[InWords]  # of each question

    def in_forms(self, chat: ChatFormat, forms: Sequence[str]) -> BesideDocuments:
        """The same, where some questions are to be answered in one form alone. forms: of each question, or ""."""

        def put(questions: Sequence[EncodedQuestion]) -> list[EncodedQuestion]:
            found = []
            for question, form, answer in zip(questions, forms, self.answers, strict=True):
                if form:
                    ids = [*chat.encode(FORMS[form](answer)), chat.end]
                    question = EncodedQuestion(question.prompt, ids)
                found.append(question)
            return found

        asked = replace(self.asked, questions=put(self.asked.questions))
        return replace(self, asked=asked, others=[put(questions) for questions in self.others])

    def answered(
        self, model: PreTrainedModel, skills: AbstractContextManager[None], pad_id: int
    ) -> tuple[Tensor, list[Answered]]:
        """The mean loss of a question, and how each was answered in its most probable form.

        The loss is the negative logarithm of the probability of the answer in any of the forms, divided by the tokens
        of the most probable form.

        skills: attaches one to every question.
        """
        forms, probabilities, met = (self.asked.questions, *self.others), [], []
        with factors_attached(model, self.asked.factors, slice(None), self.asked.scaling), skills:
            for questions in forms:
                given = [question.answer for question in questions]
                logits = answer_logits(model, [question.prompt for question in questions], given, pad_id)
                target = torch.tensor([token for answer in given for token in answer], device=logits.device)
                losses, _ = token_losses(logits, target, 0.0)
                each = losses.split([len(answer) for answer in given])
                probabilities.append(torch.stack([-of_one.sum() for of_one in each]))
                met.append(answers(questions, losses, logits.argmax(-1) != target))
        logs = torch.stack(probabilities)  # [form, question]
        best = list(enumerate(logs.argmax(0).tolist()))  # questions and their most probable forms
        tokens = torch.tensor([len(forms[form][i].answer) for i, form in best], device=logs.device)
        return (-logs.logsumexp(0) / tokens).mean(), [met[form][i] for i, form in best]


# Draws questions beside a skill; the same generator state gives the same.
DocumentQuestions = Callable[[random.Random], BesideDocuments]


def document_questions(base: BaseModel, folder: Path, count: int) -> DocumentQuestions:
    """A source of about so many questions about generated documents.

    folder: of the key-value hypernetwork that reads the documents.

    Raises CheckpointError: it holds none, or one for another base model.
    """
    hypernetwork = load_for_training(folder, base).to(base.model.device).eval()
    stream = FactGenerator(relations(), WordList.training(), _MOST_FACTS, ramp_steps=0)

    @torch.no_grad()
    def drawn(rng: random.Random) -> BesideDocuments:
        examples = stream.batch(rng, -(-count // _QUESTIONS), _QUESTIONS, step=0)
        asked = asked_documents(base, hypernetwork, examples, rng=rng)
        in_order = [question for example in examples for question in example.questions]
        questions = [in_order[i] for i in asked.order]
        others = [
            [
                encode_question(base.chat, replace(question, **form), encoded.prompt)
                for question, encoded in zip(questions, asked.questions, strict=True)
            ]
            for form in _OTHER_FORMS
        ]
        answers = [InWords(question.answer, question.value) for question in questions]
        return BesideDocuments(asked, others, answers)

    return drawn
