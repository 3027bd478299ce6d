"""Files: written whole or not at all, errors of the operating system in one line, and bounded reading of JSON."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from parametric_memory.errors import CheckpointError, StorageError

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


def replace_durably(path: Path, data: bytes) -> None:
    """Replaces a file's content atomically, also if the system crashes."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write, which replaces `path` when it is complete; on an error, `path` stays as it is.

    mode: permissions of the new file, less the process's umask.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb", opener=partial(os.open, mode=mode)) as file:
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


# As objects, JSON may take twenty times as much memory. A configuration that names ten thousand modules is smaller.
LARGEST_CONFIG = 4 * 2**20  # bytes
_STRING_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{,:]', re.DOTALL)  # a string that never ends, too


def parsed(data: bytes | str) -> Any:
    """As `json.loads`. Raises ValueError: it is no JSON, or nested too deeply."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def holds_more(data: bytes, values: float) -> bool:
    """Whether JSON may become more than so many values and names, each of some sixty bytes."""
    if sum(map(data.count, (b"[", b"{", b",", b":"))) <= values:
        return False
    if b"\0" in data:  # it is of UTF-16 or UTF-32, where a byte alone does not tell what ends a string
        return True
    marks = (found for found in _STRING_OR_MARK.finditer(data) if data[found.start()] != ord('"'))
    return next(islice(marks, int(values), None), None) is not None


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises CheckpointError: it holds something else; and as `read_bounded`."""
    data = read_bounded(path)
    try:
        content = parsed(data)
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: it is no JSON ({error}).") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is damaged: it should hold a JSON object.")
    return content


def read_bounded(path: Path) -> bytes:
    """A file's content. Raises StorageError, and CheckpointError: the file is larger than `LARGEST_CONFIG`."""
    with storage_errors(f"read {path}"), open_file(path) as file:
        data = file.read(LARGEST_CONFIG + 1)
    if len(data) > LARGEST_CONFIG:
        raise CheckpointError(
            f"{path} cannot be used: it is larger than {LARGEST_CONFIG / 1e6:.1f} MB, which no such file needs to be."
        )
    return data


def sha256_of(path: Path) -> str:
    """The digest of a file's content, in hex. Raises StorageError: the disk refuses."""
    with storage_errors(f"read {path}"), open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or else its type; without a full stop."""
    return next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__).rstrip(". ")


def shown(value: object) -> str:
    """Untrusted text in a message: on one line, cut if it is long."""
    text = str(value)
    cut = text if len(text) <= 200 else f"{text[:200]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in cut)
