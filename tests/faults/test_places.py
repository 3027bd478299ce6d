"""Disks that are full, folders that cannot be written, processes that are forked."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.growth import opened, text
from parametric_memory.errors import StorageError
from parametric_memory.index import place

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
        os.posix_fallocate(file.fileno(), 0, there.f_bavail * there.f_frsize - left)
    return ballast


def test_a_full_disk_is_named_nothing_is_harmed_and_space_cures_it(disk: Path) -> None:
    with opened(disk / "memory") as memory:
        first = memory.add(text("first"))
        ballast = fill(disk, MEGABYTE // 2)
        for change in (lambda: memory.add(text("more")), lambda: memory.update(first.id, text=text("other"))):
            with pytest.raises(StorageError, match="disk is full"):
                change()
        assert memory.list() == [first]
        assert [recall.entry_id for recall in memory.recall(text("first"))] == [first.id]
        ballast.unlink()
        second = memory.add(text("more"))
        assert [recall.entry_id for recall in memory.recall(text("more"), k=1)] == [second.id]
        assert memory.storage.index.states() == {entry.id: entry.state for entry in (first, second)}


ADDS = """
import sys
from pathlib import Path
from benchmarks.growth import opened, text
from parametric_memory.errors import StorageError
from parametric_memory.index import place

place._TO_ADD = -10**12  # another program fills the disk after it was looked at
disk = Path(sys.argv[1])
with opened(disk / "memory") as memory:
    added = []
    try:
        for number in range(60):
            added.append(memory.add(text(f"{sys.argv[2]} {number}"), id=f"{sys.argv[2]} {number}").id)
    except StorageError as error:
        assert "disk is full" in str(error), error
    assert {entry.id for entry in memory.list()} >= set(added)
    (disk / "ballast").unlink()
    memory.add(text(sys.argv[2]), id=sys.argv[2])
    for id in (*added, sys.argv[2]):
        [recall] = memory.recall(memory.text(id), k=1)
        assert recall.entry_id == id
    assert memory.storage.index.states() == {entry.id: entry.state for entry in memory.list()}
"""


def fills_up(disk: Path, trials: int) -> None:
    chance = random.Random(0)
    with opened(disk / "memory") as memory:
        memory.add(text("first"))
    for trial in range(trials):
        fill(disk, chance.randrange(MEGABYTE))
        command = [sys.executable, "-c", ADDS, str(disk), str(trial)]
        subprocess.run(command, check=True, timeout=90, env=os.environ)


def test_a_disk_that_fills_up_at_any_step_makes_nobody_wait_for_good(disk: Path) -> None:
    fills_up(disk, 2)


@pytest.mark.soak
def test_a_disk_that_fills_up_many_times_makes_nobody_wait_for_good(disk: Path) -> None:
    fills_up(disk, 40)


def test_a_memory_on_a_read_only_disk_answers(disk: Path) -> None:
    with opened(disk / "memory") as memory:
        first = memory.add(text("first"))
        memory.storage.entries.journal._note([first.id], wait=True)  # by a writer that was killed
    mounted(disk, "remount,ro")
    try:
        with opened(disk / "memory") as memory:
            assert memory.list() == [first] and memory.text(first.id) == text("first")
            assert [recall.entry_id for recall in memory.recall(text("first"))] == [first.id]
            assert memory.running is None
            for change in (lambda: memory.add(text("more")), lambda: memory.delete(first.id), memory.reindex):
                with pytest.raises(StorageError, match="read-only"):
                    change()
    finally:
        mounted(disk, "remount,rw")


OTHER_USER = """
import os, sys
from pathlib import Path
from benchmarks.growth import opened, text
from parametric_memory.errors import StorageError

with opened(Path(sys.argv[1])) as memory:  # imports what another user may not read
    memory.recall(text("first"))
os.setuid(65534)
with opened(Path(sys.argv[1])) as memory:
    [recall] = memory.recall(text("first"))
    assert memory.text(recall.entry_id) == text("first")
    try:
        memory.add(text("more"))
    except StorageError as error:
        assert "permission denied" in str(error), error
    else:
        raise AssertionError("It was written.")
"""


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can become another user")
def test_the_memory_of_another_user_answers(disk: Path) -> None:
    disk.chmod(0o777)
    with opened(disk / "memory") as memory:
        memory.add(text("first"))
    closed = [folder for folder in (disk, *disk.parents) if not folder.stat().st_mode & 1]  # pytest keeps them so
    for folder in closed:
        folder.chmod(0o711)
    environment = {**os.environ, "TMPDIR": str(disk)}
    subprocess.run([sys.executable, "-c", OTHER_USER, str(disk / "memory")], check=True, timeout=120, env=environment)


def test_a_copy_of_an_index_goes_when_it_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with opened(tmp_path / "memory") as memory:
        first = memory.add(text("first"))
    with opened(tmp_path / "memory") as memory, monkeypatch.context() as patched:
        patched.setattr(place, "_LEAST", 10**18)
        assert [recall.entry_id for recall in memory.recall(text("first"))] == [first.id]
        assert len(list(temporary.iterdir())) == 1
        patched.undo()
        memory.add(text("more"))  # not into the copy
        assert list(temporary.iterdir()) == []
    with opened(tmp_path / "memory") as memory:
        assert len(memory.recall(text("more"))) == 2


FORKS = """
import os, sys
from pathlib import Path
from benchmarks.growth import opened, text
from parametric_memory.errors import StorageError

memory, folder = opened(Path(sys.argv[1])), Path(sys.argv[1])
for trial in range(3):  # before it is used
    pid = os.fork()
    if not pid:
        memory.add(text(trial), id=str(trial))
        assert [recall.entry_id for recall in memory.recall(text(trial), k=1)] == [str(trial)]
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
for trial in range(3):
    assert [recall.entry_id for recall in memory.recall(text(trial), k=1)] == [str(trial)]
    pid = os.fork()
    if not pid:
        for each in (memory, opened(folder)):
            assert len(each.list()) == 3
            for use in (lambda: each.recall(text(0)), lambda: each.add(text(4))):
                try:
                    use()
                except StorageError as error:
                    assert "use a memory only after the fork" in str(error)
                else:
                    os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_process_works_or_is_told_at_once_that_it_cannot(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKS, str(tmp_path / "memory")], check=True, timeout=90, env=os.environ)
