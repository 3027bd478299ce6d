"""A place for files that several machines reach: a shared folder, or what fsspec has a file system for, such as S3.

Files are written whole or not at all. Knows nothing about what is in them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from parametric_memory.errors import ParametricMemoryError, SettingsError, StorageError
from parametric_memory.files.durable import read_file, storage_errors, sync_folder, write_durably

_BUCKETS = ("s3", "s3a", "gs", "gcs", "abfs", "az")  # file systems whose first folder somebody has to make
_EXTRA = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
_S3_PATIENCE = {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 2}}


class Place(Protocol):
    """Files by their paths, which have slashes. As text, it is what a user calls it.

    Every method raises StorageError where the place cannot be used.
    """

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError."""

    def write(self, path: str, data: bytes) -> None:
        """In place of what may be there."""

    def create(self, path: str, data: bytes) -> bool:
        """Whether there was no such file, and now is."""

    def remove(self, path: str) -> None:
        """One that is not there is no error."""

    def files(self, folder: str) -> list[str]:
        """The paths of all files below a folder, sorted; none where it is not there."""


def place_at(where: str | Path) -> Place:
    """A place by its path or URL. Raises SettingsError: no file system is known for the URL."""
    if isinstance(where, Path) or "://" not in where:
        return FolderPlace(Path(where))
    if where.startswith("file://"):
        return FolderPlace(Path(unquote(urlsplit(where).path)), where)
    return ObjectPlace(where)


class FolderPlace:
    """A folder, which may be on a disk that machines share."""

    def __init__(self, folder: Path, spelled: str = "") -> None:
        """spelled: what the user calls it, if not by its path."""
        self.folder, self._spelled = folder, spelled or str(folder)

    def __str__(self) -> str:
        return self._spelled

    def read(self, path: str) -> bytes:
        with storage_errors(f"read {self.folder / path}"):
            try:
                return read_file(self.folder / path)
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = error
        raise FileNotFoundError(str(missing))

    def write(self, path: str, data: bytes) -> None:
        with storage_errors(f"write {self.folder / path}"), self._written(path, data) as temporary:
            temporary.replace(self.folder / path)

    def create(self, path: str, data: bytes) -> bool:
        with storage_errors(f"write {self.folder / path}"), self._written(path, data) as temporary:
            try:
                os.link(temporary, self.folder / path)
            except FileExistsError:
                return False
        return True

    @contextmanager
    def _written(self, path: str, data: bytes) -> Iterator[Path]:
        """A file beside another, with what that is to hold; the names there are on the disk after the block."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{uuid4().hex}.tmp")
        try:
            write_durably(temporary, data)
            yield temporary
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, path: str) -> None:
        target = self.folder / path
        with storage_errors(f"remove {target}"):
            target.unlink(missing_ok=True)
            with suppress(OSError):  # others are in it, or it is gone
                target.parent.rmdir()

    def files(self, folder: str) -> list[str]:
        with storage_errors(f"list {self.folder / folder}"):
            found = (path for path in (self.folder / folder).rglob("*") if path.is_file())
            return sorted(path.relative_to(self.folder).as_posix() for path in found)


class ObjectPlace:
    """What fsspec has a file system for. Addresses and keys come from where its packages look for them."""

    def __init__(self, url: str) -> None:
        """Raises SettingsError: no file system is known for the URL, or its package is not installed."""
        import fsspec

        self._url = url.rstrip("/")
        self._protocol = url.partition("://")[0]
        own: dict[str, Any] = {"config_kwargs": _S3_PATIENCE} if self._protocol in ("s3", "s3a") else {}
        try:
            # What others write has to be seen, so that no listing is kept.
            self._files, self._root = fsspec.url_to_fs(self._url, use_listings_cache=False, **own)
        except ImportError as error:
            package = _EXTRA.get(self._protocol)
            wanted = f" (for this one {package})" if package else ""
            raise SettingsError(
                f"{url} needs a package that is not installed{wanted}: run "
                f"`pip install {'parametric-memory[shared]' if package == 's3fs' else package or 'fsspec'}`."
            ) from error
        except ValueError as error:
            raise SettingsError(f"{url} names no kind of place that fsspec knows: {error}.") from error

    def __str__(self) -> str:
        return self._url

    def read(self, path: str) -> bytes:
        with self._errors(f"read {self._url}/{path}"):
            try:
                data: bytes = self._files.cat_file(self._at(path))
                return data
            except FileNotFoundError as error:
                missing = error
            self._check_bucket()
        raise FileNotFoundError(str(missing))

    def write(self, path: str, data: bytes) -> None:
        with self._errors(f"write {self._url}/{path}"):
            self._make_parents(path)
            self._files.pipe_file(self._at(path), data)

    def create(self, path: str, data: bytes) -> bool:
        with self._errors(f"write {self._url}/{path}"):
            if self._files.exists(self._at(path)):
                return False
            self._make_parents(path)
            try:
                self._files.pipe_file(self._at(path), data, mode="create")
            except FileExistsError:
                return False
        return True

    def remove(self, path: str) -> None:
        with self._errors(f"remove {self._url}/{path}"), suppress(FileNotFoundError):
            self._files.rm_file(self._at(path))

    def files(self, folder: str) -> list[str]:
        with self._errors(f"list {self._url}/{folder}"):
            try:
                found = self._files.find(self._at(folder))
            except FileNotFoundError:
                return []
            return sorted(path.removeprefix(self._root).lstrip("/") for path in found)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root else path

    def _make_parents(self, path: str) -> None:
        """Folders, of a file system that has such."""
        if self._protocol not in _BUCKETS:
            self._files.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)

    def _check_bucket(self) -> None:
        """A bucket that is not there looks like one without files. Raises FileNotFoundError."""
        if self._protocol in _BUCKETS and not self._files.exists(bucket := self._root.partition("/")[0]):
            raise FileNotFoundError(f"there is no bucket {bucket}: make it, or name another")

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except ParametricMemoryError:
            raise
        except FileNotFoundError as error:
            raise StorageError(f"Could not {doing}: {_line(error)}.") from error
        except Exception as error:  # each file system has its own
            raise StorageError(
                f"Could not {doing}: {_line(error)}. Check the address, the keys and the connection."
            ) from error


def _line(error: BaseException) -> str:
    """The first line of what an error says, without a full stop."""
    return (next(iter(str(error).splitlines()), "") or type(error).__name__).rstrip(". ")
