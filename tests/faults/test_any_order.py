"""Whatever is done, in whatever order, a memory holds what a plain dict of the same operations holds."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from benchmarks.growth import text
from parametric_memory import Maintenance
from parametric_memory.progress import shown_by
from tests.faults.writers import IDS, VERSIONS, Place, State, after, done, look, opened
from tests.postgres import fresh_database

ids = st.sampled_from(IDS)


def taken_in(entry: State, here: State | None) -> State:
    """What an exported entry is where it was imported: history is not exported."""
    if here is None:
        return {**entry, "before": []}
    said = [] if entry["text"] == here["text"] else [[here["text"], here["step"]]]
    return {**entry, "before": [*here["before"], *said][-VERSIONS:]}


class AnyOrder(RuleBasedStateMachine):
    """Operations on a memory in a folder, and on a dict of what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        self.archive, self.place = folder / "archive.zip", self.placed(folder)
        self.memory, self.holds, self.steps = opened(self.place), State(), 0
        self.exported = State()

    def placed(self, folder: Path) -> Place:
        return Place(str(folder / "memory"))

    def teardown(self) -> None:
        self.memory.close()
        self.stack.close()

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
    @rule(last=st.integers(1, 4))
    def cut_an_upgrade_off(self, last: int) -> None:
        made: list[str] = []

        def cut_off(what: str, *_: object) -> None:
            made.append(what)
            if made.count("entries") == last:
                raise KeyboardInterrupt

        with suppress(KeyboardInterrupt), shown_by(cut_off):  # one that was cut off before may have less to do
            Maintenance(self.memory).upgrade()

    @precondition(lambda self: self.holds)
    @rule()
    def export(self) -> None:
        Maintenance(self.memory).export(self.archive)
        self.exported = dict(self.holds)

    def is_where_it_was_exported(self) -> bool:
        """Whether no exported entry has moved: else both namespaces have its id after the import."""
        here = {id: self.holds.get(id, entry) for id, entry in self.exported.items()}
        return all(here[id]["namespace"] == entry["namespace"] for id, entry in self.exported.items())

    @precondition(lambda self: self.exported and self.is_where_it_was_exported())
    @rule()
    def take_in_what_was_exported(self) -> None:
        Maintenance(self.memory).import_(self.archive)
        self.holds = self.holds | {id: taken_in(entry, self.holds.get(id)) for id, entry in self.exported.items()}

    @rule()
    def forget_a_namespace(self) -> None:
        self.memory.delete(namespace="other")
        self.holds = {id: entry for id, entry in self.holds.items() if entry["namespace"] != "other"}

    @rule()
    def open_anew(self) -> None:
        self.memory.close()
        self.memory = opened(self.place)

    @invariant()
    def it_holds_what_it_should(self) -> None:
        look(self.place, [self.holds])


class AnyOrderInPostgres(AnyOrder):
    """The same in PostgreSQL."""

    def placed(self, folder: Path) -> Place:
        return Place(self.stack.enter_context(fresh_database()))


AnyOrder.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
AnyOrderInPostgres.TestCase.settings = settings(max_examples=4, stateful_step_count=12, deadline=None)
TestAnyOrder, TestAnyOrderInPostgres = AnyOrder.TestCase, AnyOrderInPostgres.TestCase
