"""What is only there for a moment, inside a folder that stays: when its maker was killed, it goes with who comes next.

    <folder>/temporary/<name>/        of one process
    <folder>/temporary/<name>.lock    held by it; the system lets go of it when the process dies

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
def temporary_folder(within: Path) -> Iterator[Path]:
    """A folder for the length of the block; what it is within is not made by it for good. Raises OSError."""
    made = [path for path in (within, *within.parents) if not path.exists()]
    folder = within / FOLDER / uuid4().hex
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


def sweep(within: Path) -> None:
    """Takes away what processes left that died."""
    with suppress(OSError):
        for folder in sorted({path.with_suffix("") for path in (within / FOLDER).iterdir()}):
            lock = ProcessLock(_lock_of(folder))
            if lock.take():
                shutil.rmtree(folder, ignore_errors=True)
                _lock_of(folder).unlink(missing_ok=True)
                lock.release()
        (within / FOLDER).rmdir()


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")
