"""A memory in a PostgreSQL database, with and without a Chroma server: the same door, from several machines at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.errors import EntryNotFound, MemoryMismatch, SettingsError, StorageError
from parametric_memory.index.chroma import IndexServer
from tests.bag_of_words import BagOfWords
from tests.in_step import in_step, index_of
from tests.tiny_models import random_lora

OpenMemory = Callable[..., ParametricMemory]
Opening = Callable[..., ParametricMemory]
LINA, HERON, RAIN = "Lina Okafor lives in Bergen.", "The Heron project is led by Tomas Brandt.", "It rained. It snowed."
QUESTION = "Where does Lina Okafor live?"


@pytest.fixture(params=["exact", "a Chroma server"])
def open_shared(
    open_memory: OpenMemory, database_url: str, chroma_url: str, request: pytest.FixtureRequest
) -> Iterator[Opening]:
    """Opens the memory in the test's database; with a server its graph is searched however small it is."""
    server = chroma_url if request.param != "exact" else None
    opened: list[ParametricMemory] = []

    def open_(**options: object) -> ParametricMemory:
        memory = open_memory(database_url, **{"index": None if opened else server} | options)  # it is remembered
        memory.storage.search._most = 0 if server is not None else 10**9
        opened.append(memory)
        return memory

    yield open_
    if server is not None and opened and opened[0].storage.database.settings():
        index_of(opened[0]).destroy()  # other tests use the server


def ids(found) -> list[str]:
    return [getattr(one, "entry_id", None) or one.id for one in found]


def test_what_is_added_is_found_answered_changed_and_forgotten(open_shared: Opening) -> None:
    memory = open_shared(versions=2)
    assert (
        memory.storage.location.folder is None
        and str(memory.storage.location).startswith("postgresql://tests@")
        and memory.list() == []
    )
    lina = memory.add(LINA, id="lina", metadata={"team": "sales", "year": 2020})
    heron = memory.add(HERON, id="heron", metadata={"year": 2024}, namespace="projects")
    memory.add(RAIN, id="rain", ttl=timedelta(hours=1))
    assert memory.get("lina") == lina and memory.history("heron").text == HERON
    assert ids(memory.list()) == ["lina", "heron", "rain"] and memory.storage.entries.counts() == {
        "default": 2,
        "projects": 1,
    }

    assert ids(memory.recall(QUESTION, k=1)) == ["lina"]
    assert ids(memory.recall("Heron", namespace="projects")) == ["heron"]
    assert ids(memory.recall("Lina", filter={"year": {"$lt": 2021}, "team": "sales"})) == ["lina"]
    assert ids(memory.list(filter={"year": {"$gte": 2021}})) == ["heron"]
    answer = memory.ask(QUESTION, max_new_tokens=4)
    assert answer.remembered and [r.entry_id for r in answer.recalls if r.attached] == ["lina"]

    changed = memory.update("lina", metadata={"year": 2025}, move_to="projects")
    assert memory.recall("Lina", filter={"year": 2020}) == []
    assert ids(memory.recall("Lina", k=1, namespace="projects")) == ["lina"] and changed.version == 1
    memory.update("lina", text="Lina Okafor lives in Oslo.", namespace="projects")
    history = memory.history("lina", namespace="projects")
    assert [version.text for version in history] == [LINA]
    assert history.restore(1).version == 3 and history.text == LINA

    memory.delete("rain")
    with pytest.raises(EntryNotFound, match="'rain' in the namespace 'default' of postgresql://"):
        memory.get("rain")
    assert memory.delete(namespace="projects") == ["lina", "heron"]
    assert memory.list() == [] and memory.recall("Heron", namespace="projects") == []
    assert heron.content_hash != lina.content_hash


def test_the_server_holds_the_vectors_of_what_is_there_and_no_others(open_shared: Opening) -> None:
    memory = open_shared()
    for number in range(12):
        memory.add(f"Crate {number} stands in bay {number}. It holds lamps.", id=f"crate-{number}")
    memory.delete("crate-3"), memory.update("crate-4", text=HERON), memory.update("crate-5", move_to="rare")
    memory.delete(namespace="rare")
    if memory.storage.search.is_exact:  # of vectors in the database alone there is no index
        assert memory.storage.search.index.problems() == []
    else:
        assert in_step(memory)
        graph = [ids(memory.recall(f"Crate {number}", k=3)) for number in range(12)]
        memory.storage.search._most = 10**9
        assert [ids(memory.recall(f"Crate {number}", k=3)) for number in range(12)] == graph
    assert ids(memory.recall(HERON, k=1)) == ["crate-4"]
    Maintenance(memory).erase()
    assert not memory.storage.leaves_traces and len(memory.list()) == 10
    assert Maintenance(memory).reindex() == 10 and ids(memory.recall(HERON, k=1)) == ["crate-4"]


def test_what_one_machine_writes_the_others_find(open_shared: Opening) -> None:
    first, second = open_shared(), open_shared()
    first.add(LINA, id="lina")
    assert ids(second.recall(QUESTION)) == ["lina"]
    second.add(HERON, id="heron"), second.update("lina", text="Lina Okafor lives in Oslo.", metadata={"by": "second"})
    assert first.history("lina").text == "Lina Okafor lives in Oslo." and first.get("lina").version == 2
    assert ids(first.recall("Heron", k=1)) == ["heron"]
    assert ids(first.recall("Oslo", filter={"by": "second"})) == ["lina"]
    first.delete("heron")
    assert ids(second.list()) == ["lina"] and ids(second.recall("Heron")) == ["lina"]
    assert second.ask("Who lives in Oslo?", max_new_tokens=2).remembered


def test_writers_wait_for_each_other_and_nothing_is_lost(open_shared: Opening) -> None:
    memories = [open_shared() for _ in range(3)]

    def write(number: int) -> None:
        memory = memories[number % 3]
        memory.add(f"Crate {number} holds lamps.", id=f"crate-{number}")
        with memory.storage.writing():
            count = memory.get("count").metadata["count"] if memory.list(ids=["count"]) else 0
            memory.add("How many crates there are.", id="count", metadata={"count": count + 1})

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, range(12)))
    for memory in memories:
        assert memory.get("count").metadata == {"count": 12} and memory.get("count").version == 1
        assert memory.count() == 13
        assert ids(memory.recall("Crate 7 holds lamps.", k=1)) == ["crate-7"]


def test_a_transaction_that_fails_writes_nothing(open_shared: Opening) -> None:
    memory, other = open_shared(), open_shared()
    memory.add(LINA, id="lina")

    def changes() -> None:
        with memory.storage.writing():
            memory.add(HERON, id="heron"), memory.delete("lina")
            assert ids(other.list()) == ["lina"]  # which waits for nobody
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        changes()
    assert ids(memory.list()) == ids(other.list()) == ["lina"] and ids(memory.recall("Heron")) == ["lina"]


def test_skills_are_shared(open_shared: Opening, base, tmp_path: Path) -> None:
    save_peft(random_lora(base.model), tmp_path / "skill", "tiny")
    memory, other = open_shared(), open_shared()
    memory.add(LINA)
    made = memory.skills.add("Say it shortly.", name="short", folder=tmp_path / "skill")
    assert other.skills.list() == [made]
    plain, skilled = other.ask(QUESTION), other.ask(QUESTION, skills=["short"])
    assert skilled.skills == ["short"] and plain.text != skilled.text
    other.skills.delete("short")
    assert memory.skills.list() == []


@pytest.mark.parametrize("store", ["text", "rows"])
def test_a_memory_travels_between_a_folder_and_a_database(
    open_shared: Opening, open_memory: OpenMemory, base, tmp_path: Path, store: str
) -> None:
    save_peft(random_lora(base.model), tmp_path / "skill", "tiny")
    folder = open_memory(store=store)
    folder.add(f"{LINA} She studies seals.", id="lina", metadata={"year": 2024})
    folder.add_messages([("Ana", "I moved to Oslo.")], id="chat", when="2024-05-07")
    folder.skills.add("Say it shortly.", name="short", folder=tmp_path / "skill")
    assert Maintenance(folder).export(tmp_path / "there.zip") == 2
    shared = open_shared(store=store)
    assert Maintenance(shared).import_(tmp_path / "there.zip") == (2, 0)
    assert Maintenance(shared).export(tmp_path / "back.zip") == 2
    back = open_memory(tmp_path / "back", store=store)
    assert Maintenance(back).import_(tmp_path / "back.zip") == (2, 0)
    for memory in (shared, back):
        assert memory.list() == folder.list() and memory.skills.list() == folder.skills.list()
        assert [memory.history(entry.id).text for entry in memory.list()] == [
            folder.history(e.id).text for e in folder.list()
        ]
        for question in (QUESTION, "Who moved to Oslo?"):
            expected, found = folder.recall(question), memory.recall(question)
            assert [(r.entry_id, r.attached, r.said) for r in found] == [
                (r.entry_id, r.attached, r.said) for r in expected
            ]
            assert [r.score for r in found] == pytest.approx([r.score for r in expected], abs=1e-5)
        assert memory.ask(QUESTION, max_new_tokens=6).text == folder.ask(QUESTION, max_new_tokens=6).text


def test_another_embedder_is_refused_until_the_memory_is_reindexed_with_it(open_shared: Opening) -> None:
    memory = open_shared()
    memory.add(LINA, id="lina")
    other = open_shared(embeddings=BagOfWords(dimension=300, fingerprint="other words"))
    with pytest.raises(MemoryMismatch, match=r"other words.*parametric-memory reindex --memory 'postgresql://"):
        other.recall("Lina")
    assert Maintenance(other).reindex() == 1 and ids(other.recall("Lina")) == ["lina"]
    with pytest.raises(MemoryMismatch, match="other words"):
        memory.recall("Lina")


def test_an_upgrade_keeps_to_the_place(open_shared: Opening) -> None:
    memory = open_shared()
    memory.add(LINA, id="lina")
    assert Maintenance(open_shared(store="rows")).upgrade() == 1
    assert memory.get("lina").store == "rows" and ids(memory.recall(QUESTION)) == ["lina"]


def test_looking_makes_no_tables(open_shared: Opening) -> None:
    memory = open_shared()
    assert memory.list() == [] and memory.recall("Lina") == [] and memory.skills.list() == []
    with pytest.raises(EntryNotFound):
        memory.delete("nobody")
    assert not memory.storage.database.exists and memory.storage.empty


def test_the_memory_names_its_server_and_searches_without_one_that_is_gone(
    open_memory: OpenMemory, database_url: str, chroma_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = open_memory(database_url, index=chroma_url)
    first.add(LINA, id="lina")
    assert first.storage.database.setting("index_server") == chroma_url and in_step(first)
    index = index_of(first)
    assert isinstance(index.place, IndexServer)
    gone = open_memory(database_url, index="http://127.0.0.1:1")
    assert ids(gone.recall(QUESTION)) == ["lina"]  # a memory that is not large needs none
    gone.add(HERON, id="heron")
    gone.storage.search._most = 0  # nor does a large one, which tells of it
    assert ids(gone.recall(QUESTION)) == ["lina", "heron"]
    assert re.search(r"index server at http://127\.0\.0\.1:1 .*`chroma run`.*All vectors are compared", caplog.text)
    assert ids(first.recall("Heron", k=1)) == ["heron"] and in_step(first)
    index.destroy()


def test_a_password_is_told_nowhere(open_memory: OpenMemory, database_url: str) -> None:
    with_password = database_url.replace("tests@", "tests:secret@")
    memory = open_memory(with_password)
    assert "secret" not in str(memory.storage.location) and "tests:***@" in str(memory.storage.location)
    memory.add(LINA)
    with pytest.raises(EntryNotFound) as raised:
        memory.get("nobody")
    assert "secret" not in str(raised.value)


def test_a_database_that_cannot_be_reached_is_told_of_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"Could not read the memory in postgresql://nobody@/none") as raised:
        ParametricMemory(f"postgresql://nobody@/none?host={tmp_path}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("url", ["s3://bucket/memory", "mysql://host/memory", "postgresql://host:port/x"])
def test_what_is_no_place_for_a_memory_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=r"postgresql://"):
        ParametricMemory(url)
    with pytest.raises(SettingsError, match="no address of an index server"):
        ParametricMemory("postgresql://host/memory", index="localhost")


def test_a_text_that_postgresql_cannot_hold_is_refused_as_in_a_folder(
    open_memory: OpenMemory, database_url: str
) -> None:
    """PostgreSQL takes no NUL in a text; names and metadata may have one all the same, or are refused in both."""
    outcomes = []
    with closing(open_memory(database_url)) as shared, closing(open_memory()) as folder:
        for memory in (shared, folder):
            memory.add(RAIN, id="rain")
            told: list[str] = []
            for given in ({"metadata": {"odd": "a\0b"}}, {"title": "a\0b"}, {"id": "a\0b"}, {"namespace": "a\0b"}):
                try:
                    told.append(str(memory.add(f"{LINA} {[*given]}", **given).metadata))
                except Exception as error:
                    told.append(type(error).__name__)
            outcomes.append((told, ids(memory.list(filter={"odd": "a\0b"}))[:1] != []))
            assert memory.count() >= 1
    assert outcomes[0][0][0] == outcomes[1][0][0] and outcomes[0][1] == outcomes[1][1]
    assert all(kind in ("DocumentError", "{}") for kind in outcomes[0][0][1:])
