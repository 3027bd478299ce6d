"""Who writes to a shared memory: one at a time, under numbered leases in a collection of the server.

A lease is a record whose id is its number. Of several who put in the same number, the server takes the first and passes
over the others, so that each lease has one writer. It says that it is alive every second; one that says nothing for
eight, as whoever waits has seen by its own clock, is taken for dead, and the next lease begins. A writer that was only
asleep finds that out before anybody sees what it writes.

A lease also names the entries that are being changed: what a dead writer left half done is looked for there. And its
number tells readers whether anything was written since they looked. Knows nothing about entries.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from parametric_memory.errors import MemoryLocked, ParametricMemoryError
from parametric_memory.storage.shared.collection import SharedCollection

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

    from parametric_memory.storage.shared.location import SharedLocation

_BEAT = 1.0  # seconds between two signs of life
_PATIENCE = 8.0  # seconds without one, from when on a writer is dead
_POLL = 0.05  # seconds, about
_MOMENT = 0.1  # seconds for which what was seen is taken for what is
_MOST_KEPT = 8  # leases that are over
_VECTOR = [1.0, 0.0]  # every record of Chroma's has one


@dataclass(frozen=True)
class Lease:
    """One writer's time.

    Attributes:
        number: larger than those of all that were before.
        token: tells it from another's of the same number.
        holder: the process, in words.
        beat: how often it said that it is alive.
        over: whether it has ended.
        changing: the ids of the entries that are being changed, or were when it was killed; None: that is damaged.
    """

    number: int
    token: str
    holder: str
    beat: int
    over: bool
    changing: tuple[str, ...] | None

    @classmethod
    def of(cls, metadata: Any) -> Lease:
        changing: tuple[str, ...] | None = None
        with suppress(ValueError, TypeError):
            changing = tuple(map(str, json.loads(metadata["changing"])))
        own = {name: metadata[name] for name in ("number", "token", "holder", "beat", "over")}
        return cls(**own, changing=changing)


class Leases:
    """Of one shared memory. Threads may share it; a lease nests within its thread."""

    def __init__(self, location: SharedLocation, timeout: float) -> None:
        """timeout: seconds that a writer waits, unless it says otherwise."""
        self._location, self._timeout = location, timeout
        self._guard = threading.RLock()
        self._depth = 0
        self._mine: Lease | None = None
        self._unfinished: set[str] = set()  # entries of which something is left to do
        self._confirmed = (0.0, 0.0)  # when it last was mine for sure, by both clocks
        self._beating: tuple[threading.Thread, threading.Event] | None = None
        self._watched: tuple[tuple[int, int], float] | None = None
        self._seen: tuple[float, Lease | None] | None = None
        self._collection = SharedCollection(location, "leases")

    # Taking leases

    @property
    def depth(self) -> int:
        """How often this thread has taken the lease that it has; 0: it has none."""
        if not self._guard.acquire(blocking=False):
            return 0
        try:
            return self._depth
        finally:
            self._guard.release()

    def acquire(self, timeout: float | None = None) -> None:
        """Raises MemoryLocked, which names who writes; StorageError where the server cannot be used."""
        wait = self._timeout if timeout is None else timeout
        end = time.monotonic() + wait
        if not self._guard.acquire(timeout=wait):
            raise self._locked(f"Another thread of this process ({os.getpid()})", wait)
        try:
            if not self._depth:
                self._begin(self._taken(end, wait))
            self._depth += 1
        except BaseException:
            self._guard.release()
            raise

    def release(self) -> None:
        """Ends it, where this is the outermost."""
        try:
            self._depth -= 1
            if not self._depth:
                self._end()
        finally:
            self._guard.release()

    def check(self) -> None:
        """Before and after what others are to see. Raises MemoryLocked: the lease went to another meanwhile."""
        assert self._mine is not None
        if max(now - then for now, then in zip(_clocks(), self._confirmed, strict=True)) < _PATIENCE / 2:
            return
        before = _clocks()
        newest = self._newest()
        if newest is None or newest.token != self._mine.token:
            who = newest.holder if newest is not None else "another"
            raise MemoryLocked(
                f"This process was asleep while it wrote to the memory in {self._location}, and {who} went on: try "
                "again."
            )
        self._confirmed = before

    def _taken(self, end: float, wait: float) -> Lease:
        while True:
            newest = self._newest()
            if newest is None or newest.over or self._is_dead(newest):
                mine = self._claimed(newest)
                if mine is not None:
                    return mine
            if time.monotonic() >= end:
                raise self._locked(newest.holder if newest else "Another process", wait)
            time.sleep(_POLL * (0.5 + random.random()))

    def _is_dead(self, lease: Lease) -> bool:
        """Whether it has said nothing for so long, as far as it was watched."""
        sign, moment = (lease.number, lease.beat), time.monotonic()
        if self._watched is None or self._watched[0] != sign:
            self._watched = sign, moment
        return moment - self._watched[1] > _PATIENCE

    def _claimed(self, newest: Lease | None) -> Lease | None:
        """The lease after the newest; None where another was first."""
        number, token = (newest.number if newest else 0) + 1, uuid4().hex
        left: tuple[str, ...] | None = newest.changing if newest else ()
        holder = f"the process {os.getpid()} on {socket.gethostname()}"
        mine = Lease(number, token, holder, 0, False, left)
        self._confirmed = _clocks()
        with self._collection.used(create=True) as collection:
            collection.add([str(number)], [_VECTOR], [_metadata(mine)])
            leases = _leases(collection)
            # It may have gone in where one of that number was over and forgotten: then there is a later one.
            if not leases or leases[-1].token != token:
                return None
            if len(leases) > _MOST_KEPT:
                collection.delete([str(lease.number) for lease in leases[:-1]])
        return mine

    def _begin(self, lease: Lease) -> None:
        self._mine, stop = lease, threading.Event()
        self._unfinished = set()
        self._beating = threading.Thread(target=self._beat, args=(lease, stop), name="lease", daemon=True), stop
        self._beating[0].start()

    def _beat(self, lease: Lease, stop: threading.Event) -> None:
        beat = 0
        while not stop.wait(_BEAT):
            beat, before = beat + 1, _clocks()
            with suppress(ParametricMemoryError), self._there() as collection:
                collection.update([str(lease.number)], metadatas=[{"beat": beat}])
                leases = _leases(collection)
                if leases and leases[-1].token == lease.token:
                    self._confirmed = before

    def _end(self) -> None:
        lease, self._mine = self._mine, None
        assert lease is not None
        if self._beating is not None:
            self._beating[1].set()
            self._beating[0].join()
            self._beating = None
        self._seen = None
        over: dict[str, Any] = {"over": True, "changing": _listed(lease.changing)}
        with suppress(ParametricMemoryError), self._there() as collection:  # else it is dead in a moment
            collection.update([str(lease.number)], metadatas=[over])

    @contextmanager
    def _there(self) -> Iterator[Collection]:
        """The leases' collection, for who has one of them. Raises MemoryLocked: the server has lost them."""
        with self._collection.used() as collection:
            if collection is None:
                raise MemoryLocked(
                    f"The index server of the memory in {self._location} lost the lease under which this process "
                    "wrote: try again."
                )
            yield collection

    def _locked(self, who: str, waited: float) -> MemoryLocked:
        who = who[:1].upper() + who[1:]
        return MemoryLocked(
            f"{who} is writing to the memory in {self._location} (waited {waited:g} s): try again when it has finished."
        )

    # Looking

    def seen(self) -> object:
        """Tells what was written last; None while another process writes. A tenth of a second old at most."""
        lease = self._glance()
        if self._mine is not None and self.depth:
            return self._mine.number
        return (lease.number if lease.over else None) if lease is not None else 0

    def _glance(self) -> Lease | None:
        if self._mine is not None and self.depth:
            return self._mine
        if self._seen is None or time.monotonic() - self._seen[0] > _MOMENT:
            before = time.monotonic()
            self._seen = before, self._newest()
        return self._seen[1]

    def _newest(self) -> Lease | None:
        """The last lease of all, as the server has it."""
        with self._collection.used() as collection:
            leases = _leases(collection) if collection is not None else []
        return leases[-1] if leases else None

    # The journal, see `storage.journal.Journal`: what is being changed

    has_traces = False  # what the server's files keep of what was deleted is not in anybody's hands here
    last_traces = None

    def leaves_traces(self) -> None:
        """The server sees to it by itself."""

    def has_no_traces(self) -> None:
        """The server sees to it by itself."""

    def ids(self) -> list[str] | None:
        """The entries that somebody is changing, or was when it was killed; None: the note is damaged."""
        lease = self._glance()
        if lease is None:
            return []
        return None if lease.changing is None else [*lease.changing]

    @contextmanager
    def changing(self, *ids: str) -> Iterator[None]:
        """A block in which entries change. Where it fails, or leaves something to do, the note stays: who writes next
        looks after them."""
        assert self._mine is not None
        before = self._mine.changing
        if before is None or {*ids} <= {*before}:  # they are to be looked after anyway
            yield
            return
        self._note((*dict.fromkeys([*before, *ids]),))
        with self._there() as collection:
            collection.update([str(self._mine.number)], metadatas=[{"changing": _listed(self._mine.changing)}])
        yield
        self._note((*before, *(id for id in ids if id in self._unfinished and id not in before)))

    def left(self, id: str) -> None:
        """Something of an entry is left to do: who writes next looks after it."""
        assert self._mine is not None
        self._unfinished.add(id)
        if self._mine.changing is not None and id not in self._mine.changing:
            self._note((*self._mine.changing, id))

    def clear(self) -> None:
        """All entries that were noted are looked after."""
        self._unfinished = set()
        self._note(())

    def _note(self, ids: tuple[str, ...]) -> None:
        """The server hears of it with the next step, or when the lease ends."""
        assert self._mine is not None
        mine = self._mine
        self._mine = Lease(mine.number, mine.token, mine.holder, mine.beat, mine.over, ids)


def _leases(collection: Collection) -> list[Lease]:
    """All that are kept, in their order."""
    found = collection.get(include=["metadatas"])["metadatas"] or []
    # Of one that is being put in, or taken out, there is nothing yet, or no more.
    return sorted((Lease.of(metadata) for metadata in found if metadata is not None), key=lambda lease: lease.number)


def _metadata(lease: Lease) -> Any:
    return {
        "number": lease.number,
        "token": lease.token,
        "holder": lease.holder,
        "beat": lease.beat,
        "over": lease.over,
        "changing": _listed(lease.changing),
    }


def _listed(ids: tuple[str, ...] | None) -> str:
    return "damaged" if ids is None else json.dumps(ids)


def _clocks() -> tuple[float, float]:
    """Seconds by the clock that nobody sets, and by the one that goes on while the machine sleeps."""
    return time.monotonic(), time.time()
