"""Conversations as a model's chat template takes them, whatever roles and features the template knows.

A turn is a dict in OpenAI's form: a role, a text as `content`, the `name` of a tool that answers, and `tool_calls`
whose arguments are objects, not text. Knows nothing about memories and generation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import DocumentError
from parametric_memory.language_model.chat import QuestionForm
from parametric_memory.language_model.tool_calls import ToolCall, announcement, as_text

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat

Turn = dict[str, Any]
Tools = Sequence[dict[str, Any]]

_TEXTS = ("text", "text-plain")  # blocks; the latter is a file that is nothing but text
_TOOL_ROLE = re.compile(r"""["']tool["']""")  # in a template that has turns of its own for what tools answer
_ANSWERS_OF_TOOLS = ("tool", "function")


def prompt_ids(
    chat: ChatFormat,
    turns: Sequence[Turn],
    tools: Tools = (),
    passages: Sequence[str] = (),
    ask: Callable[[str], list[int]] | None = None,
) -> list[int]:
    """Token ids of a conversation, up to where the answer begins.

    Args:
        tools: in OpenAI's form; a template without a place for them gets them in a system message.
        passages: texts to put ahead of the user's last turn; only where there is one.
        ask: the ids of a lone question; those of the bare user turn when not given. A `QuestionForm` also says how
            a conversation begins.

    Raises:
        DocumentError: the template takes no such conversation.
    """
    template = _template(chat.tokenizer)
    last = max((i for i, turn in enumerate(turns) if turn["role"] == "user"), default=None)
    turns = [_fitting(turn, template) for turn in turns]
    if passages and last is not None:
        turns[last]["content"] = "\n\n".join([*passages, turns[last]["content"]])
    if tools and "tools" not in template:
        turns = _with_system(turns, announcement(tools))
        tools = ()
    if len(turns) == 1 and turns[0]["role"] == "user" and not tools:
        return (ask or chat.question)(turns[0]["content"])
    if not template:
        transcript = [f"{turn['role'].capitalize()}: {turn['content']}" for turn in turns]
        return chat.question("\n".join([*transcript, "Assistant:"]))
    empty_system = isinstance(ask, QuestionForm) and ask.empty_system and turns[0]["role"] != "system"
    return _rendered(chat, turns, tools, empty_system)


def text_of(content: Any) -> str:
    """The text of a turn's content, or of its blocks. Calls and reasoning among these are left out.

    Raises:
        DocumentError: there are pictures, sounds or files among them.
    """
    if content is None or isinstance(content, str):
        return content or ""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    foreign = [kind for block in blocks if (kind := _foreign(block))]
    if foreign:
        raise DocumentError(f"The model reads text only, and a message holds {foreign[0]}: leave it out.")
    return "".join(block.get("text", "") for block in blocks if block.get("type") in _TEXTS)


def _rendered(chat: ChatFormat, turns: list[Turn], tools: Tools, empty_system: bool) -> list[int]:
    from jinja2 import TemplateError

    render = chat.after_empty_system if empty_system else chat.conversation
    try:
        return render(turns, tools or None)
    except TemplateError:  # a template that knows no system turn, or wants user and assistant to take turns
        pass
    try:
        return render(_alternating(turns), tools or None)
    except TemplateError as error:
        raise DocumentError(f"The model's chat template does not take this conversation: {error}") from error


def _template(tokenizer: Any) -> str:
    found = tokenizer.chat_template or ""
    return found if isinstance(found, str) else str(found.get("tool_use") or found.get("default") or "")


def _fitting(turn: Turn, template: str) -> Turn:
    """A turn as a template takes it: calls and what tools answer are text where it has no place for them."""
    if turn["role"] in _ANSWERS_OF_TOOLS:
        if _TOOL_ROLE.search(template):
            return {"role": "tool", "name": turn.get("name") or "", "content": turn["content"]}
        return {"role": "user", "content": f"<tool_response>\n{turn['content']}\n</tool_response>"}
    calls = turn.get("tool_calls")
    if not calls:
        return {"role": turn["role"], "content": turn["content"]}
    if "tool_calls" in template:
        return {"role": turn["role"], "content": turn["content"], "tool_calls": calls}
    of_tools = [ToolCall(name=c["function"]["name"], args=c["function"]["arguments"], id=c.get("id")) for c in calls]
    return {"role": turn["role"], "content": "\n".join(filter(None, [turn["content"], *map(as_text, of_tools)]))}


def _foreign(block: Turn) -> str | None:
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
