"""The skills of a memory: adapters for ways to answer. A skill is found by its name alone; no index holds it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sql
from pydantic import ValidationError

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.packing import pack_adapter, unpack_adapter
from parametric_memory.errors import CheckpointError, DocumentError, MemoryMismatch, SettingsError, SkillNotFound
from parametric_memory.files import shown
from parametric_memory.internalize.selection import Models
from parametric_memory.records import Skill
from parametric_memory.storage.database import Database
from parametric_memory.storage.schema import skills

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def may_name_skill(name: str) -> bool:
    """Whether a skill can have this name."""
    return _NAME.fullmatch(name) is not None and not name.endswith(".")


def check_name(name: str) -> str:
    """Raises DocumentError: a skill cannot have this name."""
    if not may_name_skill(name):
        raise DocumentError(
            f"A skill cannot be named {shown(name)!r}: take lower-case letters, digits, hyphens and dots, 64 at most."
        )
    return name


class SkillStore:
    """The skills of one memory. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[Skill]:
        """The records of all skills, by name. Raises CheckpointError: one is damaged."""
        every = sql.select(skills.c.name, skills.c.record).order_by(skills.c.name)
        return [_record(row) for row in self._database.rows(every)]

    def read(self, name: str) -> Skill:
        """The record of a skill. Raises SkillNotFound, and CheckpointError: it is damaged."""
        return _record(self._row(name))

    def adapter(self, name: str) -> Adapter:
        """The adapter of a skill. Raises SkillNotFound, and CheckpointError: it is damaged."""
        row = self._row(name)
        if hashlib.sha256(row.adapter).hexdigest() != _record(row).adapter_sha256:
            raise _damaged(name)
        return unpack_adapter(row.adapter, f"The skill {name}")

    def adapters(self, names: Sequence[str], models: Models) -> Sequence[Adapter]:
        """The adapters of skills, each once.

        Raises SettingsError: names is a text, not a list of them; SkillNotFound: there is none of a name;
        MemoryMismatch: a skill was made for another base model; CheckpointError: a skill is damaged.
        """
        if isinstance(names, str):
            raise SettingsError(f"No skill is chosen by itself: name them in a list, as skills=[{names!r}].")
        found = []
        for name in dict.fromkeys(names):
            skill = self.read(name)  # before a model is loaded
            if skill.base_fingerprint != models.base.fingerprint:
                raise MemoryMismatch(
                    f"The skill {name} was made for {skill.base_model} ({skill.base_fingerprint}), not for "
                    f"{models.base.title}: open the memory with that one, or add the skill again."
                )
            found.append(self.adapter(name))
        return found

    def write(self, skill: Skill, adapter: Adapter) -> Skill:
        """Writes a skill, or replaces the one of its name; returns the record as stored."""
        content = pack_adapter(adapter)
        digest = hashlib.sha256(content).hexdigest()
        stored = skill.model_copy(update={"adapter_sha256": digest, "rank": adapter.rank})
        values = {"name": check_name(skill.name), "record": stored.model_dump(mode="json"), "adapter": content}
        with self._database.writing():
            self._database.execute(skills.delete().where(skills.c.name == skill.name))
            self._database.execute(skills.insert().values(**values))
        return stored

    def delete(self, names: Sequence[str]) -> None:
        """Deletes skills, damaged ones too. Raises SkillNotFound, and none is deleted."""
        with self._database.writing():
            for name in names:
                self._row(name)
            self._database.execute(skills.delete().where(skills.c.name.in_(names)))

    def damaged(self) -> Sequence[str]:
        """A sentence for each damaged skill."""
        found = []
        with self._database.reading():
            for name in self.names():
                try:
                    self.adapter(name)
                except CheckpointError as error:
                    found.append(str(error))
        return found

    def names(self) -> Sequence[str]:
        """The names of all skills, sorted."""
        return [name for (name,) in self._database.rows(sql.select(skills.c.name).order_by(skills.c.name))]

    def _row(self, name: str) -> Any:
        with self._database.reading():
            known = self.names()
            if name not in known:  # PostgreSQL compares with no text that holds a NUL
                there = f"there are {', '.join(known[:5])}" if known else "there is none yet"
                raise SkillNotFound(f"The memory has no skill {shown(name)!r}: {there} (skill add makes one).")
            return self._database.rows(sql.select(skills).where(skills.c.name == name))[0]


def _record(row: Any) -> Skill:
    try:
        return Skill.model_validate(row.record)
    except ValidationError as error:
        raise _damaged(row.name) from error


def _damaged(name: str) -> CheckpointError:
    return CheckpointError(f"The skill {name} is damaged: remove it, and add it again.")
