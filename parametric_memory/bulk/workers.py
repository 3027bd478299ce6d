"""The seam for whatever prepares texts elsewhere, and what one such worker does.

A worker holds the memory's models and nothing of the memory: it is told what the memory was made with, refuses where
its own models are others, and hands back what is made of a text. Knows nothing about Ray.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

from parametric_memory.errors import MemoryMismatch, ParametricMemoryError
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.models.selection import Models
from parametric_memory.recall.recaller import Recaller
from parametric_memory.recall.scorer import Scorer
from parametric_memory.recall.scorers import chosen_scorer
from parametric_memory.settings import ModelSettings, RecallSettings
from parametric_memory.storage.folder import MemoryFolder
from parametric_memory.storage.identity import MemoryIdentity, write_identity
from parametric_memory.storage.prepared import Prepared


class Text(NamedTuple):
    """A cleaned text, and what it is called."""

    text: str
    title: str


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
    """Prepares texts in other processes."""

    def prepared(self, texts: Sequence[Text], opened: Opened) -> Iterator[tuple[int, Prepared]]:
        """Every text's number with what was made of it, once, in whatever order they get ready.

        Raises what preparing raises, and SettingsError where there is nobody to do it.
        """


class Preparer:
    """One worker. It keeps the models of the memory that it worked for last; nothing is loaded before a text comes."""

    def __init__(self) -> None:
        self._name = ""
        self._kept: MemoryFolder | None = None

    def ready(self) -> None:
        """Answers, which it does where it has a place to run."""

    def prepared(self, texts: Iterable[Text], opened: Opened, name: str) -> list[Prepared] | ParametricMemoryError:
        """What is made of each text; or why it cannot be, which goes to whoever asked as a value.

        name: tells what is opened from what was opened before.
        """
        try:
            if self._kept is None or name != self._name:
                self._kept, self._name = self._open(opened), name
            return [_to_send(prepared) for prepared in self._kept.prepared_together(list(texts))]
        except ParametricMemoryError as error:
            return error

    def _open(self, opened: Opened) -> MemoryFolder:
        """A memory like the one that the texts are for. It stays empty."""
        self._place = TemporaryDirectory(prefix="parametric-memory-worker-")
        folder, models = Path(self._place.name), Models(opened.models, progress=False)
        write_identity(opened.identity, folder)

        def scorer() -> Scorer:
            return chosen

        kept = MemoryFolder(folder, models, scorer)
        calibrated = Recaller(kept, opened.recall, scorer)
        chosen = chosen_scorer(
            opened.recall, models, lambda: calibrated.calibration.passage_temperature, opened.identity
        )
        try:
            kept.check_models()
        except MemoryMismatch as error:
            raise MemoryMismatch(
                f"A worker on {socket.gethostname()} has other models than the memory: install the same release, and "
                "the same models, there."
            ) from error
        return kept


def _to_send(prepared: Prepared) -> Prepared:
    """The same for a process that may have no GPU."""
    made = prepared.made
    if isinstance(made, Internalized):
        made = replace(made, adapter=made.adapter.to(device="cpu"))
    return replace(prepared, made=made)
