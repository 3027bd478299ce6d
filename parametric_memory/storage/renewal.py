"""Reindex and upgrade of a memory that is in use: a reindex makes vectors and the index, an upgrade adapters too.

New vectors and revisions are stored beside those in use, in the same tables, and replace them in one transaction.
Others read and write meanwhile; what they write is derived before the end. The running process holds a lock, which the
system releases when the process dies; the same task, begun again, then resumes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sql

from parametric_memory.errors import MemoryFolderError
from parametric_memory.internalize.deriving import Derived
from parametric_memory.internalize.selection import MemoryIdentity
from parametric_memory.progress import report_progress
from parametric_memory.records import RunningTask
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import SPACE, Found, add_revision, put_vectors
from parametric_memory.storage.following import COLLECTION
from parametric_memory.storage.locks import DatabaseLock
from parametric_memory.storage.schema import entries, revisions, vectors

if TYPE_CHECKING:
    from parametric_memory.storage.memory_storage import MemoryStorage

TASK = "task"  # a setting: the task that is running, or was cut off
_AT_ONCE = 64  # entries that are made in one transaction
_ROUNDS = 10  # of making what others wrote, before it is made within the last transaction
_NOTED_EVERY = 0.5  # seconds

Vectors = tuple[Sequence[Sequence[float]], Sequence[int]]  # `[part, dimension]`, and the passage of each


class TaskStore:
    """The reindex or upgrade of one memory, if one is running or was cut off."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, DatabaseLock(database, "task")
        self._noted = 0.0

    def running(self) -> RunningTask | None:
        """The task that is running; None: there is none, or its process died."""
        task = self._stored()
        return None if task is None or self._lock.is_free else task

    def left(self) -> RunningTask | None:
        """The interrupted task, whose process died, if there is one; it can be resumed."""
        task = self._stored()
        return task if task is not None and self._lock.is_free else None

    @contextmanager
    def begun(self, task: RunningTask) -> Iterator[RunningTask]:
        """A block in which a task runs; it can be resumed if that is left before the task is dropped.

        Yields the task; one that resumes has the start and the space of the interrupted one.

        Raises MemoryLocked: another process runs one; StorageError: nothing can be written.
        """
        with self._lock.held(f"is at a reindex or an upgrade of the memory in {self._database.location}"):
            with self._database.writing():
                left = self._stored()
                if left is not None and (left.task, left.becomes) == (task.task, task.becomes):
                    task = task.model_copy(update={"space": left.space, "started": left.started})
                else:
                    self.drop()
                    self._database.set(TASK, task.model_dump_json())
            yield task

    def note(self, task: RunningTask) -> None:
        """Notes how many entries are ready."""
        if monotonic() - self._noted > _NOTED_EVERY or task.done == task.entries:
            self._noted = monotonic()
            self._database.set(TASK, task.model_dump_json())

    def drop(self) -> None:
        """Deletes a finished or interrupted task, with all that it derived and that is not in use."""
        with self._database.writing() as connection:
            self._database.set(TASK, None)
            connection.execute(revisions.delete().where(revisions.c.replaces.is_not(None)))
            in_use = int(self._database.setting(SPACE) or 0)
            connection.execute(vectors.delete().where(vectors.c.space != in_use))

    def _stored(self) -> RunningTask | None:
        stored = self._database.setting(TASK)
        return None if stored is None else RunningTask.model_validate_json(stored)


class Renewal:
    """A running reindex or upgrade: the caller derives what `pending` yields, until that ends.

    with renewal_of(storage, "upgrade", identity) as renewal:
        for batch in renewal.pending():
            renewal.add([(found, ...) for found, text in batch])
    """

    def __init__(self, storage: MemoryStorage, task: RunningTask, becomes: MemoryIdentity) -> None:
        """becomes: identity afterwards."""
        self._storage, self._task, self._becomes = storage, task, becomes
        self._unmade = unmade(task.space)

    def pending(self) -> Iterator[list[tuple[Found, str]]]:
        """Batches of entries to derive, each with its text as the models read it, including those that others write
        meanwhile. Puts all in use at the end."""
        done = max(0, self._task.entries - self._storage.entries.count(*self._unmade))
        self._task = self._task.model_copy(update={"done": done})
        for left in reversed(range(_ROUNDS)):
            yield from self._batches()
            with self._storage.writing():
                if not left:
                    yield from self._batches()
                elif self._storage.entries.count(*self._unmade):
                    continue
                self._finish()
                return

    def _batches(self) -> Iterator[list[tuple[Found, str]]]:
        store, is_last = self._storage.entries, False
        while not is_last:
            with store.database.reading():
                found = store.select(*self._unmade, order=[entries.c.key], limit=_AT_ONCE)
                batch = [(of, store.reading(of)) for of in found]
            if batch:
                yield batch
            is_last = len(batch) < _AT_ONCE  # what others wrote meanwhile is of the next round

    def add(self, made: Sequence[tuple[Found, Derived | Vectors]]) -> None:
        """Stores what was derived from entries' texts beside what is in use, in one transaction."""
        store, space = self._storage.entries, self._task.space
        with store.database.writing() as connection:
            for found, of in made:
                # Else it was deleted, or its text is another one, which is still to be derived.
                if store.count(entries.c.key == found.key, entries.c.revision == found.revision):
                    if isinstance(of, Derived):
                        content = store.content(found)
                        add_revision(connection, found.key, found.entry, *content, of, space, found.revision)
                    else:
                        put_vectors(connection, found.revision, space, *of)
        for _ in made:
            self.one_more()

    def one_more(self) -> None:
        """Notes and reports that one more entry is ready."""
        done = min(self._task.done + 1, self._task.entries)
        self._task = self._task.model_copy(update={"done": done})
        self._storage.tasks.note(self._task)
        report_progress("entries", done, self._task.entries)

    def _finish(self) -> None:
        """Within a transaction: puts all that was made in use."""
        storage = self._storage
        storage.entries.use_space(self._task.space)
        versions = (storage.made_with or self._becomes).versions
        storage.become(self._becomes.model_copy(update={"versions": versions}))
        storage.database.set(COLLECTION, None)  # what is there is of the vectors of before
        storage.tasks.drop()


@contextmanager
def renewal_of(
    storage: MemoryStorage, task: Literal["reindex", "upgrade"], becomes: MemoryIdentity, options: object = None
) -> Iterator[Renewal]:
    """A reindex or an upgrade, for the length of a block.

    Args:
        becomes: identity afterwards.
        options: with others than before, an interrupted task begins anew.

    Raises MemoryFolderError: there is no memory; MemoryLocked: another renewal is running.
    """
    if storage.empty:
        verb = "rebuild" if task == "reindex" else task
        raise MemoryFolderError(f"The memory in {storage.location} holds nothing to {verb}: add a document first.")
    target, space = f"{becomes.model_dump_json()} {options}", storage.entries.space + 1
    wanted = RunningTask(task=task, pid=os.getpid(), entries=storage.entries.count(), becomes=target, space=space)
    with storage.tasks.begun(wanted) as begun:
        yield Renewal(storage, begun, becomes)


def unmade(space: int) -> list[sql.ColumnElement[bool]]:
    """Conditions for entries that a reindex or an upgrade has yet to derive. space: of its vectors."""
    made = revisions.alias("made")
    return [
        ~sql.exists().where(vectors.c.revision == entries.c.revision, vectors.c.space == space),
        ~sql.exists().where(made.c.entry == entries.c.key, made.c.replaces == entries.c.revision),
    ]
