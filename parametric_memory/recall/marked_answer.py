"""How much of the marked words an answer says: for the choice among answers that a model is unsure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parametric_memory.recall.judged import words_of

_LEAST_SHARE = 0.3  # of the best mark: a word with less is not marked


@dataclass(frozen=True)
class MarkedAnswer:
    """The marked words of the sentence that probably holds the answer. Call it with an answer.

    Attributes:
        words: each with its mark, relative to the best one.
        nats: what an answer gains that says all of them.
    """

    words: tuple[tuple[str, float], ...]
    nats: float

    @classmethod
    def of(cls, passages: Sequence[tuple[str, Sequence[float]]], nats: float) -> MarkedAnswer | None:
        """Of passages that are attached together, with the factors on the rows of their words, see `Marks`.

        nats: for an answer with all marked words, if other words' rows had a factor of 0. None is returned if all
            words have the same.
        """
        factors = [factor for _, of_words in passages for factor in of_words]
        least, most = min(factors, default=1.0), max(factors, default=1.0)
        if least == most:
            return None
        sentence, of_words = next((sentence, of_words) for sentence, of_words in passages if most in of_words)
        shares = ((word, (f - least) / (most - least)) for word, f in zip(sentence.split(), of_words, strict=False))
        return cls(tuple((word, share) for word, share in shares if share > _LEAST_SHARE), nats * (most - least))

    def __call__(self, answer: str) -> float:
        """The nats that an answer gains."""
        said, total = words_of(answer), sum(share for _, share in self.words)
        return self.nats * sum(share for word, share in self.words if words_of(word) <= said) / total
