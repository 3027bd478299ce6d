"""An agent whose model decides when to remember, ask and forget: any model that calls tools, over OpenAI's API.

    python examples/tool_calling_agent.py --base-url http://127.0.0.1:11434/v1 --model qwen3:8b \\
        "Lina Okafor moved to Bergen." "Where does Lina live?"

The server may be vLLM, Ollama, llama.cpp or a hosted one; it gets the key in OPENAI_API_KEY, if there is one. The
memory answers with its own small model, and the agent's model words the reply. The prompt holds what tools return, and
nothing else of the memory.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from typing import Any

import httpx
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_parametric_memory import memory_tools
from parametric_memory import ParametricMemory

SYSTEM = (
    "You have a long-term memory. Call remember for every fact that the user tells you, as a full sentence that names "
    "who and what. Call ask_memory before you answer a question about people, projects or past conversations. If it "
    "does not hold the answer, say so."
)
MOST_CALLS = 8  # rounds of tool calls in a turn


class ToolCallingAgent:
    """A conversation with a model that may call the memory's tools."""

    def __init__(self, memory: ParametricMemory, base_url: str, model: str) -> None:
        self.tools = {tool.name: tool for tool in memory_tools(memory)}
        key = os.environ.get("OPENAI_API_KEY", "none")
        self.client = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=300)
        self.model = model
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}]

    def say(self, text: str) -> str:
        """The answer to a turn of the user."""
        self.messages.append({"role": "user", "content": text})
        for _ in range(MOST_CALLS):
            reply = self._reply()
            self.messages.append(reply)
            if not reply.get("tool_calls"):
                return reply.get("content") or ""
            self.messages += [self._result(call) for call in reply["tool_calls"]]
        return "I called tools again and again, and have no answer."

    def _reply(self) -> dict[str, Any]:
        tools = [convert_to_openai_tool(tool) for tool in self.tools.values()]
        body = {"model": self.model, "messages": self.messages, "tools": tools}
        response = self.client.post("chat/completions", json=body)
        response.raise_for_status()
        message: dict[str, Any] = response.json()["choices"][0]["message"]
        return message

    def _result(self, call: dict[str, Any]) -> dict[str, Any]:
        """The tool's answer, or what was wrong with the call: the model reads either."""
        name, written = call["function"]["name"], call["function"]["arguments"]
        tool = self.tools.get(name)
        if tool is None:
            content = f"There is no tool {name!r}: there are {', '.join(self.tools)}."
        else:
            try:
                content = tool.invoke(json.loads(written or "{}"))
            except ValueError:
                content = "The arguments are no JSON."
        print(f"       ({name} {written} -> {content})", flush=True)
        return {"role": "tool", "tool_call_id": call["id"], "content": content}


def main(folder: str, base_url: str, model: str, turns: Sequence[str]) -> None:
    with ParametricMemory(folder) as memory:
        agent = ToolCallingAgent(memory, base_url, model)
        for turn in turns:
            print(f"user:  {turn}", flush=True)
            print(f"agent: {agent.say(turn)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", metavar="DIR", help="the folder of the memory; a temporary one when not given")
    parser.add_argument("--base-url", required=True, metavar="URL", help="of an OpenAI-compatible server, with /v1")
    parser.add_argument("--model", required=True, metavar="NAME", help="a model there that calls tools")
    parser.add_argument("turns", nargs="+", metavar="TURN", help="what the user says")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        main(arguments.memory or f"{temporary}/memory", arguments.base_url, arguments.model, arguments.turns)
