"""The seam for whatever derives texts in other processes, and what one such worker does.

A worker holds the memory's models and nothing of the memory: it is told what the memory was made with, refuses where
its own models are others, and hands back what it made of a text. Knows nothing about Ray.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import MemoryMismatch, ParametricMemoryError
from parametric_memory.models.deriving import Derived, Deriver, Draft
from parametric_memory.models.selection import Models
from parametric_memory.recall.scorers import ChosenScorer
from parametric_memory.settings import ModelSettings, RecallSettings
from parametric_memory.storage.identity import MemoryIdentity, check_same
from parametric_memory.storage.location import Location


@dataclass(frozen=True)
class Opened:
    """What a worker needs to know of a memory.

    Attributes:
        models: with folders that a worker finds, too.
        identity: what the memory was made with, or will be.
    """

    models: ModelSettings
    recall: RecallSettings
    identity: MemoryIdentity


class Workers(Protocol):
    """Derives texts in other processes."""

    def derived(self, drafts: Sequence[Draft], opened: Opened) -> Iterator[tuple[int, Derived]]:
        """Every draft's number with what was made of its text, once, in whatever order they get ready.

        Raises what deriving raises, and SettingsError where there is nobody to do it.
        """


class Preparer:
    """One worker. It keeps the models of the memory that it worked for last; nothing is loaded before a text comes."""

    def __init__(self) -> None:
        self._name = ""
        self._deriver: Deriver | None = None

    def ready(self) -> None:
        """Answers, which it does where it has a place to run."""

    def derived(self, drafts: Sequence[Draft], opened: Opened, name: str) -> list[Derived] | ParametricMemoryError:
        """What is made of each text; or why it cannot be, which goes to whoever asked as a value.

        name: tells what is opened from what was opened before.
        """
        try:
            if self._deriver is None or name != self._name:
                self._deriver, self._name = _opened(opened), name
            made = self._deriver.derive_together(drafts, opened.identity.store)
            return [_to_send(draft.derived) for draft in made if draft.derived is not None]
        except ParametricMemoryError as error:
            return error


def _opened(opened: Opened) -> Deriver:
    models = Models(opened.models, progress=False)
    deriver = Deriver(models, ChosenScorer(opened.recall, models, opened.identity))
    try:
        own = MemoryIdentity.of(deriver, opened.identity.store, opened.identity.versions)
        check_same(opened.identity, own, Location(Path()))
    except MemoryMismatch as error:
        raise MemoryMismatch(
            f"A worker on {socket.gethostname()} has other models than the memory: install the same release, and the "
            "same models, there."
        ) from error
    return deriver


def _to_send(derived: Derived) -> Derived:
    """The same for a process that may have no GPU."""
    if isinstance(derived.kept, Adapter):
        return replace(derived, kept=derived.kept.to(device="cpu"))
    return derived
