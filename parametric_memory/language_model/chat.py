"""Questions and conversations as token ids, by the chat template of any model.

A turn is a dict in OpenAI's form: a role, a text as `content`, the `name` of a tool that answers, and `tool_calls`
whose arguments are objects, not text. A template that lacks system turns, tools or tool answers gets them as text.
Knows nothing about memories and generation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError, DocumentError
from parametric_memory.language_model.tool_calls import ToolCall, announcement, as_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Turn = dict[str, Any]
Message = Turn
Tools = Sequence[dict[str, Any]]

_MARK = "\u2063content\u2063"
_TEXTS = ("text", "text-plain")  # blocks; the latter is a plain text file
_FILES = ("image", "audio", "video", "file", "input", "document", "media")  # beginnings of the types of other blocks
_TOOL_ROLE = re.compile(r"""["']tool["']""")  # in a template that has turns of its own for answers of tools
_ANSWERS_OF_TOOLS = ("tool", "function")


@dataclass(frozen=True)
class QuestionForm:
    """The form of a question that a hypernetwork was trained with. Call it with a question."""

    ids: Callable[[str], list[int]]  # the ids of a lone question, up to where the answer begins
    empty_system: bool = False  # whether a conversation without a system turn begins with an empty one

    def __call__(self, text: str) -> list[int]:
        return self.ids(text)


@dataclass(frozen=True)
class ChatFormat:
    """The bare user turn of a model's chat template: no system message, not even the template's default one."""

    tokenizer: PreTrainedTokenizerBase
    before: tuple[int, ...]  # token ids before the user's text, the beginning-of-sequence token included
    after: tuple[int, ...]  # from the end of the user's text to where the answer begins
    end: int  # the token that ends an answer
    bos: tuple[int, ...] = ()  # the beginning-of-sequence token if the tokenizer adds it

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, end: int | None = None) -> ChatFormat:
        """The format of a tokenizer's chat template.

        end: the token that ends an answer if the tokenizer knows none.

        Raises CheckpointError: there is none either way.
        """
        end = _end_of_answer(tokenizer, end)
        if end is None:
            raise CheckpointError(
                "The base model's tokenizer has no token that ends an answer: set eos_token in its "
                "tokenizer_config.json, or eos_token_id in the model's config.json."
            )
        before, after = _bare_user_turn(tokenizer)
        adds_bos = tokenizer("x")["input_ids"][:1] == [tokenizer.bos_token_id]
        if adds_bos and not before.startswith(tokenizer.bos_token):
            before = tokenizer.bos_token + before
        bos = (tokenizer.bos_token_id,) if adds_bos else ()
        return cls(tokenizer, tuple(encode(tokenizer, before)), tuple(encode(tokenizer, after)), end, bos)

    def encode(self, text: str) -> list[int]:
        """Token ids of a piece of text, nothing added."""
        return encode(self.tokenizer, text)

    def question(self, text: str) -> list[int]:
        """Ids of one user turn, up to where the answer begins."""
        return [*self.before, *self.encode(text), *self.after]

    def conversation(self, turns: Sequence[Turn], tools: Tools = (), *, empty_system: bool = False) -> list[int]:
        """Ids of a whole conversation. A lone user turn is the bare turn that memories are trained with.

        empty_system: begin with an empty system turn. If the template takes none, its blank line stays before the
            first text of the user, as published hypernetworks were trained.

        Raises jinja2.TemplateError: the template takes no such conversation.
        """
        from jinja2 import TemplateError

        options: dict[str, Any] = {"answered": True, "tools": list(tools) or None}
        if empty_system:
            try:
                return self.encode(_templated(self.tokenizer, [{"role": "system", "content": ""}, *turns], **options))
            except TemplateError:
                first, *later = turns
                marked = {**first, "content": f"{_MARK}{first['content']}"}  # a template may strip a blank line away
                text = _templated(self.tokenizer, [marked, *later], **options)
                return self.encode(text.replace(_MARK, "\n\n"))
        if len(turns) == 1 and turns[0]["role"] == "user" and not tools and isinstance(turns[0]["content"], str):
            return self.question(turns[0]["content"])
        return self.encode(_templated(self.tokenizer, turns, **options))

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Token ids of a text, without those that the tokenizer would add."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []


def _templated(
    tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], answered: bool = False, **options: Any
) -> str:
    """The turns as the template writes them. answered: up to where the next answer begins.

    Models that think first are told not to: memory is in the words of the answer, and limits are meant for it.
    """
    text: str = tokenizer.apply_chat_template(
        list(turns), tokenize=False, add_generation_prompt=answered, enable_thinking=False, **options
    )
    return text


def _end_of_answer(tokenizer: PreTrainedTokenizerBase, otherwise: int | None) -> int | None:
    """The special token that the template puts after an answer, or else the one that ends a sequence."""
    if tokenizer.chat_template:
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _MARK}]
        after = encode(tokenizer, _templated(tokenizer, turns).partition(_MARK)[2])
        if after and getattr(tokenizer.added_tokens_decoder.get(after[0]), "special", False):
            return after[0]
    return otherwise if tokenizer.eos_token_id is None else tokenizer.eos_token_id


def _bare_user_turn(tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """The text before and after a user's text in a later turn, where no template inserts a system message."""
    if not tokenizer.chat_template:
        return "", "\n"
    earlier = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    later = [*earlier, {"role": "user", "content": _MARK}]
    head, whole = _templated(tokenizer, earlier), _templated(tokenizer, later, answered=True)
    if not whole.startswith(head):  # a template that rewrites earlier turns: fall back to its first turn
        head, whole = "", _templated(tokenizer, later[2:], answered=True)
    before, after = whole[len(head) :].split(_MARK)
    return before, after


def prompt_ids(
    chat: ChatFormat,
    turns: Sequence[Turn],
    tools: Tools = (),
    passages: Sequence[str] = (),
    ask: Callable[[str], list[int]] | None = None,
) -> list[int]:
    """Token ids of a conversation, up to where the answer begins.

    Args:
        tools: in OpenAI's form; in a system message if the template has no place for them.
        passages: texts to put before the user's last turn, if there is one.
        ask: gives the ids of a lone question; of the bare user turn when not given. A `QuestionForm` also says how a
            conversation begins.

    Raises DocumentError: the template takes no such conversation.
    """
    template = chat.tokenizer.chat_template or ""
    if not isinstance(template, str):
        template = str(template.get("tool_use") or template.get("default") or "")
    last = max((i for i, turn in enumerate(turns) if turn["role"] == "user"), default=None)
    turns = [_fitting(turn, template) for turn in turns]
    if passages and last is not None:
        turns[last]["content"] = "\n\n".join([*passages, turns[last]["content"]])
    if tools and "tools" not in template:
        if turns and turns[0]["role"] == "system":
            turns[0]["content"] += f"\n\n{announcement(tools)}"
        else:
            turns = [{"role": "system", "content": announcement(tools)}, *turns]
        tools = ()
    if len(turns) == 1 and turns[0]["role"] == "user" and not tools:
        return (ask or chat.question)(turns[0]["content"])
    if not template:
        transcript = [f"{turn['role'].capitalize()}: {turn['content']}" for turn in turns]
        return chat.question("\n".join([*transcript, "Assistant:"]))
    empty_system = isinstance(ask, QuestionForm) and ask.empty_system and turns[0]["role"] != "system"
    from jinja2 import TemplateError

    try:
        return chat.conversation(turns, tools, empty_system=empty_system)
    except TemplateError:  # a template that knows no system turn, or wants user and assistant to take turns
        pass
    try:
        return chat.conversation(_alternating(turns), tools, empty_system=empty_system)
    except TemplateError as error:
        raise DocumentError(f"The model's chat template does not take this conversation: {error}") from error


def text_of(content: Any) -> str:
    """The text of a turn's content, or of its blocks but calls and reasoning.

    Raises DocumentError: a block is a picture, a sound or a file.
    """
    if content is None or isinstance(content, str):
        return content or ""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    for block in blocks:
        kind, text = str(block.get("type", "")), block.get("text")
        if kind.split("_")[0] in _FILES or (kind == "text-plain" and not text):  # the text is at an address, or bytes
            raise DocumentError(f"The model reads text only, and a message holds {kind}: leave it out.")
    return "".join(block.get("text", "") for block in blocks if block.get("type") in _TEXTS)


def _fitting(turn: Turn, template: str) -> Turn:
    """A turn for a template. Calls and answers of tools become text if it has no place for them. Copies the turn."""
    if turn["role"] in _ANSWERS_OF_TOOLS:
        if _TOOL_ROLE.search(template):
            return {"role": "tool", "name": turn.get("name") or "", "content": turn["content"]}
        return {"role": "user", "content": f"<tool_response>\n{turn['content']}\n</tool_response>"}
    calls = turn.get("tool_calls")
    plain = {"role": turn["role"], "content": turn["content"]}
    if not calls:
        return plain
    if "tool_calls" in template:
        return {**plain, "tool_calls": calls}
    of_tools = [ToolCall(name=c["function"]["name"], args=c["function"]["arguments"], id=c.get("id")) for c in calls]
    return {**plain, "content": "\n".join(filter(None, [turn["content"], *map(as_text, of_tools)]))}


def _alternating(turns: list[Turn]) -> list[Turn]:
    """System turns as a part of the user's, and neighbours of one role joined."""
    merged: list[Turn] = []
    for turn in turns:
        role = "user" if turn["role"] == "system" else turn["role"]
        if merged and merged[-1]["role"] == role and role in ("user", "assistant"):
            merged[-1] = {**merged[-1], "content": f"{merged[-1]['content']}\n\n{turn['content']}"}
        else:
            merged.append({**turn, "role": role})
    return merged
