"""A memory's vectors in a Chroma collection, in a folder or in a server. Only Chroma's public API is used.

The collection is derived from the memory's database and can be deleted at any time. A vector's id in it is
`<revision>:<part>`.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from parametric_memory.errors import MemoryFolderError, ParametricMemoryError, SettingsError, StorageError
from parametric_memory.files import first_line, storage_errors
from parametric_memory.index.exact import Ranked, Stored, Vector

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

COLLECTION = "entries"  # of a client in a folder, which holds no other
NAMESPACE = "namespace"  # metadata of a vector

TIMEOUT = 60.0  # seconds for a server to answer
FIRST_TIMEOUT = 15.0  # seconds for it to answer at all
_API = "/api/v2"
_PORTS = {"http": 8000, "https": 443}
_A_PAGE = 5_000  # vectors; SQLite refuses more than 32,766 at once
_LOOKED_AT = 400  # vectors that the graph is asked for at least: it misses fewer of the nearest than with 8
# Candidates while the graph is built. 64 build 15 % slower and find the nearest in 99.94 instead of 99.90 % of queries.
_CONSTRUCTION = 48
_used_in: int | None = None  # the process that uses Chroma's engine for folders
_abandoned: Counter[Path] = Counter()  # number of abandoned engines, by folder
_opening = threading.RLock()  # Chroma shares the engine of a folder, and opens and closes it without a lock
_NO_STORAGE = re.compile(r"disk is full|No space left|readonly|read-only|Permission denied", re.IGNORECASE)


class ChromaIndex:
    """One collection. Threads may share it; nothing is opened or created before it is needed.

    Every method raises:
        MemoryFolderError: the collection is damaged, or of another kind.
        StorageError: the disk is full or refuses, or the server cannot be reached.
    """

    def __init__(self, place: Path | IndexServer, name: str) -> None:
        """place: a folder that holds nothing else, or a server. name: of the collection in a server."""
        self.place, self.name = place, name
        self._collection: Collection | None = None
        self._client: ClientAPI | None = None
        self._lock = threading.RLock()

    def put(self, stored: Iterable[Stored], namespaces: Mapping[int, str]) -> None:
        """Adds or replaces vectors. namespaces: by revision."""
        with self._used(create=True) as collection:
            assert collection is not None and self._client is not None
            most = min(self._client.get_max_batch_size(), _A_PAGE)
            for block in stored:
                revisions = block.revisions.tolist()
                ids = list(map(part_id, revisions, block.parts.tolist()))
                metadata = [{NAMESPACE: namespaces[revision]} for revision in revisions]
                for start in range(0, len(ids), most):
                    some = slice(start, start + most)
                    collection.upsert(ids[some], block.vectors[some], list(metadata[some]))

    def delete(self, revisions: Iterable[tuple[int, int]]) -> None:
        """Deletes revisions, each with its number of parts; missing ones are no error."""
        with self._used() as collection:
            if collection is None:
                return
            ids = [part_id(revision, part) for revision, parts in revisions for part in range(parts)]
            for start in range(0, len(ids), _A_PAGE):
                collection.delete(ids=ids[start : start + _A_PAGE])

    def nearest(self, vector: Vector, most: int, namespace: str | None = None) -> tuple[Ranked, bool | None]:
        """The revisions of the vectors that the graph finds near to one.

        Args:
            vector: `[dimension]`.
            most: how many vectors to look at, at least.

        Returns:
            Pairs of a revision and the cosine similarity of its nearest vector, best first; and whether these are all.
            None: the graph finds no more, but there are more, as where hundreds are the same.

        Raises MemoryFolderError: there is no collection.
        """
        with self._used() as collection:
            if collection is None:
                raise MemoryFolderError(f"The index in {self} is gone.")
            wanted = max(most, _LOOKED_AT)
            found = collection.query(
                query_embeddings=np.asarray([vector], np.float32),
                n_results=wanted,
                where=None if namespace is None else {NAMESPACE: namespace},
                include=["distances"],
            )
            ids, distances = found["ids"][0], (found["distances"] or [[]])[0]
            whole = False if len(ids) >= wanted else len(ids) == collection.count() or None  # counting takes long
        best: dict[int, float] = {}
        for id, distance in zip(ids, distances, strict=True):
            best.setdefault(int(id.partition(":")[0]), 1.0 - float(distance))
        return [*best.items()], whole

    def ids(self) -> set[str]:
        """The ids of all vectors, see `part_id`."""
        found: set[str] = set()
        with self._used() as collection:
            while collection is not None:
                page = collection.get(include=[], limit=_A_PAGE, offset=len(found))["ids"]
                found.update(page)
                if len(page) < _A_PAGE:
                    break
        return found

    @property
    def exists(self) -> bool:
        """Whether the collection was created."""
        with self._used() as collection:
            return collection is not None

    def close(self) -> None:
        """Closes the collection; the next call opens it again."""
        with self._lock:
            client: Any = self._client
            self._client = self._collection = None
            if client is not None and isinstance(self.place, Path):
                with suppress(Exception), _opening:
                    client.close()

    def destroy(self) -> None:
        """Deletes the collection, and its folder; a missing one is no error."""
        self.close()
        if isinstance(self.place, Path):
            with storage_errors(f"remove {self.place}"), suppress(FileNotFoundError):
                shutil.rmtree(self.place)
            return
        from chromadb.errors import NotFoundError

        with self.place.errors(), suppress(NotFoundError):
            self.place.client().delete_collection(self.name)

    def abandon(self) -> None:
        """Drops the client without closing it, and keeps the interpreter from closing it at exit.

        Chroma's engine waits for its threads when it is closed: after a full disk they do not always end, and in a
        process that was forked they are not there.
        """
        self._lock = threading.RLock()
        if self._client is not None and isinstance(self.place, Path):
            _abandoned[self.place] += 1
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._client))
        self._client = self._collection = None

    @contextmanager
    def _used(self, create: bool = False) -> Iterator[Collection | None]:
        """The collection; None: it does not exist and is not to be created."""
        with self._lock, self.place.errors() if isinstance(self.place, IndexServer) else self._errors():
            if self._collection is None:
                self._collection = self._opened(create)
            yield self._collection

    def _opened(self, create: bool) -> Collection | None:
        from chromadb.errors import NotFoundError

        if isinstance(self.place, Path):
            if not create and not self.place.exists():
                return None
            self._client, name = self._client or _in_folder(self.place), COLLECTION
        else:
            self._client, name = self.place.client(), self.name
        try:
            found = self._client.get_collection(name, embedding_function=None)
        except NotFoundError:
            if not create:
                return None
            hnsw: Any = {"space": "cosine", "ef_construction": _CONSTRUCTION}
            found = self._client.create_collection(name, embedding_function=None, configuration={"hnsw": hnsw})
        if (found.configuration.get("hnsw") or {}).get("space") != "cosine":
            raise MemoryFolderError(f"{self} holds an index of another kind.")
        return found

    def __str__(self) -> str:
        return str(self.place)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Chroma's errors in a folder as MemoryFolderError or StorageError."""
        try:
            with storage_errors(f"use the index in {self.place}"):
                yield
        except BaseException as error:  # a panic of Chroma's engine is no Exception
            from chromadb.errors import ChromaError

            broken_engine = isinstance(error, AttributeError) and "bindings" in str(error)
            if not isinstance(error, ChromaError) and not broken_engine and type(error).__name__ != "PanicException":
                raise
            reason = first_line(error)
            self.abandon()
            if _NO_STORAGE.search(reason):
                raise StorageError(
                    f"Could not use the index in {self.place}: {reason}. Free space or change permissions, and try "
                    "again."
                ) from error
            raise MemoryFolderError(f"The index in {self.place} is damaged: {reason}.") from error


class IndexServer:
    """A Chroma server, by its address. Threads may share it; it is not connected to before it is needed."""

    def __init__(self, url: str) -> None:
        """Raises SettingsError: the address is none."""
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        try:
            host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
            if not host or parts.scheme not in _PORTS:
                raise ValueError("no address")
            self._whole = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path}"
        except (KeyError, ValueError) as error:
            raise SettingsError(f"{url!r} is no address of an index server, such as http://localhost:8000.") from error
        self._client: ClientAPI | None = None

    def __str__(self) -> str:
        return self.url

    def client(self) -> ClientAPI:
        """Raises StorageError: there is no Chroma server, or it does not answer."""
        if self._client is not None:
            return self._client
        import chromadb
        import httpx
        from chromadb.config import Settings

        try:
            # Chroma's constructor has no timeout; probe the heartbeat first.
            httpx.get(f"{self._whole.removesuffix(_API)}{_API}/heartbeat", timeout=FIRST_TIMEOUT).raise_for_status()
            client = chromadb.HttpClient(self._whole, settings=Settings(anonymized_telemetry=False))
        except Exception as error:  # whatever answers there may raise anything
            raise self._unusable(_cause(error)) from error
        session = getattr(getattr(client, "_server", None), "_session", None)
        if session is not None:
            session.timeout = TIMEOUT  # Chroma's own session has none
        self._client = client
        return client

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Chroma's errors as MemoryFolderError (a collection is gone) or StorageError (the server fails)."""
        import httpx
        from chromadb.errors import ChromaError, NotFoundError

        try:
            yield
        except ParametricMemoryError:
            raise
        except NotFoundError as error:
            raise MemoryFolderError(
                f"The index server at {self} has no such collection: {first_line(error)}."
            ) from error
        except Exception as error:
            cause = _cause(error)
            # Chroma's client raises a bare Exception where a proxy answers in the server's place.
            if isinstance(cause, ChromaError | httpx.HTTPStatusError) or type(error) is Exception:
                raise StorageError(
                    f"The index server at {self}, or a proxy before it, refused: {first_line(cause)}. Look into its "
                    "log."
                ) from error
            if isinstance(cause, httpx.HTTPError | json.JSONDecodeError):
                raise self._unusable(cause) from error
            raise

    def _unusable(self, error: BaseException) -> StorageError:
        return StorageError(
            f"Could not use the index server at {self} ({first_line(error)}): start one there with `chroma run`, or "
            "name another with --index."
        )


def part_id(revision: int, part: int) -> str:
    """The id of a vector in the collection."""
    return f"{revision}:{part}"


def engine_works() -> bool:
    """Whether Chroma's engine works in this process: in a fork of one that used it, it hangs in spite of signals."""
    return _used_in in (None, os.getpid())


def _in_folder(folder: Path) -> ClientAPI:
    global _used_in
    import chromadb
    from chromadb.config import Settings

    if not engine_works():
        raise StorageError(
            f"The index in {folder} cannot be used in this process, which was forked from one that had used an index: "
            "use a memory only after the fork, or start processes with `spawn`."
        )
    _used_in = os.getpid()
    folder.mkdir(parents=True, exist_ok=True)
    open_client: Callable[..., ClientAPI] = chromadb.PersistentClient
    # Chroma gives the same path the same engine, also where that was abandoned.
    with _opening:
        return open_client(f"{folder}{'/.' * _abandoned[folder]}", Settings(anonymized_telemetry=False))


def _cause(error: BaseException) -> BaseException:
    """The HTTP error behind an error of Chroma's client that says less."""
    import httpx

    context: Any = error.__context__
    return context if isinstance(context, httpx.HTTPError) else error
