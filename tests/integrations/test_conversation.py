from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from transformers import PreTrainedTokenizerFast

from langchain_parametric_memory.conversation import turn
from parametric_memory.answering.answering import AnswerRequest
from parametric_memory.errors import DocumentError
from parametric_memory.language_model import chat as of_turns
from parametric_memory.language_model.chat import ChatFormat, QuestionForm
from tests.tiny_models import tiny_tokenizer

TOOL = {
    "type": "function",
    "function": {
        "name": "ask_memory",
        "description": "Answers from memory.",
        "parameters": {"type": "object", "properties": {"question": {"type": "string"}}},
    },
}
CALL = {"name": "ask_memory", "args": {"question": "Who?"}, "id": "1"}
WITH_TOOLS = (
    "{% if tools %}<|im_start|>system\n{% for tool in tools %}{{ tool | tojson }}{% endfor %}<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% if message['role'] == 'tool' %}"
    "{{ message['name'] }}: {% endif %}{{ message['content'] }}"
    "{% for call in message['tool_calls'] or [] %}[{{ call['function']['name'] }} "
    "{{ call['function']['arguments'] | tojson }}]{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
STRICT = (
    "{% for message in messages %}{% if message['role'] not in ['user', 'assistant'] or "
    "(message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns must alternate') }}{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer(template: str | None = "") -> PreTrainedTokenizerFast:
    found = tiny_tokenizer()
    if template != "":
        found.chat_template = template
    return found


def prompt_ids(chat: ChatFormat, messages: list[BaseMessage], *more: Any, **options: Any) -> list[int]:
    return of_turns.prompt_ids(chat, [turn(message) for message in messages], *more, **options)


def prompt(messages: list[BaseMessage], template: str | None = "", tools=(), passages=()) -> str:
    chat = ChatFormat.of(tokenizer(template))
    return chat.tokenizer.decode(prompt_ids(chat, messages, tools, passages))


def turns(*parts: tuple[str, str]) -> str:
    """Turns of ChatML, up to where the answer begins."""
    written = [f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in parts]
    return "".join([*written, "<|im_start|>assistant\n"])


def test_a_lone_question_is_the_bare_turn_that_memories_are_trained_with() -> None:
    assert prompt([HumanMessage("Who?")]) == turns(("user", "Who?"))


def test_a_lone_question_is_put_as_its_hypernetwork_was_trained_to_be_asked_and_no_other() -> None:
    chat = ChatFormat.of(tokenizer())

    def ask(text: str) -> list[int]:
        return chat.encode(f"[{text}]")

    assert prompt_ids(chat, [HumanMessage("Who?")], ask=ask) == ask("Who?")
    assert prompt_ids(chat, [HumanMessage("Who?")], passages=["Lina."], ask=ask) == ask("Lina.\n\nWho?")
    for messages, tools in ([HumanMessage("Who?")] * 2, []), ([HumanMessage("Who?")], [TOOL]):
        assert prompt_ids(chat, messages, tools, ask=ask) == prompt_ids(chat, messages, tools)


def test_a_conversation_begins_as_a_hypernetwork_was_trained_to_have_questions_asked() -> None:
    chat = ChatFormat.of(tokenizer())
    form = QuestionForm(chat.question, empty_system=True)
    conversation = [HumanMessage("Hello."), AIMessage("Hi."), HumanMessage("Who?")]
    expected = turns(("system", ""), ("user", "Hello."), ("assistant", "Hi."), ("user", "Who?"))
    assert chat.tokenizer.decode(prompt_ids(chat, conversation, ask=form)) == expected
    own = [SystemMessage("Be brief."), *conversation]
    assert prompt_ids(chat, own, ask=form) == prompt_ids(chat, own)
    assert prompt_ids(chat, conversation[:1], ask=form) == chat.question("Hello.")


def test_a_conversation_goes_through_the_chat_template() -> None:
    conversation = [SystemMessage("Be brief."), HumanMessage("Hello."), AIMessage("Hi."), HumanMessage("Who?")]
    expected = turns(("system", "Be brief."), ("user", "Hello."), ("assistant", "Hi."), ("user", "Who?"))
    assert prompt(conversation) == expected


def test_roles_of_other_names_are_kept() -> None:
    assert "<|im_start|>critic\nNo.<|im_end|>" in prompt([HumanMessage("Yes?"), ChatMessage("No.", role="critic")])


def test_a_template_without_tools_gets_them_in_the_system_message_and_their_answers_from_the_user() -> None:
    messages = [
        SystemMessage("Be brief."),
        HumanMessage("Who?"),
        AIMessage("I ask.", tool_calls=[CALL]),
        ToolMessage("Lina.", tool_call_id="1"),
    ]
    text = prompt(messages, tools=[TOOL])
    system, question, call, answer, _ = text.split("<|im_start|>")[1:]
    assert system.startswith("system\nBe brief.\n\n") and '"name": "ask_memory"' in system
    assert question == "user\nWho?<|im_end|>\n"
    assert call.startswith("assistant\nI ask.\n<tool_call>\n") and '"arguments": {"question": "Who?"}' in call
    assert answer == "user\n<tool_response>\nLina.\n</tool_response><|im_end|>\n"


def test_a_template_with_tools_gets_them_in_its_own_form() -> None:
    messages = [
        HumanMessage("Who?"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage("Lina.", tool_call_id="1", name="ask_memory"),
    ]
    text = prompt(messages, WITH_TOOLS, tools=[TOOL])
    assert text.count("Answers from memory.") == 1
    assert '[ask_memory {"question": "Who?"}]<|im_end|>' in text
    assert "<|im_start|>tool\nask_memory: Lina.<|im_end|>" in text


def test_where_turns_must_alternate_neighbours_are_joined_and_the_system_speaks_as_the_user() -> None:
    said = [HumanMessage("Hello."), HumanMessage("Who?"), AIMessage("Li"), AIMessage("na"), HumanMessage("Sure?")]
    expected = turns(("user", "Be brief.\n\nHello.\n\nWho?"), ("assistant", "Li\n\nna"), ("user", "Sure?"))
    assert prompt([SystemMessage("Be brief."), *said], STRICT) == expected


def test_a_conversation_that_no_rewriting_fits_is_refused() -> None:
    with pytest.raises(DocumentError, match="turns must alternate"):
        prompt([AIMessage("I begin."), HumanMessage("Oh?")], STRICT)


def test_without_a_chat_template_a_conversation_is_a_transcript() -> None:
    assert prompt([HumanMessage("Who?")], None) == "Who?\n"
    assert prompt([HumanMessage("Who?"), AIMessage("Lina."), HumanMessage("Sure?")], None) == (
        "User: Who?\nAssistant: Lina.\nUser: Sure?\nAssistant:\n"
    )


def test_passages_stand_before_the_users_last_turn_and_not_before_what_a_tool_answered() -> None:
    messages = [
        HumanMessage("Hello."),
        AIMessage("Hi."),
        HumanMessage("Who?"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage("Lina.", tool_call_id="1"),
    ]
    text = prompt(messages, passages=["First.", "Second."])
    assert "user\nFirst.\n\nSecond.\n\nWho?<|im_end|>" in text
    assert text.count("First.") == 1
    assert messages[2].content == "Who?"


def test_texts_of_blocks_are_read_and_calls_and_reasoning_among_them_left_out() -> None:
    blocks = [
        {"type": "reasoning", "reasoning": "Hm."},
        {"type": "text", "text": "Lin"},
        "a.",
        {"type": "tool_use", "id": "1", "name": "ask_memory", "input": {}},
    ]
    assert "assistant\nLina.<|im_end|>" in prompt([HumanMessage("Who?"), AIMessage(blocks), HumanMessage("Sure?")])


@pytest.mark.parametrize("kind", ["image", "image_url", "audio", "input_audio", "file", "video"])
def test_what_is_no_text_is_refused_by_its_name(kind: str) -> None:
    with pytest.raises(DocumentError, match=kind):
        prompt([HumanMessage([{"type": "text", "text": "What is this?"}, {"type": kind}])])


def test_a_file_that_is_nothing_but_text_is_read() -> None:
    note = {"type": "text-plain", "mime_type": "text/plain", "text": "Lina lives in Bergen."}
    assert "Summarise: Lina lives in Bergen." in prompt([HumanMessage([{"type": "text", "text": "Summarise: "}, note])])
    with pytest.raises(DocumentError, match="text-plain"):
        prompt([HumanMessage([{**note, "text": None, "url": "https://example.com/note.txt"}])])


def test_the_last_question_is_the_users_last_turn() -> None:
    messages = [
        HumanMessage("Hello."),
        HumanMessage(" Who? "),
        AIMessage("Lina."),
        ToolMessage("Yes.", tool_call_id="1"),
    ]
    assert AnswerRequest([turn(message) for message in messages]).user_turns == ["Who?", "Hello."]
    assert AnswerRequest([turn(SystemMessage("Be brief."))]).readings == []
    assert AnswerRequest([turn(HumanMessage(" "))]).readings == []
