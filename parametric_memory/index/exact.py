"""Vectors in main memory, each compared with the query: the search of a memory that is not large.

Knows nothing about where vectors come from. A revision is a number that a caller gives to the vectors of one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vector = Sequence[float]
Ranked = list[tuple[int, float]]  # revisions with cosine similarities, best first

MOST_COMPARED = 50_000 * 384  # numbers; beyond them a graph is faster, though it may miss the nearest
_TOGETHER = 1_000  # rows of small blocks that become one


class Stored(NamedTuple):
    """Vectors with what each is of, as arrays `[row]`.

    Attributes:
        revisions, parts: which vector of which revision it is.
        passages: the passage that it is of; -1: none, it is the summary's or of a part of the text.
        vectors: `[row, dimension]`, float32.
    """

    revisions: NDArray[np.int64]
    parts: NDArray[np.int64]
    passages: NDArray[np.int64]
    vectors: NDArray[np.float32]


class ExactVectors:
    """Directions of vectors. Never changed once made: threads may share one, and compare what was there at a time."""

    def __init__(self, stored: Iterable[Stored] = ()) -> None:
        """stored: where the vectors are not scaled to length 1 yet."""
        self._blocks: list[Stored] = []
        for block in stored:
            self._append(block._replace(vectors=directions(block.vectors)))

    def __len__(self) -> int:
        """How many vectors there are."""
        return sum(len(block.revisions) for block in self._blocks)

    def with_more(self, other: ExactVectors) -> ExactVectors:
        """These and others."""
        both = ExactVectors()
        both._blocks = [*self._blocks]
        for block in other._blocks:
            both._append(block)
        return both

    def only(self, revisions: Iterable[int], without: bool = False) -> ExactVectors:
        """Those of some revisions. without: all but those."""
        import numpy as np

        wanted, found = np.fromiter(revisions, np.int64), ExactVectors()
        for block in self._blocks:
            rows = np.isin(block.revisions, wanted, invert=without)
            if rows.all():
                found._blocks.append(block)
            elif rows.any():
                found._append(Stored._make(array[rows] for array in block))
        return found

    @property
    def revisions(self) -> set[int]:
        """The revisions that have vectors here."""
        return {revision for block in self._blocks for revision in block.revisions.tolist()}

    def nearest(self, vector: Vector, most: int | None = None) -> Ranked:
        """The revisions of the vectors that are nearest to one, each once; of equals, the first added.

        Args:
            vector: `[dimension]`.
            most: how many vectors to look at; None: all.
        """
        import numpy as np

        if not self._blocks:
            return []
        direction = _direction(vector)
        similarities = np.concatenate([block.vectors @ direction for block in self._blocks])
        revisions = np.concatenate([block.revisions for block in self._blocks])
        rows = _largest_first(similarities, len(self) if most is None else most)
        best: dict[int, float] = {}
        for revision, similarity in zip(revisions[rows].tolist(), similarities[rows].tolist(), strict=True):
            best.setdefault(revision, similarity)
        return [*best.items()]

    def compared(self, vector: Vector) -> Iterator[tuple[int, int, float, NDArray[np.float32]]]:
        """Of each vector: its revision, its passage, its cosine similarity to another one, and its direction."""
        direction = _direction(vector)
        for block in self._blocks:
            similarities = (block.vectors @ direction).tolist()
            yield from zip(block.revisions.tolist(), block.passages.tolist(), similarities, block.vectors, strict=True)

    def _append(self, block: Stored) -> None:
        """While it is made: adds a block, to the last one where both are small."""
        import numpy as np

        if self._blocks and len(self._blocks[-1].revisions) + len(block.revisions) <= _TOGETHER:
            pair = self._blocks.pop(), block
            block = Stored._make(np.concatenate([getattr(of, name) for of in pair]) for name in Stored._fields)
        self._blocks.append(block)


def nearest_passages(passages: Sequence[int], similarities: Sequence[float], most: int) -> list[tuple[int, float]]:
    """The passages of largest similarity, best first, each once; what is of no passage (-1) is left out."""
    found = [pair for pair in once_each(passages, similarities) if pair[0] >= 0]
    return found[:most]


def once_each(numbers: Sequence[int], similarities: Sequence[float]) -> list[tuple[int, float]]:
    """Each number once, with the largest of its similarities; largest first."""
    best: dict[int, float] = {}
    for similarity, number in sorted(zip(similarities, numbers, strict=True), key=lambda pair: -pair[0]):
        best.setdefault(number, similarity)
    return list(best.items())


def cosines(vectors: Any, vector: Vector) -> list[float]:
    """Cosine similarity of each of `[vector, dimension]` to a vector."""
    similarities: list[float] = (directions(vectors) @ _direction(vector)).tolist()
    return similarities


def directions(vectors: Any) -> NDArray[np.float32]:
    """`[vector, dimension]`, each scaled to length 1; zero where there is no direction."""
    import numpy as np

    array = np.asarray(vectors, dtype=np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True).clip(min=1e-12)


def _direction(vector: Vector) -> NDArray[np.float32]:
    return directions([vector])[0]


def _largest_first(similarities: NDArray[np.float32], wanted: int) -> NDArray[np.intp]:
    """Where the largest ones are, largest first, and among equals who came first."""
    import numpy as np

    if wanted >= len(similarities):
        return np.argsort(-similarities, kind="stable")
    least = np.partition(similarities, len(similarities) - wanted)[len(similarities) - wanted]
    rows = np.flatnonzero(similarities >= least)
    return rows[np.argsort(-similarities[rows], kind="stable")[:wanted]]
