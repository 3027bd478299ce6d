"""Converts LangChain messages to turns of a prompt.

Knows nothing about memories, chat templates and generation.
"""

from __future__ import annotations

from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    SystemMessage,
    ToolMessage,
)

from parametric_memory.language_model.chat import Turn, text_of


def turn(message: BaseMessage) -> Turn:
    """A message in OpenAI's form. Raises DocumentError if it holds anything but text."""
    text = text_of(message.content)
    if isinstance(message, AIMessage):
        return {"role": "assistant", "content": text, "tool_calls": [_call(call) for call in message.tool_calls]}
    if isinstance(message, ToolMessage | FunctionMessage):
        return {"role": "tool", "name": message.name, "content": text}
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": text}
    if isinstance(message, ChatMessage):
        return {"role": message.role, "content": text}
    return {"role": "user", "content": text}


def _call(call: Any) -> dict[str, Any]:
    return {"type": "function", "id": call["id"], "function": {"name": call["name"], "arguments": call["args"]}}
