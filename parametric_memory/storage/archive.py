"""A memory as one file: a zip archive of its entries and of what it was made with. Holds no index; that is rebuilt.

Knows nothing about models.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel, FiniteFloat, NonNegativeInt

from parametric_memory.adapters.peft_folder import CONFIG_FILE, OWN_FILE, WEIGHTS_FILE
from parametric_memory.adapters.token_rows import DocumentRows, adapter_of
from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    EntryNotFound,
    MemoryFolderError,
    MemoryMismatch,
    ParametricMemoryError,
    SkillNotFound,
    StorageError,
)
from parametric_memory.files.archives import fits, problem, room
from parametric_memory.files.durable import ZIP_ERRORS, open_file, read_file, replacing, storage_errors
from parametric_memory.files.json_objects import LARGEST_CONFIG, holds_more, shown
from parametric_memory.files.temporary import temporary_folder
from parametric_memory.index.filters import MOST_KEYS
from parametric_memory.records import Entry
from parametric_memory.storage import skills
from parametric_memory.storage.entry_store import HISTORY_FILE, RECORD_FILE, TEXT_FILE, TEXTS_FILE, EntryStore
from parametric_memory.storage.identity import FILE, MemoryIdentity, read_identity
from parametric_memory.storage.metadata import kept_metadata
from parametric_memory.storage.rows import ADAPTER_FOLDER, ROWS_FILE
from parametric_memory.storage.skills import SkillStore
from parametric_memory.text.cleaning import MAX_TEXT_BYTES, content_hash
from parametric_memory.text.conversations import said_in

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

_NEEDED = (RECORD_FILE, TEXT_FILE, TEXTS_FILE)
_ADAPTER = tuple(f"{ADAPTER_FOLDER}/{file}" for file in (CONFIG_FILE, WEIGHTS_FILE, OWN_FILE))
_FILES = (*_NEEDED, *_ADAPTER, ROWS_FILE)
_MEMBER = re.compile(
    rf"entries/[^./][^/]*/(?:{'|'.join(map(re.escape, _FILES))})"
    rf"|{skills.FOLDER}/[^./][^/]*/(?:{'|'.join(map(re.escape, skills.FILES))})"
)
# Bytes. Cleaning may lengthen a text a little, and its entry's metadata may hold it once more.
_LARGEST = {
    FILE: LARGEST_CONFIG,
    CONFIG_FILE: LARGEST_CONFIG,
    TEXT_FILE: 3 * MAX_TEXT_BYTES,
    RECORD_FILE: LARGEST_CONFIG + 3 * MAX_TEXT_BYTES,
    skills.RECORD_FILE: LARGEST_CONFIG,
}
# Names and values in a file of JSON: the fields of a record, and two for each name in its metadata; modules and layers.
_MOST_VALUES = dict.fromkeys((FILE, RECORD_FILE, skills.RECORD_FILE), 1_000 + 2 * MOST_KEYS) | {CONFIG_FILE: 200_000}
_BESIDE_A_TEXT = 64 * 1024  # bytes, of however short a one


def write_archive(
    store: EntryStore,
    identity: MemoryIdentity,
    destination: Path,
    read_again: Callable[[], MemoryIdentity | None] | None = None,
) -> int:
    """Write all entries and skills to a file, whole or not at all; how many entries. An earlier archive is replaced.

    Entries that are damaged are passed over: a warning names each of them once.

    Args:
        read_again: gives what the memory is made with by now; as its folder says when not given.

    Raises:
        MemoryFolderError: the file is there and is something else.
        MemoryMismatch: another process upgraded the memory meanwhile.
        StorageError: the disk refuses, or a folder stands there.
    """
    if not destination.name or destination.is_dir():
        raise StorageError(f"Could not export the memory to {destination}: it is a folder. Name a file.")
    if destination.is_file() and not _is_archive(destination):
        raise MemoryFolderError(f"{destination} is there already, and is not an exported memory: name another file.")
    with storage_errors(f"export the memory to {destination}"), replacing(destination) as file:
        count, unpacked = _pack(store, identity, file, zipfile.ZIP_DEFLATED)
        if not fits(unpacked, file.tell()):  # it would not be imported again
            file.seek(0)
            file.truncate()
            count, _ = _pack(store, identity, file, zipfile.ZIP_STORED)
        by_now = read_again() if read_again else read_identity(store.folder)
        if by_now is None or by_now.without_index != identity.without_index:
            raise MemoryMismatch(f"The memory in {store.where} was upgraded while it was exported: export it again.")
    return count


def _pack(store: EntryStore, identity: MemoryIdentity, file: BinaryIO, compression: int) -> tuple[int, int]:
    """All entries and skills as an archive; how many entries, and bytes of a disk that all would take."""
    sizes, count = [], 0
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(FILE, identity.without_index.model_dump_json(indent=2))
        for entry in store.iter():
            try:
                whole = store.whole(entry.id)
            except EntryNotFound:  # deleted meanwhile
                continue
            except CheckpointError as error:
                store.pass_over(error)
                continue
            for path, data in ((path, data) for path, data in whole.files.items() if path != HISTORY_FILE):
                archive.writestr(f"entries/{whole.name}/{path}", data)
                sizes.append(len(data))
            count += 1
        kept = SkillStore(store.folder)
        for name in kept.names():
            with suppress(SkillNotFound):  # removed meanwhile
                for path, data in kept.files(name).items():
                    archive.writestr(f"{skills.FOLDER}/{name}/{path}", data)
                    sizes.append(len(data))
    return count, room(sizes)


def _is_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return FILE in archive.namelist()
    except (OSError, *ZIP_ERRORS):
        return False


@contextmanager
def opened_archive(source: Path, memory: Path) -> Iterator[tuple[EntryStore, MemoryIdentity]]:
    """The entries of an archive, unpacked for the length of the block inside a memory, which need not be there yet;
    `check_entries` tells whether they are whole.

    Raises:
        MemoryFolderError: the file is missing, is not an exported memory, or holds more than one does.
        StorageError: the disk refuses.
    """
    with _unpacking(source, memory) as folder:
        try:
            _unpack(source, folder)
            identity = read_identity(folder)
            assert identity is not None
            yield EntryStore(folder), identity
        except ParametricMemoryError as error:  # it may name the folder that this was unpacked in
            if str(folder) not in str(error):
                raise
            raise type(error)(str(error).replace(str(folder), str(source))) from error


@contextmanager
def _unpacking(source: Path, memory: Path) -> Iterator[Path]:
    with ExitStack() as stack:
        with storage_errors(f"unpack {source}"):
            folder = stack.enter_context(temporary_folder(memory))
        yield folder


def read_archived_identity(source: Path) -> MemoryIdentity | None:
    """What an archive's memory was made with; None where that cannot be read, which `opened_archive` tells of."""
    try:
        with open_file(source) as file, zipfile.ZipFile(file) as archive:
            member = archive.getinfo(FILE)
            if problem([member], source.stat().st_size) or member.file_size > _LARGEST[FILE]:
                return None
            data = archive.read(member)
            return None if holds_more(data, _MOST_VALUES[FILE]) else MemoryIdentity.model_validate_json(data)
    except (OSError, KeyError, ValueError, *ZIP_ERRORS):
        return None


def check_entries(entries: EntryStore, source: Path, check_adapter: Callable[[Adapter], None]) -> None:
    """Refuses the entries and skills of an archive where one of them is damaged, or could not be kept or used.

    Args:
        check_adapter: raises AdapterError for an adapter that the base model cannot be asked under.

    Raises:
        MemoryFolderError: names the entry, and what is wrong with it.
    """
    kept = SkillStore(entries.folder)
    checks = [partial(_check_entry, entries, name, check_adapter) for name in entries.names()]
    for check in [*checks, *(partial(_check_skill, kept, name, check_adapter) for name in kept.names())]:
        try:
            check()
        except ParametricMemoryError as error:
            raise MemoryFolderError(f"{source} holds what cannot be imported: {error}") from error


def _check_skill(kept: SkillStore, name: str, check_adapter: Callable[[Adapter], None]) -> None:
    """Raises ParametricMemoryError: a skill is damaged, or of another name than its folder."""
    if kept.read(name).name != name:
        raise MemoryFolderError(f"the record of the skill {name} is that of another.")
    try:
        check_adapter(kept.adapter(name))
    except AdapterError as error:
        raise MemoryFolderError(f"the skill {name}: {error}") from error


def _check_entry(entries: EntryStore, name: str, check_adapter: Callable[[Adapter], None]) -> None:
    """Raises ParametricMemoryError: of the entry in a folder, by its name."""
    entry = entries.of_folder(name)
    title = f"entry {shown(entry.id)}"
    try:
        kept_metadata(entry.metadata)
        same = Entry.model_validate_json(entry.model_dump_json()) == entry
    except (ParametricMemoryError, ValueError) as error:  # surrogates, names that no index takes
        raise MemoryFolderError(f"the record of {title} cannot be kept: {shown(error)}") from error
    if not same:
        raise MemoryFolderError(f"the record of {title} cannot be kept: it holds numbers that are not finite.")
    text = entries.text(entry.id)
    if "\0" in text or not text.strip():
        raise MemoryFolderError(f"the text of {title} is empty or binary.")
    if content_hash(text) != entry.content_hash:
        raise MemoryFolderError(f"the text of {title} is not the one that was recorded: its sha256 is another.")
    stored = entries.stored(entry.id)
    try:
        if stored is not None:
            check_adapter(adapter_of([(stored.modules, 1.0)], {}) if isinstance(stored, DocumentRows) else stored)
    except AdapterError as error:
        raise MemoryFolderError(f"{title}: {error}") from error
    try:
        extra = _Extra.model_validate(entries.extra(entry.id))
        "".join([*extra.passages, *extra.turns]).encode()
        said_in(extra.turns, ())
    except ValueError as error:  # of pydantic, or of lone surrogates
        raise MemoryFolderError(f"what is kept beside the text of {title} is damaged.") from error


class _Extra(BaseModel):
    """What is kept beside a text, under the names that `folder` gives it. Whether it fits, recall looks itself."""

    kept: dict[str, list[tuple[NonNegativeInt, str, FiniteFloat]]] = {}
    passages: list[str] = []
    passage_rows: dict[str, list[NonNegativeInt]] = {}
    turns: list[str] = []


def _unpack(source: Path, folder: Path) -> None:
    """Unpacks what belongs to a memory; other files, which programs leave in archives, stay where they are."""
    try:
        with open_file(source) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if (how := problem(members, os.fstat(file.fileno()).st_size)) is not None:
                raise MemoryFolderError(f"{source} is not an exported memory: {how}.")
            found = {m.filename: m for m in members if m.filename == FILE or _MEMBER.fullmatch(m.filename)}
            if FILE not in found:
                raise MemoryFolderError(f"{source} is not an exported memory: it holds no {FILE}.")
            sizes = {name: member.file_size for name, member in found.items()}
            if (how := _misshapen(sizes)) is not None:
                raise MemoryFolderError(f"{source} is not an exported memory: {how}.")
            for name, member in found.items():
                target = folder / name
                with storage_errors(f"unpack {source}"):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as content, target.open("wb") as unpacked:
                        shutil.copyfileobj(content, unpacked)
        if (how := _overfull(sizes, folder)) is not None:
            raise MemoryFolderError(f"{source} is not an exported memory: {how}.")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MemoryFolderError(f"{source} is no file: name one that `export` wrote.") from error
    except OSError as error:
        raise MemoryFolderError(
            f"{source} cannot be read ({error.strerror}): name a file that `export` wrote."
        ) from error
    except ZIP_ERRORS as error:
        raise MemoryFolderError(f"{source} is not an exported memory: {shown(error)}.") from error


def _misshapen(sizes: Mapping[str, int]) -> str | None:
    """What members of these sizes lack or have too much of to be a memory, in words; None where they may be one."""
    for name, size in sizes.items():
        if size > (limit := _limit(name, sizes)):
            return f"{shown(name)} in it is of {size / 1e6:,.1f} MB, and {limit / 1e6:,.1f} MB is the most for one"
    for entry in {"/".join(name.split("/")[:2]) for name in sizes if name != FILE}:
        # Many files that are empty, or alone, take long to unpack.
        for file in skills.FILES if entry.startswith(f"{skills.FOLDER}/") else _NEEDED:
            if not sizes.get(f"{entry}/{file}"):
                return f"it holds nothing under {shown(f'{entry}/{file}')}"
    return None


def _limit(name: str, sizes: Mapping[str, int]) -> float:
    """Bytes that a member may be of, given those of the others. Only rows, which are read as they are, may be any.

    What is kept beside an adapter has a few characters for each of its rows, which are of thousands of bytes; passages
    are parts of the text, and who said each takes less than four times as much as the shortest of them.
    """
    entry, _, file = name.rpartition("/")
    if file in (WEIGHTS_FILE, ROWS_FILE):
        return math.inf
    if file == OWN_FILE:
        return LARGEST_CONFIG + sizes.get(f"{entry}/{WEIGHTS_FILE}", 0) / 16
    if file == TEXTS_FILE:
        return _BESIDE_A_TEXT + 6 * sizes.get(f"{entry}/{TEXT_FILE}", 0)
    return _LARGEST[file]


def _overfull(sizes: Mapping[str, int], folder: Path) -> str | None:
    """Which of the unpacked members would take far more memory than its size when it is parsed, in words."""
    for name in sizes:
        if name.endswith(".json"):
            with storage_errors(f"read {folder / name}"):
                data = read_file(folder / name)
            if holds_more(data, _most_values(name, sizes)):
                return f"{shown(name)} in it holds more values than such a file has"
    return None


def _most_values(name: str, sizes: Mapping[str, int]) -> float:
    """Names and values that a member of JSON may have, given the sizes of the others: a few for each row of an adapter,
    and one for each two bytes of a text, where every sentence is of one character."""
    entry, _, file = name.rpartition("/")
    if file == OWN_FILE:
        return _MOST_VALUES[CONFIG_FILE] + sizes.get(f"{entry}/{WEIGHTS_FILE}", 0) / 64
    if file == TEXTS_FILE:
        return _MOST_VALUES[RECORD_FILE] + sizes.get(f"{entry}/{TEXT_FILE}", 0) / 2
    return _MOST_VALUES[file]
