"""What is in a memory's files, and that nothing else is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.errors import MemoryLocked
from parametric_memory.records import RunningTask
from parametric_memory.storage.proof import Proof, proof

LINA, RAIN = "Lina Okafor lives in Bergen.", "It rained in Oslo."
NAMES = {"id": "id-of-lina", "namespace": "people", "title": "Title of Lina", "source": "lina.txt"}
SOUGHT = [LINA, *NAMES.values(), "value of lina"]


@pytest.fixture
def memory(open_memory: Callable[..., ParametricMemory]) -> ParametricMemory:
    memory = open_memory(store="rows")
    memory.add(RAIN, id="rain"), memory.add("It snowed in Tromso.", id="snow")
    memory.add(LINA, metadata={"key": "value of lina"}, **NAMES)
    return memory


def places(found: Proof) -> list[list[str]]:
    return [word.files for word in found.searched]


def test_what_is_there_is_found_in_the_files(memory: ParametricMemory) -> None:
    found = proof(memory.storage, [*SOUGHT, "Molde"])
    assert (found.entries, found.skills, found.problems, found.memory) == (3, 0, [], memory.storage.location.folder)
    assert all(files == ["memory.db"] for files in places(found)[:-1]) and places(found)[-1] == []
    assert not found.holds and (found.searched[0].similarity or 0) > 0.8
    assert found.vectors == memory.storage.search.count() > 0


def test_what_was_deleted_is_in_no_file_and_all_else_is_as_it_was(memory: ParametricMemory) -> None:
    before = memory.history("rain").text, memory.get("rain"), memory.recall(RAIN)
    memory.delete(NAMES["id"], namespace=NAMES["namespace"])
    found = proof(memory.storage, SOUGHT)
    assert found.holds and places(found) == [[]] * len(SOUGHT) and found.entries == 2
    assert found.searched[0].similarity is not None and found.searched[0].similarity < 0.9
    assert (memory.history("rain").text, memory.get("rain"), memory.recall(RAIN)) == before


def test_the_report_tells_what_was_looked_for_by_its_sha256_alone(memory: ParametricMemory) -> None:
    report = proof(memory.storage, [LINA, "Molde"]).report("1.0")
    assert hashlib.sha256(LINA.encode()).hexdigest() in report and "Okafor" not in report and "Molde" not in report
    assert "Entries     3, with" in report and "it stands in memory.db" in report
    assert "it stands in no file and in no file's name, neither as text nor as a vector." in report


def test_a_long_text_that_pages_cut_is_found(memory: ParametricMemory) -> None:
    long = " ".join(f"Crate {number} stands behind the loading bay." for number in range(150))
    memory.add(long, id="long")
    [word] = proof(memory.storage, [long]).searched
    assert word.files and all(file.startswith("memory.db") for file in word.files)


def test_what_is_no_part_of_the_memory_is_told(memory: ParametricMemory) -> None:
    assert memory.storage.location.folder is not None
    (memory.storage.location.folder / "notes about Lina.txt").write_text("nothing")
    (memory.storage.location.folder / "chroma-0123456789ab").mkdir()
    found = proof(memory.storage, ["about Lina"])
    assert f"{memory.storage.location.folder / 'notes about Lina.txt'} is no part of the memory." in found.problems
    assert places(found) == [["notes about Lina.txt"]] and not found.holds


@pytest.mark.parametrize("sought", ["", "half \ud800 of one", "a\0b", "%_", "ü雪"])
def test_any_text_can_be_looked_for(memory: ParametricMemory, sought: str) -> None:
    memory.add(f"Here it says ü雪 and {'%_' if sought == '%_' else ''}.", id="odd")
    found = places(proof(memory.storage, [sought]))
    assert (found != [[]]) == (sought in ("", "%_", "ü雪"))


def test_the_digest_tells_files_from_what_they_were(memory: ParametricMemory) -> None:
    first = proof(memory.storage)
    assert proof(memory.storage).files == first.files and first.size > 0
    memory.add("It hailed.", id="hail")
    assert proof(memory.storage).digest != first.digest


def test_while_a_task_runs_nothing_is_proved(memory: ParametricMemory) -> None:
    running = memory.storage.tasks.begun(RunningTask(task="reindex", pid=1, entries=3, space=1))
    with running, pytest.raises(MemoryLocked, match="try again when it has finished"):
        proof(memory.storage)
