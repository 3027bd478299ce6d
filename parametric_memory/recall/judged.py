"""The scorer that reads: a learned judge estimates the probability that a sentence answers the query.

Vectors choose which sentences are read. The score of a document that may be attached depends on the question and that
document alone. The vectors of sentences near a document's beginning lean towards the first one, which says what the
document is about. Knows nothing about torch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from parametric_memory.documents.sentences import InContext, in_context
from parametric_memory.documents.words import names_asked, names_in
from parametric_memory.index.exact import cosines
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights
from parametric_memory.recall.judge_config import logistic
from parametric_memory.recall.scorer import Candidate, Marks, NumberedPassage, Query, Scored, Vector, VectorScorer

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.recall.judge import Judge

_CANDIDATES = 8  # whose sentences may be read; the others follow by their vectors
_READ_FIRST = 4  # sentences of all candidates, the nearest ones
_NEAREST, _MORE = 8, 12  # sentences of one document
_MOST = 32  # sentences in all, unless more documents may be attached
_SURE = 0.8  # probability above which no better one is looked for
_LIKELY = 0.3  # probability above which a document may be attached
_NEAR_NAMELESS = 3  # sentences nearest to the question without its names
_FOLLOWED = 3  # best sentences whose next ones are read: the sentence before says who "she" is
_IN_CONTEXT = 16  # first passages of a document, whose vectors are moved towards the first one
_SHARE_OF_FIRST = 0.3  # measured with all-MiniLM-L6-v2: as good as embedding the first one's words with each
# Minimum relative score for a newer entry to supersede an older one, and minimum probability that both state the same
# attribute. In a memory of 120 pairs of generated documents about the same, 3 of 4 pass; among 200 passages about other
# things another one passes for 3 questions of 100, among 36 sessions of chats for 8.
RIVAL, _SAME = 0.6, 0.7
_LEAST_DOUBT = 1e-6
_WORD = re.compile(r"\w+")
_MOST_NAMES = 16  # of a question, which its answer says once
# For entries without sentences, such as adapters made elsewhere: the similarity with probability 0.5, and the slope.
_EVEN_SIMILARITY, _STEEPNESS = 0.43, 16.0
_EVEN_WHERE_HELD = 0.35  # the same for a sentence that holds every word of a query without a question mark
# A remark such as "thanks" asks for nothing, and a judge that learned from questions finds any sentence to answer it.
# So it is asked first about sentences of no document, as inputs without content calibrate a model in arXiv 2102.09690.
# Above this probability for the worst of them only vectors count: for 36 of 46 remarks, for none of 51 names and
# keywords, and for 7 of 400 questions whose question mark was taken off.
_UNRELATED = tuple(
    InContext(text, opening=text)
    for text in (
        "The bridge over the Tarn was opened in 1931.",
        "Her brother plays the flute.",
        "The soup is served with bread.",
        "Copper melts at 1085 degrees.",
    )
)
_ANY_ANSWERS = 0.0125


class JudgedScorer:
    """A judge's probabilities, for English."""

    fingerprint = "judge:1"

    def __init__(self, judge_of: Callable[[], Judge], threshold: float):
        """judge_of: loads the judge with the first query; threshold: probability below which nothing is attached."""
        self._judge_of, self.threshold = judge_of, threshold

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        vectors, numbers = VectorScorer().document_vectors(passages, embeddings, summary)
        start = 0 if summary is None else 1
        return [*vectors[:start], *towards_first(vectors[start:])], numbers

    def query(self, text: str, embeddings: Embeddings) -> Query:
        return _JudgedQuery(text, embeddings, self._judge_of)

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        """Odds divided by those of the best one.

        Probabilities near 1 hardly differ, and other passages would be as strong as the answer.
        """
        odds = [score / max(1.0 - score, _LEAST_DOUBT) for score in scores]
        best = max(odds, default=1.0) or 1.0
        return [each / best for each in odds]

    def mark(self, question: str, attached: Sequence[InContext]) -> Marks:
        return self._judge_of().mark(question, attached) if attached else Marks([])

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        """By the passage that supports the answer best."""
        if not attached:
            return least_probable
        judge = self._judge_of()
        return judge.config.confidence(max(judge.support(question, answer, attached)), least_probable)

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return AnswerRules(tuple(names_asked(question)[:_MOST_NAMES]), weights) if weights else None


@dataclass
class _Sentence:
    """A sentence that the judge may read."""

    number: int  # in its document
    similarity: float
    text: InContext
    alone: bool  # whether it may be attached without the rest of its document
    is_read: bool = False
    logit: float = 0.0  # that it answers, if the judge has read it
    probability: float = 0.0  # the same


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
        """Reads the nearest sentences and, if none of them surely answers, those that follow the best of these, those
        near to the question without its names, and the next nearest. Nothing else in memory changes this."""
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
        """The sentences that may be attached alone, with their scores, best first.

        tell_apart: compare them without the question's names, as all are about the same people and things. The best one
            gets the score of the document, others their odds relative to it.
        """
        read, judge = [sentence for sentence in self.read if sentence.alone], self._query.judge_of().config
        scores = [sentence.probability for sentence in read]
        if tell_apart and len(read) > 1 and judge.nameless_weight != 0:
            near, least = self.nameless, min(self.nameless.values(), default=0.0)
            within = [judge.score_within(s.logit, near.get(s.number, least)) for s in read]
            log_odds = [judge.nameless_slope * score for score in within]
            best, odds = max(log_odds), self.score / max(1.0 - self.score, _LEAST_DOUBT)
            of_each = [odds * math.exp(of_one - best) for of_one in log_odds]
            scores = [of_one / (1 + of_one) for of_one in of_each]
        found = [(sentence.number, score) for sentence, score in zip(read, scores, strict=True)]
        return sorted(found, key=lambda passage: -passage[1])


class _JudgedQuery:
    def __init__(self, text: str, embeddings: Embeddings, judge_of: Callable[[], Judge]):
        self.text, self._names = text, names_asked(text)
        self._embeddings, self.judge_of = embeddings, judge_of
        queries = [text, *([" ".join(self._names)] if self._names else [])]
        if isinstance(embeddings, MiniLMEmbeddings):  # reads queries as documents: all in one pass
            self.vector, *self._of_names = embeddings.embed_documents(queries)
        else:
            self.vector, *self._of_names = map(embeddings.embed_query, queries)

    @cached_property
    def nameless(self) -> Vector:
        """The question's vector without its names, see `without_names`."""
        return without_names(self.vector, *self._of_names) if self._names else self.vector

    @cached_property
    def _sought(self) -> frozenset[str]:
        """The words of a query without a question mark, such as a name; none of a question."""
        return frozenset() if "?" in self.text else words_of(self.text)

    @cached_property
    def _is_remark(self) -> bool:
        """Whether even unrelated sentences seem to answer it, so that only vectors count."""
        if "?" in self.text:
            return False
        judge = self.judge_of()
        return judge.config.probability(min(judge.logits(self.text, _UNRELATED)), 0.0) > _ANY_ANSWERS

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        if self._is_remark:
            near = ([(n, _chance(similarity)) for n, similarity in of.nearest(self.vector)] for of in candidates)
            return [Scored(_chance(of.similarity), each) for of, each in zip(candidates, near, strict=True)]
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
        """Reads the nearest sentences of all documents, then completes the best documents until a sentence surely
        answers or enough was read. A document that might be attached is always completed."""
        nearest = [sentence for document in documents for sentence in [*document.sentences.values()][:_NEAREST]]
        self.read(sorted(nearest, key=lambda sentence: -sentence.similarity)[:_READ_FIRST])
        for document in sorted(documents, key=lambda document: -document.score):
            is_enough = max(of.score for of in documents) >= _SURE or sum(len(of.read) for of in documents) >= _MOST
            if not document.is_complete and (document.score >= _LIKELY or not is_enough):
                document.complete()

    def read(self, sentences: Sequence[_Sentence]) -> None:
        """Has the judge read the sentences that it has not read yet."""
        new = [sentence for sentence in sentences if not sentence.is_read]
        if not new:
            return
        judge = self.judge_of()
        of_question: dict[str, list[_Sentence]] = {}
        for sentence in new:
            of_question.setdefault(self._completed(sentence.text), []).append(sentence)
        for question, asked in of_question.items():
            for sentence, logit in zip(asked, judge.logits(question, [of.text for of in asked]), strict=True):
                sentence.is_read, sentence.logit = True, logit
                sentence.probability = judge.config.probability(logit, sentence.similarity)
                if self._sought and self._sought <= words_of(sentence.text.sentence):
                    chance = _chance(sentence.similarity, _EVEN_WHERE_HELD)
                    sentence.probability = max(sentence.probability, chance)

    def _completed(self, text: InContext) -> str:
        """The question with names completed from a text: Lina becomes Lina Okafor if the text is about her."""
        question = self.text
        for name in self._names:
            known = names_asked(f"{text.opening} {text.sentence}")
            whole = [other for other in known if words_of(name) < words_of(other)]
            if whole and name not in known:
                question = question.replace(name, whole[0])
        return question

    def _alike(self, documents: Sequence[_Document]) -> list[int]:
        """The best entry and those that state the same attribute, newest first; none if there is no other.

        documents: of which a sentence was read.
        """
        first = max(documents, key=lambda document: document.score, default=None)
        if first is None or first.score <= 0:
            return []
        named = self._named_in(first)
        # Entries that name different ones of the people asked about, or none of them, do not state the same.
        rivals = [of for of in documents if of.score >= RIVAL * first.score and self._named_in(of) == named]
        if len(rivals) < 2:
            return []
        judge, place = self.judge_of().config, rivals.index(first)
        vectors = self._embeddings.embed_documents([of.best.text.sentence for of in rivals])
        asked = cosines(vectors, self.nameless)
        within = [judge.score_within(of.best.logit, near) for of, near in zip(rivals, asked, strict=True)]
        ratios = [of.score / first.score for of in rivals]
        same = map(judge.says_the_same, ratios, repeat(within[place]), within, cosines(vectors, vectors[place]))
        alike = [of for of, probability in zip(rivals, same, strict=True) if of is first or probability >= _SAME]
        newest = sorted(alike, key=lambda of: of.candidate.since, reverse=True)
        return [of.place for of in newest] if len(newest) > 1 else []

    def _named_in(self, document: _Document) -> frozenset[str]:
        """The names of the query, whole or in part, in the best sentence of a document and its context."""
        best = document.best.text
        text = f"{best.opening} {best.before} {best.sentence}"
        known, others = words_of(text), [words_of(name) for name in names_in(text)]
        asked = {name: words_of(name) for name in self._names}
        return frozenset(n for n, words in asked.items() if words <= known or any(other <= words for other in others))


def words_of(text: str) -> frozenset[str]:
    """The words of a text in small letters."""
    return frozenset(_WORD.findall(text.casefold()))


def towards_first(vectors: Sequence[Vector], share: float = _SHARE_OF_FIRST) -> list[list[float]]:
    """The directions of a document's first passages, moved towards the very first one's: unit vectors; zero stays zero.

    Args:
        vectors: `[passage, dimension]`, in the document's order.
        share: the length of the first direction that is added to a passage's own of length 1.
    """
    if not vectors:
        return []
    own = np.asarray(vectors, dtype=np.float64)
    own /= np.linalg.norm(own, axis=1, keepdims=True).clip(1e-12)
    moved = own.copy()
    near = slice(1, _IN_CONTEXT)
    moved[near] += share * own[0] * own[near].any(axis=1, keepdims=True)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True).clip(1e-12)
    return moved.tolist()


def without_names(vector: Vector, of_names: Vector) -> list[float]:
    """The direction of a question's vector orthogonal to that of its names.

    The sentences of a document are about the same people, which outweighs what each of them says about these.

    vector, of_names: the question's, and that of its names alone, `[dimension]`.
    """
    asked, named = np.asarray(vector, dtype=np.float64), np.asarray(of_names, dtype=np.float64)
    length = float(named @ named)
    rest = asked - (asked @ named / length if length else 0.0) * named
    return (rest / max(float(np.linalg.norm(rest)), 1e-12)).tolist()


def _sentences(candidate: Candidate, vector: Vector) -> dict[int, _Sentence]:
    """The sentences of a candidate by number, nearest to the query first, each text once; in their order if the
    internalizer does not cut documents."""
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
