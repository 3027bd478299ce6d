"""The index: which entries are near a query. A Chroma collection in a folder that can be rebuilt at any time.

Vectors come from outside. An entry may have several (its summary, its passages): the nearest one counts.
Cosine throughout. Knows nothing about texts, embedders and adapters, nor about the lock that keeps writers
apart.
"""

from __future__ import annotations

import re
import shutil
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from parametric_memory.errors import MemoryFolderError, MemoryMismatch, ParametricMemoryError, StorageError
from parametric_memory.files import replace_durably, storage_errors
from parametric_memory.index.filters import Value, flatten, where

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

Vector = Sequence[float]
Item = TypeVar("Item")

COLLECTION = "entries"
GENERATION = "GENERATION"
_DATABASE = "chroma.sqlite3"
_ENTRY = "parametric_memory:entry"
_PART = "parametric_memory:part"
_NAMESPACE = "parametric_memory:namespace"
_EXPIRES_AT = "parametric_memory:expires_at"
_NEVER = 1e18
_ENTRIES_A_BATCH = 500


@dataclass(frozen=True)
class IndexRecord:
    """What the index keeps of an entry.

    Attributes:
        entry_id: the entry's id.
        vectors: one or more, `[part, dimension]`; the entry is as near as the nearest of them.
        metadata: what filters see; nested mappings become dotted keys.
        namespace: the entry's namespace.
        expires_at: from when on it is no longer found, with a time zone; None: never.
    """

    entry_id: str
    vectors: Sequence[Vector]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    namespace: str = "default"
    expires_at: datetime | None = None


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

    _spellings: ClassVar[set[str]] = set()
    _spellings_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, folder: str | Path, *, fingerprint: str = "") -> None:
        """
        Args:
            folder: the index's own folder, `<memory>/chroma`.
            fingerprint: tells the embedder whose vectors these are; empty: not checked.
        """
        self.folder = Path(folder).absolute()
        self.fingerprint = fingerprint
        self._client: Client | None = None
        self._opened: Collection | None = None
        self._spelling = ""
        self._generation = ""
        self._lock = threading.RLock()

    def add(
        self,
        entry_id: str,
        vectors: Sequence[Vector],
        metadata: Mapping[str, Any] | None = None,
        *,
        namespace: str = "default",
        expires_at: datetime | None = None,
    ) -> None:
        """Puts an entry into the index, or all of it anew: of an earlier one under this id nothing stays."""
        self.add_many([IndexRecord(entry_id, vectors, metadata or {}, namespace, expires_at)])

    def add_many(self, records: Iterable[IndexRecord]) -> None:
        """Puts entries into the index as `add` does, many at once."""
        with self._writing():
            for batch in _batches(records, _ENTRIES_A_BATCH):
                parts = [(record, part) for record in batch for part in range(len(record.vectors))]
                client, collection = self._collection_for(len(parts[0][0].vectors[0]) if parts else 0)
                for record, part in parts:
                    self._check_dimension(collection, record.vectors[part])
                _remove(collection, [record.entry_id for record in batch])
                for piece in _batches(parts, client.get_max_batch_size()):
                    collection.add(
                        ids=[f"{record.entry_id}:{part}" for record, part in piece],
                        embeddings=[_array(record.vectors[part]) for record, part in piece],
                        metadatas=[_metadata(record, part) for record, part in piece],
                    )

    def query(
        self,
        vector: Vector,
        k: int = 4,
        *,
        namespace: str | None = None,
        filter: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` nearest entries that are not expired, best first.

        Args:
            vector: `[dimension]`.
            k: how many entries, at most.
            namespace: only entries of this namespace; None: of all.
            filter: what the metadata must be, see `filters`.
            at: the moment that decides what is expired; None: now.

        Returns:
            Pairs of an entry's id and the cosine similarity of its nearest vector.

        Raises:
            SettingsError: the filter is not understood.
        """
        moment = (at or datetime.now(UTC)).timestamp()
        conditions: list[dict[str, Any]] = [{_EXPIRES_AT: {"$gt": moment}}]
        if namespace is not None:
            conditions.append({_NAMESPACE: namespace})
        if (of_metadata := where(filter)) is not None:
            conditions.append(of_metadata)
        condition = conditions[0] if len(conditions) == 1 else {"$and": conditions}
        with self._reading() as collection:
            if collection is None or k < 1:
                return []
            self._check_dimension(collection, vector)
            available, wanted = collection.count(), 4 * k
            while True:
                found = collection.query(
                    query_embeddings=[_array(vector)],
                    n_results=min(wanted, available),
                    where=condition,
                    include=["distances"],
                )
                ids, distances = found["ids"][0], (found["distances"] or [[]])[0]
                best: dict[str, float] = {}
                for part_id, distance in zip(ids, distances, strict=True):
                    best.setdefault(_entry_of(part_id), 1.0 - float(distance))
                # The nearest vectors may all be of a few entries: look at more, until there are enough.
                if len(best) >= k or len(ids) < min(wanted, available) or wanted >= available:
                    return list(best.items())[:k]
                wanted *= 4

    def delete(self, entry_ids: Iterable[str]) -> None:
        """Takes entries out; ids that are not there are no error."""
        with self._writing():
            collection = self._collection()
            if collection is not None:
                for batch in _batches(entry_ids, _ENTRIES_A_BATCH):
                    _remove(collection, batch)

    def entry_ids(self) -> set[str]:
        """The ids of all entries in the index, expired ones too."""
        with self._reading() as collection:
            if collection is None:
                return set()
            return {_entry_of(part_id) for part_id in collection.get(where={_PART: 0}, include=[])["ids"]}

    def count(self) -> int:
        """How many entries are in the index, expired ones too."""
        return len(self.entry_ids())

    def clear(self) -> None:
        """Empties the index; also one that is damaged or was made with another embedder."""
        self.rebuild([])

    def rebuild(self, records: Iterable[IndexRecord]) -> None:
        """Makes the index anew out of these entries; also a damaged one, or one of another embedder.

        It is built beside the old one and takes its place when it is whole.
        """
        building = self.folder.with_name(f".{self.folder.name}.rebuilding")
        retired = self.folder.with_name(f".{self.folder.name}.retired")
        with self._lock, storage_errors(f"rebuild the index in {self.folder}"):
            shutil.rmtree(building, ignore_errors=True)
            shutil.rmtree(retired, ignore_errors=True)
            building.mkdir(parents=True)
            successor = MemoryIndex(building, fingerprint=self.fingerprint)
            try:
                successor.add_many(records)
                successor.close()
                self.close()
                if self.folder.exists():
                    self.folder.rename(retired)
                building.rename(self.folder)
            finally:
                successor.close()
                shutil.rmtree(building, ignore_errors=True)
                shutil.rmtree(retired, ignore_errors=True)

    def close(self) -> None:
        """Lets go of the folder; the next call opens it again."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = self._opened = None
                with self._spellings_lock:
                    self._spellings.discard(self._spelling)

    @contextmanager
    def _reading(self) -> Iterator[Collection | None]:
        with self._lock, self._clear_errors():
            self._open(create=False)
            yield self._collection()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, self._clear_errors():
            self._open(create=True)
            yield
            self._generation = uuid.uuid4().hex
            replace_durably(self.folder / GENERATION, self._generation.encode())

    def _open(self, create: bool) -> None:
        """Opens the folder, again if another wrote to it: an open client would not see those vectors."""
        generation = self._stored_generation()
        if self._client is not None and generation != self._generation:
            self.close()
        if self._client is not None or not (create or (self.folder / _DATABASE).exists()):
            return
        import chromadb
        from chromadb.config import Settings

        self.folder.mkdir(parents=True, exist_ok=True)
        spelling = self._free_spelling()
        self._client = chromadb.PersistentClient(spelling, Settings(anonymized_telemetry=False))
        self._spelling, self._generation = spelling, generation

    def _stored_generation(self) -> str:
        try:
            return (self.folder / GENERATION).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def _free_spelling(self) -> str:
        """The folder's path, spelled as no open client in this process spells it.

        Chroma shares one engine among all clients of a path and would hand back the stale one. A spelling
        that failed to open stays taken: Chroma keeps the broken engine.
        """
        with self._spellings_lock:
            spelling = next(
                spelling
                for dots in count(1)
                if (spelling := f"{self.folder.parent}/{'./' * dots}{self.folder.name}")
                not in self._spellings
            )
            self._spellings.add(spelling)
            return spelling

    def _collection(self) -> Collection | None:
        """The collection, checked; None as long as nothing was ever added."""
        from chromadb.errors import NotFoundError

        if self._client is not None and self._opened is None:
            with suppress(NotFoundError):
                collection = self._client.get_collection(COLLECTION, embedding_function=None)
                self._check_collection(collection)
                self._opened = collection
        return self._opened

    def _collection_for(self, dimension: int) -> tuple[Client, Collection]:
        """The open client and its collection, which is made for vectors of this length if there is none."""
        assert self._client is not None, "inside _writing the folder is open"
        if self._collection() is None:
            self._opened = self._client.create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"fingerprint": self.fingerprint, "dimension": dimension},
            )
        assert self._opened is not None
        return self._client, self._opened

    def _check_collection(self, collection: Collection) -> None:
        metadata = collection.metadata or {}
        space = (collection.configuration.get("hnsw") or {}).get("space")
        if space != "cosine" or not {"fingerprint", "dimension"} <= metadata.keys():
            raise MemoryFolderError(f"{self.folder} holds an index of another kind: {self._way_out}.")
        made_with = metadata["fingerprint"]
        if self.fingerprint and made_with and made_with != self.fingerprint:
            raise MemoryMismatch(
                f"The index in {self.folder} was made with the embedder {made_with}, not {self.fingerprint}: "
                f"open it with that one, or {self._way_out}."
            )

    def _check_dimension(self, collection: Collection, vector: Vector) -> None:
        dimension = (collection.metadata or {})["dimension"]
        if len(vector) != dimension:
            raise MemoryMismatch(
                f"The index in {self.folder} holds vectors of {dimension} numbers, not {len(vector)}: open "
                f"it with the embedder it was made with, or {self._way_out}."
            )

    @property
    def _way_out(self) -> str:
        return f"rebuild it with `parametric-memory reindex --memory {self.folder.parent}`"

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """What Chroma raises on damaged files, told as one line. Its engine's panics are no `Exception`."""
        try:
            with storage_errors(f"use the index in {self.folder}"):
                yield
        except ParametricMemoryError:
            raise
        except BaseException as error:
            if not _is_of_chroma(error):
                raise
            with suppress(Exception):
                self.close()
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            if re.search(
                r"disk is full|No space left|readonly|read-only|Permission denied", reason, re.IGNORECASE
            ):
                raise StorageError(
                    f"Could not use the index in {self.folder}: {reason}. Free space or change permissions, "
                    f"then {self._way_out}."
                ) from error
            raise MemoryFolderError(
                f"The index in {self.folder} is damaged ({reason}): {self._way_out}."
            ) from error


def _is_of_chroma(error: BaseException) -> bool:
    from chromadb.errors import ChromaError

    broken_engine = isinstance(error, AttributeError) and "bindings" in str(error)
    return isinstance(error, ChromaError) or broken_engine or type(error).__name__ == "PanicException"


def _metadata(record: IndexRecord, part: int) -> dict[str, Value]:
    expires_at = record.expires_at.timestamp() if record.expires_at else _NEVER
    own = {_ENTRY: record.entry_id, _PART: part, _NAMESPACE: record.namespace, _EXPIRES_AT: expires_at}
    return flatten(record.metadata) | own


def _remove(collection: Collection, entry_ids: Sequence[str]) -> None:
    """Takes out all vectors of these entries. Chroma's upsert would keep old metadata keys and old parts."""
    known = collection.get(where={_ENTRY: {"$in": list(entry_ids)}}, include=[])["ids"]
    if known:
        collection.delete(ids=known)


def _array(vector: Vector) -> NDArray[np.float32]:
    import numpy as np

    return np.asarray(vector, dtype=np.float32)


def _entry_of(part_id: str) -> str:
    return part_id.rpartition(":")[0]


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
