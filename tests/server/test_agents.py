"""The official MCP client uses the memory over HTTP, in this process and as a command."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from parametric_memory import ParametricMemory
from parametric_memory.records import NOT_HELD
from parametric_memory.server.agents import tools_of
from parametric_memory.server.app import build
from parametric_memory.server.desk import Desk
from parametric_memory.server.keys import Keys
from parametric_memory.server.service import Service
from parametric_memory.server.settings import ServerSettings
from tests.commands.running import make_memory
from tests.server.conftest import SENTENCES
from tests.server.live import listening

mcp = pytest.importorskip("mcp", reason="the extra `server` is not installed")

TOOLS = ["add_memory", "search_memories", "get_memory", "update_memory", "delete_memory", "ask_memory"]


@pytest.fixture
def address(memory: ParametricMemory, keys: Keys) -> Iterator[str]:
    with listening(build(memory, ServerSettings(), keys)) as url:
        yield f"{url}/mcp"


@asynccontextmanager
async def connected(server: Any) -> AsyncIterator[Any]:
    async with mcp.Client(server, read_timeout_seconds=60) as client:
        yield client


async def call(client: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refusal(client: Any, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return result.content[0].text


async def test_over_http_a_memory_is_added_found_asked_changed_and_forgotten(address: str) -> None:
    async with connected(address) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == TOOLS
        assert tools["search_memories"].annotations.read_only_hint
        assert tools["delete_memory"].annotations.destructive_hint
        assert not tools["add_memory"].annotations.destructive_hint
        assert set(tools["add_memory"].input_schema["required"]) == {"text"}
        assert "description" in tools["ask_memory"].input_schema["properties"]["question"]

        added = await call(client, "add_memory", text="Ada keeps bees in Turin.", metadata={"year": 2020})
        found = await call(client, "search_memories", query="Ada bees", filter={"year": 2020})
        assert [m["id"] for m in found["memories"]] == [added["id"]] and found["memories"][0]["relevant"]
        assert (await call(client, "get_memory", id=added["id"]))["text"] == "Ada keeps bees in Turin."
        changed = await call(client, "update_memory", id=added["id"], text="Ada keeps goats in Turin.")
        assert changed["text"] == "Ada keeps goats in Turin."
        answer = await call(client, "ask_memory", question="What does Ada keep in Turin?")
        assert answer["remembered"] and answer["sources"][0]["id"] == added["id"] and answer["answer"]
        assert [passage["text"] for passage in answer["sources"][0]["passages"]] == ["Ada keeps goats in Turin."]
        assert (await call(client, "ask_memory", question="Quantum chromodynamics?"))["answer"] == NOT_HELD
        await call(client, "delete_memory", id=added["id"])
        assert "no entry" in await refusal(client, "get_memory", id=added["id"])


async def test_whose_a_memory_is_stays_when_its_metadata_change(memory: ParametricMemory) -> None:
    entry = memory.add("Ada keeps bees in Turin.", agent="keeper", run="spring")
    async with connected(tools_of(Service(memory, ServerSettings()))) as client:
        changed = await call(client, "update_memory", id=entry.id, metadata={"year": 2020, "agent_id": "other"})
    assert changed["metadata"] == {"year": 2020, "agent_id": "keeper", "run_id": "spring"}


async def test_what_is_wrong_with_a_call_is_told_in_a_sentence(address: str) -> None:
    async with connected(address) as client:
        assert "query" in await refusal(client, "search_memories", query="")
        told = await refusal(client, "search_memories", query="Ada", filter={"$what": 1})
        assert "Traceback" not in told and "$what" in told


async def test_a_key_opens_its_namespace_alone(memory: ParametricMemory, keys: Keys) -> None:
    from mcp.client.streamable_http import streamable_http_client

    key = keys.add("ana", ["ana"])
    with listening(build(memory, ServerSettings(), keys)) as url:
        headers = {"Authorization": f"Bearer {key}"}
        async with http_client(headers) as http, connected(streamable_http_client(f"{url}/mcp", http_client=http)) as c:
            added = await call(c, "add_memory", text="Ana has a cat.")
            assert added["namespace"] == "ana"
            assert "does not open" in await refusal(c, "search_memories", query="Lina", namespace="default")
            assert "no entry" in await refusal(c, "get_memory", id="entry0")
            assert "does not open" in await refusal(c, "get_memory", id="entry0", namespace="default")
            memory.add("Ana has a dog.", id="entry0", namespace="ana")
            assert (await call(c, "update_memory", id="entry0", title="Dog"))["namespace"] == "ana"
            await call(c, "delete_memory", id="entry0")
            assert memory.history("entry0").text == SENTENCES[0]
        refused = httpx.post(f"{url}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        assert refused.status_code == 401


def http_client(headers: dict[str, str]) -> Any:
    from mcp.shared._httpx_utils import create_mcp_http_client

    return create_mcp_http_client(headers=headers)


async def test_the_tools_answer_in_this_process(memory: ParametricMemory) -> None:
    async with connected(tools_of(Service(memory, ServerSettings()), "default")) as client:
        found = await call(client, "search_memories", query="Lina Okafor", limit=1)
        assert found["memories"][0]["text"] == SENTENCES[0]


async def test_over_stdio_a_command_serves_an_agent(tmp_path: Path) -> None:
    folder = make_memory(tmp_path / "memory")
    command = mcp.StdioServerParameters(
        command=sys.executable,
        args=["-m", "parametric_memory", "mcp", "--memory", str(folder), "--namespace", "people"],
        env={**os.environ, "PARAMETRIC_MEMORY_HOME": str(tmp_path / "home")},
    )
    async with connected(command) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
        assert (await call(client, "get_memory", id="lina"))["text"] == "Lina Okafor moved to Bergen."
        assert "no entry" in await refusal(client, "get_memory", id="refunds")
        await call(client, "delete_memory", id="refunds", namespace="default")
        assert "no entry" in await refusal(client, "get_memory", id="refunds", namespace="default")


async def test_a_change_has_time_for_the_size_of_its_text(
    address: str, memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    take = Desk.take
    monkeypatch.setattr(Desk, "take", lambda desk, size=0: sizes.append(size) or take(desk, size))
    text = "Lina Okafor moved to Bergen. " * 20
    async with connected(address) as client:
        added = await call(client, "add_memory", text=text)
        await call(client, "update_memory", id=added["id"], text=f"{text}She liked it.")
    url = f"{address.removesuffix('/mcp')}/memories"
    assert httpx.put(f"{url}/{added['id']}", json={"text": f"{text}She left."}).status_code == 200
    assert httpx.post(url, json={"text": f"{text}She came back."}).status_code == 200
    assert len(sizes) == 4 and all(size >= len(text) for size in sizes)
