from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from enum import Enum
from typing import Any

import jsonschema
import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from langchain_parametric_memory import ChatParametricMemory
from parametric_memory import ParametricMemory
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.base_model import BaseModel as LanguageModel
from parametric_memory.language_model.decoding import Batch
from parametric_memory.language_model.requests import Request
from parametric_memory.language_model.shared_passes import SharedPasses
from parametric_memory.memory import reopen
from parametric_memory.records import NOT_HELD
from tests.integrations.conftest import SENTENCES
from tests.integrations.scripted_engine import ScriptedEngine
from tests.language_model.streams import stops

ABOUT_LINA = "Where did Lina Okafor move to?"
UNRELATED = "How many planets are there?"
NAMES = "Ada Ben Cleo Dan Eva Finn Gil Hana Ivo June Kai Lou Mia Ned Ola Pia".split()


@tool
def book_table(restaurant: str, guests: int, outside: bool = False) -> str:
    """Books a table."""
    return f"{restaurant} for {guests}"


@tool
def play_music(title: str) -> str:
    """Plays music."""
    return title


@pytest.fixture
def chat(memory: ParametricMemory) -> ChatParametricMemory:
    return ChatParametricMemory(memory=memory, max_tokens=12)


@pytest.fixture
def crowded(open_memory: Callable[..., ParametricMemory]) -> ChatParametricMemory:
    """Knows a sentence about each of sixteen people."""
    memory = open_memory()
    for name in NAMES:
        memory.add(f"{name} keeps the {name.lower()}{name.lower()} key of the house.", id=name)
    return ChatParametricMemory(memory=memory, max_tokens=12)


def without_memory(base: LanguageModel, question: str) -> str:
    return base.generate([Request(base.chat.question(question), None, 12)])[0].text.strip()


def recalled(message: AIMessage) -> list[str]:
    return [r["summary"] for r in message.response_metadata["recalls"] if r["attached"]]


def gathered(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


# Recall


def test_an_answer_is_that_of_the_memory_and_lists_what_was_recalled(base, chat, memory) -> None:
    answer = chat.invoke(ABOUT_LINA)
    assert answer.text == memory.ask(ABOUT_LINA, max_new_tokens=12).text != without_memory(base, ABOUT_LINA)
    assert recalled(answer) == [SENTENCES[0]]
    assert answer.response_metadata["remembered"] is True
    assert answer.response_metadata["model_name"] == "tiny"
    assert 0 < answer.response_metadata["confidence"] <= 1
    assert answer.response_metadata["confidence"] == memory.ask(ABOUT_LINA, max_new_tokens=12).confidence


def test_where_nothing_is_recalled_it_says_so_unless_the_model_is_to_answer(chat, memory) -> None:
    answer = chat.invoke("Quantum chromodynamics?")
    assert answer.text == NOT_HELD and answer.usage_metadata["output_tokens"] == 0
    assert not answer.response_metadata["remembered"]
    assert gathered(list(chat.stream("Quantum chromodynamics?"))).text == NOT_HELD
    bold = ChatParametricMemory(memory=memory, max_tokens=12, abstain=False)
    assert bold.invoke("Quantum chromodynamics?").text != NOT_HELD == bold.invoke("Quantum?", abstain=True).text


def test_nothing_of_a_document_is_in_the_prompt(base, chat) -> None:
    assert chat.invoke(ABOUT_LINA).usage_metadata["input_tokens"] == len(base.chat.question(ABOUT_LINA))


def test_a_hybrid_answer_also_has_what_was_recalled_in_the_prompt(base, chat, memory) -> None:
    answer = chat.invoke(ABOUT_LINA, hybrid=True)
    assert answer.usage_metadata["input_tokens"] == len(base.chat.question(f"{SENTENCES[0]}\n\n{ABOUT_LINA}"))
    assert answer.text == memory.ask(ABOUT_LINA, max_new_tokens=12, hybrid=True).text
    assert ChatParametricMemory(memory=memory, max_tokens=12, hybrid=True).invoke(ABOUT_LINA).text == answer.text


def test_hybrid_is_as_the_memory_was_opened_unless_a_call_says_otherwise(chat, memory) -> None:
    hybrid = ChatParametricMemory(memory=reopen(memory, hybrid=True), max_tokens=12)
    tokens = [
        asked.invoke(ABOUT_LINA, **given).usage_metadata["input_tokens"]
        for asked, given in ((hybrid, {}), (chat, {"hybrid": True}), (hybrid, {"hybrid": False}), (chat, {}))
    ]
    assert tokens[0] == tokens[1] > tokens[2] == tokens[3]
    assert (hybrid._identifying_params["hybrid"], chat._identifying_params["hybrid"]) == (True, False)


def test_a_question_that_recalls_nothing_is_answered_by_the_base_model_alone(base, chat) -> None:
    answer = chat.invoke(UNRELATED, abstain=False)
    assert answer.text == without_memory(base, UNRELATED)
    assert answer.response_metadata["remembered"] is False


def test_an_empty_memory_is_the_base_model(base, open_memory) -> None:
    answer = ChatParametricMemory(memory=open_memory(), max_tokens=12).invoke(ABOUT_LINA, abstain=False)
    assert answer.text == without_memory(base, ABOUT_LINA)
    assert answer.response_metadata["recalls"] == []


def test_the_users_last_turn_decides_what_is_recalled(chat) -> None:
    earlier = [HumanMessage("Who plays the cello in Valparaiso?"), AIMessage("Tomas Reyes.")]
    assert recalled(chat.invoke([*earlier, HumanMessage(ABOUT_LINA)])) == [SENTENCES[0]]
    called = AIMessage("", tool_calls=[{"name": "play_music", "args": {"title": "Cello in Valparaiso"}, "id": "1"}])
    answered = ToolMessage("Tomas Reyes plays the cello", tool_call_id="1")
    assert recalled(chat.invoke([HumanMessage(ABOUT_LINA), called, answered])) == [SENTENCES[0]]
    assert chat.invoke([SystemMessage(ABOUT_LINA)]).response_metadata["recalls"] == []


def test_what_is_added_and_forgotten_counts_from_the_next_answer_on(chat, memory) -> None:
    entry = memory.add("Pia Holm bakes rye bread in Turku.")
    assert recalled(chat.invoke("What does Pia Holm bake in Turku?")) == [entry.summary]
    memory.delete(entry.id)
    assert recalled(chat.invoke("What does Pia Holm bake in Turku?")) == []


def test_namespace_filter_and_k_narrow_what_is_recalled(chat, memory) -> None:
    memory.add("Lina Okafor moved to Oslo.", namespace="other", metadata={"year": 2024})
    assert recalled(chat.invoke(ABOUT_LINA, namespace="other")) == ["Lina Okafor moved to Oslo."]
    assert recalled(chat.bind(namespace="other", filter={"year": 2023}).invoke(ABOUT_LINA)) == []
    assert len(chat.invoke(ABOUT_LINA, k=2).response_metadata["recalls"]) == 2
    elsewhere = ChatParametricMemory(memory=memory, namespace="other", filter={"year": 2024}, max_tokens=12)
    assert recalled(elsewhere.invoke(ABOUT_LINA)) == ["Lina Okafor moved to Oslo."]


# Answers


def test_usage_counts_the_prompt_and_the_answer(chat) -> None:
    usage = chat.invoke(ABOUT_LINA).usage_metadata
    assert usage["output_tokens"] == 12
    assert usage["total_tokens"] == usage["input_tokens"] + 12


def test_an_answer_ends_at_its_limit_or_at_a_stop(memory) -> None:
    long = ChatParametricMemory(memory=memory, max_tokens=40)
    whole = long.invoke(ABOUT_LINA)
    assert whole.response_metadata["finish_reason"] == "length"
    mark = whole.text[5:8]
    expected = whole.text[: whole.text.index(mark)].strip()
    cut = long.invoke(ABOUT_LINA, stop=[mark])
    assert (cut.text, cut.response_metadata["finish_reason"]) == (expected, "stop")
    assert long.model_copy(update={"stop": [mark]}).invoke(ABOUT_LINA).text == expected
    assert gathered(list(long.stream(ABOUT_LINA, stop=[mark]))).text == expected


def test_a_lone_text_to_stop_at_is_one_text_and_an_empty_one_is_refused(chat) -> None:
    whole = chat.invoke(ABOUT_LINA).text
    mark = whole[5:8]
    assert chat.invoke(ABOUT_LINA, stop=mark).text == whole[: whole.index(mark)].strip()
    with pytest.raises(SettingsError, match="stop holds an empty text"):
        chat.invoke(ABOUT_LINA, stop=["END", ""])


def test_with_a_temperature_answers_vary(chat) -> None:
    assert len({chat.invoke(ABOUT_LINA, temperature=3.0).text for _ in range(4)}) > 1
    assert len({chat.invoke(ABOUT_LINA).text for _ in range(2)}) == 1


def test_what_is_none_is_not_given_and_bounds_hold_for_a_call_too(chat) -> None:
    assert chat.invoke(ABOUT_LINA, temperature=None, max_tokens=None).text == chat.invoke(ABOUT_LINA).text
    for setting, value in {"temperature": -1, "top_p": 5, "max_tokens": 0, "k": 0, "hybrid": "sometimes"}.items():
        with pytest.raises(SettingsError, match=f"{setting} is {value!r}: input should be"):
            chat.invoke(ABOUT_LINA, **{setting: value})


def test_an_option_that_does_not_exist_is_refused_by_its_name(chat) -> None:
    with pytest.raises(SettingsError, match="seed: no such option"):
        chat.invoke(ABOUT_LINA, seed=3)


def test_a_conversation_longer_than_the_models_window_is_refused(chat) -> None:
    with pytest.raises(ContextOverflowError, match="the window of tiny has 2048"):
        chat.invoke("Where " * 3000)


def test_tokens_are_counted_as_the_model_reads_them(base, chat) -> None:
    assert chat.get_num_tokens("Where?") == len(base.chat.encode("Where?"))
    messages = [HumanMessage(ABOUT_LINA)]
    counted = chat.get_num_tokens_from_messages(messages)
    assert counted == chat.invoke(messages).usage_metadata["input_tokens"]
    assert chat.get_num_tokens_from_messages(messages, tools=[play_music]) > counted


# Streaming


def test_a_stream_is_the_answer_piece_by_piece_and_ends_with_what_was_recalled(chat) -> None:
    chunks = list(chat.stream(ABOUT_LINA, max_tokens=300))
    whole, answer = gathered(chunks), chat.invoke(ABOUT_LINA, max_tokens=300)
    assert len([chunk for chunk in chunks if chunk.text]) > 2
    assert whole.text == answer.text
    assert recalled(whole) == [SENTENCES[0]]
    assert whole.usage_metadata["input_tokens"] == answer.usage_metadata["input_tokens"]
    assert not any(chunk.response_metadata.get("recalls") for chunk in chunks[:-1])


async def test_an_async_stream_is_the_same(chat) -> None:
    chunks = [chunk async for chunk in chat.astream(ABOUT_LINA, max_tokens=300)]
    assert gathered(chunks).text == chat.invoke(ABOUT_LINA, max_tokens=300).text
    assert len(chunks) > 2


def test_pieces_come_while_the_answer_is_being_written(base, chat, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, step = [], Batch.step
    monkeypatch.setattr(Batch, "step", lambda batch, *more: steps.append(batch) or step(batch, *more))
    stream = chat.stream(ABOUT_LINA, max_tokens=1500)
    next(stream)
    assert len(steps) < 100
    stream.close()
    assert stops(chat.memory.answering.decoder, 1500)


async def test_a_consumer_that_is_cancelled_stops_the_model(base, chat) -> None:
    async def consume() -> None:
        async for _ in chat.astream(ABOUT_LINA, max_tokens=1500):
            started.set()

    started = asyncio.Event()
    consumer = asyncio.create_task(consume())
    await asyncio.wait_for(started.wait(), 10)
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer
    assert await asyncio.to_thread(stops, chat.memory.answering.decoder, 1500)


async def test_a_consumer_that_is_cancelled_does_not_wait_for_a_model_that_is_busy(base, chat) -> None:
    chat.invoke(ABOUT_LINA)  # what it recalls is made
    asked, may_end, begun = threading.Event(), threading.Event(), threading.Event()
    decode = SharedPasses.pieces

    def told(*args: Any) -> Any:
        asked.set()
        return decode(*args)

    def busy() -> None:
        with base.busy:
            begun.set()
            may_end.wait(30)

    other = threading.Thread(target=busy)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SharedPasses, "pieces", told)
        pieces = chat.astream("Quantum chromodynamics?", abstain=False)  # which attaches nothing
        other.start()
        assert begun.wait(10)
        consumer = asyncio.create_task(anext(pieces))
        assert await asyncio.to_thread(asked.wait, 20)
        consumer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(consumer, 10)
    assert other.is_alive()
    may_end.set()
    other.join()


# Many at once


async def test_sixteen_answers_at_once_are_those_of_one_after_the_other(crowded: ChatParametricMemory) -> None:
    questions = [f"Who keeps the {name.lower()}{name.lower()} key, {name}?" for name in NAMES]
    in_turn = [crowded.invoke(question) for question in questions]
    at_once = await asyncio.gather(*(crowded.ainvoke(question) for question in questions))
    assert [answer.text for answer in at_once] == [answer.text for answer in in_turn]
    assert [recalled(answer) for answer in at_once] == [recalled(answer) for answer in in_turn]
    best = [answer.response_metadata["recalls"][0] for answer in at_once]
    assert [(recall["entry_id"], recall["attached"]) for recall in best] == [(name, True) for name in NAMES]


@pytest.mark.parametrize("batch_size", [1, 4])
def test_each_request_of_a_batch_has_its_own_adapters(crowded: ChatParametricMemory, batch_size: int) -> None:
    questions = [f"Who keeps the {name.lower()}{name.lower()} key, {name}?" for name in NAMES[:6]] + [UNRELATED]
    in_turn = [crowded.invoke(question).text for question in questions]
    together = ChatParametricMemory(memory=crowded.memory, max_tokens=12, batch_size=batch_size)
    assert [answer.text for answer in together.batch(questions)] == in_turn
    assert len(set(in_turn)) == len(questions)


async def test_streams_at_once_do_not_mix(crowded: ChatParametricMemory) -> None:
    questions = [f"Who keeps the {name.lower()}{name.lower()} key, {name}?" for name in NAMES[:4]]

    async def streamed(question: str) -> str:
        return "".join([chunk.text async for chunk in crowded.astream(question)])

    at_once = await asyncio.gather(*map(streamed, questions))
    assert at_once == [crowded.invoke(question).text for question in questions]


# Tools and structured output


class Mood(Enum):
    CALM = "calm"
    MERRY = "merry"


class Guest(BaseModel):
    """A guest."""

    name: str
    mood: Mood
    age: int | None = None


class Party(BaseModel):
    """A party."""

    guests: list[Guest] = Field(min_length=1)
    outside: bool


@pytest.mark.parametrize("choice", ["book_table", {"type": "function", "function": {"name": "book_table"}}])
def test_a_tool_that_is_chosen_is_called_with_arguments_that_fit(chat, choice) -> None:
    answer = chat.bind_tools([play_music, book_table], tool_choice=choice).invoke("A table for three.")
    [call] = answer.tool_calls
    assert call["name"] == "book_table"
    jsonschema.validate(call["args"], book_table.tool_call_schema.model_json_schema())
    assert book_table.invoke(call).content.startswith(call["args"]["restaurant"])
    assert answer.response_metadata["finish_reason"] == "tool_calls"
    assert answer.usage_metadata["output_tokens"] > 0


@pytest.mark.parametrize("choice", ["any", "required", True])
def test_one_of_several_tools_is_called_when_one_must_be(chat, choice) -> None:
    [call] = chat.bind_tools([play_music, book_table], tool_choice=choice).invoke("A table for three.").tool_calls
    assert call["name"] in ("play_music", "book_table")


def test_a_streamed_call_is_the_same(chat) -> None:
    bound = chat.bind_tools([book_table], tool_choice="any")
    [streamed], [whole] = gathered(list(bound.stream("A table."))).tool_calls, bound.invoke("A table.").tool_calls
    assert (streamed["name"], streamed["args"]) == (whole["name"], whole["args"])


def test_the_model_sees_its_tools_unless_they_are_switched_off(base, chat) -> None:
    plain = chat.invoke(ABOUT_LINA).usage_metadata["input_tokens"]
    assert chat.bind_tools([play_music]).invoke(ABOUT_LINA).usage_metadata["input_tokens"] > plain
    switched_off = chat.bind_tools([play_music], tool_choice="none").invoke(ABOUT_LINA)
    assert switched_off.usage_metadata["input_tokens"] == plain


def test_a_choice_that_is_none_of_the_tools_is_refused(chat) -> None:
    with pytest.raises(SettingsError, match="'paint', which is none of the tools play_music"):
        chat.bind_tools([play_music], tool_choice="paint")


def test_a_call_in_the_models_own_words_is_found_and_streamed_as_one(base, open_memory) -> None:
    written = 'With pleasure.\n<tool_call>\n{"name": "play_music", "arguments": {"title": "Ode"}}\n</tool_call>'
    engine = ScriptedEngine(base, written, written)
    bound = ChatParametricMemory(memory=reopen(open_memory(), engine=engine)).bind_tools([play_music])
    for answer in (bound.invoke("Music!"), gathered(list(bound.stream("Music!")))):
        assert answer.text == "With pleasure."
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("play_music", {"title": "Ode"})]
        assert answer.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_structured_output_has_the_form_of_its_schema(chat, method: str) -> None:
    party = chat.with_structured_output(Party, method=method).invoke("Who is coming?")
    assert isinstance(party, Party) and party.guests


def test_structured_output_may_bring_the_raw_answer_with_its_recalls(chat) -> None:
    found = chat.with_structured_output(Guest, include_raw=True).invoke(ABOUT_LINA)
    assert isinstance(found["parsed"], Guest)
    assert recalled(found["raw"]) == [SENTENCES[0]]


def test_a_conversation_is_answered_under_skills(memory: ParametricMemory, skill: str) -> None:
    plain = ChatParametricMemory(memory=memory, max_tokens=8)
    skilled = plain.invoke(ABOUT_LINA, skills=[skill])
    assert recalled(skilled) == recalled(plain.invoke(ABOUT_LINA)) != []
    assert skilled.content == memory.ask(ABOUT_LINA, skills=[skill], max_new_tokens=8).text
    assert skilled.content != plain.invoke(ABOUT_LINA).content
    assert (
        ChatParametricMemory(memory=memory, max_tokens=8, skills=[skill]).invoke(ABOUT_LINA).content == skilled.content
    )
    alone = plain.invoke(UNRELATED, skills=[skill])
    assert recalled(alone) == [] and alone.content != plain.invoke(UNRELATED, abstain=False).content


def test_the_configuration_of_a_run_names_skills(memory: ParametricMemory, skill: str) -> None:
    chat = ChatParametricMemory(memory=memory, max_tokens=8)
    node = RunnableLambda(lambda question: chat.invoke(question))
    configured = node.invoke(ABOUT_LINA, {"configurable": {"skills": [skill]}})
    assert configured.content == chat.invoke(ABOUT_LINA, skills=[skill]).content
    fields = chat.configurable_fields(skills=ConfigurableField(id="skills"))
    assert fields.with_config(configurable={"skills": [skill]}).invoke(ABOUT_LINA).content == configured.content
