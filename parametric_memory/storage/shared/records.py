"""Which of the files in a shared place are the entries' states: a collection of the server with a record for each.

A record goes in under the entry's name and revision, and is never changed; of two of one entry, which are there for a
moment while one takes the other's place, the later revision counts. Knows nothing about what the files hold.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import MemoryFolderError, as_typed
from parametric_memory.index.nearest import pages
from parametric_memory.storage.shared.collection import SharedCollection

if TYPE_CHECKING:
    from parametric_memory.storage.shared.location import SharedLocation

_KEPT = 10_000  # records that were looked up
_AT_ONCE = 1_000  # records that one request takes out
_TRIES = 4  # to look through all of them while nobody writes


@dataclass(frozen=True)
class EntryRecord:
    """What the server says of an entry.

    Attributes:
        name: the entry's folder name, see `EntryStore`.
        revision: 1, and one more each time that anything of the entry changes.
        file: the path of its files, packed, in the place.
        content: the hash of its text.
        entry: its record, as JSON.
    """

    name: str
    revision: int
    file: str
    content: str
    entry: str

    @property
    def id(self) -> str:
        """Of the record in the collection."""
        return f"{self.name}:{self.revision}"


class EntryRecords:
    """Of one shared memory. Threads may share it; who writes has the lease.

    Every method raises:
        StorageError: the server cannot be used.
        MemoryFolderError: the records of a memory that has some are gone from the server.
    """

    def __init__(self, location: SharedLocation, changes: Callable[[], object]) -> None:
        """changes: what was written last; None: somebody is writing."""
        self._location, self._changes = location, changes
        self._known: OrderedDict[str, EntryRecord | None] = OrderedDict()
        self._known_at: object = None
        self._guard = threading.Lock()
        self._collection = SharedCollection(location, "records")

    def get(self, name: str) -> EntryRecord | None:
        """An entry's record, by the name of its folder."""
        at = self._changes()
        with self._guard:
            if at is None or at != self._known_at:
                self._known.clear()
                self._known_at = at
            elif name in self._known:
                return self._known[name]
        found = max(self._where({"name": name}), key=lambda record: record.revision, default=None)
        with self._guard:
            if at is not None and at == self._known_at:
                self._known[name] = found
                if len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return found

    def all(self) -> list[EntryRecord]:
        """Of all entries, in the order of their names."""
        for _ in range(_TRIES):
            before = self._changes()
            found = list(self._where(None))
            if before is not None and self._changes() == before:
                break
        return list({record.name: record for record in sorted(found, key=_age)}.values())

    def with_earlier(self, name: str | None) -> list[EntryRecord]:
        """Of one entry, by the name of its folder, or of all (None): what is their state, and before it what was and
        is still there. For who has the lease."""
        return sorted(self._where({"name": name} if name is not None else None), key=_age)

    def with_content(self, content: str) -> list[EntryRecord]:
        """Of the entries that hold a text, by its hash, in the order of their names."""
        found = {record.name for record in self._where({"content": content})}
        now = (self.get(name) for name in sorted(found))
        return [record for record in now if record is not None and record.content == content]

    def put(self, record: EntryRecord) -> None:
        """From here on everybody sees it."""
        with self._collection.used(create=True) as collection:
            collection.add(**_as_kept(record))
        self.forget()

    def remove(self, record: EntryRecord) -> None:
        """Where it is as it was put there."""
        with self._collection.used() as collection:
            found = collection.get([record.id], include=["metadatas"])["metadatas"] if collection is not None else None
            if found and found[0]["file"] == record.file:
                collection.delete([record.id])
        self.forget()

    def remove_up_to(self, record: EntryRecord) -> None:
        """With what was the entry's state before it and is still there, which would else be its state again."""
        with self._collection.used() as collection:
            if collection is not None:
                collection.delete(where={"$and": [{"name": record.name}, {"revision": {"$lte": record.revision}}]})
        self.forget()

    def remove_all(self, records: Sequence[EntryRecord]) -> None:
        with self._collection.used() as collection:
            for start in range(0, len(records) if collection is not None else 0, _AT_ONCE):
                collection.delete([record.id for record in records[start : start + _AT_ONCE]])
        self.forget()

    def begin(self) -> None:
        """Makes room for the records of a memory that has none yet."""
        with self._collection.used(create=True):
            pass

    def begin_with(self, records: Iterable[EntryRecord]) -> None:
        """Makes room for the records of a memory, with these in it; where that is cut off, there is none as before."""
        known = self._location.known()
        assert known is not None
        server, name = known
        server.drop(f"{name}-restored")
        restored = server.collection(f"{name}-restored", create=True)
        assert restored is not None
        for record in records:
            with server.errors():
                restored.add(**_as_kept(record))
        with server.errors():
            restored.modify(name=f"{name}-records")
        self.forget()

    @property
    def missing(self) -> bool:
        """Whether there is no room for records: nothing was ever put in, or the server is another one."""
        with self._collection.used() as collection:
            return collection is None

    def forget(self) -> None:
        """What was looked up is looked up again."""
        with self._guard:
            self._known.clear()

    def _where(self, condition: Any) -> Iterator[EntryRecord]:
        with self._collection.used() as collection:
            if collection is None:
                if self._location.read_identity() is not None:
                    raise MemoryFolderError(gone(self._location))
                return
            for page in pages(collection, condition, ["metadatas", "documents"]):
                for metadata, document in zip(page["metadatas"], page["documents"], strict=True):
                    if metadata is not None:  # else it is being put in, or taken out
                        own = {name: metadata[name] for name in ("name", "revision", "file", "content")}
                        yield EntryRecord(**own, entry=document or "")


def gone(location: SharedLocation) -> str:
    """That a server has no records of a memory that has some."""
    server, _ = location.known() or ("", "")
    return (
        f"The index server at {server} has no records of the memory in {location}: name the one that has with --index, "
        f"or, if they are lost, make them anew with `{as_typed('parametric-memory', 'reindex', *location.options)}`."
    )


def _age(record: EntryRecord) -> tuple[str, int]:
    """Puts those of one entry together, the earliest first."""
    return record.name, record.revision


def _as_kept(record: EntryRecord) -> dict[str, Any]:
    """What a collection takes."""
    of_record = {name: value for name, value in vars(record).items() if name != "entry"}
    return {
        "ids": [record.id],
        "embeddings": [_direction(record.name)],
        "metadatas": [of_record],
        "documents": [record.entry],
    }


def _direction(name: str) -> list[float]:
    """A vector, which every record of Chroma's has; not the same for all, which its graph does not like."""
    first, second = hashlib.sha256(name.encode()).digest()[:2]
    return [first - 127.5, second - 127.5]
