"""A memory as one file: a zip archive of its entries, its skills and the identity of its models. It holds no index.

    memory.json                       the identity of the memory's models
    entries/<name>/entry.json         the record; the name is the id as in a URL, behind the namespace and @ unless that
                                      is the default one, or a hash where that is too long
    entries/<name>/text.txt           the text, UTF-8
    entries/<name>/texts.json         passages, and the turns of a conversation
    entries/<name>/rows.safetensors   the rows of passages, or
    entries/<name>/adapter/           a PEFT folder
    skills/<name>/                    skill.json, and a PEFT folder

An archive may come from anybody: its members are bounded before any is read. Entries that are stored as text are read
again by other models.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote

from pydantic import BaseModel, ValidationError

from parametric_memory.adapters import peft_folder
from parametric_memory.adapters.factors import Adapter, DocumentRows
from parametric_memory.adapters.packing import pack_rows, unpack_rows
from parametric_memory.batches import batched
from parametric_memory.documents.cleaning import MAX_TEXT_BYTES, content_hash
from parametric_memory.documents.conversations import check_turns
from parametric_memory.documents.passages import reading
from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    MemoryFolderError,
    MemoryMismatch,
    ParametricMemoryError,
    StorageError,
    as_typed,
)
from parametric_memory.files import (
    LARGEST_CONFIG,
    ZIP_ERRORS,
    holds_more,
    open_file,
    parsed,
    replacing,
    shown,
    storage_errors,
)
from parametric_memory.internalize.deriving import Derived
from parametric_memory.internalize.selection import MemoryIdentity, check_same
from parametric_memory.records import DEFAULT, Entry, Skill, Text
from parametric_memory.settings import TEXT
from parametric_memory.storage.entries import Whole
from parametric_memory.storage.filters import kept_metadata
from parametric_memory.storage.memory_storage import MemoryStorage

logger = logging.getLogger(__name__)

FORMAT = 4
FILE, RECORD_FILE, TEXT_FILE, TEXTS_FILE = "memory.json", "entry.json", "text.txt", "texts.json"
ROWS_FILE, SKILL_FILE = "rows.safetensors", "skill.json"
_PEFT = (peft_folder.CONFIG_FILE, peft_folder.WEIGHTS_FILE, peft_folder.OWN_FILE)
_FILES = (RECORD_FILE, TEXT_FILE, TEXTS_FILE, ROWS_FILE, SKILL_FILE, *_PEFT, *(f"adapter/{file}" for file in _PEFT))
_MEMBER = re.compile(  # all other members are ignored
    rf"{re.escape(FILE)}|(?:entries|skills)/[^./][^/]*/(?:{'|'.join(map(re.escape, _FILES))})"
)
_LONGEST_NAME = 150  # file systems allow 255 bytes
_HASHED = "%~"  # begins the name of an id that is too long to be one; no quoted id begins so
_LARGEST_TEXT = 3 * MAX_TEXT_BYTES  # cleaning may lengthen a text a little
_LARGEST_NUMBER = 2**31 - 1  # that PostgreSQL takes
_MOST_VALUES = 200_000  # in a JSON member of an entry without text and weights
_MOST_TIMES = 50  # its size when packed. A text shrinks to a third, and without end if it repeats itself
_ALWAYS = 256 * 2**20  # bytes to which an archive may unpack, however small it is: that harms nobody
_TAKEN_TOGETHER, _TOKENS_TOGETHER = 32, 4_000  # entries in one transaction, and tokens of their texts, at most

M = TypeVar("M", bound=BaseModel)


# Writing


def write_archive(storage: MemoryStorage, destination: Path) -> int:
    """See `Maintenance.export`. Raises StorageError, too, where a folder has the name of the file."""
    if not destination.name or destination.is_dir():
        raise StorageError(f"Could not export the memory to {destination}: it is a folder. Name a file.")
    if destination.is_file() and not _is_archive(destination):
        raise MemoryFolderError(f"{destination} is there already, and is not an exported memory: name another file.")
    with storage.database.reading():
        if (identity := storage.made_with) is None:
            raise MemoryFolderError(f"The memory in {storage.location} holds nothing to export: add a document first.")
        with storage_errors(f"export the memory to {destination}"), replacing(destination, 0o600) as file:
            with zipfile.ZipFile(file, "w") as archive:
                for path, data in _members(storage, identity):
                    archive.writestr(path, data, _packing(path, data))
            return sum(name.endswith(f"/{RECORD_FILE}") for name in archive.namelist())


def _members(storage: MemoryStorage, identity: MemoryIdentity) -> Iterator[tuple[str, bytes]]:
    """The paths and contents of an archive's files, without those of damaged entries."""
    yield FILE, json.dumps({"format": FORMAT, **identity.model_dump(mode="json")}, indent=2).encode()
    for whole in storage.entries.whole(on_damage=lambda _, error: logger.warning("%s It is not exported.", error)):
        for path, data in _files_of(whole, identity.base_model).items():
            yield f"entries/{folder_name(whole.entry.id, whole.entry.namespace)}/{path}", data
    for skill in storage.skills.list():
        extra = {"skill": skill.name, "description": skill.description}
        files = peft_folder.peft_files(storage.skills.adapter(skill.name), skill.base_model, extra)
        digest = hashlib.sha256(files[peft_folder.WEIGHTS_FILE]).hexdigest()
        files[SKILL_FILE] = skill.model_copy(update={"adapter_sha256": digest}).model_dump_json(indent=2).encode()
        for path, data in files.items():
            yield f"skills/{skill.name}/{path}", data


def _packing(path: str, data: bytes) -> int:
    """How a member is stored: rows and adapters hardly shrink, and what shrinks too much is not imported again."""
    if path.endswith(".safetensors"):
        return zipfile.ZIP_STORED
    is_short = len(data) <= _MOST_TIMES * 2 * len(path)  # the archive holds its name twice, whatever it shrinks to
    shrinks_well = is_short or len(data) <= _MOST_TIMES * len(zlib.compress(data))
    return zipfile.ZIP_DEFLATED if shrinks_well else zipfile.ZIP_STORED


def _files_of(whole: Whole, base_model: str) -> dict[str, bytes]:
    """The files of an entry, by their paths in its folder."""
    files: dict[str, bytes] = {}
    weights = b""
    if isinstance(whole.kept, DocumentRows):
        files[ROWS_FILE] = weights = pack_rows(whole.kept)
    elif whole.kept is not None:
        peft = peft_folder.peft_files(whole.kept, base_model)
        files, weights = {f"adapter/{name}": data for name, data in peft.items()}, peft[peft_folder.WEIGHTS_FILE]
    digest = hashlib.sha256(weights).hexdigest() if weights else ""
    record = whole.entry.model_copy(update={"adapter_sha256": digest}).model_dump(mode="json")
    texts = {"passages": [*whole.passages], **({"turns": [*whole.turns]} if whole.turns else {})}
    content = json.dumps({"format_version": 1, **record}, indent=2, ensure_ascii=False)
    return {
        RECORD_FILE: content.encode(),
        TEXT_FILE: whole.text.encode(),
        TEXTS_FILE: json.dumps(texts, ensure_ascii=False).encode(),
        **files,
    }


def folder_name(id: str, namespace: str = DEFAULT) -> str:
    """A file name for an entry, see above."""
    names = [id] if namespace == DEFAULT else [namespace, id]
    name = "@".join(quote(name, safe="", errors="surrogatepass") for name in names)
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


class _Beside(BaseModel):
    """The content of `texts.json`."""

    passages: list[Text] = []
    turns: list[Text] = []


class Archive:
    """An exported memory of the models in `identity`. Unless `reads_rows`, rows are left out, to be derived again."""

    def __init__(self, source: Path, archive: zipfile.ZipFile, names: Collection[str]) -> None:
        self.source, self._archive, self._names = source, archive, names
        self.reads_rows = True
        try:
            record = self._json(FILE)
            version = record.get("format", FORMAT) if isinstance(record, dict) else FORMAT
            if version != FORMAT:
                raise MemoryFolderError(
                    f"{source} is of format {shown(version)}; this release reads format {FORMAT}: use the release that "
                    "wrote it."
                )
            self.identity = _validated(MemoryIdentity, record, f"{FILE} in it")
        except CheckpointError as error:
            raise MemoryFolderError(f"{source} is not an exported memory: {error}") from error

    def entries(self) -> Iterator[Whole]:
        """All entries, one after the other. Raises CheckpointError for one that is damaged or cannot be stored."""
        return map(self._entry, self._folders("entries"))

    def skills(self) -> Iterator[tuple[Skill, Adapter]]:
        """All skills. Raises CheckpointError for a damaged one."""
        for name in self._folders("skills"):
            record = f"skills/{name}/{SKILL_FILE}"
            skill = _validated(Skill, self._json(record), record)
            _require(skill.name == name, f"the record of the skill {shown(name)} is that of another.")
            yield skill, self._peft(f"skills/{name}", skill.adapter_sha256)

    def check(self, check_kept: Callable[[Adapter | DocumentRows], None]) -> None:
        """Raises MemoryFolderError for the first entry or skill that is damaged, or could not be stored or used.

        check_kept: raises AdapterError for an adapter or rows that do not fit the base model.
        """
        of_entries = ((f"entry {shown(whole.entry.name)}", whole.kept) for whole in self.entries())
        of_skills = ((f"the skill {skill.name}", adapter) for skill, adapter in self.skills())
        try:
            for title, kept in chain(of_entries, of_skills):
                try:
                    if kept is not None:
                        check_kept(kept)
                except AdapterError as error:
                    raise CheckpointError(f"{title}: {error}") from error
        except ParametricMemoryError as error:
            raise MemoryFolderError(f"{self.source} holds what cannot be imported: {error}") from error

    def _folders(self, room: str) -> list[str]:
        return sorted({name.split("/")[1] for name in self._names if name.startswith(f"{room}/")})

    def _read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except KeyError as error:
            raise CheckpointError(f"it holds no {shown(name)}.") from error
        except (OSError, *ZIP_ERRORS) as error:
            raise CheckpointError(f"{shown(name)} cannot be read: {shown(error)}.") from error

    def _json(self, name: str) -> Any:
        try:
            return parsed(self._read(name))
        except ValueError as error:
            raise CheckpointError(f"{shown(name)} is damaged: it is no JSON.") from error

    def _entry(self, name: str) -> Whole:
        folder, record = f"entries/{name}", f"the record of entry {shown(unquote(name))}"
        content = self._json(f"{folder}/{RECORD_FILE}")
        _require(isinstance(content, dict), f"{record} is damaged.")
        content.pop("format_version", None)
        entry = _validated(Entry, content, record)
        _require(name == folder_name(entry.id, entry.namespace), f"{record} is that of another entry.")
        largest = max(entry.version, entry.tokens, entry.chunks)
        _require(largest < _LARGEST_NUMBER, f"{record} cannot be kept: it holds numbers that are too large.")
        try:
            kept_metadata(entry.metadata)
        except ParametricMemoryError as error:  # names that no index takes
            raise CheckpointError(f"{record} cannot be kept: {shown(error)}") from error
        title = f"entry {shown(entry.name)}"
        try:
            text = self._read(f"{folder}/{TEXT_FILE}").decode()
        except UnicodeDecodeError as error:
            raise CheckpointError(f"the text of {title} is no UTF-8.") from error
        _require("\0" not in text and bool(text.strip()), f"the text of {title} is empty or binary.")
        is_recorded = content_hash(text) == entry.content_hash
        _require(is_recorded, f"the text of {title} is not the one that was recorded: its sha256 is another.")
        kept: Adapter | DocumentRows | None = None
        if entry.store == "rows" and self.reads_rows:
            rows = self._read(f"{folder}/{ROWS_FILE}")
            is_recorded = hashlib.sha256(rows).hexdigest() == entry.adapter_sha256
            _require(is_recorded, f"the rows of {title} are damaged: their sha256 is not the one that was recorded.")
            kept = unpack_rows(rows, f"{folder}/{ROWS_FILE}")
        elif entry.store == "adapter":
            kept = self._peft(f"{folder}/adapter", entry.adapter_sha256)
        try:
            beside = _Beside.model_validate(self._json(f"{folder}/{TEXTS_FILE}"))
            check_turns(beside.turns)
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"what is kept beside the text of {title} is damaged.") from error
        return Whole(entry, text, beside.turns, beside.passages, kept)

    def _peft(self, folder: str, digest: str) -> Adapter:
        """The adapter in a folder of the archive."""
        with tempfile.TemporaryDirectory(prefix="parametric-memory-") as temporary:
            place = Path(temporary)
            try:
                for file in _PEFT:
                    (place / file).write_bytes(self._read(f"{folder}/{file}"))
                return peft_folder.load_peft(place, digest)
            except ParametricMemoryError as error:
                raise type(error)(str(error).replace(temporary, folder)) from error


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CheckpointError(otherwise)


def _validated(model: type[M], content: Any, what: str) -> M:
    """Raises CheckpointError: it is damaged."""
    try:
        return model.model_validate(content)
    except (ValidationError, OverflowError) as error:  # a time that no time zone has
        raise CheckpointError(f"{what} is damaged.") from error


@contextmanager
def opened_archive(source: Path) -> Iterator[Archive]:
    """An archive for the length of the block; `Archive.check` checks its entries.

    Raises MemoryFolderError: the file is missing, is not an exported memory, or holds more than one does.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_file(source))
            archive = stack.enter_context(zipfile.ZipFile(file))
            problem = next(_problems(archive, os.fstat(file.fileno()).st_size), None)
        except OSError as error:
            raise MemoryFolderError(
                f"{source} cannot be read ({error.strerror}): name a file that `export` wrote."
            ) from error
        except ZIP_ERRORS as error:
            raise MemoryFolderError(f"{source} is not an exported memory: {shown(error)}.") from error
        if problem is not None:
            raise MemoryFolderError(f"{source} is not an exported memory: {problem}.")
        yield Archive(source, archive, [name for name in archive.namelist() if _MEMBER.fullmatch(name)])


def _problems(archive: zipfile.ZipFile, packed: int) -> Iterator[str]:
    """Clauses about what cannot be read, or would take too much memory, in an archive of `packed` bytes.

    Reads the list of members, and the JSON of one at a time; zip readers unpack no more of a member than the list says.
    """
    members = archive.infolist()
    for name, times in Counter(archive.namelist()).items():
        if times > 1:
            yield f"it holds {shown(name)} more than once"
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack in unbounded steps
            yield f"its member {shown(member.filename)} is packed in a way that is not read here"
    unpacked, limit = sum(member.file_size for member in members), max(_ALWAYS, _MOST_TIMES * packed)
    if unpacked > limit:
        yield (
            f"its {len(members)} files would take {unpacked / 1e6:,.0f} MB of the disk, and {limit / 1e6:,.0f} MB is "
            f"the most for an archive of {packed / 1e6:.1f} MB"
        )
    sizes = {member.filename: member.file_size for member in members if _MEMBER.fullmatch(member.filename)}
    if FILE not in sizes:
        yield f"it holds no {FILE}"
    for name, size in sizes.items():
        folder, _, file = name.rpartition("/")
        text, weights = (sizes.get(f"{folder}/{other}", 0) for other in (TEXT_FILE, peft_folder.WEIGHTS_FILE))
        most = _LARGEST_TEXT  # and JSON has metadata, passages and speakers, or some values for each row of an adapter
        most += 0 if file == TEXT_FILE else LARGEST_CONFIG + 6 * text + weights // 16
        if size > most and not file.endswith(".safetensors"):
            yield f"{shown(name)} in it is of {size / 1e6:,.1f} MB, and {most / 1e6:,.1f} MB is the most for one"
        elif file.endswith(".json") and holds_more(archive.read(name), _MOST_VALUES + text / 2 + weights / 64):
            yield f"{shown(name)} in it holds more values than such a file has"


# Importing


class Imported(NamedTuple):
    """How many entries were new, and how many replaced one with the same id."""

    new: int
    replaced: int


def import_archive(storage: MemoryStorage, archive: Archive) -> Imported:
    """See `Maintenance.import_`."""
    from parametric_memory.language_model.hooks import check_fits

    def check(kept: Adapter | DocumentRows) -> None:
        if isinstance(kept, Adapter):
            check_fits(storage.models.base.model, kept)
        elif (reader := storage.models.sentences) is not None:
            reader.check(kept)

    def fits(some: list[Whole]) -> bool:
        """Whether entries can be written in one transaction: some short texts of which no rows are made."""
        tokens = sum(whole.entry.tokens for whole in some)
        is_short = len(some) <= _TAKEN_TOGETHER and tokens <= _TOKENS_TOGETHER
        are_texts = own.store == TEXT and storage.models.sentences is not None
        return are_texts and is_short and all(whole.entry.store == TEXT for whole in some)

    own = storage.own_identity()
    archive.reads_rows = archive.identity.hypernetwork_fingerprint == own.hypernetwork_fingerprint
    archive.check(check)  # before any is written
    read_anew = _is_foreign(storage, archive, own)
    count = replaced = 0
    try:
        for group in batched(archive.entries(), fits):
            replaced += _take_over(storage, group, read_anew, own)
            count += len(group)
        with storage.writing():
            storage.claim(own)
            for skill, adapter in archive.skills():
                storage.skills.write(skill, adapter)
    except ParametricMemoryError as error:
        if count:
            error.args = (f"{error} {count} entries were imported before: import {archive.source} again to go on.",)
        raise
    return Imported(count - replaced, replaced)


def _take_over(storage: MemoryStorage, group: Sequence[Whole], read_anew: bool, own: MemoryIdentity) -> int:
    """Writes entries of an archive in one transaction; the models run before it. Returns how many replace another."""
    made = list[Derived]()  # but vectors
    for entry, text, turns, passages, kept in group:
        if read_anew:
            [of_text] = storage.deriver.made([reading(text, turns)], storage.store)
            made.append(Derived.of(of_text, entry.summary))
        else:
            made.append(Derived(entry.tokens, entry.chunks, kept, passages, entry.summary, (), ()))
    texts = [(reading(whole.text, whole.turns), of.passages, of.summary) for whole, of in zip(group, made, strict=True)]
    vectors = storage.deriver.vectors_together(texts)
    made = [replace(of, vectors=some, numbers=numbers) for of, (some, numbers) in zip(made, vectors, strict=True)]
    replaced = 0
    with storage.writing():
        for whole, derived in zip(group, made, strict=True):
            storage.claim(own, derived)
            entry = whole.entry
            if (known := storage.entries.find(entry.id, entry.namespace)) is not None:
                replaced += 1
                is_other = known.entry.content_hash != entry.content_hash
                entry = entry.model_copy(update={"version": known.entry.version + is_other})
                if is_other:
                    storage.entries.keep_version(known, storage.versions)
            storage.entries.write(entry, whole.text, whole.turns, derived, known)
    return replaced


def _is_foreign(storage: MemoryStorage, archive: Archive, own: MemoryIdentity) -> bool:
    """Whether entries were made with other models. Raises MemoryMismatch: one of them has an adapter of those."""
    made_with = archive.identity
    try:
        at_least = made_with.model_copy(update={**storage.deriver.of_vectors, "store": own.store})
        check_same(at_least, own, archive.source, ())
    except MemoryMismatch as error:
        bound = next((whole.entry for whole in archive.entries() if isinstance(whole.kept, Adapter)), None)
        if bound is None:
            return True
        raise MemoryMismatch(
            f"Entry {bound.name} in {archive.source} has an adapter made with other models: import it into a memory "
            f"that is opened with `{as_typed(*made_with.options)}`, or add its document again."
        ) from error
    return False
