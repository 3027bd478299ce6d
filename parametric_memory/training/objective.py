"""Losses of answers: the base model answers questions under generated factors, which alone receive gradients.

Factors are applied by forward hooks on the frozen base model. Knows nothing about where factors or questions come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from parametric_memory.batches import in_groups
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.language_model.answer_logits import answer_logits, head_logits, right_padded
from parametric_memory.training.data.examples import Distribution, EncodedQuestion

_LEAST_REST = 1e-6  # of a student's probability, for all tokens that its teacher does not name: a sum of floats


@dataclass(frozen=True)
class Answered:
    """How an answer was predicted, teacher-forced."""

    value_losses: tuple[float, ...]  # the cross-entropy of each token of the value; none of an ordinary answer
    value_right: bool  # the value's tokens are all the most probable ones
    right: bool  # the same with opening and end
    divergence: float | None = None  # from its teacher, mean over tokens; None where it has none


@dataclass(frozen=True)
class AnswerLoss:
    """Loss of a batch of answers, how each was predicted, in order, and a penalty on the factors."""

    loss: Tensor
    answered: tuple[Answered, ...]
    penalty: Tensor | float = 0.0


def measured(answered: Sequence[Answered]) -> dict[str, float]:
    """Means over answers, without ordinary ones: `value_loss` (of a value's token), `value_accuracy`,
    `answer_accuracy`, and `divergence` where there was a teacher."""
    counted = [a for a in answered if a.value_losses]
    losses = [loss for a in counted for loss in a.value_losses]
    found = {
        "value_loss": sum(losses) / max(1, len(losses)),
        "value_accuracy": sum(a.value_right for a in counted) / max(1, len(counted)),
        "answer_accuracy": sum(a.right for a in counted) / max(1, len(counted)),
    }
    divergences = [a.divergence for a in counted if a.divergence is not None]
    return {**found, "divergence": sum(divergences) / len(divergences)} if divergences else found


def by_source(documents: Iterable[Any], answered: Iterable[Answered]) -> dict[str, list[Answered]]:
    """Answers by the source of their document. documents: with `source` and `questions`, in the answers' order."""
    found: dict[str, list[Answered]] = {}
    sources = (document.source for document in documents for _ in document.questions)
    for source, each in zip(sources, answered, strict=True):
        found.setdefault(source, []).append(each)
    return found


@contextmanager
def factors_attached(
    model: PreTrainedModel, factors: Mapping[str, BatchedFactors], items: Tensor | slice, scaling: float
) -> Iterator[None]:
    """Within it, row i of each forward pass runs under item `items[i]` of the factors' batch.

    Factors in a batch of 1 belong to all rows.
    """

    def add(of_module: BatchedFactors, _module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x, item = args[0], 0 if len(of_module.A) == 1 else items
        A, B = of_module.A[item].to(x.dtype), of_module.B[item].to(x.dtype)
        return output + scaling * (x @ A.mT @ B)

    with ExitStack() as hooks:
        for name, of_module in factors.items():
            hooks.enter_context(model.get_submodule(name).register_forward_hook(partial(add, of_module)))
        yield


def _noisy_embeddings(model: PreTrainedModel, mask: Tensor, strength: float) -> AbstractContextManager[Any]:
    """Within it, input embeddings carry uniform noise, smaller in longer rows (NEFTune, arXiv 2310.05914)."""
    if not strength:
        return nullcontext()

    def add(_module: nn.Module, _args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        most = strength / (mask.sum(-1) * output.shape[-1]).sqrt()
        return output + torch.empty_like(output).uniform_(-1, 1) * most[:, None, None].to(output.dtype)

    return model.get_input_embeddings().register_forward_hook(add)


def answer_states(
    model: PreTrainedModel,
    factors: Mapping[str, BatchedFactors],
    scaling: float,
    asked: Sequence[EncodedQuestion],
    items: Sequence[int],
    pad_id: int,
    buckets: int = 3,
    noise: float = 0.0,
) -> Tensor:
    """Hidden states that predict the answers' tokens, `[answer token, hidden]`, one answer after the other.

    Args:
        items: of each question, its item of the factors' batch.
        buckets: questions run in this many groups of similar length, which saves padding.
        noise: strength of NEFTune.
    """
    found: dict[int, Tensor] = {}
    for bucket in in_groups([len(each) for each in asked], buckets):
        ids, mask = right_padded([[*asked[i].prompt, *asked[i].answer] for i in bucket], pad_id, model.device)
        own = [items[i] for i in bucket]
        in_a_row = own == list(range(own[0], own[0] + len(own)))  # a slice copies no factors
        place = slice(own[0], own[0] + len(own)) if in_a_row else torch.tensor(own, device=model.device)
        with factors_attached(model, factors, place, scaling), _noisy_embeddings(model, mask, noise):
            states = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        for row, i in enumerate(bucket):
            first = len(asked[i].prompt) - 1
            found[i] = states[row, first : first + len(asked[i].answer)]
    return torch.cat([found[i] for i in range(len(asked))])


def answer_loss(
    model: PreTrainedModel,
    factors: Mapping[str, BatchedFactors],
    questions: Sequence[EncodedQuestion],
    scaling: float,
    pad_id: int,
    buckets: int = 3,
) -> AnswerLoss:
    """Weighted cross-entropy of the answers, each under its own factors.

    The loss of an ordinary answer is the Kullback-Leibler divergence of the model under the factors from the model
    without them. Where a teacher's distribution is given, the divergence from it is added.

    factors: one item of a batch for every question; or a batch of 1, which belongs to all.
    """
    states = answer_states(model, factors, scaling, questions, range(len(questions)), pad_id, buckets)
    logits = head_logits(model, states)
    ordinary = [q for q in questions if q.ordinary]
    prompts, given = [q.prompt for q in ordinary], [q.answer for q in ordinary]
    with torch.no_grad():
        unaided = answer_logits(model, prompts, given, pad_id) if ordinary else logits[:0]
    unaided_of = iter(unaided.split([len(answer) for answer in given]))
    loss, of_each = logits.new_zeros(()), []
    for q, of_one in zip(questions, logits.split([len(q.answer) for q in questions]), strict=True):
        target, total = torch.tensor(q.answer, device=logits.device), of_one.logsumexp(-1)
        if q.ordinary:
            own = next(unaided_of).log_softmax(-1)
            losses = F.kl_div(of_one.log_softmax(-1), own, reduction="none", log_target=True).sum(-1)
        else:
            losses = total - of_one.gather(1, target[:, None])[:, 0]
        loss = loss + losses @ losses.new_tensor(q.weights)
        divergences = torch.full_like(losses, torch.nan)
        if q.taught is not None:
            divergences = _from_teacher(of_one, total, q.taught)
            loss = loss + divergences @ losses.new_tensor(q.taught_weights)
        of_each.append((losses, of_one.argmax(-1) != target, divergences))
    return AnswerLoss(loss / len(questions), answers(questions, *map(torch.cat, zip(*of_each, strict=True))))


def _from_teacher(logits: Tensor, total: Tensor, taught: Distribution) -> Tensor:
    """Kullback-Leibler divergence of an answer's logits from its teacher's distributions, `[answer token]`.

    All tokens that are not among the teacher's most probable ones count as one more token.

    total: the logarithm of each row's sum of exponentials.
    """
    teacher = taught.log_probs.to(logits.device, torch.float32)
    student = logits.gather(1, taught.ids.to(logits.device, torch.long)) - total[:, None]
    rest = (1 - teacher.exp().sum(-1)).clamp_min(0.0)
    of_rest = (1 - student.exp().sum(-1)).clamp_min(_LEAST_REST).log()
    terms = (teacher.exp() * (teacher - student)).sum(-1)
    return terms + torch.xlogy(rest, rest) - rest * of_rest


def answers(
    questions: Sequence[EncodedQuestion], losses: Tensor, wrong: Tensor, divergences: Tensor | None = None
) -> tuple[Answered, ...]:
    """How each question was answered.

    Args:
        losses, wrong: `[answer token]`, the cross-entropy, and whether another token is the most probable one.
        divergences: `[answer token]`, from the teacher.
    """
    away = losses if divergences is None else divergences
    parts = (x.detach().cpu().split([len(q.answer) for q in questions]) for x in (losses, wrong, away))
    found = []
    for q, of_one, bad, far in zip(questions, *parts, strict=True):
        value = torch.tensor(q.is_value) if q.is_value else slice(None)
        divergence = None if divergences is None or q.taught is None else far.mean().item()
        found.append(Answered(tuple(of_one[value].tolist()), not bad[value].any(), not bad.any(), divergence))
    return tuple(found)
