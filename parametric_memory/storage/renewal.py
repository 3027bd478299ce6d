"""A memory made anew while it is in use: a reindex makes its index, an upgrade its entries too.

All of it is made ready beside the memory. What others write meanwhile is looked at again at the end, the last few of it
under the write lock, and then the new takes the place of the old. What was cut off goes on where it was.

Knows nothing about models.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from parametric_memory.errors import EntryNotFound, MemoryLocked, ParametricMemoryError
from parametric_memory.records import RunningTask
from parametric_memory.storage.identity import INDEX
from parametric_memory.storage.together import records_together

if TYPE_CHECKING:
    from parametric_memory.index.parts import IndexRecord
    from parametric_memory.records import Entry
    from parametric_memory.storage.entry_store import EntryStore
    from parametric_memory.storage.folder import MemoryFolder
    from parametric_memory.storage.identity import MemoryIdentity

_FEW = 8  # entries that may be looked at under the lock
_ROUNDS = 10  # of looking at what others wrote, before it is done under the lock however much it is


def renewed(
    kept: MemoryFolder,
    name: Literal["reindex", "upgrade"],
    becomes: Callable[[], MemoryIdentity],
    entries: tuple[EntryStore, Callable[[Entry], None]] | None = None,
    options: object = None,
    on_progress: Callable[[RunningTask], None] | None = None,
) -> int:
    """Make the index of a memory anew, and its entries if wanted; how many entries the index holds.

    Args:
        becomes: gives what the memory is made with then.
        entries: where entries that are made anew are put, and what puts one there.
        options: tell what is made from what other ones would make: with others, what was cut off begins anew.
        on_progress: is told after every entry how far it is.

    Raises MemoryLocked where another such task is running.
    """
    with kept.writing():
        kept.check_nothing_runs()
        kept.work.check_free()
        task = kept.work.begin(_task_of(kept, name, f"{becomes().model_dump_json(exclude={'index'})} {options}"))
    index = kept.index_in(task.state.index)
    there: dict[str, str] = {}

    def store_of(entry: Entry) -> EntryStore:
        return entries[0] if entries and entry.chunks else kept.store

    def record_of(entry: Entry) -> IndexRecord:
        store = store_of(entry)
        return kept.record_of(store.read(entry.id), store)  # as it is by now, or as it was made anew

    def remade(found: Iterable[Entry]) -> Iterator[Entry]:
        for entry in found:
            with suppress(EntryNotFound):  # deleted meanwhile
                if there.get(entry.id) != entry.state:
                    if entries:
                        entries[1](entry)
                    yield entry
            task.goes_on()
            if on_progress:
                on_progress(task.state)

    def ready(found: Iterable[Entry]) -> Iterator[IndexRecord]:
        return records_together(remade(found), store_of, lambda: kept.models.embeddings, kept.index_record)

    def look_again(ids: list[str]) -> None:
        if entries:
            for id in ids:
                entry = kept.find(id)
                with suppress(EntryNotFound):
                    entries[1](entry) if entry else entries[0].delete(id)
        kept.bring_in_step(index, ids, record_of)

    try:
        there.update(index.take_out_last())
        index.add_many(ready(kept.store.iter()))
        ids = task.changed()
        for _ in range(_ROUNDS):
            if len(ids) <= _FEW:
                break
            look_again(ids)
            ids = task.changed()
        with kept.writing():
            look_again([*ids, *task.changed()])
            count = index.count()
            index.close()
            kept.commit(becomes().model_copy(update={"index": index.folder.name}))
    except BaseException as error:
        index.close()
        if not isinstance(error, Exception) or isinstance(error, MemoryLocked):  # cut off, or somebody writes for long
            kept.work.let_go()
            raise
        if not kept.work.commit.exists():  # else whoever comes next puts it in its place
            shutil.rmtree(index.folder, ignore_errors=True)
        kept.work.abandon()
        with suppress(ParametricMemoryError), kept.writing(timeout=0):  # which takes away what is left
            pass
        raise
    return count


def _task_of(kept: MemoryFolder, name: Literal["reindex", "upgrade"], becomes: str) -> RunningTask:
    """Under the lock: the task that is to begin, or to go on where it was cut off."""
    left = kept.work.left()
    if left is None or (left.task, left.becomes) != (name, becomes):
        kept.sweep()
        left = None
    index = left.index if left else f"{INDEX}-{uuid4().hex[:8]}"
    return RunningTask(task=name, pid=os.getpid(), entries=len(kept.store.names()), index=index, becomes=becomes)
