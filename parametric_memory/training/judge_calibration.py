"""What the numbers of a judge mean: fitted on questions that were held out, where half of the documents are in memory.

How probable it is that a sentence answers, which one of its document does, and whether two say the same of the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from parametric_memory.index.exact import cosines
from parametric_memory.recall.judge_config import JudgeConfig
from parametric_memory.recall.judged import RIVAL
from parametric_memory.text.in_context import InContext
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.judged import JudgedQuestion, Pool
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.told_again import told_again
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.judge_groups import Group, Pair, nameless_similarities, within_loss
from parametric_memory.training.logistic import logistic_regression
from parametric_memory.training.told_apart import area_under_curve, share_passing

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_ABOVE_THRESHOLD = 0.97  # of those whose right sentence vectors find
_VALIDATED = 400  # questions
_MOST_SENTENCES = 24  # of a document that is measured on
_SLOPES = [0.2 + 0.05 * step for step in range(37)]
_CASES = [(generated, remembered) for generated in (True, False) for remembered in (True, False)]


@dataclass(frozen=True)
class Judged:
    """A held-out question and the sentences that a memory finds for it.

    Attributes:
        logits, similarities: of each sentence, `[sentence]`.
        right: the places of those that are known to answer.
        near: their numbers in the pool.
    """

    question: JudgedQuestion
    logits: Tensor
    similarities: Tensor
    right: Sequence[int]
    near: Sequence[int] = ()

    def scores(self, similarity_weight: float) -> Tensor:
        """`[sentence]`."""
        return self.logits + similarity_weight * self.similarities

    def is_of(self, generated: bool, remembered: bool) -> bool:
        return (self.question.generated, self.question.is_remembered) == (generated, remembered)

    def first_is_right(self, similarity_weight: float) -> bool:
        return int(self.scores(similarity_weight).argmax()) in self.right


class Calibration:
    """Measures a judge on the questions of a pool, and fits what its numbers mean."""

    def __init__(
        self,
        logits: Callable[[Sequence[Pair]], Tensor],
        pool: Pool,
        embeddings: Embeddings,
        seed: int,
        told_again: int,
    ):
        """
        Args:
            logits: of pairs, `[pair, 2]`.
            told_again: generated statements, by which it is fitted what says the same of the same.
        """
        self._logits, self.pool, self.embeddings = logits, pool, embeddings
        self.seed, self.told_again = seed, told_again

    @torch.no_grad()
    def fit(self, judge: JudgeConfig) -> tuple[JudgeConfig, dict[str, float]]:
        """The judge with what its numbers mean, and how it judges.

        Of passages and of generated documents apart: the share of questions whose right sentence is first, of its
        document and of all that vectors find; of questions about what is in memory against others, AUC; how many of the
        others pass where 95 % of the first do.

        judge: its weights of similarities stay as they are.
        """
        pool, judged = self.pool, []
        asked = list(zip(pool.questions, pool.near, pool.similarities, strict=True))
        for question, near, similarities in asked[:: max(1, len(asked) // _VALIDATED)]:
            logits = self._logits([(question.text, pool.sentences[n], None) for n in near])[:, 0]
            right = [place for place, n in enumerate(near) if question.certain and n in question.right]
            judged.append(Judged(question, logits, torch.tensor(similarities), right, near))
        weight = judge.similarity_weight
        best = {(g, r): [float(of.scores(weight).max()) for of in judged if of.is_of(g, r)] for g, r in _CASES}
        slope, offset = calibrated(best)
        found = [float(of.scores(weight).max()) for of in judged if of.question.is_remembered and of.right]
        threshold = (
            round(float((slope * torch.tensor(found) + offset).sigmoid().quantile(1 - _ABOVE_THRESHOLD)), 2)
            if found
            else 0.5
        )
        measured = self._within_documents(judge.nameless_weight)
        within = measured.pop("slope")
        judge = replace(judge, slope=slope, offset=offset, threshold=threshold, nameless_slope=within)
        judge = replace(judge, **self._same_weights(judge, judged))  # type: ignore[arg-type]
        for name, generated in (("passages", False), ("facts", True)):
            inside, outside = best[generated, True], best[generated, False]
            first = [of.first_is_right(weight) for of in judged if of.is_of(generated, True) and of.question.certain]
            area = area_under_curve(inside, outside)
            if first and area is not None:
                measured[f"{name}_first"] = sum(first) / len(first)
                measured[f"{name}_auc"] = area.value
                measured[f"{name}_foreign"] = share_passing(outside, inside)
        return judge, measured

    def _within_documents(self, nameless_weight: float) -> dict[str, float]:
        """How often, of all sentences of a document in memory, one is first that answers, with the similarity to the
        question without its names; and the slope by which that tells the most (`JudgeConfig.nameless_slope`)."""
        pool, groups, generated = self.pool, [], []
        asked = [q for q in pool.questions if q.certain and len(pool.own(q.document)) > len(q.right)]
        for question in asked[:: max(1, len(asked) // _VALIDATED)]:
            order = [*question.right, *(n for n in pool.own(question.document) if n not in question.right)]
            pairs = [(question.text, pool.sentences[n], None) for n in order[:_MOST_SENTENCES]]
            groups.append(Group(pairs, len(question.right), len(pairs)))
            generated.append(question.generated)
        logits = self._logits([pair for group in groups for pair in group.pairs])[:, 0]
        scores = logits + nameless_weight * nameless_similarities(groups, self.embeddings)
        slope = min(_SLOPES, key=lambda slope: float(within_loss(slope * scores, groups)))
        measured = {"slope": slope}
        of_groups = scores.split([len(group.pairs) for group in groups])
        first = [int(of.argmax()) < group.right for of, group in zip(of_groups, groups, strict=True)]
        for name, of_kind in (("passages", False), ("facts", True)):
            if counted := [right for right, kind in zip(first, generated, strict=True) if kind is of_kind]:
                measured[f"{name}_within"] = sum(counted) / len(counted)
        return measured

    def _same_weights(self, judge: JudgeConfig, judged: Sequence[Judged]) -> dict[str, float]:
        """What tells a statement that says the same of the same from others (`JudgeConfig.same_probable`).

        The same are generated statements that answer one question; the others, what else is said of its subject, and
        what is nearest to a question about a passage in all other passages.
        """
        rng = random.Random(f"{self.seed} told again")
        generator = FactGenerator(relations(), WordList.training(), ramp_steps=0)
        told: list[tuple[str, InContext, InContext, bool]] = []
        for _ in range(self.told_again):
            drawn = told_again(generator, rng)
            first, again, other = map(InContext, drawn.statements)
            told += [(drawn.question, first, again, True), (drawn.question, first, other, False)]
        pool = self.pool
        for of in judged:
            own = pool.own(of.question.document)
            others = [place for place, n in enumerate(of.near) if n not in own]
            if of.right and others and not of.question.generated:
                right, nearest = (of.near[max(places, key=of.logits.__getitem__)] for places in (of.right, others))
                told.append((of.question.text, pool.sentences[right], pool.sentences[nearest], False))
        features, labels = self._compared(judge, told)
        if not labels:
            return {}
        probable, least, apart, alike, offset = logistic_regression(features, labels)
        weights = {"same_probable": probable, "same_least": least, "same_apart": apart, "same_alike": alike}
        return weights | {"same_offset": offset}

    def _compared(
        self, judge: JudgeConfig, told: Sequence[tuple[str, InContext, InContext, bool]]
    ) -> tuple[Tensor, list[bool]]:
        """Of pairs of sentences that both may answer, what `JudgeConfig.same_probable` and the others weigh,
        `[pair, 4]`, and their labels."""
        groups = [Group([(text, one, None), (text, other, None)], 1, 2) for text, one, other, _ in told]
        logits = self._logits([pair for group in groups for pair in group.pairs])[:, 0].view(-1, 2).tolist()
        nameless = nameless_similarities(groups, self.embeddings).view(-1, 2).tolist()
        embed = self.embeddings.embed_documents
        asked_of = embed([text for text, *_ in told])
        first, second = (
            embed([of.sentence for of in side]) for side in zip(*(pair[1:3] for pair in told), strict=True)
        )
        features, labels = [], []
        for place, (asked, one, other) in enumerate(zip(asked_of, first, second, strict=True)):
            lower, higher = sorted(map(judge.probability, logits[place], cosines([one, other], asked)))
            if lower >= RIVAL * higher:
                a, b = map(judge.score_within, logits[place], nameless[place])
                features.append([lower / higher, min(a, b), abs(a - b), cosines([one], other)[0]])
                labels.append(told[place][3])
        return torch.tensor(features), labels


def calibrated(best: Mapping[tuple[bool, bool], Sequence[float]]) -> tuple[float, float]:
    """Slope and offset by which a logit becomes a probability: of best sentences, both kinds of documents and both
    cases counting alike.

    Args:
        best: logits, by whether the document is generated, and is in memory.
    """
    logits = torch.tensor([[z] for of in best.values() for z in of])
    labels = [inside for (_, inside), of in best.items() for _ in of]
    weights = [1 / len(of) for of in best.values() for _ in of]
    slope, offset = logistic_regression(logits, labels, weights)
    return slope, offset
