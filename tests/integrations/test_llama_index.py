"""LlamaIndex retrieves from a memory, asks it, and keeps what falls out of an agent's short memory there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from parametric_memory import ParametricMemory, Recall
from parametric_memory.language_model.requests import Completion
from parametric_memory.language_model.shared_passes import SharedPasses
from tests.integrations.conftest import SENTENCES
from tests.language_model.streams import stops

pytest.importorskip("llama_index.core", reason="llama-index-core is not installed")

from llama_index.core.llms import ChatMessage
from llama_index.core.memory import Memory
from llama_index.core.query_engine import RetrieverQueryEngine

from llama_index_parametric_memory import (
    ParametricMemoryBlock,
    ParametricMemoryLLM,
    ParametricMemoryQueryEngine,
    ParametricMemoryRetriever,
)

QUESTION = "Where did Lina Okafor move to?"
ASKED = [ChatMessage(role="user", content=QUESTION)]


@pytest.fixture
async def done(memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the memory has done, each step after the test's loop went on: in that loop itself it would wait in vain."""
    done: list[str] = []
    loop = asyncio.get_running_loop()

    def wait(step: str) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=10)
        done.append(step)

    def waiting(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def waits(*args: Any, **options: Any) -> Any:
            wait(step)
            return work(*args, **options)

        return waits

    decode = SharedPasses.pieces

    def pieces(*args: Any) -> Iterator[str | Completion]:
        for piece in decode(*args):
            wait("piece")
            yield piece

    steps = [
        (memory, "recall"),
        (memory.recaller, "attachment"),
        (memory.storage.entries, "text"),
        (memory, "add_messages"),
    ]
    for owner, step in [*steps, (memory.recaller, "passage")]:
        monkeypatch.setattr(owner, step, waiting(step, getattr(owner, step)))
    monkeypatch.setattr(SharedPasses, "pieces", pieces)
    return done


def test_what_a_query_recalls_comes_as_nodes_with_scores(memory: ParametricMemory) -> None:
    nodes = ParametricMemoryRetriever(memory, k=2).retrieve(QUESTION)
    assert nodes[0].text == SENTENCES[0] and nodes[0].metadata["attached"] and len(nodes) == 2
    assert nodes[0].score == pytest.approx(memory.recall(QUESTION)[0].score)
    assert [n.text for n in ParametricMemoryRetriever(memory, attached_only=True).retrieve(QUESTION)] == [SENTENCES[0]]
    memory.add("Zoe Marsh sings in Oslo.", namespace="zoe", metadata={"year": 2020})
    [node] = ParametricMemoryRetriever(memory, namespace="zoe", filter={"year": 2020}).retrieve("Zoe Marsh")
    assert node.metadata["year"] == 2020


def test_a_query_engine_answers_from_memory_and_names_its_sources(memory: ParametricMemory) -> None:
    response = ParametricMemoryQueryEngine(memory=memory, max_tokens=12).query(QUESTION)
    assert str(response) == memory.ask(QUESTION, max_new_tokens=12).text
    assert response.source_nodes[0].text == SENTENCES[0] and response.metadata["remembered"]
    silent = ParametricMemoryQueryEngine(memory=memory).query("Quantum chromodynamics?")
    assert str(silent) == "The memory does not hold this." and not silent.metadata["remembered"]


async def test_an_llm_answers_prompts_and_chats_under_what_they_recall(memory: ParametricMemory) -> None:
    llm, expected = ParametricMemoryLLM(memory=memory, max_tokens=12), memory.ask(QUESTION, max_new_tokens=12).text
    assert llm.complete(QUESTION).text == (await llm.acomplete(QUESTION)).text == expected
    assert [r.text for r in llm.stream_complete(QUESTION)][-1].strip() == expected
    assert llm.chat(ASKED).message.content == (await llm.achat(ASKED)).message.content == expected
    assert [r.message.content for r in llm.stream_chat(ASKED)][-1].strip() == expected
    assert [r.text async for r in await llm.astream_complete(QUESTION)][-1].strip() == expected
    assert [r.message.content async for r in await llm.astream_chat(ASKED)][-1].strip() == expected
    answer = memory.ask(QUESTION, max_new_tokens=12)
    told = {"remembered": True, "confidence": pytest.approx(answer.confidence, rel=1e-3), "unsure": answer.unsure}
    assert llm.complete(QUESTION).additional_kwargs == told and llm.chat(ASKED).additional_kwargs == told
    longer = [ChatMessage(role="system", content="Be brief."), *ASKED]
    assert llm.chat(longer).message.content
    assert llm.metadata.context_window == memory.models.base.window


def test_llama_indexes_own_query_engine_runs_with_both(memory: ParametricMemory) -> None:
    engine = RetrieverQueryEngine.from_args(
        ParametricMemoryRetriever(memory, k=1), llm=ParametricMemoryLLM(memory=memory, max_tokens=8)
    )
    response = engine.query(QUESTION)
    assert str(response) and response.source_nodes[0].text == SENTENCES[0]


async def test_what_falls_out_of_the_short_term_is_remembered_and_comes_back(memory: ParametricMemory) -> None:
    block = ParametricMemoryBlock(memory=memory, namespace="ana", speakers={"user": "Ana"})
    short = Memory.from_defaults(
        session_id="s", token_limit=60, chat_history_token_ratio=0.5, token_flush_size=10, memory_blocks=[block]
    )
    await short.aput(ChatMessage(role="user", content="I sold the red boat to a neighbour in Tromso."))
    for i in range(6):
        for role in ("assistant", "user"):
            await short.aput(ChatMessage(role=role, content=f"Here is a longer remark about the weather, number {i}."))
    told = [memory.history(entry.id, namespace="ana").text for entry in memory.list(namespace="ana")]
    assert any("Ana: I sold the red boat" in text for text in told), told
    found = await block.aget([ChatMessage(role="user", content="Who sold the red boat?")])
    assert "red boat" in found
    assert await block.aget([]) == ""


async def test_the_loop_goes_on_while_a_memory_recalls_answers_and_remembers(
    memory: ParametricMemory, done: list[str]
) -> None:
    async def steps(awaited: Awaitable[Any]) -> set[str]:
        done.clear()
        await awaited
        return set(done)

    llm, block = ParametricMemoryLLM(memory=memory, max_tokens=8), ParametricMemoryBlock(memory=memory)
    engine = ParametricMemoryQueryEngine(memory=memory, max_tokens=8)
    assert await steps(ParametricMemoryRetriever(memory).aretrieve(QUESTION)) == {"recall", "text"}
    assert await steps(engine.aquery(QUESTION)) == {"attachment", "piece", "text"}
    assert await steps(llm.acomplete(QUESTION)) == {"attachment", "piece"}
    assert await steps(llm.achat(ASKED)) == {"attachment", "piece"}
    assert await steps(block.aget(ASKED)) == {"recall", "passage"}
    assert await steps(block.aput(ASKED)) == {"add_messages"}


async def test_the_loop_goes_on_between_the_pieces_of_an_answer(memory: ParametricMemory, done: list[str]) -> None:
    llm = ParametricMemoryLLM(memory=memory, max_tokens=12)
    for stream in (llm.astream_complete(QUESTION), llm.astream_chat(ASKED)):
        done.clear()
        deltas = [told.delta async for told in await stream]
        assert done[0] == "attachment" and set(done[1:]) == {"piece"} and len(deltas) > 2


async def test_a_reader_that_is_cancelled_stops_the_model(memory: ParametricMemory) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in await ParametricMemoryLLM(memory=memory, max_tokens=1500).astream_chat(ASKED):
            begun.set()

    reader = asyncio.create_task(read())
    await asyncio.wait_for(begun.wait(), 10)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await asyncio.to_thread(stops, memory.answering.decoder, 1500)


def test_what_is_told_to_listeners_loads_no_model(open_memory: Callable[..., ParametricMemory]) -> None:
    payload = ParametricMemoryLLM(memory=open_memory(base_model="/nowhere"), max_tokens=12).to_payload()
    assert payload["class_name"] == "parametric_memory" and payload["num_output"] == 12


async def test_what_is_deleted_while_it_is_recalled_does_not_come_back(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall = memory.recall

    def forgets(*args: Any, **options: Any) -> Sequence[Recall]:
        recalls = recall(*args, **options)
        memory.delete(*(entry.id for entry in memory.list()))
        return recalls

    monkeypatch.setattr(memory, "recall", forgets)
    assert await ParametricMemoryBlock(memory=memory).aget(ASKED) == ""
