"""Skills in the table of a memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sql

from parametric_memory.errors import CheckpointError, DocumentError, SkillNotFound
from parametric_memory.memory_adapters import name_of
from parametric_memory.records import Skill
from parametric_memory.storage.database import Database
from parametric_memory.storage.schema import skills
from parametric_memory.storage.skills import SkillStore, check_name
from tests.storage.small import adapter, same


@pytest.fixture
def store(database: Database) -> SkillStore:
    return SkillStore(database)


def skill(name: str = "short", **values: Any) -> Skill:
    fields = {"description": "Short ü.", "made_of": "adapter", "base_model": "b", "base_fingerprint": "f"}
    return Skill(name=name, **{**fields, **values})


def test_a_skill_comes_back_as_it_was_written(store: SkillStore) -> None:
    assert store.list() == []
    written = store.write(skill(), adapter(0.1))
    assert (written.rank, len(written.adapter_sha256)) == (2, 64)
    assert store.read("short") == written and same(store.adapter("short"), adapter(0.1))


def test_one_of_the_same_name_is_replaced_and_all_are_listed_by_name(store: SkillStore) -> None:
    for name in ("b", "a-long", "a.dot", "short", "0"):
        store.write(skill(name), adapter(1.0))
    store.write(skill(description="Now."), adapter(2.0))
    assert [of.name for of in store.list()] == ["0", "a-long", "a.dot", "b", "short"]
    assert store.read("short").description == "Now." and same(store.adapter("short"), adapter(2.0))


def test_skills_are_deleted_together_or_not_at_all(store: SkillStore) -> None:
    for name in ("a", "b", "c"):
        store.write(skill(name), adapter())
    with pytest.raises(SkillNotFound, match=r"The memory has no skill 'x': there are a, b, c \(skill add makes one\)"):
        store.delete(["a", "x"])
    store.delete(["a", "c", "a"])
    assert [of.name for of in store.list()] == ["b"]
    for use in (store.read, store.adapter):
        with pytest.raises(SkillNotFound, match="The memory has no skill 'a': there are b"):
            use("a")


def test_a_damaged_skill_is_told_and_can_be_deleted(store: SkillStore, database: Database) -> None:
    store.write(skill(), adapter())
    with database.writing() as connection:
        content = connection.execute(sql.select(skills.c.adapter)).scalar_one()
        connection.execute(skills.update().values(adapter=content[:-1] + b"\xff"))
    with pytest.raises(CheckpointError, match="The skill short is damaged: remove it, and add it again"):
        store.adapter("short")
    store.delete(["short"])
    assert store.list() == []


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a.", "ü", "a/b", "a\0", "x" * 65, ".."])
def test_what_is_no_name_is_refused(store: SkillStore, name: str) -> None:
    with pytest.raises(DocumentError, match="A skill cannot be named"):
        check_name(name)
    with pytest.raises(DocumentError):
        store.write(skill(name), adapter())
    assert store.list() == []


def test_a_skill_is_named_after_its_description() -> None:
    assert name_of("Answer in at most FIVE words, please!") == "answer-in-at-most-five"
    assert name_of("雪") == "skill" and check_name(name_of("x" * 100)) == "x" * 40
