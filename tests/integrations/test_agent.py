"""LangGraph's prebuilt agent with the memory's tools. What the model says is given; all else is real."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from langchain_core.messages import ToolMessage
from langgraph.prebuilt import create_react_agent

from langchain_parametric_memory import ChatParametricMemory, memory_tools
from parametric_memory import ParametricMemory
from parametric_memory.memory import reopen
from tests.integrations.conftest import SENTENCES
from tests.integrations.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent has been moved")
ABOUT_LINA = "Where did Lina Okafor move to?"
NEWS = "Pia Holm bakes rye bread in Turku."


def calling(name: str, **arguments: str) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


@pytest.fixture
def agent_that_says(base, memory, open_memory: Callable[..., ParametricMemory], tmp_path):
    """Makes an agent whose model says these texts, over the tools of a real memory."""

    def make(*script: str):
        engine = ScriptedEngine(base, *script)
        chat = ChatParametricMemory(memory=reopen(open_memory(tmp_path / "agent"), engine=engine))
        return create_react_agent(chat, memory_tools(memory)), engine

    return make


def test_an_agent_remembers_and_asks_in_the_same_conversation(agent_that_says, memory: ParametricMemory) -> None:
    agent, model = agent_that_says(
        calling("remember", text=NEWS),
        "Noted.",
        calling("ask_memory", question="Where does Pia Holm bake bread?"),
        "Turku.",
    )
    first = agent.invoke({"messages": [("user", NEWS)]})
    assert first["messages"][-1].text == "Noted."
    second = agent.invoke({"messages": [*first["messages"], ("user", "Where does Pia Holm bake bread?")]})
    asked = next(m for m in reversed(second["messages"]) if isinstance(m, ToolMessage))
    assert [r["summary"] for r in asked.artifact["recalls"] if r["attached"]] == [NEWS]
    assert asked.content in model.prompts[-1]
    assert second["messages"][-1].text == "Turku."
    assert NEWS in [memory.history(entry.id).text for entry in memory.list()]


async def test_an_agent_may_call_several_tools_at_once(agent_that_says, memory: ParametricMemory) -> None:
    both = calling("ask_memory", question=ABOUT_LINA) + calling("forget", about="Tomas Reyes plays the cello")
    agent, _ = agent_that_says(both, "Done.")
    messages = (await agent.ainvoke({"messages": [("user", "Ask and forget.")]}))["messages"]
    asked, forgot = [m for m in messages if isinstance(m, ToolMessage)]
    assert asked.artifact["remembered"]
    assert forgot.content.startswith("Forgotten: Tomas Reyes")
    assert [memory.history(entry.id).text for entry in memory.list()] == [SENTENCES[0], SENTENCES[2]]


def test_an_agent_is_told_what_went_wrong_and_goes_on(agent_that_says) -> None:
    agent, model = agent_that_says(calling("forget", id="nobody"), calling("remember"), "I cannot.")
    messages = agent.invoke({"messages": [("user", "Forget it.")]})["messages"]
    assert [m.status for m in messages if isinstance(m, ToolMessage)] == ["error", "error"]
    assert "nobody" in model.prompts[1] and "text: Field required" in model.prompts[2]
    assert messages[-1].text == "I cannot."


def test_an_agents_answers_stream(agent_that_says) -> None:
    agent, _ = agent_that_says(calling("ask_memory", question=ABOUT_LINA), "Bergen, it seems.")
    pieces = [
        chunk.text
        for chunk, about in agent.stream({"messages": [("user", ABOUT_LINA)]}, stream_mode="messages")
        if about["langgraph_node"] == "agent"
    ]
    assert "".join(pieces) == "Bergen, it seems."
    assert len([piece for piece in pieces if piece]) > 2
