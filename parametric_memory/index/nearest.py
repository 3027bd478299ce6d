"""Which vectors of a Chroma collection are nearest to one: found exactly among few, by Chroma's graph among many.

The graph (HNSW) is approximate, and what is unlike all else can be out of its reach: of 400 sentences that differ in
one word and one about something else, a question in the words of that one missed it in 4 of 10 indexes. Knows nothing
about entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Collection as Ids
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

Vector = Sequence[float]

_COMPARED_EXACTLY = 50_000 * 384  # numbers; so many are read in 2 s, once, and after another process wrote
_A_PAGE = 5_000  # of more than 32,766 at once, SQLite says that they are too many


@dataclass(frozen=True)
class Part:
    """A vector that was found: its id, its cosine similarity to the query, and all its metadata."""

    id: str
    similarity: float
    metadata: Mapping[str, Any]


class NearestParts:
    """Searches a collection. Keeps the vectors of a small one, and has to be told what is written to it."""

    def __init__(self, collection: Collection, compared_exactly: int | None = None) -> None:
        """compared_exactly: numbers; a collection that has no more is compared exactly. As many as on a disk when not
        given."""
        self.collection, self._compared_exactly = collection, compared_exactly
        self._kept: tuple[list[str], NDArray[np.float32]] | None = None

    def added(self, ids: Sequence[str], vectors: Any) -> None:
        """Parts, `[part, dimension]`, were added to the collection."""
        import numpy as np

        if self._kept is not None:
            known, directions = self._kept
            self._kept = [*known, *ids], np.concatenate([directions, _directions(vectors)])

    def removed(self, ids: Ids[str]) -> None:
        """Parts were taken out of the collection."""
        if self._kept is not None:
            known, directions = self._kept
            stays = [id not in ids for id in known]
            self._kept = [id for id, stay in zip(known, stays, strict=True) if stay], directions[stays]

    def catch_up(self) -> None:
        """Others wrote to the collection: what they put in is read, and nothing else."""
        if self._kept is None:
            return
        known, there = set(self._kept[0]), self.collection.get(include=[])["ids"]
        self.removed(known.difference(there))
        for start in range(0, len(new := [id for id in there if id not in known]), _A_PAGE):
            found = self.collection.get(ids=new[start : start + _A_PAGE], include=["embeddings"])
            if found["ids"]:
                self.added(found["ids"], found["embeddings"])

    def forget(self) -> None:
        """What is written to the collection is not known: it is read anew."""
        self._kept = None

    def best(self, vector: Vector, wanted: int, condition: Any = None) -> tuple[list[Part], bool]:
        """The nearest parts under a condition, best first, and whether they are all there are.

        Args:
            vector: `[dimension]`.
            wanted: how many, at most.
            condition: Chroma's `where`; None: any part.
        """
        from chromadb.errors import ChromaError

        available = self.collection.count()
        if not available:  # everything was deleted; Chroma takes no search for nothing
            return [], True
        if self._few(vector, available):
            with suppress(ChromaError):  # an open client has no vectors of what another is just adding
                return self._exactly(vector, wanted, condition)
        return self._by_graph(vector, min(wanted, available), condition, available)

    def best_of_each(
        self, vector: Vector, wanted: int, group_of: Callable[[str], str | None], condition: Any
    ) -> list[Part]:
        """The nearest parts of each of some groups, best first, found exactly.

        Args:
            vector: `[dimension]`.
            wanted: how many of each group, at most.
            group_of: a part's id -> its group; None: of none that is looked for.
            condition: Chroma's `where` for the parts of these groups.
        """
        ids, vectors = self._all_kept_or(condition, vector)
        similarities, best = _best_of_groups(ids, vectors, vector, wanted, group_of)
        parts = self._parts(ids, similarities, best)
        if len(parts) < len(best):  # another process put others in their place a moment ago
            self.forget()
            ids, vectors = _vectors(self.collection, condition)
            similarities, best = _best_of_groups(ids, vectors, vector, wanted, group_of)
            parts = self._parts(ids, similarities, best)
        return parts

    def _few(self, vector: Vector, parts: int) -> bool:
        most = _COMPARED_EXACTLY if self._compared_exactly is None else self._compared_exactly
        return parts * len(vector) <= most

    def _exactly(self, vector: Vector, wanted: int, condition: Any) -> tuple[list[Part], bool]:
        import numpy as np

        ids, vectors = self._all_kept()
        positions = np.arange(len(ids))
        if condition is not None:
            permitted = set(self.collection.get(where=condition, include=[])["ids"])
            positions = positions[[id in permitted for id in ids]]
        similarities = vectors @ _directions([vector])[0]
        nearest = positions[np.argsort(-similarities[positions], kind="stable")[:wanted]].tolist()
        return self._parts(ids, similarities, nearest), len(positions) <= wanted

    def _all_kept(self) -> tuple[list[str], NDArray[np.float32]]:
        """The ids and directions of all parts. Raises ChromaError while another process adds some."""
        if self._kept is None:
            self._kept = _vectors(self.collection)
        return self._kept

    def _all_kept_or(self, condition: Any, vector: Vector) -> tuple[list[str], NDArray[np.float32]]:
        """Those of all parts where they are few, of those under a condition where they are many."""
        from chromadb.errors import ChromaError

        if self._few(vector, self.collection.count()):
            with suppress(ChromaError):  # an open client has no vectors of what another is just adding
                return self._all_kept()
        return _vectors(self.collection, condition)

    def _parts(self, ids: Sequence[str], similarities: NDArray[np.float32], positions: Iterable[int]) -> list[Part]:
        """The parts at some positions, without those that others deleted a moment ago."""
        wanted = {ids[i]: float(similarities[i]) for i in positions}
        metadata = metadata_of(self.collection, list(wanted))
        return [Part(id, similarity, metadata[id]) for id, similarity in wanted.items() if id in metadata]

    def _by_graph(self, vector: Vector, wanted: int, condition: Any, available: int) -> tuple[list[Part], bool]:
        found = self.collection.query(
            query_embeddings=as_array([vector]),
            n_results=wanted,
            where=condition,
            include=["distances", "metadatas"],
        )
        ids, distances, metadatas = found["ids"][0], found["distances"] or [[]], found["metadatas"] or [[]]
        parts = [
            Part(id, 1.0 - float(distance), metadata)
            for id, distance, metadata in zip(ids, distances[0], metadatas[0], strict=True)
            if metadata is not None
        ]
        return parts, len(ids) < wanted or wanted == available


def pages(collection: Collection, condition: Any, include: list[Any]) -> Iterator[Any]:
    """What `collection.get` gives back for a condition, in pages."""
    for offset in count(0, _A_PAGE):
        page = collection.get(where=condition, include=include, limit=_A_PAGE, offset=offset)
        yield page
        if len(page["ids"]) < _A_PAGE:
            return


def metadata_of(collection: Collection, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    """By the ids of parts, of those that are there. Of one that another process puts in or takes out this moment,
    there may be the id and no metadata: it is not there.
    """
    metadata: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), _A_PAGE):
        found = collection.get(ids=ids[start : start + _A_PAGE], include=["metadatas"])
        of_parts = zip(found["ids"], found["metadatas"] or [], strict=True)
        metadata |= {id: of_part for id, of_part in of_parts if of_part is not None}
    return metadata


def as_array(vectors: Any) -> NDArray[np.float32]:
    """`[vector, dimension]`"""
    import numpy as np

    return np.asarray(vectors, dtype=np.float32)


def cosines(vectors: Any, vector: Vector) -> list[float]:
    """Cosine similarity of each of `[vector, dimension]` to a vector."""
    similarities: list[float] = (_directions(vectors) @ _directions([vector])[0]).tolist()
    return similarities


def once_each(numbers: Sequence[int], similarities: Sequence[float]) -> list[tuple[int, float]]:
    """Each number once, with the largest of its similarities; largest first."""
    best: dict[int, float] = {}
    for similarity, number in sorted(zip(similarities, numbers, strict=True), key=lambda pair: -pair[0]):
        best.setdefault(number, similarity)
    return list(best.items())


def _best_of_groups(
    ids: Sequence[str], vectors: NDArray[np.float32], vector: Vector, wanted: int, group_of: Callable[[str], str | None]
) -> tuple[NDArray[np.float32], list[int]]:
    """The similarity of each part, and the positions of the best ones of each group, best first."""
    if not ids:
        return as_array([]), []
    similarities = vectors @ _directions([vector])[0]
    of_groups = [(position, group) for position, id in enumerate(ids) if (group := group_of(id)) is not None]
    found: Counter[str] = Counter()
    best = []
    for position, group in sorted(of_groups, key=lambda pair: -similarities[pair[0]]):
        found[group] += 1
        if found[group] <= wanted:
            best.append(position)
    return similarities, best


def _directions(vectors: Any) -> NDArray[np.float32]:
    """`[vector, dimension]`, each scaled to length 1; zero where there is no direction."""
    import numpy as np

    array = as_array(vectors)
    return array / np.linalg.norm(array, axis=1, keepdims=True).clip(min=1e-12)


def _vectors(collection: Collection, condition: Any = None) -> tuple[list[str], NDArray[np.float32]]:
    """The ids of all parts under a condition, and the directions of their vectors, `[part, dimension]`."""
    import numpy as np

    ids: list[str] = []
    directions: list[NDArray[np.float32]] = []
    for page in pages(collection, condition, ["embeddings"]):
        if page["ids"]:
            ids += page["ids"]
            directions.append(_directions(page["embeddings"]))
    return ids, np.concatenate(directions) if directions else as_array([])
