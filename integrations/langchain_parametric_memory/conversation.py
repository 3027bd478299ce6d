"""LangChain messages as turns that a model is asked with.

Knows nothing about memories, chat templates and generation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from parametric_memory.language_model import conversation
from parametric_memory.language_model.conversation import Tools, Turn, text_of

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat


def last_question(messages: Sequence[BaseMessage]) -> str | None:
    """The text of the user's last turn; None where there is none."""
    asked = next((m for m in reversed(messages) if isinstance(m, HumanMessage)), None)
    return (text_of(asked.content).strip() or None) if asked else None


def prompt_ids(
    chat: ChatFormat,
    messages: Sequence[BaseMessage],
    tools: Tools = (),
    passages: Sequence[str] = (),
    ask: Callable[[str], list[int]] | None = None,
) -> list[int]:
    """Token ids of a conversation, up to where the answer begins; see the language model's `prompt_ids`.

    Raises:
        DocumentError: a message holds something else than text, or the template takes no such conversation.
    """
    return conversation.prompt_ids(chat, [_turn(message) for message in messages], tools, passages, ask)


def _turn(message: BaseMessage) -> Turn:
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
