"""Whose an entry is: users never meet in a recall, agents and runs narrow it, and what is one's goes at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.errors import SettingsError

OpenMemory = Callable[..., ParametricMemory]
QUESTION = "Which tea does she drink?"


@pytest.fixture
def memory(open_memory: OpenMemory) -> ParametricMemory:
    memory = open_memory()
    memory.add("She drinks green tea.", id="ana-1", user="ana", agent="cook", run="monday")
    memory.add("She drinks black tea.", id="ana-2", user="ana", agent="cook", run="tuesday", metadata={"year": 2024})
    memory.add("She drinks white tea.", id="ana-3", user="ana", agent="nurse")
    memory.add("She drinks mint tea.", id="bea", user="bea", agent="cook")
    memory.add("She drinks no tea.", id="nobody")
    return memory


def recalled(memory: ParametricMemory, **options: object) -> list[str]:
    return sorted(recall.entry_id for recall in memory.recall(QUESTION, **options))


def test_what_is_recalled_belongs_to_the_scope(memory: ParametricMemory) -> None:
    assert recalled(memory, user="ana") == recalled(memory, namespace="ana") == ["ana-1", "ana-2", "ana-3"]
    assert recalled(memory, user="ana", agent="cook") == ["ana-1", "ana-2"]
    assert recalled(memory, user="ana", agent="cook", filter={"year": 2024}) == ["ana-2"]
    assert recalled(memory, user="ana", run="monday") == ["ana-1"]
    assert recalled(memory) == ["nobody"] and recalled(memory, agent="cook") == []
    answer = memory.ask(QUESTION, user="bea", max_new_tokens=2)
    assert [recall.entry_id for recall in answer.recalls] == ["bea"]


def test_what_is_listed_belongs_to_the_scope(memory: ParametricMemory) -> None:
    assert [entry.id for entry in memory.list(user="ana", agent="cook")] == ["ana-1", "ana-2"]
    assert [entry.id for entry in memory.list(agent="cook")] == ["ana-1", "ana-2", "bea"]
    assert memory.get("ana-2").metadata == {"agent_id": "cook", "run_id": "tuesday", "year": 2024}
    assert memory.get("ana-2").namespace == "ana"


def test_all_that_belongs_to_somebody_goes_at_once(memory: ParametricMemory) -> None:
    assert memory.delete(user="ana", run="monday") == ["ana-1"]
    assert memory.delete(user="ana") == ["ana-2", "ana-3"]
    assert memory.delete(agent="cook") == ["bea"]
    assert [entry.id for entry in memory.list()] == ["nobody"]
    for nobody in ({}, {"user": None}, {"user": "", "agent": "cook"}):
        with pytest.raises(SettingsError):
            memory.delete(**nobody)
    assert [entry.id for entry in memory.list()] == ["nobody"]


def test_a_user_and_another_namespace_are_refused_before_anything_is_made(memory: ParametricMemory) -> None:
    for call in (
        memory.add,
        memory.recall,
        memory.ask,
        lambda text, **scope: memory.add_messages([("A", text)], **scope),
    ):
        with pytest.raises(SettingsError, match="A user is a namespace"):
            call("She drinks oolong.", user="ana", namespace="bea")
    assert len(memory.list()) == 5


@pytest.mark.parametrize(
    ("user", "speakers", "said_by"),
    [
        ("ana", None, "Ana: "),
        ("Ana Brandt", None, "Ana Brandt: "),
        ("ana", {"user": "Bea"}, "Bea: "),
        ("ana", {"human": "Bea"}, "Bea: "),
        ("user-17", None, "The user: "),
        (None, None, "The user: "),
    ],
)
def test_a_message_is_said_by_the_user_unless_named_otherwise(
    memory: ParametricMemory, user: str | None, speakers: dict[str, str] | None, said_by: str
) -> None:
    [entry] = memory.add_messages([("user", "I moved to Bergen.")], user=user, speakers=speakers)
    assert f"{said_by}I moved to Bergen." in memory.history(entry.id).text
