"""Exact search: vectors in main memory, each of which is compared with the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

Vector = Sequence[float]
Ranked = list[tuple[int, float]]  # revisions with cosine similarities, best first

MOST_COMPARED = 50_000 * 384  # numbers; beyond them a graph is faster, though it may miss the nearest
_TOGETHER = 1_000  # rows up to which blocks are joined


class Stored(NamedTuple):
    """Vectors `[row, dimension]`, and arrays `[row]`: a vector is part `parts` of revision `revisions`.

    passages: number of the vector's passage; -1: it is of the summary or of a part of the text.
    """

    revisions: NDArray[np.int64]
    parts: NDArray[np.int64]
    passages: NDArray[np.int64]
    vectors: NDArray[np.float32]


class ExactVectors:
    """Vectors scaled to length 1. Immutable, so that threads may share it."""

    def __init__(self, stored: Iterable[Stored] = ()) -> None:
        self._blocks: list[Stored] = []
        for block in stored:
            self._append(block._replace(vectors=directions(block.vectors)))

    def __len__(self) -> int:
        return sum(len(block.revisions) for block in self._blocks)

    def with_more(self, other: ExactVectors) -> ExactVectors:
        """These vectors and others."""
        both = ExactVectors()
        both._blocks = [*self._blocks]
        for block in other._blocks:
            both._append(block)
        return both

    def only(self, revisions: Iterable[int], without: bool = False) -> ExactVectors:
        """The vectors of some revisions; `without`: all others."""
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
        return {revision for block in self._blocks for revision in block.revisions.tolist()}

    def nearest(self, vector: Vector, most: int | None = None) -> Ranked:
        """The revisions of the `most` vectors (None: of all) nearest to one, each once; of equals, the first added."""
        if not self._blocks:
            return []
        direction = directions([vector])[0]
        similarities = np.concatenate([block.vectors @ direction for block in self._blocks])
        revisions = np.concatenate([block.revisions for block in self._blocks])
        rows = _largest_first(similarities, len(self) if most is None else most)
        best: dict[int, float] = {}
        for revision, similarity in zip(revisions[rows].tolist(), similarities[rows].tolist(), strict=True):
            best.setdefault(revision, similarity)
        return [*best.items()]

    def compared(self, vector: Vector) -> Iterator[tuple[int, int, float, NDArray[np.float32]]]:
        """Revision, passage, cosine similarity to a vector, and direction of each vector."""
        direction = directions([vector])[0]
        for block in self._blocks:
            similarities = (block.vectors @ direction).tolist()
            yield from zip(block.revisions.tolist(), block.passages.tolist(), similarities, block.vectors, strict=True)

    def _append(self, block: Stored) -> None:
        """In the constructor: adds a block, joined with the last one if both are small."""
        if self._blocks and len(self._blocks[-1].revisions) + len(block.revisions) <= _TOGETHER:
            pair = self._blocks.pop(), block
            block = Stored._make(np.concatenate([getattr(of, name) for of in pair]) for name in Stored._fields)
        self._blocks.append(block)


def cosines(vectors: Any, vector: Vector) -> list[float]:
    """Cosine similarity of each of `[vector, dimension]` to a vector."""
    return cast("list[float]", (directions(vectors) @ directions([vector])[0]).tolist())


def directions(vectors: Any) -> NDArray[np.float32]:
    """`[vector, dimension]`, each scaled to length 1; zeros stay."""
    array = np.asarray(vectors, dtype=np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True).clip(min=1e-12)


def _largest_first(similarities: NDArray[np.float32], wanted: int) -> NDArray[np.intp]:
    """The places of the largest ones, largest first; of equals, the first."""
    if wanted >= len(similarities):
        return np.argsort(-similarities, kind="stable")
    least = np.partition(similarities, len(similarities) - wanted)[len(similarities) - wanted]
    rows = np.flatnonzero(similarities >= least)
    return rows[np.argsort(-similarities[rows], kind="stable")[:wanted]]
