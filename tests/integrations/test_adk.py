"""The Agent Development Kit keeps sessions in a memory and finds them there, with its own runner and tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from parametric_memory import ParametricMemory, Recall

pytest.importorskip("google.adk.memory", reason="google-adk is not installed")

from google.adk.events.event import Event
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.sessions import InMemorySessionService
from google.adk.sessions.session import Session
from google.genai import types

from adk_parametric_memory import ParametricMemoryService

QUESTION = "Where did Lina Okafor move to?"
MOMENT = 1_600_000_000.0  # 2020-09-13


def event(author: str, text: str, partial: bool = False) -> Event:
    content = types.Content(role="user", parts=[types.Part(text=text)])
    return Event(author=author, content=content, timestamp=MOMENT, partial=partial)


@pytest.fixture
def service(memory: ParametricMemory) -> ParametricMemoryService:
    return ParametricMemoryService(memory, speakers={"user": "Ana Brandt"})


async def session_of(*events: Event) -> Session:
    kept = InMemorySessionService()
    session = await kept.create_session(app_name="travel", user_id="ana", session_id="monday")
    for each in events:
        await kept.append_event(session, each)
    return session


def texts(entries: list[MemoryEntry]) -> list[str]:
    return [part.text or "" for entry in entries for part in entry.content.parts or []]


async def test_a_session_is_found_by_its_user_in_its_app_and_by_nobody_else(service: ParametricMemoryService) -> None:
    await service.add_session_to_memory(await session_of(event("user", "Lina Okafor moved to Bergen.")))
    found = await service.search_memory(app_name="travel", user_id="ana", query=QUESTION)
    assert "Bergen" in texts(found.memories)[0]
    first = found.memories[0]
    assert first.author == "Ana Brandt" and (first.timestamp or "").startswith("2020-09-13")
    assert first.custom_metadata["score"] > 0
    for app, user in (("travel", "bea"), ("cooking", "ana")):
        assert not (await service.search_memory(app_name=app, user_id=user, query=QUESTION)).memories


async def test_what_is_deleted_while_it_is_recalled_is_not_found(
    service: ParametricMemoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.add_session_to_memory(await session_of(event("user", "Lina Okafor moved to Bergen.")))
    recall = service.memory.recall

    def forgets(*args: Any, **options: Any) -> Sequence[Recall]:
        recalls = recall(*args, **options)
        service.memory.delete(user="ana")
        return recalls

    monkeypatch.setattr(service.memory, "recall", forgets)
    assert not (await service.search_memory(app_name="travel", user_id="ana", query=QUESTION)).memories


async def test_a_session_that_is_added_again_takes_its_own_place(service: ParametricMemoryService) -> None:
    before = event("user", "Lina Okafor moved to Bergen.")
    await service.add_session_to_memory(await session_of(before))
    await service.add_session_to_memory(await session_of(before, event("user", "Lina Okafor moved on to Oslo.")))
    [entry] = service.memory.list(user="ana", run="monday")
    assert "Oslo" in service.memory.history(entry.id, namespace="ana").text and entry.version == 2


async def test_a_session_in_which_nothing_is_said_is_not_remembered(service: ParametricMemoryService) -> None:
    silent = Event(author="user", timestamp=MOMENT)
    await service.add_session_to_memory(await session_of(silent, event("user", "Lina", partial=True)))
    assert not service.memory.list(user="ana")


async def test_events_and_texts_are_remembered_beside_it(service: ParametricMemoryService) -> None:
    whose = {"app_name": "travel", "user_id": "ana"}
    said = [event("user", "Tomas Reyes plays the cello.")]
    await service.add_events_to_memory(**whose, events=said, session_id="tuesday", custom_metadata={"mood": "fine"})
    content = types.Content(parts=[types.Part(text="Lina Okafor moved to Bergen.")])
    await service.add_memory(
        **whose, memories=[MemoryEntry(content=content, id="lina")], custom_metadata={"kind": "fact"}
    )
    assert [entry.metadata["mood"] for entry in service.memory.list(user="ana", run="tuesday")] == ["fine"]
    assert service.memory.get("lina", namespace="ana").metadata["kind"] == "fact"
    [found] = (await service.search_memory(**whose, query=QUESTION)).memories
    assert found.id == "lina" and found.author is None and texts([found]) == ["Lina Okafor moved to Bergen."]
    await service.add_memory(app_name="travel", user_id="bea", memories=[MemoryEntry(content=content, id="lina")])
    assert {entry.namespace for entry in service.memory.list() if entry.id == "lina"} == {"ana", "bea"}


async def test_the_kits_own_tool_loads_from_it(service: ParametricMemoryService) -> None:
    from google.adk.agents.invocation_context import InvocationContext
    from google.adk.agents.llm_agent import LlmAgent
    from google.adk.tools.load_memory_tool import load_memory
    from google.adk.tools.tool_context import ToolContext

    session = await session_of(event("user", "Lina Okafor moved to Bergen."))
    await service.add_session_to_memory(session)
    sessions = InMemorySessionService()
    agent = LlmAgent(name="guide", model="none")
    asked = InvocationContext(
        invocation_id="1", agent=agent, session=session, session_service=sessions, memory_service=service
    )
    loaded = await load_memory(QUESTION, ToolContext(asked))
    assert "Bergen" in texts(loaded.memories)[0]
