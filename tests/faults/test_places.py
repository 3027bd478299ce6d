"""Disks that are full, folders that cannot be written or are gone, processes that are forked, servers that go away."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from benchmarks.growth import text
from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.errors import StorageError
from parametric_memory.progress import shown_by
from tests import postgres
from tests.faults.crowd import found
from tests.faults.forks import Forks, Job
from tests.faults.writers import Place, opened

MEGABYTE = 1_000_000


def mounted(folder: Path, options: str) -> None:
    """Mounts a small disk, or changes one. Skips the test where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    if sys.platform != "linux":
        pytest.skip("a small disk is mounted as Linux does it")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted(folder, "size=24m")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(disk: Path, left: int) -> Path:
    """A file that takes all of a disk but some bytes."""
    there = os.statvfs(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, there.f_bavail * there.f_frsize - left))
    return ballast


@pytest.mark.parametrize("left", [0, 100_000])
def test_a_full_disk_is_named_nothing_is_harmed_and_space_cures_it(disk: Path, left: int) -> None:
    place = Place(str(disk / "memory"))
    with opened(place) as memory:
        first = memory.add(text("first"), id="first")
        ballast = fill(disk, left)
        much = " ".join(text(number) for number in range(2_000))
        for change in (lambda: memory.add(much), lambda: memory.update("first", text=much)):
            with pytest.raises(StorageError, match="the disk is full"):
                change()
        with opened(place) as another:
            for each in (memory, another):
                assert each.list() == [first] and found(each, text("first")) == ["first"]
        memory.close()
        assert found(memory, text("first")) == ["first"]
        ballast.unlink()
        memory.add(text("more"), id="more")
        assert found(memory, text("more")) == ["more"]
        assert memory.storage.search.index.problems() == [] and memory.storage.database.problems() == []


def test_a_memory_is_not_made_half_on_a_full_disk(disk: Path) -> None:
    ballast = fill(disk, 0)
    with opened(Place(str(disk / "memory"))) as memory:
        for _ in range(2):
            with pytest.raises(StorageError, match="disk is full"):
                memory.add(text("first"))
            with opened(Place(str(disk / "memory"))) as another:
                for each in (memory, another):
                    assert each.list() == [] and each.recall(text("first")) == []
        ballast.unlink()
        memory.add(text("first"), id="first")
        assert found(memory, text("first")) == ["first"]


def fills_up(disk: Path, forks: Forks, trials: int) -> None:
    chance = random.Random(0)
    with opened(Place(str(disk / "memory"))) as memory:
        memory.add(text("first"))
    for trial in range(trials):
        fill(disk, chance.randrange(MEGABYTE))
        forks.run(Job("tests.faults.at_places:add_until_full", {"disk": str(disk), "name": str(trial)}))


def test_a_disk_that_fills_up_at_any_step_makes_nobody_wait_for_good(disk: Path, forks: Forks) -> None:
    fills_up(disk, forks, 2)


@pytest.mark.soak
def test_a_disk_that_fills_up_many_times_makes_nobody_wait_for_good(disk: Path, forks: Forks) -> None:
    fills_up(disk, forks, 60)


@pytest.mark.parametrize("with_log", [False, True])
def test_a_memory_on_a_read_only_disk_answers(disk: Path, forks: Forks, with_log: bool) -> None:
    place = Place(str(disk / "memory"))
    forks.run(Job("tests.faults.at_places:leave_a_log", {"place": list(place)}))
    if not with_log:
        opened(place).close()
        with opened(place) as memory:
            memory.list()
    assert (disk / "memory" / "memory.db-wal").exists() == with_log
    mounted(disk, "remount,ro")
    try:
        forks.run(Job("tests.faults.at_places:answer_and_refuse", {"place": list(place), "nobody": False}))
    finally:
        mounted(disk, "remount,rw")


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can become another user")
def test_the_memory_of_another_user_answers_while_that_writes(disk: Path, forks: Forks) -> None:
    disk.chmod(0o777)
    for folder in (disk, *disk.parents):
        if not folder.stat().st_mode & 1:  # pytest keeps them so
            folder.chmod(0o711)
    (disk / "memory").mkdir(0o755)  # one that the memory makes is its owner's alone
    place = Place(str(disk / "memory"))
    visit = Job("tests.faults.at_places:answer_and_refuse", {"place": list(place), "nobody": True})
    with opened(place) as memory:
        memory.add(text("first"), id="first")
        forks.run(visit)
        memory.add(text("more"), id="more")
        forks.run(visit)
    forks.run(visit)


def test_a_memory_is_used_after_a_fork(place: Place, forks: Forks) -> None:
    forks.run(Job("tests.faults.at_places:fork_before_use", {"place": list(place)}))


def test_a_memory_that_was_used_before_a_fork_is_used_by_both(place: Place, forks: Forks) -> None:
    forks.run(Job("tests.faults.at_places:fork_after_use", {"place": list(place)}))


def removed(folder: Path, aside: Path) -> None:
    shutil.rmtree(folder)


def moved(folder: Path, aside: Path) -> None:
    folder.rename(aside)


def put_back(folder: Path, aside: Path) -> None:
    """As a backup is."""
    shutil.copytree(folder, aside)
    shutil.rmtree(folder)
    aside.rename(folder)


@pytest.mark.parametrize("how", [removed, moved, put_back])
def test_nothing_is_written_to_a_folder_that_is_gone(tmp_path: Path, how: Callable[[Path, Path], None]) -> None:
    place, aside = Place(str(tmp_path / "memory")), tmp_path / "aside"
    with opened(place) as memory:
        memory.add(text("first"), id="first"), memory.recall(text("first"))
        memory.close()
        memory.add(text("second"), id="second")
        how(tmp_path / "memory", aside)
        there = {"first", "second"} if how is put_back else set()
        assert {entry.id for entry in memory.list()} == there
        assert found(memory, text("first")) == (["first"] if there else [])
        memory.add(text("third"), id="third")
        assert found(memory, text("third")) == ["third"]
    with opened(place) as memory:
        assert {entry.id for entry in memory.list()} == {*there, "third"}
        assert memory.storage.search.index.problems() == [] and memory.storage.database.problems() == []
    if how is moved:
        with opened(Place(str(aside))) as memory:
            assert {entry.id for entry in memory.list()} == {"first", "second"}
            assert memory.storage.search.index.problems() == []


class Stoppable:
    """A PostgreSQL server that can be stopped, and started again."""

    def __init__(self, server: postgres.PostgresServer) -> None:
        self.place, self._data = Place(server.url()), server.folder / "data"
        self._started: subprocess.Popen[bytes] | None = None

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Cuts everybody off."""
        os.kill(int((self._data / "postmaster.pid").read_text().splitlines()[0]), how)
        if self._started is not None:
            self._started.wait()
        self._until(lambda: not self._answers())

    def start(self) -> None:
        programs, owner = postgres._programs(), postgres._owner()
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._started = subprocess.Popen(
            [f"{programs}/postgres", "-D", str(self._data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=None if owner is None else owner[0],
            group=None if owner is None else owner[1],
            extra_groups=None if owner is None else [],
        )
        self._until(self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.place.where).close()
        except psycopg.OperationalError:
            return False
        return True

    @staticmethod
    def _until(happened: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not happened():
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def stoppable() -> Iterator[Stoppable]:
    with postgres.running() as server:
        stoppable = Stoppable(server)
        yield stoppable
        if stoppable._started is not None and stoppable._answers():
            stoppable.stop()


@contextmanager
def refused_in_a_line() -> Iterator[None]:
    with pytest.raises(StorageError, match=r"Could not (read|write|lock) the memory in postgresql://") as raised:
        yield
    assert "\n" not in str(raised.value)


def uses(memory: ParametricMemory) -> list[Callable[[], object]]:
    return [
        lambda: memory.add(text("more")),
        lambda: memory.recall(text("first")),
        lambda: memory.list(),
        lambda: memory.delete("first"),
        Maintenance(memory).reindex,
        Maintenance(memory).upgrade,
        Maintenance(memory).erase,
    ]


def test_a_server_that_stops_is_told_in_a_line_and_all_goes_on_when_it_is_back(stoppable: Stoppable) -> None:
    with opened(stoppable.place) as memory:
        memory.add(text("first"), id="first")
        assert found(memory, text("first")) == ["first"]
        with refused_in_a_line(), memory.storage.writing():
            memory.add(text("half"), id="half")
            stoppable.stop()
            memory.add(text("whole"), id="whole")
        for use in uses(memory):
            with refused_in_a_line():
                use()
        memory.close()  # which raises nothing
        stoppable.start()
        assert [entry.id for entry in memory.list()] == ["first"]
        memory.add(text("second"), id="second")
        stoppable.stop()
        with refused_in_a_line():
            memory.recall(text("second"))
        stoppable.start()
        assert found(memory, text("second")) == ["second"] and Maintenance(memory).upgrade() == 2


def test_connections_that_die_while_nobody_uses_them_are_replaced(place: Place) -> None:
    if place.folder is not None:
        pytest.skip("of a server alone")
    with opened(place) as memory:
        memory.add(text("first"), id="first")
        for use in uses(memory):
            with psycopg.connect(place.where, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            use()
        assert [memory.history(entry.id).text for entry in memory.list()] == [text("more")]


def test_an_upgrade_whose_server_stops_goes_on_when_it_is_back(stoppable: Stoppable) -> None:
    with opened(stoppable.place) as memory, opened(stoppable.place) as other:
        for number in range(4):
            memory.add(text(number), id=str(number))
        made: list[str] = []

        def stop(*_: object) -> None:
            if len(made) == 1:
                stoppable.stop()
            made.append("one")

        with refused_in_a_line(), shown_by(stop):
            Maintenance(memory).upgrade()
        stoppable.start()
        assert memory.storage.tasks.running() is None and other.storage.tasks.running() is None
        assert (left := other.storage.tasks.left()) is not None and left.task == "upgrade"
        made = ["one", "two"]
        with shown_by(stop):
            assert Maintenance(other).upgrade() == 4
        assert len(made) < 6
        assert all(found(memory, text(number)) == [str(number)] for number in range(4))
