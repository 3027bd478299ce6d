"""The losses of Doc-to-LoRA (arXiv 2602.15902), averaged as in the reference.

The answers of a batch stand one after the other, a row of logits for each of their tokens; or in the reference's form,
one query a row, right-padded, whose labels are the token ids of its answer and `IGNORED` elsewhere. Answers about one
context are neighbours. Knows nothing about models, data or where factors come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.hypernetworks.doc_to_lora.combination import LayeredFactors
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors

IGNORED = -100


def token_cross_entropy(logits: Tensor, ids: Tensor) -> Tensor:
    """Of each answer token, `[answer token]`, from logits `[answer token, vocabulary]` that predict it."""
    return F.cross_entropy(logits.float(), ids, reduction="none")


def token_distillation(logits: Tensor, top_log_probs: Tensor, top_ids: Tensor) -> Tensor:
    """Cross-entropy with the teacher's most probable tokens under the student's full distribution, `[answer token]`.

    Args:
        logits: `[answer token, vocabulary]`.
        top_log_probs: `[answer token, k]`, the teacher's log-probabilities (16 in the reference's data). Their sum over
            k may be below 1; it is not renormalised.
        top_ids: `[answer token, k]`, which tokens these are.
    """
    log_q = logits.gather(1, top_ids) - logits.logsumexp(-1, keepdim=True)
    return -(top_log_probs.exp() * log_q).sum(-1)


def mean_over_contexts(losses: Tensor, answer: Tensor, queries: Sequence[int] | None) -> Tensor:
    """A token mean, then a query mean, then the mean over contexts; None: the mean over all answer tokens.

    Args:
        losses: `[answer token]`.
        answer: `[answer token]`, the number of the answer that each is of.
        queries: how many each context has, in order.
    """
    if queries is None:
        return losses.mean()
    tokens = torch.bincount(answer, minlength=sum(queries))
    per_query = losses.new_zeros(sum(queries)).index_add(0, answer, losses) / tokens
    return torch.stack([part.mean() for part in per_query.split(list(queries))]).mean()


def cross_entropy_loss(logits: Tensor, labels: Tensor, queries: Sequence[int] | None = None) -> Tensor:
    """Mean cross-entropy of the answers.

    Args:
        logits: `[query, token, vocabulary]`.
        labels: `[query, token]`; the logits at a position are about the label that follows.
        queries: see `mean_over_contexts`.
    """
    answer, row = _answer_logits(logits, labels)
    return mean_over_contexts(token_cross_entropy(answer, labels[:, 1:][labels[:, 1:] != IGNORED]), row, queries)


def distillation_loss(
    logits: Tensor,
    labels: Tensor,
    top_log_probs: Tensor,
    top_ids: Tensor,
    queries: Sequence[int] | None = None,
) -> Tensor:
    """Mean of `token_distillation`, the answer tokens of all rows in order.

    Args:
        logits, labels, queries: as in `cross_entropy_loss`.
    """
    answer, row = _answer_logits(logits, labels)
    return mean_over_contexts(token_distillation(answer, top_log_probs, top_ids), row, queries)


def l1_penalty(factors: Mapping[str, LayeredFactors | BatchedFactors]) -> Tensor:
    """Mean absolute value of the combined factors of a batch: A's mean plus B's, averaged over the targets.

    Zeros that pad documents of fewer chunks count, as in the reference. The reference weighs it 0.1 (main
    runs) or 1.5 (needle).

    factors: by target, of all layers at once; or by module, of which every target has as many.
    """
    per_target = [each.A.abs().mean() + each.B.abs().mean() for each in factors.values()]
    return torch.stack(per_target).mean()


def _answer_logits(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The logits that predict answer tokens, `[answer token, vocabulary]`, and the row each is from."""
    row, position = torch.nonzero(labels[:, 1:] != IGNORED, as_tuple=True)
    return logits[row, position], row
