"""Vectors in main memory, compared exactly. Adding some costs what they cost, however many are there.

Knows nothing about collections and entries; that ids have groups, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Collection as Ids
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vector = Sequence[float]

_SPARE = 1.5  # how much larger the room is made when there is too little


class KeptVectors:
    """Directions of vectors by their ids, in the order in which they came."""

    def __init__(self, group_of: Callable[[str], str]) -> None:
        """group_of: an id -> its group, see `nearest_of_each`."""
        self._group_of = group_of
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._room: NDArray[np.float32] | None = None  # `[row, dimension]`, with rows to spare
        self._gone: set[int] = set()  # rows that are to be taken out before anything is looked for
        self._groups: dict[str, list[int]] | None = None
        self._last: tuple[bytes, NDArray[np.float32]] | None = None  # a vector with its similarities

    def __len__(self) -> int:
        return len(self._ids) - len(self._gone)

    @property
    def ids(self) -> set[str]:
        """Of all that are there."""
        return set(self._rows)

    def add(self, ids: Sequence[str], vectors: Any) -> None:
        """vectors: `[vector, dimension]`."""
        if not ids:
            return
        import numpy as np

        added, first, self._last = directions(vectors), len(self._ids), None
        wanted = first + len(ids)
        if self._room is None:
            self._room = added
        elif wanted > len(self._room):
            room = np.empty((max(wanted, int(_SPARE * len(self._room))), added.shape[1]), np.float32)
            room[:first] = self._room[:first]
            self._room = room
        self._room[first:wanted] = added
        self._ids += ids
        self._rows.update(zip(ids, range(first, wanted), strict=True))
        if self._groups is not None:
            for row, id in enumerate(ids, first):
                self._groups.setdefault(self._group_of(id), []).append(row)

    def remove(self, ids: Ids[str]) -> None:
        """Those that are not there are no error."""
        self._gone.update(row for id in ids if (row := self._rows.pop(id, None)) is not None)

    def nearest(self, vector: Vector, wanted: int, among: Iterable[str] | None = None) -> list[tuple[str, float]]:
        """The ids whose vectors are nearest to one, with their cosine similarities, best first.

        Args:
            vector: `[dimension]`.
            wanted: how many, at most.
            among: only these, as far as they are there; None: all.
        """
        import numpy as np

        similarities = self._similarities(vector)
        rows = None if among is None else np.array(sorted(self._rows[id] for id in among if id in self._rows), np.intp)
        own = similarities if rows is None else similarities[rows]
        order = _first(own, wanted)
        positions = (order if rows is None else rows[order]).tolist()
        return [(self._ids[row], float(similarities[row])) for row in positions]

    def nearest_of_each(self, vector: Vector, wanted: int, groups: Iterable[str]) -> list[tuple[str, float]]:
        """As `nearest`, of each of these groups as many as are wanted."""
        similarities = self._similarities(vector)
        if self._groups is None:
            self._groups = {}
            for row, id in enumerate(self._ids):
                self._groups.setdefault(self._group_of(id), []).append(row)
        rows = sorted(row for group in groups for row in self._groups.get(group, ()))
        found: Counter[str] = Counter()
        best = []
        for row in sorted(rows, key=lambda row: -similarities[row]):
            group = self._group_of(self._ids[row])
            found[group] += 1
            if found[group] <= wanted:
                best.append((self._ids[row], float(similarities[row])))
        return best

    def _similarities(self, vector: Vector) -> NDArray[np.float32]:
        import numpy as np

        self._close_up()
        if self._room is None:
            return np.empty(0, np.float32)
        direction = directions([vector])[0]
        if self._last is None or self._last[0] != direction.tobytes():
            self._last = direction.tobytes(), self._room[: len(self._ids)] @ direction
        return self._last[1]

    def _close_up(self) -> None:
        """Takes out the rows that are gone: what is left is in the rows that it would have without them."""
        if not self._gone:
            return
        assert self._room is not None
        stays = [row for row in range(len(self._ids)) if row not in self._gone]
        self._room = self._room[stays]
        self._ids = [self._ids[row] for row in stays]
        self._rows = {id: row for row, id in enumerate(self._ids)}
        self._gone, self._groups, self._last = set(), None, None


def directions(vectors: Any) -> NDArray[np.float32]:
    """`[vector, dimension]`, each scaled to length 1; zero where there is no direction."""
    import numpy as np

    array = np.asarray(vectors, dtype=np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True).clip(min=1e-12)


def _first(similarities: NDArray[np.float32], wanted: int) -> NDArray[np.intp]:
    """Where the largest ones are, largest first, and among equals who came first."""
    import numpy as np

    if wanted >= len(similarities):
        return np.argsort(-similarities, kind="stable")
    least = np.partition(similarities, len(similarities) - wanted)[len(similarities) - wanted]
    rows = np.flatnonzero(similarities >= least)
    return rows[np.argsort(-similarities[rows], kind="stable")[:wanted]]
