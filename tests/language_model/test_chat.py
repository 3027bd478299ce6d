from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers.processors import TemplateProcessing

from parametric_memory.errors import CheckpointError
from parametric_memory.language_model.chat import ChatFormat
from tests.tiny_models import tiny_tokenizer

CHAT_TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a default.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture
def tokenizer():
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def test_a_question_is_a_bare_user_turn_without_the_templates_default_system_message(tokenizer) -> None:
    assert "You are a default." in tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    asked = tokenizer.decode(ChatFormat.of(tokenizer).question("Hi"))
    assert asked == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_a_lone_user_message_is_that_bare_turn(tokenizer) -> None:
    chat = ChatFormat.of(tokenizer)
    assert chat.conversation([{"role": "user", "content": "Hi"}]) == chat.question("Hi")


def test_a_conversation_is_what_the_template_makes_of_it(tokenizer) -> None:
    chat = ChatFormat.of(tokenizer)
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Where?"},
    ]
    assert tokenizer.decode(chat.conversation(messages)) == tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True
    )


def test_a_conversation_may_begin_with_an_empty_system_turn(tokenizer) -> None:
    chat = ChatFormat.of(tokenizer)
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    assert tokenizer.decode(chat.conversation(messages, empty_system=True)).startswith(
        "<|im_start|>system\n<|im_end|>\n"
    )
    tokenizer.chat_template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}"
    )
    assert tokenizer.decode(chat.conversation(messages, empty_system=True)).startswith(
        "<|im_start|>user\n\n\nHi<|im_end|>\n"
    )


def test_an_answer_ends_where_the_template_closes_a_turn(tokenizer) -> None:
    tokenizer.eos_token = "<|im_start|>"
    assert ChatFormat.of(tokenizer).end == tokenizer.convert_tokens_to_ids("<|im_end|>")


def test_where_the_tokenizer_knows_no_end_the_models_own_is_taken(tokenizer) -> None:
    tokenizer.chat_template = tokenizer.eos_token = None
    assert ChatFormat.of(tokenizer, end=5).end == 5
    with pytest.raises(CheckpointError, match="eos_token"):
        ChatFormat.of(tokenizer)


@pytest.mark.parametrize("token", ["<s>", "<|im_start|>"])
def test_a_beginning_of_sequence_token_that_the_tokenizer_adds_comes_once(tokenizer, token: str) -> None:
    tokenizer.add_special_tokens({"bos_token": token})
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{token} $A", special_tokens=[(token, tokenizer.bos_token_id)]
    )
    chat = ChatFormat.of(tokenizer)
    question = chat.question("Hi")
    assert chat.bos == (tokenizer.bos_token_id,)
    assert question[0] == tokenizer.bos_token_id
    assert question[1] != tokenizer.bos_token_id


def test_without_a_template_a_question_stands_on_a_line_of_its_own(tokenizer) -> None:
    tokenizer.chat_template = None
    chat = ChatFormat.of(tokenizer)
    assert tokenizer.decode(chat.question("Who?")) == "Who?\n"
    assert chat.end == tokenizer.eos_token_id


def test_the_plain_template_of_the_docs_asks_and_ends_an_answer(tokenizer) -> None:
    page = (Path(__file__).parents[2] / "docs" / "your-own-model.md").read_text(encoding="utf-8")
    tokenizer.chat_template = page.partition("```jinja\n")[2].partition("```")[0].rstrip("\n")
    chat = ChatFormat.of(tokenizer)
    assert tokenizer.decode(chat.question("Where?")) == "Question:\nWhere?\nAnswer:\n"
    assert chat.end == tokenizer.eos_token_id
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    turns += [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Where?"}]
    assert tokenizer.decode(chat.conversation(turns)) == (
        "Be brief.\nQuestion:\nHi\nAnswer:\nYes?<|im_end|>\nQuestion:\nWhere?\nAnswer:\n"
    )


def test_a_template_that_rewrites_earlier_turns_still_has_a_user_turn(tokenizer) -> None:
    tokenizer.chat_template = (
        "{% for m in messages %}{% if loop.last or m['role'] == 'user' %}<|im_start|>{{ m['role'] }}\n"
        "{{ m['content'] }}<|im_end|>\n{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    asked = tokenizer.decode(ChatFormat.of(tokenizer).question("Hi"))
    assert asked == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_a_model_that_may_think_first_is_asked_for_its_answer(tokenizer) -> None:
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
        "{% if loop.last and m['role'] == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
        "{{ m['content'] }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
        "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
    )
    chat = ChatFormat.of(tokenizer)
    expected = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    assert tokenizer.decode(chat.question("Hi")) == expected
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert tokenizer.decode(chat.conversation(turns)).endswith(expected)


def test_decoding_leaves_out_special_tokens(tokenizer) -> None:
    chat = ChatFormat.of(tokenizer)
    assert chat.decode([*chat.encode("Bergen."), chat.end]) == "Bergen."
