"""The index: which entries are near a query. A Chroma collection in a folder that can be rebuilt at any time.

Vectors come from outside. An entry may have several (its summary, its passages): the nearest one counts.
Cosine throughout. Vectors of an entry that is gone, or of what it was before, are passed over.

Knows nothing about texts, embedders and adapters, nor about the lock that keeps writers apart.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial, wraps
from itertools import chain, count, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar

from parametric_memory.errors import CheckpointError, MemoryFolderError, MemoryMismatch, ParametricMemoryError
from parametric_memory.index.connection import DATABASE, Connection, IndexConnection, IndexMoved, IndexStumbled
from parametric_memory.index.erasing import can_be_cleaned, clean
from parametric_memory.index.filters import where
from parametric_memory.index.kept import Vector
from parametric_memory.index.nearest import (
    FEW,
    NearestParts,
    Part,
    as_array,
    compares_exactly,
    cosines,
    metadata_of,
    pages,
)
from parametric_memory.index.parts import (
    ENTRY,
    PART,
    PASSAGE,
    STATE,
    IndexRecord,
    Wanted,
    entry_of,
    is_of,
    metadata_of_part,
    put_in_of,
)

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

Item = TypeVar("Item")
Asked = ParamSpec("Asked")
Read = TypeVar("Read")
StateOf = Callable[[str], str | None]

COLLECTION = "entries"
_ENTRIES_A_BATCH = 64  # each with a vector for every sentence
_VECTORS_A_PASSAGE = 3  # at most: a scorer may embed several readings of one
_TRIES = 5  # to read
_MOMENT = 0.05  # seconds after the first, and twice as long after each that follows


def _tried_again(
    read: Callable[Concatenate[MemoryIndex, Asked], Read],
) -> Callable[Concatenate[MemoryIndex, Asked], Read]:
    """A reading method that opens the folder anew, and looks again, where Chroma fails or another process wrote.

    An open client sees the rows of what another process just writes before it has their vectors.
    """

    @wraps(read)
    def reading(index: MemoryIndex, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Read:
        for number in range(_TRIES - 1):
            with suppress(IndexStumbled, IndexMoved):
                found = read(index, *args, **kwargs)
                if index.is_behind:
                    continue
                return found
            time.sleep(_MOMENT * 2**number)
        return read(index, *args, **kwargs)

    return reading


class MemoryIndex:
    """The vectors of a memory's entries in one folder.

    Any number of instances, threads and processes may read. Writers must keep each other out (the memory's
    lock); every instance sees what another wrote at its next call. Nothing is opened, or made, before it is
    needed, and reading never makes anything.

    Every method raises:
        MemoryFolderError: the folder is damaged.
        MemoryMismatch: it was made with another embedder.
        StorageError: the disk is full or the folder cannot be written.
    """

    _all: ClassVar[weakref.WeakSet[MemoryIndex]] = weakref.WeakSet()
    _compared_exactly: ClassVar[int | None] = None  # see `nearest.compares_exactly`
    _few: ClassVar[int] = FEW  # see `NearestParts`

    def __init__(self, folder: str | Path, *, fingerprint: str = "", state_of: StateOf | None = None) -> None:
        """
        Args:
            folder: the index's own folder, `<memory>/chroma`.
            fingerprint: tells the embedder whose vectors these are; empty: not checked.
            state_of: an entry's id -> its state by now, None: it is gone. Raises CheckpointError where that is not
                known. Where it is not given, every vector counts.
        """
        self.folder = Path(folder).absolute()
        self._over(Connection(self.folder), COLLECTION, fingerprint, state_of)

    def _over(self, connection: IndexConnection, collection: str, fingerprint: str, state_of: StateOf | None) -> None:
        """Begins with a collection, which need not be there, of what a connection leads to."""
        self.fingerprint = fingerprint
        self._state_of = state_of
        self._passed_over: set[str] = set()  # parts that the next writer may take out
        self._connection, self._collection_name = connection, collection
        self._opened: tuple[ClientAPI, Collection] | None = None
        self._nearest: NearestParts | None = None  # of the opened collection
        self._lock = threading.RLock()
        self._all.add(self)

    @property
    def name(self) -> str:
        """Tells it from other indexes of the same memory."""
        return self.folder.name

    @classmethod
    def after_fork(cls) -> None:
        """In a process that was forked: what the other one has open is its own, and no thread holds a lock."""
        Connection.after_fork()
        for index in list(cls._all):
            index._lock = threading.RLock()
            index._opened = index._nearest = None
            index._connection.leave()

    def add(
        self,
        entry_id: str,
        vectors: Sequence[Vector],
        metadata: Mapping[str, Any] | None = None,
        *,
        namespace: str = "default",
        **times: Any,
    ) -> None:
        """Puts an entry into the index, or all of it anew: of an earlier one under this id nothing stays.

        times: `expires_at`, `valid_from` and `valid_until`, see `IndexRecord`.
        """
        self.add_many([IndexRecord(entry_id, vectors, metadata or {}, namespace=namespace, **times)])

    def add_many(self, records: Iterable[IndexRecord]) -> None:
        """Puts entries into the index as `add` does, many at once.

        What was there before goes when the new is in: a question finds one or the other, and an error leaves the old.
        """
        with self._writing() as client:
            for batch in _batches(records, _ENTRIES_A_BATCH):
                collection, _, earlier = self._put_beside(client, batch)
                self._remove(collection, earlier)

    @contextmanager
    def replacing(self, *records: IndexRecord, are_new: bool = False) -> Iterator[None]:
        """A block in which entries become what records tell of.

        Their new vectors are put beside those they had, which go after the block; where it fails, those go of each
        entry that are not of the state that it is in by then. At every moment, also after a kill, there are the vectors
        of that state, and others are passed over.

        are_new: nothing was ever put in under their ids. Chroma looks through all there is for what was.
        """
        with self._writing() as client:
            _, added, earlier = self._put_beside(client, records, are_new)
        try:
            yield
        except BaseException:
            if not self._connection.is_full:  # else the engine may not come back
                with suppress(ParametricMemoryError):  # what went wrong first is what to tell
                    if self._state_of is None:
                        self._take_out(added)
                    else:
                        self._passed_over.update(added, earlier)  # of some entries the one, of others the other
                        self._take_out(())
            raise
        with suppress(ParametricMemoryError):  # the entry is what it was to become, and these can wait
            self._take_out(earlier)

    @_tried_again
    def query(
        self,
        vector: Vector,
        k: int = 4,
        *,
        namespace: str | None = None,
        filter: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` nearest entries that are there, not expired and valid, best first.

        Args:
            vector: `[dimension]`.
            k: how many entries, at most.
            namespace: only entries of this namespace; None: of all.
            filter: what the metadata must be, see `filters`.
            at: the moment at which it must hold what they say; None: now.

        Returns:
            Pairs of an entry's id and the cosine similarity of its nearest vector.

        Raises:
            SettingsError: the filter is not understood, or the namespace no Unicode.
        """
        allowed = Wanted(namespace, filter, at)
        whole_condition, of_metadata, selective = allowed.condition(), where(filter), allowed.selective()
        with self._reading() as collection:
            if collection is None or self._nearest is None or k < 1:
                return []
            self._check_dimension(collection, vector)
            is_current = self._currency()
            # Conditions are dear to Chroma, those of time the most, as nearly all meet them: the nearest few are looked
            # at first, then those of the namespace, and only where most of these are not open, all that are.
            conditions: Iterator[Any] = chain([of_metadata, selective], repeat(whole_condition))
            if selective is not None and self._nearest.are_few(selective, len(vector)):
                conditions = repeat(selective)
            for condition, wanted in zip(conditions, (k * 4**power for power in count(1)), strict=False):
                best, whole = self._nearest.best(vector, wanted, condition)
                found = _by_entry((part for part in best if allowed.allows(part.metadata)), k, is_current)
                if len(found) == k or whole:
                    break
            return found

    @_tried_again
    def nearest_passages(self, entry_ids: Sequence[str], vector: Vector, k: int) -> dict[str, list[tuple[int, float]]]:
        """The `k` passages of each of these entries that are nearest to a vector, compared exactly: among the few of
        one entry, an approximate search misses some.

        Returns:
            By the entry's id, pairs of a passage's number and its cosine similarity, best first; fewer where an entry
            has fewer. None of an entry that is not there.
        """
        with self._reading() as collection:
            if collection is None or self._nearest is None or not entry_ids or k < 1:
                return {}
            self._check_dimension(collection, vector)
            is_current = self._currency()
            search = partial(
                self._nearest.best_of_each,
                vector,
                groups=dict.fromkeys(entry_ids),
                condition={ENTRY: {"$in": list(entry_ids)}},
            )
            parts = search(wanted=_VECTORS_A_PASSAGE * k + 1)  # and its summary's
            if not all(map(is_current, parts)):  # those of another state took the place of others
                parts = [part for part in search(wanted=sys.maxsize) if is_current(part)]
        found: dict[str, dict[int, float]] = {}
        for part in parts:
            found.setdefault(entry_of(part.id), {}).setdefault(int(part.metadata.get(PASSAGE, -1)), part.similarity)
        return {id: [pair for pair in of_one.items() if pair[0] >= 0][:k] for id, of_one in found.items()}

    @property
    def is_behind(self) -> bool:
        """Whether another instance wrote since this one last looked."""
        return self._connection.is_behind

    @property
    @_tried_again
    def missing(self) -> bool:
        """Whether there is no index: nothing was ever put in, or it was lost."""
        with self._reading() as collection:
            return collection is None

    @_tried_again
    def nearest_vectors(self, vector: Vector, entry_ids: Sequence[str]) -> dict[str, Vector]:
        """Of each of these entries the vector that is nearest to one, by the entry's id; of those that are there."""
        with self._reading() as collection:
            condition: Any = {ENTRY: {"$in": list(entry_ids)}}
            if collection is None or not entry_ids:
                return {}
            found: Any = collection.get(where=condition, include=["embeddings", "metadatas"])
            if not found["ids"]:
                return {}
            similarities, is_current = cosines(found["embeddings"], vector), self._currency()
            parts = map(Part, found["ids"], similarities, (of_part or {} for of_part in found["metadatas"]))
            nearest: dict[str, tuple[float, Vector]] = {}
            for part, own in zip(parts, found["embeddings"], strict=True):
                known = nearest.get(entry_of(part.id))
                if is_current(part) and (known is None or part.similarity > known[0]):
                    nearest[entry_of(part.id)] = (part.similarity, own)
        return {id: [*map(float, own)] for id, (_, own) in nearest.items()}

    def delete(self, entry_ids: Iterable[str]) -> None:
        """Takes entries out; ids that are not there are no error."""
        with self._writing() as client:
            collection = self._collection(client)
            if collection is not None:
                for batch in _batches(entry_ids, _ENTRIES_A_BATCH):
                    self._remove(collection, self._part_ids(collection, batch))
                self._remove(collection, self._still_stale(collection))

    @property
    def parts(self) -> int:
        """How many vectors are in the index."""
        with self._reading() as collection:
            return 0 if collection is None else collection.count()

    @property
    def exact(self) -> bool:
        """Whether all vectors are compared with a query, and not looked for in a graph, which may miss the nearest."""
        with self._reading() as collection:
            if collection is None:
                return True
            return compares_exactly(
                collection.count(), (collection.metadata or {})["dimension"], self._compared_exactly
            )

    def cleaned(self) -> bool:
        """Takes off the disk what Chroma keeps there of vectors that were deleted; False where only a copy can be
        without it, see `erasing`."""
        with self._writing() as client:
            if not can_be_cleaned(self.folder):
                return False
            collection = self._collection(client)
            if collection is not None:
                collection.count()  # which takes in all that is queued
                self.close()
                clean(self.folder / DATABASE)
        return True

    @property
    def has_opened(self) -> bool:
        """Whether it opened the folder since `blank`: Chroma then writes some of the process's memory there."""
        return self._connection.has_opened

    def blank(self) -> None:
        """While nobody writes: takes off the disk what opening the folder put there."""
        with self._reading() as collection:
            if collection is not None and self._nearest is not None:
                _ = self._nearest.count  # which opens the graph, if nothing did before
                self._connection.blank()

    def copy(self, other: MemoryIndex) -> None:
        """Puts all that is in another index into this one, which is empty."""
        with other._reading() as source, self._writing() as client:
            if source is None:
                return
            self._connection.check_room(4 * source.count() * (source.metadata or {})["dimension"])
            copied = self._collection(client, dimension=(source.metadata or {})["dimension"])
            assert copied is not None
            for page in pages(source, None, ["embeddings", "metadatas"]):
                for start in range(0, len(page["ids"]), most := client.get_max_batch_size()):
                    some = slice(start, start + most)
                    copied.add(page["ids"][some], page["embeddings"][some], page["metadatas"][some])

    @_tried_again
    def entry_ids(self) -> set[str]:
        """The ids of all entries in the index, expired ones too."""
        with self._reading() as collection:
            if collection is None:
                return set()
            return {entry_of(part_id) for part_id in collection.get(where={PART: 0}, include=[])["ids"]}

    def states(self) -> dict[str, str]:
        """The state in which each entry was put into the index, by its id; expired ones too."""
        return _states(self._first_parts().values())

    def take_out_last(self) -> dict[str, str]:
        """Takes out the entries that were put in last: where that was cut off, some of their vectors may not be there.
        The states of all others, as of `states`."""
        parts = self._first_parts()
        last = max(map(put_in_of, parts), default="")
        whole = _states(metadata for id, metadata in parts.items() if put_in_of(id) != last)
        self.delete({entry_of(id) for id in parts} - whole.keys())
        return whole

    @_tried_again
    def _first_parts(self) -> dict[str, Any]:
        """The metadata of every entry's first part, by the part's id."""
        found: dict[str, Any] = {}
        with self._reading() as collection:
            for page in pages(collection, {PART: 0}, ["metadatas"]) if collection is not None else ():
                found.update(zip(page["ids"], page["metadatas"], strict=True))
        return found

    def count(self) -> int:
        """How many entries are in the index, expired ones too."""
        return len(self.entry_ids())

    def settle(self, states: Mapping[str, str | None]) -> list[str]:
        """Brings the index in step with some entries, by their ids: of each, the vectors of the state that it is in
        stay once, and all others go, those of one that is gone (None) too. The ids of those that have no vectors.
        """
        kept: dict[str, str] = {}  # when those of each were written
        with self._writing() as client:
            collection = self._collection(client)
            if collection is None:
                return [id for id, state in states.items() if state is not None]
            for batch in _batches(states, _ENTRIES_A_BATCH):
                of_entries: Any = {ENTRY: {"$in": batch}}
                found = collection.get(where=of_entries, include=["metadatas"])
                parts = sorted(zip(found["ids"], found["metadatas"] or [], strict=True), key=lambda part: part[0])
                stale = []
                for part_id, metadata in parts:
                    id, written = entry_of(part_id), put_in_of(part_id)
                    if not is_of(metadata or {STATE: ""}, states[id]) or kept.setdefault(id, written) != written:
                        stale.append(part_id)
                self._remove(collection, stale)
        return [id for id, state in states.items() if state is not None and id not in kept]

    def close(self) -> None:
        """Lets go of the folder; the next call opens it again."""
        with self._lock:
            self._opened = self._nearest = None
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[Collection | None]:
        with self._lock, self._connection.clear_errors():
            yield self._collection(self._connection.client())

    @contextmanager
    def _writing(self) -> Iterator[ClientAPI]:
        with self._lock, self._connection.clear_errors():
            client = self._connection.client(create=True)
            assert client is not None
            try:
                yield client
            except BaseException:  # who knows how much of it was written
                if self._nearest is not None:
                    self._nearest.forget()
                raise
            finally:
                self._connection.written()

    def _currency(self) -> Callable[[Part], bool]:
        """Tells whether a part is of an entry as it is now; each entry is looked at once. Others are remembered."""
        states: dict[str, str | None] = {}

        def is_current(part: Part) -> bool:
            id = entry_of(part.id)
            if self._state_of is None:
                return True
            try:
                states[id] = states[id] if id in states else self._state_of(id)
            except CheckpointError:
                return False
            if is_of(part.metadata, states[id]):
                return True
            self._passed_over.add(part.id)
            return False

        return is_current

    def _still_stale(self, collection: Collection) -> list[str]:
        """Of the parts that were passed over, those whose entry is still another. What is read may be on its way in:
        only a writer knows."""
        passed_over, self._passed_over = sorted(self._passed_over), set()
        stale = []
        for part_id, metadata in metadata_of(collection, passed_over).items():
            assert self._state_of is not None
            with suppress(CheckpointError):
                if not is_of(metadata, self._state_of(entry_of(part_id))):
                    stale.append(part_id)
        return stale

    def _take_out(self, part_ids: Sequence[str]) -> None:
        """Takes out vectors, and others whose entries are gone, in a step of its own; what fails is for the next."""
        if not part_ids and not self._passed_over:
            return
        with self._writing() as client:
            self._passed_over.update(part_ids if self._state_of is not None else ())
            collection = self._collection(client)
            if collection is not None:
                self._remove(collection, part_ids)
                self._remove(collection, self._still_stale(collection))

    def _put_beside(
        self, client: ClientAPI, batch: Sequence[IndexRecord], are_new: bool = False
    ) -> tuple[Collection, list[str], list[str]]:
        """Puts in entries' vectors: the collection, the ids of what was put in, and of what they had before."""
        parts = [(record, part) for record in batch for part in range(len(record.vectors))]
        self._connection.check_room(4 * sum(len(vector) for record in batch for vector in record.vectors))
        collection = self._collection(client, dimension=len(batch[0].vectors[0]))
        assert collection is not None
        for record, part in parts:
            self._check_dimension(collection, record.vectors[part])
        earlier = [] if are_new else self._part_ids(collection, [record.entry_id for record in batch])
        return collection, self._put(collection, parts, client.get_max_batch_size()), earlier

    def _put(self, collection: Collection, parts: Sequence[tuple[IndexRecord, int]], at_once: int) -> list[str]:
        """Puts vectors in, beside those that their entries have already: all of them, or none. Their ids."""
        # Ids of parts are told apart by when they were written; those that are whole for sure came first.
        written = f"{time.time_ns():x}{uuid.uuid4().hex[:4]}"
        begun: list[str] = []
        try:
            for batch in _batches(parts, at_once):
                ids = [f"{record.entry_id}:{written}-{part}" for record, part in batch]
                begun += ids
                vectors = as_array([record.vectors[part] for record, part in batch])
                metadata: Any = [metadata_of_part(record, part) for record, part in batch]
                collection.add(ids, vectors, metadata)
                if self._nearest is not None:
                    self._nearest.added(ids, vectors)
        except Exception:
            if not self._connection.is_full:  # else the engine may not come back
                with suppress(Exception):  # what went wrong first is what to tell
                    collection.delete(ids=begun)
            raise
        return begun

    def _part_ids(self, collection: Collection, entry_ids: Sequence[str]) -> list[str]:
        of_entries: Any = {ENTRY: {"$in": list(entry_ids)}}
        return collection.get(where=of_entries, include=[])["ids"]

    def _remove(self, collection: Collection, part_ids: Sequence[str]) -> None:
        """Takes out vectors. Chroma's upsert would keep old metadata keys and old parts of an entry."""
        if part_ids:
            collection.delete(ids=list(part_ids))
            if self._nearest is not None:
                self._nearest.removed(set(part_ids))

    def _collection(self, client: ClientAPI | None, dimension: int | None = None) -> Collection | None:
        """The client's collection, checked. If there is none, one for vectors of this length, or None."""
        from chromadb.errors import NotFoundError

        if client is None:
            return None
        if self._opened is not None and self._opened[0] is client:
            return self._opened[1]
        try:
            collection = client.get_collection(self._collection_name, embedding_function=None)
            self._check_collection(collection)
        except NotFoundError:
            if dimension is None:
                return None
            collection = client.create_collection(
                self._collection_name,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"fingerprint": self.fingerprint, "dimension": dimension},
            )
        self._opened = client, collection
        self._nearest = NearestParts(collection, entry_of, self._compared_exactly, self._few)
        return collection

    def _check_collection(self, collection: Collection) -> None:
        metadata = collection.metadata or {}
        space = (collection.configuration.get("hnsw") or {}).get("space")
        if space != "cosine" or not {"fingerprint", "dimension"} <= metadata.keys():
            raise MemoryFolderError(f"{self._connection} holds an index of another kind: {self._connection.way_out}.")
        made_with = metadata["fingerprint"]
        if self.fingerprint and made_with and made_with != self.fingerprint:
            raise MemoryMismatch(
                f"The index in {self._connection} was made with the embedder {made_with}, not {self.fingerprint}: "
                f"open it with that one, or {self._connection.way_out}."
            )

    def _check_dimension(self, collection: Collection, vector: Vector) -> None:
        dimension = (collection.metadata or {})["dimension"]
        if len(vector) != dimension:
            raise MemoryMismatch(
                f"The index in {self._connection} holds vectors of {dimension} numbers, not {len(vector)}: open "
                f"it with the embedder it was made with, or {self._connection.way_out}."
            )


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=MemoryIndex.after_fork)


def _states(first_parts: Iterable[Mapping[str, Any] | None]) -> dict[str, str]:
    """The states of entries, by their ids, from the metadata of their first parts."""
    return {str(of_part[ENTRY]): str(of_part.get(STATE, "")) for of_part in first_parts if of_part is not None}


def _by_entry(parts: Iterable[Part], most: int, is_current: Callable[[Part], bool]) -> list[tuple[str, float]]:
    """Each entry once, as near as its nearest part; no more than wanted, as it takes a look at each."""
    best: dict[str, float] = {}
    for part in parts:
        if len(best) == most:
            break
        if entry_of(part.id) not in best and is_current(part):
            best[entry_of(part.id)] = part.similarity
    return list(best.items())


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
