"""The seam for scorers: they embed documents and queries, and score the candidates that vectors find.

Recall itself reads no words. `JudgedScorer` has a learned judge read them, `VectorScorer` only compares vectors; any
object with the same methods can take their place. Below them is what follows from the marks of words: factors on rows,
and a choice of answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from parametric_memory.documents.sentences import InContext
from parametric_memory.internalize.deriving import DocumentScorer
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

MAX_PASSAGES = 3  # attached together, by default
TEMPERATURE = 0.1  # of similarities; see `passage_weights`
_LEAST = 1e-6
_LEAST_SHARE = 0.3  # of the best mark: a word with less is not said to be in the answer

Vector = Sequence[float]
NumberedPassage = tuple[str, int]  # its text, and its number in the document; -1 for one that is never attached alone
ScoredPassage = tuple[int, float]  # its number in the document, and its similarity or score
MarkedWords = Sequence[tuple[str, float]]  # the words of a passage, as space separates them, each with its mark


@dataclass(frozen=True)
class Candidate:
    """An entry near to a query, for a scorer. Its passages are read on demand.

    `passages` reads the document's in order; none of an entry that was added as an adapter. `nearest` looks up those
    nearest to a vector, best first; none if the internalizer does not cut documents.
    """

    title: str
    summary: str
    similarity: float  # cosine, of the nearest of the entry's vectors
    since: datetime  # see `Entry.holds_since`
    passages: Callable[[], Sequence[str]]
    nearest: Callable[[Vector], Sequence[ScoredPassage]]


class Scored(NamedTuple):
    """The score of a candidate."""

    score: float  # of the entry; orders entries, and those below the threshold are not attached
    passages: Sequence[ScoredPassage]  # those that may be attached alone, best first
    newer_than: Sequence[int] = ()  # the numbers of older candidates that this one supersedes


class Marks(NamedTuple):
    """Which words of passages answer a question. Words are what space separates."""

    words: Sequence[Sequence[float]]  # the probability of each to be in the answer, `[passage, word]`; empty: not known
    answered: bool = True  # whether any passage does. If not, none is attached, but for a threshold of 0 or less


class Query(Protocol):
    """A query, prepared by a scorer."""

    @property
    def vector(self) -> Vector:
        """`[dimension]`, to compare with the vectors of all entries."""

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """The scores of candidates, in their order."""


class Scorer(DocumentScorer, Protocol):
    """Embeds documents and queries, and scores candidates."""

    @property
    def threshold(self) -> float | None:
        """Score below which nothing is attached; None: as the hypernetwork was calibrated."""

    def query(self, text: str, embeddings: Embeddings) -> Query:
        """Prepares a query."""

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        """Factors for entries or passages with these scores that are attached together; 1 for the best."""

    def mark(self, question: str, attached: Sequence[InContext]) -> Marks:
        """Which words of passages answer, of those that are about to be attached."""

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        """The estimated probability that an answer from memory is right.

        attached: the passages whose rows were attached. least_probable: the probability of its least probable token.
        """

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        """Rules for the answer to a question; None: none.

        weights: of the rules, by the hypernetwork's calibration.
        """


def passage_weights(similarities: Sequence[float], temperature: float = TEMPERATURE) -> list[float]:
    """The weight of each passage's rows: a softmax over similarities, scaled so that the largest weight is 1."""
    best = max(similarities, default=0.0)
    return [math.exp((similarity - best) / temperature) for similarity in similarities]


@dataclass(frozen=True)
class _PlainQuery:
    vector: Vector

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        return [Scored(candidate.similarity, candidate.nearest(self.vector)) for candidate in candidates]


@dataclass(frozen=True)
class VectorScorer:
    """Vectors alone, as the embedder makes them: for any language, and any embedder."""

    temperature: float = TEMPERATURE  # see `passage_weights`

    fingerprint = "vectors"
    threshold = None

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        parts = [*([(summary, -1)] if summary is not None else []), *passages]
        vectors: list[Vector] = list(embeddings.embed_documents([text for text, _ in parts])) if parts else []
        return vectors, [number for _, number in parts]

    def query(self, text: str, embeddings: Embeddings) -> Query:
        return _PlainQuery(embeddings.embed_query(text))

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        return passage_weights(scores, self.temperature)

    def mark(self, question: str, attached: Sequence[InContext]) -> Marks:
        return Marks([() for _ in attached])

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        return least_probable

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return None


def row_factors(passages: Sequence[MarkedWords], unmarked: float) -> list[list[float]]:
    """Factors on the rows of the words of passages that are attached together, `[passage, word]`.

    The word with the best mark has 1. The surer that one is, the nearer are others to `unmarked`.
    """
    best = max((mark for words in passages for _, mark in words), default=0.0)
    least = 1 - (1 - unmarked) * best
    return [[least + (1 - least) * mark / max(best, _LEAST) for _, mark in words] for words in passages]


def surest(passages: Iterable[tuple[float, MarkedWords]]) -> MarkedWords:
    """The words of the passage whose best mark, times the passage's weight, is the largest; none if none has words."""
    with_words = [(weight * max(mark for _, mark in words), words) for weight, words in passages if words]
    _, words = max(with_words, key=lambda each: each[0], default=(0.0, ()))
    return words


@dataclass(frozen=True)
class MarkedAnswer:
    """The marked words of one passage. Call it with an answer for the nats that this gains."""

    words: MarkedWords  # each as `_plain` writes it, with its mark
    nats: float  # that an answer with all of them gains

    @classmethod
    def of(cls, passages: Iterable[tuple[float, MarkedWords]], nats: float) -> MarkedAnswer | None:
        """Of the `surest` of passages that are attached together, each with its weight; None: no word is marked.

        nats: for an answer with all words, if these are in the answer for sure.
        """
        words = surest(passages)
        best = max((mark for _, mark in words), default=0.0)
        plain = ((_plain(word), mark) for word, mark in words if mark > _LEAST_SHARE * best)
        said = tuple((word, mark) for word, mark in plain if word)
        return cls(said, nats * best) if said else None

    def __call__(self, answer: str) -> float:
        said = {_plain(word) for word in answer.split()}
        return self.nats * sum(mark for word, mark in self.words if word in said) / sum(mark for _, mark in self.words)


def _plain(word: str) -> str:
    """A word's letters and digits in lower case, without a possessive s: `"1,140"` and `1140` are the same."""
    word = word.casefold().replace("\u2019", "'").rstrip(".,;:!?\"')]")
    return "".join(filter(str.isalnum, word.removesuffix("'s")))
