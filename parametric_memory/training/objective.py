"""The answer loss: the base model answers questions under generated factors, and gradients reach only the hypernetwork.

Factors are applied by forward hooks on the frozen base model while the loss is computed. Knows nothing about where
factors or questions come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.language_model.answer_logits import answer_logits, head_logits, right_padded
from parametric_memory.training.data.examples import EncodedQuestion

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class AnswerLoss:
    """Loss of a batch of answers, and how many of them a greedy reader would have got right, token by token."""

    loss: Tensor  # weighted cross-entropy, of ordinary answers divergence, averaged over answers
    value_loss: float  # mean cross-entropy of a value token
    value_accuracy: float  # share of answers whose value tokens are all the most probable ones
    answer_accuracy: float  # the same with opening and end


@contextmanager
def _factors_attached(
    model: PreTrainedModel, factors: Mapping[str, BatchedFactors], asked: Tensor, scaling: float
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
            A = module_factors.A.to(x.dtype)[asked]
            B = module_factors.B.to(x.dtype)[asked]
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
    what it finds likely without: it teaches to change nothing, not to be surer.

    factors: one item of a batch for every question; or a batch of 1, which belongs to all.
    buckets: queries are run in this many groups of similar length, which saves padding.
    """
    order = sorted(range(len(questions)), key=lambda i: len(questions[i]))
    size = -(-len(order) // buckets)
    hidden: list[Tensor] = []
    targets: list[int] = []
    weights: list[float] = []
    is_value: list[bool] = []
    answer_of: list[int] = []
    for start in range(0, len(order), size):
        bucket = order[start : start + size]
        ids, mask = right_padded([questions[i].prompt + questions[i].answer for i in bucket], pad_id, model.device)
        asked = torch.tensor(bucket, device=model.device)
        with _factors_attached(model, factors, asked, scaling):
            states = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        for row, i in enumerate(bucket):
            first, n = len(questions[i].prompt) - 1, len(questions[i].answer)
            hidden.append(states[row, first : first + n])
            targets += questions[i].answer
            weights += questions[i].weights
            is_value += questions[i].is_value
            answer_of += [i] * n
    logits = head_logits(model, torch.cat(hidden))
    target = torch.tensor(targets, device=logits.device)
    losses = F.cross_entropy(logits, target, reduction="none")
    ordinary = [questions[i] for i in order if questions[i].ordinary]
    if ordinary:
        rows = torch.tensor([row for row, i in enumerate(answer_of) if questions[i].ordinary], device=logits.device)
        with torch.no_grad():
            own = answer_logits(model, [q.prompt for q in ordinary], [q.answer for q in ordinary], pad_id)
        losses = losses.index_put((rows,), _divergence(own, logits[rows]))
    loss = (losses * torch.tensor(weights, device=logits.device)).sum() / len(questions)

    with torch.no_grad():
        wrong = (logits.argmax(-1) != target).tolist()
        wrong_value = {i for i, bad, value in zip(answer_of, wrong, is_value, strict=True) if bad and value}
        wrong_answer = {i for i, bad in zip(answer_of, wrong, strict=True) if bad}
        value_loss = losses[torch.tensor(is_value, device=losses.device)].mean().item()
    counted = {i for i, value in zip(answer_of, is_value, strict=True) if value}  # without the ordinary questions
    count = len(counted)
    return AnswerLoss(loss, value_loss, 1 - len(wrong_value) / count, 1 - len(wrong_answer & counted) / count)


def _divergence(own: Tensor, given: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each row of logits, `[token, vocabulary]`, from the model's own."""
    terms = F.kl_div(given.log_softmax(-1), own.log_softmax(-1), reduction="none", log_target=True)
    return terms.sum(-1)
