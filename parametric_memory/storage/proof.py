"""A report that a memory's files hold nothing but its entries, as evidence that somebody's data was deleted.

It names the searched texts by their sha256, so that it does not hold them itself.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import numpy as np
import sqlalchemy as sql

from parametric_memory.errors import ModelUnavailable
from parametric_memory.files import open_file, storage_errors
from parametric_memory.index.exact import directions
from parametric_memory.records import is_unicode, now
from parametric_memory.storage.following import COLLECTION
from parametric_memory.storage.location import DATABASE, OWN
from parametric_memory.storage.memory_storage import MemoryStorage
from parametric_memory.storage.schema import metadata

_LIMITS = (
    "This holds for the files below the memory's folder as they were at that moment. It does not speak of exported "
    "archives, backups and other copies, of blocks that the file system has set free and not yet given to others, nor "
    "of the memory of processes that run."
)


@dataclass(frozen=True)
class Searched:
    """A text that was searched for."""

    sha256: str  # of the text, as UTF-8
    characters: int
    files: list[str]  # whose content or path holds the text or its vector; if there are none, the tables that do
    similarity: float | None  # cosine of its vector and the nearest one in the index; None: no vectors, or no embedder


@dataclass(frozen=True)
class Proof:
    """What a memory's folder holds; `digest` is the sha256 of all files' paths and contents."""

    memory: Path
    moment: datetime
    entries: int
    vectors: int
    skills: int
    files: int
    size: int
    digest: str
    problems: list[str]
    searched: list[Searched] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the folder holds nothing but entries and skills, and none of the texts."""
        return not self.problems and not any(word.files for word in self.searched)

    def report(self, version: str) -> str:
        """The report, as text. version: of the program that writes it."""
        lines = [
            "WHAT IS IN A MEMORY",
            "",
            f"Folder      {self.memory}",
            f"Looked at   {self.moment:%Y-%m-%d %H:%M:%S} UTC, by parametric-memory {version}",
            f"Entries     {self.entries}, with {self.vectors} vectors",
            f"Skills      {self.skills}",
            f"Files       {self.files}, {self.size} bytes; sha256 of their paths and contents {self.digest}",
            "",
            "Before that, the database's log was emptied, and the index was taken away or made by another process.",
            *(self.problems or ["Every vector in the index is of an entry that is there. No other files are there."]),
        ]
        for number, word in enumerate(self.searched, 1):
            where = f"stands in {', '.join(word.files)}" if word.files else "stands in no file and in no file's name"
            near = "none" if word.similarity is None else f"{word.similarity:.3f}"
            lines += ["", f"{number}. A text of {word.characters} characters, sha256 {word.sha256}:"]
            lines += [f"   it {where}{'.' if word.files else ', neither as text nor as a vector.'}"]
            lines += [f"   The nearest vector that is left has a similarity of {near} to it (1: the same)."]
        return "\n".join([*lines, "", _LIMITS, ""])


def proof(storage: MemoryStorage, forgotten: Sequence[str] = ()) -> Proof:
    """See `Maintenance.proof`. Raises as `MemoryStorage.erase`, and MemoryFolderError: the index is damaged."""
    folder = storage.location.folder
    assert folder is not None, "A proof is for a memory in a folder."
    own = {*OWN, storage.database.setting(COLLECTION)}
    problems = [
        *(damage for _, damage in storage.entries.damaged()),
        *(f"{path} is no part of the memory." for path in sorted(folder.iterdir()) if path.name not in own),
        *storage.search.index.problems(),
    ]
    storage.erase()  # last: whoever opens the index may write some of what its process has in memory
    searched: list[tuple[Searched, list[bytes], list[str]]] = []  # each with the forms it may have, and its tables
    for text in forgotten:
        vectors: list[bytes] = []
        similarity = None
        with suppress(ModelUnavailable):  # there is no embedder
            [vector] = storage.models.embeddings.embed_documents([text])
            vectors = [array.astype(np.float32).tobytes() for array in (np.asarray(vector), *directions([vector]))]
            similarity = next((near for _, near in storage.search.nearest(vector, 1)), None)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        word = Searched(digest, len(text), [], similarity)
        searched.append((word, [*_written(text), *vectors], _tables_with(storage, text, vectors)))
    counts = storage.entries.count(), storage.search.count(), len(storage.skills.list())
    # SQLite's locks are this process's: they go when it closes a file of the database that it has read by itself.
    storage.close()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    of_all, size = hashlib.sha256(), 0
    with storage_errors(f"read {folder}"):
        for path in paths:
            name = path.relative_to(folder).as_posix()
            with open_file(path) as file:  # which may be larger than main memory
                empty = not path.stat().st_size  # and cannot be mapped
                content = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            of_all.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
            size += len(content)
            for word, forms, _ in searched:
                if any(form in name.encode() or content.find(form) >= 0 for form in forms):
                    word.files.append(name)
    for word, _, tables in searched:
        word.files.extend([] if word.files else tables)
    words = [word for word, *_ in searched]
    return Proof(folder.absolute(), now(), *counts, len(paths), size, of_all.hexdigest(), problems, words)


def _tables_with(storage: MemoryStorage, text: str, vectors: Sequence[bytes]) -> list[str]:
    """The tables in which a text or its vector occurs: in the file, pages may cut it."""
    texts = {text, json.dumps(text)[1:-1]} if is_unicode(text) else set()
    found = []
    with storage.database.reading():
        for table in metadata.sorted_tables:
            wanted = [
                sql.func.instr(column, form) > 0
                for column in table.columns
                for form in (vectors if isinstance(column.type, sql.LargeBinary) else texts)
                if isinstance(column.type, sql.LargeBinary | sql.Text | sql.JSON)
            ]
            if wanted and storage.database.rows(sql.select(table.c[0]).where(sql.or_(*wanted)).limit(1)):
                found.append(f"{DATABASE}, table {table.name}")
    return found


def _written(text: str) -> list[bytes]:
    """The forms that a text may have in files."""
    forms = dict.fromkeys((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]))
    encoded = [form.encode("utf-8", "surrogatepass") for form in forms]
    return [*encoded, text.encode("utf-16-le", "surrogatepass"), quote(text, safe="", errors="surrogatepass").encode()]
