"""Writers are killed, at random moments and at every step: what they acknowledged is found, and nothing else is."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.growth import text
from parametric_memory.adapters import peft_folder
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.files import durable
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.index.connection import Connection
from parametric_memory.records import Skill
from parametric_memory.storage import archive, entry_store, exchange, folder, identity, journal, rows, skills, tasks
from parametric_memory.storage.skills import SkillStore
from parametric_memory.text.documents import Document
from tests.faults.writers import TASKS, after, done, killing, look, opened


def kill(memory: Path, times: int, seed: int, longest: float) -> list[str]:
    chance = random.Random(seed)
    with killing(memory) as trials:
        for number in range(times):
            trials.kill_one(1000 * seed + number, longest * chance.random())
    return trials.killed


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.parametrize("seed", range(4))
def test_writers_that_are_killed_leave_what_they_acknowledged_and_nothing_else(tmp_path: Path, seed: int) -> None:
    assert kill(tmp_path / "memory", 25, seed, longest=0.5)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.parametrize("seed", range(4, 18))
def test_many_writers_that_are_killed_leave_what_they_acknowledged(tmp_path: Path, seed: int) -> None:
    assert kill(tmp_path / "memory", 50, seed, longest=1.5)


class Killed(BaseException):
    """The process ends here."""


class Steps:
    """Kills at one of the steps that change something on the disk, before it or after it, and at all that follow."""

    def __init__(self, last: int, afterwards: bool) -> None:
        self.last, self.afterwards, self.taken = last, afterwards, 0

    def counted(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            self.taken += 1
            if self.taken > self.last + self.afterwards:
                raise Killed
            done = whole(*args, **options)
            if self.afterwards and self.taken == self.last + 1:
                raise Killed
            return done

        return step

    def patch(self, patched: pytest.MonkeyPatch) -> None:
        for module in (archive, durable, entry_store, exchange, folder, identity, peft_folder, rows, skills, tasks):
            for name in ("write_durably", "replace_durably", "replace_files", "sync_folder", "replacing", "_remove"):
                if hasattr(module, name):
                    patched.setattr(module, name, self.counted(getattr(module, name)))
        for owner, name in (
            (Path, "rename"),
            (Path, "replace"),
            (shutil, "rmtree"),
            (journal.Journal, "_note"),
            (MemoryIndex, "_put"),
            (MemoryIndex, "_remove"),
            (Connection, "written"),
        ):
            patched.setattr(owner, name, self.counted(getattr(owner, name)))


@pytest.mark.parametrize(
    "afterwards", [pytest.param(False, id="before"), pytest.param(True, id="after", marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("name", ["new", "add", "text", "restore", "namespace", "delete", *TASKS])
def test_whatever_step_is_the_last_what_was_acknowledged_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, afterwards: bool
) -> None:
    there: dict[str, Any] = {}
    memory = tmp_path / "memory"

    def do(name: str, id: str, steps: Steps | None = None) -> dict[str, Any]:
        namespace = "other" if there.get(id, {}).get("namespace") == "default" else "default"
        operation = {"name": name, "id": id, "text": text(f"{len(texts)}"), "namespace": namespace, "step": len(texts)}
        texts.append(operation["text"])
        with monkeypatch.context() as patched, opened(memory) as own:
            if steps is not None:
                own.recall(text(0))
                steps.patch(patched)
            with suppress(Killed):
                done(own, there, operation, tmp_path / "archive.zip")
            patched.undo()
            own.storage.work.let_go()  # as the system does for the dead
        return after(there, operation)

    texts: list[str] = []
    there = do("add", "note 1")
    for last in range(200):
        if name != "new" and "note 0" not in there:
            there = do("add", "note 0")
        if name == "restore" and not there["note 0"]["before"]:
            there = do("text", "note 0")
        steps = Steps(last, afterwards)
        wanted = do("add" if name == "new" else name, f"new {last}" if name == "new" else "note 0", steps)
        there = look(memory, [there, wanted])
        if steps.taken <= last:
            assert there == wanted and last > 3
            return
    raise AssertionError("It never ended.")


@pytest.mark.parametrize(
    "afterwards", [pytest.param(False, id="before"), pytest.param(True, id="after", marks=pytest.mark.soak)]
)
def test_whatever_step_is_the_last_documents_that_are_added_together_are_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, afterwards: bool
) -> None:
    memory = tmp_path / "memory"
    with opened(memory) as own:
        own.add(text("first"), id="first")
    acknowledged = {text("first")}
    for last in range(200):
        wanted = [text(f"{last} {number}") for number in range(3)]
        steps = Steps(last, afterwards)
        with monkeypatch.context() as patched, opened(memory) as own:
            own.recall(text("first"))
            steps.patch(patched)
            with suppress(Killed):
                own.add_documents([Document(each, f"{each[:20]}") for each in wanted])
                acknowledged.update(wanted)
            patched.undo()
            own.storage.work.let_go()
        with opened(memory) as own:
            there = {own.text(entry.id): entry for entry in own.list()}
            assert acknowledged <= there.keys() <= acknowledged | {*wanted}
            for each in {*acknowledged, *wanted}:
                found = [recall.entry_id for recall in own.recall(each) if recall.score > 0.9]
                assert found == ([there[each].id] if each in there else [])
            assert own.storage.index.states() == {entry.id: entry.state for entry in there.values()}
            for entry in there.values():
                if own.text(entry.id) in wanted:
                    own.delete(entry.id)
            acknowledged -= {*wanted}
        if steps.taken <= last:
            assert {*wanted} <= there.keys() and last > 3
            return
    raise AssertionError("It never ended.")


def skill_of(value: float) -> tuple[Skill, Adapter]:
    made = Adapter({"model.layers.0.mlp.down_proj": Factors(torch.full((1, 1), value), torch.ones(1, 1))})
    told = Skill(name="short", description=f"{value}", made_of="adapter", base_model="none", base_fingerprint="none")
    return told, made


@pytest.mark.parametrize("afterwards", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ["add", "replace", "rm"])
def test_whatever_step_is_the_last_a_skill_is_what_it_was_or_is_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, afterwards: bool
) -> None:
    for last in range(100):
        memory = tmp_path / f"memory-{last}"
        with opened(memory) as own:
            own.add(text(0))
            with own.writing():
                if name != "add":
                    own.storage.skills.write(*skill_of(1.0), "none")
                steps = Steps(last, afterwards)
                with monkeypatch.context() as patched, suppress(Killed):
                    steps.patch(patched)
                    if name == "rm":
                        own.storage.skills.delete("short")
                    else:
                        own.storage.skills.write(*skill_of(2.0), "none")
        before, wanted = ([] if name == "add" else ["1.0"]), ([] if name == "rm" else ["2.0"])
        store = SkillStore(memory)
        seen = [skill.description for skill in store.iter()]  # as a reader sees it that nobody waited for
        assert seen in (before, wanted)
        for description in seen:
            factors = store.adapter("short").factors["model.layers.0.mlp.down_proj"]
            assert factors.A.item() == float(description)
        with opened(memory) as own:
            own.recall(text(0))  # whoever comes next takes away what is left
            assert [skill.description for skill in own.skills()] == seen and not own.storage.skills.is_left
        left = sorted(path.name for path in (memory / "skills").glob("*"))
        assert left in ([], [".staging"], [".staging", "short"])
        if steps.taken <= last:
            assert seen == wanted and last > 3
            return
    raise AssertionError("It never ended.")
