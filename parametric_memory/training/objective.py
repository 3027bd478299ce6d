"""The answer loss: the base model answers questions under generated factors, and gradients reach only the hypernetwork.

Factors are applied by forward hooks on the frozen base model while the loss is computed. Knows nothing about where
factors or questions come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.language_model.answer_logits import answer_logits, head_logits, right_padded
from parametric_memory.language_model.batching import in_groups
from parametric_memory.training.data.examples import Distribution, EncodedQuestion

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_LEAST_REST = 1e-6  # of a student's probability, for all tokens that its teacher does not name: a sum of floats


@dataclass(frozen=True)
class Answered:
    """How an answer was met: what a greedy reader would have got right of it, token by token."""

    value_losses: tuple[float, ...]  # the cross-entropy of each token of the value; none of an ordinary answer
    value_right: bool  # the value's tokens are all the most probable ones
    right: bool  # the same with opening and end
    divergence: float | None = None  # from its teacher, of a token on average; None where it has none


@dataclass(frozen=True)
class AnswerLoss:
    """Loss of a batch of answers, and how each was met, in their order."""

    loss: Tensor  # weighted cross-entropy, of ordinary and taught answers divergence, averaged over answers
    answered: tuple[Answered, ...]


def measured(answered: Sequence[Answered]) -> dict[str, float]:
    """What answers have in common; ordinary ones do not count.

    `value_loss` is of a token of a value, `value_accuracy` and `answer_accuracy` are shares of the answers, and
    `divergence`, where there was a teacher, is of an answer.
    """
    counted = [a for a in answered if a.value_losses]
    losses = [loss for a in counted for loss in a.value_losses]
    found = {
        "value_loss": sum(losses) / max(1, len(losses)),
        "value_accuracy": sum(a.value_right for a in counted) / max(1, len(counted)),
        "answer_accuracy": sum(a.right for a in counted) / max(1, len(counted)),
    }
    divergences = [a.divergence for a in counted if a.divergence is not None]
    return {**found, "divergence": sum(divergences) / len(divergences)} if divergences else found


def by_source(sources: Iterable[str], answered: Iterable[Answered]) -> dict[str, list[Answered]]:
    """How answers were met, by where their questions come from. sources: of each answer."""
    found: dict[str, list[Answered]] = {}
    for source, each in zip(sources, answered, strict=True):
        found.setdefault(source, []).append(each)
    return found


def told(measured: Mapping[str, float]) -> str:
    """What `measured` found, in a few words."""
    return (
        f"loss {measured['value_loss']:.3f}, value {measured['value_accuracy']:.1%}, "
        f"answer {measured['answer_accuracy']:.1%}"
    )


@contextmanager
def factors_attached(
    model: PreTrainedModel, factors: Mapping[str, BatchedFactors], asked: Tensor | slice, scaling: float
) -> Iterator[None]:
    """asked `[query]`: which question of the factors' batch each row of the coming forward passes is.

    Factors in a batch of 1 belong to all of them.
    """

    def hook(module_factors: BatchedFactors) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
        def add(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
            x = args[0]
            if module_factors.A.shape[0] == 1:
                shared_A, shared_B = module_factors.A[0].to(x.dtype), module_factors.B[0].to(x.dtype)
                return output + scaling * ((x @ shared_A.T) @ shared_B)
            A = module_factors.A[asked].to(x.dtype)
            B = module_factors.B[asked].to(x.dtype)
            return output + scaling * torch.bmm(torch.bmm(x, A.transpose(1, 2)), B)

        return add

    handles = [model.get_submodule(name).register_forward_hook(hook(f)) for name, f in factors.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def answer_loss(
    model: PreTrainedModel,
    factors: Mapping[str, BatchedFactors],
    questions: Sequence[EncodedQuestion],
    scaling: float,
    pad_id: int,
    buckets: int = 3,
) -> AnswerLoss:
    """Cross-entropy of the answers, each under its own factors; of ordinary ones the divergence from the model's own.

    An ordinary answer's loss is the Kullback-Leibler divergence of what the model finds likely under the factors from
    what it finds likely without: it teaches to change nothing, not to be surer. Where a teacher has said what it finds
    likely, the divergence from that is added.

    factors: one item of a batch for every question; or a batch of 1, which belongs to all.
    buckets: queries are run in this many groups of similar length, which saves padding.
    """
    groups = in_groups([len(question) for question in questions], buckets)
    order = [i for group in groups for i in group]
    hidden = _answer_states(model, factors, questions, groups, scaling, pad_id)
    logits = head_logits(model, hidden)
    device = logits.device
    in_order = [questions[i] for i in order]
    target = torch.tensor([token for q in in_order for token in q.answer], device=device)
    weights = torch.tensor([weight for q in in_order for weight in q.weights], device=device)
    total = logits.logsumexp(-1)
    losses = total - logits.gather(1, target[:, None])[:, 0]
    ordinary = [q for q in in_order if q.ordinary]
    if ordinary:
        rows = _rows(in_order, [q.ordinary for q in in_order]).to(device)
        with torch.no_grad():
            own = answer_logits(model, [q.prompt for q in ordinary], [q.answer for q in ordinary], pad_id)
        losses = losses.index_put((rows,), _divergence(own, logits[rows]))
    loss = (losses * weights).sum()
    divergences = torch.full_like(losses, torch.nan)
    taught = [q for q in in_order if q.taught is not None]
    if taught:
        rows = _rows(in_order, [q.taught is not None for q in in_order]).to(device)
        found = _from_teacher(logits, total, rows, [q.taught for q in taught if q.taught is not None])
        of_teacher = torch.tensor([weight for q in taught for weight in q.taught_weights], device=device)
        loss = loss + (found * of_teacher).sum()
        divergences[rows] = found.detach()
    wrong = logits.argmax(-1) != target
    lengths = [len(q.answer) for q in in_order]
    met = zip(*(x.detach().cpu().split(lengths) for x in (losses, wrong, divergences)), strict=True)
    answered = {i: _answered(questions[i], *each) for i, each in zip(order, met, strict=True)}
    return AnswerLoss(loss / len(questions), tuple(answered[i] for i in range(len(questions))))


def _answer_states(
    model: PreTrainedModel,
    factors: Mapping[str, BatchedFactors],
    questions: Sequence[EncodedQuestion],
    groups: Sequence[list[int]],
    scaling: float,
    pad_id: int,
) -> Tensor:
    """Hidden states that predict the answers' tokens, `[answer token, hidden]`, one answer after the other in order."""
    found: list[Tensor] = []
    for bucket in groups:
        ids, mask = right_padded([questions[i].prompt + questions[i].answer for i in bucket], pad_id, model.device)
        in_a_row = bucket == list(range(bucket[0], bucket[-1] + 1))  # which need not be copied
        asked = slice(bucket[0], bucket[-1] + 1) if in_a_row else torch.tensor(bucket, device=model.device)
        with factors_attached(model, factors, asked, scaling):
            states = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        for row, i in enumerate(bucket):
            first = len(questions[i].prompt) - 1
            found.append(states[row, first : first + len(questions[i].answer)])
    return torch.cat(found)


def _rows(questions: Sequence[EncodedQuestion], wanted: Sequence[bool]) -> Tensor:
    """Which answer tokens, of all questions' one after the other, are of wanted questions."""
    lengths = torch.tensor([len(q.answer) for q in questions])
    return torch.tensor(wanted).repeat_interleave(lengths).nonzero()[:, 0]


def _divergence(own: Tensor, given: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each row of logits, `[token, vocabulary]`, from the model's own."""
    terms = F.kl_div(given.log_softmax(-1), own.log_softmax(-1), reduction="none", log_target=True)
    return terms.sum(-1)


def _from_teacher(logits: Tensor, total: Tensor, rows: Tensor, taught: Sequence[Distribution]) -> Tensor:
    """Kullback-Leibler divergence of some rows of logits from what their teacher finds likely.

    What is not among the teacher's most probable tokens counts as one token more.

    total: the logarithm of each row's sum of exponentials.
    """
    ids = torch.cat([t.ids for t in taught]).to(logits.device, torch.long)
    teacher = torch.cat([t.log_probs for t in taught]).to(logits.device, torch.float32)
    student = logits[rows[:, None], ids] - total[rows, None]
    rest = (1 - teacher.exp().sum(-1)).clamp_min(0.0)
    of_rest = (1 - student.exp().sum(-1)).clamp_min(_LEAST_REST).log()
    terms = (teacher.exp() * (teacher - student)).sum(-1)
    return terms + torch.xlogy(rest, rest) - rest * of_rest


def _answered(question: EncodedQuestion, losses: Tensor, wrong: Tensor, divergences: Tensor) -> Answered:
    value = torch.tensor(question.is_value)
    return Answered(
        tuple(losses[value].tolist()),
        not wrong[value].any(),
        not wrong.any(),
        None if question.taught is None else divergences.mean().item(),
    )
