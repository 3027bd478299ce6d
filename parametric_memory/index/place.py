"""Where an index can be opened: in its folder, or in a copy of one that Chroma could not write to.

Chroma writes also when it only reads. Of a folder on a read-only disk, or of another user, or on a disk that is full,
readers open a copy in the folder for temporary files. Knows nothing about Chroma's files.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from parametric_memory.errors import StorageError
from parametric_memory.files.process_lock import ProcessLock

_PREFIX, _LOCK = "parametric-memory-index-", ".lock"
_held: dict[Path, ProcessLock] = {}  # until this process ends; the system lets go of them
_LEAST = 1_000_000  # bytes that Chroma may need to read what was written last
_TO_ADD = 8_000_000  # and that it may need for a few vectors, with all that it keeps of them
_MOMENT = 1.0  # seconds; who sweeps holds the lock of a copy for less


def is_full(folder: Path) -> bool:
    """Whether the disk has no room left for what reading may write."""
    return _free(folder) < _LEAST


def check_room(folder: Path, vector_bytes: int) -> None:
    """Refuse to begin what the disk may not hold: Chroma's engine does not always come back from a full one.

    Raises StorageError.
    """
    if (free := _free(folder)) < _TO_ADD + 8 * vector_bytes:
        raise StorageError(
            f"Could not write to the index in {folder}: the disk is full ({free / 1e6:.1f} MB are left). Free some "
            "space and try again."
        )


def can_be_written(folder: Path) -> bool:
    """Whether Chroma can open the folder as it is."""
    files = [folder, *(path for path in folder.rglob("*"))]
    return not is_full(folder) and all(os.access(path, os.W_OK) for path in files)


def private_copy(folder: Path) -> Path:
    """A copy that belongs to whoever asks, who also takes it away; of one that was killed, the next who sweeps does.

    Raises OSError.
    """
    sweep()
    place = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        _held[place] = ProcessLock(place / _LOCK)
        _held[place].take(_MOMENT)
        copy = place / folder.name
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    for path in [copy, *copy.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    return copy


def sweep() -> None:
    """Takes away the copies of processes that died."""
    with suppress(OSError):  # there is no folder for temporary files
        for lock_file in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
            with suppress(OSError):  # another user's
                lock = ProcessLock(lock_file)
                if lock.take():
                    shutil.rmtree(lock_file.parent, ignore_errors=True)
                    lock.release()


def _free(folder: Path) -> int:
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(there).free
