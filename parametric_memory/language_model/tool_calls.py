"""Tool calls in text: announces tools, writes calls, and parses them from answers.

It parses the forms of open models: `<tool_call>{...}</tool_call>` (Qwen, Hermes, SmolLM), `[TOOL_CALLS][...]`
(Mistral), `<|python_tag|>{...}` and bare JSON with `name` and `arguments` or `parameters` (Llama). Knows nothing about
models and memories.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict
from uuid import uuid4

OPENING, CLOSING = "<tool_call>", "</tool_call>"
_MARKS = (OPENING, "[TOOL_CALLS]", "<|python_tag|>")
_BARE = ("{", "[")


class ToolCall(TypedDict):
    """A call of a tool, in LangChain's form."""

    name: str
    args: dict[str, Any]
    id: str | None
    type: NotRequired[Literal["tool_call"]]


def announcement(tools: Sequence[Mapping[str, Any]]) -> str:
    """A system message about tools, for chat templates without a place for them."""
    listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    return (
        f"You may call these tools:\n<tools>\n{listed}\n</tools>\n"
        f'To call one, answer with {OPENING}{{"name": <its name>, "arguments": <its arguments as JSON>}}{CLOSING}'
    )


def as_text(call: ToolCall) -> str:
    """A call in a model's text."""
    written = {"name": call["name"], "arguments": call["args"]}
    return f"{OPENING}\n{json.dumps(written, ensure_ascii=False)}\n{CLOSING}"


def split_calls(text: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    """The prose of an answer and its calls of tools with these names. An incomplete call stays prose."""
    start = _start(text) if names else None
    if start is None:
        return text, []
    calls = [call for value in _json_values(text[start:]) for call in _calls(value, names)]
    return (text[:start].rstrip(), calls) if calls else (text, [])


class ProseStream:
    """Streams the prose of an answer without surrounding space, and holds back a possible call.

    All pieces and the rest together equal `split_calls` of the whole answer.
    """

    def __init__(self, names: Collection[str]) -> None:
        """names: of the tools; none: every answer is prose."""
        self._names, self._held, self._begun = names, "", False

    def feed(self, piece: str) -> str:
        """The part of the answer that is certainly prose and was not returned before."""
        self._held += piece
        if not self._begun:
            self._held = self._held.lstrip()
        prose = self._held[: self._end_of_prose()].rstrip()
        self._held = self._held[len(prose) :]
        self._begun = self._begun or bool(prose)
        return prose

    def rest(self) -> tuple[str, list[ToolCall]]:
        """The prose that was held back, and the calls."""
        return split_calls(self._held.rstrip(), self._names)

    def _end_of_prose(self) -> int:
        if not self._names:
            return len(self._held)
        if (start := _start(self._held, begun=self._begun)) is not None:
            return start
        ends = (n for mark in _MARKS for n in range(1, len(mark)) if self._held.endswith(mark[:n]))
        return len(self._held) - max(ends, default=0)  # the end may begin a mark


def _start(text: str, begun: bool = False) -> int | None:
    """The index where calls may begin: at a mark, or at JSON at the beginning of the answer."""
    found = [text.index(mark) for mark in _MARKS if mark in text]
    if not begun and text.lstrip().startswith(_BARE):
        found.append(len(text) - len(text.lstrip()))
    return min(found) if found else None


def _json_values(text: str) -> list[Any]:
    decoder, position = json.JSONDecoder(strict=False), 0
    values: list[Any] = []
    while True:
        starts = [at for bracket in _BARE if (at := text.find(bracket, position)) >= 0]
        if not starts:
            return values
        try:
            value, position = decoder.raw_decode(text, min(starts))
            values.append(value)
        except (ValueError, RecursionError):
            position = min(starts) + 1


def _calls(value: Any, names: Collection[str]) -> list[ToolCall]:
    if isinstance(value, list):
        return [call for part in value for call in _calls(part, names)]
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in names:
        return []
    arguments = value.get("arguments", value.get("parameters", {}))
    if isinstance(arguments, str):  # arguments as JSON text, as in OpenAI's API
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            return []
    if not isinstance(arguments, dict):
        return []
    return [ToolCall(name=name, args=arguments, id=f"call_{uuid4().hex[:24]}", type="tool_call")]
