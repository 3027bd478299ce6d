"""An open Chroma client on a folder that others write to as well.

An open client never sees the vectors that another one writes: a generation file tells when to open the folder
again. Of a folder that cannot be written to, a copy is opened. Knows nothing about collections and what is in them.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import threading
import uuid
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from parametric_memory.errors import MemoryFolderError, ParametricMemoryError, StorageError, as_typed
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.index.erasing import blank_room, written_last
from parametric_memory.index.place import can_be_written, check_room, is_full, private_copy

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client

GENERATION = "GENERATION"
DATABASE = "chroma.sqlite3"
_MOVED = "(code: 1032)"  # SQLite's READONLY_DBMOVED: another file, or none, is where the open one was
_NO_STORAGE = re.compile(r"disk is full|No space left|readonly|read-only|Permission denied", re.IGNORECASE)
_TRIES = 3  # to copy a folder while nobody writes to it


class IndexStumbled(MemoryFolderError):
    """Chroma failed: its files are damaged, or another process was just writing them."""


class IndexMoved(StorageError):
    """Chroma's files were taken away while it opened or used them, as a reindex in another process does."""


class IndexConnection(Protocol):
    """What leads an index to its collection, wherever that is. As text, it is where."""

    @property
    def way_out(self) -> str:
        """What a user can do about an index that cannot be used."""

    @property
    def is_behind(self) -> bool:
        """Whether another wrote since the client was last asked for."""

    @property
    def is_full(self) -> bool:
        """Whether there is no room left for what reading may write."""

    def client(self, create: bool = False) -> ClientAPI | None:
        """The client; None if nothing is there and nothing is made."""

    def check_room(self, vector_bytes: int) -> None:
        """Refuses to begin what there may be no room for. Raises StorageError."""

    def written(self) -> None:
        """Tells all other clients that this one wrote."""

    @property
    def has_opened(self) -> bool:
        """Whether a client was opened since `blank`, and may have put there what does not belong there."""

    def blank(self) -> None:
        """While nobody writes: takes away what opening put there that does not belong there."""

    def close(self) -> None:
        """Lets go of it; the next use opens it again."""

    def leave(self) -> None:
        """Lets go of it, and never touches the client again."""

    def clear_errors(self) -> AbstractContextManager[None]:
        """What Chroma raises, told as one line."""


class Connection:
    """At most one client on a folder, opened when it is needed. Not for several threads at once."""

    _was_used: ClassVar[bool] = False  # Chroma's engine, in this process
    _is_broken: ClassVar[bool] = False  # since this process was forked
    _abandoned: ClassVar[list[tuple[Client, str]]] = []  # of connections that were dropped without `close`
    _spellings: ClassVar[set[str]] = set()
    _spellings_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._client: Client | None = None
        self._spelling = ""
        self._generation = ""
        self._dropped: weakref.finalize[Any, Connection] | None = None
        self._copy: weakref.finalize[Any, Connection] | None = None
        self._blanked: dict[Path, int] = {}
        self._as_opened: dict[Path, int] | None = None

    def __str__(self) -> str:
        return str(self.folder)

    @property
    def is_full(self) -> bool:
        """Whether the disk has no room left for what reading may write."""
        return is_full(self.folder)

    def check_room(self, vector_bytes: int) -> None:
        """Refuses to begin what the disk may not hold. Raises StorageError."""
        check_room(self.folder, vector_bytes)

    @property
    def way_out(self) -> str:
        """What a user can do about an index that cannot be used."""
        return f"rebuild it with `{as_typed('parametric-memory', 'reindex', '--memory', self.folder.parent)}`"

    def client(self, create: bool = False) -> Client | None:
        """The client, anew if another wrote to the folder; None if nothing is there and nothing is made."""
        generation = self._stored_generation()
        if self._client is not None and (generation != self._generation or (create and self._copy is not None)):
            self.close()
        if self._client is None and (create or (self.folder / DATABASE).exists()):
            import chromadb
            from chromadb.config import Settings

            if self._is_broken:
                raise StorageError(
                    f"The index in {self.folder} cannot be used in this process, which was forked from one that had "
                    "used an index: use a memory only after the fork, or start processes with `spawn`."
                )
            Connection._was_used = True
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(IndexError):  # none is left; another thread may take some
                while True:
                    self._let_go(*self._abandoned.pop())
            place = self.folder
            if not create and not can_be_written(self.folder):
                place, generation = self._copied()
            spelling = self._free_spelling(place)
            client = cast("Client", chromadb.PersistentClient(spelling, Settings(anonymized_telemetry=False)))
            self._client, self._spelling, self._generation = client, spelling, generation
            self._as_opened = None
            if self._copy is None:
                self._as_opened = {}
                with suppress(OSError):
                    self._as_opened = written_last(self.folder)
            # Closed by the next one that opens: the garbage collector may come while Chroma holds its locks.
            self._dropped = weakref.finalize(self, self._abandoned.append, (client, spelling))
            self._dropped.atexit = False
        return self._client

    @property
    def is_behind(self) -> bool:
        """Whether another wrote since the client was last asked for."""
        with suppress(OSError):
            return self._client is not None and self._stored_generation() != self._generation
        return False

    def written(self) -> None:
        """Tells all other clients that this one wrote, and leaves none of it where it does not belong."""
        self._generation = uuid.uuid4().hex
        replace_durably(self.folder / GENERATION, self._generation.encode())
        with suppress(OSError):
            blank_room(self.folder, self._blanked)

    @property
    def has_opened(self) -> bool:
        """Whether a client was opened since `blank`, and may have put there what does not belong there."""
        return self._as_opened is not None

    def blank(self) -> None:
        """While nobody writes: takes away what opening put there that does not belong there. Raises OSError."""
        if self._as_opened is not None:
            blank_room(self.folder, self._as_opened)
            self._as_opened = None

    def close(self) -> None:
        """Lets go of the folder; the next use opens it again."""
        if self._client is not None:
            client, self._client = self._client, None
            if self._dropped is not None:
                self._dropped.detach()
            self._let_go(client, self._spelling)

        self._remove_copy()

    def leave(self) -> None:
        """Lets go of the folder and never touches the client again, nor does the interpreter when it ends.

        Chroma's engine waits for its threads when it goes. They do not always end after the disk was full, and never
        in a process that was forked.
        """
        if self._client is not None:
            _keep_for_good(self._client)
            self._client = None
            if self._dropped is not None:
                self._dropped.detach()
        self._remove_copy()

    @classmethod
    def after_fork(cls) -> None:
        """In a process that was forked. Where the other one had used Chroma's engine it hangs here, and no signal
        ends that."""
        cls._is_broken = cls._is_broken or cls._was_used
        cls._spellings_lock = threading.Lock()
        for client, _ in cls._abandoned:
            _keep_for_good(client)
        cls._abandoned.clear()

    def _copied(self) -> tuple[Path, str]:
        """A copy of the folder, and the generation that it is of."""
        for _ in range(_TRIES):
            generation = self._stored_generation()
            copy = private_copy(self.folder)
            if self._stored_generation() == generation:
                break
            shutil.rmtree(copy.parent, ignore_errors=True)
        else:
            raise IndexStumbled(f"The index in {self.folder} is written to all the time: try again.")
        self._copy = weakref.finalize(self, shutil.rmtree, copy.parent, ignore_errors=True)
        return copy, generation

    def _remove_copy(self) -> None:
        if self._copy is not None:
            self._copy()
            self._copy = None

    @classmethod
    def _let_go(cls, client: Client, spelling: str) -> None:
        client.close()
        with cls._spellings_lock:
            cls._spellings.discard(spelling)

    @contextmanager
    def clear_errors(self) -> Iterator[None]:
        """What Chroma raises on damaged files, told as one line.

        Raises:
            IndexStumbled: the files are damaged, or seemed to be.
            IndexMoved: they are no longer where they were.
            StorageError: the disk is full or cannot be written.
        """
        try:
            with storage_errors(f"use the index in {self.folder}"):
                yield
        except ParametricMemoryError:
            raise
        except BaseException as error:  # a panic of Chroma's engine is no Exception
            if not _is_of_chroma(error):
                raise
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            full = self.is_full
            if full or _NO_STORAGE.search(reason):
                moved = not full and _MOVED in reason
                self.close() if moved else self.leave()
                raise (IndexMoved if moved else StorageError)(
                    f"Could not use the index in {self.folder}: "
                    f"{'the disk is full' if full else reason}. Free space or change permissions, and try again."
                ) from error
            with suppress(Exception):
                self.close()
            raise IndexStumbled(f"The index in {self.folder} is damaged ({reason}): {self.way_out}.") from error

    def _stored_generation(self) -> str:
        try:
            return (self.folder / GENERATION).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def _free_spelling(self, folder: Path) -> str:
        """A folder's path, spelled as no open client in this process spells it.

        Chroma shares one engine among all clients of a path and would hand back the stale one. A spelling
        that failed to open stays taken: Chroma keeps the broken engine.
        """
        with self._spellings_lock:
            spelling = next(
                spelling
                for dots in count(1)
                if (spelling := f"{folder.parent}/{'./' * dots}{folder.name}") not in self._spellings
            )
            self._spellings.add(spelling)
            return spelling


def load_engine() -> None:
    """Imports Chroma, which takes seconds, once: before others have to wait for it."""
    import chromadb  # noqa: F401


def _keep_for_good(client: Client) -> None:
    """Nothing that the client holds is ever taken down, also not when the interpreter ends."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(client))


def _is_of_chroma(error: BaseException) -> bool:
    from chromadb.errors import ChromaError

    broken_engine = isinstance(error, AttributeError) and "bindings" in str(error)
    return isinstance(error, ChromaError) or broken_engine or type(error).__name__ == "PanicException"
