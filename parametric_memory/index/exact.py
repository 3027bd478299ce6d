"""Vectors in main memory, each compared with the query: the search of a memory that is not large.

Knows nothing about where vectors come from. A revision is a number that a caller gives to the vectors of one entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vector = Sequence[float]

MOST_COMPARED = 50_000 * 384  # numbers; beyond them a graph is faster, though it may miss the nearest
_SPARE = 1.5  # how much larger the matrix becomes when it is full


class Stored(NamedTuple):
    """The vectors of one revision.

    Attributes:
        passages: the passage that each vector is of; -1: none, it is the summary's or of a part of the text.
        vectors: `[part, dimension]`, float32.
    """

    revision: int
    passages: Sequence[int]
    vectors: NDArray[np.float32]


class ExactVectors:
    """Directions of vectors, `[row, dimension]`. Not for several threads at once."""

    def __init__(self) -> None:
        self._matrix: NDArray[np.float32] | None = None
        self._rows = 0
        self._revisions: NDArray[np.int64] | None = None  # `[row]`
        self._passages: NDArray[np.int64] | None = None  # `[row]`
        self._places: dict[int, tuple[int, int]] = {}  # by revision: its first row and the row after its last
        self._last: tuple[bytes, NDArray[np.float32]] | None = None  # a query and its similarities

    def __contains__(self, revision: int) -> bool:
        return revision in self._places

    def __len__(self) -> int:
        """How many rows there are, those of removed revisions included."""
        return self._rows

    def add(self, stored: Iterable[Stored], expected: int = 0) -> None:
        """Adds revisions that are not there yet. expected: how many rows to make room for at once."""
        import numpy as np

        for revision, passages, vectors in stored:
            if revision in self._places or not len(vectors):
                continue
            first, end = self._rows, self._rows + len(vectors)
            self._reserve(max(end, expected), vectors.shape[1])
            assert self._matrix is not None and self._revisions is not None and self._passages is not None
            self._matrix[first:end] = directions(vectors)
            self._revisions[first:end], self._passages[first:end] = revision, np.asarray(passages, np.int64)
            self._places[revision], self._rows, self._last = (first, end), end, None

    def remove(self, revisions: Collection[int]) -> None:
        """Takes out revisions; those that are not there are no error."""
        import numpy as np

        gone = [self._places.pop(revision) for revision in revisions if revision in self._places]
        if not gone:
            return
        assert self._matrix is not None and self._revisions is not None and self._passages is not None
        stays = np.ones(self._rows, bool)
        for first, end in gone:
            stays[first:end] = False
        count = int(stays.sum())
        for array in (self._matrix, self._revisions, self._passages):
            array[:count] = array[: self._rows][stays]
        self._rows, self._last = count, None
        starts = np.flatnonzero(np.diff(self._revisions[:count], prepend=-1)).tolist()
        self._places = {
            int(self._revisions[first]): (first, end) for first, end in zip(starts, [*starts[1:], count], strict=False)
        }

    def nearest(
        self, vector: Vector, most: int, among: Collection[int] | None = None
    ) -> tuple[list[tuple[int, float]], bool]:
        """The revisions of the rows that are nearest to a vector, and whether all rows were looked at.

        Args:
            vector: `[dimension]`.
            most: how many rows to look at.
            among: only these revisions; None: all.

        Returns:
            Pairs of a revision and the cosine similarity of its nearest row, best first. Of equals, the first added.
        """
        import numpy as np

        similarities = self._similarities(vector)
        rows = None
        if among is not None:
            places = sorted(self._places[revision] for revision in among if revision in self._places)
            rows = np.concatenate([np.arange(*place) for place in places]) if places else np.empty(0, np.intp)
        own = similarities if rows is None else similarities[rows]
        order = _largest_first(own, most)
        found = order if rows is None else rows[order]
        best: dict[int, float] = {}
        if self._revisions is not None:
            for revision, similarity in zip(self._revisions[found].tolist(), similarities[found].tolist(), strict=True):
                best.setdefault(revision, similarity)
        return [*best.items()], len(own) <= most

    def passages(self, vector: Vector, revision: int, most: int) -> list[tuple[int, float]]:
        """The passages of a revision that are nearest to a vector, with their cosine similarities, best first."""
        first, end = self._places[revision]
        assert self._passages is not None
        similarities = self._similarities(vector)[first:end]
        return nearest_passages(self._passages[first:end].tolist(), similarities.tolist(), most)

    def vector(self, vector: Vector, revision: int) -> list[float]:
        """The direction of a revision's row that is nearest to a vector, `[dimension]`."""
        first, end = self._places[revision]
        assert self._matrix is not None
        found: list[float] = self._matrix[first + int(self._similarities(vector)[first:end].argmax())].tolist()
        return found

    def _similarities(self, vector: Vector) -> NDArray[np.float32]:
        import numpy as np

        if self._matrix is None:
            return np.empty(0, np.float32)
        direction = directions([vector])[0]
        if self._last is None or self._last[0] != direction.tobytes():
            self._last = direction.tobytes(), self._matrix[: self._rows] @ direction
        return self._last[1]

    def _reserve(self, rows: int, dimension: int) -> None:
        import numpy as np

        if self._matrix is None:
            self._matrix = np.empty((rows, dimension), np.float32)
            self._revisions, self._passages = np.empty(rows, np.int64), np.empty(rows, np.int64)
        elif rows > len(self._matrix):
            assert self._revisions is not None and self._passages is not None
            more = max(rows, int(_SPARE * len(self._matrix)))
            self._matrix = _grown(self._matrix, more)
            self._revisions, self._passages = _grown(self._revisions, more), _grown(self._passages, more)


def compares_exactly(vectors: int, dimension: int, most: int = MOST_COMPARED) -> bool:
    """Whether so many vectors are compared one by one, and not looked for in a graph."""
    return vectors * dimension <= most


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
    similarities: list[float] = (directions(vectors) @ directions([vector])[0]).tolist()
    return similarities


def directions(vectors: Any) -> NDArray[np.float32]:
    """`[vector, dimension]`, each scaled to length 1; zero where there is no direction."""
    import numpy as np

    array = np.asarray(vectors, dtype=np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True).clip(min=1e-12)


def merged(*found: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    """Pairs of a revision and a similarity from several searches, each revision once, best first."""
    best: Mapping[int, float] = dict(sorted((pair for pairs in found for pair in pairs), key=lambda pair: pair[1]))
    return sorted(best.items(), key=lambda pair: -pair[1])


def _grown(array: NDArray[Any], rows: int) -> NDArray[Any]:
    import numpy as np

    larger = np.empty((rows, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


def _largest_first(similarities: NDArray[np.float32], wanted: int) -> NDArray[np.intp]:
    """Where the largest ones are, largest first, and among equals who came first."""
    import numpy as np

    if wanted >= len(similarities):
        return np.argsort(-similarities, kind="stable")
    least = np.partition(similarities, len(similarities) - wanted)[len(similarities) - wanted]
    rows = np.flatnonzero(similarities >= least)
    return rows[np.argsort(-similarities[rows], kind="stable")[:wanted]]
