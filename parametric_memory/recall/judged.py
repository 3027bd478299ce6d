"""The scorer that reads: a learned judge says how probable it is that what vectors found answers the query.

Vectors choose which sentences are read, the judge which of them count. What is read of a document that may be attached
depends on the question and that document alone, and so does its score. The vectors of sentences near a document's
beginning lean towards the first one, which says what the document is about. Knows nothing about torch.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from importlib.resources import files
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.documents.sentences import InContext, in_context
from parametric_memory.documents.words import names_asked
from parametric_memory.errors import CheckpointError
from parametric_memory.files import read_object, replace_durably, storage_errors
from parametric_memory.index.exact import cosines
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights, EnglishAnswerRules
from parametric_memory.recall.scorer import Candidate, NumberedPassage, Query, Scored, Vector

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.internalize.selection import Models
    from parametric_memory.recall.judge import Judge

CONFIG_FILE = "config.json"
_SHIPPED = Path(str(files("parametric_memory"))) / "weights" / "judges" / "all-minilm-l6-v2"
_LEAST_PROBABILITY, _SATURATED = 1e-6, 60.0
_CANDIDATES = 8  # whose sentences may be read; the others follow, by their vectors
_READ_FIRST = 8  # sentences of all candidates, the nearest ones
_NEAREST, _MORE = 8, 12  # sentences of one document
_MOST = 32  # sentences in all, unless more documents may be attached
_SURE = 0.8  # probability above which no better one is looked for
_LIKELY = 0.3  # probability above which a document may be attached
_NEAR_NAMELESS = 3  # of its sentences that are near to what is asked, whoever it is asked of
_FOLLOWED = 3  # of its sentences, whose next ones are read: who "she" is, the sentence before says
_IN_CONTEXT = 16  # passages of a document, with the first one
_SHARE_OF_FIRST = 0.3  # measured with all-MiniLM-L6-v2: as good as embedding the first one's words with each
# Of what an entry's probability is, another's may be, that says the same of the same, and holds if it is newer; and how
# probable it must be that it does. In a memory of 120 pairs of generated documents about the same, 3 of 4 pass; among
# 200 passages about other things another one passes for 3 questions of 100, among 36 sessions of chats for 8.
RIVAL, _SAME = 0.6, 0.7
_LEAST_DOUBT = 1e-6
_WORD = re.compile(r"\w+")
_MOST_NAMES = 16  # of a question, which its answer says once
# Of what has no sentences, such as an adapter that was made elsewhere: where a similarity is as good as half a chance,
# and how fast it becomes better.
_EVEN_SIMILARITY, _STEEPNESS = 0.43, 16.0
_EVEN_WHERE_HELD = 0.35  # of a sentence that holds every word of a query which asks nothing


@dataclass(frozen=True)
class JudgeConfig:
    """What rebuilds a judge, and what its logits mean.

    Attributes:
        embedder: fingerprint of the embedder whose weights it changes.
        rank: of the changes.
        question_tokens, opening_tokens, before_tokens, sentence_tokens, answer_tokens: how much of each is read; of the
            sentence before, the end.
        slope, offset, similarity_weight: the probability that what is asked is in a sentence is
            `sigmoid(slope * (logit + similarity_weight * cosine similarity) + offset)`, as calibrated on the best
            sentences of a memory.
        threshold: probability below which nothing is attached.
        nameless_slope, nameless_weight: a sentence of a document that answers is the one that does with the odds
            `exp(nameless_slope * (logit + nameless_weight * similarity))`, with the cosine similarity to the question
            without its names. Where the weight is 0, sentences of a document are told apart as those of all are.
        same_probable, same_least, same_apart, same_alike, same_offset: two sentences of different documents say the
            same of the same with the probability `sigmoid(same_probable * p / q + same_least * min(a, b) + same_apart *
            abs(a - b) + same_alike * similarity + same_offset)`: of the probabilities p and q that they answer, p the
            lower; what `nameless_slope` multiplies for each; and their cosine similarity.
        support_slope, token_slope, confidence_offset: the probability that an answer is right is
            `sigmoid(support_slope * logit + token_slope * ln(p) + confidence_offset)`, with the logit that a sentence
            supports it and the probability p of its least probable token.
    """

    embedder: str = ""
    rank: int = 64
    question_tokens: int = 48
    opening_tokens: int = 24
    before_tokens: int = 24
    sentence_tokens: int = 72
    answer_tokens: int = 40
    slope: float = 1.0
    offset: float = 0.0
    similarity_weight: float = 0.0
    threshold: float = 0.5
    nameless_slope: float = 1.0
    nameless_weight: float = 0.0
    same_probable: float = 0.0
    same_least: float = 0.0
    same_apart: float = 0.0
    same_alike: float = 0.0
    same_offset: float = -5.0
    support_slope: float = 1.0
    token_slope: float = 0.0
    confidence_offset: float = 0.0

    def probability(self, logit: float, similarity: float) -> float:
        """How probable it is that a sentence answers. similarity: cosine, of its vector and the question's."""
        return logistic(self.slope * (logit + self.similarity_weight * similarity) + self.offset)

    @property
    def tells_names_apart(self) -> bool:
        """Whether `score_within` looks at similarities."""
        return self.nameless_weight != 0

    def score_within(self, logit: float, similarity: float) -> float:
        """Of a sentence: how well it answers beside others of its document.

        similarity: cosine, of its vector and the question's without its names.
        """
        return logit + self.nameless_weight * similarity

    def log_odds_within(self, score: float) -> float:
        """Of a `score_within`: up to a constant of its document, the log odds that it is the one there that answers."""
        return self.nameless_slope * score

    def says_the_same(self, ratio: float, score: float, other: float, similarity: float) -> float:
        """How probable it is that sentences of two documents say the same of the same, be it with another value.

        Args:
            ratio: of the probabilities that they answer, the lower to the higher.
            score, other: their `score_within`.
            similarity: cosine, of their vectors.
        """
        answer = self.same_probable * ratio + self.same_least * min(score, other)
        answer += self.same_apart * abs(score - other)
        return logistic(answer + self.same_alike * similarity + self.same_offset)

    def confidence(self, support: float, least_probable: float) -> float:
        """How probable it is that an answer is right.

        Args:
            support: the logit that a sentence supports it.
            least_probable: the probability of its least probable token.
        """
        tokens = self.token_slope * log_probability(least_probable)
        return logistic(self.support_slope * support + tokens + self.confidence_offset)


def logistic(x: float) -> float:
    """The probability of these log odds."""
    return 1 / (1 + math.exp(-max(-_SATURATED, min(_SATURATED, x))))


def log_probability(probability: float) -> float:
    """Its natural logarithm, which of 0 is finite too."""
    return math.log(max(probability, _LEAST_PROBABILITY))


def judge_folder(models: Models) -> Path:
    """Where the judge of these models is: the one that was named, or the one that ships."""
    return _SHIPPED if models.settings.judge is None else Path(models.settings.judge)


def read_judge_config(folder: Path) -> JudgeConfig:
    """Raises CheckpointError: the folder holds no judge, or one of a later release."""
    path = folder / CONFIG_FILE
    values = read_object(path)
    known = {field.name: type(getattr(JudgeConfig(), field.name)) for field in fields(JudgeConfig)}
    for name, value in values.items():
        if name not in known or not isinstance(value, known[name] if known[name] is not float else int | float):
            raise CheckpointError(f"{path} is no judge of this release: {name!r} cannot be {value!r}.")
    return JudgeConfig(**values)


def save_weights(folder: Path, **weights: float) -> None:
    """Write weights of a judge's probabilities into its folder; all else stays as it is.

    Raises:
        CheckpointError: the folder holds no judge.
        StorageError: the disk refuses.
    """
    write_judge_config(replace(read_judge_config(folder), **weights), folder)  # type: ignore[arg-type]


def write_judge_config(config: JudgeConfig, folder: Path) -> None:
    """Raises StorageError."""
    with storage_errors(f"write {folder}"):
        replace_durably(folder / CONFIG_FILE, (json.dumps(asdict(config), indent=1) + "\n").encode())


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
        return judge.config.confidence(max(judge.support(question, answer, attached)), least_probable)

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return EnglishAnswerRules(tuple(names_asked(question)[:_MOST_NAMES]), weights) if weights else None


@dataclass
class _Sentence:
    """A sentence that the judge may read.

    Attributes:
        number: in its document.
        alone: whether it may be attached without the rest of its document.
        logit, probability: that it answers, where the judge has read it.
    """

    number: int
    similarity: float
    text: InContext
    alone: bool
    logit: float | None = None
    probability: float = 0.0

    @property
    def is_read(self) -> bool:
        return self.logit is not None


class _Document:
    """A candidate and its sentences, nearest to the query first."""

    def __init__(self, place: int, candidate: Candidate, query: _JudgedQuery):
        self.place, self.candidate, self._query = place, candidate, query
        self.sentences = _sentences(candidate, query.vector)
        self.is_complete = not self.sentences

    @property
    def read(self) -> list[_Sentence]:
        return [sentence for sentence in self.sentences.values() if sentence.is_read]

    @property
    def best(self) -> _Sentence:
        """Of the sentences that were read; there must be one."""
        return max(self.read, key=lambda sentence: sentence.probability)

    @property
    def score(self) -> float:
        return max((sentence.probability for sentence in self.read), default=0.0)

    @cached_property
    def nameless(self) -> Mapping[int, float]:
        """By number, the similarity of passages to the question without its names."""
        return dict(self.candidate.nearest(self._query.nameless))

    def complete(self) -> None:
        """Reads as much as if the memory held nothing else: the nearest sentences, and where none of them surely
        answers, those that follow the best of these, those near to what is asked, whoever it is asked of, and the next
        nearest."""
        self._query.read(list(self.sentences.values())[:_NEAREST])
        self.is_complete = True
        if self.score >= _SURE:
            return
        best = sorted(self.read, key=lambda sentence: -sentence.probability)[:_FOLLOWED]
        following = [sentence.number + 1 for sentence in best]
        order = dict.fromkeys([*following, *list(self.nameless)[:_NEAR_NAMELESS], *self.sentences])
        more = [self.sentences[number] for number in order if number in self.sentences]
        self._query.read([sentence for sentence in more if not sentence.is_read][:_MORE])

    def passages(self, tell_apart: bool) -> list[tuple[int, float]]:
        """What may be attached alone, with its score, best first.

        tell_apart: what is asked counts more than who is asked about, as all sentences of a document are about the same
            people and things. The best one has the probability that any answers, others their odds beside it.
        """
        read, judge = [sentence for sentence in self.read if sentence.alone], self._query.judge.config
        scores = [sentence.probability for sentence in read]
        if tell_apart and len(read) > 1 and judge.tells_names_apart:
            near, least = self.nameless, min(self.nameless.values(), default=0.0)
            within = [judge.score_within(s.logit or 0.0, near.get(s.number, least)) for s in read]
            log_odds = [judge.log_odds_within(score) for score in within]
            best, odds = max(log_odds), self.score / max(1.0 - self.score, _LEAST_DOUBT)
            of_each = [odds * math.exp(of_one - best) for of_one in log_odds]
            scores = [of_one / (1 + of_one) for of_one in of_each]
        found = [(sentence.number, score) for sentence, score in zip(read, scores, strict=True)]
        return sorted(found, key=lambda passage: -passage[1])


class _JudgedQuery:
    def __init__(self, text: str, embeddings: Embeddings, judge_of: Callable[[], Judge]):
        self.text, self.vector = text, embeddings.embed_query(text)
        self._embeddings, self._judge_of = embeddings, judge_of

    @property
    def judge(self) -> Judge:
        return self._judge_of()

    @cached_property
    def nameless(self) -> Vector:
        """What is asked, whoever it is asked of; see `without_names`."""
        if not self._names:
            return self.vector
        return without_names(self.vector, self._embeddings.embed_query(" ".join(self._names)))

    @cached_property
    def _names(self) -> list[str]:
        return names_asked(self.text)

    @cached_property
    def _sought(self) -> frozenset[str]:
        """The words of a query that asks nothing, such as a name; none of a question."""
        return frozenset() if "?" in self.text else words_of(self.text)

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        documents = [_Document(place, candidate, self) for place, candidate in enumerate(candidates[:_CANDIDATES])]
        self._read_of(documents)
        read = [document for document in documents if document.read]
        scores = {document.place: document.score for document in read}
        alike = self._alike(read)
        scores |= dict(zip(alike, sorted((scores[place] for place in alike), reverse=True), strict=True))
        best = max(scores.values(), default=0.0)
        passages = {of.place: of.passages(tell_apart=of.score >= min(_LIKELY, best)) for of in read}
        for place, candidate in enumerate(candidates):
            if place not in scores:
                unread = place >= len(documents) or documents[place].sentences  # further away than what was read
                most = min((of.score for of in read), default=1.0) if unread else 1.0
                scores[place] = min(_chance(candidate.similarity), most)
        return [
            Scored(scores[place], passages.get(place, ()), alike[1:] if alike[:1] == [place] else ())
            for place in range(len(candidates))
        ]

    def _read_of(self, documents: Sequence[_Document]) -> None:
        """Reads the nearest sentences of all documents, then each document as if it was alone: the best ones, until one
        surely answers or enough was read.

        What might be attached is always read in full, so that its score depends on nothing else in memory.
        """
        nearest = [sentence for document in documents for sentence in [*document.sentences.values()][:_NEAREST]]
        self.read(sorted(nearest, key=lambda sentence: -sentence.similarity)[:_READ_FIRST])
        for document in sorted(documents, key=lambda document: -document.score):
            is_enough = max(of.score for of in documents) >= _SURE or sum(len(of.read) for of in documents) >= _MOST
            if not document.is_complete and (document.score >= _LIKELY or not is_enough):
                document.complete()

    def read(self, sentences: Sequence[_Sentence]) -> None:
        """Has the judge read those that it has not read yet."""
        new = [sentence for sentence in sentences if not sentence.is_read]
        if not new:
            return
        judge = self.judge
        of_question: dict[str, list[_Sentence]] = {}
        for sentence in new:
            of_question.setdefault(self._completed(sentence.text), []).append(sentence)
        for question, asked in of_question.items():
            for sentence, logit in zip(asked, judge.logits(question, [of.text for of in asked]), strict=True):
                sentence.logit = logit
                sentence.probability = judge.config.probability(logit, sentence.similarity)
                if self._sought and self._sought <= words_of(sentence.text.sentence):
                    chance = _chance(sentence.similarity, _EVEN_WHERE_HELD)
                    sentence.probability = max(sentence.probability, chance)

    def _completed(self, text: InContext) -> str:
        """The question with the whole names that a text has: Lina, where it is about Lina Okafor, is asked about as
        she."""
        question = self.text
        for name in self._names:
            known = names_asked(f"{text.opening} {text.sentence}")
            whole = [other for other in known if words_of(name) < words_of(other)]
            if whole and name not in known:
                question = question.replace(name, whole[0])
        return question

    def _alike(self, documents: Sequence[_Document]) -> list[int]:
        """Entries that say the same of the same as the best one does, and that, the newest first: what was said last is
        what holds. None where there is no other.

        documents: of which a sentence was read.
        """
        first = max(documents, key=lambda document: document.score, default=None)
        if first is None or first.score <= 0:
            return []
        named = self._named_in(first)
        rivals = [of for of in documents if of.score >= RIVAL * first.score]
        # Two that name different ones of those that are asked about say nothing of the same.
        rivals = [of for of in rivals if named <= (others := self._named_in(of)) or others <= named]
        if len(rivals) < 2:
            return []
        judge, place = self.judge.config, rivals.index(first)
        vectors = self._embeddings.embed_documents([of.best.text.sentence for of in rivals])
        asked = cosines(vectors, self.nameless)
        within = [judge.score_within(of.best.logit or 0.0, near) for of, near in zip(rivals, asked, strict=True)]
        ratios = [of.score / first.score for of in rivals]
        same = map(judge.says_the_same, ratios, repeat(within[place]), within, cosines(vectors, vectors[place]))
        alike = [of for of, probability in zip(rivals, same, strict=True) if of is first or probability >= _SAME]
        newest = sorted(alike, key=lambda of: of.candidate.since, reverse=True)
        return [of.place for of in newest] if len(newest) > 1 else []

    def _named_in(self, document: _Document) -> frozenset[str]:
        """The names of the query that stand in the best sentence of a document or in what it is read behind."""
        text = document.best.text
        known = words_of(f"{text.opening} {text.before} {text.sentence}")
        return frozenset(name for name in self._names if words_of(name) <= known)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, whatever their case."""
    return frozenset(_WORD.findall(text.casefold()))


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


def _sentences(candidate: Candidate, vector: Vector) -> dict[int, _Sentence]:
    """The sentences of a candidate by their number, nearest to the query first, each text once; in their order where
    the internalizer cuts none."""
    texts = candidate.passages()
    near = [(number, similarity) for number, similarity in candidate.nearest(vector) if number < len(texts)]
    alone = bool(near)
    near = near or [(number, candidate.similarity) for number in range(len(texts))]
    if alone:  # others may follow a near one
        known = {number for number, _ in near}
        near += [(number, 0.0) for number in range(len(texts)) if number not in known and number - 1 in known]
    first = {texts[number]: number for number, _ in reversed(near)}
    return {
        number: _Sentence(number, similarity, in_context(texts, number, candidate.title), alone)
        for number, similarity in near
        if first[texts[number]] == number
    }


def _chance(similarity: float, even: float = _EVEN_SIMILARITY) -> float:
    return logistic(_STEEPNESS * (similarity - even))
