"""What entries said before: kept as far as the memory is set to, restored, and forgotten with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.errors import EntryNotFound, SettingsError
from parametric_memory.internalize.deriving import Draft

OpenMemory = Callable[..., ParametricMemory]
CITIES = [f"Lina Okafor lives in {city}." for city in ("Bergen", "Oslo", "Tromso", "Molde")]


def moved(memory: ParametricMemory, times: int = len(CITIES)) -> None:
    for number, text in enumerate(CITIES[:times]):
        memory.add(text, id="lina", title=f"Home {number}", metadata={"number": number})


def test_without_the_setting_nothing_is_kept(open_memory: OpenMemory) -> None:
    memory = open_memory()
    moved(memory)
    assert list(memory.history("lina")) == []
    Maintenance(memory).erase()
    files = [path for path in memory.storage.location.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if any(text.encode() in path.read_bytes() for text in CITIES[:3])] == []
    with pytest.raises(EntryNotFound):
        memory.history("nobody")


def test_as_many_versions_are_kept_as_the_memory_is_set_to(open_memory: OpenMemory) -> None:
    moved(open_memory(versions=2))
    memory = open_memory()
    assert [(v.version, v.text, v.title, v.metadata) for v in memory.history("lina")] == [
        (3, CITIES[2], "Home 2", {"number": 2}),
        (2, CITIES[1], "Home 1", {"number": 1}),
    ]
    memory.update("lina", text="Lina Okafor lives in Bodo.")  # the setting stays
    assert [v.version for v in memory.history("lina")] == [4, 3]
    [recall] = memory.recall("Lina lives where?")
    assert recall.summary.endswith("Lina Okafor lives in Bodo.")
    open_memory(versions=0).update("lina", text="Lina Okafor lives in Narvik.")
    assert list(memory.history("lina")) == []
    with pytest.raises(SettingsError):
        open_memory(versions=-1)


def test_a_version_is_restored_as_a_new_one(open_memory: OpenMemory) -> None:
    memory = open_memory(versions=5)
    moved(memory)
    entry = memory.history("lina").restore(2)
    assert (entry.version, entry.title, entry.metadata, memory.history("lina").text) == (
        5,
        "Home 1",
        {"number": 1},
        CITIES[1],
    )
    [recall] = memory.recall("Who lives in Oslo?")
    assert recall.summary.endswith(CITIES[1])
    assert [v.version for v in memory.history("lina")] == [4, 3, 2, 1]
    with pytest.raises(SettingsError, match="Version 9 of entry lina is not kept; these are: 4, 3, 2, 1"):
        memory.history("lina").restore(9)


@pytest.mark.parametrize("said", ["Lina Okafor lives in Narvik.", CITIES[0]], ids=["another text", "the same text"])
def test_what_somebody_writes_while_a_text_is_restored_is_seen(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    memory = open_memory(versions=5)
    moved(memory, 2)
    other, whole, derived = open_memory(), memory.storage.deriver.derive, []

    def while_another_writes(draft: Draft, store: str) -> Draft:
        derived.append(draft.text)
        if len(derived) == 1:
            other.update("lina", text=said, title="Theirs", metadata={"by": "them"})
        return whole(draft, store)

    monkeypatch.setattr(memory.storage.deriver, "derive", while_another_writes)
    entry = memory.history("lina").restore(1)
    assert memory.history("lina").text == CITIES[0] and entry == memory.get("lina")
    assert entry.title != "Theirs" and "by" not in entry.metadata
    assert said in [CITIES[0], *(version.text for version in memory.history("lina"))]
    assert CITIES[1] in [version.text for version in memory.history("lina")]


def test_a_conversation_that_is_restored_still_tells_who_said_what(open_memory: OpenMemory) -> None:
    memory = open_memory(versions=1)
    memory.add_messages([("Ana", "I live in Bergen.")], id="chat")
    [first] = memory.recall("Who lives in Bergen?")
    memory.add_messages([("Bo", "I live in Oslo.")], id="chat")
    memory.history("chat").restore(1)
    [again] = memory.recall("Who lives in Bergen?")
    assert again.passages == first.passages and again.passages[0].said is not None


def test_a_history_stays_with_its_entry_and_goes_with_it(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(versions=5)
    moved(memory, 3)
    before = memory.history("lina")
    memory.update("lina", metadata={"number": 9})
    Maintenance(memory).reindex(), Maintenance(memory).upgrade()
    assert memory.history("lina") == before
    Maintenance(memory).export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other")
    Maintenance(other).import_(tmp_path / "memory.zip")
    assert list(other.history("lina")) == [] and other.history("lina").text == CITIES[2]
    memory.delete("lina")
    files = [path for path in memory.storage.location.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"Bergen" in path.read_bytes() or b"Oslo" in path.read_bytes()] == []


def test_what_an_import_replaces_goes_into_the_history(open_memory: OpenMemory, tmp_path: Path) -> None:
    theirs, memory = open_memory(tmp_path / "theirs"), open_memory(versions=5)
    theirs.add("Lina Okafor lives in Narvik.", id="lina"), theirs.add("It rained.", id="rain")
    Maintenance(theirs).export(tmp_path / "memory.zip")
    moved(memory, 3)
    for _ in range(2):  # what is the same is no new version
        Maintenance(memory).import_(tmp_path / "memory.zip")
        assert (memory.get("lina").version, memory.get("rain").version) == (4, 1)
        assert [(v.version, v.text) for v in memory.history("lina")] == [(3, CITIES[2]), (2, CITIES[1]), (1, CITIES[0])]
    [recall] = memory.recall("Who lives in Narvik?", k=1)
    assert recall.entry_id == "lina"
    assert memory.history("lina").restore(3).version == 5 and memory.history("lina").text == CITIES[2]


def test_an_import_keeps_no_history_where_none_is_wanted(open_memory: OpenMemory, tmp_path: Path) -> None:
    theirs, memory = open_memory(tmp_path / "theirs"), open_memory()
    theirs.add(CITIES[3], id="lina")
    Maintenance(theirs).export(tmp_path / "memory.zip")
    moved(memory, 2)
    Maintenance(memory).import_(tmp_path / "memory.zip")
    assert memory.get("lina").version == 3 and list(memory.history("lina")) == []


async def test_history_and_restore_wait_for_nobody(open_memory: OpenMemory) -> None:
    memory = open_memory(versions=5)
    moved(memory, 2)
    [earlier] = memory.history("lina")
    assert (await memory.history("lina").arestore(earlier.version)).version == 3
