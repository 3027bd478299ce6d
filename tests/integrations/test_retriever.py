from __future__ import annotations

from collections.abc import Callable

import pytest

from langchain_parametric_memory import ParametricMemoryRetriever
from parametric_memory import ParametricMemory
from parametric_memory.errors import SettingsError
from tests.integrations.conftest import SENTENCES

ABOUT_LINA = "Where did Lina Okafor move to?"


def test_what_is_recalled_comes_with_all_that_a_citation_needs(open_memory: Callable[..., ParametricMemory]) -> None:
    memory = open_memory()
    entry = memory.add(SENTENCES[0], title="Lina", source="people.md", metadata={"year": 2021})
    [document] = ParametricMemoryRetriever(memory=memory).invoke(ABOUT_LINA)
    assert (document.id, document.page_content) == (entry.id, SENTENCES[0])
    score = document.metadata.pop("score")
    assert 0.3 < score <= 1
    assert document.metadata == {"title": "Lina", "source": "people.md", "year": 2021, "attached": True}


def test_only_what_an_answer_would_attach_if_asked_for(memory: ParametricMemory) -> None:
    everything = ParametricMemoryRetriever(memory=memory).invoke(ABOUT_LINA)
    assert [document.metadata["attached"] for document in everything] == [True, False, False]
    strict = ParametricMemoryRetriever(memory=memory, attached_only=True)
    assert [document.page_content for document in strict.invoke(ABOUT_LINA)] == [SENTENCES[0]]
    assert strict.invoke("How many planets are there?") == []


async def test_what_belongs_to_a_user_an_agent_or_a_run_is_found_by_these(memory: ParametricMemory) -> None:
    for city, agent in (("Oslo", "cook"), ("Molde", "nurse")):
        memory.add(f"Lina Okafor moved to {city}.", user="ana", agent=agent, run="monday")
    retriever = ParametricMemoryRetriever(memory=memory)
    ana = ParametricMemoryRetriever(memory=memory, user="ana", agent="cook")
    oslo, molde = "Lina Okafor moved to Oslo.", "Lina Okafor moved to Molde."
    assert {d.page_content for d in retriever.invoke(ABOUT_LINA, user="ana")} == {oslo, molde}
    assert [d.page_content for d in ana.invoke(ABOUT_LINA)] == [oslo]
    assert [d.page_content for d in await ana.ainvoke(ABOUT_LINA, agent="nurse", run="monday")] == [molde]
    assert retriever.invoke(ABOUT_LINA, agent="cook") == ana.invoke(ABOUT_LINA, run="tuesday") == []
    with pytest.raises(SettingsError, match="A user is a namespace"):
        ParametricMemoryRetriever(memory=memory, namespace="bea").invoke(ABOUT_LINA, user="ana")


async def test_k_filter_and_namespace_narrow_what_is_looked_at(memory: ParametricMemory) -> None:
    memory.add("Lina Okafor moved to Oslo.", namespace="other", metadata={"year": 2024})
    other = ParametricMemoryRetriever(memory=memory, namespace="other", filter={"year": 2024})
    assert [d.page_content for d in other.invoke(ABOUT_LINA)] == ["Lina Okafor moved to Oslo."]
    assert other.invoke(ABOUT_LINA, filter={"year": 2023}) == []
    assert len(await ParametricMemoryRetriever(memory=memory).ainvoke(ABOUT_LINA, k=2)) == 2


def test_of_a_conversation_it_is_told_who_said_it_and_when(open_memory) -> None:
    memory = open_memory()
    memory.add_messages([("Ana", "I live in Bergen.")], when="2024-05-07", metadata={"langchain:messages": "[]"})
    [document] = ParametricMemoryRetriever(memory=memory).invoke("Where does Ana live in Bergen?")
    [said] = document.metadata["said"]
    assert (said["speaker"], said["said_at"], said["turn"]) == ("Ana", "2024-05-07T00:00:00", 0)
    assert "langchain:messages" not in document.metadata
