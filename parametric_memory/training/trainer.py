"""Trains a document hypernetwork over a frozen base model, which answers questions under the factors of the documents.

Each question sees what recall would attach of its document. The similarities that recall weighs sentences by are drawn,
not computed: around those that the embedder gives to the sentence with the answer and to others, by how many words of
the question they hold. Knows nothing about what the examples are.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import torch
from jinja2 import TemplateError
from torch import Tensor, nn
from transformers import PreTrainedModel

from parametric_memory.batches import in_groups, in_runs, shortest_first
from parametric_memory.documents.words import stems
from parametric_memory.hypernetworks.hypernetwork import Attached, BatchedFactors, Hypernetwork, combined
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.chat import ChatFormat, Message, prompt_ids
from parametric_memory.language_model.precision import bfloat16_is_slow
from parametric_memory.recall.scorer import MAX_PASSAGES, passage_weights
from parametric_memory.training.data.examples import EncodedQuestion, Example, ExampleStream, Question, encode_question
from parametric_memory.training.data.relations import lists
from parametric_memory.training.loop import LoopConfig, Run, TrainingLoop
from parametric_memory.training.objective import Answered, AnswerLoss, answer_loss, by_source, measured

_CHUNK_BATCHES = 4  # in which the sentences of a batch are read
_MOST_WHOLE = 8  # sentences of a passage that a question sees all of
# How much nearer a sentence is than the one with the answer, as recall with all-MiniLM-L6-v2 finds for 620 sentences of
# generated documents: where both hold as many of the question's words, for each word that it holds more, and at most.
_NEARER, _NEARER_BY_WORD, _MOST_NEARER, _SPREAD = -0.16, 0.13, 0.0, 0.17
# Of a passage as somebody wrote it: how often the sentence that answers is the nearest, second and third, and how far
# neighbours in that order are apart. Of such questions some see the answering sentence alone.
_RANKS = (0.75, 0.17, 0.08)
_GAP, _GAP_SPREAD = 0.06, 0.05
_ALONE_SHARE = 0.15
_MOST_TURNS = 2
_UPDATE_RMS = 0.2  # of an update, in units of the learning rate
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # a polynomial that takes singular values of (0, 1] close to 1
_NEWTON_SCHULZ_STEPS = 5


@dataclass(frozen=True)
class TrainingConfig(LoopConfig):
    """How long and how fast. A batch counts documents; every document brings `questions` questions."""

    questions: int = 3
    fast_multiplier: float = 10.0  # for gains in log space and the bias towards the next token
    penalty: float = 0.02  # of the hypernetwork's own penalty: for key-value rows, the mean strength of gates
    whole_share: float = 0.25  # of batches in which a question sees all of its document, not what recall would attach
    merge_share: float = 0.1  # of batches in which a question may see sentences of another document too
    system_share: float = 0.1  # of batches in which a system message stands before the question
    turns_share: float = 0.1  # of batches in which earlier turns do
    text_share: float = 0.0  # of questions whose prompt holds what is attached as text too, as in hybrid answers


class Trainer(TrainingLoop):
    """Trains a hypernetwork on a stream of examples."""

    hypernetwork: Hypernetwork
    config: TrainingConfig
    measured = staticmethod(measured)

    def __init__(
        self,
        base: BaseModel,
        hypernetwork: Hypernetwork,
        stream: ExampleStream,
        run: Run,
        config: TrainingConfig,
        validation: Mapping[str, Sequence[Example]] | None = None,
    ):
        super().__init__(hypernetwork, run, config, optimizers(hypernetwork, config), validation)
        self.base, self.stream = base, stream

    def gradients(self, rng: random.Random, seed: int) -> dict[str, list[Answered]]:
        config = self.config
        examples = self.share(self.stream.batch(rng, config.batch, config.questions, self.step))
        result = self.answer(
            examples,
            merged=2 if rng.random() < config.merge_share and len(examples) % 2 == 0 else 1,
            whole=rng.random() < config.whole_share,
            rng=random.Random(f"{seed} of process {self.processes.process_index}"),  # no other draws are the same
            text_share=config.text_share,
            messages=draw_messages(rng, self.base.chat, config.system_share, config.turns_share),
        )
        (result.loss + config.penalty * result.penalty).backward()
        return by_source(examples, result.answered)

    def answer(self, examples: Sequence[Example], **options: Any) -> AnswerLoss:
        """The loss of every example's questions, with the hypernetwork's penalty; options: see `asked_documents`."""
        asked = asked_documents(self.base, self.hypernetwork, examples, **options)
        result = answer_loss(self.base.model, asked.factors, asked.questions, asked.scaling, self.base.chat.end)
        answered = dict(zip(asked.order, result.answered, strict=True))
        return replace(result, answered=tuple(answered[i] for i in range(len(answered))), penalty=asked.penalty)

    def tested(self, items: Sequence[Example], /) -> list[Answered]:
        """Teacher-forced."""
        rng = random.Random(0)
        return [each for batch in in_runs(items, self.config.batch) for each in self.answer(batch, rng=rng).answered]


def orthogonalized(matrices: Tensor) -> Tensor:
    """About U V^T for every matrix U S V^T of `[..., rows, columns]`: singular values between 0.7 and 1.2."""
    a, b, c = _NEWTON_SCHULZ
    x = matrices if bfloat16_is_slow(matrices.device.type) else matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp_min(1e-7)
    for _ in range(_NEWTON_SCHULZ_STEPS):
        squared = x @ x.mT
        x = a * x + (b * squared + c * squared @ squared) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """For parameters of two dimensions and more, the last two of which are matrices.

    Momentum whose every update is orthogonalized (Jordan et al. 2024): all directions of an update get the same size,
    also those that a gradient barely has, so what few documents teach is learned along with what all of them teach.
    Unlike `torch.optim.Muon` this takes batches of matrices, one a layer. Updates are as large as AdamW's usually are
    (arXiv 2502.16982), so both can take one learning rate.
    """

    def __init__(self, params: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update, with Nesterov momentum and decoupled weight decay. closure: not called."""
        for group in self.param_groups:
            for parameter in (each for each in group["params"] if each.grad is not None):
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                direction = orthogonalized(parameter.grad.lerp(state["momentum"], group["momentum"]))
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(direction, alpha=-group["lr"] * _UPDATE_RMS * max(parameter.shape[-2:]) ** 0.5)


def optimizers(hypernetwork: Hypernetwork, config: TrainingConfig) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for matrices, AdamW for the rest."""
    fast = hypernetwork.fast_parameters()
    fast_ids = {id(p) for p in fast}
    others = [p for p in hypernetwork.parameters() if id(p) not in fast_ids]
    groups: list[dict[str, Any]] = [
        {"params": fast, "multiplier": config.fast_multiplier},
        {"params": [p for p in others if p.ndim < 2]},
    ]
    adamw = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    matrices = [p for p in others if p.ndim >= 2]
    return adamw, Muon(matrices, lr=config.learning_rate, weight_decay=config.weight_decay)


@dataclass(frozen=True)
class AskedDocuments:
    """Questions, the shortest first, and their factors, one item of a batch for each."""

    questions: list[EncodedQuestion]
    order: list[int]  # of each question, its place among the questions of all documents
    factors: dict[str, BatchedFactors]
    scaling: float
    penalty: Tensor | float  # the hypernetwork's own, mean over chunks


def asked_documents(
    base: BaseModel,
    hypernetwork: Hypernetwork,
    examples: Sequence[Example],
    *,
    merged: int = 1,
    whole: bool = False,
    rng: random.Random | None = None,
    messages: Sequence[Message] = (),
    text_share: float = 0.0,
) -> AskedDocuments:
    """Every example's questions, under factors of its own document.

    Args:
        merged: from how many neighbouring documents the chunks come that a question may see.
        whole: a question sees all of these chunks; otherwise what recall might attach.
        rng: draws what that is; seeded with 0 when not given.
        messages: turns before each question.
        text_share: of questions with the attached text in their prompt.
    """
    rng, chat = rng or random.Random(0), base.chat
    documents = [hypernetwork.read(e.document, chat) for e in examples]
    chunks, before = [chunk for of_one, _ in documents for chunk in of_one], documents[0][1]
    ends = [0, *accumulate(len(of_one) for of_one, _ in documents)]
    whole = whole or not hypernetwork.reads_sentences
    texts = [chat.decode(chunk) for chunk in chunks] if hypernetwork.reads_sentences else []
    form = hypernetwork.question_form(chat)
    questions, attached = [], []
    for i, example in enumerate(examples):
        first = i - i % merged
        may_see = range(ends[first], ends[first + merged])
        for q in example.questions:
            all_of_it = whole and (not texts or example.source == "facts" or len(may_see) <= _MOST_WHOLE)
            attached.append([Attached(c) for c in may_see] if all_of_it else recalled(rng, texts, q, may_see))
            read = sorted(a.chunk for a in attached[-1]) if texts and rng.random() < text_share else []
            passages = ["\n".join(texts[c].strip() for c in read)] if read else []
            prompt = prompt_ids(chat, [*messages, {"role": "user", "content": q.text}], (), passages, form)
            questions.append(encode_question(chat, q, prompt))
    order = shortest_first([len(question) for question in questions])
    groups = [attached[i] for i in order]
    factors, scaling, penalty = read_factors(base.model, hypernetwork, chunks, before, groups, _CHUNK_BATCHES)
    return AskedDocuments([questions[i] for i in order], order, factors, scaling, penalty)


def read_factors(
    model: PreTrainedModel,
    hypernetwork: Hypernetwork,
    chunks: Sequence[Sequence[int]],
    before: Sequence[int],
    groups: Sequence[Sequence[Attached]],
    batches: int,
) -> tuple[dict[str, BatchedFactors], float, Tensor | float]:
    """Factors of groups of chunks, one item of a batch for each, their scaling, and the penalty, mean over chunks.

    Only attached chunks are read, those of similar length together, in bfloat16 where the base model is in half
    precision and that is fast.
    """
    used = sorted({a.chunk for group in groups for a in group})
    some = in_groups([len(chunks[c]) for c in used], batches)
    kind = model.device.type
    in_bfloat16 = model.dtype != torch.float32 and not bfloat16_is_slow(kind)
    with torch.autocast(kind, dtype=torch.bfloat16, enabled=in_bfloat16):
        parts = [hypernetwork.chunk_factors(model, [chunks[used[i]] for i in part], before) for part in some]
    place = {used[i]: number for number, i in enumerate(i for part in some for i in part)}
    penalties = [p.penalty * len(part) for p, part in zip(parts, some, strict=True) if p.penalty is not None]
    penalty = torch.stack(penalties).sum() / len(used) if penalties else 0.0
    factors = combined(parts, [[replace(a, chunk=place[a.chunk]) for a in group] for group in groups])
    return factors, parts[0].scaling, penalty


def recalled(rng: random.Random, texts: Sequence[str], question: Question, chunks: Sequence[int]) -> list[Attached]:
    """Draws the sentences that recall might attach for a question, always with the one that answers.

    Where no sentence holds the answer alone, which happens to one that was cut in two, the question sees them all.

    texts: of all chunks, one a sentence. chunks: the numbers of those that the question may see.
    """
    answer = None
    if not question.ordinary:
        answering = _answering(texts, question, chunks)
        if not answering:
            return [Attached(c) for c in chunks]
        answer = rng.choice(answering)
        if question.support and rng.random() < _ALONE_SHARE:
            return [Attached(answer)]
    wanted = stems(question.text)
    held = {c: len(wanted & stems(texts[c])) for c in chunks}
    at_least = max(held.values(), default=0) if answer is None else held[answer]
    nearer = {c: min(_NEARER + _NEARER_BY_WORD * (held[c] - at_least), _MOST_NEARER) for c in chunks}
    similarity = {c: 0.0 if c == answer else rng.gauss(nearer[c], _SPREAD) for c in chunks}
    nearest = sorted(chunks, key=lambda c: (c != answer, -similarity[c]))[:MAX_PASSAGES]
    if question.support and answer is not None:  # shared words do not show which sentence of a passage answers
        gaps = [abs(rng.gauss(_GAP, _GAP_SPREAD)) for _ in nearest]
        place = min(rng.choices(range(len(_RANKS)), _RANKS)[0], len(nearest) - 1)
        ranked = [*nearest[1 : place + 1], nearest[0], *nearest[place + 1 :]]
        similarity = {chunk: -sum(gaps[:i]) for i, chunk in enumerate(ranked)}
    weights = passage_weights([similarity[c] for c in nearest])
    return [Attached(c, weight) for c, weight in zip(nearest, weights, strict=True)]


def _answering(texts: Sequence[str], question: Question, chunks: Sequence[int]) -> list[int]:
    """The sentences that answer a question: the one that is known to, or any that holds the value."""
    value = re.compile(rf"(?<!\w){re.escape(question.value)}(?!\w)", re.IGNORECASE)
    holding = [c for c in chunks if value.search(texts[c])]
    if not question.support:
        return holding
    known = [c for c in chunks if (text := " ".join(texts[c].split())) in question.support or question.support in text]
    return [c for c in known if c in holding] or known or holding


def draw_messages(rng: random.Random, chat: ChatFormat, system_share: float, turns_share: float) -> list[Message]:
    """Earlier messages for a batch's questions, as in an agent's prompt; most often none.

    What the model's chat template refuses is left out.

    system_share, turns_share: how often there is a system message, and how often there are earlier turns.
    """
    before = lists("conversations")
    turns: list[Message] = []
    if rng.random() < turns_share:
        for user, assistant in rng.sample(before["earlier turns"].questions, rng.randint(1, _MOST_TURNS)):
            turns += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    messages = before["system messages"].statements
    system = [{"role": "system", "content": rng.choice(messages)}] if rng.random() < system_share else []
    for drawn in ([*system, *turns], turns):
        with suppress(TemplateError, ValueError):  # the template refuses a role, or there is none
            chat.conversation([*drawn, {"role": "user", "content": "Hello?"}])
            return drawn
    return []
