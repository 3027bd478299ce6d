"""Which passages of a document a question attaches, and how strongly: those near to it, as its scorer corrects that.

Knows nothing about entries, their index and their adapters.
"""

from __future__ import annotations

from collections.abc import Sequence

from parametric_memory.adapters.focus import passage_weights
from parametric_memory.recall.scorer import Query
from parametric_memory.records import RecalledPassage

_COMPARED = 8  # passages, at least, of those nearest to a question: a scorer looks at them
_REPEATS_LOOKED_AT = 8  # times as many, where some say the same


def looked_at(most: int) -> int:
    """How many of the nearest passages `chosen_passages` needs to choose so many."""
    return max(_COMPARED, most) * _REPEATS_LOOKED_AT


def chosen_passages(
    query: Query, found: Sequence[tuple[int, float]], texts: Sequence[str], most: int, temperature: float
) -> list[RecalledPassage]:
    """The best of the passages near to a query, best first, with what the query's scorer adds.

    Args:
        found: numbers and similarities, nearest first.
        texts: of all passages of the document; none where they are not known, and only vectors count.
        most: how many.
        temperature: see `passage_weights`.
    """
    found = (_each_once(found, texts) if texts else found)[: max(_COMPARED, most)]
    if texts:
        gains = query.passage_gains(texts, [number for number, _ in found])
        found = [(number, similarity + gain) for (number, similarity), gain in zip(found, gains, strict=True)]
    found = sorted(found, key=lambda passage: -passage[1])[:most]
    weights = passage_weights([score for _, score in found], temperature)
    return [
        RecalledPassage(number=number, score=score, weight=weight)
        for (number, score), weight in zip(found, weights, strict=True)
    ]


def _each_once(found: Sequence[tuple[int, float]], texts: Sequence[str]) -> list[tuple[int, float]]:
    """The passages that were found, each text once.

    Rows of the same sentence twice would fire twice as strongly, and take the place of another sentence's.
    """
    first = {texts[number]: number for number, _ in reversed(found)}
    return [(number, score) for number, score in found if first[texts[number]] == number]
