"""The entries of a memory on disk: records, texts and rows, each entry whole or not there at all.

    <folder>/entries/<id>/entry.json    the record, with a format version
    <folder>/entries/<id>/text.txt      the text, UTF-8
    <folder>/entries/<id>/texts.json    lists of texts that were given with it, by name
    <folder>/entries/<id>/history.json  what it said before, only where that is kept
    <folder>/entries/<id>/...           an adapter, rows, or neither, see `rows`
    <folder>/entries/.staging/          what a writer is at work on, see `exchange`
    <folder>/entries/.lock, .writer/    held while somebody writes, and who does, see `write_lock`
    <folder>/entries/.contents/         which entries hold a text, see `contents`

One writer at a time, under a file lock. Readers take no lock and see an entry's old state or its new one, also when a
writer dies half-way; the next one finishes, or clears away, what a dead one left.

What is no whole record (a damaged one, a folder or file that somebody else put there) is named once in a warning, and
passed over by all that looks at every entry; whoever asks for that one is told.

Knows nothing about queries, models or the index, and loads torch only to read or write an adapter.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote

from pydantic import TypeAdapter

from parametric_memory.adapters.peft_folder import load_extra
from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    EntryNotFound,
    MemoryFolderError,
    ParametricMemoryError,
    StorageError,
)
from parametric_memory.files.durable import (
    NO_FILE,
    read_file,
    replace_durably,
    storage_errors,
    sync_folder,
    write_durably,
)
from parametric_memory.files.json_objects import parsed
from parametric_memory.records import Entry, Version
from parametric_memory.storage.cache import Recent
from parametric_memory.storage.contents import Content, ContentLookup
from parametric_memory.storage.exchange import Exchange
from parametric_memory.storage.journal import ChangeJournal, Journal
from parametric_memory.storage.rows import ADAPTER_FOLDER, Stored, Written, read_stored, write_stored
from parametric_memory.storage.write_lock import WriteLock
from parametric_memory.text.cleaning import content_hash

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1

RECORD_FILE, TEXT_FILE, TEXTS_FILE, HISTORY_FILE = "entry.json", "text.txt", "texts.json", "history.json"
_LONGEST_NAME = 150  # file systems allow 255 bytes; the rest is room for suffixes
_HASHED = "%~"  # begins the folder name of an id that is too long to be one; no quoted id begins so

_MAPPED_KEPT = 4  # a map takes address space, and memory only while there is some to spare
_EXTRAS_KEPT = 4  # of the entries read last; those of a long document may take megabytes
_CHARACTERS_KEPT = 2**24  # of the texts among them
_UNREADABLE = (errno.EIO, errno.EISDIR, NO_FILE)  # the disk lost it, or a folder or a pipe stands in its place

_HISTORY = TypeAdapter(list[Version])

T = TypeVar("T")
_State = tuple[object, ...]
_Texts = dict[str, tuple[str, ...]]


class _Kept(NamedTuple):
    """What is kept of an entry's rows, as a cache holds it."""

    rows: Stored


class WholeEntry(NamedTuple):
    """An entry, the name of its folder, and what is in its files, by their paths there."""

    entry: Entry
    name: str
    files: Mapping[str, bytes]


class EntryParts(NamedTuple):
    """What an entry is written with, see `EntryStore.write`."""

    entry: Entry
    text: str
    stored: Stored
    extra: Mapping[str, Any]
    history: Sequence[Version] | None = None


class EntryStore:
    """The entries of one memory folder. Threads may share it; no folder is made before a write.

    Args:
        folder: the memory's folder.
        base_model_name: goes into the adapters' PEFT configs.
        lock_timeout: seconds a writer waits for another one.
        cache_bytes: how much of the rows read last stays in memory, 0: none. A larger file is mapped, not read.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        base_model_name: str | None = None,
        lock_timeout: float = 10.0,
        cache_bytes: int = 256 * 2**20,
    ) -> None:
        self.folder = Path(folder)
        self.where: object = self.folder  # what messages call it
        self._entries = self.folder / "entries"
        self._exchange = Exchange(self._entries)
        self.base_model_name = base_model_name
        self._lock = WriteLock(self._entries, lock_timeout)
        self.journal: ChangeJournal = Journal(self._entries)
        self._contents = ContentLookup(self._entries)
        self._cache_bytes = cache_bytes
        self._read_last: Recent[_Kept] = Recent(cache_bytes, lambda kept: kept.rows.num_bytes if kept.rows else 0)
        self._mapped: Recent[_Kept] = Recent(_MAPPED_KEPT if cache_bytes else 0, lambda _: 1)
        self._extras: Recent[dict[str, Any]] = Recent(_EXTRAS_KEPT, lambda _: 1)
        self._texts: Recent[_Texts] = Recent(_CHARACTERS_KEPT, _characters)
        self._named: set[str] = set()  # what a warning has told of

    @contextmanager
    def writing(self, timeout: float | None = None) -> Iterator[bool]:
        """Holds the write lock for steps that no other writer may come between. Nests within a thread.

        Args:
            timeout: seconds to wait for another writer, if not as long as usual.

        Yields:
            Whether this is the outermost one, which begins where another writer ended or died.

        Raises:
            MemoryLocked: another writer kept the lock for longer than the timeout.
            StorageError: the folder cannot be made or written to.
        """
        with storage_errors(f"write to the memory in {self.where}"):
            self._exchange.staging.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout)
        try:
            outermost = self._lock.depth == 1
            if outermost:
                with storage_errors(f"clear {self._exchange.staging}"):
                    self._exchange.finish()
            yield outermost
        finally:
            self._lock.release()

    def write(
        self,
        entry: Entry,
        text: str,
        stored: Stored,
        extra: Mapping[str, Any] | None = None,
        history: Sequence[Version] | None = None,
    ) -> Entry:
        """Writes an entry with its text and what is kept of its rows; an entry of the same id is replaced in one step.

        Args:
            extra: lists of texts to keep beside it, which are read often; with an adapter, other JSON values too.
            history: what it said before, oldest first; that of the entry that is replaced when not given.

        Returns:
            The entry as stored: with `store`, `rank` and `adapter_sha256` of what is kept.

        Raises:
            StorageError: the disk refuses; the memory is as it was before.
            MemoryLocked: another writer holds the memory.
        """
        return self.write_together([EntryParts(entry, text, stored, extra or {}, history)])[0]

    def write_together(self, parts: Sequence[EntryParts]) -> list[Entry]:
        """Writes entries of several ids as `write` does: first the files of all, then each takes its place in one step.

        Raises as `write` does. Where the disk refuses their files, none has changed; where it refuses the last step of
        one, those before it are written.
        """
        ids = {folder_name(of.entry.id): of.entry.id for of in parts}
        told = f"{len(ids)} entries" if len(ids) > 1 else f"entry {parts[0].entry.id}"
        with self.writing(), storage_errors(f"write {told} to {self.where}"):
            for name, id in ids.items():
                self._check_place(name, id)
            try:
                written = {name: self._prepared(name, of) for name, of in zip(ids, parts, strict=True)}
                with self._contents.following({name: _content_of(entry) for name, entry in written.items()}):
                    for name in written:
                        self._exchange.put(name)
            except BaseException:
                for name in ids:
                    self._exchange.undo(name)
                raise
        return [*written.values()]

    def _check_place(self, name: str, id: str) -> None:
        """Raises StorageError where another entry is in the folder."""
        other = self._id_there(name)
        if other not in (None, id):
            raise StorageError(
                f"Entry {id} would take the place of {other}: this disk takes capitals and small letters of names for "
                "the same. Choose another id."
            )

    def _prepared(self, name: str, of: EntryParts) -> Entry:
        """Writes the files of an entry that is to get a folder's name. The entry as stored."""
        folder = self._exchange.prepared(name)
        folder.mkdir()
        before = self._history_of(name) if of.history is None else dumped_history(of.history)
        return self._fill(folder, of.entry, of.text, of.stored, of.extra, before)

    def _fill(
        self, folder: Path, entry: Entry, text: str, stored: Stored, extra: Mapping[str, Any], history: bytes
    ) -> Entry:
        """Writes an entry's files into a folder of its own. The entry as stored."""
        texts = {key: value for key, value in extra.items() if _are_texts(value)}
        others = {key: value for key, value in extra.items() if key not in texts}
        written = write_stored(stored, folder, self.base_model_name, others)
        entry = entry.model_copy(update=written._asdict())
        write_durably(folder / TEXT_FILE, text.encode())
        write_durably(folder / TEXTS_FILE, json.dumps(texts, ensure_ascii=False).encode())
        if history != b"[]":
            write_durably(folder / HISTORY_FILE, history)
        write_durably(folder / RECORD_FILE, record_as_json(entry))
        return entry

    def update(self, entry: Entry) -> None:
        """Replaces the record of an entry in one step; its text and rows stay.

        Raises:
            EntryNotFound: no entry has its id.
            StorageError: the disk refuses; the record is as it was before.
            MemoryLocked: another writer holds the memory.
        """
        name = folder_name(entry.id)
        with self.writing():
            moves = _content_of(self.read(entry.id)) != _content_of(entry)
            following = self._contents.following({name: _content_of(entry)}) if moves else nullcontext()
            with storage_errors(f"update entry {entry.id} in {self.where}"), following:
                replace_durably(self._entries / name / RECORD_FILE, record_as_json(entry))

    def delete(self, id: str) -> None:
        """Removes an entry, a damaged one too, and what else stands in its place.

        Raises:
            EntryNotFound: no entry has this id.
            StorageError: the disk refuses.
            MemoryLocked: another writer holds the memory.
        """
        name = folder_name(id)
        with self.writing(), storage_errors(f"delete entry {id} from {self.where}"):
            if self._id_there(name) not in (None, id):
                raise self._not_found(id)
            with self._contents.following({name: None}):
                try:
                    self._exchange.take_out(name)
                except FileNotFoundError as error:
                    raise self._not_found(id) from error

    def clean(self) -> None:
        """Under the lock: takes off the disk what lookups beside the entries tell of those that went.

        Raises StorageError.
        """
        self._contents.clean()

    def take_over(self, made: Path) -> None:
        """Moves the entries of another store's folder, on this disk, into the place of those here.

        Where that was cut off, one may be missing here until it is done again.

        Raises:
            StorageError: the disk refuses.
            MemoryLocked: another writer holds the memory.
        """
        with self.writing(), storage_errors(f"take {made} into {self.where}"):
            for name in sorted(Exchange(made / "entries").names()):
                self._exchange.take_over(made / "entries" / name)
            sync_folder(self._entries)

    def check(self, id: str) -> None:
        """Looks whether there is an entry of this id, a damaged one too.

        Raises:
            EntryNotFound: no entry has this id.
        """
        self._look(folder_name(id), id, lambda folder: folder.stat())

    def read(self, id: str) -> Entry:
        """The record of an entry.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: the record is damaged.
            MemoryFolderError: it has a format version that this release does not read.
        """
        entry = self._read(folder_name(id), id)
        if entry.id != id:  # on a disk that takes capitals and small letters for the same
            raise self._not_found(id)
        return entry

    def text(self, id: str) -> str:
        """The text of an entry.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: the text is missing or damaged.
        """
        return self._decoded(id, self._look(folder_name(id), id, lambda folder: read_file(folder / TEXT_FILE)))

    def _decoded(self, id: str, text: bytes | None) -> str:
        if text is None:
            raise self._damaged(id, f"{TEXT_FILE} is missing")
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise self._damaged(id, f"{TEXT_FILE} is no UTF-8") from error

    def history(self, id: str) -> list[Version]:
        """What an entry said before, oldest first; empty where nothing of it is kept.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: it is damaged.
        """
        self.check(id)
        try:
            return _HISTORY.validate_json(self._history_of(folder_name(id)))
        except ValueError as error:
            raise self._damaged(id, f"{HISTORY_FILE} does not hold versions of it") from error

    def _history_of(self, name: str) -> bytes:
        with suppress(EntryNotFound, FileNotFoundError):
            return self._look(name, unquote(name), lambda folder: _read_if_there(folder / HISTORY_FILE))
        return b"[]"

    def stored(self, id: str) -> Stored:
        """What is kept of an entry's rows, on the CPU; None: nothing but its text. Rows read last come from memory,
        those of very long texts from a map of their file: nothing must be written into their tensors.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: the record or what is kept is damaged.
        """
        return self._current(id, (self._read_last, self._mapped), self._load_stored).rows

    def adapter(self, id: str) -> Adapter:
        """The adapter of an entry that is kept as one; see `stored`.

        Raises:
            AdapterError: it is not.
        """
        from parametric_memory.adapters.factors import Adapter

        stored = self.stored(id)
        if not isinstance(stored, Adapter):
            raise AdapterError(f"Entry {id} in {self.where} is not kept as an adapter.")
        return stored

    def extra(self, id: str) -> dict[str, Any]:
        """What was given as `extra` when the entry was written.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: the record or what was kept is damaged.
        """
        return self._current(id, (self._extras,), self._load_extra)

    def whole(self, id: str) -> WholeEntry:
        """An entry with all that is in its files, all of one state.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: what is kept of the entry is damaged, or its text is not the one that was recorded.
        """

        def read(folder: Path) -> dict[str, bytes]:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            return {path.relative_to(folder).as_posix(): read_file(path) for path in paths}

        while True:
            entry = self.read(id)
            if entry.store != "text":
                self.stored(id), self.extra(id)
            found = self._look(folder_name(id), id, _of_one_state(read))
            if self._record(id, found.get(RECORD_FILE)) == entry:
                text, _ = self._decoded(id, found.get(TEXT_FILE)), self._lists_of(id, found.get(TEXTS_FILE))
                if content_hash(text) != entry.content_hash:
                    raise self._damaged(id, f"{TEXT_FILE} was changed on disk")
                return WholeEntry(entry, folder_name(id), found)

    def listed_texts(self, id: str, name: str) -> Sequence[str]:
        """The texts that are under a name in an entry's `extra`, without a look at what is larger; none where there is
        no such name. Raises as `extra` does.
        """
        return self._current(id, (self._texts,), self._load_texts).get(name, ())

    def _current(self, id: str, recents: Sequence[Recent[T]], load: Callable[[Entry, Path], tuple[T, Recent[T]]]) -> T:
        """What was read last of an entry as it is now, or what `load` reads of its folder, and where to keep it."""
        failed: Entry | None = None
        while True:
            entry = self.read(id)
            key = _state_of(entry)
            for recent in recents:
                if (known := recent.get(key)) is not None:
                    return known
            try:
                value, kept_in = self._look(folder_name(id), id, _of_one_state(partial(load, entry)))
            except CheckpointError:
                # A replacement may have moved the folder away while it was read. The second failure of the
                # same state cannot come from that.
                if entry == failed:
                    raise
                failed = entry
                continue
            if self.read(id) == entry:
                kept_in.put(key, value)
                return value

    def _load_stored(self, entry: Entry, folder: Path) -> tuple[_Kept, Recent[_Kept]]:
        written = Written(entry.store, entry.rank, entry.adapter_sha256)
        rows, mapped = read_stored(written, folder, self._cache_bytes)
        return _Kept(rows), self._mapped if mapped else self._read_last

    def _load_extra(self, entry: Entry, folder: Path) -> tuple[dict[str, Any], Recent[dict[str, Any]]]:
        texts = {name: list(value) for name, value in self._read_texts(entry, folder).items()}
        others = load_extra(folder / ADAPTER_FOLDER) if entry.store == "adapter" else {}
        return {**others, **texts}, self._extras

    def _load_texts(self, entry: Entry, folder: Path) -> tuple[_Texts, Recent[_Texts]]:
        return self._read_texts(entry, folder), self._texts

    def _read_texts(self, entry: Entry, folder: Path) -> _Texts:
        """The lists of texts that an entry has in a file. Raises CheckpointError for one that is gone or damaged."""
        with suppress(FileNotFoundError):
            return self._lists_of(entry.id, read_file(folder / TEXTS_FILE))
        return self._lists_of(entry.id, None)

    def _lists_of(self, id: str, data: bytes | None) -> _Texts:
        with suppress(ValueError):
            texts = parsed(data or b"")
            if isinstance(texts, dict) and all(map(_are_texts, texts.values())):
                return {name: tuple(value) for name, value in texts.items()}
        raise self._damaged(id, f"{TEXTS_FILE} does not hold lists of texts")

    def ids(self) -> list[str]:
        """The ids of all entries, damaged ones too, in the order of `iter`.

        Where an id is so long that only the record tells it, that of a damaged record is left out.
        """
        found = ((name, self._whole(name) if name.startswith(_HASHED) else None) for name in self.names())
        return [entry.id if entry else unquote(name) for name, entry in found if entry or not name.startswith(_HASHED)]

    def iter(self, namespace: str | None = None) -> Iterator[Entry]:
        """The records of all entries, ordered by folder name. Those that are deleted meanwhile are left out, and those
        that are damaged: a warning names each of them once.

        namespace: only those in it, which are looked up.

        Raises:
            MemoryFolderError: a record has a format version that this release does not read.
        """
        known = None if namespace is None else self._contents.by_age(namespace)
        for name in self.names() if known is None else sorted({name for _, name in known}):
            entry = self._whole(name)
            if entry is not None and namespace in (None, entry.namespace):
                yield entry

    def by_age(
        self, namespace: str | None = None, *, newest: bool = False, skipped: int = 0, most: int | None = None
    ) -> Iterator[Entry] | None:
        """The records of all entries, the oldest first, read as they are wanted; those of one moment in any order. None
        where that can only be told when all have been read, see `ContentLookup`.

        Args:
            namespace: only those in it.
            newest: these first.
            skipped: how many of the first are passed over, unread.
            most: how many are looked at then. A damaged one among them is left out and none takes its place, which
                would come twice, here and where others are skipped.
        """
        known = self._contents.by_age(namespace, newest=newest, skipped=skipped, most=most)
        if known is None:
            return None
        found = ((created, self._whole(name)) for created, name in known)
        return (
            entry
            for created, entry in found
            if entry is not None and entry.created_at == created and namespace in (None, entry.namespace)
        )

    def counts(self) -> dict[str, int]:
        """How many entries there are in each namespace; none that are damaged."""
        known = self._contents.counts()
        return dict(sorted(Counter(e.namespace for e in self.iter()).items())) if known is None else known

    def with_content(self, digest: str) -> Iterator[Entry]:
        """The records of the entries that hold a text, in the order of `iter`.

        They are looked up. Where the lookup is behind, every record is read, and who holds the write lock mends it.
        """
        names = self._contents.names(digest)
        if names is None and self._lock.is_locked:
            self._rebuild_contents()
            names = self._contents.names(digest)
        for name in self.names() if names is None else names:
            entry = self._whole(name)
            if entry is not None and entry.content_hash == digest:
                yield entry

    def catch_up(self) -> None:
        """Mends a lookup that is behind, if nobody writes: else every record is read for each text that is looked for.

        Nothing where it cannot be mended, or no entry is there.
        """
        if not self._contents.is_current and self.names():
            with suppress(ParametricMemoryError), self.writing(timeout=0):
                self._rebuild_contents()

    def _rebuild_contents(self) -> None:
        """Under the lock."""
        whole = ((name, self._whole(name)) for name in self.names())
        self._contents.rebuild((name, _content_of(entry) if entry else None) for name, entry in whole)

    def damaged(self) -> list[str]:
        """What `iter` passes over, and the way out: a sentence or two for each, in its order.

        Raises:
            MemoryFolderError: a record has a format version that this release does not read.
        """
        told = []
        for name in self.names():
            try:
                self._read_own(name)
            except EntryNotFound:
                continue
            except CheckpointError as error:
                told.append(str(error))
        return told

    def stray_files(self) -> list[str]:
        """Files where only entries should be, and the way out: a sentence for each."""
        files = sorted(path for path in self._entries.glob("[!.]*") if path.is_file())
        return [f"{path} is a file among the entries: move it away." for path in files]

    def pass_over(self, error: CheckpointError) -> None:
        """Names what is damaged in a warning, once."""
        if str(error) not in self._named:
            self._named.add(str(error))
            logger.warning("%s Until then it is passed over.", error)

    def _whole(self, name: str) -> Entry | None:
        """The record in a folder; None where it was deleted meanwhile, or is damaged, which a warning names."""
        try:
            return self._read_own(name)
        except EntryNotFound:
            return None
        except CheckpointError as error:
            self.pass_over(error)
            return None

    def _read_own(self, name: str) -> Entry:
        """The record in a folder. One that says it is another entry's, of which somebody made a copy, is damaged."""
        entry = self._read(name, unquote(name))
        if not _is_at(entry.id, name):
            raise self._damaged(unquote(name), f"{RECORD_FILE} is that of {entry.id}")
        return entry

    def names(self) -> list[str]:
        """Folder names of all entries, sorted."""
        with storage_errors(f"list the entries in {self.where}"):
            return sorted(self._exchange.names())

    def of_folder(self, name: str) -> Entry:
        """The record in a folder of this name.

        Raises:
            CheckpointError: it is damaged, or that of an entry whose folder has another name.
            MemoryFolderError: it has a format version that this release does not read.
        """
        entry = self._read(name, unquote(name))
        if folder_name(entry.id) != name:
            raise self._damaged(unquote(name), f"{RECORD_FILE} is that of another entry")
        return entry

    def _id_there(self, name: str) -> str | None:
        """The id of the entry in a folder; None where there is none that can be read."""
        with suppress(ParametricMemoryError):
            return self._read_own(name).id
        return None

    def _read(self, name: str, id: str) -> Entry:
        return self._record(id, self._look(name, id, lambda folder: read_file(folder / RECORD_FILE)))

    def _record(self, id: str, data: bytes | None) -> Entry:
        try:
            content = parsed(data or b"")
            if not isinstance(content, dict):
                raise ValueError("not an object")
            version = content.pop("format_version", None)
            if type(version) is not int:
                raise ValueError("no version")
            if version == FORMAT_VERSION:
                return Entry.model_validate(content)
        except (ValueError, OverflowError) as error:  # a time that no time zone has
            raise self._damaged(id, f"{RECORD_FILE} does not hold a record") from error
        raise MemoryFolderError(
            f"Entry {id} in {self.where} has format version {version}, this release reads "
            f"{FORMAT_VERSION}: use the release that wrote it, or a newer one."
        )

    def _look(self, name: str, id: str, action: Callable[[Path], T]) -> T:
        """Runs `action` on the folder where the entry is now; it may move between looking and reading."""
        with storage_errors(f"read entry {id} in {self.where}"):
            for folder in self._exchange.looks(name):
                try:
                    return action(folder)
                except (FileNotFoundError, NotADirectoryError) as error:
                    missing = error
                except OSError as error:
                    if error.errno not in _UNREADABLE or error.filename is None:
                        raise
                    raise self._damaged(id, f"{Path(error.filename).name} cannot be read") from error
            if (self._entries / name).is_dir():
                raise self._damaged(id, f"{Path(missing.filename).name} is missing")
        raise self._not_found(id)

    def _not_found(self, id: str) -> EntryNotFound:
        return EntryNotFound(f"No entry has the id {id!r} in {self.where}: list the entries to see their ids.")

    def _damaged(self, id: str, how: str) -> CheckpointError:
        return CheckpointError(f"Entry {id} in {self.where} is damaged: {how}. Delete it and add its document again.")


def _state_of(entry: Entry) -> _State:
    """What tells an entry from any other, and from what it was before."""
    return entry.id, entry.version, entry.adapter_sha256, entry.tokens, entry.chunks


def _of_one_state(read: Callable[[Path], T]) -> Callable[[Path], T]:
    """Reads an entry's folder, which must be there and stay in its place meanwhile."""

    def checked(folder: Path) -> T:
        before = folder.stat()
        value = read(folder)
        if not os.path.samestat(before, folder.stat()):
            raise FileNotFoundError(errno.ENOENT, "moved", str(folder))
        return value

    return checked


def _content_of(entry: Entry) -> Content:
    return Content(entry.content_hash, entry.created_at, entry.namespace)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _read_if_there(file: Path) -> bytes:
    """A file of an entry's folder, which is there."""
    file.parent.stat()
    return read_file(file) if file.exists() else b"[]"


def _characters(texts: Mapping[str, Sequence[str]]) -> int:
    return sum(len(text) for listed in texts.values() for text in listed)


def _is_at(id: str, name: str) -> bool:
    """Whether an entry's folder has this name, also on a disk that takes capitals and small letters for the same."""
    return folder_name(id).casefold() == name.casefold()


def folder_name(id: str) -> str:
    """A file name for any id: itself where it is one, else quoted as in addresses, else a hash."""
    name = quote(id, safe="", errors="surrogatepass") or "%"
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        return _HASHED + hashlib.sha256(name.encode()).hexdigest()
    return name


def dumped_history(history: Sequence[Version]) -> bytes:
    """What stands in an entry's history file."""
    return _HISTORY.dump_json([*history])


def record_as_json(entry: Entry) -> bytes:
    """What stands in an entry's record file."""
    content = {"format_version": FORMAT_VERSION, **entry.model_dump(mode="json")}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
