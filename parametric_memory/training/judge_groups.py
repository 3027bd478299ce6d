"""Questions with sentences that are read for them, in a training step or to calibrate a judge, and what is lost there.

Knows nothing about networks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.index.exact import cosines
from parametric_memory.recall.judged import without_names
from parametric_memory.text.in_context import InContext
from parametric_memory.text.names import names_asked

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_PROBABLE_WEIGHT = 2.0  # of a sentence's own probability, beside that of being first
Pair = tuple[str, InContext, str | None]  # a question, a sentence, and an answer that it may support


@dataclass(frozen=True)
class Group:
    """A question of the pool, and sentences that are read for it.

    Attributes:
        pairs: those first that answer it, then others of its document, then of other documents.
        right: how many answer it, together.
        of_document: how many are of its document.
    """

    pairs: Sequence[Pair]
    right: int
    of_document: int

    @property
    def text(self) -> str:
        return self.pairs[0][0]


def nameless_similarities(groups: Sequence[Group], embeddings: Embeddings) -> Tensor:
    """Of each pair of the groups the similarity to the question without its names, `[pair]`; 0 where it is of
    another document."""
    embed = embeddings.embed_documents
    of_questions = embed([group.text for group in groups])
    of_names = embed([" ".join(names_asked(group.text)) for group in groups])
    told = [sentence.sentence for group in groups for _, sentence, _ in group.pairs[: group.of_document]]
    of_sentences, found = iter(embed(told)), []
    for group, asked, names in zip(groups, of_questions, of_names, strict=True):
        vector = without_names(asked, names) if names_asked(group.text) else asked
        near = cosines([next(of_sentences) for _ in range(group.of_document)], vector)
        found += [*near, *(0.0 for _ in group.pairs[group.of_document :])]
    return torch.tensor(found)


def answers_loss(logits: Tensor, groups: Sequence[Group]) -> Tensor:
    """Which sentence is first of all, and how probable each is; mean over questions. logits: of all pairs, `[pair]`."""
    total = logits.new_zeros(())
    for of_group, group in zip(logits.split([len(group.pairs) for group in groups]), groups, strict=True):
        others = of_group[group.right :]
        strongest = of_group[: group.right].max()
        probable = F.softplus(-strongest) + F.softplus(others).sum()
        total = total + _first_loss(of_group, group.right) + _PROBABLE_WEIGHT * probable / (1 + len(others))
    return total / len(groups)


def within_loss(scores: Tensor, groups: Sequence[Group]) -> Tensor:
    """Which sentence of its document is first; mean over questions. scores: of all pairs, `[pair]`."""
    total = scores.new_zeros(())
    for of_group, group in zip(scores.split([len(group.pairs) for group in groups]), groups, strict=True):
        if group.of_document > group.right:
            total = total + _first_loss(of_group[: group.of_document], group.right)
    return total / len(groups)


def _first_loss(scores: Tensor, right: int) -> Tensor:
    """Cross-entropy of the first ones, of which one may be enough, being before the others."""
    together = scores[:right].logsumexp(0) - math.log(right)
    ranked = torch.cat([together[None], scores[right:]])
    return F.cross_entropy(ranked[None], torch.zeros(1, dtype=torch.long))
