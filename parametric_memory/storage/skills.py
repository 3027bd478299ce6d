"""The skills of a memory: adapters that say how to answer, beside the entries, which say what.

    <memory>/skills/<name>/skill.json     what it is
    <memory>/skills/<name>/adapter_*      a PEFT folder

They are in no index: nothing finds a skill but its name. Knows nothing about questions, or how skills are made.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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
from parametric_memory.files.durable import read_file, storage_errors, sync_folder, write_durably
from parametric_memory.files.json_objects import read_bounded, shown
from parametric_memory.records import Skill

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

FOLDER = "skills"
RECORD_FILE = "skill.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_WORD = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 5
_STAGED = ".new"


def check_name(name: str) -> str:
    """A name that a skill may have. Raises DocumentError for another."""
    if not _NAME.fullmatch(name) or name.endswith((".", _STAGED)):
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

    def names(self) -> Sequence[str]:
        """Of all skills, sorted."""
        if not self.folder.is_dir():
            return []
        found = (p.name for p in self.folder.iterdir() if (p / RECORD_FILE).is_file())
        return sorted(name for name in found if _NAME.fullmatch(name) and not name.endswith(_STAGED))

    def check(self, name: str) -> None:
        """Raises SkillNotFound."""
        self._place(name)

    def iter(self) -> Iterator[Skill]:
        """Records of all skills, by name. Raises CheckpointError for a damaged one."""
        for name in self.names():
            yield self.read(name)

    def read(self, name: str) -> Skill:
        """Raises SkillNotFound, and CheckpointError where its record is damaged."""
        path = self._place(name) / RECORD_FILE
        try:
            return Skill.model_validate_json(read_bounded(path))
        except ValidationError as error:
            raise CheckpointError(f"{path} is damaged: remove the skill {name}, and add it again.") from error

    def adapter(self, name: str) -> Adapter:
        """Raises as `read`, and CheckpointError where its adapter is damaged."""
        return load_peft(self._place(name), self.read(name).adapter_sha256)

    def adapters(self, names: Sequence[str], base: BaseModel) -> Sequence[Adapter]:
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
            skill = self.read(name)
            if skill.base_fingerprint != base.fingerprint:
                raise MemoryMismatch(
                    f"The skill {name} was made for {skill.base_model} ({skill.base_fingerprint}), not for "
                    f"{base.title}: open the memory with that one, or add the skill again."
                )
            found.append(self.adapter(name))
        return found

    def write(self, skill: Skill, adapter: Adapter, base_name: str) -> Skill:
        """Under the lock: writes a skill whole, or not at all; one of its name is replaced. As stored."""
        place, staged = self.folder / check_name(skill.name), self.folder / f"{skill.name}{_STAGED}"
        with storage_errors(f"write the skill {skill.name} to {self.folder}"):
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir(parents=True)
            digest = save_peft(adapter, staged, base_name, {"skill": skill.name, "description": skill.description})
            stored = skill.model_copy(update={"adapter_sha256": digest, "rank": adapter.rank})
            write_durably(staged / RECORD_FILE, (stored.model_dump_json(indent=2) + "\n").encode())
            if place.exists():
                shutil.rmtree(place)
            staged.rename(place)
            sync_folder(self.folder)
        return stored

    def files(self, name: str) -> dict[str, bytes]:
        """What is in a skill's files, by their names, all of one state.

        Raises as `read`, and CheckpointError where one of them is gone.
        """
        while True:
            skill = self.read(name)
            try:
                with storage_errors(f"read the skill {name} in {self.folder}"):
                    found = {file: read_file(self.folder / name / file) for file in FILES}
            except StorageError as error:
                if self.read(name) == skill:
                    raise CheckpointError(f"{error} Remove the skill {name}, and add it again.") from error
                continue
            if self.read(name) == skill:
                return found

    def stray_files(self) -> list[str]:
        """What is among the skills and is none, and the way out: a sentence for each."""
        if not self.folder.is_dir():
            return []
        known = set(self.names())
        strays = (path for path in sorted(self.folder.iterdir()) if path.name not in known)
        return [f"{path} is among the skills and is none: move it away." for path in strays]

    def clean(self) -> None:
        """Under the lock: takes away what writers that died left of skills, which are whole or not there at all.

        Raises StorageError.
        """
        with storage_errors(f"clear {self.folder}"):
            for path in [*self.folder.iterdir()] if self.folder.is_dir() else []:
                if path.is_dir() and (path.name.endswith(_STAGED) or _is_rest(path)):
                    shutil.rmtree(path)

    def delete(self, name: str) -> None:
        """Under the lock. Raises SkillNotFound."""
        place = self._place(name)
        with storage_errors(f"remove the skill {name} from {self.folder}"):
            (place / RECORD_FILE).unlink()  # from here on there is none
            shutil.rmtree(place)

    def _place(self, name: str) -> Path:
        place = self.folder / name
        if not _NAME.fullmatch(name) or not (place / RECORD_FILE).is_file():
            known = self.names()
            there = f"there are {', '.join(known[:5])}" if known else "there is none yet"
            raise SkillNotFound(f"The memory has no skill {shown(name)!r}: {there} (skill add makes one).")
        return place


def _is_rest(folder: Path) -> bool:
    """Whether a folder is what a cut-off `delete` left: its record went first."""
    return not (folder / RECORD_FILE).exists() and {path.name for path in folder.iterdir()} <= {*FILES}
