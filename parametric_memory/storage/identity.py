"""`memory.json`: what a memory was made with. Adapters of one base model and hypernetwork mean nothing to another.

Knows nothing about models, names and fingerprints only, and of entries no more than whether there are any.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parametric_memory.errors import MemoryFolderError, MemoryMismatch, as_typed
from parametric_memory.files.durable import read_file, replace_durably, storage_errors
from parametric_memory.files.json_objects import parsed
from parametric_memory.settings import DISTILLATION, HYPERNETWORK, JUDGE, TEXT, VECTORS, ModelSettings

FORMAT = 3
FILE = "memory.json"
INDEX = "chroma"  # where the first index of a memory is
_OWN = {"entries", "skills", INDEX, "work", "temporary", f".{FILE}.tmp"}  # what may be there before it


class MemoryIdentity(BaseModel):
    """What a memory folder was made with.

    Attributes:
        base_model: a name to open it with again.
        hypernetwork: a folder or a hub id to open it with again; without a slash, the name of one that comes with the
            base model.
        scorer: fingerprint of what says how documents are embedded, see `recall.scorer.Scorer`.
        store: what stands on disk for rows that can be made again, see `settings.STORES`.
        versions: how many earlier versions of an entry are kept when its text is replaced.
        index: the folder of the index. A new one takes the place of another when this names it.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    base_model: str
    base_fingerprint: str
    hypernetwork: str
    hypernetwork_fingerprint: str
    embedder_fingerprint: str
    scorer: str
    store: Literal["text", "rows"] = TEXT
    versions: Annotated[int, Field(ge=0)] = 0
    index: Annotated[str, Field(pattern=rf"^{INDEX}[-\w]*$")] = INDEX

    @property
    def without_index(self) -> MemoryIdentity:
        """The same, of a memory whose index is yet to be made."""
        return self.model_copy(update={"index": INDEX})

    @property
    def is_distilled(self) -> bool:
        """Whether the memory's adapters were made by context distillation."""
        return self.hypernetwork == DISTILLATION

    @property
    def named_hypernetwork(self) -> str | None:
        """The hypernetwork where it has to be named for the memory to be opened with it again."""
        return self.hypernetwork if re.search(r"[/\\]", self.hypernetwork) else None

    @property
    def options(self) -> list[str]:
        """The command line's options that open a memory with these models."""
        named = self.named_hypernetwork
        options = ["--base-model", self.base_model, *(["--hypernetwork", named] if named else [])]
        return [*options, "--internalizer", DISTILLATION] if self.is_distilled else options


def read_identity(folder: Path) -> MemoryIdentity | None:
    """The identity of a memory folder; None for a folder that is missing or holds no entry: a memory yet to be made.

    Raises:
        MemoryFolderError: the folder holds something else, a memory of a format that this release does not read, or
            entries and nothing that says what they were made with.
        StorageError: the folder may not be looked into.
    """
    path = folder / FILE
    with storage_errors(f"look into {folder}"):
        if not path.exists():
            if folder.exists() and not folder.is_dir():
                raise MemoryFolderError(f"{folder} is a file, not a memory folder: name a folder.")
            found = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
            if FILE not in found:  # else it was written this moment
                if found - _OWN:
                    raise MemoryFolderError(f"{folder} is not a memory (no {FILE}) and not empty: name another folder.")
                # It is written before the first entry: what has entries and still lacks it has lost it.
                if not _holds_entries(folder):
                    return None
                if not path.exists():
                    raise MemoryFolderError(
                        f"{path} is gone, which says what the entries there were made with: restore it from a copy of "
                        f"the memory, or move {folder} away and add the documents again (their texts are in "
                        f"{Path('entries', '*', 'text.txt')})."
                    )
    try:
        record = parsed(read_file(path))
        if isinstance(record, dict) and record.get("format", FORMAT) != FORMAT:
            raise MemoryFolderError(
                f"The memory in {folder} is of format {record['format']}; this release reads format {FORMAT}: move it "
                f"away, and add the documents again (their texts are in {Path('entries', '*', 'text.txt')})."
            )
        return MemoryIdentity.model_validate(record)
    except (ValueError, ValidationError, OSError) as error:
        raise MemoryFolderError(f"{path} cannot be read as a memory's record: restore it from a copy.") from error


def _holds_entries(folder: Path) -> bool:
    """Whether a writer put an entry's record there, in its place or on its way there."""
    entries = folder / "entries"
    return any(next(entries.glob(f"{place}/entry.json"), None) for place in ("*", ".staging/*.new"))


def write_identity(identity: MemoryIdentity, folder: Path) -> None:
    """Write `memory.json`, whole or not at all."""
    with storage_errors(f"write {folder / FILE}"):
        folder.mkdir(parents=True, exist_ok=True)
        replace_durably(folder / FILE, (identity.model_dump_json(indent=2) + "\n").encode())


def check_same(made_with: MemoryIdentity, opened_with: MemoryIdentity, folder: object) -> None:
    """Refuse a memory that was made with something else.

    Raises:
        MemoryMismatch: names what differs and the command that upgrades the memory.
    """
    for what, field, name in (
        ("base model", "base_fingerprint", "base_model"),
        ("hypernetwork", "hypernetwork_fingerprint", "hypernetwork"),
        ("embedder", "embedder_fingerprint", "embedder_fingerprint"),
        ("scorer", "scorer", "scorer"),
        ("store", "store", "store"),
    ):
        if getattr(made_with, field) != getattr(opened_with, field):
            of_index = what in ("embedder", "scorer")
            command = ["parametric-memory", "reindex" if of_index else "upgrade", "--memory", str(folder)]
            command += [] if of_index else opened_with.options
            if not of_index and made_with.is_distilled and not opened_with.is_distilled:
                command += ["--internalizer", HYPERNETWORK]
            command += ["--store", opened_with.store] if what == "store" else []
            if what == "scorer":
                scorer = opened_with.scorer.partition(":")[0]
                if scorer not in (JUDGE, VECTORS) or made_with.scorer.partition(":")[0] == scorer:
                    raise MemoryMismatch(
                        f"The memory in {folder} was made with the scorer {made_with.scorer}, not "
                        f"{opened_with.scorer}: open it with that one, or call `reindex` of the memory as it is open."
                    )
                command += ["--scorer", scorer]
            first, second = getattr(made_with, name), getattr(opened_with, name)
            if first == second:
                first, second = f"{first} ({getattr(made_with, field)})", getattr(opened_with, field)
            raise MemoryMismatch(
                f"The memory in {folder} was made with the {what} {first}, not {second}: open it with that one, or "
                f"run `{as_typed(*command)}`."
            )


def as_made(settings: ModelSettings, made_with: MemoryIdentity | None) -> ModelSettings:
    """The settings, with what a memory was made with where they name nothing."""
    if made_with is None:
        return settings
    if settings.base_model is None:
        own = made_with.named_hypernetwork if settings.internalizer in (None, HYPERNETWORK) else None
        settings = replace(settings, base_model=made_with.base_model, hypernetwork=settings.hypernetwork or own)
    if settings.internalizer is None and settings.hypernetwork is None and made_with.is_distilled:
        settings = replace(settings, internalizer=DISTILLATION)
    return settings
