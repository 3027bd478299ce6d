from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_parametric_memory import ParametricMemoryChatMessageHistory, chat_history
from parametric_memory import ParametricMemory

CALL = {"name": "weather", "args": {"town": "Bergen"}, "id": "1", "type": "tool_call"}
MESSAGES: list[BaseMessage] = [
    SystemMessage("Be kind."),
    HumanMessage("I moved to Bergen yesterday."),
    AIMessage("", tool_calls=[CALL]),
    ToolMessage("12 degrees", tool_call_id="1"),
    AIMessage("Welcome! It is rather mild in Bergen today."),
]


@pytest.fixture
def empty(open_memory: Callable[..., ParametricMemory]) -> ParametricMemory:
    return open_memory()


def history(memory: ParametricMemory, session_id: str = "s", **options: Any) -> ParametricMemoryChatMessageHistory:
    return ParametricMemoryChatMessageHistory(memory, session_id=session_id, **options)


def test_messages_come_back_as_they_went_in(empty: ParametricMemory) -> None:
    history(empty).add_messages(MESSAGES[:2])
    history(empty).add_messages(MESSAGES[2:])
    assert history(empty).messages == MESSAGES
    assert history(empty, "another").messages == []


def test_what_was_said_is_remembered_with_names_and_dates(empty: ParametricMemory) -> None:
    history(empty, speakers={"user": "Ana"}).add_messages(MESSAGES)
    [entry] = empty.list()
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    assert "Ana: I moved to Bergen yesterday." in empty.history(entry.id).text
    assert "degrees" not in empty.history(entry.id).text
    [recall, *_] = empty.recall("Who moved to Bergen?")
    assert f"yesterday ({yesterday.day} {yesterday:%B %Y})" in recall.passages[0].text
    said = recall.passages[0].said
    assert said is not None and (said.turn, said.speaker) == (1, "Ana")


def test_a_long_session_is_kept_in_parts(empty: ParametricMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_history, "_MOST_MESSAGES", 2)
    history(empty).add_messages(MESSAGES[:3])
    first = empty.list()[0]
    history(empty).add_messages(MESSAGES[3:])
    assert history(empty).messages == MESSAGES
    assert len(empty.list()) == 3 and empty.get(first.id) == first


def test_after_a_pause_a_new_part_begins(empty: ParametricMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    history(empty).add_messages(MESSAGES[:2])
    monkeypatch.setattr(chat_history, "_PAUSE", timedelta(0))
    history(empty).add_messages(MESSAGES[4:])
    assert len(empty.list()) == 2 and history(empty).messages == [*MESSAGES[:2], *MESSAGES[4:]]


def test_a_session_in_which_nobody_spoke_yet_is_kept_too(empty: ParametricMemory) -> None:
    history(empty).add_messages(MESSAGES[:1])
    assert history(empty).messages == MESSAGES[:1]
    history(empty).add_messages(MESSAGES[1:])
    assert history(empty).messages == MESSAGES and len(empty.list()) == 1


def test_sessions_are_cleared_one_by_one(empty: ParametricMemory) -> None:
    for session in ("s", "t"):
        history(empty, session).add_messages(MESSAGES)
    history(empty).clear()
    assert history(empty).messages == [] and history(empty, "t").messages == MESSAGES


def test_the_same_session_in_two_namespaces_is_two(empty: ParametricMemory) -> None:
    history(empty, namespace="ana").add_messages(MESSAGES[:2])
    history(empty, namespace="ben").add_messages(MESSAGES[4:])
    assert history(empty, namespace="ana").messages == MESSAGES[:2]
    assert history(empty, namespace="ben").messages == MESSAGES[4:]


async def test_there_are_coroutines_for_all_of_it(empty: ParametricMemory) -> None:
    own = history(empty)
    await own.aadd_messages(MESSAGES)
    assert await own.aget_messages() == MESSAGES
    await own.aclear()
    assert own.messages == []
