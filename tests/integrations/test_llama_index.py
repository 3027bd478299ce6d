"""LlamaIndex retrieves from a memory, asks it, and keeps what falls out of an agent's short memory there."""

from __future__ import annotations

import pytest

from parametric_memory import ParametricMemory
from tests.integrations.conftest import SENTENCES

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


def test_what_a_query_recalls_comes_as_nodes_with_scores(memory: ParametricMemory) -> None:
    nodes = ParametricMemoryRetriever(memory, k=2).retrieve(QUESTION)
    assert nodes[0].text == SENTENCES[0] and nodes[0].metadata["attached"] and len(nodes) == 2
    assert nodes[0].score == memory.recall(QUESTION)[0].score
    assert [n.text for n in ParametricMemoryRetriever(memory, attached_only=True).retrieve(QUESTION)] == [SENTENCES[0]]
    memory.add("Zoe Marsh sings in Oslo.", namespace="zoe", metadata={"year": 2020})
    [node] = ParametricMemoryRetriever(memory, namespace="zoe", filter={"year": 2020}).retrieve("Zoe Marsh")
    assert node.metadata["year"] == 2020


def test_a_query_engine_answers_from_memory_and_names_its_sources(memory: ParametricMemory) -> None:
    response = ParametricMemoryQueryEngine(memory=memory, max_tokens=12).query(QUESTION)
    assert str(response) == memory.ask(QUESTION, max_new_tokens=12).text
    assert response.source_nodes[0].text == SENTENCES[0] and response.metadata["remembered"]
    silent = ParametricMemoryQueryEngine(memory=memory, abstain=True).query("Quantum chromodynamics?")
    assert str(silent) == "The memory does not hold this."


async def test_an_llm_answers_prompts_and_chats_under_what_they_recall(memory: ParametricMemory) -> None:
    llm, expected = ParametricMemoryLLM(memory=memory, max_tokens=12), memory.ask(QUESTION, max_new_tokens=12).text
    assert llm.complete(QUESTION).text == (await llm.acomplete(QUESTION)).text == expected
    assert [r.text for r in llm.stream_complete(QUESTION)][-1].strip() == expected
    alone = [ChatMessage(role="user", content=QUESTION)]
    assert llm.chat(alone).message.content == expected
    assert [r.message.content for r in llm.stream_chat(alone)][-1].strip() == expected
    longer = [ChatMessage(role="system", content="Be brief."), *alone]
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
    told = [memory.text(entry.id) for entry in memory.list(namespace="ana")]
    assert any("Ana sold the red boat" in text for text in told), told
    found = await block.aget([ChatMessage(role="user", content="Who sold the red boat?")])
    assert "red boat" in found
    assert await block.aget([]) == ""
