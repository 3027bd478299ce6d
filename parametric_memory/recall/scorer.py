"""The seam for what vectors miss: what is embedded of a document and of a query, and what a similarity gains by words.

Recall itself knows nothing about languages. `EnglishScorer` holds all rules about English, `VectorScorer` has none; any
object with the same methods can take their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights

Vector = Sequence[float]
NumberedPassage = tuple[str, int]  # its text, and its number in the document; -1 for one that is never attached alone


@dataclass(frozen=True)
class Candidate:
    """An entry near to a query, as far as a scorer may look at it. What it holds is read when it is asked for.

    Attributes:
        text: reads all of the document.
        passages: reads the document's passages, in its order; none where its internalizer tells none apart.
        nearest: looks up the numbers of those nearest to the query, best first.
    """

    title: str
    summary: str
    text: Callable[[], str]
    passages: Callable[[], Sequence[str]]
    nearest: Callable[[], Sequence[int]]


class Query(Protocol):
    """A query as a scorer sees it."""

    @property
    def vector(self) -> Vector:
        """`[dimension]`: what is compared with the vectors of all entries."""

    @property
    def passage_vector(self) -> Vector:
        """`[dimension]`: what is compared with the passages of one document."""

    def entry_gain(self, candidate: Candidate) -> float:
        """What is added to the similarity of an entry that was made of a document."""

    def passage_gains(self, passages: Sequence[str], numbers: Sequence[int]) -> Sequence[float]:
        """What is added to the similarity of some passages of one document.

        Args:
            passages: all of the document's, in its order.
            numbers: of those that are compared.
        """


class Scorer(Protocol):
    """Says what is embedded, and corrects what the vectors say."""

    @property
    def fingerprint(self) -> str:
        """Tells scorers apart that embed documents differently: an index made with one is not for another.

        Of a scorer that comes with this package, its name, before a colon if there is more.
        """

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        """What is indexed of a document: vectors, `[part, dimension]`, and the number of each one's passage.

        Args:
            summary: its vector, if there is one, comes first, with the number -1.
        """

    def query(self, text: str, embeddings: Embeddings) -> Query:
        """What is made of a query."""

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        """What the answer to a question hardly says; None: nothing that is known.

        Args:
            weights: of rules, as the hypernetwork was calibrated.
        """


@dataclass(frozen=True)
class _PlainQuery:
    vector: Vector

    @property
    def passage_vector(self) -> Vector:
        return self.vector

    def entry_gain(self, candidate: Candidate) -> float:
        return 0.0

    def passage_gains(self, passages: Sequence[str], numbers: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(numbers)


class VectorScorer:
    """Vectors alone, as the embedder makes them: for any language, and any embedder."""

    fingerprint = "vectors"

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        parts = [*([(summary, -1)] if summary is not None else []), *passages]
        vectors: list[Vector] = list(embeddings.embed_documents([text for text, _ in parts])) if parts else []
        return vectors, [number for _, number in parts]

    def query(self, text: str, embeddings: Embeddings) -> Query:
        return _PlainQuery(embeddings.embed_query(text))

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return None
