"""The seam for what vectors miss: what is embedded of a document and of a query, and how good what they find is.

Recall itself reads no words. `JudgedScorer` has a learned judge read them, `VectorScorer` compares vectors and no more;
any object with the same methods can take their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from parametric_memory.adapters.focus import TEMPERATURE, passage_weights

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.documents.sentences import InContext
    from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights

Vector = Sequence[float]
NumberedPassage = tuple[str, int]  # its text, and its number in the document; -1 for one that is never attached alone
ScoredPassage = tuple[int, float]  # its number in the document, and its similarity or score


@dataclass(frozen=True)
class Candidate:
    """An entry near to a query, as far as a scorer may look at it. What it holds is read when it is asked for.

    Attributes:
        similarity: cosine, of the nearest of the entry's vectors.
        since: from when on it says what it says, see `Entry.holds_since`.
        passages: reads the document's passages, in its order; none of an entry that was added as an adapter.
        nearest: looks up those nearest to a vector, the query's above all, best first; none where the internalizer
            tells none apart.
    """

    title: str
    summary: str
    similarity: float
    since: datetime
    passages: Callable[[], Sequence[str]]
    nearest: Callable[[Vector], Sequence[ScoredPassage]]


class Scored(NamedTuple):
    """What a scorer says of a candidate.

    Attributes:
        score: of the entry; entries are ordered by it, and those below the threshold are not attached.
        passages: those that may be attached alone, best first.
        newer_than: the numbers of older candidates that answer too, and whose place it took.
    """

    score: float
    passages: Sequence[ScoredPassage]
    newer_than: Sequence[int] = ()


class Query(Protocol):
    """A query as a scorer sees it."""

    @property
    def vector(self) -> Vector:
        """`[dimension]`: what is compared with the vectors of all entries."""

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """How good each candidate is, in their order."""


class Scorer(Protocol):
    """Says what is embedded, and how good what vectors find is."""

    @property
    def fingerprint(self) -> str:
        """Tells scorers apart that embed documents differently: an index made with one is not for another.

        Of a scorer that comes with this package, its name, before a colon if there is more.
        """

    @property
    def threshold(self) -> float | None:
        """Score below which nothing is attached; None: as the hypernetwork was calibrated."""

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        """What is indexed of a document: vectors, `[part, dimension]`, and the number of each one's passage.

        Args:
            summary: its vector, if there is one, comes first, with the number -1.
        """

    def query(self, text: str, embeddings: Embeddings) -> Query:
        """What is made of a query."""

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        """How strongly what has these scores is attached together: factors, 1 for the best."""

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        """How probable it is that an answer from memory is right, as far as can be told.

        Args:
            attached: the passages whose rows it was given under.
            least_probable: the probability of its least probable token.
        """

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        """What the answer to a question hardly says; None: nothing that is known.

        Args:
            weights: of rules, as the hypernetwork was calibrated.
        """


@dataclass(frozen=True)
class _PlainQuery:
    vector: Vector

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        return [Scored(candidate.similarity, candidate.nearest(self.vector)) for candidate in candidates]


@dataclass(frozen=True)
class VectorScorer:
    """Vectors alone, as the embedder makes them: for any language, and any embedder.

    Attributes:
        temperature: see `passage_weights`.
    """

    temperature: float = TEMPERATURE

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

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        return least_probable

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return None
