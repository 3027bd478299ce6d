"""The same questions through every way to ask: each gives the answer that the library gives."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")
pytest.importorskip("mcp", reason="the extra `server` is not installed")
pytest.importorskip("httpx")  # whole, before threads of servers import it in turn
pytest.importorskip("openai", reason="the package `openai` is not installed")
pytest.importorskip("llama_index.core", reason="llama-index-core is not installed")

import mcp
import openai
from langchain_core.prompts import ChatPromptTemplate
from llama_index.core.llms import ChatMessage
from starlette.testclient import TestClient

from langchain_parametric_memory import AskMemory, ChatParametricMemory
from llama_index_parametric_memory import ParametricMemoryLLM, ParametricMemoryQueryEngine
from parametric_memory import ParametricMemory
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.answering.vllm import VllmEngine
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.memory import reopen
from parametric_memory.records import NOT_HELD, Answer
from parametric_memory.server import agents
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from parametric_memory.server.service import Service
from parametric_memory.server.settings import ServerSettings
from tests.answering.standing_in import StandIn
from tests.commands.running import Runner
from tests.server.live import listening
from tests.tiny_models import random_lora

QUESTION, UNRELATED = "Where did Lina Okafor move to?", "Quantum chromodynamics?"
TOKENS = 12
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "remembered": (QUESTION, {}),
    "not held": (UNRELATED, {}),
    "the model's own words": (UNRELATED, {"abstain": False}),
    "hybrid": (QUESTION, {"hybrid": True}),
    "under a skill": (QUESTION, {"skills": ["loud"]}),
    "under two skills": (QUESTION, {"skills": ["loud", "quiet"]}),
    "under a skill alone": (UNRELATED, {"skills": ["loud"]}),
    "a skill that needs memory": (UNRELATED, {"skills": ["loud"], "abstain": True}),
    "of an agent": (QUESTION, {"agent": "clerk"}),
    "of a run": (QUESTION, {"run": "monday"}),
    "of a user": (QUESTION, {"user": "ana"}),
    "filtered": (QUESTION, {"filter": {"year": 2024}}),
    "as it was": (QUESTION, {"at": "2010-06-01"}),
}


class Told(NamedTuple):
    """What a way tells; None: it does not say that."""

    text: str
    attached: list[str] | None = None
    remembered: bool | None = None
    confidence: float | None = None
    unsure: bool | None = None


@pytest.fixture
def memory(open_memory: Callable[..., ParametricMemory], base: BaseModel, tmp_path: Path) -> ParametricMemory:
    memory = open_memory()
    memory.add("Lina Okafor moved to Bergen.", id="bergen", valid_from="2015-01-01")
    memory.add(
        "Lina Okafor moved to Oslo by train, in winter.",
        id="oslo",
        agent="clerk",
        run="monday",
        metadata={"year": 2024},
    )
    memory.add("Lina Okafor moved to Turku.", id="turku", valid_from="2010-01-01", valid_until="2010-12-31")
    memory.add("Lina Okafor moved to Tromso.", id="tromso", user="ana")
    save_peft(random_lora(base.model), tmp_path / "lora", "tiny")
    loud, adapter = _loud(memory, tmp_path / "lora")
    memory.storage.skills.write(loud, adapter)
    half = {name: replace(of, scaling=of.scaling / 2) for name, of in adapter.factors.items()}
    memory.storage.skills.write(loud.model_copy(update={"name": "quiet"}), replace(adapter, factors=half))
    return memory


def _loud(memory: ParametricMemory, folder: Path) -> Any:
    from parametric_memory.records import Skill
    from parametric_memory.training.lora import skill_of

    adapter, made = skill_of(memory.models, None, None, folder, None, None, None)
    base = memory.models.base
    return Skill(name="loud", base_model=base.name, base_fingerprint=base.fingerprint, **made), adapter


@pytest.fixture
def client(memory: ParametricMemory, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(build(memory, keys=Keys(tmp_path / "keys.json")), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def ways(
    memory: ParametricMemory, client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> dict[str, Callable[..., Any]]:
    monkeypatch.setattr(agents, "_MAX_TOKENS", TOKENS)
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("parametric_memory.commands.ask.open_memory", lambda *_, **__: memory)
    return ways_of(memory, client) | {"command line": command_line(memory, Runner(monkeypatch, capsys))}


def ways_of(memory: ParametricMemory, client: TestClient) -> dict[str, Callable[..., Any]]:
    return {
        **_door(memory),
        **_server(memory, client),
        **_langchain(memory),
        **_llama_index(memory),
    }


def _door(memory: ParametricMemory) -> dict[str, Callable[..., Any]]:
    def ask(question: str, **options: Any) -> Told:
        return told(memory.ask(question, max_new_tokens=TOKENS, **options))

    def stream(question: str, **options: Any) -> Told:
        recalls, pieces = memory.stream(question, max_new_tokens=TOKENS, **options)
        return Told("".join(pieces), [recall.entry_id for recall in recalls if recall.attached])

    async def aask(question: str, **options: Any) -> Told:
        return told(await memory.aask(question, max_new_tokens=TOKENS, **options))

    return {"ask": ask, "stream": stream, "aask": aask}


def told(answer: Answer) -> Told:
    return Told(
        answer.text, attached(answer.model_dump()["recalls"]), answer.remembered, answer.confidence, answer.unsure
    )


def attached(recalls: list[dict[str, Any]]) -> list[str]:
    return [recall["entry_id"] for recall in recalls if recall["attached"]]


def _server(memory: ParametricMemory, client: TestClient) -> dict[str, Callable[..., Any]]:
    def in_mem0s_names(options: dict[str, Any]) -> dict[str, Any]:
        names = {"filter": "filters", "user": "user_id", "agent": "agent_id", "run": "run_id"}
        return {names.get(name, name): value for name, value in options.items()}

    def rest(question: str, **options: Any) -> Told:
        body = {"question": question, "max_tokens": TOKENS, **in_mem0s_names(options)}
        answer = client.post("/ask", json=body).json()
        return Told(
            answer["text"], attached(answer["recalls"]), answer["remembered"], answer["confidence"], answer["unsure"]
        )

    def rest_stream(question: str, **options: Any) -> Told:
        body = {"question": question, "max_tokens": TOKENS, "stream": True, **in_mem0s_names(options)}
        events = [event.split("\n") for event in client.post("/ask", json=body).text.split("\n\n") if event]
        data = [json.loads(line.removeprefix("data: ")) for _, line in events]
        assert "".join(event["text"] for event in data[1:-1]) == data[-1]["text"]
        return Told(
            data[-1]["text"],
            attached(data[0]["recalls"]),
            data[-1]["remembered"],
            data[-1]["confidence"],
            data[-1]["unsure"],
        )

    ai = openai.OpenAI(api_key="none", base_url="http://localhost/v1", http_client=client, max_retries=0)

    def chat(question: str, stream: bool, options: dict[str, Any], *named: str) -> Any:
        # A chat goes on where the memory does not hold it, unless the request says otherwise.
        usual = {"abstain": "skills" not in options}
        extra = usual | {{"agent": "agent_id", "run": "run_id"}.get(n, n): v for n, v in options.items() if n != "user"}
        user = options.get("user")
        return ai.chat.completions.create(
            model="+".join([f"tiny:{user}" if user else "tiny", *named]),
            messages=[{"role": "user", "content": question}],
            max_tokens=TOKENS,
            stream=stream,
            extra_body=extra,
        )

    def openai_whole(question: str, **options: Any) -> Told:
        answer = chat(question, False, options)
        about = answer.model_extra["memory"]
        text = answer.choices[0].message.content
        return Told(text, attached(about["recalls"]), about["remembered"], about["confidence"], about["unsure"])

    def openai_by_name(question: str, **options: Any) -> Told:
        skills = options.pop("skills", [])
        answer = chat(question, False, {"abstain": not skills} | options, *skills)
        about = answer.model_extra["memory"]
        assert about["skills"] == skills
        text = answer.choices[0].message.content
        return Told(text, attached(about["recalls"]), about["remembered"], about["confidence"], about["unsure"])

    def openai_stream(question: str, **options: Any) -> Told:
        chunks = list(chat(question, True, options))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        about = chunks[-1].model_extra["memory"]
        return Told(text, attached(about["recalls"]), about["remembered"], about["confidence"], about["unsure"])

    async def tool(question: str, **options: Any) -> Told:
        given = {"namespace" if name == "user" else name: value for name, value in options.items()}
        async with mcp.Client(agents.tools_of(Service(memory, ServerSettings()))) as connected:
            result = await connected.call_tool("ask_memory", {"question": question, **given})
        assert not result.is_error, result.content
        answer = result.structured_content
        sources = [source["id"] for source in answer["sources"]]
        return Told(answer["answer"], sources, answer["remembered"], answer["confidence"], answer["unsure"])

    return {
        "REST": rest,
        "REST stream": rest_stream,
        "OpenAI": openai_whole,
        "OpenAI by name": openai_by_name,
        "OpenAI stream": openai_stream,
        "MCP": tool,
    }


def _langchain(memory: ParametricMemory) -> dict[str, Callable[..., Any]]:
    def scoped(options: dict[str, Any]) -> dict[str, Any]:
        scope = {name: options[name] for name in ("user", "agent", "run") if name in options}
        return {name: value for name, value in options.items() if name not in scope} | {"scope": scope}

    model = ChatParametricMemory(memory=memory, max_tokens=TOKENS)

    def message(answer: Any) -> Told:
        about = answer.response_metadata
        return Told(answer.text, attached(about["recalls"]), about["remembered"], about["confidence"], about["unsure"])

    def chat_stream(question: str, **options: Any) -> Told:
        whole, *more = model.stream(question, **scoped(options))
        for chunk in more:
            whole += chunk
        return message(whole)

    def chain(question: str, **options: Any) -> Told:
        asked = ChatPromptTemplate.from_template("{question}") | model.bind(**scoped(options))
        return message(asked.invoke({"question": question}))

    def tool(question: str, **options: Any) -> Told:
        usual = {"abstain": "skills" not in options}  # the tool abstains unless it is told otherwise
        made = AskMemory(memory=memory, max_tokens=TOKENS, **(usual | scoped(options)))
        answer = made.invoke({"type": "tool_call", "name": made.name, "args": {"question": question}, "id": "1"})
        about = answer.artifact
        return Told(
            answer.content, attached(about["recalls"]), about["remembered"], about["confidence"], about["unsure"]
        )

    return {
        "LangChain chat": lambda question, **options: message(model.invoke(question, **scoped(options))),
        "LangChain stream": chat_stream,
        "LangChain batch": lambda question, **options: message(
            ChatParametricMemory(memory=memory, max_tokens=TOKENS, batch_size=4).batch([question], **scoped(options))[0]
        ),
        "LangChain chain": chain,
        "LangChain tool": tool,
    }


def _llama_index(memory: ParametricMemory) -> dict[str, Callable[..., Any]]:
    def made(kind: Any, options: dict[str, Any]) -> Any:
        scope = {name: options[name] for name in ("user", "agent", "run") if name in options}
        rest = {name: value for name, value in options.items() if name not in scope}
        return kind(memory=memory, max_tokens=TOKENS, scope=scope, **rest)

    def about(text: str, known: dict[str, Any]) -> Told:
        return Told(text, None, known["remembered"], known["confidence"], known["unsure"])

    def complete(question: str, **options: Any) -> Told:
        answer = made(ParametricMemoryLLM, options).complete(question)
        return about(answer.text, answer.additional_kwargs)

    def chat(question: str, **options: Any) -> Told:
        answer = made(ParametricMemoryLLM, options).chat([ChatMessage(role="user", content=question)])
        return about(answer.message.content, answer.additional_kwargs)

    def stream(question: str, **options: Any) -> Told:
        *_, last = made(ParametricMemoryLLM, options).stream_chat([ChatMessage(role="user", content=question)])
        return about(last.message.content, last.additional_kwargs)

    def query(question: str, **options: Any) -> Told:
        answer = made(ParametricMemoryQueryEngine, options).query(question)
        sources = [node.node.node_id for node in answer.source_nodes if node.metadata["attached"]]
        return Told(
            str(answer),
            sources,
            answer.metadata["remembered"],
            answer.metadata["confidence"],
            answer.metadata["unsure"],
        )

    return {
        "LlamaIndex complete": complete,
        "LlamaIndex chat": chat,
        "LlamaIndex stream": stream,
        "LlamaIndex query": query,
    }


def command_line(memory: ParametricMemory, run: Runner, *usual: str) -> Callable[..., Any]:
    def ask(question: str, **options: Any) -> Told:
        flags = [*usual]
        for name, value in options.items():
            if name in ("abstain", "hybrid"):
                flags.append(f"--{'' if value else 'no-'}{name}")
            elif name == "filter":
                flags += [part for key, one in value.items() for part in ("--filter", f"{key}={one}")]
            else:
                values = value if isinstance(value, list) else [value]
                flags += [part for one in values for part in (f"--{name.rstrip('s')}", one)]
        place = ("--memory", str(memory.storage.location.folder))
        answer = run("ask", question, "--json", "--max-tokens", str(TOKENS), *place, *flags).data
        return Told(
            answer["text"], attached(answer["recalls"]), answer["remembered"], answer["confidence"], answer["unsure"]
        )

    return ask


def answered(way: Callable[..., Any], question: str, options: dict[str, Any]) -> Told:
    found = way(question, **options)
    return asyncio.run(found) if inspect.isawaitable(found) else found


@pytest.mark.parametrize("case", CASES)
def test_every_way_to_ask_gives_the_same_answer(
    memory: ParametricMemory, ways: dict[str, Callable[..., Any]], case: str
) -> None:
    question, options = CASES[case]
    expected = told(memory.ask(question, max_new_tokens=TOKENS, **options))
    for name, way in ways.items():
        assert_same(answered(way, question, options), expected, name)


NO_SKILL = "The memory has no skill 'silent': there are loud, quiet (skill add makes one)."


def test_every_way_to_ask_names_a_skill_that_is_not_there(
    memory: ParametricMemory, ways: dict[str, Callable[..., Any]], client: TestClient
) -> None:
    unknown = {"skills": ["silent"]}
    by_field = {"messages": [{"role": "user", "content": QUESTION}], **unknown}
    by_name = {**by_field, "model": "tiny:ana+loud+silent", "skills": []}
    for path, body in (
        ("/ask", {"question": QUESTION, **unknown}),
        ("/v1/chat/completions", by_field),
        ("/v1/chat/completions", by_name),
    ):
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json()["detail"]) == (404, NO_SKILL)
    tool = AskMemory(memory=memory, **unknown)  # tells the agent
    call = {"type": "tool_call", "name": tool.name, "args": {"question": QUESTION}, "id": "1"}
    assert tool.invoke(call).content == NO_SKILL
    for name, way in ways.items():
        if name not in ("REST", "REST stream", "LangChain tool"):
            with pytest.raises(Exception, match=r"no skill 'silent'"):
                answered(way, QUESTION, unknown)


def test_models_are_listed_with_their_skills(memory: ParametricMemory, client: TestClient) -> None:
    names = [model["id"] for model in client.get("/v1/models").json()["data"]]
    assert names == ["tiny", "tiny:default", "tiny:ana", "tiny+loud", "tiny+quiet"]
    assert client.get("/v1/models/tiny:ana+loud").json()["id"] == "tiny:ana+loud"
    assert client.get("/v1/models/tiny+silent").json()["detail"] == NO_SKILL
    memory.add("Lina Okafor moved to Paris.", user="ana+loud")  # a namespace with a plus stays one
    chat = {"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 2}
    for model, namespace, skills in (
        ("tiny:ana+loud", "ana+loud", []),
        ("tiny:ana+loud+quiet", "ana+loud", ["quiet"]),
        ("tiny:ana+work@example.org+loud", "ana+work@example.org", ["loud"]),
        ("parametric-memory+loud", "default", ["loud"]),
    ):
        about = client.post("/v1/chat/completions", json={**chat, "model": model}).json()["memory"]
        assert (about["namespace"], about["skills"]) == (namespace, skills)


def assert_same(found: Told, expected: Told, name: str) -> None:
    assert found.text == expected.text, name
    assert found.attached in (None, expected.attached), name
    assert found.remembered in (None, expected.remembered), name
    if found.confidence is not None:
        assert found.confidence == pytest.approx(expected.confidence, rel=1e-3), name


def test_the_cases_differ_as_they_are_meant_to(memory: ParametricMemory) -> None:
    answers = {case: memory.ask(question, max_new_tokens=TOKENS, **given) for case, (question, given) in CASES.items()}
    firsts = {case: [r.entry_id for r in answer.recalls if r.attached][:1] for case, answer in answers.items()}
    assert firsts["remembered"] == ["bergen"] and firsts["as it was"] == ["turku"] and firsts["of a user"] == ["tromso"]
    assert firsts["of an agent"] == firsts["of a run"] == firsts["filtered"] == ["oslo"]
    for case in ("not held", "a skill that needs memory"):
        assert (answers[case].text, answers[case].remembered, answers[case].prompt_tokens) == (NOT_HELD, False, 0)
    alone, under_skill = answers["the model's own words"], answers["under a skill alone"]
    assert NOT_HELD != alone.text != under_skill.text != NOT_HELD
    assert not alone.remembered and not under_skill.remembered and under_skill.skills == ["loud"]
    assert answers["hybrid"].prompt_tokens > answers["remembered"].prompt_tokens
    texts = [answers[case].text for case in ("remembered", "under a skill", "under two skills")]
    assert len(set(texts)) == 3


@pytest.mark.parametrize("case", ["remembered", "not held", "the model's own words", "under a skill"])
def test_every_way_to_ask_answers_through_an_engine_elsewhere(
    memory: ParametricMemory, base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, case: str
) -> None:
    question, options = CASES[case]
    expected = told(memory.ask(question, max_new_tokens=TOKENS, **options))._replace(confidence=None)
    monkeypatch.setattr(agents, "_MAX_TOKENS", TOKENS)
    vllm = StandIn(base)
    with listening(vllm.app) as url:
        through = reopen(memory, engine=VllmEngine(f"{url}/v1", memory.models, folder=tmp_path / "engine"))
        app = build(through, keys=Keys(tmp_path / "keys.json"))
        monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
        monkeypatch.setattr("parametric_memory.commands.ask.open_memory", lambda *_, **__: memory)
        with TestClient(app, base_url="http://localhost") as client:
            engine = command_line(memory, Runner(monkeypatch, capsys), "--engine", f"vllm:{url}/v1")
            ways = ways_of(through, client) | {"command line": engine}
            for name, way in ways.items():
                asked = vllm.answers
                assert_same(answered(way, question, options)._replace(confidence=None), expected, name)
                assert vllm.answers - asked == (0 if case == "not held" else 1), name


def test_a_follow_up_is_recalled_for_with_what_was_talked_about(
    open_memory: Callable[..., ParametricMemory], tmp_path: Path
) -> None:
    memory = open_memory(threshold=0.5)
    memory.add("Henrike Dahl was born in Bremen.", id="henrike")
    memory.add("Tomas Reyes plays the cello.", id="tomas")
    earlier = [{"role": "user", "content": "Tell me about Henrike Dahl."}, {"role": "assistant", "content": "Gladly."}]
    question = "And where was she born?"
    assert not memory.ask(question, max_new_tokens=2).remembered
    turns = [*earlier, {"role": "user", "content": question}]
    langchain = ChatParametricMemory(memory=memory, max_tokens=2).invoke([(t["role"], t["content"]) for t in turns])
    llama = ParametricMemoryLLM(memory=memory, max_tokens=2).chat([ChatMessage(**turn) for turn in turns])
    with TestClient(build(memory, keys=Keys(tmp_path / "keys.json")), base_url="http://localhost") as client:
        chat = client.post("/v1/chat/completions", json={"model": "tiny", "messages": turns, "max_tokens": 2}).json()
        page = client.post("/ask", json={"question": question, "history": earlier, "max_tokens": 2}).json()
        other = [*earlier, {"role": "user", "content": "Who plays the cello?"}]
        switched = client.post("/v1/chat/completions", json={"messages": other, "max_tokens": 2}).json()
        foreign = client.post("/ask", json={"question": "Quantum chromodynamics?", "history": earlier}).json()
        third = [*turns, {"role": "assistant", "content": "There."}, {"role": "user", "content": "Was it in summer?"}]
        later = client.post("/v1/chat/completions", json={"messages": third, "max_tokens": 2}).json()["memory"]
    recalled = (langchain.response_metadata["recalls"], chat["memory"]["recalls"], page["recalls"], later["recalls"])
    for recalls in recalled:
        assert attached(recalls) == ["henrike"]
    assert llama.additional_kwargs["remembered"]
    assert attached(switched["memory"]["recalls"]) == ["tomas"]
    assert foreign["text"] == NOT_HELD
