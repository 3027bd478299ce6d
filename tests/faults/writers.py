"""Writers that tests kill, and what a memory must hold afterwards."""

from __future__ import annotations

import json
import os
import random
import re
import signal
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks.growth import NoModels, text
from parametric_memory import Maintenance, ParametricMemory, RecallSettings
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.documents.files import Document
from parametric_memory.records import Skill
from tests.faults.forks import Forks, Job

IDS = [f"note {number}" for number in range(4)]
OTHER = {"default": "other", "other": "default"}
TASKS = ("reindex", "upgrade", "import", "erase")
VERSIONS = 2  # earlier ones that are kept of an entry
MODULE = "model.layers.0.mlp.down_proj"

# Statements that change nothing, and those that are taken back as a whole where the transaction is not committed.
_READS = ("SELECT", "PRAGMA", "BEGIN", "SET ")
_TABLES = ("\nCREATE", "CREATE")

State = dict[str, Any]  # what a memory holds: by id its text, namespace and metadata, and what it said before


class OneModule(NoModels):
    """A base model of one number, which the adapters that are made of texts fit."""

    @property
    def base(self) -> Any:
        model = nn.ModuleDict({"model": nn.ModuleDict({"layers": nn.ModuleList([nn.ModuleDict()])})})
        model.get_submodule("model.layers.0")["mlp"] = nn.ModuleDict({"down_proj": nn.Linear(1, 1)})
        return SimpleNamespace(name="none", fingerprint="none", model=model)


class Place(NamedTuple):
    """Where a memory is: a folder or a PostgreSQL database, and the address of its index, if that is in a server."""

    where: str
    index: str | None = None

    @property
    def folder(self) -> Path | None:
        return None if "://" in self.where else Path(self.where)


def opened(place: Place) -> ParametricMemory:
    """Of however few entries, it has an index, whose graph is searched."""
    recall = RecallSettings(scorer="vectors", threshold=0.5)
    memory = ParametricMemory(place.where, index=place.index, models=OneModule(), recall=recall, versions=VERSIONS)
    memory.storage.search._most = 0
    return memory


def skill_of(value: float) -> tuple[Skill, Adapter]:
    made = Adapter({MODULE: Factors(torch.full((1, 1), value), torch.ones(1, 1))})
    told = Skill(name="short", description=f"{value}", made_of="adapter", base_model="none", base_fingerprint="none")
    return told, made


def chosen(chance: random.Random, step: int) -> State:
    """An operation, in full: what it makes of a memory can be told from it."""
    own = {"id": chance.choice(IDS), "text": text(f"{chance.random()}"), "namespace": "default"}
    name = chance.choice(["add", "add", "text", "text", "restore", "namespace", "metadata", "delete", *TASKS])
    return {"name": name, **own, "step": step, "namespace": chance.choice(["default", "other"])}


def done(memory: ParametricMemory, there: State, operation: State, archive: Path) -> None:
    """Does an operation. there: what the memory holds, by id."""
    id, name = operation["id"], operation["name"]
    if name == "import":
        if there:
            Maintenance(memory).export(archive)
            Maintenance(memory).import_(archive)
    elif name in TASKS:
        if there:
            getattr(Maintenance(memory), name)()
    elif name == "documents":
        memory.add_files(*[Document(each, each) for each in operation["texts"]])
    elif name == "skill":
        memory.storage.skills.write(*skill_of(operation["step"]))
    elif name == "no skill":
        memory.skills.delete("short")
    elif name == "add" or id not in there:
        namespace = there[id]["namespace"] if id in there else operation["namespace"]
        memory.add(operation["text"], id=id, namespace=namespace)
    elif name == "delete":
        memory.delete(id, namespace=there[id]["namespace"])
    elif name == "restore":
        history = memory.history(id, namespace=there[id]["namespace"])
        for version in history[:1]:
            history.restore(version.version)
    else:
        changes = {
            "text": {"text": operation["text"]},
            "namespace": {"move_to": operation["namespace"]},
            "metadata": {"metadata": {"step": operation["step"]}},
        }
        memory.update(id, namespace=there[id]["namespace"], **changes[name])


def after(there: State, operation: State) -> State:
    """What a memory holds after an operation."""
    id, name = operation["id"], operation["name"]
    if name in TASKS:
        return there
    if id not in there:
        entry = {"text": operation["text"], "namespace": operation["namespace"], "step": None, "before": []}
    elif name == "delete":
        return {other: entry for other, entry in there.items() if other != id}
    elif name in ("add", "text", "restore"):
        now, before = [there[id]["text"], there[id]["step"]], there[id]["before"]
        if name != "restore":
            then = [operation["text"], now[1]]
        elif before:
            then = before[-1]
        else:
            return there
        entry = {**there[id], "text": then[0], "step": then[1], "before": [*before, now][-VERSIONS:]}
    else:
        field = "namespace" if name == "namespace" else "step"
        entry = {**there[id], field: operation[field]}
    return {**there, id: entry}


def look(place: Place, possible: list[State], all_said: Set[str] = frozenset()) -> State:
    """Which of some states a memory is in. Each of its entries is recalled by its text, and nothing else is.

    all_said: what entries may have said. What they say no longer is in no file once somebody writes.
    """
    with opened(place) as memory:
        found = {
            e.id: {
                "text": memory.history(e.id, namespace=e.namespace).text,
                "namespace": e.namespace,
                "step": e.metadata.get("step"),
                "before": [[v.text, v.metadata.get("step")] for v in memory.history(e.id, namespace=e.namespace)[::-1]],
            }
            for e in memory.list()
        }
        assert found in possible, f"{found} is none of {possible}"
        for id, entry in found.items():
            assert recalled(memory, entry) == [id]
            assert recalled(memory, {**entry, "namespace": OTHER[entry["namespace"]]}) == []
        gone = [(id, entry) for state in possible for id, entry in state.items()]
        for id, entry in gone:
            if id not in found or found[id]["text"] != entry["text"]:
                assert recalled(memory, entry) == []
        # Who came first has put right what was left.
        assert memory.storage.search.index.problems() == [] and memory.storage.database.problems() == []
        if place.folder is not None and place.folder.exists():
            left = sorted(re.sub(r"chroma.*", "chroma", path.name) for path in place.folder.iterdir())
            assert left.count("chroma") < 2 and {*left} <= FILES, left
            if gone_for_good := all_said - said(found):
                clear(memory, place.folder, gone_for_good)
    return found


FILES = {"memory.db", "memory.db-wal", "memory.db-shm", "index.lock", "build.lock", "task.lock", "chroma"}


def said(there: State) -> set[str]:
    """The texts of a memory's entries, and of what they were."""
    return {words for entry in there.values() for words in (entry["text"], *(words for words, _ in entry["before"]))}


def recalled(memory: ParametricMemory, entry: State) -> list[str]:
    """The ids of those that hold just this text, with this metadata."""
    filter = None if entry["step"] is None else {"step": entry["step"]}
    found = memory.recall(entry["text"], namespace=entry["namespace"], filter=filter)
    return [recall.entry_id for recall in found if recall.score > 0.9]


def clear(memory: ParametricMemory, folder: Path, gone: Set[str]) -> None:
    """Whoever writes next takes what was deleted out of all files."""
    if not memory.storage.leaves_traces:
        return
    with memory.storage.writing():
        pass
    assert not memory.storage.leaves_traces
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [words for words in gone if words.encode() in content], path


@dataclass
class Trials:
    """A memory whose writers are killed.

    there: what it must hold, by id.
    killed: operations that were under way.
    acknowledged: how many were not.
    """

    place: Place
    log: Path
    forks: Forks
    there: State = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)
    acknowledged: int = 0

    def kill_one(self, seed: int, seconds: float) -> None:
        """Lets a writer write for a while, and looks what its end left."""
        self._run("write", seconds, seed=seed)
        under_way, all_said = None, said(self.there)
        for line in self.log.read_text(encoding="utf-8").splitlines():
            if line == "done":
                self.there, under_way = after(self.there, under_way or {}), None
                self.acknowledged += 1
            else:
                under_way = json.loads(line)
                all_said.add(under_way["text"])
        possible = [self.there] if under_way is None else [self.there, after(self.there, under_way)]
        self.killed += [under_way["name"]] if under_way else []
        self._look(possible, all_said)

    def kill_at(self, operation: State, last: int, **how: Any) -> tuple[bool, bool]:
        """Lets a writer do one thing, which dies at a step of that. Whether it did, and whether it said that it was
        done."""
        killed = self._run("act", operation=operation, last=last, how=how)
        return killed, self.log.read_text(encoding="utf-8") == "done\n"

    def do(self, operation: State) -> None:
        """Does one thing to its end, here."""
        with opened(self.place) as memory:
            done(memory, self.there, operation, self.log.with_suffix(".zip"))
        self.there = after(self.there, operation)

    def look(self, operation: State, acknowledged: bool) -> None:
        """Looks what an operation left that may have been cut off."""
        wanted, all_said = after(self.there, operation), said(self.there)
        self._look([wanted] if acknowledged else [self.there, wanted], all_said)

    def _look(self, possible: list[State], all_said: set[str]) -> None:
        self.there = look(self.place, possible, all_said)

    def _run(self, name: str, seconds: float | None = None, **arguments: Any) -> bool:
        """Whether the writer was killed."""
        self.log.unlink(missing_ok=True)
        arguments |= {"place": list(self.place), "there": self.there, "log": str(self.log)}
        [killed] = self.forks.run(Job(f"tests.faults.writers:{name}", arguments, seconds, str(self.log)))
        return killed


def write(place: list[str], log: str, there: State, seed: int) -> None:
    """Goes on writing, and notes what it begins and what it has done."""
    chance = random.Random(seed)
    with opened(Place(*place)) as memory, Path(log).open("w", encoding="utf-8", buffering=1) as notes:
        for step in range(10_000):
            operation = chosen(chance, step)
            notes.write(json.dumps(operation) + "\n")
            done(memory, there, operation, Path(f"{log}.zip"))
            there = after(there, operation)
            notes.write("done\n")


def act(place: list[str], log: str, there: State, operation: State, last: int, how: dict[str, Any]) -> None:
    """Does one thing, and dies at one of its steps."""
    with Path(log).open("w", encoding="utf-8", buffering=1) as notes, opened(Place(*place)) as memory:
        Steps(last, **how).count()
        done(memory, there, operation, Path(f"{log}.zip"))
        notes.write("done\n")


class Steps:
    """Kills this process at one of the steps that change something: commits of the database, calls of Chroma, files
    that are made or removed, and statements.

    Args:
        last: how many come before it.
        afterwards: after that step, not before it.
        statements: count those that write; "all": also those that read, or make tables; None: commits alone.
    """

    def __init__(self, last: int, afterwards: bool = False, statements: str | None = "writing") -> None:
        self._left, self._afterwards, self._statements = last, afterwards, statements

    def count(self) -> None:
        import chromadb
        from chromadb.api.client import Client
        from chromadb.api.models.Collection import Collection
        from sqlalchemy.engine.default import DefaultDialect

        from parametric_memory.storage.database import Database

        for owner, names in (
            (DefaultDialect, ("do_execute", "do_executemany", "do_commit")),
            (Collection, ("upsert", "delete")),
            (Client, ("create_collection", "delete_collection", "close")),
            (chromadb, ("PersistentClient",)),
            (Database, ("purge",)),
            (os, ("mkdir", "unlink", "rmdir")),
        ):
            for name in names:
                setattr(owner, name, self._counted(getattr(owner, name), is_statement=name.startswith("do_execute")))

    def _counted(self, whole: Callable[..., Any], is_statement: bool) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            if is_statement and not self._counts(*args):
                return whole(*args, **options)
            self._left -= 1
            if self._left < 0 and not self._afterwards:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return whole(*args, **options)
            finally:
                if self._left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        return step

    def _counts(self, dialect: object, cursor: object, statement: str, *_: object) -> bool:
        if self._statements == "writing":
            return not statement.startswith((*_READS, *_TABLES))
        return self._statements is not None


def use_everything(folder: str) -> None:
    """Imports what writers do."""
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

    with opened(Place(f"{folder}/memory")) as memory:
        for number in range(2):
            memory.add(text(number), id=str(number))
        memory.recall(text(0)), memory.delete("0"), Maintenance(memory).reindex(), Maintenance(memory).upgrade()
        (
            Maintenance(memory).export(Path(folder, "archive.zip")),
            Maintenance(memory).import_(Path(folder, "archive.zip")),
        )
