"""A memory made anew while it is in use: `reindex` makes vectors and the index, `upgrade` what is kept of texts too.

What is made stands beside what is in use, in the same tables, and takes its place in one transaction. Others read and
write meanwhile; what they write is made before the end. A renewal that was cut off goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from parametric_memory.errors import MemoryFolderError
from parametric_memory.records import RunningTask
from parametric_memory.storage.following import COLLECTION, DIMENSION
from parametric_memory.storage.revisions import add_revision, drop_replacements, put_vectors, unmade, use_replacements
from parametric_memory.storage.schema import entries

if TYPE_CHECKING:
    from parametric_memory.models.deriving import Derived
    from parametric_memory.storage.entries import Found
    from parametric_memory.storage.identity import MemoryIdentity
    from parametric_memory.storage.memory_storage import MemoryStorage

_AT_ONCE = 64  # entries that are made in one transaction
_ROUNDS = 10  # of making what others wrote, before it is made within the last transaction


class Renewal:
    """A reindex or an upgrade. Whoever runs it makes what `pending` gives, until that ends.

    with Renewal(storage, "upgrade", identity) as renewal:
        for batch in renewal.pending():
            ...
    """

    def __init__(
        self,
        storage: MemoryStorage,
        task: Literal["reindex", "upgrade"],
        becomes: MemoryIdentity,
        options: object = None,
    ) -> None:
        """
        Args:
            becomes: what the memory is made with afterwards.
            options: tell what is made from what other ones would make: with others, what was cut off begins anew.

        Raises MemoryFolderError: there is no memory.
        """
        self._storage, self._becomes = storage, becomes
        if storage.empty:
            verb = "rebuild" if task == "reindex" else task
            raise MemoryFolderError(f"The memory in {storage.location} holds nothing to {verb}: add a document first.")
        self._task = RunningTask(
            task=task,
            pid=os.getpid(),
            entries=storage.entries.count(),
            becomes=f"{becomes.model_dump_json()} {options}",
        )

    def __enter__(self) -> Renewal:
        """Raises MemoryLocked: another renewal is running."""
        begun = self._storage.tasks.begin(self._task, self._storage.entries.space + 1)
        self.state, self._space, self._done = *begun, 0
        return self

    def __exit__(self, *_: object) -> None:
        self._storage.tasks.let_go()

    def pending(self) -> Iterator[list[Found]]:
        """Entries that have to be made, some at once, also those that others write meanwhile. At its end, all is in
        use."""
        self._done = max(0, self.state.entries - self._storage.entries.count(*unmade(self._space)))
        for left in reversed(range(_ROUNDS)):
            yield from self._unmade()
            with self._storage.writing():
                if not left:
                    yield from self._unmade()
                elif self._storage.entries.count(*unmade(self._space)):
                    continue
                self._finish()
                return

    def _unmade(self) -> Iterator[list[Found]]:
        while batch := self._storage.entries.select(*unmade(self._space), order=[entries.c.key], limit=_AT_ONCE):
            yield batch
            if len(batch) < _AT_ONCE:  # what others wrote meanwhile is of the next round
                return

    def replace(self, found: Found, derived: Derived) -> RunningTask:
        """Puts what was made of an entry's text beside what is in use; how far the renewal is."""
        store = self._storage.entries
        with store.database.writing() as connection:
            if store.is_in_use(found):  # else it was deleted, or is made again
                drop_replacements(connection, found.key)
                turns = store.turns(found.entry.id)
                add_revision(connection, found.key, found.entry, turns, derived, self._space, found.revision)
            return self.one_more()

    def add_vectors(self, found: Found, vectors: Sequence[Sequence[float]], numbers: Sequence[int]) -> RunningTask:
        """Gives an entry new vectors, with the passage that each is of; how far the renewal is."""
        with self._storage.database.writing() as connection:
            if self._storage.entries.is_in_use(found):
                put_vectors(connection, found.revision, self._space, vectors, numbers)
            return self.one_more()

    def one_more(self) -> RunningTask:
        """Notes that one more entry is ready; how far the renewal is."""
        self._done = min(self._done + 1, self.state.entries)
        self.state = self._storage.tasks.note(self._done)
        return self.state

    def _finish(self) -> None:
        storage = self._storage
        with storage.database.writing() as connection:
            use_replacements(connection)
        dimension = storage.entries.dimension(self._space)
        storage.entries.use_space(self._space)
        versions = (storage.made_with or self._becomes).versions
        storage.become(self._becomes.model_copy(update={"versions": versions}))
        if dimension is not None:
            storage.database.set(DIMENSION, str(dimension))
        storage.database.set(COLLECTION, None)  # what is there is of the vectors of before
        storage.tasks.drop()


def reindex(storage: MemoryStorage, on_progress: Callable[[RunningTask], None] | None = None) -> int:
    """Makes the index anew; the vectors too, where the embedder or the scorer in use is another one. How many entries
    there are.

    Args:
        on_progress: is told after every entry how far it is.

    Raises:
        MemoryFolderError: there is no memory.
        MemoryLocked: another reindex or upgrade is running.
    """
    made_with, tell = storage.identity, on_progress or (lambda task: None)
    becomes = made_with.model_copy(update=storage.deriver.of_vectors)
    with Renewal(storage, "reindex", becomes) as renewal:
        if becomes == made_with:
            storage.search.index.rebuild(on_entry=lambda: tell(renewal.one_more()))
            with storage.writing():
                storage.tasks.drop()
        else:
            for batch in renewal.pending():
                for state in _with_new_vectors(storage, renewal, batch):
                    tell(state)
            storage.search.index.follow()
    return storage.entries.count()


def _with_new_vectors(storage: MemoryStorage, renewal: Renewal, batch: Sequence[Found]) -> list[RunningTask]:
    """Gives entries new vectors, whose texts are embedded together."""
    with storage.database.reading():
        batch = [found for found in batch if storage.entries.is_in_use(found)]
        passages = storage.entries.passages([found.entry.id for found in batch])
        texts = [(storage.entries.text(of.entry.id), passages[of.entry.id], of.entry.summary) for of in batch]
    made = storage.deriver.vectors_together(texts)
    with storage.database.writing():
        return [renewal.add_vectors(found, *of) for found, of in zip(batch, made, strict=True)]
