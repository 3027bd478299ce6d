"""What follows from marks, the probabilities of words to be in the answer: factors on rows, and a choice of answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MarkedWords = Sequence[tuple[str, float]]  # the words of a passage, as space separates them, each with its mark

_LEAST = 1e-6
_LEAST_SHARE = 0.3  # of the best mark: a word with less is not said to be in the answer


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
