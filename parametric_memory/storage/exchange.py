"""Folders that take each other's place in one step: readers see the old one or the new one, also when a writer dies.

    <places>/<name>/               what readers see
    <places>/.staging/<name>.tmp   what a writer is at work on
    <places>/.staging/<name>.new   written whole; the old one moves away, and this takes its place
    <places>/.staging/<name>.old   on its way out

A reader that finds no folder looks at `<name>.new`, which is whole whenever the folder is missing. One writer at a
time; the next one finishes what a dead one began. Knows nothing about what is in the folders.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from parametric_memory.files.durable import sync_folder

_TEMPORARY, _NEW, _OLD = ".tmp", ".new", ".old"
_LOOKS = 3  # at both places, between which a folder may move


class Exchange:
    """Of the folders in one. All but reading is for who keeps other writers out. Every method raises OSError."""

    def __init__(self, places: Path) -> None:
        self.places, self.staging = places, places / ".staging"

    def names(self) -> set[str]:
        """Of all folders, without what begins with a dot.

        Listed twice around the staged ones, so that one that is being replaced at either moment is not missed.
        """
        names = _folders(self.places)
        names |= {name.removesuffix(_NEW) for name in _folders(self.staging) if name.endswith(_NEW)}
        names |= _folders(self.places)
        return {name for name in names if not name.startswith(".")}

    def looks(self, name: str) -> Iterator[Path]:
        """Where the folder of a name may be, in the order in which a reader looks."""
        yield from [self.places / name, self.staging / (name + _NEW)] * _LOOKS

    def prepared(self, name: str) -> Path:
        """Where what is to get the name is written first."""
        return self.staging / (name + _TEMPORARY)

    def put(self, name: str) -> None:
        """What was prepared is whole, and gets its name."""
        sync_folder(self.prepared(name))
        self.prepared(name).rename(self.staging / (name + _NEW))
        self._put_in_place(name)

    def take_out(self, name: str) -> None:
        """The folder goes. Raises FileNotFoundError where there is none."""
        self.staging.mkdir(parents=True, exist_ok=True)
        old = self.staging / (name + _OLD)
        (self.places / name).rename(old)
        sync_folder(self.places)
        _remove(old)

    def take_over(self, folder: Path) -> None:
        """A whole folder from elsewhere on this disk takes the place of the one of its name."""
        place, old = self.places / folder.name, self.staging / (folder.name + _OLD)
        if place.exists():
            place.rename(old)
        folder.rename(place)
        with suppress(OSError):
            _remove(old)

    def undo(self, name: str) -> None:
        """Back to what was before a `put` that failed."""
        place, old = self.places / name, self.staging / (name + _OLD)
        if old.exists() and not place.exists():
            old.rename(place)
        for suffix in (_TEMPORARY, _NEW, _OLD):
            shutil.rmtree(self.staging / (name + suffix), ignore_errors=True)

    @property
    def is_left(self) -> bool:
        """Whether something is there of what a writer is at work on, or died at."""
        with suppress(FileNotFoundError):
            return any(self.staging.iterdir())
        return False

    def finish(self) -> None:
        """Leaves each folder as readers saw it when a writer died."""
        for path in self.staging.glob(f"*{_NEW}"):
            if not (self.places / path.stem).exists():
                self._put_in_place(path.stem)
        for path in self.staging.glob("*"):
            _remove(path)

    def _put_in_place(self, name: str) -> None:
        place, old = self.places / name, self.staging / (name + _OLD)
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
            place.rename(old)
        (self.staging / (name + _NEW)).rename(place)
        sync_folder(self.places)
        with suppress(OSError):
            _remove(old)


def _folders(folder: Path) -> set[str]:
    """Names of the folders in a folder; none when it is not there."""
    try:
        with os.scandir(folder) as found:
            return {entry.name for entry in found if entry.is_dir()}
    except FileNotFoundError:
        return set()


def _remove(path: Path) -> None:
    """A folder with all in it, or a file that somebody put in its place; nothing is fine."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
