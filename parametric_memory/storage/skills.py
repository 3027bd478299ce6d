"""The skills of a memory: adapters that say how to answer, beside the entries, which say what.

    <memory>/skills/<name>/skill.json     what it is
    <memory>/skills/<name>/adapter_*      a PEFT folder
    <memory>/skills/.staging/             what a writer is at work on, see `exchange`

They are in no index: nothing finds a skill but its name. Knows nothing about questions, or how skills are made.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import ValidationError

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import CONFIG_FILE, OWN_FILE, WEIGHTS_FILE, load_peft, save_peft
from parametric_memory.errors import (
    CheckpointError,
    DocumentError,
    MemoryMismatch,
    SettingsError,
    SkillNotFound,
    StorageError,
)
from parametric_memory.files.durable import read_file, storage_errors, write_durably
from parametric_memory.files.json_objects import read_bounded, shown
from parametric_memory.records import Skill
from parametric_memory.storage.exchange import Exchange

if TYPE_CHECKING:
    from parametric_memory.models.selection import Models

FOLDER = "skills"
RECORD_FILE = "skill.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_WORD = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 5

T = TypeVar("T")


def check_name(name: str) -> str:
    """A name that a skill may have. Raises DocumentError for another."""
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise DocumentError(
            f"A skill cannot be named {shown(name)!r}: take lower-case letters, digits, hyphens and dots, 64 at most."
        )
    return name


def name_of(description: str) -> str:
    """A name for the skill of a description: its first words."""
    words = _WORD.findall(description.lower())[:_MOST_WORDS]
    return "-".join(words)[:40].strip("-") or "skill"


FILES = (RECORD_FILE, CONFIG_FILE, WEIGHTS_FILE, OWN_FILE)  # of a skill


class SkillStore:
    """Of one memory's folder. Who writes holds the memory's lock; reading needs none."""

    def __init__(self, memory: Path) -> None:
        self.folder = memory / FOLDER
        self._exchange = Exchange(self.folder)

    def names(self) -> Sequence[str]:
        """Of all skills, sorted."""
        with storage_errors(f"list the skills in {self.folder}"):
            found = (name for name in self._exchange.names() if _NAME.fullmatch(name))
            return sorted(name for name in found if self._is_there(name))

    def _is_there(self, name: str) -> bool:
        return any((folder / RECORD_FILE).is_file() for folder in self._exchange.looks(name))

    def check(self, name: str) -> None:
        """Raises SkillNotFound."""
        self._now(name, lambda folder: None)

    def iter(self) -> Iterator[Skill]:
        """Records of all skills, by name. Raises CheckpointError for a damaged one."""
        for name in self.names():
            yield self.read(name)

    def read(self, name: str) -> Skill:
        """Raises SkillNotFound, and CheckpointError where its record is damaged."""
        return self._now(name, partial(_record, name))

    def adapter(self, name: str) -> Adapter:
        """Raises as `read`, and CheckpointError where its adapter is damaged."""
        return self._now(name, lambda folder: load_peft(folder, _record(name, folder).adapter_sha256))

    def adapters(self, names: Sequence[str], models: Models) -> Sequence[Adapter]:
        """The adapters of skills, each once.

        Raises:
            SettingsError: names is a text, not a list of them.
            SkillNotFound: there is none of a name.
            MemoryMismatch: a skill was made for another base model.
        """
        if isinstance(names, str):
            raise SettingsError(f"No skill is chosen by itself: name them in a list, as skills=[{names!r}].")
        found = []
        for name in dict.fromkeys(names):
            skill = self.read(name)  # before a model is loaded for what is not there
            base = models.base
            if skill.base_fingerprint != base.fingerprint:
                raise MemoryMismatch(
                    f"The skill {name} was made for {skill.base_model} ({skill.base_fingerprint}), not for "
                    f"{base.title}: open the memory with that one, or add the skill again."
                )
            found.append(self.adapter(name))
        return found

    def write(self, skill: Skill, adapter: Adapter, base_name: str) -> Skill:
        """Under the lock: writes a skill whole, or not at all; one of its name is replaced. As stored."""
        name = check_name(skill.name)
        staged = self._exchange.prepared(name)
        with storage_errors(f"write the skill {name} to {self.folder}"):
            try:
                shutil.rmtree(staged, ignore_errors=True)
                staged.mkdir(parents=True)
                digest = save_peft(adapter, staged, base_name, {"skill": name, "description": skill.description})
                stored = skill.model_copy(update={"adapter_sha256": digest, "rank": adapter.rank})
                write_durably(staged / RECORD_FILE, (stored.model_dump_json(indent=2) + "\n").encode())
                self._exchange.put(name)
            except BaseException:
                self._exchange.undo(name)
                raise
        return stored

    def files(self, name: str) -> dict[str, bytes]:
        """What is in a skill's files, by their names, all of one state.

        Raises as `read`, and CheckpointError where one of them is gone.
        """

        def read(folder: Path) -> dict[str, bytes]:
            _record(name, folder)
            try:
                with storage_errors(f"read the skill {name} in {self.folder}"):
                    return {file: read_file(folder / file) for file in FILES}
            except StorageError as error:
                raise CheckpointError(f"{error} Remove the skill {name}, and add it again.") from error

        return self._now(name, read)

    def stray_files(self) -> list[str]:
        """What is among the skills and is none, and the way out: a sentence for each."""
        if not self.folder.is_dir():
            return []
        known = {*self.names(), self._exchange.staging.name}
        strays = (path for path in sorted(self.folder.iterdir()) if path.name not in known)
        return [f"{path} is among the skills and is none: move it away." for path in strays]

    @property
    def is_left(self) -> bool:
        """Whether something is there of what a writer is at work on, or died at."""
        return self._exchange.is_left

    def finish(self) -> None:
        """Under the lock: finishes, or takes away, what writers that died left. Raises StorageError."""
        with storage_errors(f"clear {self.folder}"):
            self._exchange.finish()

    def delete(self, name: str) -> None:
        """Under the lock. Raises SkillNotFound."""
        self.check(name)
        with storage_errors(f"remove the skill {name} from {self.folder}"):
            self._exchange.take_out(name)

    def _now(self, name: str, read: Callable[[Path], T]) -> T:
        """What is read of a skill's folder as it is now: where it is replaced meanwhile, it is looked at again.

        Raises SkillNotFound, and what `read` does of a folder that stays where it is.
        """
        for folder in self._exchange.looks(name) if _NAME.fullmatch(name) else ():
            with suppress(FileNotFoundError, NotADirectoryError):
                before, found, failed = _state(folder), None, None
                try:
                    found = read(folder)
                except (CheckpointError, StorageError) as error:
                    failed = error
                if _state(folder) == before:
                    if failed is not None:
                        raise failed
                    return cast("T", found)
        known = self.names()
        there = f"there are {', '.join(known[:5])}" if known else "there is none yet"
        raise SkillNotFound(f"The memory has no skill {shown(name)!r}: {there} (skill add makes one).")


def _state(folder: Path) -> tuple[int, int]:
    """Tells a skill's folder from one that took its place. Raises FileNotFoundError where there is no skill."""
    told = (folder / RECORD_FILE).stat()
    return told.st_ino, told.st_mtime_ns


def _record(name: str, folder: Path) -> Skill:
    path = folder / RECORD_FILE
    try:
        return Skill.model_validate_json(read_bounded(path))
    except ValidationError as error:
        raise CheckpointError(f"{path} is damaged: remove the skill {name}, and add it again.") from error
