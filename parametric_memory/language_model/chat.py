"""How a question and a document are put before a chat model: turns, their borders, and where an answer ends.

Knows nothing about adapters or generation: a tokenizer in, token ids out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Message = dict[str, Any]
_MARK = "\u2063content\u2063"


@dataclass(frozen=True)
class QuestionForm:
    """How a model is asked under adapters: as their hypernetwork was trained to have it asked. Called for a question.

    Attributes:
        ids: the ids of a lone question, up to where the answer begins.
        empty_system: whether a conversation without a system turn begins with an empty one.
    """

    ids: Callable[[str], list[int]]
    empty_system: bool = False

    def __call__(self, text: str) -> list[int]:
        return self.ids(text)


@dataclass(frozen=True)
class ChatFormat:
    """The bare user turn of a model's chat template: no system message, not even the template's default one."""

    tokenizer: PreTrainedTokenizerBase
    before: tuple[int, ...]  # token ids ahead of the user's text, the beginning-of-sequence token included
    after: tuple[int, ...]  # from the end of the user's text to where the answer begins
    end: int  # the token that ends an answer
    bos: tuple[int, ...] = ()  # what any text begins with, where the tokenizer says so

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, end: int | None = None) -> ChatFormat:
        """The format that a tokenizer's chat template has.

        Args:
            end: the token that ends an answer, where the tokenizer knows none.

        Raises:
            CheckpointError: nobody knows one.
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

    def conversation(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]] | None = None) -> list[int]:
        """Ids of a whole conversation. A lone user message is the bare turn that memories are trained with."""
        alone = len(messages) == 1 and messages[0]["role"] == "user" and not tools
        if alone and isinstance(messages[0]["content"], str):
            return self.question(messages[0]["content"])
        return self.encode(_templated(self.tokenizer, messages, answered=True, tools=list(tools) if tools else None))

    def after_empty_system(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]] | None = None
    ) -> list[int]:
        """Ids of a whole conversation that begins with an empty system turn.

        Where the template knows no system turn, its blank line stays before the first text of the user, as in the
        documents and questions that published hypernetworks were trained with.

        Raises:
            jinja2.TemplateError: the template takes no such conversation.
        """
        from jinja2 import TemplateError

        options: dict[str, Any] = {"answered": True, "tools": list(tools) if tools else None}
        try:
            turns = [{"role": "system", "content": ""}, *messages]
            return self.encode(_templated(self.tokenizer, turns, **options))
        except TemplateError:
            first, *later = messages
            marked = {**first, "content": f"{_MARK}{first['content']}"}  # a template may strip a blank line away
            text = _templated(self.tokenizer, [marked, *later], **options)
            return self.encode(text.replace(_MARK, "\n\n"))

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """A text's ids, without any that the tokenizer would add of itself."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []


def _templated(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], answered: bool = False, **options: Any
) -> str:
    """The turns as the template writes them. answered: up to where the next answer begins.

    Of models that think before they answer, the answer is wanted: memory is in its words, and limits are meant for it.
    """
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=answered, enable_thinking=False, **options
    )
    return text


def _end_of_answer(tokenizer: PreTrainedTokenizerBase, otherwise: int | None) -> int | None:
    """The special token that the template puts after an answer; where it puts none, that which ends a sequence."""
    if tokenizer.chat_template:
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _MARK}]
        after = encode(tokenizer, _templated(tokenizer, turns).partition(_MARK)[2])
        if after and getattr(tokenizer.added_tokens_decoder.get(after[0]), "special", False):
            return after[0]
    return otherwise if tokenizer.eos_token_id is None else tokenizer.eos_token_id


def _bare_user_turn(tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """What surrounds a user's text in a later turn, where no template inserts a system message."""
    if not tokenizer.chat_template:
        return "", "\n"
    earlier = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    later = [*earlier, {"role": "user", "content": _MARK}]
    head, whole = _templated(tokenizer, earlier), _templated(tokenizer, later, answered=True)
    if not whole.startswith(head):  # a template that rewrites earlier turns: fall back to its first turn
        head, whole = "", _templated(tokenizer, later[2:], answered=True)
    before, after = whole[len(head) :].split(_MARK)
    return before, after
