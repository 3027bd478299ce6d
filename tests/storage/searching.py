"""A memory's vectors and their search, as one process has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np

from parametric_memory.records import Entry
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.location import Location
from parametric_memory.storage.schema import entries
from parametric_memory.storage.search import TRACES, VectorSearch
from tests.storage.small import at, put

Open = Callable[..., "Searcher"]
"""Opens a memory, as another process each time."""


class Searcher:
    """most: numbers that are compared exactly, see `VectorSearch`; 0: the graph is searched, where there is one."""

    def __init__(self, location: Location, most: int) -> None:
        self.database = Database(location)
        self.store = EntryStore(self.database)
        self.search = VectorSearch(self.store, most)

    @contextmanager
    def writing(self, follows: bool = True) -> Iterator[None]:
        """follows: the index is brought up afterwards; else it is as if the process was killed before."""
        with self.database.writing():
            if follows:
                self.database.after_commit(self.search.after_commit)
            yield

    def put(self, id: str, *vectors: Sequence[float], follows: bool = True, **values: Any) -> Entry:
        with self.writing(follows):
            return put(self.store, id, *vectors, **values)

    def delete(self, *ids: str, follows: bool = True) -> None:
        with self.writing(follows):
            self.store.delete([at(self.store, id) for id in ids])
            self.database.set(TRACES, "1")

    def nearest(self, vector: Sequence[float], k: int = 3, **options: Any) -> dict[str, float]:
        """Similarities by id, best first."""
        found = self.search.nearest(vector, k, **options)
        assert all(found[i][1] >= found[i + 1][1] - 1e-6 for i in range(len(found) - 1))
        return {of.entry.id: similarity for of, similarity in found}

    def by_hand(
        self,
        vector: Sequence[float],
        matches: Callable[[Mapping[str, Any]], bool] = lambda metadata: True,
        namespace: str | None = None,
        at: datetime | None = None,
    ) -> dict[str, float]:
        """All that may be found, one by one."""
        space = self.store.space
        found: dict[str, float] = {}
        for of in self.store.select():
            entry = of.entry
            if namespace in (None, entry.namespace) and entry.is_open(at) and matches(entry.metadata):
                for stored in self.store.stored_vectors(space, entries.c.revision == of.revision):
                    found[entry.id] = max(cosine(each, vector) for each in stored.vectors)
        return found

    def close(self) -> None:
        self.search.close()
        self.database.close()


def cosine(one: Any, other: Any) -> float:
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
