"""Where a shared memory is: its place, and the server that has its index. Knows nothing about entries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parametric_memory.errors import MemoryFolderError, SettingsError, as_typed
from parametric_memory.files.durable import storage_errors
from parametric_memory.index.chroma import StateOf
from parametric_memory.index.server import IndexServer, ServerIndex
from parametric_memory.settings import home
from parametric_memory.storage.identity import FILE, MemoryIdentity
from parametric_memory.storage.shared.place import FolderPlace, Place, place_at

MARKER, MADE_WITH = "shared-memory.json", "made-with.json"
FORMAT = 1
CACHES = "shared"  # the folder in the home folder that has what this machine read of shared memories


class Marker(BaseModel):
    """What makes a place a shared memory.

    Attributes:
        index: the address of the Chroma server, as whoever made the memory spelled it.
        collections: begins the names of the memory's collections there.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    index: str
    collections: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,60}$")]


class SharedLocation:
    """A place and a server. As text, it is what the user calls the place.

    Attributes:
        place: where the entries are.
        cache: a folder of this machine, for what was read of them.
    """

    def __init__(self, where: str | Path, index: str | None = None) -> None:
        """
        Args:
            index: the server's address; the one that the place names when not given.

        Raises:
            SettingsError: the place or the address is none.
        """
        self.place: Place = place_at(where)
        self._named = index
        self._known: tuple[IndexServer, str] | None = None
        if index is not None:
            IndexServer(index)  # refused before anything is made
        self.cache = home() / CACHES / hashlib.sha256(str(self.place).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return str(self.place)

    @property
    def options(self) -> list[str]:
        """The command line's options that name it."""
        return ["--memory", str(self), *(["--index", self._named] if self._named is not None else [])]

    def marker(self) -> Marker | None:
        """What makes the place a shared memory; None where nothing does yet.

        Raises:
            MemoryFolderError: it is one of a later release, or damaged.
            StorageError: the place cannot be read.
        """
        try:
            data = self.place.read(MARKER)
        except FileNotFoundError:
            return None
        try:
            marker = Marker.model_validate_json(data)
        except ValidationError as error:
            raise MemoryFolderError(f"{self}/{MARKER} is damaged: restore it from a copy.") from error
        if marker.format != FORMAT:
            raise MemoryFolderError(
                f"The shared memory in {self} is of format {marker.format}; this release reads format {FORMAT}: use "
                "the release that wrote it, or a newer one."
            )
        return marker

    def make(self) -> Marker:
        """Makes the place a shared memory, unless it is one. Whoever comes first decides.

        Raises SettingsError: no server is named.
        """
        if (there := self.marker()) is not None:
            return there
        if self._named is None:
            raise SettingsError(
                f"{self} is no memory yet, and a shared one keeps its index in a Chroma server: start one with "
                "`chroma run`, and name it with --index, or index= in Python, such as http://localhost:8000."
            )
        made = Marker(index=self._named, collections=f"pm-{uuid4().hex[:12]}")
        self.place.create(MARKER, (made.model_dump_json(indent=2) + "\n").encode())
        there = self.marker()
        assert there is not None
        return there

    def known(self, create: bool = False) -> tuple[IndexServer, str] | None:
        """The server, and how the memory's collections begin there; None where the place is no shared memory yet, and
        is not made one. Raises as `marker` and `make`.
        """
        if self._known is None:
            marker = self.make() if create else self.marker()
            if marker is not None:
                self._known = IndexServer(self._named or marker.index), marker.collections
        return self._known

    def read_identity(self) -> MemoryIdentity | None:
        """What the memory was made with; None where it holds nothing yet.

        Raises:
            MemoryFolderError: that is damaged.
            StorageError: the place cannot be read.
        """
        try:
            return MemoryIdentity.model_validate_json(self.place.read(MADE_WITH))
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise MemoryFolderError(f"{self}/{MADE_WITH} is damaged: restore it from a copy.") from error

    def write_identity(self, identity: MemoryIdentity) -> None:
        """Raises StorageError."""
        self.place.write(MADE_WITH, (identity.model_dump_json(indent=2) + "\n").encode())


def shared_index(
    location: SharedLocation,
    name: str,
    changes: Callable[[], object],
    *,
    fingerprint: str = "",
    state_of: StateOf | None = None,
) -> ServerIndex:
    """The index of a name in a location's server; see `ServerIndex` for what else is given.

    Raises as `SharedLocation.known`.
    """
    known = location.known(create=True)
    assert known is not None
    server, collections = known
    return ServerIndex(
        server,
        f"{collections}-{name}",
        name,
        f"rebuild it with `{as_typed('parametric-memory', 'reindex', *location.options)}`",
        changes,
        fingerprint=fingerprint,
        state_of=state_of,
    )


def located(where: str | Path | SharedLocation, index: str | None = None) -> Path | SharedLocation:
    """Where a memory is, by what a user names: a folder, or a shared place.

    Args:
        where: a URL, or the path of a folder. That is a shared place where it is one already, or an index is named.
        index: the address of a Chroma server.

    Raises:
        SettingsError: the URL or the address is none.
        MemoryFolderError: a memory that has an index of its own is to have one in a server.
    """
    if isinstance(where, SharedLocation):
        return where
    if isinstance(where, str) and "://" in where and not where.startswith("file://"):
        return SharedLocation(where, index)
    place = place_at(where)
    assert isinstance(place, FolderPlace)
    with storage_errors(f"look into {place}"):
        if (place.folder / FILE).exists():
            if index is None:
                return place.folder
            raise MemoryFolderError(
                f"The memory in {place} has its index beside it: write it to a file with "
                f"`{as_typed('parametric-memory', 'export', 'memory.zip', '--memory', place)}`, and import that into a "
                "shared one."
            )
        if index is not None or str(place) != str(place.folder) or (place.folder / MARKER).exists():
            return SharedLocation(where, index)
    return place.folder
