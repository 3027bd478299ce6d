"""What is only there for a moment, inside the memory: when its maker was killed, it goes with whoever comes next.

    <memory>/temporary/<name>/        of one process
    <memory>/temporary/<name>.lock    held by it; the system lets go of it when the process dies

Knows nothing about what is put there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from parametric_memory.files.process_lock import ProcessLock

FOLDER = "temporary"


@contextmanager
def temporary_folder(memory: Path) -> Iterator[Path]:
    """A folder for the length of the block; a memory that is yet to be made is not made by it. Raises OSError."""
    made = [path for path in (memory, *memory.parents) if not path.exists()]
    folder = memory / FOLDER / uuid4().hex
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(_lock_of(folder))
    try:
        lock.take(1.0)
        folder.mkdir(parents=True)  # who swept may have taken away what was empty
        yield folder
    finally:
        try:
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)
        finally:
            lock.release()
        with suppress(OSError):  # others use them
            for path in (folder.parent, *made):
                path.rmdir()


def sweep(memory: Path) -> None:
    """Takes away what processes left that died."""
    with suppress(OSError):
        for folder in sorted({path.with_suffix("") for path in (memory / FOLDER).iterdir()}):
            lock = ProcessLock(_lock_of(folder))
            if lock.take():
                shutil.rmtree(folder, ignore_errors=True)
                _lock_of(folder).unlink(missing_ok=True)
                lock.release()
        (memory / FOLDER).rmdir()


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")
