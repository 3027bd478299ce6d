"""When what an entry says holds: it is recalled then, or for a moment that is asked about, and listed at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.errors import SettingsError
from parametric_memory.records import now

OpenMemory = Callable[..., ParametricMemory]
QUESTION = "Who leads the Bluefin project?"
MARCO, VERA, ILSE = (f"{name} leads the Bluefin project." for name in ("Marco", "Vera", "Ilse"))


@pytest.fixture
def memory(open_memory: OpenMemory) -> ParametricMemory:
    """Somebody led until 2021, somebody does by now, and somebody will."""
    memory = open_memory()
    memory.add(MARCO, id="marco", valid_until="2021-12-31")
    memory.add(VERA, id="vera", valid_from="2022-01-01", valid_until="2099-12-31")
    memory.add(ILSE, id="ilse", valid_from="2100-01-01")
    return memory


def recalled(memory: ParametricMemory, **options: object) -> list[str]:
    return [recall.entry_id for recall in memory.recall(QUESTION, **options)]


def test_what_holds_by_now_is_recalled_or_what_held_at_a_moment(memory: ParametricMemory) -> None:
    assert recalled(memory) == ["vera"]
    assert recalled(memory, at="2021-12-31T23:59") == ["marco"]
    assert recalled(memory, at="2022-01-01") == ["vera"]
    assert recalled(memory, at=datetime(2150, 1, 1, tzinfo=UTC)) == ["ilse"]
    assert [entry.id for entry in memory.list()] == ["marco", "vera", "ilse"]
    answer = memory.ask(QUESTION, at="2000-01-01", max_new_tokens=2)
    assert [recall.entry_id for recall in answer.recalls] == ["marco"]
    recalls, _ = memory.stream(QUESTION, at="2100-01-01", max_new_tokens=2)
    assert [recall.entry_id for recall in recalls] == ["ilse"]
    vector = memory.models.embeddings.embed_query(QUESTION)
    assert [near.entry.id for near in memory.recaller.nearest(vector, at="2000-01-01")] == ["marco"]
    with memory.attach_to(memory.models.base.model, QUESTION, at="2000-01-01") as attached:
        assert [recall.entry_id for recall in attached] == ["marco"]


def test_async_twins_take_the_same(memory: ParametricMemory) -> None:
    async def use() -> None:
        await memory.aadd("Tove leads the Bluefin project.", id="tove", valid_until="1999-12-31", user="ana")
        assert [r.entry_id for r in await memory.arecall(QUESTION, at="1999-12-31", user="ana")] == ["tove"]
        assert list(await memory.arecall(QUESTION, user="ana")) == []
        assert (await memory.aask(QUESTION, at="1990-01-01", user="ana", max_new_tokens=2)).remembered

    asyncio.run(use())


def test_what_has_expired_is_recalled_for_no_moment(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(MARCO, ttl=timedelta(microseconds=1))
    memory.add(VERA, id="vera", ttl=timedelta(hours=1))
    assert recalled(memory, at=now() - timedelta(days=1)) == recalled(memory, at=now() + timedelta(days=1)) == ["vera"]


def test_times_stay_through_a_reindex_an_export_and_a_new_text(
    memory: ParametricMemory, open_memory: OpenMemory, tmp_path: Path
) -> None:
    Maintenance(memory).reindex()
    assert recalled(memory) == ["vera"]
    Maintenance(memory).export(tmp_path / "exported.zip")
    other = open_memory(tmp_path / "other")
    Maintenance(other).import_(tmp_path / "exported.zip")
    assert recalled(other) == ["vera"] and recalled(other, at="2000-01-01") == ["marco"]
    until = memory.get("vera").valid_until
    assert memory.add("Vera S. leads the Bluefin project.", id="vera").valid_until == until
    assert memory.update("marco", text="Marco I. leads the Bluefin project.").is_over()


def test_what_takes_the_place_of_what_is_over_holds(memory: ParametricMemory) -> None:
    entry = memory.add("Noor leads the Bluefin project.", id="marco")
    assert (entry.valid_until, entry.version) == (None, 2)
    assert set(recalled(memory)) == {"marco", "vera"}


def test_a_text_that_is_over_is_another_thing_when_it_is_added_again(memory: ParametricMemory) -> None:
    assert memory.add(MARCO, valid_until="2021-12-31").id == "marco"  # as a script does that runs twice
    again = memory.add(MARCO)
    assert again.id != "marco" and set(recalled(memory)) == {again.id, "vera"}
    assert memory.add(VERA, valid_until="2098-12-31").id == "vera"  # it holds by now: its bounds are others
    assert memory.get("vera").valid_until == datetime(2099, 1, 1, tzinfo=UTC)
    assert memory.get("vera").valid_from == datetime(2022, 1, 1, tzinfo=UTC)


def test_bounds_are_changed_and_taken_away(memory: ParametricMemory) -> None:
    memory.update("vera", valid_until="2023-06-30")
    assert recalled(memory) == [] and recalled(memory, at="2023-06-30") == ["vera"]
    memory.update("vera", valid_from="", valid_until="")
    assert recalled(memory) == ["vera"] and recalled(memory, at="2100-01-01")
    ended = memory.update("ilse", text="Ilse B. leads the Bluefin project.", valid_from="2020-01-01")
    assert ended.valid_from == datetime(2020, 1, 1, tzinfo=UTC) and "ilse" in recalled(memory)


def test_bounds_in_the_wrong_order_change_nothing(memory: ParametricMemory) -> None:
    for change in (
        lambda: memory.add(ILSE, valid_from="2024-02-01", valid_until="2024-01-31"),
        lambda: memory.update("vera", valid_until="2021-12-31"),
        lambda: memory.update("vera", text="Vera S. leads the Bluefin project.", valid_until="2021-12-31"),
        lambda: memory.add("Vera S. leads the Bluefin project.", id="vera", valid_until="2021-12-30"),
    ):
        with pytest.raises(SettingsError, match="is not after valid_from"):
            change()
    assert memory.history("vera").text == VERA and recalled(memory) == ["vera"]
    with pytest.raises(SettingsError, match="at is 'soon', which is no time"):
        memory.recall(QUESTION, at="soon")


def test_conversations_and_files_have_bounds_too(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    [chat] = memory.add_messages([("Ana", MARCO)], valid_until="2021-12-31", ttl=timedelta(days=1))
    (tmp_path / "note.txt").write_text(VERA)
    [note] = memory.add_files(tmp_path / "note.txt", valid_from="2100-01-01", ttl=timedelta(days=1), run="r1")
    assert recalled(memory) == [] and recalled(memory, at="2021-01-01") == [chat.id]
    assert recalled(memory, at="2100-01-01", run="r1") == [note.id] and note.expires_at is not None
