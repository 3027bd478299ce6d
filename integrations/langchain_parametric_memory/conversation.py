"""LangChain messages as a model's chat template takes them, whatever roles and features the template knows.

Knows nothing about memories and generation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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

from langchain_parametric_memory.tool_calls import announcement, as_text
from parametric_memory.errors import DocumentError

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat

Turn = dict[str, Any]
Tools = Sequence[dict[str, Any]]

_TEXTS = ("text", "text-plain")  # blocks; the latter is a file that is nothing but text
_TOOL_ROLE = re.compile(r"""["']tool["']""")  # in a template that has turns of its own for what tools answer


def last_question(messages: Sequence[BaseMessage]) -> str | None:
    """The text of the user's last turn; None where there is none."""
    asked = next((m for m in reversed(messages) if isinstance(m, HumanMessage)), None)
    return (_text(asked).strip() or None) if asked else None


def prompt_ids(
    chat: ChatFormat,
    messages: Sequence[BaseMessage],
    tools: Tools = (),
    passages: Sequence[str] = (),
    ask: Callable[[str], list[int]] | None = None,
) -> list[int]:
    """Token ids of a conversation, up to where the answer begins.

    Args:
        tools: in OpenAI's form; a template without a place for them gets them in a system message.
        passages: texts to put ahead of the user's last turn; only where there is one.
        ask: the ids of a lone question; those of the bare user turn when not given.

    Raises:
        DocumentError: a message holds something else than text, or the template takes no such conversation.
    """
    template = _template(chat.tokenizer)
    turns = [_turn(message, template) for message in messages]
    if passages:
        last = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
        turns[last]["content"] = "\n\n".join([*passages, turns[last]["content"]])
    if tools and "tools" not in template:
        turns = _with_system(turns, announcement(tools))
        tools = ()
    if len(turns) == 1 and turns[0]["role"] == "user" and not tools:
        return (ask or chat.question)(turns[0]["content"])
    if not template:
        transcript = [f"{turn['role'].capitalize()}: {turn['content']}" for turn in turns]
        return chat.question("\n".join([*transcript, "Assistant:"]))
    return _rendered(chat, turns, tools)


def _rendered(chat: ChatFormat, turns: list[Turn], tools: Tools) -> list[int]:
    from jinja2 import TemplateError

    try:
        return chat.conversation(turns, tools or None)
    except TemplateError:  # a template that knows no system turn, or wants user and assistant to take turns
        pass
    try:
        return chat.conversation(_alternating(turns), tools or None)
    except TemplateError as error:
        raise DocumentError(f"The model's chat template does not take this conversation: {error}") from error


def _template(tokenizer: Any) -> str:
    found = tokenizer.chat_template or ""
    return found if isinstance(found, str) else str(found.get("tool_use") or found.get("default") or "")


def _turn(message: BaseMessage, template: str) -> Turn:
    text = _text(message)
    if isinstance(message, AIMessage):
        return _assistant_turn(text, message, template)
    if isinstance(message, ToolMessage | FunctionMessage):
        if _TOOL_ROLE.search(template):
            return {"role": "tool", "name": message.name or "", "content": text}
        return {"role": "user", "content": f"<tool_response>\n{text}\n</tool_response>"}
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": text}
    if isinstance(message, ChatMessage):
        return {"role": message.role, "content": text}
    return {"role": "user", "content": text}


def _assistant_turn(text: str, message: AIMessage, template: str) -> Turn:
    if not message.tool_calls:
        return {"role": "assistant", "content": text}
    if "tool_calls" in template:
        calls = [
            {"type": "function", "id": c["id"], "function": {"name": c["name"], "arguments": c["args"]}}
            for c in message.tool_calls
        ]
        return {"role": "assistant", "content": text, "tool_calls": calls}
    return {"role": "assistant", "content": "\n".join(filter(None, [text, *map(as_text, message.tool_calls)]))}


def _text(message: BaseMessage) -> str:
    """The text of a message. Calls and reasoning among its blocks are left out; pictures and sounds are refused."""
    if isinstance(message.content, str):
        return message.content
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in message.content]
    foreign = [kind for block in blocks if (kind := _foreign(block))]
    if foreign:
        raise DocumentError(f"The model reads text only, and a message holds {foreign[0]}: leave it out.")
    return "".join(block.get("text", "") for block in blocks if block.get("type") in _TEXTS)


def _foreign(block: Mapping[str, Any]) -> str | None:
    kind = str(block.get("type", ""))
    if kind == "text-plain" and not block.get("text"):  # it is somewhere else, by its address or as bytes
        return kind
    return kind if kind.split("_")[0] in ("image", "audio", "video", "file", "input", "document", "media") else None


def _with_system(turns: list[Turn], text: str) -> list[Turn]:
    if turns and turns[0]["role"] == "system":
        return [{**turns[0], "content": f"{turns[0]['content']}\n\n{text}"}, *turns[1:]]
    return [{"role": "system", "content": text}, *turns]


def _alternating(turns: list[Turn]) -> list[Turn]:
    """System turns as part of the user's, and neighbours of one role joined."""
    merged: list[Turn] = []
    for turn in turns:
        role = "user" if turn["role"] == "system" else turn["role"]
        if merged and merged[-1]["role"] == role and role in ("user", "assistant"):
            merged[-1] = {**merged[-1], "content": f"{merged[-1]['content']}\n\n{turn['content']}"}
        else:
            merged.append({**turn, "role": role})
    return merged
