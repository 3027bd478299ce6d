"""Answers that begin to repeat themselves: how a model that does not know goes on.

Of 300 answers from memory about a single fact ten held the same three tokens twice, and one of these was right.
Knows nothing about models and adapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

_RUN = 3  # tokens


class Repeats:
    """Tells which runs of three tokens stand in an answer twice. Figures may: 2,000,000 is a number."""

    def __init__(self, tokenizer: Any):
        self._tokenizer = tokenizer

    def in_answer(self, answer: Sequence[int]) -> bool:
        """Whether any run does."""
        seen: set[tuple[int, ...]] = set()
        for end in range(_RUN, len(answer) + 1):
            run = tuple(answer[end - _RUN : end])
            if run in seen and self._has_words(run):
                return True
            seen.add(run)
        return False

    def following(self, answer: Sequence[int]) -> set[int]:
        """The tokens that would complete a run which stands in the answer already."""
        last = tuple(answer[1 - _RUN :])
        runs = (tuple(answer[end - _RUN : end]) for end in range(_RUN, len(answer) + 1))
        return {run[-1] for run in runs if run[:-1] == last and self._has_words(run)}

    def _has_words(self, run: Sequence[int]) -> bool:
        return any(letter.isalpha() for letter in self._tokenizer.decode(run))


class NoRepeats:
    """A processor of scores under which answers do not repeat themselves."""

    def __init__(self, repeats: Repeats, start: int):
        """
        Args:
            start: where answers begin, in tokens; what stands before may be said again.
        """
        self._repeats, self._start = repeats, start

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        scores = scores.clone()
        for row, answer in enumerate(ids[:, self._start :].tolist()):
            for token in self._repeats.following(answer):
                scores[row, token] = -float("inf")
        return scores
