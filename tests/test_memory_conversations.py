from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from parametric_memory import Maintenance
from parametric_memory.errors import DocumentError, MemoryFolderError, SettingsError
from parametric_memory.records import Said
from tests.comparing import passages_of

if TYPE_CHECKING:
    from parametric_memory import ParametricMemory, Recall

Opening = Callable[..., "ParametricMemory"]

MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I moved to Bergen yesterday. My dog Rex hates it."},
    {"role": "assistant", "content": "Why does your dog hate it?"},
    {"role": "user", "content": "Rain."},
]


def best(recalls: list[Recall]) -> Said | None:
    return recalls[0].passages[0].said


def test_a_conversation_is_one_entry_of_what_was_said_and_its_passages_have_names_and_dates(
    open_memory: Opening,
) -> None:
    memory = open_memory()
    [entry] = memory.add_messages(MESSAGES, when="2024-05-07", speakers={"user": "Ana", "assistant": "Bo"})
    assert entry.title == "Conversation of Ana and Bo on 7 May 2024"
    assert memory.history(entry.id).text == (
        "Conversation of Ana and Bo on 7 May 2024.\n\n"
        "Ana: I moved to Bergen yesterday. My dog Rex hates it.\n\nBo: Why does your dog hate it?\n\nAna: Rain."
    )
    assert passages_of(memory, entry.id)[1:] == [
        "Ana: I moved to Bergen yesterday (6 May 2024).",
        "Ana: My dog Rex hates it.",
        "Bo: Why does your dog hate it? Ana: Rain.",
    ]


def test_a_conversation_that_is_attached_whole_has_names_and_dates_in_a_prompt_too(open_memory: Opening) -> None:
    memory = open_memory()
    memory.add_messages(MESSAGES, when="2024-05-07", speakers={"user": "Ana", "assistant": "Bo"})
    whole = memory.recall("Who moved to Bergen?")[0].model_copy(update={"passages": []})
    assert memory.recaller.passage(whole).splitlines() == [
        "Conversation of Ana and Bo on 7 May 2024.",
        "Ana: I moved to Bergen yesterday (6 May 2024).",
        "Ana: My dog Rex hates it.",
        "Bo: Why does your dog hate it? Ana: Rain.",
    ]


def test_what_is_recalled_tells_its_turn_its_speaker_and_its_day(open_memory: Opening) -> None:
    memory = open_memory()
    memory.add_messages(MESSAGES, when=date(2024, 5, 7), speakers={"user": "Ana"})
    day = datetime(2024, 5, 7)
    assert best([*memory.recall("Who moved to Bergen?")]) == Said(turn=1, turns=[1], speaker="Ana", said_at=day)
    assert best([*memory.recall("Why does the dog hate it?")]) == Said(turn=3, turns=[2, 3], speaker="Ana", said_at=day)
    assert memory.ask("Why does the dog hate it?").recalls[0].passages[0].said is not None


def test_a_conversation_that_is_restored_was_said_when_it_was_said(open_memory: Opening) -> None:
    memory = open_memory(versions=1)
    [entry] = memory.add_messages(MESSAGES, when="2024-05-07", id="chat")
    memory.update("chat", text="Ana moved to Oslo.")
    restored = memory.history("chat").restore(1)
    assert restored.said_at == entry.said_at == datetime(2024, 5, 7, tzinfo=UTC)


def test_a_document_has_no_turns(open_memory: Opening) -> None:
    memory = open_memory()
    memory.add("Ana moved to Bergen. Her dog Rex hates it.")
    assert best([*memory.recall("Who moved to Bergen?")]) is None


def test_a_message_has_a_time_of_its_own(open_memory: Opening) -> None:
    memory = open_memory()
    messages = [{**message, "created_at": "2024-05-07T18:30:00"} for message in MESSAGES]
    memory.add_messages(messages, when="2020-01-01")
    said = best([*memory.recall("Who moved to Bergen?")])
    assert said is not None and said.said_at == datetime(2024, 5, 7, 18, 30)


def test_a_pause_of_hours_makes_two_entries_of_messages_unless_an_id_makes_them_one(open_memory: Opening) -> None:
    memory = open_memory()
    messages = [
        {"role": "user", "content": "The harbour is frozen.", "when": datetime(2024, 1, 9, 8)},
        {"role": "user", "content": "The harbour thawed.", "when": datetime(2024, 1, 10, 8)},
    ]
    first, second = memory.add_messages(messages)
    assert "9 January" in first.title and "10 January" in second.title
    said = [best([*memory.recall(text)]) for text in ("harbour is frozen", "harbour thawed")]
    assert [one and one.turn for one in said] == [0, 1]
    [whole] = memory.add_messages(messages, id="chat")
    assert whole.id == "chat"


def test_a_growing_conversation_replaces_its_entry(open_memory: Opening) -> None:
    memory = open_memory()
    memory.add_messages(MESSAGES[:2], id="chat")
    [entry] = memory.add_messages(MESSAGES, id="chat", metadata={"team": "sales"})
    assert entry.version == 2 and entry.metadata == {"team": "sales"} and len(memory.list()) == 1
    assert best([*memory.recall("Why does the dog hate it? Rain")]) == Said(turn=3, turns=[2, 3], speaker="the user")


def test_turns_survive_export_reindex_and_upgrade(open_memory: Opening, tmp_path: Path) -> None:
    memory = open_memory()
    [entry] = memory.add_messages(MESSAGES, when="2024-05-07")
    expected = best([*memory.recall("Who moved to Bergen?")])
    assert expected is not None
    Maintenance(memory).reindex()
    assert best([*memory.recall("Who moved to Bergen?")]) == expected
    Maintenance(memory).export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other")
    Maintenance(other).import_(tmp_path / "memory.zip")
    assert best([*other.recall("Who moved to Bergen?")]) == expected
    Maintenance(memory).upgrade()
    assert best([*memory.recall("Who moved to Bergen?")]) == expected
    memory.update(entry.id, title="Bergen")
    assert best([*memory.recall("Who moved to Bergen?")]) == expected


def test_another_text_has_no_turns_any_more(open_memory: Opening) -> None:
    memory = open_memory()
    [entry] = memory.add_messages(MESSAGES)
    memory.update(entry.id, text="Ana moved to Oslo. Rex likes it.")
    assert best([*memory.recall("Who moved to Oslo?")]) is None


@pytest.mark.parametrize("turn", ["[" * 900, "[" * 20_000, f'[5, 0, [0{", 0" * 15_000}], "Ana", null]'])
def test_turns_that_are_damaged_are_not_imported(open_memory: Opening, tmp_path: Path, turn: str) -> None:
    memory = open_memory()
    [entry] = memory.add_messages(MESSAGES)
    Maintenance(memory).export(tmp_path / "memory.zip")
    with ZipFile(tmp_path / "memory.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    texts = f"entries/{entry.id}/texts.json"
    content[texts] = json.dumps({**json.loads(content[texts]), "turns": [turn]}).encode()
    with ZipFile(tmp_path / "damaged.zip", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    other = open_memory(tmp_path / "other")
    with pytest.raises(MemoryFolderError, match=r"damaged\.zip"):
        Maintenance(other).import_(tmp_path / "damaged.zip")
    assert other.list() == []


def test_a_recall_with_turns_goes_through_json(open_memory: Opening) -> None:
    memory = open_memory()
    memory.add_messages(MESSAGES, when="2024-05-07")
    [recall, *_] = memory.recall("Who moved to Bergen?")
    told = json.loads(recall.model_dump_json())
    assert told["passages"][0]["said"] == {
        "turn": 1,
        "turns": [1],
        "speaker": "the user",
        "said_at": "2024-05-07T00:00:00",
    }
    assert type(recall).model_validate(told) == recall


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ([], "The conversation is empty"),
        (MESSAGES[:1], "The conversation is empty"),
        (["hello"], "Message 0 is none"),
        ("hello", "Messages are a list"),
        ([{"role": "user"}], "Message 0 lacks who says it, or what"),
        ([{"role": "user", "content": "Hi.", "when": "soon"}], "'soon' is no time"),
    ],
)
def test_what_is_no_conversation_is_told_of(open_memory: Opening, messages: list[object], problem: str) -> None:
    memory = open_memory()
    with pytest.raises(DocumentError, match=problem):
        memory.add_messages(messages)
    assert not memory.list()


def test_a_speaker_needs_a_name(open_memory: Opening) -> None:
    with pytest.raises(SettingsError, match="'user' is empty"):
        open_memory().add_messages(MESSAGES, speakers={"user": " "})


def test_messages_are_added_from_a_coroutine(open_memory: Opening) -> None:
    [entry] = asyncio.run(open_memory().aadd_messages(MESSAGES))
    assert entry.title == "Conversation of the user and the assistant"


def test_the_conversations_of_a_file_are_entries_of_their_own(open_memory: Opening, tmp_path: Path) -> None:
    file = tmp_path / "chats.json"
    file.write_text(json.dumps([{"title": "Move", "messages": MESSAGES}, {"messages": MESSAGES[1:2]}]))
    memory = open_memory()
    entries = memory.add_files(file)
    assert [entry.source for entry in entries] == [str(file)] * 2
    assert entries[0].title == "Conversation of the user and the assistant: Move"
    assert best([*memory.recall("Who moved to Bergen?")]) is not None


def test_of_two_conversations_the_one_that_was_held_later_is_newer_whenever_they_are_added(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    memory = open_memory()
    [new] = memory.add_messages([("Ana", "I live in Oslo.")], when="2024-05-07T18:00")
    [old] = memory.add_messages([("Ana", "I live in Bergen.")], when="2020-01-02")
    assert (new.said_at, old.said_at) == (datetime(2024, 5, 7, 18, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
    assert new.holds_since > old.holds_since and old.created_at > new.created_at
    [undated] = memory.add_messages([("Ana", "I live in Molde.")])
    assert undated.said_at is None and undated.holds_since == undated.updated_at
    changed = memory.update(old.id, metadata={"seen": True})
    assert changed.said_at == old.said_at and changed.holds_since < new.holds_since
    replaced = memory.update(old.id, text="Ana lives in Hamar.")
    assert replaced.said_at is None and replaced.holds_since > new.holds_since


DIARY = "Today it rained. I moved to Bergen. My dog Rex hates the rain."
NAMED = ["Today it rained.", "Ana Brandt: I moved to Bergen.", "Ana Brandt: My dog Rex hates the rain."]


def test_a_text_in_the_first_person_is_kept_as_it_is_and_its_passages_name_who_speaks(open_memory: Opening) -> None:
    memory = open_memory()
    entry = memory.add(DIARY, speaker="Ana Brandt")
    assert (memory.history(entry.id).text, entry.title) == (DIARY, DIARY)
    assert passages_of(memory, entry.id) == NAMED
    found = memory.add(f"My name is Ana. {DIARY}")
    assert passages_of(memory, found.id)[2] == "Ana: I moved to Bergen."


def test_what_is_recalled_of_a_text_in_the_first_person_is_shown_and_prompted_as_it_is_written(
    open_memory: Opening,
) -> None:
    memory = open_memory()
    memory.add(DIARY, speaker="Ana Brandt")
    [recall] = memory.recall("Ana Brandt moved to Bergen.")
    assert recall.passages[0].text == "I moved to Bergen."
    assert recall.passages[0].said == Said(turn=0, turns=[], speaker="Ana Brandt")
    assert memory.recaller.passage(recall).splitlines() == DIARY.replace(". ", ".\n").splitlines()


def test_a_speaker_survives_export_reindex_and_upgrade_but_not_another_text(
    open_memory: Opening, tmp_path: Path
) -> None:
    memory = open_memory()
    entry = memory.add(DIARY, speaker="Ana Brandt")
    Maintenance(memory).reindex()
    Maintenance(memory).export(tmp_path / "memory.zip")
    Maintenance(memory).upgrade()
    other = open_memory(tmp_path / "other")
    Maintenance(other).import_(tmp_path / "memory.zip")
    Maintenance(other).upgrade()
    assert passages_of(memory, entry.id) == passages_of(other, entry.id) == NAMED
    memory.update(entry.id, text="I moved to Oslo. I like it.")
    assert passages_of(memory, entry.id) == ["I moved to Oslo.", "I like it."]


def test_a_known_text_is_read_again_when_its_speaker_is_named(open_memory: Opening, tmp_path: Path) -> None:
    memory = open_memory()
    entry = memory.add(DIARY)
    assert memory.add(DIARY, speaker="Ana Brandt").id == entry.id
    assert memory.add(DIARY).version == memory.add(DIARY, speaker="Ana Brandt").version == 2
    assert passages_of(memory, entry.id) == NAMED and len(memory.list()) == 1
    file = tmp_path / "diary.txt"
    file.write_text("I bake. I sing.")
    [of_file] = memory.add_files(file, speaker="Ana")
    file.write_text("I bake bread. I sing.")
    [changed] = memory.add_files(file, speaker="Ana")
    assert (changed.id, changed.version, passages_of(memory, of_file.id)[0]) == (of_file.id, 2, "Ana: I bake bread.")
