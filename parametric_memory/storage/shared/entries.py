"""The entries of a shared memory: records in the server, files in the place, each version of them unpacked here once.

A change writes all files of the entry anew, under a path that nobody knows, and then the record that names it: from
then on everybody sees the new state, and before that nobody did. The old files go last. Knows nothing about queries,
models or the index of vectors.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from parametric_memory.errors import CheckpointError, MemoryFolderError, ParametricMemoryError
from parametric_memory.files.durable import read_file, replace_durably, storage_errors
from parametric_memory.storage.entry_store import (
    RECORD_FILE,
    EntryParts,
    EntryStore,
    dumped_history,
    folder_name,
    record_as_json,
)
from parametric_memory.storage.shared.leases import Leases
from parametric_memory.storage.shared.records import EntryRecord, EntryRecords
from parametric_memory.storage.shared.versions import Versions

if TYPE_CHECKING:
    from parametric_memory.records import Entry
    from parametric_memory.storage.shared.location import SharedLocation

logger = logging.getLogger(__name__)

T = TypeVar("T")
_LOOKS = 4  # at an entry that others replace meanwhile
_SWEPT_EVERY = 30.0  # seconds


class SharedEntryStore(EntryStore):
    """The entries of one shared memory, as `EntryStore` has those of a folder."""

    def __init__(
        self, location: SharedLocation, *, base_model_name: str | None = None, lock_timeout: float = 10.0
    ) -> None:
        super().__init__(location.cache, base_model_name=base_model_name)
        self.where, self._location = location, location
        self.leases = Leases(location, lock_timeout)
        self.journal = self.leases
        self.records = EntryRecords(location, self.leases.seen)
        self._versions = Versions(location.place, location.cache)
        self._swept = 0.0

    @contextmanager
    def writing(self, timeout: float | None = None) -> Iterator[bool]:
        self._location.known(create=True)
        self.leases.acquire(timeout)
        try:
            yield self.leases.depth == 1
        finally:
            self.leases.release()

    def write_together(self, parts: Sequence[EntryParts]) -> list[Entry]:
        """One after the other: where one fails, those before it are written."""
        with self.writing():
            return [self._write(of) for of in parts]

    def _write(self, of: EntryParts) -> Entry:
        with self._versions.making() as folder, storage_errors(f"write {folder}"):
            before = self._history_of(folder_name(of.entry.id)) if of.history is None else dumped_history(of.history)
            entry = self._fill(folder, of.entry, of.text, of.stored, of.extra, before)
            self._show(folder, entry)
        return entry

    def update(self, entry: Entry) -> None:
        with self.writing(), self._versions.making() as made, storage_errors(f"write {made}"):
            folder = made / "entry"
            self._look(folder_name(entry.id), entry.id, lambda current: shutil.copytree(current, folder))
            replace_durably(folder / RECORD_FILE, record_as_json(entry))
            self._show(folder, entry)

    def delete(self, id: str) -> None:
        name = folder_name(id)
        with self.writing():
            record = self._known(name, id)
            files = {record.file, *self._versions.files(name)}
            self.leases.check()  # after the look: were it another's turn, there could be files of an entry added anew
            self.records.remove_up_to(record)
            for file in files:
                self._versions.remove(file)

    def _show(self, folder: Path, entry: Entry) -> None:
        """Under the lock: what is in a folder becomes the state of an entry."""
        name = folder_name(entry.id)
        before = self.records.get(name)
        revision = before.revision + 1 if before is not None else 1
        file = self._versions.new(name, revision)
        record = EntryRecord(name, revision, file, entry.content_hash, record_as_json(entry).decode())
        try:
            self._versions.write(file, folder)
            self.leases.check()
            self.records.put(record)
            self.leases.check()
        except BaseException:
            with suppress(ParametricMemoryError):
                self.records.remove(record)
                self._versions.remove(file)
            raise
        if before is not None:
            try:
                self.records.remove(before)
                self._versions.remove(before.file)
            except ParametricMemoryError:  # the entry is what it was to become, and this can wait
                self.leases.left(entry.id)

    def tidy(self, ids: Iterable[str] | None) -> list[str]:
        """Under the lock: takes away records that others took the place of, and files that no record names then, of
        some entries or of all (None); the paths of the files."""
        names: list[str | None] = [None] if ids is None else [folder_name(id) for id in ids]
        found = [record for name in names for record in self.records.with_earlier(name)]
        newest = {record.name: record for record in found}
        earlier = [record for record in found if record is not newest[record.name]]
        if earlier:
            self.leases.check()
            self.records.remove_all(earlier)
        seen = {record.file for record in newest.values()}
        left = [file for name in names for file in self._versions.files(name) if file not in seen]
        for file in left:
            self.leases.check()
            self._versions.remove(file)
        return left

    def restore_records(self) -> None:
        """Under the lock: makes the server's records anew, of what is in the place. Damaged files are passed over."""
        newest: dict[str, str] = {}
        for file in self._versions.files():
            name = file.split("/")[1]
            if name not in newest or self._versions.revision(file) > self._versions.revision(newest[name]):
                newest[name] = file
        self.leases.check()
        self.records.begin_with(record for record in map(self._restored, newest.values()) if record is not None)

    def _restored(self, file: str) -> EntryRecord | None:
        """The record of what is in the place; None where that is damaged, which a warning tells."""
        name = file.split("/")[1]
        try:
            data = read_file(self._versions.folder(file) / RECORD_FILE)
            entry = self._record(name, data)
            if folder_name(entry.id) != name:
                raise CheckpointError(f"{file} is of another entry.")
        except (FileNotFoundError, CheckpointError) as error:
            logger.warning("%s in %s is passed over: %s", file, self.where, error)
            return None
        return EntryRecord(name, self._versions.revision(file), file, entry.content_hash, data.decode())

    def sweep(self) -> None:
        """Takes off this machine what entries left that are gone, now and then."""
        if time.monotonic() - self._swept < _SWEPT_EVERY:
            return
        self._swept = time.monotonic()
        if self._versions.unpacked():
            self._versions.sweep({record.file for record in self.records.all()})

    # Looking

    def check(self, id: str) -> None:
        self._known(folder_name(id), id)

    def read(self, id: str) -> Entry:
        entry = self._record(id, self._known(folder_name(id), id).entry.encode())
        if entry.id != id:
            raise self._not_found(id)
        return entry

    def ids(self) -> list[str]:
        return [entry.id for entry in self.iter()]

    def iter(self, namespace: str | None = None) -> Iterator[Entry]:
        for record in self.records.all():
            try:
                entry = self._record(record.name, record.entry.encode())
            except CheckpointError as error:
                self.pass_over(error)
            else:
                if namespace in (None, entry.namespace):
                    yield entry

    def by_age(
        self, namespace: str | None = None, *, newest: bool = False, skipped: int = 0, most: int | None = None
    ) -> None:
        """The server tells all of them at once, and in no order."""

    def counts(self) -> dict[str, int]:
        return dict(sorted(Counter(entry.namespace for entry in self.iter()).items()))

    def with_content(self, digest: str) -> Iterator[Entry]:
        for record in self.records.with_content(digest):
            with suppress(CheckpointError):
                yield self._record(record.name, record.entry.encode())

    def catch_up(self) -> None:
        """There is no lookup beside the entries."""

    def damaged(self) -> list[str]:
        told = []
        for record in self.records.all():
            try:
                self._record(record.name, record.entry.encode())
            except CheckpointError as error:
                told.append(str(error))
        return told

    def stray_files(self) -> list[str]:
        return []  # what no record names may be on its way

    def names(self) -> list[str]:
        return [record.name for record in self.records.all()]

    def clean(self) -> None:
        """There is no lookup beside the entries."""

    def take_over(self, made: Path) -> None:
        """Raises MemoryFolderError: a shared memory's entries are not made anew all at once."""
        raise MemoryFolderError(f"The entries of the shared memory in {self.where} are not replaced all at once.")

    def _known(self, name: str, id: str) -> EntryRecord:
        record = self.records.get(name)
        if record is None:
            raise self._not_found(id)
        return record

    def _look(self, name: str, id: str, action: Callable[[Path], T]) -> T:
        for number in range(_LOOKS):
            record = self._known(name, id)
            try:
                with storage_errors(f"read entry {id} in {self.where}"):
                    try:
                        return action(self._versions.folder(record.file))
                    except (FileNotFoundError, NotADirectoryError):
                        # Replaced meanwhile, or others of this machine took it away; or it is lost.
                        self._versions.forget([record.file])
                        self.records.forget()
            except CheckpointError as error:
                raise self._damaged(id, str(error).rstrip(".")) from error
            time.sleep(0.05 * number)
        raise self._damaged(id, f"{self.where}/{record.file} is gone, or is not whole")
