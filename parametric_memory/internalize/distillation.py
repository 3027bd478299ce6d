"""Context distillation: trains an adapter for one document, to answer without it as the base model answers with it.

The base model asks itself questions about the document and answers them with the passage in its prompt. The adapter
learns to give the same answers without the passage (cross-entropy with the teacher's most probable tokens, as in
Doc-to-LoRA, arXiv 2602.15902), from rows without effect or from another adapter. This is the slow way to internalize.

Knows nothing about entries and hypernetworks. The base model's weights are never changed.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import torch
from torch import Tensor

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.focus import Focus, PassageRows, focused
from parametric_memory.adapters.merging import compress
from parametric_memory.errors import CheckpointError, DocumentError
from parametric_memory.hypernetworks.hypernetwork import decoder_layers
from parametric_memory.hypernetworks.key_value.features import chunk_features
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.internalize.self_questions import (
    Passage,
    SelfQuestion,
    first_sentence,
    is_supported,
    passages,
    statements,
    written_questions,
)
from parametric_memory.language_model.answer_logits import answer_logits, informed_answers, sharpened
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import adapter_hooks, no_adapters

Ask = Callable[[str], list[int]]
Report = Callable[[str], None]

DEFAULT_SECONDS = 60.0

_PASSAGES_AT_ONCE = 4
_ANSWER_TOKENS = 20
_LEAST_GAIN = 1.0  # nats by which the passage must change the model's prediction of some token of an answer
_SCALED_ON = 256  # tokens of the document that the size of a module's inputs is measured on
_WARMUP = 5
_REPORT_SECONDS = 5.0


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters. The reference trains rank 8 on batches of 16, for 300 epochs at 1e-4, with 16 tokens of the
    teacher; the default is fewer epochs at a rate relative to the size of the parameters.
    """

    rank: int = 8  # new rows of a module
    first_layer: float = 1 / 3  # share of the depth below which there are no new rows
    learning_rate: float = 0.02
    batch: int = 16
    epochs: int | None = 20  # over all questions; None: until the time is up
    top: int = 16  # of the teacher's tokens
    questions_share: float = 1 / 3  # of the time, after which no more questions are asked
    seed: int = 0
    sharpened: bool = True  # sharpen the teacher, see `answer_logits.sharpened`
    as_peft: bool = False  # initialize rows as PEFT does, and do not scale the learning rate


# The context distillation that Doc-to-LoRA's authors compare with, but with the questions of this module.
AS_PUBLISHED = Recipe(first_layer=0.0, learning_rate=1e-4, epochs=300, sharpened=False, as_peft=True)


class DistillationInternalizer:
    """Trains an adapter for each document, which remembers more than one of a hypernetwork and takes far longer.

    The same document and seed give the same adapter bit for bit, if the time limit does not end training and machine,
    PyTorch and number of threads are the same.
    """

    def __init__(
        self,
        base: BaseModel,
        seconds: float | None = DEFAULT_SECONDS,
        recipe: Recipe | None = None,
        report: Report | None = None,
        max_rank: int | None = None,
    ):
        """
        Args:
            seconds: most for each document; None: as long as the recipe takes.
            report: receives a line about progress every few seconds.
            max_rank: the largest rank of an adapter; the recipe's when not given.
        """
        self.base, self.seconds, self.recipe, self.report = base, seconds, recipe or Recipe(), report
        self.max_rank = max_rank

    @property
    def fingerprint(self) -> str:
        """The same for any recipe: their adapters can be merged."""
        return f"distillation:{self.base.fingerprint}"

    def internalize(self, text: str) -> Internalized:
        """Raises DocumentError for a text without a sentence, CheckpointError for a model without a gated MLP."""
        adapter = distil(self.base, text, seconds=self.seconds, recipe=self.recipe, report=self.report)
        if self.max_rank is not None:
            adapter = compress(adapter, self.max_rank)
        return Internalized(adapter, tokens=len(self.base.chat.encode(text)), chunks=1, stored_dtype=torch.bfloat16)


def distil(
    base: BaseModel,
    text: str,
    start: Adapter | None = None,
    *,
    seconds: float | None,
    recipe: Recipe,
    ask: Ask | None = None,
    report: Report | None = None,
    focus: Focus | None = None,
) -> Adapter:
    """Trains an adapter for a text.

    Args:
        start: the initial adapter; new rows when not given. Only its own rows are trained. Ranks and dtypes stay, but
            eight bits become bfloat16.
        seconds: time limit; the current step is still finished.
        ask: ids of a question to the adapter; a bare user turn when not given.
        focus: the rows of `start` that a question attaches; all of them when not given.

    Raises:
        DocumentError: the text has no sentence.
        CheckpointError: new rows are wanted for a model without a gated MLP.
    """
    if not passages(text):
        raise DocumentError("The text is empty: there is nothing to remember.")
    clock = _Clock(seconds)
    report = report or (lambda _line: None)
    begun = _Start.of(_trainable(start, base)) if start else _fresh_rows(base, text, recipe)
    lessons = _lessons(base, text, recipe, clock, ask or base.chat.question, focus)
    report(f"distilling: {len(lessons)} questions in {clock.elapsed:.0f} s")
    student = _Student(begun, recipe, focus.rows if focus else None)
    last_told = clock.elapsed
    for step, share, batch in _schedule(lessons, recipe, clock):
        loss = student.learn(base, batch, step, share)
        if clock.elapsed - last_told > _REPORT_SECONDS:
            report(f"distilling: step {step + 1}, loss {loss:.2f}, {clock.elapsed:.0f} s")
            last_told = clock.elapsed
    return student.adapter()


@dataclass(frozen=True)
class _Lesson:
    """A question without its passage, and the teacher's most probable tokens at each token of the answer."""

    prompt: list[int]
    answer: list[int]
    top_log_probs: Tensor  # [answer token, k]
    top_ids: Tensor  # [answer token, k]
    weights: Mapping[int, float] = field(default_factory=dict)  # of passages whose rows it attaches; empty: all


class _Clock:
    def __init__(self, seconds: float | None) -> None:
        self._started, self.limit = time.monotonic(), math.inf if seconds is None else seconds

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started


def _lessons(base: BaseModel, text: str, recipe: Recipe, clock: _Clock, ask: Ask, focus: Focus | None) -> list[_Lesson]:
    """Lessons about the passages of a text in random order, until a share of the time is used."""
    pieces = passages(text)
    random.Random(recipe.seed).shuffle(pieces)
    lessons: list[_Lesson] = []
    for start in range(0, len(pieces), _PASSAGES_AT_ONCE):
        if lessons and clock.elapsed > recipe.questions_share * clock.limit:
            break
        lessons += _lessons_about(base, pieces[start : start + _PASSAGES_AT_ONCE], recipe, ask, focus)
    return lessons


def _lessons_about(
    base: BaseModel, pieces: Sequence[Passage], recipe: Recipe, ask: Ask, focus: Focus | None
) -> list[_Lesson]:
    questions = written_questions(base, pieces)
    written = informed_answers(
        base, [_informed(base, q) for q in questions], [base.chat.question(q.text) for q in questions], _ANSWER_TOKENS
    )
    answered = [
        SelfQuestion(question.passage, question.text, answer)
        for question, ids in zip(questions, written, strict=True)
        if is_supported(question, answer := first_sentence(base.chat.decode(ids)))
    ]
    own = [statement for passage in pieces for statement in statements(passage)]
    lessons = []
    for asked, least_gain in ((answered, _LEAST_GAIN), (own, -math.inf)):
        for first in range(0, len(asked), recipe.batch):
            lessons += _taught(base, asked[first : first + recipe.batch], recipe, least_gain, ask, focus)
    return lessons


def _informed(base: BaseModel, question: SelfQuestion) -> list[int]:
    """The teacher's prompt."""
    return base.chat.question(f"{question.passage.text}\n\n{question.text}")


@torch.no_grad()
def _taught(
    base: BaseModel,
    questions: Sequence[SelfQuestion],
    recipe: Recipe,
    least_gain: float,
    ask: Ask,
    focus: Focus | None,
) -> list[_Lesson]:
    """Lessons from questions, without those whose answer the passage hardly changes."""
    prompts = [base.chat.question(q.text) for q in questions]
    answers = [[*base.chat.encode(q.answer or ""), base.chat.end] for q in questions]
    with base.busy, no_adapters():
        informed = answer_logits(base.model, [_informed(base, q) for q in questions], answers, base.chat.end)
        plain = answer_logits(base.model, prompts, answers, base.chat.end)
    informed, plain = informed.log_softmax(-1), plain.log_softmax(-1)
    gains = (informed.exp() * (informed - plain)).sum(-1)
    teacher = (sharpened(informed, plain) if recipe.sharpened else informed).topk(recipe.top)
    lessons, first = [], 0
    for question, answer in zip(questions, answers, strict=True):
        own = slice(first, first + len(answer))
        first += len(answer)
        if gains[own].max() >= least_gain:
            weights = focus.weights(question.text) if focus else {}
            lessons.append(_Lesson(ask(question.text), answer, teacher.values[own], teacher.indices[own], weights))
    return lessons


def _schedule(
    lessons: Sequence[_Lesson], recipe: Recipe, clock: _Clock
) -> Iterator[tuple[int, float, Sequence[_Lesson]]]:
    """Batches until the epochs or the time are over, each with its number and the share of training done before it."""
    rng = random.Random(recipe.seed)
    began = clock.elapsed
    batch = min(recipe.batch, len(lessons))
    steps = math.inf if recipe.epochs is None else math.ceil(recipe.epochs * len(lessons) / batch)
    queue: list[_Lesson] = []
    for step in count():
        share = max(step / steps, (clock.elapsed - began) / max(clock.limit - began, 1e-9)) if step else 0.0
        if share >= 1:
            return
        if len(queue) < batch:
            queue += rng.sample(lessons, len(lessons))
        yield step, share, queue[:batch]
        del queue[:batch]


@dataclass(frozen=True)
class _Start:
    """An adapter to train, and by module the mean sizes of A and B, which scale the learning rates."""

    adapter: Adapter
    sizes: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, adapter: Adapter) -> _Start:
        """With the sizes of the document's own rows."""
        own = {name: (f.A[: f.own].float(), f.B[: f.own].float()) for name, f in adapter.factors.items() if f.own}
        return cls(adapter, {name: (A.abs().mean().item(), B.abs().mean().item()) for name, (A, B) in own.items()})


def _fresh_rows(base: BaseModel, text: str, recipe: Recipe) -> _Start:
    """Rows without effect in the upper layers: the text's inputs times A are about 1, and B is zero.

    The size of B is that of the module's output.
    """
    name, layers = decoder_layers(base.model)
    first = round(len(layers) * recipe.first_layer)
    if not all(hasattr(getattr(layer, "mlp", None), "down_proj") for layer in layers):
        raise CheckpointError(f"{base.name} has no mlp.down_proj in its layers: distillation needs a gated MLP.")
    ids = base.chat.encode(text)[:_SCALED_ON]
    with base.busy:
        keys = chunk_features(base.model, [ids], base.chat.before, range(first, len(layers)), [first]).keys[0].float()
    random_rows = torch.Generator().manual_seed(recipe.seed)
    factors, sizes = {}, {}
    for layer, inputs in zip(range(first, len(layers)), keys, strict=True):  # inputs [token, d_in]
        module = layers[layer].mlp.down_proj
        scale = 1 / inputs.norm(dim=-1).mean().item()
        A = scale * torch.randn(recipe.rank, module.in_features, generator=random_rows)
        B = torch.zeros(recipe.rank, module.out_features)
        output = inputs @ module.weight.float().T
        module_name = f"{name}.{layer}.mlp.down_proj"
        size = (A.abs().mean().item(), output.float().abs().mean().item())
        if recipe.as_peft:
            A = torch.empty_like(A).uniform_(-1, 1, generator=random_rows) / module.in_features**0.5
            size = (1.0, 1.0)
        factors[module_name] = Factors(A.to(base.model.device), B.to(base.model.device))
        sizes[module_name] = size
    return _Start(Adapter(factors), sizes)


def _trainable(start: Adapter, base: BaseModel) -> Adapter:
    """On the base model's device, in a dtype that small changes are not lost in."""
    here = start.to(device=base.model.device)
    return Adapter({name: factors.widened() for name, factors in here.factors.items()})


class _Student:
    """An adapter in training: its own rows as float32 parameters, and its shared rows."""

    def __init__(self, start: _Start, recipe: Recipe, rows: PassageRows | None = None) -> None:
        """rows: of each passage, if lessons attach those of some passages."""
        self._start, self._recipe, self._rows = start.adapter, recipe, rows
        self._own = {
            name: (
                f.A[: f.own].detach().float().clone().requires_grad_(),
                f.B[: f.own].detach().float().clone().requires_grad_(),
            )
            for name, f in start.adapter.factors.items()
            if f.own
        }
        self._optimizer = torch.optim.Adam(
            [
                {"params": [side], "size": size}
                for name, sides in self._own.items()
                for side, size in zip(sides, start.sizes[name], strict=True)
            ],
            betas=(0.9, 0.99),
        )

    def learn(self, base: BaseModel, lessons: Sequence[_Lesson], step: int, share: float) -> float:
        """One update; returns the loss before it. The rate warms up, then falls along a cosine."""
        rate = self._recipe.learning_rate * min(1.0, (step + 1) / _WARMUP) * (0.5 + 0.5 * math.cos(math.pi * share))
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["size"]
        parameters = [side for sides in self._own.values() for side in sides]
        with base.busy, torch.enable_grad():
            with adapter_hooks(base.model, self._attached(lessons)):
                logits = answer_logits(
                    base.model, [x.prompt for x in lessons], [x.answer for x in lessons], base.chat.end
                )
            loss = _loss(logits, lessons)
            # Not backward(), which would leave gradients in the weights of a base model that its owner trains.
            gradients = torch.autograd.grad(loss, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self._optimizer.step()
        return loss.item()

    def _attached(self, lessons: Sequence[_Lesson]) -> list[Adapter]:
        """One adapter for each lesson, or one for them all."""
        whole = self._adapter()
        if self._rows is None:
            return [whole]
        return [focused(whole, self._rows, lesson.weights) for lesson in lessons]

    def adapter(self) -> Adapter:
        """The adapter in the dtypes that it started in."""
        return Adapter(
            {name: f.to(self._start.factors[name].A.dtype) for name, f in self._adapter(detached=True).factors.items()}
        )

    def _adapter(self, detached: bool = False) -> Adapter:
        factors = dict(self._start.factors)
        for name, (A, B) in self._own.items():
            start = factors[name]
            if detached:
                A, B = A.detach(), B.detach()
            factors[name] = Factors(
                torch.cat([A, start.A[start.own :].detach().float()]),
                torch.cat([B, start.B[start.own :].detach().float()]),
                start.scaling,
                start.shared,
            )
        return Adapter(factors)


def _loss(logits: Tensor, lessons: Sequence[_Lesson]) -> Tensor:
    """Cross-entropy with the teacher's most probable tokens, averaged over each answer's tokens, then over answers."""
    top_ids = torch.cat([lesson.top_ids for lesson in lessons])
    top_probs = torch.cat([lesson.top_log_probs for lesson in lessons]).exp()
    log_q = logits.gather(1, top_ids) - logits.logsumexp(-1, keepdim=True)
    of_tokens = -(top_probs * log_q).sum(-1)
    lengths = [len(lesson.answer) for lesson in lessons]
    return torch.stack([part.mean() for part in of_tokens.split(lengths)]).mean()
