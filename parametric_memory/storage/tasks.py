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
        if self._mine is not None:
            return self._mine
        task = self._read()
        return None if task is None or self._lock.is_free else task

    def left(self) -> RunningTask | None:
        """The task whose process died, if there is one: it can go on where it was."""
        task = self._read()
        return task if task is not None and self._lock.is_free else None

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
                row = connection.execute(
                    sql.select(tasks).where(tasks.c.task == task.task, tasks.c.becomes == task.becomes)
                ).first()
                if row is not None:
                    space = row.space
                    task = task.model_copy(update={"started": row.started})
                else:
                    self._drop()
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
                connection.execute(
                    tasks.update().where(tasks.c.task == self._mine.task).values(done=done, pid=self._mine.pid)
                )
        return self._mine

    def end(self) -> None:
        """Within a transaction: the task is done."""
        with self._database.writing() as connection:
            connection.execute(tasks.delete())

    def let_go(self) -> None:
        """As when the process dies: what is not done can go on later."""
        self._mine = None
        self._lock.release()

    def drop(self) -> None:
        """Takes away a task that was cut off, with what it made."""
        if self._read() is not None:
            with self._database.writing():
                self._drop()

    def _drop(self) -> None:
        with self._database.writing() as connection:
            connection.execute(tasks.delete())
            drop_replacements(connection)
            in_use = int(self._database.setting(SPACE) or 0)
            connection.execute(vectors.delete().where(vectors.c.space != in_use))

    def _read(self) -> RunningTask | None:
        with self._database.reading() as connection:
            row = connection.execute(sql.select(tasks)).first()
        if row is None:
            return None
        values = dict(row._mapping)
        del values["space"]
        return RunningTask(**values)
