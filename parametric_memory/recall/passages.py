"""Which passages of a document a question attaches, and how strongly: the best, as its scorer says.

Knows nothing about entries, their index and their adapters.
"""

from __future__ import annotations

from collections.abc import Sequence

from parametric_memory.recall.scorer import ScoredPassage, Scorer
from parametric_memory.records import RecalledPassage

_LOOKED_AT = 64  # of the passages nearest to a question: several may say the same


def looked_at(most: int) -> int:
    """How many of the nearest passages `chosen_passages` needs to choose so many."""
    return max(_LOOKED_AT, 8 * most)


def chosen_passages(
    scorer: Scorer, found: Sequence[ScoredPassage], texts: Sequence[str], most: int
) -> list[RecalledPassage]:
    """The best passages, with how strongly the scorer would have them attached together.

    Args:
        found: numbers and scores, best first.
        texts: of all passages of the document; none where they are not known.
        most: how many.
    """
    if any(number >= len(texts) for number, _ in found):  # the document has changed
        texts = ()
    found = (_each_once(found, texts) if texts else found)[:most]
    weights = scorer.weights([score for _, score in found])
    return [
        RecalledPassage(number=number, score=score, weight=weight)
        for (number, score), weight in zip(found, weights, strict=True)
    ]


def _each_once(found: Sequence[ScoredPassage], texts: Sequence[str]) -> list[ScoredPassage]:
    """The passages that were found, each text once.

    Rows of the same sentence twice would fire twice as strongly, and take the place of another sentence's.
    """
    first = {texts[number]: number for number, _ in reversed(found)}
    return [(number, score) for number, score in found if first[texts[number]] == number]
