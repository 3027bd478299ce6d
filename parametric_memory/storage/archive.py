"""A memory as one file: a zip archive of its entries, its skills and what it was made with. It holds no index.

    memory.json                       what the memory was made with
    entries/<name>/entry.json         the record; the name is the id as in a URL, or a hash where that is too long
    entries/<name>/text.txt           the text, UTF-8
    entries/<name>/texts.json         passages, and the turns of a conversation
    entries/<name>/rows.safetensors   the rows of passages, or
    entries/<name>/adapter/           a PEFT folder
    skills/<name>/                    skill.json, and a PEFT folder

Knows nothing about models.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, unquote

from pydantic import BaseModel, FiniteFloat, NonNegativeInt, ValidationError

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.packing import pack_rows, unpack_rows
from parametric_memory.adapters.peft_folder import (
    CONFIG_FILE,
    OWN_FILE,
    WEIGHTS_FILE,
    load_extra,
    load_peft,
    peft_files,
)
from parametric_memory.adapters.token_rows import DocumentRows, adapter_of
from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    MemoryFolderError,
    ParametricMemoryError,
    StorageError,
)
from parametric_memory.files.archives import fits, problem, room
from parametric_memory.files.durable import ZIP_ERRORS, open_file, replacing, storage_errors
from parametric_memory.files.json_objects import LARGEST_CONFIG, holds_more, parsed, shown
from parametric_memory.records import Entry, Skill
from parametric_memory.storage.entries import Whole
from parametric_memory.storage.filters import MOST_KEYS, kept_metadata
from parametric_memory.storage.identity import MemoryIdentity
from parametric_memory.text.cleaning import MAX_TEXT_BYTES, content_hash
from parametric_memory.text.conversations import said_in

if TYPE_CHECKING:
    from parametric_memory.storage.memory_storage import MemoryStorage

logger = logging.getLogger(__name__)

FILE = "memory.json"
FORMAT, ENTRY_FORMAT = 3, 1  # of archives, and of records in them
RECORD_FILE, TEXT_FILE, TEXTS_FILE, ROWS_FILE, SKILL_FILE = (
    "entry.json",
    "text.txt",
    "texts.json",
    "rows.safetensors",
    "skill.json",
)
_NEEDED = (RECORD_FILE, TEXT_FILE, TEXTS_FILE)
_PEFT = (CONFIG_FILE, WEIGHTS_FILE, OWN_FILE)
_SKILL = (SKILL_FILE, *_PEFT)
_FILES = (*_NEEDED, ROWS_FILE, *(f"adapter/{file}" for file in _PEFT))
_MEMBER = re.compile(
    rf"entries/[^./][^/]*/(?:{'|'.join(map(re.escape, _FILES))})"
    rf"|skills/[^./][^/]*/(?:{'|'.join(map(re.escape, _SKILL))})"
)
_LONGEST_NAME = 150  # file systems allow 255 bytes
_HASHED = "%~"  # begins the name of an id that is too long to be one; no quoted id begins so
# Bytes. Cleaning may lengthen a text a little, and its entry's metadata may hold it once more.
_LARGEST = {
    FILE: LARGEST_CONFIG,
    CONFIG_FILE: LARGEST_CONFIG,
    TEXT_FILE: 3 * MAX_TEXT_BYTES,
    RECORD_FILE: LARGEST_CONFIG + 3 * MAX_TEXT_BYTES,
    SKILL_FILE: LARGEST_CONFIG,
}
# Names and values in a file of JSON: the fields of a record, and two for each name in its metadata; modules and layers.
_MOST_VALUES = dict.fromkeys((FILE, RECORD_FILE, SKILL_FILE), 1_000 + 2 * MOST_KEYS) | {CONFIG_FILE: 200_000}
_BESIDE_A_TEXT = 64 * 1024  # bytes, of however short a one


# Writing


def write_archive(storage: MemoryStorage, destination: Path) -> int:
    """Writes all entries and skills to a file, whole or not at all; how many entries. An earlier archive is replaced.

    Entries that are damaged are left out: a warning names each of them.

    Raises:
        MemoryFolderError: the memory holds nothing, or the file is there and is something else.
        StorageError: the disk refuses, or a folder stands there.
    """
    if not destination.name or destination.is_dir():
        raise StorageError(f"Could not export the memory to {destination}: it is a folder. Name a file.")
    if destination.is_file() and not _is_archive(destination):
        raise MemoryFolderError(f"{destination} is there already, and is not an exported memory: name another file.")
    with storage.database.reading():
        if (identity := storage.made_with) is None:
            raise MemoryFolderError(f"The memory in {storage.location} holds nothing to export: add a document first.")
        damaged = storage.entries.damaged()
        for told in damaged.values():
            logger.warning("%s It is not exported.", told)
        with storage_errors(f"export the memory to {destination}"), replacing(destination) as file:
            count, unpacked = _pack(storage, identity, file, zipfile.ZIP_DEFLATED, damaged)
            if not fits(unpacked, file.tell()):  # it would not be imported again
                file.seek(0)
                file.truncate()
                count, _ = _pack(storage, identity, file, zipfile.ZIP_STORED, damaged)
    return count


def _pack(
    storage: MemoryStorage, identity: MemoryIdentity, file: BinaryIO, compression: int, without: Collection[str]
) -> tuple[int, int]:
    """Writes the archive without some entries; how many it holds, and how many bytes of a disk its files would take."""
    sizes, count = [], 0
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(FILE, json.dumps({"format": FORMAT, **identity.model_dump(mode="json")}, indent=2))
        for whole in storage.entries.whole(without=without):
            for path, data in _files_of(whole, identity.base_model).items():
                archive.writestr(f"entries/{folder_name(whole.entry.id)}/{path}", data)
                sizes.append(len(data))
            count += 1
        for skill in storage.skills.list():
            told = {"skill": skill.name, "description": skill.description}
            files = peft_files(storage.skills.adapter(skill.name), skill.base_model, told)
            skill = skill.model_copy(update={"adapter_sha256": hashlib.sha256(files[WEIGHTS_FILE]).hexdigest()})
            files[SKILL_FILE] = skill.model_dump_json(indent=2).encode()
            for path, data in files.items():
                archive.writestr(f"skills/{skill.name}/{path}", data)
                sizes.append(len(data))
    return count, room(sizes)


def _files_of(whole: Whole, base_model: str) -> dict[str, bytes]:
    """The files of an entry, by their paths in its folder."""
    files: dict[str, bytes] = {}
    digest = ""
    if isinstance(whole.kept, DocumentRows):
        files[ROWS_FILE] = pack_rows(whole.kept)
        digest = hashlib.sha256(files[ROWS_FILE]).hexdigest()
    elif whole.kept is not None:
        peft = peft_files(whole.kept, base_model, whole.extra)
        files = {f"adapter/{name}": data for name, data in peft.items()}
        digest = hashlib.sha256(peft[WEIGHTS_FILE]).hexdigest()
    record = whole.entry.model_copy(update={"adapter_sha256": digest}).model_dump(mode="json")
    texts = {"passages": [*whole.passages], **({"turns": [*whole.turns]} if whole.turns else {})}
    content = json.dumps({"format_version": ENTRY_FORMAT, **record}, indent=2, ensure_ascii=False)
    return {
        RECORD_FILE: content.encode(),
        TEXT_FILE: whole.text.encode(),
        TEXTS_FILE: json.dumps(texts, ensure_ascii=False).encode(),
        **files,
    }


def folder_name(id: str) -> str:
    """A file name for any id: itself where it is one, else quoted as in a URL, else a hash."""
    name = quote(id, safe="", errors="surrogatepass") or "%"
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        return _HASHED + hashlib.sha256(name.encode()).hexdigest()
    return name


def _is_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return FILE in archive.namelist()
    except (OSError, *ZIP_ERRORS):
        return False


# Reading


class Archive:
    """An exported memory, which may come from anybody.

    Attributes:
        identity: what the memory was made with.
    """

    def __init__(self, source: Path, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> None:
        self._source, self._archive, self._members = source, archive, members
        self.identity = self._read_identity()

    def entries(self) -> Iterator[Whole]:
        """All entries, one after the other. Raises CheckpointError for a damaged one."""
        for name in self._names("entries"):
            yield self._entry(name)

    def records(self) -> Iterator[Entry]:
        """Their records alone."""
        for name in self._names("entries"):
            yield self._record(name)

    def skills(self) -> Iterator[tuple[Skill, Adapter]]:
        """All skills. Raises CheckpointError for a damaged one."""
        for name in self._names("skills"):
            try:
                skill = Skill.model_validate_json(self._read(f"skills/{name}/{SKILL_FILE}"))
            except ValidationError as error:
                raise CheckpointError(f"skills/{name}/{SKILL_FILE} is damaged.") from error
            if skill.name != name:
                raise MemoryFolderError(f"the record of the skill {shown(name)} is that of another.")
            yield skill, self._peft(f"skills/{name}", skill.adapter_sha256)[0]

    def check(self, check_adapter: Callable[[Adapter], None]) -> None:
        """Refuses an archive in which an entry or a skill is damaged, or could not be kept or used.

        check_adapter: raises AdapterError for an adapter that the base model cannot be asked under.

        Raises MemoryFolderError: names the entry, and what is wrong with it.
        """
        try:
            for whole in self.entries():
                _check_entry(whole, check_adapter)
            for skill, adapter in self.skills():
                try:
                    check_adapter(adapter)
                except AdapterError as error:
                    raise MemoryFolderError(f"the skill {skill.name}: {error}") from error
        except ParametricMemoryError as error:
            raise MemoryFolderError(f"{self._source} holds what cannot be imported: {error}") from error

    def _names(self, room: str) -> list[str]:
        return sorted({name.split("/")[1] for name in self._members if name.startswith(f"{room}/")})

    def _read(self, name: str) -> bytes:
        try:
            return self._archive.read(self._members[name])
        except KeyError as error:
            raise CheckpointError(f"{shown(name)} is missing.") from error
        except (OSError, *ZIP_ERRORS) as error:
            raise CheckpointError(f"{shown(name)} cannot be read: {shown(error)}.") from error

    def _json(self, name: str) -> Any:
        try:
            return parsed(self._read(name))
        except ValueError as error:
            raise CheckpointError(f"{shown(name)} is damaged: it is no JSON.") from error

    def _read_identity(self) -> MemoryIdentity:
        try:
            record = self._json(FILE)
        except CheckpointError as error:
            raise MemoryFolderError(f"{self._source} is not an exported memory: {error}") from error
        if isinstance(record, dict) and record.get("format", FORMAT) != FORMAT:
            raise MemoryFolderError(
                f"{self._source} is of format {shown(record['format'])}; this release reads format {FORMAT}: use the "
                "release that wrote it."
            )
        try:
            return MemoryIdentity.model_validate(record)
        except ValidationError as error:
            raise MemoryFolderError(f"{self._source} is not an exported memory: {FILE} in it is damaged.") from error

    def _record(self, name: str) -> Entry:
        content = self._json(f"entries/{name}/{RECORD_FILE}")
        if not isinstance(content, dict) or type(content.get("format_version")) is not int:
            raise CheckpointError(f"the record of entry {shown(unquote(name))} is damaged.")
        version = content.pop("format_version")
        if version != ENTRY_FORMAT:
            raise MemoryFolderError(f"entry {shown(unquote(name))} is of format {version}, not {ENTRY_FORMAT}.")
        try:
            entry = Entry.model_validate(content)
        except (ValueError, OverflowError) as error:  # a time that no time zone has
            raise CheckpointError(f"the record of entry {shown(unquote(name))} is damaged.") from error
        if folder_name(entry.id) != name:
            raise CheckpointError(f"the record of entry {shown(unquote(name))} is that of another entry.")
        return entry

    def _entry(self, name: str) -> Whole:
        entry, folder = self._record(name), f"entries/{name}"
        title = f"entry {shown(entry.id)}"
        try:
            text = self._read(f"{folder}/{TEXT_FILE}").decode()
        except UnicodeDecodeError as error:
            raise CheckpointError(f"the text of {title} is no UTF-8.") from error
        try:
            texts = _Texts.model_validate(self._json(f"{folder}/{TEXTS_FILE}"))
            "".join([*texts.passages, *texts.turns]).encode()
        except ValueError as error:  # of pydantic, or of lone surrogates
            raise CheckpointError(f"what is kept beside the text of {title} is damaged.") from error
        kept: Adapter | DocumentRows | None = None
        extra: Mapping[str, Any] | None = None
        if entry.store == "rows":
            content = self._read(f"{folder}/{ROWS_FILE}")
            if hashlib.sha256(content).hexdigest() != entry.adapter_sha256:
                raise CheckpointError(
                    f"the rows of {title} are damaged: their sha256 is not the one that was recorded."
                )
            kept = unpack_rows(content, f"{folder}/{ROWS_FILE}")
        elif entry.store == "adapter":
            kept, extra = self._peft(f"{folder}/adapter", entry.adapter_sha256)
        return Whole(entry, text, texts.turns, texts.passages, kept, extra)

    def _peft(self, folder: str, digest: str) -> tuple[Adapter, Mapping[str, Any]]:
        """The adapter in a folder of the archive, and what was kept with it."""
        with tempfile.TemporaryDirectory(prefix="parametric-memory-") as temporary:
            place = Path(temporary)
            try:
                for file in _PEFT:
                    (place / file).write_bytes(self._read(f"{folder}/{file}"))
                return load_peft(place, digest), load_extra(place)
            except ParametricMemoryError as error:
                raise type(error)(str(error).replace(temporary, folder)) from error


class _Texts(BaseModel):
    """What is kept beside a text."""

    passages: list[str] = []
    turns: list[str] = []


class _Extra(BaseModel):
    """What is kept with an adapter, see `deriving.Derived.extra`. Whether it fits, recall looks itself."""

    kept: dict[str, list[tuple[NonNegativeInt, str, FiniteFloat]]] = {}
    passage_rows: dict[str, list[NonNegativeInt]] = {}


@contextmanager
def opened_archive(source: Path) -> Iterator[Archive]:
    """An archive for the length of the block; `Archive.check` tells whether its entries are whole.

    Raises:
        MemoryFolderError: the file is missing, is not an exported memory, or holds more than one does.
    """
    try:
        with open_file(source) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if (how := problem(members, os.fstat(file.fileno()).st_size)) is not None:
                raise MemoryFolderError(f"{source} is not an exported memory: {how}.")
            found = {m.filename: m for m in members if m.filename == FILE or _MEMBER.fullmatch(m.filename)}
            if FILE not in found:
                raise MemoryFolderError(f"{source} is not an exported memory: it holds no {FILE}.")
            sizes = {name: member.file_size for name, member in found.items()}
            if (how := _misshapen(sizes)) is not None or (how := _overfull(archive, sizes)) is not None:
                raise MemoryFolderError(f"{source} is not an exported memory: {how}.")
            yield Archive(source, archive, found)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MemoryFolderError(f"{source} is no file: name one that `export` wrote.") from error
    except OSError as error:
        raise MemoryFolderError(
            f"{source} cannot be read ({error.strerror}): name a file that `export` wrote."
        ) from error
    except ZIP_ERRORS as error:
        raise MemoryFolderError(f"{source} is not an exported memory: {shown(error)}.") from error


def read_archived_identity(source: Path) -> MemoryIdentity | None:
    """What an archive's memory was made with; None where that cannot be read, which `opened_archive` tells of."""
    try:
        with opened_archive(source) as archive:
            return archive.identity
    except ParametricMemoryError:
        return None


def _check_entry(whole: Whole, check_adapter: Callable[[Adapter], None]) -> None:
    """Raises ParametricMemoryError: the entry cannot be kept or used."""
    entry, title = whole.entry, f"entry {shown(whole.entry.id)}"
    try:
        kept_metadata(entry.metadata)
        same = Entry.model_validate_json(entry.model_dump_json()) == entry
    except (ParametricMemoryError, ValueError) as error:  # surrogates, names that no index takes
        raise MemoryFolderError(f"the record of {title} cannot be kept: {shown(error)}") from error
    if not same:
        raise MemoryFolderError(f"the record of {title} cannot be kept: it holds numbers that are not finite.")
    if "\0" in whole.text or not whole.text.strip():
        raise MemoryFolderError(f"the text of {title} is empty or binary.")
    if content_hash(whole.text) != entry.content_hash:
        raise MemoryFolderError(f"the text of {title} is not the one that was recorded: its sha256 is another.")
    try:
        if isinstance(whole.kept, DocumentRows):
            check_adapter(adapter_of([(whole.kept.modules, 1.0)], {}))
        elif whole.kept is not None:
            check_adapter(whole.kept)
    except AdapterError as error:
        raise MemoryFolderError(f"{title}: {error}") from error
    try:
        extra = _Extra.model_validate(whole.extra or {})
        "".join(word for words in extra.kept.values() for _, word, _ in words).encode()
        said_in(whole.turns, ())
    except ValueError as error:  # of pydantic, or of lone surrogates
        raise MemoryFolderError(f"what is kept beside the text of {title} is damaged.") from error


def _misshapen(sizes: Mapping[str, int]) -> str | None:
    """What members of these sizes lack or have too much of to be a memory, in words; None where they may be one."""
    for name, size in sizes.items():
        if size > (limit := _limit(name, sizes)):
            return f"{shown(name)} in it is of {size / 1e6:,.1f} MB, and {limit / 1e6:,.1f} MB is the most for one"
    for entry in {"/".join(name.split("/")[:2]) for name in sizes if name != FILE}:
        # Many files that are empty, or alone, take long to unpack.
        for file in _SKILL if entry.startswith("skills/") else _NEEDED:
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


def _overfull(archive: zipfile.ZipFile, sizes: Mapping[str, int]) -> str | None:
    """Which of the members would take far more main memory than its size when it is parsed, in words."""
    for name in sizes:
        if name.endswith(".json") and holds_more(archive.read(name), _most_values(name, sizes)):
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
