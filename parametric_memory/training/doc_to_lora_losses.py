"""The losses of Doc-to-LoRA (arXiv 2602.15902), averaged as in the reference.

One query a row, right-padded: the labels of a row are the token ids of its answer and `IGNORED` elsewhere.
Rows of one context are neighbours. Knows nothing about models, data or where factors come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.hypernetworks.doc_to_lora.combination import LayeredFactors

IGNORED = -100


def cross_entropy_loss(logits: Tensor, labels: Tensor, queries: Sequence[int] | None = None) -> Tensor:
    """Mean cross-entropy of the answers.

    Args:
        logits: `[query, token, vocabulary]`.
        labels: `[query, token]`; the logits at a position are about the label that follows.
        queries: how many queries each context has, in order: a token mean, then a query mean, then the mean
            over contexts. None: the mean over all answer tokens.
    """
    answer, row = _answer_logits(logits, labels)
    losses = F.cross_entropy(answer.float(), labels[:, 1:][labels[:, 1:] != IGNORED], reduction="none")
    return _average(losses, row, queries)


def distillation_loss(
    logits: Tensor,
    labels: Tensor,
    top_log_probs: Tensor,
    top_ids: Tensor,
    queries: Sequence[int] | None = None,
) -> Tensor:
    """Cross-entropy with the teacher's most probable tokens, under the student's full distribution.

    Args:
        top_log_probs: `[answer token, k]`, the teacher's log-probabilities, answer tokens of all rows in
            order (16 in the reference's data). Their sum over k may be below 1; it is not renormalised.
        top_ids: `[answer token, k]`, which tokens these are.
        logits, labels, queries: as in `cross_entropy_loss`.
    """
    answer, row = _answer_logits(logits, labels)
    log_q = answer.gather(1, top_ids) - answer.logsumexp(-1, keepdim=True)
    return _average(-(top_log_probs.exp() * log_q).sum(-1), row, queries)


def l1_penalty(factors: Mapping[str, LayeredFactors]) -> Tensor:
    """Mean absolute value of the combined factors of a batch: A's mean plus B's, averaged over the targets.

    Zeros that pad documents of fewer chunks count, as in the reference. The reference weighs it 0.1 (main
    runs) or 1.5 (needle).
    """
    per_target = [each.A.abs().mean() + each.B.abs().mean() for each in factors.values()]
    return torch.stack(per_target).mean()


def _answer_logits(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The logits that predict answer tokens, `[answer token, vocabulary]`, and the row each is from."""
    row, position = torch.nonzero(labels[:, 1:] != IGNORED, as_tuple=True)
    return logits[row, position], row


def _average(losses: Tensor, row: Tensor, queries: Sequence[int] | None) -> Tensor:
    if queries is None:
        return losses.mean()
    tokens = torch.bincount(row, minlength=sum(queries))
    per_query = losses.new_zeros(sum(queries)).index_add(0, row, losses) / tokens
    return torch.stack([part.mean() for part in per_query.split(list(queries))]).mean()
