"""A reindex or an upgrade that is under way: which process is at it, and how far it is.

Its process holds a lock; where it dies, the system lets go of that, and the same task, begun again, goes on where it
was. Knows nothing about what tasks do.
"""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING

import sqlalchemy as sql

from parametric_memory.errors import MemoryLocked
from parametric_memory.records import RunningTask
from parametric_memory.storage.entries import SPACE
from parametric_memory.storage.revisions import drop_replacements
from parametric_memory.storage.schema import tasks, vectors

if TYPE_CHECKING:
    from parametric_memory.storage.database import Database

_NOTED_EVERY = 0.5  # seconds


class TaskStore:
    """The long task of one memory, if there is one."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, database.lock("task")
        self._mine: RunningTask | None = None
        self._noted = 0.0

    def running(self) -> RunningTask | None:
        """The task that is running; None: there is none, or its process died."""
        return self._mine or self._read(is_left=False)

    def left(self) -> RunningTask | None:
        """The task whose process died, if there is one: it can go on where it was."""
        return self._read(is_left=True)

    def begin(self, task: RunningTask, space: int) -> tuple[RunningTask, int]:
        """Begins a task, or goes on with the same one that was cut off: the task, and the space of its vectors.

        space: of a task that begins anew.

        Raises:
            MemoryLocked: another process is at one.
            StorageError: nothing can be written.
        """
        self._database.check_can_be_written()
        if not self._lock.take():
            raise MemoryLocked(
                f"Another process is at a reindex or an upgrade of the memory in {self._database.location}: try again "
                "when it has finished."
            )
        try:
            with self._database.writing() as connection:
                same = (tasks.c.task == task.task, tasks.c.becomes == task.becomes)
                left = connection.execute(sql.select(tasks.c.space, tasks.c.started).where(*same)).first()
                if left is not None:
                    space, task = left.space, task.model_copy(update={"started": left.started})
                else:
                    self.drop()
                    connection.execute(tasks.insert().values(space=space, **task.model_dump()))
        except BaseException:
            self._lock.release()
            raise
        self._mine = task
        return task, space

    def note(self, done: int) -> RunningTask:
        """Notes how many entries are ready."""
        assert self._mine is not None
        self._mine = self._mine.model_copy(update={"done": done, "pid": os.getpid()})
        if monotonic() - self._noted > _NOTED_EVERY or done == self._mine.entries:
            self._noted = monotonic()
            with self._database.writing() as connection:
                connection.execute(tasks.update().values(done=done, pid=self._mine.pid))
        return self._mine

    def let_go(self) -> None:
        """As when the process dies: what is not done can go on later."""
        self._mine = None
        self._lock.release()

    def drop(self) -> None:
        """Takes away a task that is done or was cut off, with what it made and is not in use."""
        with self._database.writing() as connection:
            connection.execute(tasks.delete())
            drop_replacements(connection)
            in_use = int(self._database.setting(SPACE) or 0)
            connection.execute(vectors.delete().where(vectors.c.space != in_use))

    def _read(self, is_left: bool) -> RunningTask | None:
        with self._database.reading() as connection:
            row = connection.execute(sql.select(*(tasks.c[name] for name in RunningTask.model_fields))).first()
        return None if row is None or self._lock.is_free != is_left else RunningTask(**row._mapping)
