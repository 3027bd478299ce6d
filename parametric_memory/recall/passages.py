"""Which passages of a document a question attaches, and how strongly: those near to it that share its words.

Knows nothing about entries, their index and their adapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parametric_memory.adapters.focus import passage_weights
from parametric_memory.recall.english import shared_words, without_names
from parametric_memory.records import RecalledPassage
from parametric_memory.text.names import names_asked, spelled_out, with_names_meant

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_COMPARED = 8  # passages, at least, of those nearest to a question: their words are looked at
_REPEATS_LOOKED_AT = 8  # times as many, where some say the same


def passage_parts(passages: Sequence[tuple[str, int]]) -> tuple[list[str], list[int]]:
    """What is embedded of a document's passages, names in the place of pronouns, and the number of each one's passage.

    Args:
        passages: in the document's order, each with its number.
    """
    texts = [text for text, _ in passages]
    parts = [(part, number) for i, (_, number) in enumerate(passages) for part in spelled_out(texts, i)]
    return [part for part, _ in parts], [number for _, number in parts]


def passage_vector(embeddings: Embeddings, query: str, vector: Sequence[float]) -> Sequence[float]:
    """What a query compares with the passages of one document: its vector with less of the names in it."""
    named = names_asked(query)
    return without_names(vector, embeddings.embed_query(", ".join(named))) if named else vector


def looked_at(most: int) -> int:
    """How many of the nearest passages `chosen_passages` needs to choose so many."""
    return max(_COMPARED, most) * _REPEATS_LOOKED_AT


def chosen_passages(
    query: str, found: Sequence[tuple[int, float]], texts: Sequence[str], most: int, temperature: float
) -> list[RecalledPassage]:
    """The best of the passages near to a query, best first, with the words that they share with it counted in.

    Args:
        found: numbers and similarities, nearest first.
        texts: of all passages of the document; none where they are not known, and only vectors count.
        most: how many.
        temperature: see `passage_weights`.
    """
    found = (_each_once(found, texts) if texts else found)[: max(_COMPARED, most)]
    if texts:
        shared = shared_words(query, [with_names_meant(texts, n) for n, _ in found])
        found = [(number, score + more) for (number, score), more in zip(found, shared, strict=True)]
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
