from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import replace

from jinja2 import TemplateError

from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.trainer import draw_messages


def roles(chat: ChatFormat, system_share: float, turns_share: float) -> set[tuple[str, ...]]:
    drawn = (draw_messages(random.Random(seed), chat, system_share, turns_share) for seed in range(50))
    return {tuple(message["role"] for message in messages) for messages in drawn}


def test_a_question_stands_alone_behind_a_system_message_or_behind_earlier_turns(base) -> None:
    turn = ("user", "assistant")
    assert roles(base.chat, 0.0, 0.0) == {()}
    assert roles(base.chat, 1.0, 0.0) == {("system",)}
    assert roles(base.chat, 0.0, 1.0) == {turn, turn * 2}
    assert roles(base.chat, 0.5, 0.5) == {(), ("system",), turn, turn * 2, ("system", *turn), ("system", *turn * 2)}


def test_a_model_without_a_chat_template_is_asked_bare_questions(base) -> None:
    tokenizer = deepcopy(base.tokenizer)
    tokenizer.chat_template = None
    assert roles(replace(base.chat, tokenizer=tokenizer), 0.5, 0.5) == {()}


def test_a_template_that_knows_no_system_message_gets_none(base) -> None:
    class Strict:
        def apply_chat_template(self, messages: list[dict[str, str]], **options: object) -> str:
            if messages[0]["role"] == "system":
                raise TemplateError("System role not supported")
            return "text"

        def __call__(self, text: str, **options: object) -> dict[str, list[int]]:
            return {"input_ids": [1]}

    assert roles(replace(base.chat, tokenizer=Strict()), 1.0, 0.0) == {()}
