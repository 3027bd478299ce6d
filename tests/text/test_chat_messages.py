from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from parametric_memory.errors import DocumentError
from parametric_memory.text.chat_messages import messages_of, moment_of


def said(messages: Any, **options: Any) -> list[tuple[int, str, str]]:
    return [(message.turn, message.speaker, message.text) for message in messages_of(messages, **options)]


def test_openai_messages_are_read_and_those_to_nobody_left_out() -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hi."}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "12 degrees", "tool_call_id": "1"},
        {"role": "assistant", "content": "It is mild."},
        {"role": "user", "name": "Ana", "content": "Thanks."},
    ]
    assert said(messages) == [(1, "the user", "Hi."), (4, "the assistant", "It is mild."), (5, "Ana", "Thanks.")]


def test_langchain_messages_are_read() -> None:
    messages = [
        SystemMessage("Be brief."),
        HumanMessage("Hi."),
        AIMessage([{"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "Hello."}]),
        ToolMessage("12", tool_call_id="1"),
        ChatMessage("Hey.", role="Ben"),
        HumanMessage("Hoi.", name="Cem"),
        AIMessageChunk("Bye."),
    ]
    assert [speaker for _, speaker, _ in said(messages)] == ["the user", "the assistant", "Ben", "Cem", "the assistant"]
    assert said(messages)[1][2] == "Hello."


def test_pairs_are_a_speaker_and_a_text() -> None:
    assert said([("Ana", "Hi."), ["human", "Hello."]]) == [(0, "Ana", "Hi."), (1, "the user", "Hello.")]


def test_speakers_are_named_by_role_and_by_name() -> None:
    names = {"human": "Ana", "assistant": "Bo", "C.": "Cem"}
    assert [s for _, s, _ in said([("user", "Hi."), ("ai", "Ho."), ("C.", "Hm.")], speakers=names)] == [
        "Ana",
        "Bo",
        "Cem",
    ]


def test_texts_are_cleaned_and_empty_ones_left_out() -> None:
    assert said([("Ana", "caf\u0065\u0301\u200b\r\n"), ("Ana", " \u200e\n"), ("Ana", "")]) == [(0, "Ana", "caf\u00e9")]
    with pytest.raises(DocumentError, match="Message 0 is binary"):
        messages_of([("Ana", "a\0b")])


def test_a_message_has_its_own_time_or_the_usual_one() -> None:
    messages = [{"role": "user", "content": "Hi.", "timestamp": 1715092200}, {"role": "user", "content": "Ho."}]
    own, usual = messages_of(messages, when=date(2024, 1, 1))
    assert own.said_at == datetime(2024, 5, 7, 14, 30, tzinfo=UTC) and usual.said_at == date(2024, 1, 1)
    [extra] = messages_of([HumanMessage("Hi.", additional_kwargs={"created_at": "2024-05-07"})])
    assert extra.said_at == date(2024, 5, 7)


@pytest.mark.parametrize("value", ["1715092200", 1715092200, 1715092200.0, 1715092200000, "2024-05-07T14:30:00+00:00"])
def test_a_moment_is_told_in_seconds_in_milliseconds_or_as_iso_writes_it(value: object) -> None:
    assert moment_of(value) == datetime(2024, 5, 7, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", ["soon", "", True, [], float("nan"), 1e300, "2024-13-01"])
def test_what_is_no_time_is_told_of(value: object) -> None:
    with pytest.raises(DocumentError, match="is no time"):
        moment_of(value)


def test_more_than_a_document_may_hold_is_refused() -> None:
    with pytest.raises(DocumentError, match="The conversation is too large"):
        messages_of([("Ana", "x" * 10_000_001)] * 2)
