"""A long task, a reindex or an upgrade, that makes its result ready beside the memory: others read and write meanwhile.

    <memory>/work/task.json    what is going on, by which process, and how far it is
    <memory>/work/.lock        held by that process
    <memory>/work/changed      entries that others wrote meanwhile: their ids, a JSON string a line
    <memory>/work/made/        entries that are made anew
    <memory>/work/commit.json  what the memory is to be made with: from when it is there, what is ready takes its place,
                               by whoever opens the memory next if need be

Where the process dies, others go on noting what they write, and the same task, begun again, goes on where it was.

All but `noted` and what only looks belongs to who holds the memory's write lock. Knows nothing about what tasks do.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from parametric_memory.errors import MemoryLocked
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.files.process_lock import ProcessLock
from parametric_memory.records import RunningTask

FOLDER = "work"
_TOLD_EVERY = 16  # entries
_MOMENT = 1.0  # seconds; who looks whether a task is running holds its lock for less


class Work:
    """The long task of one memory, if there is one."""

    def __init__(self, memory: Path) -> None:
        self._memory, self.folder = memory, memory / FOLDER
        self.made, self.commit = self.folder / "made", self.folder / "commit.json"
        self._changed, self._task = self.folder / "changed", self.folder / "task.json"
        self._lock = ProcessLock(self.folder / ".lock")

    def running(self) -> RunningTask | None:
        """The task that is running; None: there is none, or its process died."""
        return None if not self._task.exists() or self._is_dead() else self._read_task()

    def check_free(self) -> None:
        """Refuse to touch what a process is at work on which could not say so, such as on a full disk.

        Raises MemoryLocked.
        """
        if self.folder.exists():
            probe = ProcessLock(self.folder / ".lock")
            self._take(probe)
            probe.release()

    def begin(self, task: RunningTask) -> LongTask:
        """Where nothing is left of another, or what is left of the same. Raises MemoryLocked: another is running."""
        with storage_errors(f"begin to {task.task} the memory in {self._memory}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._take(self._lock)
            self._changed.touch()
            return LongTask(self, task)

    def _take(self, lock: ProcessLock) -> None:
        with storage_errors(f"write {self.folder}"):
            taken = lock.take(_MOMENT)
        if not taken:
            raise MemoryLocked(
                f"Another process is at a reindex or an upgrade of the memory in {self._memory}: try again when it has "
                "finished."
            )

    def note(self, id: str) -> None:
        """An entry is about to change: a task that is running has to look at it again."""
        if self._changed.exists():
            with storage_errors(f"write {self._changed}"), self._changed.open("a", encoding="utf-8") as file:
                file.write(json.dumps(id) + "\n")

    def noted(self, start: int) -> tuple[list[str], int]:
        """The entries that were noted after a place in the file, each once, and the place where they end."""
        with self._changed.open("rb") as file:
            file.seek(start)
            whole, newline, _ = file.read().rpartition(b"\n")
        ids = dict.fromkeys(json.loads(line) for line in whole.splitlines())
        return list(ids), start + len(whole) + len(newline)

    @property
    def is_left(self) -> bool:
        """Whether something is there of a task that died, and had nothing ready."""
        return self.folder.exists() and not self.commit.exists() and self._is_dead()

    def left(self) -> RunningTask | None:
        """The task whose process died, if it can go on where it was."""
        return self._read_task() if self._changed.exists() and self.is_left else None

    def clear(self) -> None:
        """All of it goes."""
        self.abandon()
        shutil.rmtree(self.folder, ignore_errors=True)

    def abandon(self) -> None:
        """It is not to go on: what is left goes with the next write."""
        with suppress(OSError):
            self._task.unlink(missing_ok=True)
        self.let_go()

    def let_go(self) -> None:
        """As when the process dies: it can go on where it was."""
        if self._lock.depth:
            self._lock.release()

    def write_task(self, task: RunningTask) -> None:
        with suppress(OSError):  # a full disk, which the task itself will tell of
            replace_durably(self._task, task.model_dump_json().encode())

    def _read_task(self) -> RunningTask | None:
        with suppress(OSError, ValidationError):
            return RunningTask.model_validate_json(self._task.read_bytes())
        return None

    def _is_dead(self) -> bool:
        if self._lock.depth:
            return False
        probe = ProcessLock(self.folder / ".lock")
        with suppress(OSError):  # of what may not be written, nobody knows
            if probe.take():
                probe.release()
                return True
        return False


class LongTask:
    """One that this process runs.

    Attributes:
        state: how far it is.
    """

    def __init__(self, work: Work, task: RunningTask) -> None:
        self.work, self.state, self._read = work, task, 0
        work.write_task(task)

    def goes_on(self) -> None:
        """One more entry is done."""
        self.state = self.state.model_copy(update={"done": self.state.done + 1})
        if self.state.done % _TOLD_EVERY == 0 or self.state.done == self.state.entries:
            self.work.write_task(self.state)

    def changed(self) -> list[str]:
        """Entries that others wrote since this was last asked."""
        ids, self._read = self.work.noted(self._read)
        return ids
