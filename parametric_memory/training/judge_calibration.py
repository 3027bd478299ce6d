"""Calibrates a judge on held-out questions about documents, half of which are in memory.

How probable it is that a sentence answers, which one of its document does, and whether two make the same statement.
Also the losses of groups of sentences, in which a question's right ones stand first. Knows nothing about networks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TypeVar

import torch
from langchain_core.embeddings import Embeddings
from torch import Tensor
from torch.nn import functional as F

from parametric_memory.documents.sentences import InContext
from parametric_memory.documents.words import names_asked
from parametric_memory.index.exact import cosines
from parametric_memory.recall.judge_config import JudgeConfig
from parametric_memory.recall.judged import RIVAL, without_names
from parametric_memory.training.data.facts import FactGenerator, restated
from parametric_memory.training.data.judged import KINDS, JudgedQuestion, Kind, Pool
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.roc import area_under_curve, share_passing

T = TypeVar("T")

_PROBABLE_WEIGHT = 2.0  # of a sentence's own probability, beside that of being first
_ABOVE_THRESHOLD = 0.97  # of those whose right sentence vectors find
_VALIDATED = 400  # questions
_MOST_SENTENCES = 24  # of a document that is measured on
_DECAY = 1e-3  # of slopes, so that they stay finite where the labels can be separated without error
_SLOPES = [0.2 + 0.05 * step for step in range(37)]
Pair = tuple[str, InContext, str | None]  # a question, a sentence, and an answer that it may support
Compared = tuple[str, InContext, InContext, bool]  # a question, two sentences, whether they make the same statement


@dataclass(frozen=True)
class Group:
    """A question and the sentences that are scored for it."""

    pairs: Sequence[Pair]  # first those that answer it, then others of its document, then of other documents
    right: int  # how many answer it, together
    of_document: int  # how many are of its document

    @property
    def text(self) -> str:
        return self.pairs[0][0]


def nameless_similarities(groups: Sequence[Group], embeddings: Embeddings) -> Tensor:
    """The similarity of each sentence to its question without the question's names, `[pair]`; 0 for sentences of other
    documents."""
    found: list[float] = []
    for group in groups:
        names, own = names_asked(group.text), [s.sentence for _, s, _ in group.pairs[: group.of_document]]
        asked, of_names, *vectors = embeddings.embed_documents([group.text, " ".join(names), *own])
        found += cosines(vectors, without_names(asked, of_names) if names else asked)
        found += [0.0] * (len(group.pairs) - group.of_document)
    return torch.tensor(found)


def answers_loss(logits: Tensor, groups: Sequence[Group]) -> Tensor:
    """Which sentence is first of all, and how probable each is; mean over questions. logits: of all pairs, `[pair]`."""
    losses = []
    for of_group, group in zip(logits.split([len(group.pairs) for group in groups]), groups, strict=True):
        strongest, others = of_group[: group.right].max(), of_group[group.right :]
        probable = F.softplus(-strongest) + F.softplus(others).sum()
        losses.append(_first_loss(of_group, group.right) + _PROBABLE_WEIGHT * probable / (1 + len(others)))
    return torch.stack(losses).mean()


def within_loss(scores: Tensor, groups: Sequence[Group]) -> Tensor:
    """Which sentence of its document is first; mean over questions. scores: of all pairs, `[pair]`."""
    parts = zip(scores.split([len(group.pairs) for group in groups]), groups, strict=True)
    return torch.stack([_first_loss(part[: group.of_document], group.right) for part, group in parts]).mean()


def _first_loss(scores: Tensor, right: int) -> Tensor:
    """Cross-entropy of the right ones, of which one may be enough, being before the others."""
    together = scores[:right].logsumexp(0) - math.log(right)
    ranked = torch.cat([together[None], scores[right:]])
    return F.cross_entropy(ranked[None], torch.zeros(1, dtype=torch.long))


@dataclass(frozen=True)
class _Judged:
    """A held-out question and the sentences that a memory finds for it."""

    question: JudgedQuestion
    near: Sequence[int]  # the sentences' numbers
    logits: Tensor
    right: Sequence[int]  # the places of those that are known to answer
    best: float  # of the scores: logits with the weighted similarities
    is_first: bool  # whether a right one has the best score

    @property
    def case(self) -> tuple[Kind, bool]:
        """The kind of the document, and whether one that answers is in memory."""
        return self.question.kind, self.question.is_remembered


@dataclass(frozen=True)
class Calibration:
    """Measures a judge on the questions of a pool, and calibrates it."""

    logits: Callable[[Sequence[Pair]], Tensor]  # of pairs, `[pair, 2]`
    pool: Pool
    embeddings: Embeddings
    seed: int
    restated: int  # how many generated statements show what makes the same statement

    @torch.no_grad()
    def fit(self, judge: JudgeConfig) -> tuple[JudgeConfig, dict[str, dict[str, float]]]:
        """Returns the calibrated judge, and its figures on passages and generated documents.

        `first`: the right sentence is first of all that vectors find; `within`: of its document; `auc`: of questions
        about what is in memory against others; `foreign`: the share of the others that pass where 95 % of the first do.

        judge: its weights of similarities stay as they are.
        """
        pool, judged = self.pool, []
        for question, near, similarities in _some([*zip(pool.questions, pool.near, pool.similarities, strict=True)]):
            logits = self.logits([(question.text, pool.sentences[n], None) for n in near])[:, 0]
            scores = logits + judge.similarity_weight * torch.tensor(similarities)
            right = [place for place, n in enumerate(near) if question.certain and n in question.right]
            judged.append(_Judged(question, near, logits, right, float(scores.max()), int(scores.argmax()) in right))
        slope, offset = calibrated([(*j.case, j.best) for j in judged])
        found = torch.tensor([j.best for j in judged if j.question.is_remembered and j.right])
        threshold = float((slope * found + offset).sigmoid().quantile(1 - _ABOVE_THRESHOLD)) if len(found) else 0.5
        within_slope, first_within = self._within_documents(judge.nameless_weight)
        judge = replace(judge, slope=slope, offset=offset, threshold=round(threshold, 2), nameless_slope=within_slope)
        judge = replace(judge, **self._same_weights(judge, judged))  # type: ignore[arg-type]
        measured: dict[str, dict[str, float]] = {}
        for kind in KINDS:
            inside, outside = ([j.best for j in judged if j.case == (kind, there)] for there in (True, False))
            known = [j.is_first for j in judged if j.case == (kind, True) and j.question.certain]
            area = area_under_curve(inside, outside)
            if known and area is not None:
                measured[kind] = {"first": fmean(known), "auc": area.value, "foreign": share_passing(outside, inside)}
            if of_kind := [right for question, right in first_within if question.kind == kind]:
                measured.setdefault(kind, {})["within"] = fmean(of_kind)
        return judge, measured

    def _within_documents(self, nameless_weight: float) -> tuple[float, list[tuple[JudgedQuestion, bool]]]:
        """The best slope of scores within a document (`JudgeConfig.nameless_slope`), and questions with whether a right
        sentence is first of all of their document."""
        pool, groups = self.pool, []
        questions = _some([q for q in pool.questions if q.certain and len(pool.own(q.document)) > len(q.right)])
        for question in questions:
            order = [*question.right, *(n for n in pool.own(question.document) if n not in question.right)]
            pairs: list[Pair] = [(question.text, pool.sentences[n], None) for n in order[:_MOST_SENTENCES]]
            groups.append(Group(pairs, len(question.right), len(pairs)))
        logits = self.logits([pair for group in groups for pair in group.pairs])[:, 0]
        scores = logits + nameless_weight * nameless_similarities(groups, self.embeddings)
        slope = min(_SLOPES, key=lambda slope: float(within_loss(slope * scores, groups)))
        of_each = scores.split([len(group.pairs) for group in groups])
        first = [int(of.argmax()) < group.right for of, group in zip(of_each, groups, strict=True)]
        return slope, list(zip(questions, first, strict=True))

    def _same_weights(self, judge: JudgeConfig, judged: Sequence[_Judged]) -> dict[str, float]:
        """Weights by which two sentences make the same statement (`JudgeConfig.same_probable`).

        Positive are generated statements that answer one question; negative are other statements about its subject,
        and the sentence of another passage that is nearest to a question about a passage.
        """
        rng, compared = random.Random(f"{self.seed} told again"), []
        generator = FactGenerator(WordList.training())
        for _ in range(self.restated):
            text, statements = restated(generator, rng)
            first, again, other = map(InContext, statements)
            compared += [(text, first, again, True), (text, first, other, False)]
        for j in judged:
            own = self.pool.own(j.question.document)
            others = [place for place, n in enumerate(j.near) if n not in own]
            if j.right and others and j.question.kind == "passages":
                right, nearest = (
                    self.pool.sentences[j.near[max(places, key=j.logits.__getitem__)]] for places in (j.right, others)
                )
                compared.append((j.question.text, right, nearest, False))
        features, labels = self._features(judge, compared)
        if not labels:
            return {}
        names = ("same_probable", "same_least", "same_apart", "same_alike", "same_offset")
        return dict(zip(names, logistic_regression(features, labels), strict=True))

    def _features(self, judge: JudgeConfig, compared: Sequence[Compared]) -> tuple[Tensor, list[bool]]:
        """Of pairs of sentences that both may answer, the features that `JudgeConfig.same_probable` and the others
        weigh, `[pair, 4]`, and their labels."""
        groups = [Group([(text, one, None), (text, other, None)], 1, 2) for text, one, other, _ in compared]
        logits = self.logits([pair for group in groups for pair in group.pairs])[:, 0].view(-1, 2).tolist()
        nameless = nameless_similarities(groups, self.embeddings).view(-1, 2).tolist()
        features, labels = [], []
        for i, (text, first, second, is_same) in enumerate(compared):
            asked, one, other = self.embeddings.embed_documents([text, first.sentence, second.sentence])
            lower, higher = sorted(map(judge.probability, logits[i], cosines([one, other], asked)))
            if lower >= RIVAL * higher:
                a, b = map(judge.score_within, logits[i], nameless[i])
                features.append([lower / higher, min(a, b), abs(a - b), cosines([one], other)[0]])
                labels.append(is_same)
        return torch.tensor(features), labels


def _some(items: list[T]) -> list[T]:
    """About `_VALIDATED` of many items, evenly spaced."""
    return items[:: max(1, len(items) // _VALIDATED)]


def calibrated(best: Sequence[tuple[Kind, bool, float]]) -> tuple[float, float]:
    """Slope and offset by which a logit becomes a probability; all kinds of documents and both cases count alike.

    best: of each question the kind of its document, whether one that answers is in memory, and the best logit.
    """
    cases = [(kind, inside) for kind, inside, _ in best]
    weights = [1 / cases.count(case) for case in cases]
    slope, offset = logistic_regression(torch.tensor([[z] for *_, z in best]), [inside for _, inside in cases], weights)
    return slope, offset


def logistic_regression(features: Tensor, labels: Sequence[bool], weights: Sequence[float] = ()) -> list[float]:
    """A slope for each feature, and the offset behind them.

    features: `[item, feature]`. weights: how much each item counts; all alike when not given.
    """
    inputs, target = features.double(), torch.tensor(labels, dtype=torch.float64)
    of_items = F.normalize(torch.tensor(weights or [1.0] * len(labels), dtype=torch.float64), p=1, dim=0)
    fitted = torch.zeros(inputs.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = inputs @ fitted[:-1] + fitted[-1]
        value = F.binary_cross_entropy_with_logits(logits, target, of_items, reduction="sum")
        value = value + _DECAY * fitted[:-1].square().sum()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    return fitted.tolist()
