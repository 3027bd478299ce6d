"""Workers derive documents in other processes: the seam for them, what one worker does, and a pool on a Ray cluster.

A worker holds the memory's models and nothing of the memory. It refuses to work where its own models differ from those
the memory was made with. `RayPool` needs the extra `ray`: its cluster may be this machine alone. An actor that dies is
replaced and its work repeated; only results that came back are written, so nothing is lost or written twice. Knows
nothing about entries.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import MemoryMismatch, ParametricMemoryError, SettingsError
from parametric_memory.internalize.deriving import Derived, Deriver, Draft
from parametric_memory.internalize.identity import MemoryIdentity, check_same
from parametric_memory.internalize.selection import Models
from parametric_memory.recall.calibration import ChosenScorer
from parametric_memory.settings import ModelSettings, RecallSettings

CHARACTERS = 16_000  # of the texts that are derived together; a longer text is derived alone
_TEXTS = 32  # most texts that are derived together
_AHEAD = 2  # batches queued for an actor, so that it does not wait for the writer
_ROUNDS = 4  # least batches for each actor, so that all finish at about the same time
_PATIENCE = 10.0  # seconds without a scheduled actor before that is reported
DEATHS = 3  # deaths of actors over one text, or before they answered, after which it is given up


@dataclass(frozen=True)
class Opened:
    """The settings and identity of a memory, for workers.

    Attributes:
        models: with folders that workers can read, too.
        identity: of the memory, or of the one to be made.
    """

    models: ModelSettings
    recall: RecallSettings
    identity: MemoryIdentity


class Workers(Protocol):
    """Derives texts in other processes."""

    def derived(self, drafts: Sequence[Draft], opened: Opened) -> Iterator[tuple[int, Derived]]:
        """Yields each draft's number and what was derived from its text, in any order.

        Raises what deriving raises, and SettingsError if there are no workers.
        """


class Preparer:
    """One worker. It keeps the models of the last memory it worked for, and loads none before the first text."""

    def __init__(self) -> None:
        self._name = ""
        self._deriver: Deriver | None = None

    def ready(self) -> None:
        """Returns once the worker is scheduled."""

    def derived(self, drafts: Sequence[Draft], opened: Opened, name: str) -> list[Derived] | ParametricMemoryError:
        """The results, or the error, which is returned so that Ray does not wrap it. name: identifies `opened`."""
        try:
            if self._deriver is None or name != self._name:
                self._deriver, self._name = _opened(opened), name
            made = self._deriver.derive_together(drafts, opened.identity.store)
            return [_to_send(draft.derived) for draft in made if draft.derived is not None]
        except ParametricMemoryError as error:
            return error


def _opened(opened: Opened) -> Deriver:
    models = Models(opened.models, progress=False)
    choice = ChosenScorer(opened.recall, models, opened.identity)
    deriver = Deriver(models, lambda: choice.chosen)
    try:
        own = MemoryIdentity.of(deriver, opened.identity.store, opened.identity.versions)
        check_same(opened.identity, own, Path(), ())
    except MemoryMismatch as error:
        raise MemoryMismatch(
            f"A worker on {socket.gethostname()} has other models than the memory: install the same release, and the "
            "same models, there."
        ) from error
    return deriver


def _to_send(derived: Derived) -> Derived:
    """Moves tensors to the CPU, for a process that may have no GPU."""
    if isinstance(derived.kept, Adapter):
        return replace(derived, kept=derived.kept.to(device="cpu"))
    return derived


def groups(drafts: Iterable[Draft], characters: int = CHARACTERS) -> Iterator[list[Draft]]:
    """Splits drafts into runs that are derived together: a few dozen short texts, or one longer text alone."""
    group: list[Draft] = []
    size = 0
    for draft in drafts:
        if group and (len(group) == _TEXTS or size + len(draft.text) > characters):
            yield group
            group, size = [], 0
        group.append(draft)
        size += len(draft.text)
    if group:
        yield group


@dataclass
class _Batch:
    """Texts by their numbers."""

    numbers: list[int]
    deaths: int = 0


@dataclass
class _Slot:
    """The slot of an actor: the actor, its first answer until that has come, and its queued batches, oldest first."""

    actor: Any
    coming: Any
    work: dict[Any, _Batch] = field(default_factory=dict)


class RayPool:
    """Actors on a Ray cluster. They start with the first texts and end with the pool.

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
            address: of the cluster, as `ray.init` takes it. When not given, the one in `RAY_ADDRESS` or that this
                process is connected to, else one that is started here and ends with the pool.
            actors: how many; when not given, as many as the cluster has processors, or GPUs if they need one.
            gpus: GPUs for each actor.
            report: receives messages about the cluster, actors that died, and actors that cannot be scheduled.

        Raises:
            SettingsError: Ray is not installed, or a number is not allowed.
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
        self._sent: Any = None  # `_opened` in the object store
        self._name = ""

    def derived(self, texts: Sequence[Draft], opened: Opened) -> Iterator[tuple[int, Derived]]:
        """See `Workers.derived`.

        Raises:
            SettingsError: no cluster answers, it lacks what an actor needs, or a loaded model would have to be sent.
            ParametricMemoryError: what deriving a text raises; or a text killed every actor that read it.
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
            self._let_go()  # with their queued batches
            raise

    def close(self) -> None:
        """Stops the actors, and the cluster if it was started here."""
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
        """Queues waiting batches for actors with short queues, and yields the results that are ready first."""
        import ray

        coming = {slot.coming: slot for slot in self._slots if slot.coming is not None}
        there = [slot for slot in self._slots if slot.coming is None]
        for at_hand in range(_AHEAD):  # every actor gets one before any gets two, even if it is not scheduled yet
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
            raise error.cause or error from None
        if done in coming:
            slot.coming, self._lost = None, 0
            return
        batch = slot.work.pop(done)
        if isinstance(found, ParametricMemoryError):
            raise found
        yield from zip(batch.numbers, found, strict=True)

    def _first(self, awaited: list[Any], nobody_works: bool) -> Any:
        """The first result; reports if it takes long because no actor is scheduled."""
        import ray

        done, _ = ray.wait(awaited, num_returns=1, timeout=_PATIENCE if nobody_works else None)
        if not done:
            needed = f"{self._gpus:g} GPUs" if self._gpus else "a processor"
            self._report(f"Ray: no actor has a place yet: each needs {needed} that nobody else on the cluster uses.")
            done, _ = ray.wait(awaited, num_returns=1)
        return done[0]

    def _replace(self, slot: _Slot, waiting: deque[_Batch], error: Exception) -> None:
        """Replaces a dead actor. Its batches wait again, that in work text by text, behind the others.

        Raises ParametricMemoryError if its text killed other actors too, or none starts to work.
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
        """A new actor, and its first answer."""
        import ray

        actor: Any = ray.remote(num_cpus=1, num_gpus=self._gpus, max_restarts=0)(Preparer).remote()
        return actor, actor.ready.remote()

    def _send(self, opened: Opened) -> None:
        """Puts `opened` into the object store. Raises SettingsError if it cannot be sent."""
        import ray

        if opened == self._opened:
            return
        try:
            self._sent, self._opened, self._name = ray.put(opened), opened, uuid4().hex
        except TypeError as error:  # from pickle, about an object of the caller
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
        """The largest number of actors. Raises SettingsError if the cluster has no room for one."""
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
    """Batches of neighbouring texts, which are sorted by length."""
    characters = min(CHARACTERS, sum(len(text.text) for text in texts) // (_ROUNDS * actors))
    found: list[_Batch] = []
    first = 0
    for group in groups(texts, characters):
        found.append(_Batch([*range(first, first + len(group))]))
        first += len(group)
    return found
