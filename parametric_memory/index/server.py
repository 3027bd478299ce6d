"""An index in a Chroma server, which several machines reach.

What the server holds is the same for all; a client keeps directions of vectors that it has read, and is told when
others wrote. Knows nothing about who writes when, nor where entries are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from parametric_memory.errors import ParametricMemoryError, SettingsError, StorageError
from parametric_memory.index.chroma import MemoryIndex, StateOf
from parametric_memory.index.connection import IndexStumbled

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

TIMEOUT = 60.0  # seconds for the server to answer
FIRST_TIMEOUT = 15.0  # seconds for it to answer at all
_API = "/api/v2"
_PORTS = {"http": 8000, "https": 443}


class IndexServer:
    """A Chroma server, by its address. Threads may share it; nothing is asked of it before it is needed."""

    def __init__(self, url: str) -> None:
        """Raises SettingsError: it is no address of a server."""
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        try:
            self._port = parts.port or _PORTS[parts.scheme]
            if not parts.hostname:
                raise ValueError("no host")
        except (KeyError, ValueError) as error:
            raise SettingsError(
                f"{url!r} is no address of an index server: give one such as http://localhost:8000."
            ) from error
        self._host, self._ssl, self._path = parts.hostname, parts.scheme == "https", parts.path
        self._client: tuple[int, ClientAPI] | None = None  # and the process that opened it

    def __str__(self) -> str:
        return self.url

    def client(self) -> ClientAPI:
        """Raises StorageError: there is no Chroma server, or it does not answer."""
        if self._client is None or self._client[0] != os.getpid():
            try:
                self._client = os.getpid(), self._opened()
            except Exception as error:  # what answers there may be anything
                raise self._unusable(error) from error
        return self._client[1]

    def _opened(self) -> ClientAPI:
        import chromadb
        import httpx
        from chromadb.config import Settings

        whole = f"{'https' if self._ssl else 'http'}://{self._host}:{self._port}{self._path}"
        # Chroma's client asks things while it is made, and waits for good: so first this, with an end.
        answer = httpx.get(f"{whole.removesuffix(_API)}{_API}/heartbeat", timeout=FIRST_TIMEOUT)
        answer.raise_for_status()
        host = whole if self._path else self._host
        client = chromadb.HttpClient(host, self._port, self._ssl, settings=Settings(anonymized_telemetry=False))
        session = getattr(getattr(client, "_server", None), "_session", None)
        if session is not None:
            session.timeout = TIMEOUT  # Chroma's own waits for good
        return client

    def collection(self, name: str, create: bool = False) -> Collection | None:
        """A collection that is there, or is made if wanted; else None. Raises as `client`."""
        from chromadb.errors import NotFoundError

        with self.errors():
            if create:
                return self.client().get_or_create_collection(
                    name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            try:
                return self.client().get_collection(name, embedding_function=None)
            except NotFoundError:
                return None

    def drop(self, name: str) -> None:
        """Takes a collection away; one that is not there is no error. Raises as `client`."""
        from chromadb.errors import NotFoundError

        with self.errors(), suppress(NotFoundError):
            self.client().delete_collection(name)

    def names(self, beginning: str) -> list[str]:
        """Of all collections whose name begins so. Raises as `client`."""
        with self.errors():
            return [there.name for there in self.client().list_collections() if there.name.startswith(beginning)]

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What Chroma raises, told as one line.

        Raises:
            IndexStumbled: a collection is gone, or of another kind.
            StorageError: the server cannot be reached, or fails.
        """
        import httpx
        from chromadb.errors import ChromaError, NotFoundError

        try:
            yield
        except ParametricMemoryError:
            raise
        except NotFoundError as error:
            raise IndexStumbled(
                f"The index server at {self} lacks what the memory had there: {_line(error)}."
            ) from error
        except (ChromaError, httpx.HTTPStatusError) as error:
            raise StorageError(f"The index server at {self} refused: {_line(error)}. Look into its log.") from error
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise self._unusable(error) from error
        except Exception as error:
            if type(error) is not Exception:
                raise
            # What Chroma raises where the answer is not one of its server's, but of a proxy before it.
            raise StorageError(
                f"The index server at {self}, or a proxy before it, refused: {_line(_cause(error))}."
            ) from error

    def _unusable(self, error: Exception) -> StorageError:
        return StorageError(
            f"Could not use the index server at {self} ({_line(_cause(error))}): start one there with `chroma run`, "
            "or name another with --index."
        )


class ServerConnection:
    """Leads an index to its collection in a server, see `IndexConnection`."""

    def __init__(self, server: IndexServer, way_out: str) -> None:
        self._server, self._way_out = server, way_out

    def __str__(self) -> str:
        return str(self._server)

    @property
    def way_out(self) -> str:
        """What a user can do about an index that cannot be used."""
        return self._way_out

    @property
    def is_behind(self) -> bool:
        """A server tells everybody the same."""
        return False

    @property
    def is_full(self) -> bool:
        """What room the server has is not known here."""
        return False

    def client(self, create: bool = False) -> ClientAPI | None:
        """The client of the server; it makes nothing by itself. Raises StorageError."""
        return self._server.client()

    def check_room(self, vector_bytes: int) -> None:
        """The server refuses by itself what it has no room for."""

    def written(self) -> None:
        """Who writes says so elsewhere."""

    @property
    def has_opened(self) -> bool:
        """What is on the server's disk is the server's."""
        return False

    def blank(self) -> None:
        """Nothing is there to be taken away."""

    def close(self) -> None:
        """The client is that of others, too."""

    def leave(self) -> None:
        """The client is opened anew in another process."""

    def clear_errors(self) -> Any:
        """As `IndexServer.errors`."""
        return self._server.errors()


class ServerIndex(MemoryIndex):
    """The vectors of a memory's entries in a collection of a server.

    Methods raise as those of `MemoryIndex`, and StorageError where the server cannot be reached. Of the methods about
    files, none is for it.
    """

    _compared_exactly = 5_000 * 384  # numbers; a server tells so many in a second or two
    _few = 0  # it takes longer to tell vectors than to look for the nearest

    def __init__(
        self,
        server: IndexServer,
        collection: str,
        name: str,
        way_out: str,
        changes: Callable[[], object],
        *,
        fingerprint: str = "",
        state_of: StateOf | None = None,
    ) -> None:
        """
        Args:
            collection: what it is called there.
            name: tells it from other indexes of the same memory.
            way_out: what a user can do about an index that cannot be used, as a command.
            changes: what was written last; None: somebody is writing.
            fingerprint, state_of: see `MemoryIndex`.
        """
        self._server, self._name, self._changes = server, name, changes
        self._seen: object = None
        self._missed = False
        self._over(ServerConnection(server, way_out), collection, fingerprint, state_of)

    @property
    def name(self) -> str:
        return self._name

    def close(self) -> None:
        """The next call looks at the server anew."""
        with self._lock:
            self._opened = self._nearest = None

    def drop(self) -> None:
        """The collection goes. Raises StorageError."""
        self.close()
        self._server.drop(self._collection_name)

    @property
    def is_behind(self) -> bool:
        """Whether what was passed over may be of entries that somebody just wrote."""
        missed, self._missed = self._missed, False
        return missed

    @contextmanager
    def _reading(self) -> Iterator[Collection | None]:
        with self._lock:
            seen = self._changes()
            try:
                with super()._reading() as collection:
                    if self._nearest is not None and (seen is None or seen != self._seen):
                        self._nearest.catch_up()
                    before = len(self._passed_over)
                    yield collection
                    self._missed = len(self._passed_over) > before and (seen is None or self._changes() != seen)
            except IndexStumbled:
                self.close()
                raise
            self._seen = seen


def _cause(error: BaseException) -> BaseException:
    """What Chroma's client met when it raised an error that says less."""
    import httpx

    return error.__context__ if isinstance(error.__context__, httpx.HTTPError) else error


def _line(error: BaseException) -> str:
    """The first line of what an error says, without a full stop."""
    return (next(iter(str(error).splitlines()), "") or type(error).__name__).rstrip(". ")
