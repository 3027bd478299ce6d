"""Durable writes, and errors of the operating system as one clear line."""

from __future__ import annotations

import errno
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from parametric_memory.errors import StorageError

# Raised by reading a zip file that is encrypted, packed in an unknown way (the first two), or damaged.
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError)
ZIP_ERRORS = (RuntimeError, NotImplementedError, *_DAMAGED)

_DENIED = "permission denied. Choose a folder you may write to, or change its permissions"
_WAYS_OUT = {
    errno.ENOSPC: "the disk is full. Free some space and try again",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again",
    **dict.fromkeys((errno.EACCES, errno.EPERM), _DENIED),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), "a file stands where a folder is needed. Choose another folder"),
    errno.EROFS: "the file system is read-only. Choose another folder",
}


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turns an `OSError` into a `StorageError` with its reason and the way out.

    doing: the end of "Could not ...", such as "write entry 3 to /data/memory".
    """
    try:
        yield
    except OSError as error:
        reason = _WAYS_OUT.get(error.errno or 0) or error.strerror or str(error)
        raise StorageError(f"Could not {doing}: {reason}.") from error


def open_file(path: Path) -> BufferedReader:
    """Opens a file to read. Raises OSError, also for pipes, which block, and devices, which may have no end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(kind):
            raise OSError(errno.ESPIPE, "it is a pipe or a device, not a file", str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_file(path: Path) -> bytes:
    """What is in a file. Raises as `open_file` does."""
    with open_file(path) as file:
        return file.read()


def replace_durably(path: Path, data: bytes) -> None:
    """Replaces a file's content atomically, also if the system crashes."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which replaces `path` when it is complete; on an error, `path` stays as it is."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):  # the first error is raised
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def replace_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Writes files into a folder, by name, which is created if missing.

    All are on the disk before the first is put in place, in the order given; on an error, nothing is changed.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as files:
            for name, data in reversed([*contents.items()]):  # what is opened last is closed, and replaced, first
                file = files.enter_context(replacing(folder / name))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):  # the first error is raised
            for path in made:
                path.rmdir()
        raise


def sync_folder(folder: Path) -> None:
    """Flushes the names in a folder to the disk; Windows has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
