"""The files of entries as they were from one change to the next: packed in a shared place, unpacked on this machine.

    <cache>/<name>/<revision>-<random>/    as in the folder of an entry, see `entry_store`

What is packed is never changed, so that what was unpacked once is right for good. Processes of this machine share what
they unpacked. Of what nobody sees any more nothing stays: see `sweep`. Knows nothing about what the files hold.
"""

from __future__ import annotations

import io
import shutil
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from uuid import uuid4

from parametric_memory.errors import CheckpointError
from parametric_memory.files.archives import problem
from parametric_memory.files.durable import ZIP_ERRORS, storage_errors
from parametric_memory.storage.shared.place import Place

ENTRIES = "entries"
_SUFFIX = ".zip"
_UNPACKED, _MADE = "versions", "made"
_FORGOTTEN = 3600.0  # seconds after which what a process was making is one's that died
_MOST = 10_000  # entries that are kept here


class Versions:
    """Of one shared memory."""

    def __init__(self, place: Place, cache: Path) -> None:
        self._place, self._unpacked, self._made = place, cache / _UNPACKED, cache / _MADE

    @staticmethod
    def new(name: str, revision: int) -> str:
        """A path in the place that no other has."""
        return f"{ENTRIES}/{name}/{revision}-{uuid4().hex[:12]}{_SUFFIX}"

    @staticmethod
    def revision(file: str) -> int:
        """That of a path; 0 for a strange one."""
        number = PurePosixPath(file).name.partition("-")[0]
        return int(number) if number.isdigit() else 0

    def folder(self, file: str) -> Path:
        """Where a version is unpacked on this machine; it is fetched if it is not there.

        Raises:
            FileNotFoundError: it is not in the place.
            CheckpointError: what stands there is damaged.
            StorageError: the place or this machine's disk refuses.
        """
        target = self._at(file)
        if not target.is_dir():
            data = self._place.read(file)
            with self.making() as folder:
                self._unpack(file, data, folder)
                self._keep(folder, target)
        return target

    @contextmanager
    def making(self) -> Iterator[Path]:
        """An empty folder for the length of the block."""
        folder = self._made / uuid4().hex
        with storage_errors(f"write {folder}"):
            folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def write(self, file: str, folder: Path) -> None:
        """Puts what is in a folder into the place, and the folder among what is unpacked. Raises StorageError."""
        packed = io.BytesIO()
        with storage_errors(f"read {folder}"), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(folder).as_posix())
        self._place.write(file, packed.getvalue())
        self._keep(folder, self._at(file))

    def remove(self, file: str) -> None:
        """From the place, and from this machine. Raises StorageError."""
        self._place.remove(file)
        self.forget([file])

    def files(self, name: str | None = None) -> list[str]:
        """Paths of all that is in the place, or that is of one entry. Raises StorageError."""
        return self._place.files(f"{ENTRIES}/{name}" if name else ENTRIES)

    def unpacked(self) -> list[str]:
        """The paths of those that are unpacked here."""
        found = self._unpacked.glob("*/*")
        return [f"{ENTRIES}/{path.relative_to(self._unpacked).as_posix()}{_SUFFIX}" for path in found]

    def forget(self, files: Iterable[str]) -> None:
        """Takes them off this machine."""
        for file in files:
            target = self._at(file)
            shutil.rmtree(target, ignore_errors=True)
            with suppress(OSError):  # others are in it
                target.parent.rmdir()

    def sweep(self, seen: set[str]) -> None:
        """Takes off this machine what is not among the paths that are seen, what processes left that died, and the
        oldest of too many."""
        here = self.unpacked()
        self.forget(file for file in here if file not in seen)
        kept = [file for file in here if file in seen]
        if len(kept) > _MOST:
            kept.sort(key=lambda file: _changed(self._at(file)))
            self.forget(kept[: len(kept) - _MOST])
        for path in self._made.glob("*"):
            if time.time() - _changed(path) > _FORGOTTEN:
                shutil.rmtree(path, ignore_errors=True)

    def _at(self, file: str) -> Path:
        path = PurePosixPath(file)
        return self._unpacked / path.parent.name / path.name.removesuffix(_SUFFIX)

    def _keep(self, folder: Path, target: Path) -> None:
        """Moves a folder to where it is looked for; another process may have put the same there."""
        with storage_errors(f"write {target}"):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.rename(target)
            except OSError:
                if not target.is_dir():
                    raise

    def _unpack(self, file: str, data: bytes, folder: Path) -> None:
        where = f"{self._place}/{file}"
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if (how := problem(archive.infolist(), len(data))) is not None:
                    raise CheckpointError(f"{where} is damaged: {how}.")
                with storage_errors(f"write {folder}"):
                    archive.extractall(folder)
        except ZIP_ERRORS as error:
            raise CheckpointError(f"{where} is damaged: it is no whole zip file.") from error


def _changed(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
