from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.documents.files import Document
from parametric_memory.errors import DocumentError, ParametricMemoryError, SettingsError
from parametric_memory.language_model.base_model import BaseModel
from tests.comparing import held, scores
from tests.embedders import Watched, processes
from tests.in_step import in_step
from tests.tiny_models import tiny_model

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")

from parametric_memory.workers import RayPool  # noqa: E402 -- where there is Ray

pytestmark = pytest.mark.slow

Open = Callable[..., ParametricMemory]
NAMES = ("Lina", "Tomas", "Ada", "Marco", "Yuki", "Piet", "Rosa", "Emil", "Ines", "Otto", "Nora", "Karl")
DOCUMENTS = [
    Document(f"{name} moved to town {number}. " + f"{name} keeps {number} boats. " * (1 + number % 4), name)
    for number, name in enumerate(NAMES)
]


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the workers have told of so far."""
    return []


@pytest.fixture(scope="module")
def workers(told: list[str]) -> Iterator[RayPool]:
    """Two actors for all tests here, on a small cluster of this machine, or on the one that RAY_ADDRESS names."""
    if address := os.environ.get("RAY_ADDRESS"):
        ray.init(address=address, log_to_driver=False)
    else:
        small = {"num_cpus": 2, "object_store_memory": 80_000_000, "include_dashboard": False}
        ray.init(address="local", log_to_driver=False, **small)
    with RayPool(actors=2, report=told.append) as pool:
        yield pool
    ray.shutdown()


@pytest.fixture
def base_folder(base: BaseModel, tmp_path: Path) -> Path:
    """The tiny base model where every process finds it."""
    base.model.save_pretrained(tmp_path / "base")
    base.tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    (tmp_path / "watched").mkdir()
    return tmp_path / "watched"


@pytest.fixture
def open_shared(open_memory: Open, base_folder: Path, watched: Path) -> Open:
    """Opens a memory whose models other processes can load."""

    def open_(**options: Any) -> ParametricMemory:
        return open_memory(**{"base_model": base_folder, "embeddings": Watched(watched)} | options)

    return open_


@pytest.mark.parametrize("options", [{}, {"store": "rows"}, {"max_rank": 8}], ids=["text", "rows", "adapters"])
def test_actors_prepare_what_the_process_itself_would(
    open_shared: Open, tmp_path: Path, workers: RayPool, options: dict[str, Any]
) -> None:
    alone = open_shared(folder=tmp_path / "alone", **options)
    alone.add_files(*DOCUMENTS)
    memory = open_shared(folder=tmp_path / "bulk", **options)
    entries = memory.add_files(*DOCUMENTS, metadata={"year": 2021}, workers=workers)
    assert [entry.title for entry in entries] == list(NAMES)
    assert held(memory) == held(alone)
    assert len(memory.list(filter={"year": 2021})) == len(DOCUMENTS)
    for question in ("Where did Ada move?", "How many boats does Otto keep?"):
        assert scores(memory, question) == pytest.approx(scores(alone, question))


def test_a_text_that_comes_twice_or_is_known_is_there_once(open_shared: Open, workers: RayPool) -> None:
    memory = open_shared()
    known = memory.add(DOCUMENTS[3])
    entries = memory.add_files(*DOCUMENTS, Document(DOCUMENTS[0].text, "again"), workers=workers)
    assert len(memory.list()) == len(DOCUMENTS)
    assert entries[3] == known
    assert entries[-1] == entries[0]


def test_files_are_added_by_workers(open_shared: Open, tmp_path: Path, workers: RayPool) -> None:
    (tmp_path / "docs").mkdir()
    for document in DOCUMENTS[:4]:
        (tmp_path / "docs" / f"{document.title}.txt").write_text(document.text)
    heard: list[tuple[str, bool]] = []
    entries = open_shared().add_files(
        tmp_path / "docs", workers=workers, on_progress=lambda path, entry: heard.append((Path(path).name, bool(entry)))
    )
    assert [entry.title for entry in entries] == ["Ada", "Lina", "Marco", "Tomas"]
    assert sorted(heard) == sorted((f"{e.title}.txt", done) for e in entries for done in (False, True))


def test_what_cannot_be_kept_is_refused_before_anybody_begins(
    open_shared: Open, watched: Path, workers: RayPool
) -> None:
    with pytest.raises(DocumentError):
        open_shared().add_files(*DOCUMENTS, Document("  ", "empty"), workers=workers)
    assert processes(watched) == []


def test_a_worker_with_other_models_says_so(
    open_shared: Open, base_folder: Path, base: BaseModel, workers: RayPool
) -> None:
    memory = open_shared()
    memory.add("Nora lives in Oslo.")
    tiny_model(base.tokenizer, seed=1).save_pretrained(base_folder)
    with pytest.raises(ParametricMemoryError, match="was trained for tiny"):
        memory.add_files(*DOCUMENTS, workers=workers)
    assert len(memory.list()) == 1


def test_a_base_model_that_is_loaded_here_is_not_sent(open_memory: Open, workers: RayPool) -> None:
    with pytest.raises(SettingsError, match="by its folder or hub id"):
        open_memory().add_files(*DOCUMENTS, workers=workers)


def test_an_object_that_cannot_be_sent_is_told_of(open_shared: Open, workers: RayPool) -> None:
    lock = threading.Lock()
    memory = open_shared(summarizer=lambda text: f"{text} {lock}")
    with pytest.raises(SettingsError, match="cannot be sent"):
        memory.add_files(*DOCUMENTS, workers=workers)


def test_a_cluster_without_what_actors_need_is_refused(open_shared: Open, workers: RayPool) -> None:
    with RayPool(gpus=1) as needy, pytest.raises(SettingsError, match="1 GPUs"):
        open_shared().add_files(*DOCUMENTS, workers=needy)


class Other:
    """Who uses the cluster, too."""

    def there(self) -> bool:
        return True


def test_an_actor_that_finds_no_place_gets_no_work(open_shared: Open, watched: Path, workers: RayPool) -> None:
    workers.close()  # its actors
    other = ray.remote(num_cpus=ray.cluster_resources()["CPU"] - 1)(Other).remote()
    assert ray.get(other.there.remote())
    try:
        memory = open_shared()
        memory.add_files(*DOCUMENTS, workers=workers)
        assert sorted(entry.title for entry in memory.list()) == sorted(NAMES)
        assert len({*processes(watched)} - {os.getpid()}) == 1
    finally:
        ray.kill(other)


def test_who_waits_for_a_place_is_told_and_goes_on_when_there_is_one(
    open_shared: Open, workers: RayPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.workers._PATIENCE", 0.5)
    workers.close()
    other = ray.remote(num_cpus=ray.cluster_resources()["CPU"])(Other).remote()
    assert ray.get(other.there.remote())
    told: list[str] = []

    def make_room(line: str) -> None:
        told.append(line)
        if "no actor has a place" in line:
            ray.kill(other)

    memory = open_shared()
    with RayPool(actors=1, report=make_room) as waiting:
        memory.add_files(*DOCUMENTS[:2], workers=waiting)
    assert [line.partition(":")[2] for line in told] == [
        " 1 actor for 2 documents",
        " no actor has a place yet: each needs a processor that nobody else on the cluster uses.",
    ]
    assert len(memory.list()) == 2


@pytest.mark.slow
def test_the_work_of_a_killed_actor_is_done_again(open_shared: Open, watched: Path, workers: RayPool) -> None:
    memory = open_shared()
    killed: list[int] = []

    def kill_one(name: str, entry: object) -> None:
        if entry is not None and not killed:
            killed.extend(pid for pid in processes(watched)[:1] if pid != os.getpid())
            os.kill(killed[0], signal.SIGKILL)

    memory.add_files(*DOCUMENTS, workers=workers, on_progress=kill_one)
    assert len(killed) == 1
    assert sorted(entry.title for entry in memory.list()) == sorted(NAMES)
    assert in_step(memory)


@pytest.mark.soak
def test_an_actor_that_dies_over_a_document_is_replaced(
    open_shared: Open, watched: Path, workers: RayPool, told: list[str]
) -> None:
    memory, before = open_shared(embeddings=Watched(watched, deadly="Marco", times=1)), len(told)
    memory.add_files(*DOCUMENTS, workers=workers)
    assert sum("An actor died" in line for line in told[before:]) == 1
    assert sorted(entry.title for entry in memory.list()) == sorted(NAMES)


@pytest.mark.soak
def test_a_document_that_ends_every_actor_is_given_up_and_the_others_stay(
    open_shared: Open, watched: Path, workers: RayPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parametric_memory.workers.DEATHS", 2)
    memory = open_shared(embeddings=Watched(watched, deadly="Marco", times=100))
    with pytest.raises(ParametricMemoryError, match="2 actors died over one document"):
        memory.add_files(*DOCUMENTS, workers=workers)
    assert {entry.title for entry in memory.list()} == set(NAMES) - {"Marco"}
    assert len(list(watched.glob("*.dead"))) == 2


@pytest.mark.soak
def test_an_interrupt_leaves_what_was_written_and_the_rest_can_follow(open_shared: Open, workers: RayPool) -> None:
    memory = open_shared()

    def interrupt(name: str, entry: object) -> None:
        if entry is not None and len(memory.list()) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        memory.add_files(*DOCUMENTS, workers=workers, on_progress=interrupt)
    assert len(memory.list()) == 4
    memory.add_files(*DOCUMENTS, workers=workers)
    assert sorted(entry.title for entry in memory.list()) == sorted(NAMES)


def test_no_actor_is_no_number() -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        RayPool(actors=0)
