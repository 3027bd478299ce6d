"""What is in a memory's files, and that nothing else is: a report to keep after somebody was forgotten.

The report tells what was looked for by its sha256, so that it is not one more place where that stands. Knows nothing
about models but how a text becomes a vector.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sql

from parametric_memory.errors import ModelUnavailable
from parametric_memory.files.durable import open_file, storage_errors
from parametric_memory.records import now
from parametric_memory.storage.filters import is_unicode
from parametric_memory.storage.following import COLLECTION
from parametric_memory.storage.location import DATABASE, OWN
from parametric_memory.storage.schema import Json, metadata

if TYPE_CHECKING:
    from parametric_memory.storage.memory_storage import MemoryStorage

_LIMITS = (
    "This holds for the files below the memory's folder as they were at that moment. It does not speak of exported "
    "archives, backups and other copies, of blocks that the file system has set free and not yet given to others, nor "
    "of the memory of processes that run."
)


@dataclass(frozen=True)
class Searched:
    """What was looked for, and where it stands.

    Attributes:
        sha256: of what was looked for, as UTF-8.
        characters: how long it is.
        files: in which it stands, or its vector does; and those in whose paths it stands.
        similarity: cosine of its vector and the nearest one in the index; None: there is none, or no embedder.
    """

    sha256: str
    characters: int
    files: list[str]
    similarity: float | None


@dataclass(frozen=True)
class Proof:
    """What was found in a memory's folder.

    Attributes:
        digest: sha256 of all files' paths and contents.
        problems: what is there and should not be, or the other way round, in words.
    """

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
        """Whether nothing is there but entries and skills, and nothing of what was looked for."""
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
    """Takes off the disk what deleted entries left, and looks through all files.

    Args:
        forgotten: texts, names and ids of which nothing should be there.

    Raises:
        MemoryLocked: a reindex or an upgrade is running, or somebody else writes.
        StorageError: the disk refuses.
        MemoryFolderError: the index is damaged.
    """
    folder = storage.location.folder
    assert folder is not None, "A proof is for a memory in a folder."
    problems = [
        *storage.entries.damaged().values(),
        *_strangers(storage, folder),
        *storage.search.index.problems(),
    ]
    storage.erase()  # last: whoever opens the index may write some of what its process has in memory
    vectors = [_vector_of(storage, text) for text in forgotten]
    near = [storage.search.nearest(vector, 1) if vector is not None else [] for vector in vectors]
    tables = [_tables_with(storage, text, vector) for text, vector in zip(forgotten, vectors, strict=True)]
    counts = {
        "entries": storage.entries.count(),
        "vectors": storage.search.count(),
        "skills": len(storage.skills.list()),
    }
    # SQLite's locks are this process's: they go when it closes a file of the database that it has read by itself.
    storage.close()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    searched = [
        _searched(folder, text, vector, found[0][1] if found else None, paths, of)
        for text, vector, found, of in zip(forgotten, vectors, near, tables, strict=True)
    ]
    digest = hashlib.sha256()
    with storage_errors(f"read {folder}"):
        for path in paths:
            with open_file(path) as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
        size = sum(path.stat().st_size for path in paths)
    return Proof(
        memory=folder.absolute(),
        moment=now(),
        files=len(paths),
        size=size,
        digest=digest.hexdigest(),
        problems=problems,
        searched=searched,
        **counts,
    )


def _strangers(storage: MemoryStorage, folder: Path) -> list[str]:
    """What is in the folder and is no part of a memory: a sentence for each."""
    own = {*OWN, storage.database.setting(COLLECTION)}
    return [f"{path} is no part of the memory." for path in sorted(folder.iterdir()) if path.name not in own]


def _vector_of(storage: MemoryStorage, text: str) -> Sequence[float] | None:
    """The vector of a text; None where there is no embedder."""
    try:
        return storage.models.embeddings.embed_documents([text])[0]
    except ModelUnavailable:
        return None


def _tables_with(storage: MemoryStorage, text: str, vector: Sequence[float] | None) -> list[str]:
    """The tables of the database in which a text or its vector stands: in files, pages may cut it."""
    texts = {text, json.dumps(text)[1:-1]} if is_unicode(text) else set()
    blobs = [] if vector is None else [*_packed(vector)]
    found = []
    with storage.database.reading() as connection:
        for table in metadata.sorted_tables:
            wanted = [
                sql.func.instr(column, form) > 0
                for column in table.columns
                for form in (blobs if isinstance(column.type, sql.LargeBinary) else texts)
                if isinstance(column.type, sql.LargeBinary | sql.Text | Json)
            ]
            if wanted and connection.execute(sql.select(table.c[0]).where(sql.or_(*wanted)).limit(1)).first():
                found.append(f"{DATABASE}, table {table.name}")
    return found


def _searched(
    folder: Path,
    text: str,
    vector: Sequence[float] | None,
    similarity: float | None,
    paths: Sequence[Path],
    tables: Sequence[str],
) -> Searched:
    forms = [*_written(text), *(_packed(vector) if vector is not None else ())]
    found = [path for path in paths if any(form in str(path.relative_to(folder)).encode() for form in forms)]
    found += [path for path in paths if path not in found and _holds(path, forms)]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    files = [path.relative_to(folder).as_posix() for path in sorted(found)]
    return Searched(digest, len(text), files or [*tables], similarity)


def _written(text: str) -> Iterator[bytes]:
    """A text as files may have it."""
    for form in dict.fromkeys((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])):
        yield form.encode("utf-8", "surrogatepass")
    yield text.encode("utf-16-le", "surrogatepass")
    yield quote(text, safe="", errors="surrogatepass").encode()


def _packed(vector: Sequence[float]) -> Iterator[bytes]:
    """A vector as an index has it: as it is, and scaled to length 1."""
    import numpy as np

    array = np.asarray(vector, np.float32)
    yield array.tobytes()
    yield (array / np.linalg.norm(array).clip(min=1e-12)).astype(np.float32).tobytes()


def _holds(path: Path, forms: Sequence[bytes]) -> bool:
    with storage_errors(f"read {path}"), open_file(path) as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(form) >= 0 for form in forms)
