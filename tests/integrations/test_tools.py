from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from langchain_parametric_memory import AskMemory, Forget, Remember, memory_tools
from parametric_memory import ParametricMemory
from parametric_memory.memory import reopen
from parametric_memory.recall.scorer import VectorScorer
from tests.integrations.conftest import SENTENCES

ABOUT_LINA = "Where did Lina Okafor move to?"


def call(tool, **arguments) -> ToolMessage:
    return tool.invoke({"type": "tool_call", "name": tool.name, "args": arguments, "id": "1"})


def test_asking_gives_the_answer_as_content_and_the_recalls_as_artifact(memory: ParametricMemory) -> None:
    told = call(AskMemory(memory=memory, max_tokens=12), question=ABOUT_LINA)
    assert told.content == memory.ask(ABOUT_LINA, max_new_tokens=12).text
    assert [r["summary"] for r in told.artifact["recalls"] if r["attached"]] == [SENTENCES[0]]
    assert told.artifact["timings"].keys() == {"recall", "attach", "first_token", "total"}


def test_what_is_not_remembered_is_said_so(memory: ParametricMemory) -> None:
    assert call(AskMemory(memory=memory), question="How many planets are there?").content == (
        "The memory does not hold this."
    )
    unsure = AskMemory(memory=memory, when_unknown="I do not know.")
    assert unsure.invoke({"question": "How many planets are there?"}) == "I do not know."


def test_a_hybrid_answer_also_reads_what_is_recalled(memory: ParametricMemory) -> None:
    told = call(AskMemory(memory=memory, max_tokens=12, hybrid=True), question=ABOUT_LINA)
    assert told.content == memory.ask(ABOUT_LINA, max_new_tokens=12, hybrid=True).text
    opened = AskMemory(memory=reopen(memory, hybrid=True), max_tokens=12)
    assert call(opened, question=ABOUT_LINA).artifact["prompt_tokens"] == told.artifact["prompt_tokens"]
    plain = AskMemory(memory=memory, max_tokens=12)
    assert call(plain, question=ABOUT_LINA).artifact["prompt_tokens"] < told.artifact["prompt_tokens"]


def test_what_is_remembered_can_be_asked_and_forgotten_by_its_id(memory: ParametricMemory) -> None:
    ask, remember, forget = memory_tools(memory)
    kept = call(remember, text="Pia Holm bakes rye bread in Turku.", source="diary")
    entry = memory.get(kept.artifact["id"])
    assert (memory.history(entry.id).text, entry.source) == ("Pia Holm bakes rye bread in Turku.", "diary")
    assert entry.id in kept.content
    assert json.loads(json.dumps(kept.artifact)) == kept.artifact
    assert call(ask, question="Where does Pia Holm bake bread?").artifact["remembered"]
    assert call(forget, id=entry.id).content == f"Forgotten: {entry.title}"
    assert not call(ask, question="Where does Pia Holm bake bread?").artifact["remembered"]


def test_what_is_forgotten_by_its_description_is_the_nearest_if_it_is_near(memory: ParametricMemory) -> None:
    forget = Forget(memory=memory)
    gone = call(forget, about="Tomas Reyes plays the cello")
    assert gone.content.startswith("Forgotten: Tomas Reyes")
    assert [memory.history(entry.id).text for entry in memory.list()] == [SENTENCES[0], SENTENCES[2]]
    assert call(forget, about="planets").content == "Nothing is remembered about 'planets'."
    assert len(memory.list()) == 2


def test_what_only_speaks_of_the_same_person_is_not_forgotten_but_named(memory: ParametricMemory) -> None:
    class Generous(VectorScorer):
        threshold = -1.0

    boat = memory.add("My boat has a blue sail, one mast and an oar.")
    told = call(
        Forget(memory=reopen(memory, scorer=Generous(), threshold=None)),
        about="what I wrote about my neighbour's boat",
    )
    assert told.status == "error"
    assert boat.id in told.content
    assert memory.get(boat.id)


def test_tools_stay_in_their_namespace(memory: ParametricMemory) -> None:
    ask, remember, forget = memory_tools(memory, namespace="users.lina")
    kept = call(remember, text="Pia Holm bakes rye bread in Turku.")
    assert [entry.id for entry in memory.list(namespace="users.lina")] == [kept.artifact["id"]]
    assert not call(ask, question=ABOUT_LINA).artifact["remembered"]
    elsewhere = memory.list(namespace="default")[0]
    refused = call(forget, id=elsewhere.id)
    assert refused.status == "error" and "in the namespace users.lina" in refused.content
    assert memory.get(elsewhere.id) == elsewhere
    assert call(Forget(memory=memory), id=kept.artifact["id"]).status == "error"


def test_tools_of_a_user_and_an_agent_see_nothing_of_others(memory: ParametricMemory) -> None:
    ask, remember, forget = memory_tools(memory, user="ana", agent="cook", run="monday")
    kept = call(remember, text="Pia Holm bakes rye bread in Turku.").artifact
    assert kept["namespace"] == "ana" and kept["metadata"] == {"agent_id": "cook", "run_id": "monday"}
    question, about = "Where does Pia Holm bake bread?", "Pia Holm bakes rye bread in Turku."
    assert call(ask, question=question).artifact["remembered"]
    asks, _, forgets = memory_tools(memory, user="ana", agent="nurse")
    assert not call(asks, question=question).artifact["remembered"]
    assert call(forgets, about=about).content.startswith("Nothing is remembered")
    refused = call(forgets, id=kept["id"])
    assert refused.status == "error" and "in the namespace ana, of the agent nurse" in refused.content
    assert call(forget, about=about).content.startswith("Forgotten: Pia Holm")
    told = call(Remember(memory=memory, namespace="bea", scope={"user": "ana"}), text="Pia Holm moved.")
    assert told.status == "error" and "A user is a namespace" in told.content


def test_what_is_remembered_lasts_and_holds_as_the_tool_was_made(memory: ParametricMemory) -> None:
    _, remember, _ = memory_tools(memory, ttl=timedelta(hours=1), valid_from="2021-01-01", valid_until="2021-12-31")
    entry = memory.get(call(remember, text="Pia Holm bakes rye bread in Turku.").artifact["id"])
    assert entry.expires_at is not None and entry.expires_at - entry.created_at <= timedelta(hours=1)
    assert (entry.valid_from, entry.valid_until) == (
        datetime(2021, 1, 1, tzinfo=UTC),
        datetime(2022, 1, 1, tzinfo=UTC),
    )
    told = call(Remember(memory=memory, valid_from="some day"), text="Pia Holm moved.")
    assert told.status == "error" and "valid_from" in told.content


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        (Remember, {"text": "\0"}, "binary"),
        (Remember, {"text": ""}, "text: String should have at least 1 character"),
        (Remember, {}, "text: Field required"),
        (Forget, {"id": "nobody"}, "nobody"),
        (Forget, {}, "give either about or id"),
        (Forget, {"id": "a", "about": "b"}, "give either about or id"),
    ],
)
def test_what_goes_wrong_is_told_to_the_agent(memory: ParametricMemory, tool, arguments, complaint: str) -> None:
    told = call(tool(memory=memory), **arguments)
    assert told.status == "error"
    assert complaint in told.content


async def test_tools_can_be_awaited(memory: ParametricMemory) -> None:
    told = await AskMemory(memory=memory, max_tokens=12).ainvoke({"question": ABOUT_LINA})
    assert told == memory.ask(ABOUT_LINA, max_new_tokens=12).text


def test_arguments_have_descriptions_for_the_model_and_nothing_of_the_memory(memory: ParametricMemory) -> None:
    for tool in memory_tools(memory):
        schema = tool.tool_call_schema.model_json_schema()
        assert all("description" in about for about in schema["properties"].values())
        assert "memory" not in schema["properties"]


def test_a_chain_can_call_a_tool(memory: ParametricMemory) -> None:
    chain = RunnablePassthrough.assign(fact=AskMemory(memory=memory, max_tokens=12))
    assert chain.invoke({"question": ABOUT_LINA})["fact"] == memory.ask(ABOUT_LINA, max_new_tokens=12).text


def test_tools_over_a_folder_share_its_memory(open_memory: Callable[..., ParametricMemory], tmp_path) -> None:
    ask, remember, forget = memory_tools(str(tmp_path / "memory"))
    assert ask.memory is remember.memory is forget.memory


def test_questions_are_answered_under_skills(memory: ParametricMemory, skill: str) -> None:
    ask, *_ = memory_tools(memory, skills=[skill])
    told = call(ask, question=ABOUT_LINA)
    assert told.artifact["skills"] == [skill]
    assert told.content == memory.ask(ABOUT_LINA, skills=[skill]).text


def test_the_configuration_of_a_run_names_skills(memory: ParametricMemory, skill: str) -> None:
    plain = AskMemory(memory=memory)
    asked = {"type": "tool_call", "name": plain.name, "args": {"question": ABOUT_LINA}, "id": "1"}
    node = RunnableLambda(lambda message: plain.invoke(message))
    assert node.invoke(asked, {"configurable": {"skills": [skill]}}).artifact["skills"] == [skill]
    assert node.invoke(asked).artifact["skills"] == []
