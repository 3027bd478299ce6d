"""Whatever is done, in whatever order, a memory holds what a plain dict of the same operations holds."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from benchmarks.growth import text
from parametric_memory.records import RunningTask
from tests.faults.writers import IDS, VERSIONS, after, done, look, opened

ids = st.sampled_from(IDS)


def taken_in(entry: dict[str, Any], here: dict[str, Any] | None) -> dict[str, Any]:
    """What an exported entry is where it was imported: history is not exported."""
    if here is None:
        return {**entry, "before": []}
    said = [] if entry["text"] == here["text"] else [[here["text"], here["step"]]]
    return {**entry, "before": [*here["before"], *said][-VERSIONS:]}


class AnyOrder(RuleBasedStateMachine):
    """Operations on a memory, and on a dict of what it holds: text, namespace and metadata by id."""

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory(ignore_cleanup_errors=True)
        self.folder, self.archive = Path(self.place.name, "memory"), Path(self.place.name, "archive.zip")
        self.memory, self.holds, self.steps = opened(self.folder), {}, 0
        self.exported: dict[str, Any] = {}

    def teardown(self) -> None:
        self.memory.close()
        self.place.cleanup()

    def do(self, name: str, id: str = IDS[0], namespace: str = "default") -> None:
        self.steps += 1
        operation = {"name": name, "id": id, "text": text(f"of step {self.steps}"), "step": self.steps}
        operation["namespace"] = namespace
        done(self.memory, self.holds, operation, self.archive)
        self.holds = after(self.holds, operation)

    @rule(id=ids, namespace=st.sampled_from(["default", "other"]))
    def add(self, id: str, namespace: str) -> None:
        self.do("add", id, namespace)

    @rule(id=ids, name=st.sampled_from(["text", "restore", "metadata", "delete"]))
    def change(self, id: str, name: str) -> None:
        self.do(name, id)

    @rule(id=ids, namespace=st.sampled_from(["default", "other"]))
    def move(self, id: str, namespace: str) -> None:
        self.do("namespace", id, namespace)

    @rule(name=st.sampled_from(["reindex", "upgrade", "erase"]))
    def make_anew(self, name: str) -> None:
        self.do(name)

    @precondition(lambda self: self.holds)
    @rule()
    def cut_a_reindex_off(self) -> None:
        def cut_off(task: RunningTask) -> None:
            if task.done == task.entries:
                raise KeyboardInterrupt

        try:
            self.memory.reindex(cut_off)
        except KeyboardInterrupt:
            return
        raise AssertionError("It came to its end.")

    @precondition(lambda self: self.holds)
    @rule()
    def export(self) -> None:
        self.memory.export(self.archive)
        self.exported = dict(self.holds)

    @precondition(lambda self: self.exported)
    @rule()
    def take_in_what_was_exported(self) -> None:
        self.memory.import_(self.archive)
        self.holds = self.holds | {id: taken_in(entry, self.holds.get(id)) for id, entry in self.exported.items()}

    @rule()
    def forget_a_namespace(self) -> None:
        self.memory.delete_all(namespace="other")
        self.holds = {id: entry for id, entry in self.holds.items() if entry["namespace"] != "other"}

    @rule()
    def open_anew(self) -> None:
        self.memory.close()
        self.memory = opened(self.folder)

    @invariant()
    def it_holds_what_it_should(self) -> None:
        if self.folder.exists():
            look(self.folder, [self.holds])
        else:
            assert not self.holds


AnyOrder.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
TestAnyOrder = AnyOrder.TestCase
