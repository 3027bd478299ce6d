"""Which vectors of a Chroma collection are nearest to one: found exactly among few, by Chroma's graph among many.

The few may be all there are, or those under a condition, such as one namespace of many.

The graph (HNSW) is approximate, and what is unlike all else can be out of its reach: of 400 sentences that differ in
one word and one about something else, a question in the words of that one missed it in 4 of 10 indexes. Knows nothing
about entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Ids
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from parametric_memory.index.kept import KeptVectors, Vector, directions

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

_COMPARED_EXACTLY = 50_000 * 384  # numbers; so many are read in 2 s, once, and after another process wrote
# Parts that the graph is asked for at least: of 8 it finds fewer of the nearest than of these.
_LOOKED_AT = 400
FEW = (
    2_000 * 384
)  # numbers; Chroma takes half as long to read so many as to search its graph for those under a condition
_CONDITIONS = 8  # whose few are kept
_A_PAGE = 5_000  # of more than 32,766 at once, SQLite says that they are too many


@dataclass(frozen=True)
class Part:
    """A vector that was found: its id, its cosine similarity to the query, and all its metadata."""

    id: str
    similarity: float
    metadata: Mapping[str, Any]


class NearestParts:
    """Searches a collection. Keeps the vectors of a small one, and has to be told what is written to it."""

    def __init__(
        self, collection: Collection, group_of: Callable[[str], str], most: int | None = None, few: int = FEW
    ) -> None:
        """
        Args:
            group_of: a part's id -> its group, see `best_of_each`.
            most: see `compares_exactly`.
            few: numbers of the vectors under a condition, see `are_few`.
        """
        self.collection, self._group_of, self._most, self._few_numbers = collection, group_of, most, few
        self._kept: KeptVectors | None = None
        self._few: dict[str, KeptVectors | None] = {}  # under the last few conditions; None: they are many
        self._count: int | None = None  # of the collection's parts; to count them takes as long as to search them

    def added(self, ids: Sequence[str], vectors: Any) -> None:
        """Parts, `[part, dimension]`, were added to the collection."""
        self._changed()
        if self._kept is not None:
            self._kept.add(ids, vectors)

    def removed(self, ids: Ids[str]) -> None:
        """Parts were taken out of the collection."""
        self._changed()
        if self._kept is not None:
            self._kept.remove(ids)

    def catch_up(self) -> None:
        """Others wrote to the collection: what they put in is read, and nothing else."""
        self._changed()
        if self._kept is None:
            return
        known, there = self._kept.ids, self.collection.get(include=[])["ids"]
        self.removed(known.difference(there))
        for start in range(0, len(new := [id for id in there if id not in known]), _A_PAGE):
            found = self.collection.get(ids=new[start : start + _A_PAGE], include=["embeddings"])
            self.added(found["ids"], found["embeddings"])

    def forget(self) -> None:
        """What is written to the collection is not known: it is read anew."""
        self._kept = None
        self._changed()

    def _changed(self) -> None:
        self._count = None
        self._few.clear()

    @property
    def count(self) -> int:
        """How many parts there are."""
        if self._count is None:
            self._count = self.collection.count()
        return self._count

    def best(self, vector: Vector, wanted: int, condition: Any = None) -> tuple[list[Part], bool]:
        """The nearest parts under a condition, best first, and whether they are all there are.

        Args:
            vector: `[dimension]`.
            wanted: how many, at most.
            condition: Chroma's `where`; None: any part.
        """
        from chromadb.errors import ChromaError

        available = self.count
        if not available:  # everything was deleted; Chroma takes no search for nothing
            return [], True
        if compares_exactly(available, len(vector), self._most):
            with suppress(ChromaError):  # an open client has no vectors of what another is just adding
                return self._exactly(vector, wanted, condition)
        if (few := self._few.get(repr(condition))) is not None:
            return self._parts(few.nearest(vector, wanted)), len(few) <= wanted
        return self._by_graph(vector, min(wanted, available), condition, available)

    def are_few(self, condition: Any, dimension: int) -> bool:
        """Whether those under a condition are few among many: then they are read, and `best` compares them exactly.

        condition: one that is asked under again and again, with no moment in it.
        """
        from chromadb.errors import ChromaError

        key = repr(condition)
        if compares_exactly(self.count, dimension, self._most) or not self._few_numbers:
            return False
        if key in self._few:
            self._few[key] = self._few.pop(key)  # the last to go
        else:
            with suppress(ChromaError):  # another process is adding some
                few = self._read_few(condition, self._few_numbers // dimension)
                if len(self._few) == _CONDITIONS:
                    del self._few[next(iter(self._few))]
                self._few[key] = few
        return self._few.get(key) is not None

    def best_of_each(self, vector: Vector, wanted: int, groups: Ids[str], condition: Any) -> list[Part]:
        """The nearest parts of each of some groups, best first, found exactly.

        Args:
            vector: `[dimension]`.
            wanted: how many of each group, at most.
            condition: Chroma's `where` for the parts of these groups.
        """
        best = self._all_kept_or(condition, vector).nearest_of_each(vector, wanted, groups)
        parts = self._parts(best)
        if len(parts) < len(best):  # another process put others in their place a moment ago
            self.forget()
            parts = self._parts(self._read(condition).nearest_of_each(vector, wanted, groups))
        return parts

    def _exactly(self, vector: Vector, wanted: int, condition: Any) -> tuple[list[Part], bool]:
        kept = self._all_kept()
        permitted = None if condition is None else self.collection.get(where=condition, include=[])["ids"]
        best = kept.nearest(vector, wanted, permitted)
        return self._parts(best), (len(kept) if permitted is None else len(permitted)) <= wanted

    def _read_few(self, condition: Any, most: int) -> KeptVectors | None:
        """The parts under a condition; None where they are more. Raises ChromaError while another process adds some."""
        ids = self.collection.get(where=condition, include=[], limit=most + 1)["ids"]
        if len(ids) > most:
            return None
        kept = KeptVectors(self._group_of)
        if ids:
            found = self.collection.get(ids=ids, include=["embeddings"])
            kept.add(found["ids"], found["embeddings"])
        return kept

    def _all_kept(self) -> KeptVectors:
        """All parts. Raises ChromaError while another process adds some."""
        if self._kept is None:
            self._kept = self._read()
        return self._kept

    def _all_kept_or(self, condition: Any, vector: Vector) -> KeptVectors:
        """All parts where they are few, those under a condition where they are many."""
        from chromadb.errors import ChromaError

        if compares_exactly(self.count, len(vector), self._most):
            with suppress(ChromaError):  # an open client has no vectors of what another is just adding
                return self._all_kept()
        return self._read(condition)

    def _read(self, condition: Any = None) -> KeptVectors:
        kept = KeptVectors(self._group_of)
        kept.add(*_vectors(self.collection, condition))
        return kept

    def _parts(self, found: Sequence[tuple[str, float]]) -> list[Part]:
        """The parts with these ids and similarities, without those that others deleted a moment ago."""
        metadata = metadata_of(self.collection, [id for id, _ in found])
        return [Part(id, similarity, metadata[id]) for id, similarity in found if id in metadata]

    def _by_graph(self, vector: Vector, wanted: int, condition: Any, available: int) -> tuple[list[Part], bool]:
        """The graph finds the nearest the more surely, the more it is asked for."""
        found = self.collection.query(
            query_embeddings=as_array([vector]),
            n_results=min(max(wanted, _LOOKED_AT), available),
            where=condition,
            include=["distances"],
        )
        ids, distances = found["ids"][0], (found["distances"] or [[]])[0]
        best = [(id, 1.0 - float(distance)) for id, distance in zip(ids, distances, strict=True)]
        return self._parts(best[:wanted]), len(ids) < wanted or wanted == available


def compares_exactly(parts: int, dimension: int, most: int | None = None) -> bool:
    """Whether so many vectors are compared one by one, or looked for in Chroma's graph, which may miss some.

    most: numbers; as many as are read from a disk in two seconds when not given.
    """
    return parts * dimension <= (_COMPARED_EXACTLY if most is None else most)


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
    similarities: list[float] = (directions(vectors) @ directions([vector])[0]).tolist()
    return similarities


def once_each(numbers: Sequence[int], similarities: Sequence[float]) -> list[tuple[int, float]]:
    """Each number once, with the largest of its similarities; largest first."""
    best: dict[int, float] = {}
    for similarity, number in sorted(zip(similarities, numbers, strict=True), key=lambda pair: -pair[0]):
        best.setdefault(number, similarity)
    return list(best.items())


def _vectors(collection: Collection, condition: Any = None) -> tuple[list[str], NDArray[np.float32]]:
    """The ids of all parts under a condition, and their vectors, `[part, dimension]`."""
    import numpy as np

    ids: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    for page in pages(collection, condition, ["embeddings"]):
        if page["ids"]:
            ids += page["ids"]
            vectors.append(as_array(page["embeddings"]))
    return ids, np.concatenate(vectors) if vectors else as_array([])
