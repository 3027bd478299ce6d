"""A memory as one file: a zip archive of its entries and of what it was made with. Holds no index; that is rebuilt.

Knows nothing about models.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parametric_memory.errors import EntryNotFound, MemoryFolderError, MemoryMismatch, StorageError
from parametric_memory.files.durable import ZIP_ERRORS, replacing, storage_errors
from parametric_memory.records import Entry
from parametric_memory.storage.entry_store import EntryStore
from parametric_memory.storage.identity import FILE, MemoryIdentity, read_identity, write_identity


def write_archive(store: EntryStore, identity: MemoryIdentity, destination: Path) -> int:
    """Write all entries to a file, whole or not at all; how many there were. An earlier archive there is replaced.

    Raises:
        MemoryFolderError: the file is there and is something else.
        MemoryMismatch: another process upgraded the memory meanwhile.
        StorageError: the disk refuses, or a folder stands there.
    """
    if not destination.name or destination.is_dir():
        raise StorageError(f"Could not export the memory to {destination}: it is a folder. Name a file.")
    if destination.is_file() and not _is_archive(destination):
        raise MemoryFolderError(f"{destination} is there already, and is not an exported memory: name another file.")
    with storage_errors(f"export the memory to {destination}"), tempfile.TemporaryDirectory() as folder:
        copy = EntryStore(folder)
        count = 0
        for entry in store.iter():
            count += _copied(store, copy, entry)
        if read_identity(store.folder) != identity:
            raise MemoryMismatch(f"The memory in {store.folder} was upgraded while it was exported: export it again.")
        write_identity(identity, Path(folder))
        with replacing(destination) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(p for p in Path(folder).rglob("*") if p.is_file() and p.name != ".lock"):
                archive.write(path, path.relative_to(folder))
    return count


def _is_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return FILE in archive.namelist()
    except (OSError, *ZIP_ERRORS):
        return False


def _copied(store: EntryStore, copy: EntryStore, entry: Entry) -> bool:
    """One entry in one of its states; False where it was deleted meanwhile."""
    while True:
        try:
            copy.write(entry, store.text(entry.id), store.adapter(entry.id), store.extra(entry.id))
            now = store.read(entry.id)
        except EntryNotFound:
            with suppress(EntryNotFound):
                copy.delete(entry.id)
            return False
        if now == entry:
            return True
        entry = now


@contextmanager
def opened_archive(source: Path) -> Iterator[tuple[EntryStore, MemoryIdentity]]:
    """The entries of an archive, unpacked for the length of the block.

    Raises:
        MemoryFolderError: the file is missing or is not an exported memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        _unpack(source, Path(folder))
        if not (Path(folder) / FILE).is_file():
            raise MemoryFolderError(f"{source} is not an exported memory: it holds no {FILE}.")
        try:
            identity = read_identity(Path(folder))
        except MemoryFolderError as error:  # it names the folder that this was unpacked in
            raise MemoryFolderError(str(error).replace(folder, str(source))) from error
        assert identity is not None
        yield EntryStore(folder), identity


def read_archived_identity(source: Path) -> MemoryIdentity | None:
    """What an archive's memory was made with; None where that cannot be read, which `opened_archive` tells of."""
    try:
        with zipfile.ZipFile(source) as archive:
            return MemoryIdentity.model_validate_json(archive.read(FILE))
    except (OSError, KeyError, ValueError, *ZIP_ERRORS):
        return None


def _unpack(source: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            for member in archive.infolist():
                target = (folder / member.filename).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise MemoryFolderError(f"{source} is not an exported memory: it names files outside itself.")
                if member.is_dir():
                    continue
                with storage_errors(f"unpack {source}"):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as packed, target.open("wb") as unpacked:
                        shutil.copyfileobj(packed, unpacked)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MemoryFolderError(f"{source} is no file: name one that `export` wrote.") from error
    except OSError as error:
        raise MemoryFolderError(
            f"{source} cannot be read ({error.strerror}): name a file that `export` wrote."
        ) from error
    except ZIP_ERRORS as error:
        raise MemoryFolderError(f"{source} is not an exported memory: {error}.") from error
