from __future__ import annotations

import base64
import json
from array import array
from typing import Any

import pytest
from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.errors import MemoryLocked
from tests.server.conftest import Serve

openai = pytest.importorskip("openai", reason="the package `openai` is not installed")

QUESTION = "Where did Lina Okafor move to?"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 12}, "days": {"enum": [1, 2]}},
            "required": ["city", "days"],
        },
    },
}


@pytest.fixture
def ai(client: TestClient) -> openai.OpenAI:
    """OpenAI's own client, on the app."""
    return openai.OpenAI(api_key="none", base_url="http://localhost/v1", http_client=client, max_retries=0)


def asked(text: str = QUESTION) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_an_answer_is_that_of_the_library(ai: openai.OpenAI, memory: ParametricMemory) -> None:
    answer = ai.chat.completions.create(model="tiny", messages=asked(), max_tokens=20)
    expected = memory.ask(QUESTION, max_new_tokens=20)
    [choice] = answer.choices
    assert choice.message.content == expected.text
    assert choice.finish_reason == "length" and answer.usage.completion_tokens == 20
    assert answer.usage.prompt_tokens == expected.prompt_tokens
    told = answer.model_extra["memory"]
    assert told["remembered"] and told["recalls"][0]["entry_id"] == "entry0" and told["recalls"][0]["score"] > 0.3


def test_a_chat_goes_on_where_nothing_is_remembered_but_is_brief(ai: openai.OpenAI) -> None:
    answer = ai.chat.completions.create(model="tiny", messages=asked("Quantum chromodynamics?"))
    assert not answer.model_extra["memory"]["remembered"] and answer.choices[0].message.content
    assert answer.usage.completion_tokens <= 64
    longer = ai.chat.completions.create(model="tiny", messages=asked("Quantum chromodynamics?"), max_tokens=80)
    assert longer.usage.completion_tokens == 80


def test_a_stream_says_the_same_piece_by_piece(ai: openai.OpenAI, memory: ParametricMemory) -> None:
    stream = ai.chat.completions.create(
        model="tiny", messages=asked(), max_tokens=20, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    texts = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(texts) > 3 and "".join(texts) == memory.ask(QUESTION, max_new_tokens=20).text
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage.completion_tokens == 20
    assert chunks[0].model_extra["memory"]["recalls"][0]["entry_id"] == "entry0"


def test_a_namespace_is_chosen_by_the_models_name_or_a_header(ai: openai.OpenAI, client: TestClient) -> None:
    client.post("/memories", json={"text": "Zoe Marsh sings in Oslo.", "namespace": "zoe"})
    for options in ({"model": "tiny:zoe"}, {"model": "tiny", "extra_headers": {"X-Memory-Namespace": "zoe"}}):
        answer = ai.chat.completions.create(messages=asked("Where does Zoe Marsh sing?"), max_tokens=4, **options)
        assert answer.model_extra["memory"]["namespace"] == "zoe" and answer.model_extra["memory"]["remembered"]
    elsewhere = ai.chat.completions.create(model="tiny", messages=asked("Where does Zoe Marsh sing?"), max_tokens=4)
    assert not any("Zoe" in recall["title"] for recall in elsewhere.model_extra["memory"]["recalls"])
    assert {m.id for m in ai.models.list()} >= {"tiny", "tiny:default", "tiny:zoe"}
    assert ai.models.retrieve("tiny:zoe").id == "tiny:zoe"


def test_a_forced_tool_is_called_as_its_schema_says(ai: openai.OpenAI) -> None:
    options = {"model": "tiny", "messages": asked(), "tools": [WEATHER], "tool_choice": "required", "max_tokens": 40}
    answer = ai.chat.completions.create(**options)
    [call] = answer.choices[0].message.tool_calls
    arguments = json.loads(call.function.arguments)
    assert answer.choices[0].finish_reason == "tool_calls" and call.function.name == "weather"
    assert arguments["days"] in (1, 2) and 0 < len(arguments["city"]) <= 12
    [told] = [
        c.choices[0].delta.tool_calls
        for c in ai.chat.completions.create(**options, stream=True)
        if c.choices[0].delta.tool_calls
    ]
    assert json.loads(told[0].function.arguments) == arguments


def test_calls_and_what_tools_answered_are_read(ai: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        *asked("How is the weather?"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Rain."},
    ]
    answer = ai.chat.completions.create(model="tiny", messages=messages, tools=[WEATHER], max_tokens=5)
    assert answer.usage.completion_tokens == 5


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_fits_the_schema_that_is_asked_for(ai: openai.OpenAI, stream: bool) -> None:
    schema = {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "sure", "schema": schema}}
    answer = ai.chat.completions.create(model="tiny", messages=asked(), response_format=wanted, stream=stream)
    text = "".join(c.choices[0].delta.content or "" for c in answer) if stream else answer.choices[0].message.content
    assert json.loads(text)["sure"] in (True, False)
    free = ai.chat.completions.create(model="tiny", messages=asked(), response_format={"type": "json_object"})
    assert isinstance(json.loads(free.choices[0].message.content), dict)


def test_beside_tools_an_answer_that_is_to_fit_a_schema_is_a_call_where_the_model_prefers_one(
    ai: openai.OpenAI,
) -> None:
    for _ in range(6):
        answer = ai.chat.completions.create(
            model="tiny",
            messages=asked(),
            tools=[WEATHER],
            response_format={"type": "json_object"},
            max_tokens=20,
            temperature=2.0,
        ).choices[0]
        if answer.finish_reason == "tool_calls":
            [call] = answer.message.tool_calls
            assert call.function.name == "weather" and json.loads(call.function.arguments)["days"] in (1, 2)
        else:
            assert not answer.message.tool_calls and isinstance(json.loads(answer.message.content), dict)


def test_an_answer_ends_at_a_stop(ai: openai.OpenAI, memory: ParametricMemory) -> None:
    whole = memory.ask(QUESTION, max_new_tokens=20).text
    stopped = ai.chat.completions.create(model="tiny", messages=asked(), max_tokens=20, stop=[whole[6:9]])
    assert stopped.choices[0].finish_reason == "stop"
    assert stopped.choices[0].message.content == whole[: whole.index(whole[6:9])].strip()


def test_what_a_turn_tells_is_remembered_where_the_request_says_so(ai: openai.OpenAI, client: TestClient) -> None:
    told = [{"role": "user", "name": "Ana", "content": "I sold the red boat."}]
    answer = ai.chat.completions.create(model="tiny:ana", messages=told, max_tokens=2, extra_body={"remember": True})
    [id] = answer.model_extra["memory"]["added"]
    assert "Ana" in client.get(f"/memories/{id}", params={"namespace": "ana"}).json()["memory"]
    silent = ai.chat.completions.create(model="tiny:ana", messages=asked("I bought a blue boat."), max_tokens=2)
    assert silent.model_extra["memory"]["added"] == []


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_given_also_where_its_turn_cannot_be_remembered(
    client: TestClient, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    def locked(*_: Any, **__: Any) -> None:
        raise MemoryLocked("Process 1 is writing to the memory in /srv/memory: try again.")

    monkeypatch.setattr(memory, "add_messages", locked)
    turn = {"role": "user", "content": "Ada keeps bees in Turin."}
    body = {"model": "tiny", "messages": [turn], "max_tokens": 4, "remember": True, "stream": stream}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200
    last = answer.text.strip().split("\n\n")[-2].removeprefix("data: ") if stream else answer.text
    told = json.loads(last)
    assert told["choices"][0]["finish_reason"] and told["memory"]["added"] == []
    assert "Another writer" in told["memory"]["not_added"] and "/srv" not in answer.text


def test_statements_are_remembered_where_the_settings_say_so_and_questions_are_not(serve: Serve) -> None:
    client = serve(remember="statements")

    def added(text: str) -> list[str]:
        body = {"model": "tiny", "messages": asked(text), "max_tokens": 2}
        return client.post("/v1/chat/completions", json=body).json()["memory"]["added"]

    assert added("Who lives in Bergen?") == added("Tell me about the harbour.") == []
    [id] = added("My sister lives in Tromso. Where is that?")
    text = client.get(f"/memories/{id}").json()["memory"]
    assert "Tromso" in text and "Where is that" not in text


@pytest.mark.parametrize("remember", [True, None])
def test_an_answer_to_the_assistant_is_remembered_with_what_it_answers(serve: Serve, remember: bool | None) -> None:
    client = serve(remember="statements")
    turns = [*asked("Hello!"), {"role": "assistant", "content": "Nice to meet you. Where do you live?"}, *asked("Oslo")]
    body = {"model": "tiny", "messages": turns, "max_tokens": 2, "remember": remember}
    [id] = client.post("/v1/chat/completions", json=body).json()["memory"]["added"]
    text = client.get(f"/memories/{id}").json()["memory"]
    assert "Where do" in text and "Oslo" in text and "Nice to meet" not in text


def test_embeddings_are_those_of_the_memory(ai: openai.OpenAI, client: TestClient, memory: ParametricMemory) -> None:
    texts = ["Lina lives in Bergen.", "Tomas"]
    vectors = [e.embedding for e in ai.embeddings.create(model="embedder", input=texts).data]
    expected = memory.models.embeddings.embed_documents(texts)
    assert vectors == [pytest.approx(vector) for vector in expected]
    coded = client.post("/v1/embeddings", json={"input": "Tomas", "encoding_format": "base64"}).json()["data"][0]
    assert array("f", base64.b64decode(coded["embedding"])).tolist() == pytest.approx(expected[1])


def test_errors_are_in_openais_form(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-9' here") as missing:
        ai.chat.completions.create(model="gpt-9", messages=asked())
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="max_tokens: input should be greater than or equal to 1"):
        ai.chat.completions.create(model="tiny", messages=asked(), max_tokens=0)
    picture = [{"type": "image_url", "image_url": {"url": "data:"}}]
    with pytest.raises(openai.BadRequestError, match="reads text only"):
        ai.chat.completions.create(model="tiny", messages=[{"role": "user", "content": picture}])
    choice = {"type": "function", "function": {"name": "cook"}}
    with pytest.raises(openai.BadRequestError, match="tool_choice names 'cook'"):
        ai.chat.completions.create(model="tiny", messages=asked(), tools=[WEATHER], tool_choice=choice)
    with pytest.raises(openai.BadRequestError, match="shorten it"):
        ai.chat.completions.create(model="tiny", messages=asked("word " * 5000))


def test_langchains_client_chats_streams_and_gets_what_it_asks_for(
    client: TestClient, memory: ParametricMemory
) -> None:
    langchain_openai = pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    chat = langchain_openai.ChatOpenAI(
        model="tiny", api_key="none", base_url="http://localhost/v1", http_client=client, max_tokens=20, max_retries=0
    )
    expected = memory.ask(QUESTION, max_new_tokens=20).text
    answer = chat.invoke(QUESTION)
    assert answer.text == expected and answer.usage_metadata["output_tokens"] == 20
    assert "".join(chunk.text for chunk in chat.stream(QUESTION)) == expected
    called = chat.bind_tools([WEATHER], tool_choice="weather").invoke(QUESTION).tool_calls
    assert called[0]["name"] == "weather" and called[0]["args"]["days"] in (1, 2)
    sure = {"title": "Sure", "type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}
    assert chat.with_structured_output(sure, method="json_schema").invoke(QUESTION)["sure"] in (True, False)
