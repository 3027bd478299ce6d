"""Workers that are actors of a Ray cluster, each with the memory's models. Needs the extra `ray`.

The cluster may be this machine alone, and others may use it: an actor gets work once it has answered, which one that
finds no place does not. An actor that dies is replaced, and what it was working on is done again: only
what came back is written, so nothing is lost and nothing is there twice. Knows nothing about entries.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

from parametric_memory.bulk.groups import CHARACTERS, groups
from parametric_memory.bulk.workers import Opened, Preparer
from parametric_memory.errors import ParametricMemoryError, SettingsError
from parametric_memory.models.deriving import Derived, Draft

_AHEAD = 2  # batches that an actor has at hand, so that it does not wait for the writer
_ROUNDS = 4  # batches for each actor, at least, so that all end at about the same time
_PATIENCE = 10.0  # seconds without an actor that has a place, until that is told
DEATHS = 3  # of actors over one text, until it is not tried again; or of those that never answered


@dataclass
class _Batch:
    """Texts by their numbers."""

    numbers: list[int]
    deaths: int = 0


@dataclass
class _Slot:
    """The place of an actor: who is there, its first answer while that is awaited, and what it has at hand, the oldest
    first."""

    actor: Any
    coming: Any
    work: dict[Any, _Batch] = field(default_factory=dict)


class RayPool:
    """Actors on a Ray cluster. They are started with the first texts, and end with the pool.

    with RayPool() as workers:
        memory.add_files("docs/", workers=workers)
    """

    def __init__(
        self,
        address: str | None = None,
        actors: int | None = None,
        *,
        gpus: float = 0,
        report: Callable[[str], None] | None = None,
    ):
        """
        Args:
            address: of the cluster, as `ray.init` takes it. When not given, the one that `RAY_ADDRESS` names or that
                this process is connected to, else one that is started here and ends with the pool.
            actors: how many; as many as the cluster has processors (or GPUs, where they need one) when not given.
            gpus: that each actor needs.
            report: is told in words of the cluster, of actors that died, and where none finds a place.

        Raises:
            SettingsError: Ray is not installed, or there is no such number.
        """
        if find_spec("ray") is None:
            raise SettingsError(
                "Ray is not installed: pip install 'parametric-memory[ray]', or in a checkout pip install '.[ray]'."
            )
        if actors is not None and actors < 1:
            raise SettingsError(f"actors must be at least 1, not {actors}.")
        self._address, self._actors, self._gpus = address, actors, gpus
        self._report = report or (lambda line: None)
        self._connected = False
        self._slots: list[_Slot] = []
        self._lost = 0  # actors in a row that died before they answered
        self._opened: Opened | None = None
        self._sent: Any = None  # what is opened, where actors find it
        self._name = ""

    def derived(self, texts: Sequence[Draft], opened: Opened) -> Iterator[tuple[int, Derived]]:
        """See `Workers.derived`.

        Raises:
            SettingsError: no cluster answers, it has not what an actor needs, or a loaded model is to be sent to it.
            ParametricMemoryError: what deriving a text raises; or a text ended every actor that read it.
        """
        if not texts:
            return
        self._connect()
        self._send(opened)
        most = self._most_actors()
        waiting = deque(_batches(texts, most))
        while len(self._slots) < min(most, len(waiting)):
            self._slots.append(_Slot(*self._actor()))
        self._report(f"Ray: {len(self._slots)} actor{'s' if len(self._slots) > 1 else ''} for {len(texts)} documents")
        try:
            while waiting or any(slot.work for slot in self._slots):
                yield from self._next(waiting, texts)
        except BaseException:
            self._let_go()  # with all that they still have at hand
            raise

    def close(self) -> None:
        """Ends the actors, and the cluster if it was started here."""
        import ray

        self._let_go()
        self._opened = self._sent = None
        if self._connected:
            self._connected = False
            ray.shutdown()

    def __enter__(self) -> RayPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self, waiting: deque[_Batch], texts: Sequence[Draft]) -> Iterator[tuple[int, Derived]]:
        """Hands out what waits to those that have little at hand, and gives what is ready first."""
        import ray

        coming = {slot.coming: slot for slot in self._slots if slot.coming is not None}
        there = [slot for slot in self._slots if slot.coming is None]
        for at_hand in range(_AHEAD):  # everybody has one before anybody has two, also who is still to come
            for slot in there:
                if len(waiting) > (len(coming) if at_hand else 0) and len(slot.work) <= at_hand:
                    batch = waiting.popleft()
                    given = [texts[number] for number in batch.numbers]
                    slot.work[slot.actor.derived.remote(given, self._sent, self._name)] = batch
        done = self._first([*coming, *(reference for slot in there for reference in slot.work)], not there)
        slot = coming.get(done) or next(slot for slot in there if done in slot.work)
        try:
            found = ray.get(done)
        except (ray.exceptions.RayActorError, ray.exceptions.ObjectLostError, ray.exceptions.RaySystemError) as error:
            self._replace(slot, waiting, error)
            return
        except ray.exceptions.RayTaskError as error:
            raise error.cause or error from None  # as it would be raised here
        if done in coming:
            slot.coming, self._lost = None, 0
            return
        batch = slot.work.pop(done)
        if isinstance(found, ParametricMemoryError):
            raise found
        yield from zip(batch.numbers, found, strict=True)

    def _first(self, awaited: list[Any], nobody_works: bool) -> Any:
        """The first of what is awaited; tells where that takes long because no actor has a place."""
        import ray

        done, _ = ray.wait(awaited, num_returns=1, timeout=_PATIENCE if nobody_works else None)
        if not done:
            needed = f"{self._gpus:g} GPUs" if self._gpus else "a processor"
            self._report(f"Ray: no actor has a place yet: each needs {needed} that nobody else on the cluster uses.")
            done, _ = ray.wait(awaited, num_returns=1)
        return done[0]

    def _replace(self, slot: _Slot, waiting: deque[_Batch], error: Exception) -> None:
        """Another actor in the place of a dead one. What that had at hand waits again, text by text, behind the rest.

        Raises ParametricMemoryError where the text that it was reading has ended others too, or none begins to work.
        """
        why = str(error).strip().partition("\n")[0]
        if slot.coming is not None:
            self._lost += 1
            if self._lost >= DEATHS:
                raise ParametricMemoryError(
                    f"{DEATHS} actors died before they began ({why}): install the same release on every node, or add "
                    "without --ray."
                )
            slot.actor, slot.coming = self._actor()
            return
        reading, *untouched = slot.work.values()
        reading.deaths += 1
        if len(reading.numbers) == 1 and reading.deaths >= DEATHS:
            raise ParametricMemoryError(
                f"{DEATHS} actors died over one document ({why}): give them more memory, or add it without --ray."
            )
        self._report("An actor died: another takes its place, and does its work again.")
        waiting.extend(untouched)
        waiting.extend(_Batch([number], reading.deaths) for number in reading.numbers)
        slot.actor, slot.coming = self._actor()
        slot.work = {}

    def _actor(self) -> tuple[Any, Any]:
        """One that is asked to begin, and its first answer."""
        import ray

        actor: Any = ray.remote(num_cpus=1, num_gpus=self._gpus, max_restarts=0)(Preparer).remote()
        return actor, actor.ready.remote()

    def _send(self, opened: Opened) -> None:
        """Put what is opened where actors find it. Raises SettingsError where it cannot be sent."""
        import ray

        if opened == self._opened:
            return
        try:
            self._sent, self._opened, self._name = ray.put(opened), opened, uuid4().hex
        except TypeError as error:  # of pickle, about an object that the caller gave
            why = " ".join(str(error).split())[:200]
            raise SettingsError(
                f"What the memory is opened with cannot be sent to other processes ({why}): name models by folder or "
                "hub id."
            ) from error

    def _let_go(self) -> None:
        if self._slots:
            import ray

            for slot in self._slots:
                ray.kill(slot.actor)
        self._slots, self._lost = [], 0

    def _connect(self) -> None:
        import ray

        if ray.is_initialized():
            return
        address = self._address or os.environ.get("RAY_ADDRESS")
        options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        if address is None or address == "local":
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster of ours tells nobody
            options |= {"address": "local", "include_dashboard": False}
        else:
            options["address"] = address
        try:
            ray.init(**options)
        except Exception as error:  # of whatever kind: Ray has none for this
            why = " ".join(str(error).split())[:200]
            raise SettingsError(
                f"No Ray cluster answers at {address or 'this machine'} ({why}): start one with `ray start --head`, or "
                "name none to use this machine."
            ) from error
        self._connected = True

    def _most_actors(self) -> int:
        """How many actors there may be. Raises SettingsError where the cluster has no room for one."""
        import ray

        there = ray.cluster_resources()
        room = int(there.get("CPU", 0))
        if self._gpus:
            room = min(room, int(there.get("GPU", 0) / self._gpus))
        if room < 1:
            needed = f"{self._gpus:g} GPUs" if self._gpus else "a processor"
            raise SettingsError(f"The Ray cluster has no room for an actor, which needs {needed}: add a node to it.")
        return room if self._actors is None else min(self._actors, room)


def _batches(texts: Sequence[Draft], actors: int) -> list[_Batch]:
    """Neighbouring texts together. They come by their length, so what takes as long is in one batch."""
    characters = min(CHARACTERS, sum(len(text.text) for text in texts) // (_ROUNDS * actors))
    found: list[_Batch] = []
    first = 0
    for group in groups((text.text for text in texts), characters):
        found.append(_Batch([*range(first, first + len(group))]))
        first += len(group)
    return found
