"""Writers that tests kill, and what a memory must hold afterwards.

Run as a program, this is a server: for each line on stdin, the arguments of `write`, it starts a writer by `fork`,
which takes no time for imports, kills it after some seconds, and answers with a line when it is gone.
"""

from __future__ import annotations

import gc
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from torch import nn

from benchmarks.growth import NoModels, text
from parametric_memory import ParametricMemory, RecallSettings

IDS = [f"note {number}" for number in range(4)]
OTHER = {"default": "other", "other": "default"}
TASKS = ("reindex", "upgrade", "import", "erase")
VERSIONS = 2  # earlier ones that are kept of an entry


class OneModule(NoModels):
    """A base model of one number, which the adapters that are made of texts fit."""

    @property
    def base(self) -> Any:
        model = nn.ModuleDict({"model": nn.ModuleDict({"layers": nn.ModuleList([nn.ModuleDict()])})})
        model.get_submodule("model.layers.0")["mlp"] = nn.ModuleDict({"down_proj": nn.Linear(1, 1)})
        return SimpleNamespace(name="none", fingerprint="none", model=model)


def opened(folder: Path) -> ParametricMemory:
    recall = RecallSettings(scorer="vectors", threshold=0.5)
    return ParametricMemory(folder, models=OneModule(), recall=recall, versions=VERSIONS)


def chosen(chance: random.Random, step: int) -> dict[str, Any]:
    """An operation, in full: what it makes of a memory can be told from it."""
    own = {"id": chance.choice(IDS), "text": text(f"{chance.random()}"), "namespace": "default"}
    name = chance.choice(["add", "add", "text", "text", "restore", "namespace", "metadata", "delete", *TASKS])
    return {"name": name, **own, "step": step, "namespace": chance.choice(["default", "other"])}


def done(memory: ParametricMemory, there: dict[str, Any], operation: dict[str, Any], archive: Path) -> None:
    """Does an operation. there: what the memory holds, by id."""
    id, name = operation["id"], operation["name"]
    if name == "import":
        if there:
            memory.export(archive)
            memory.import_(archive)
    elif name in TASKS:
        if there:
            getattr(memory, name)()
    elif name == "add" or id not in there:
        namespace = there[id]["namespace"] if id in there else operation["namespace"]
        memory.add(operation["text"], id=id, namespace=namespace)
    elif name == "delete":
        memory.delete(id)
    elif name == "text":
        memory.update(id, text=operation["text"])
    elif name == "restore":
        for version in memory.history(id)[:1]:
            memory.restore(id, version.version)
    elif name == "namespace":
        memory.update(id, namespace=operation["namespace"])
    else:
        memory.update(id, metadata={"step": operation["step"]})


def after(there: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
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


def write(folder: str, seed: int, there: dict[str, Any], log: str) -> None:
    """Goes on writing, and notes what it begins and what it has done."""
    chance = random.Random(seed)
    with opened(Path(folder)) as memory, Path(log).open("w", encoding="utf-8", buffering=1) as notes:
        for step in range(10_000):
            operation = chosen(chance, step)
            notes.write(json.dumps(operation) + "\n")
            done(memory, there, operation, Path(f"{log}.zip"))
            there = after(there, operation)
            notes.write("done\n")


@dataclass
class Trials:
    """A memory whose writers are killed.

    there: what it must hold, by id.
    killed: operations that were under way.
    """

    folder: Path
    server: subprocess.Popen[str]
    there: dict[str, Any] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)

    def kill_one(self, seed: int, seconds: float) -> None:
        """Lets a writer write for a while, and looks what its end left."""
        log = self.folder.with_name(f"log-{seed}")
        arguments = [str(self.folder), seed, self.there, str(log), seconds]
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.write(json.dumps(arguments) + "\n")
        self.server.stdin.flush()
        assert self.server.stdout.readline() == "killed\n"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        under_way = None
        for line in lines:
            if line == "done":
                self.there, under_way = after(self.there, under_way or {}), None
            else:
                under_way = json.loads(line)
        possible = [self.there] if under_way is None else [self.there, after(self.there, under_way)]
        self.killed += [under_way["name"]] if under_way else []
        self.there = look(self.folder, possible)


def look(folder: Path, possible: list[dict[str, Any]]) -> dict[str, Any]:
    """Which of some states a memory is in. Each of its entries is recalled by its text, and nothing else is."""
    with opened(folder) as memory:
        found = {
            e.id: {
                "text": memory.text(e.id),
                "namespace": e.namespace,
                "step": e.metadata.get("step"),
                "before": [[v.text, v.metadata.get("step")] for v in memory.history(e.id)[::-1]],
            }
            for e in memory.list()
        }
        assert found in possible, f"{found} is none of {possible}"
        for id, entry in found.items():
            assert recalled(memory, entry) == [id]
            assert recalled(memory, {**entry, "namespace": OTHER[entry["namespace"]]}) == []
        for id, entry in ((id, entry) for state in possible for id, entry in state.items()):
            if id not in found or found[id]["text"] != entry["text"]:
                assert recalled(memory, entry) == []
        # Who came first has put right what was left.
        if found:
            assert memory.storage.index.states() == {entry.id: entry.state for entry in memory.list()}
        with memory.writing():
            left = {re.sub("chroma.*", "chroma", path.name) for path in folder.iterdir()}
        goes_on = memory.storage.work.left() is not None  # a reindex or an upgrade, when it is called again
        assert left <= {"memory.json", "entries", "chroma", *(["work"] if goes_on else [])}
        assert len(list(folder.iterdir())) <= (5 if goes_on else 3)
    return found


def recalled(memory: ParametricMemory, entry: dict[str, Any]) -> list[str]:
    """The ids of those that hold just this text, with this metadata."""
    filter = None if entry["step"] is None else {"step": entry["step"]}
    found = memory.recall(entry["text"], namespace=entry["namespace"], filter=filter)
    return [recall.entry_id for recall in found if recall.score > 0.9]


@contextmanager
def killing(folder: Path) -> Iterator[Trials]:
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        yield Trials(folder, server)
    finally:
        server.communicate()


def serve() -> None:
    import chromadb  # noqa: F401  # before the fork: it takes a second

    gc.freeze()
    for line in sys.stdin:
        folder, seed, there, log, seconds = json.loads(line)
        pid = os.fork()
        if not pid:
            try:
                write(folder, seed, there, log)
            finally:
                os._exit(1)
        begun = time.monotonic()
        while not Path(log).exists() and time.monotonic() < begun + 30:
            time.sleep(0.005)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        print("killed" if os.WIFSIGNALED(status) else "failed", flush=True)


if __name__ == "__main__":
    serve()
