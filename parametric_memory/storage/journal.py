"""Which entries are being changed, noted on the disk before the first step: what a killed writer left half done is
looked for there, and not among all entries.

    <memory>/entries/.writer/changing   their ids, as a JSON list in the first line
    <memory>/entries/.writer/traces     there while something on the disk may still tell of what was deleted

Only who holds the memory's write lock changes it. Knows nothing about entries and their index.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from parametric_memory.files.durable import storage_errors


class ChangeJournal(Protocol):
    """What `Journal` does, wherever it is noted."""

    @property
    def has_traces(self) -> bool: ...
    @property
    def last_traces(self) -> datetime | None: ...
    def leaves_traces(self) -> None: ...
    def has_no_traces(self) -> None: ...
    def ids(self) -> list[str] | None: ...
    def changing(self, *ids: str) -> AbstractContextManager[None]: ...
    def clear(self) -> None: ...


class Journal:
    """Of one folder of entries."""

    def __init__(self, entries: Path) -> None:
        self._file, self._traces = entries / ".writer" / "changing", entries / ".writer" / "traces"

    @property
    def has_traces(self) -> bool:
        """Whether something on the disk may still tell of what was deleted."""
        return self._traces.exists()

    @property
    def last_traces(self) -> datetime | None:
        """When something was deleted last that the disk may still tell of, in UTC."""
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp(self._traces.stat().st_mtime, UTC)
        return None

    def leaves_traces(self) -> None:
        """Something is about to be deleted."""
        with storage_errors(f"write {self._traces}"):
            self._traces.parent.mkdir(parents=True, exist_ok=True)
            self._traces.touch()

    def has_no_traces(self) -> None:
        """All of it is off the disk."""
        with storage_errors(f"take away {self._traces}"):
            self._traces.unlink(missing_ok=True)

    def ids(self) -> list[str] | None:
        """The entries that somebody is changing, or was when it was killed; None: the note is damaged."""
        try:
            line = self._file.read_bytes().partition(b"\n")[0]
        except FileNotFoundError:
            return []
        with suppress(ValueError):
            ids = json.loads(line)
            if isinstance(ids, list) and all(isinstance(id, str) for id in ids):
                return ids
        return None

    @contextmanager
    def changing(self, *ids: str) -> Iterator[None]:
        """A block in which entries change. Where it fails, the note stays: who writes next looks after them."""
        before = self.ids()
        if before is None:  # all entries are to be looked after
            yield
            return
        with storage_errors(f"write {self._file}"):
            self._note([*dict.fromkeys([*before, *ids])], wait=True)
        yield
        with suppress(OSError):
            self._note(before, wait=False)

    def clear(self) -> None:
        """All entries that were noted are looked after."""
        with storage_errors(f"write {self._file}"):
            self._note([], wait=False)

    def _note(self, ids: list[str], wait: bool) -> None:
        """Over what is there, so that a full disk has room for it; of that, blanks stay.

        wait: until it is on the disk.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            os.write(descriptor, (json.dumps(ids).encode() + b"\n").ljust(os.fstat(descriptor).st_size))
            if wait:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
