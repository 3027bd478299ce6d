"""The scorer that reads: a learned judge says how probable it is that what vectors found answers the query.

Vectors choose which sentences are read, the judge which of them count. The vectors of sentences near a document's
beginning lean towards the first one, which says what the document is about. Knows nothing about how a judge is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from parametric_memory.index.exact import cosines
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights, EnglishAnswerRules
from parametric_memory.recall.judge_config import logistic
from parametric_memory.recall.scorer import Candidate, NumberedPassage, Query, Scored, Vector
from parametric_memory.text.sentences import InContext, in_context
from parametric_memory.text.words import names_asked

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.recall.judge import Judge

_CANDIDATES = 8  # whose sentences may be read; the others follow, by their vectors
_READ_FIRST = 12  # sentences of all candidates, the nearest ones; the more, the later the answer
_READ_MORE = 8  # of the candidate that is best so far
_NEAR_NAMELESS = 3  # of its sentences that are near to what is asked, whoever it is asked of
_FOLLOWED = 3  # of its sentences, whose next ones are read: who "she" is, the sentence before says
_IN_CONTEXT = 16  # passages of a document, with the first one
_SHARE_OF_FIRST = 0.3  # measured with all-MiniLM-L6-v2: as good as embedding the first one's words with each
# Of what an entry's probability is, another's may be, that says the same of the same, and holds if it is newer; and how
# probable it must be that it does. In a memory of 120 pairs of generated documents about the same, 3 of 4 pass; among
# 200 passages about other things another one passes for 3 questions of 100, among 36 sessions of chats for 8.
RIVAL, _SAME = 0.6, 0.7
_LEAST_DOUBT = 1e-6
_MOST_NAMES = 16  # of a question, which its answer says once
# Of what has no sentences, such as an adapter that was made elsewhere: where a similarity is as good as half a chance,
# and how fast it becomes better.
_EVEN_SIMILARITY, _STEEPNESS = 0.43, 16.0


class JudgedScorer:
    """A judge's probabilities, for English."""

    fingerprint = "judge:1"

    def __init__(self, judge_of: Callable[[], Judge], threshold: float):
        """
        Args:
            judge_of: gives the judge, loaded when the first query is made.
            threshold: probability below which nothing is attached.
        """
        self._judge_of, self.threshold = judge_of, threshold

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        first = [] if summary is None else [summary]
        texts = [*first, *(text for text, _ in passages)]
        vectors: list[Vector] = list(embeddings.embed_documents(texts)) if texts else []
        of_passages = towards_first(vectors[len(first) :])
        return [*vectors[: len(first)], *of_passages], [*(-1 for _ in first), *(number for _, number in passages)]

    def query(self, text: str, embeddings: Embeddings) -> Query:
        return _JudgedQuery(text, embeddings, self._judge_of)

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        """The odds of each beside those of the best one: how probable it is in its place, if one of the two answers.

        Probabilities themselves hardly differ where all are near to 1, and what is attached beside the answer then
        speaks as loudly as that does.
        """
        odds = [score / max(1.0 - score, _LEAST_DOUBT) for score in scores]
        best = max(odds, default=1.0) or 1.0
        return [each / best for each in odds]

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        """As the judge finds the answer supported by the best of the passages."""
        if not attached:
            return least_probable
        judge = self._judge_of()
        return judge.confidence(max(judge.support(question, answer, attached)), least_probable)

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return EnglishAnswerRules(tuple(names_asked(question)[:_MOST_NAMES]), weights) if weights else None


@dataclass(frozen=True)
class _Read:
    """A sentence of a candidate that the judge reads.

    Attributes:
        alone: whether it may be attached without the rest of its document.
    """

    candidate: int
    number: int
    similarity: float
    sentence: InContext
    alone: bool


class _Judged(NamedTuple):
    """What the judge says of a sentence that it read."""

    of: _Read
    logit: float
    probability: float


class _JudgedQuery:
    def __init__(self, text: str, embeddings: Embeddings, judge_of: Callable[[], Judge]):
        self.text, self.vector = text, embeddings.embed_query(text)
        self._embeddings, self._judge_of = embeddings, judge_of

    @cached_property
    def _nameless(self) -> Vector:
        """What is asked, whoever it is asked of; see `without_names`."""
        return self.vector if self._names is None else without_names(self.vector, self._names)

    @cached_property
    def _names(self) -> Vector | None:
        """The vector of the names that are asked about; None where there are none."""
        names = names_asked(self.text)
        return self._embeddings.embed_query(" ".join(names)) if names else None

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        @cache
        def nameless(i: int) -> Mapping[int, float]:  # of a candidate's passages the similarity to what is asked
            return dict(candidates[i].nearest(self._nameless))

        of_each = [_sentences(i, c, self.vector) for i, c in enumerate(candidates[:_CANDIDATES])]
        together = sorted((s for sentences in of_each for s in sentences.values()), key=lambda s: -s.similarity)
        found = self._judged(together[:_READ_FIRST])
        if found:
            first = max(found, key=lambda read: read.probability).of.candidate
            read = [judged for judged in found if judged.of.candidate == first]
            found += self._judged(_more(of_each[first], read, list(nameless(first))))
        judged_of: dict[int, list[_Judged]] = {}
        for judged in found:
            judged_of.setdefault(judged.of.candidate, []).append(judged)
        scores = {i: max(judged.probability for judged in of_one) for i, of_one in judged_of.items()}
        likely = RIVAL * max(scores.values(), default=0.0)
        for i, of_one in judged_of.items():
            if scores[i] >= likely:  # others are hardly attached
                judged_of[i] = self._told_apart(of_one, partial(nameless, i))
        best = {i: max(of_one, key=lambda judged: judged.probability) for i, of_one in judged_of.items()}
        alike = self._alike(scores, best, candidates)
        scores |= dict(zip(alike, sorted((scores[i] for i in alike), reverse=True), strict=True))
        last = min(scores.values(), default=1.0)
        # What could be read and was not, others being nearer, is no better than what was; nor what is further away.
        most = [1.0 if i < len(of_each) and not of_each[i] else last for i in range(len(candidates))]
        return [
            Scored(
                scores[i] if i in scores else min(_chance(c.similarity), most[i]),
                sorted(
                    ((judged.of.number, judged.probability) for judged in judged_of.get(i, ()) if judged.of.alone),
                    key=lambda passage: -passage[1],
                ),
                alike[1:] if alike[:1] == [i] else (),
            )
            for i, c in enumerate(candidates)
        ]

    def _judged(self, read: Sequence[_Read]) -> list[_Judged]:
        """Each sentence, and how probable it is that it answers."""
        if not read:
            return []
        judge = self._judge_of()
        logits = judge.logits(self.text, [r.sentence for r in read])
        return [
            _Judged(r, logit, judge.probability(logit, r.similarity)) for r, logit in zip(read, logits, strict=True)
        ]

    def _told_apart(self, read: list[_Judged], nameless: Callable[[], Mapping[int, float]]) -> list[_Judged]:
        """Sentences of one document with the probabilities that they have in each other's place: of the best, that any
        of them answers, of the others by the odds beside it.

        All are about whom the document is about, so that what is asked of him tells more than who he is.

        nameless: the similarity of its passages to the question without its names, by their number.
        """
        judge = self._judge_of()
        if len(read) < 2 or not (read[0].of.alone and judge.tells_names_apart):
            return read
        near = nameless()
        least = min(near.values(), default=0.0)  # of what is not among those that are looked at
        within = [judge.score_within(judged.logit, near.get(judged.of.number, least)) for judged in read]
        log_odds = [judge.log_odds_within(score) for score in within]
        any_of_them = max(judged.probability for judged in read)
        best, odds = max(log_odds), any_of_them / max(1.0 - any_of_them, _LEAST_DOUBT)
        in_place = [odds * math.exp(of_one - best) for of_one in log_odds]
        return [
            judged._replace(probability=of_one / (1 + of_one)) for judged, of_one in zip(read, in_place, strict=True)
        ]

    def _alike(
        self, scores: Mapping[int, float], best: Mapping[int, _Judged], candidates: Sequence[Candidate]
    ) -> list[int]:
        """Entries that say the same of the same as the best one does, and that, the newest first: what was said last is
        what holds. None where there is no other.

        Args:
            scores: by the number of the candidate, the probability of its best sentence.
            best: what is said of that sentence.
        """
        first = max(scores, key=scores.__getitem__, default=-1)
        rivals = [i for i in scores if scores[i] >= RIVAL * scores[first] > 0]
        if len(rivals) < 2:
            return []
        judge, place = self._judge_of(), rivals.index(first)
        vectors = self._embeddings.embed_documents([best[i].of.sentence.sentence for i in rivals])
        asked = cosines(vectors, self._nameless)
        within = [judge.score_within(best[i].logit, near) for i, near in zip(rivals, asked, strict=True)]
        ratios = [scores[i] / scores[first] for i in rivals]
        near = cosines(vectors, vectors[place])
        same = map(judge.says_the_same, ratios, repeat(within[place]), within, near)
        alike = [i for i, probability in zip(rivals, same, strict=True) if i == first or probability >= _SAME]
        return sorted(alike, key=lambda i: candidates[i].since, reverse=True) if len(alike) > 1 else []


def towards_first(vectors: Sequence[Vector], share: float = _SHARE_OF_FIRST) -> list[list[float]]:
    """The directions of passages near a document's beginning moved towards the first one's.

    What stands further on in a long text the first passage says little of.

    Args:
        vectors: `[passage, dimension]`, in the document's order.
        share: how long what is added is, where a passage's own direction is 1.

    Returns:
        Unit vectors of the same shape; zero where there was no direction.
    """
    import numpy as np

    if not vectors:
        return []
    own = np.asarray(vectors, dtype=np.float64)
    own /= np.linalg.norm(own, axis=1, keepdims=True).clip(1e-12)
    moved = own.copy()
    near = slice(1, _IN_CONTEXT)
    moved[near] += share * own[0] * own[near].any(axis=1, keepdims=True)  # what is nowhere stays there
    moved /= np.linalg.norm(moved, axis=1, keepdims=True).clip(1e-12)
    rows: list[list[float]] = moved.tolist()
    return rows


def without_names(vector: Vector, of_names: Vector) -> list[float]:
    """What a question asks, whoever it asks about: its direction without what its names say.

    The sentences of a document share whom they are about, and that outweighs what each of them says of him.

    Args:
        vector: the question's, `[dimension]`.
        of_names: of its names alone.
    """
    import numpy as np

    asked, named = np.asarray(vector, dtype=np.float64), np.asarray(of_names, dtype=np.float64)
    length = float(named @ named)
    rest = asked - (asked @ named / length if length else 0.0) * named
    direction: list[float] = (rest / max(float(np.linalg.norm(rest)), 1e-12)).tolist()
    return direction


def _sentences(place: int, candidate: Candidate, vector: Vector) -> dict[int, _Read]:
    """The sentences of a candidate by their number, nearest to the query first, each text once; in their order where
    none is told apart."""
    texts = candidate.passages()
    near = [(number, similarity) for number, similarity in candidate.nearest(vector) if number < len(texts)]
    alone = bool(near)
    near = near or [(number, candidate.similarity) for number in range(len(texts))]
    if alone:  # others may follow a near one
        known = {number for number, _ in near}
        near += [(number, 0.0) for number in range(len(texts)) if number not in known and number - 1 in known]
    first = {texts[number]: number for number, _ in reversed(near)}
    return {
        number: _Read(place, number, similarity, in_context(texts, number, candidate.title), alone)
        for number, similarity in near
        if first[texts[number]] == number
    }


def _more(sentences: Mapping[int, _Read], read: Sequence[_Judged], near: Sequence[int]) -> list[_Read]:
    """Sentences of a candidate that were not read yet: those that follow its best ones, then those near to what is
    asked, whoever it is asked of, then the nearest.

    near: their numbers.
    """
    known = {judged.of.number for judged in read}
    best = sorted(read, key=lambda judged: -judged.probability)[:_FOLLOWED]
    order = dict.fromkeys([*(judged.of.number + 1 for judged in best), *near[:_NEAR_NAMELESS], *sentences])
    return [sentences[number] for number in order if number in sentences and number not in known][:_READ_MORE]


def _chance(similarity: float) -> float:
    return logistic(_STEEPNESS * (similarity - _EVEN_SIMILARITY))
