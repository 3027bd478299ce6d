from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_to_dict,
)

from parametric_memory.documents.chat_messages import messages_of, moment_of
from parametric_memory.errors import DocumentError


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


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "parts": [{"text": "Hi."}]},
        {"role": "user", "content": "", "parts": [{"type": "step-start"}, {"type": "text", "text": "Hi."}]},
        {"role": "user", "parts": [{"text": "Hm.", "thought": True}, {"text": "Hi."}]},
        {"role": "user", "content": {"content_type": "text", "parts": ["Hi."]}},
        {"role": "user", "content": [{"type": "text", "text": {"value": "Hi.", "annotations": []}}]},
        {"type": "human", "data": {"content": "Hi.", "name": None}},
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": "Hi."}},
        {"type": "user", "message": {"role": "user", "content": "Hi."}, "sessionId": "1"},
        {"author": {"role": "user"}, "content": "Hi."},
        {"author": {"role": "user", "name": None}, "content": {"parts": ["Hi."]}},
        {"sender": "human", "text": "Hi.", "content": []},
        {"sender": "human", "text": "", "content": [{"type": "text", "text": "Hi."}]},
        ("human", [{"type": "text", "text": "Hi."}]),
        ["user", ["Hi."]],
        SimpleNamespace(role="user", content=[SimpleNamespace(type="input_text", text="Hi.")]),
        SimpleNamespace(role="user", parts=[SimpleNamespace(text="Hi.", thought=None)]),
        dumpd(HumanMessage("Hi.")),
        *messages_to_dict([HumanMessage("Hi.")]),
    ],
)
def test_the_same_is_said_in_many_forms(message: Any) -> None:
    assert said([message]) == [(0, "the user", "Hi.")]


@pytest.mark.parametrize(
    "message",
    [
        {"author": {"role": "user", "name": "ana_1", "nickname": "Ana"}, "content": "Hi."},
        {"author": {"id": "7", "name": "Ana"}, "content": "Hi.", "type": "Default"},
        {"creator": {"name": "Ana", "email": "a@example.org"}, "text": "Hi."},
        {"sender_name": "Ana", "content": "Hi.", "type": "Generic"},
        {"senderName": "Ana", "text": "Hi.", "type": "text"},
        {"from": {"first_name": "Ana", "is_bot": False}, "text": "Hi."},
        *messages_to_dict([ChatMessage(content="Hi.", role="Ana"), HumanMessage("Hi.", name="Ana")]),
    ],
)
def test_who_speaks_is_found_under_many_names(message: Any) -> None:
    assert said([message]) == [(0, "Ana", "Hi.")]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "function_call", "name": "weather", "arguments": "{}", "call_id": "1"},
        {"type": "function_call_output", "call_id": "1", "output": "12 degrees"},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
        {"type": "web_search_call", "id": "1", "status": "completed"},
        {"role": "assistant", "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "model", "parts": [{"functionCall": {"name": "weather"}}]},
        {"type": "service", "actor": "Ana", "action": "phone_call", "text": ""},
        SimpleNamespace(type="function_call", name="weather", arguments="{}"),
        SimpleNamespace(type="reasoning", content=None, summary=[]),
        *({"role": role, "content": "12"} for role in ("ipython", "observation", "function_call", "tool_call")),
        *messages_to_dict([ToolMessage("12", tool_call_id="1"), SystemMessage("Be brief.")]),
    ],
)
def test_what_nobody_says_is_passed_over(message: Any) -> None:
    assert said([message, ("user", "Hi.")]) == [(1, "the user", "Hi.")]


def test_openais_answers_are_read_as_they_come() -> None:
    responses = pytest.importorskip("openai.types.responses")
    text = responses.ResponseOutputText(type="output_text", text="It is mild.", annotations=[])
    answer = responses.ResponseOutputMessage(
        id="1", type="message", role="assistant", status="completed", content=[text]
    )
    call = responses.ResponseFunctionToolCall(type="function_call", name="weather", arguments="{}", call_id="1")
    thought = responses.ResponseReasoningItem(type="reasoning", id="2", summary=[])
    expected = [(2, "the assistant", "It is mild.")]
    assert said([thought, call, answer]) == expected
    assert said([item.model_dump() for item in (thought, call, answer)]) == expected


def test_a_text_cut_where_its_type_changes_is_one_again() -> None:
    text = [
        "Look at ",
        {"type": "link", "text": "https://example.org"},
        ", call ",
        {"type": "mention", "text": "@ben"},
        ", my ",
        {"type": "bold", "text": "brother"},
        " knows",
    ]
    [(_, _, found)] = said([{"type": "message", "from": "Ana", "text": text}])
    assert found == "Look at https://example.org, call @ben, my brother knows"


@pytest.mark.parametrize("kind", ["message", "text", "Default", "customer"])
def test_a_type_that_is_no_role_is_no_speaker(kind: str) -> None:
    message = {"type": kind, "from": None, "text": "Hi."}
    with pytest.raises(DocumentError, match="Message 0 lacks who says it"):
        messages_of([message])
    assert said([message], forgiving=True) == [(0, "someone", "Hi.")]


@pytest.mark.parametrize("message", [object(), 7, None, ["user"], ("user", "Hi.", "Ho."), ("user", 7), "Hi."])
def test_what_is_no_message_is_told_of(message: Any) -> None:
    with pytest.raises(DocumentError, match="Message 0 is none"):
        messages_of([message])


@pytest.mark.parametrize(
    "name",
    "when created_at createdAt create_time createTime created_date timestamp timestamp_ms date date_unixtime".split(),
)
def test_a_time_is_found_under_many_names(name: str) -> None:
    [message] = messages_of([{"role": "user", "content": "Hi.", name: 1715092200000}])
    assert message.said_at == datetime(2024, 5, 7, 14, 30, tzinfo=UTC)


def test_an_empty_time_is_none_and_another_one_counts() -> None:
    stamps = {"timestamp": "", "created_at": None, "time": "2024-05-07"}
    [message] = messages_of([{"role": "user", "content": "Hi.", **stamps}])
    assert message.said_at == date(2024, 5, 7)
    [message] = messages_of([{"role": "user", "content": "Hi.", "created_at": " "}], when="2024-05-08")
    assert message.said_at == date(2024, 5, 8)


def test_a_time_that_cannot_be_read_is_told_of_unless_messages_are_forgiven() -> None:
    message = {"role": "user", "content": "Hi.", "date": "soon", "date_unixtime": "1715092200"}
    with pytest.raises(DocumentError, match="'soon' is no time"):
        messages_of([message])
    assert messages_of([message], forgiving=True)[0].said_at == datetime(2024, 5, 7, 14, 30, tzinfo=UTC)
    assert messages_of([{**message, "date_unixtime": {}}], forgiving=True)[0].said_at is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-05-07 10:00:00 UTC", datetime(2024, 5, 7, 10, tzinfo=UTC)),
        ("2024/05/07 10:00", datetime(2024, 5, 7, 10)),
        ("May 7, 2024 10:00 AM", datetime(2024, 5, 7, 10)),
        ("May 7, 2024 at 12:05:09\u202fam", datetime(2024, 5, 7, 0, 5, 9)),
        ("Tuesday, May 7, 2024 at 1:05:09 PM UTC", datetime(2024, 5, 7, 13, 5, 9, tzinfo=UTC)),
        ("Tue, 07 May 2024 10:00:00 GMT", datetime(2024, 5, 7, 10, tzinfo=UTC)),
        (
            "Tue May 07 2024 10:00:00 GMT+0200 (Central European Summer Time)",
            datetime(2024, 5, 7, 10, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("7 May 2024", date(2024, 5, 7)),
    ],
)
def test_a_date_in_english_is_a_moment_or_a_day(value: str, moment: date) -> None:
    found = moment_of(value)
    assert found == moment and isinstance(found, datetime) == isinstance(moment, datetime)


@pytest.mark.parametrize("value", ["1715092200", 1715092200, 1715092200.0, 1715092200000, "2024-05-07T14:30:00+00:00"])
def test_a_moment_is_told_in_seconds_in_milliseconds_or_as_iso_writes_it(value: object) -> None:
    assert moment_of(value) == datetime(2024, 5, 7, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *("soon", "", True, [], float("nan"), 1e300, "2024-13-01", "2024-02-30 10:00 UTC", "yesterday", "10:00"),
        *("May 2024", "May 7", "7. Mai 2024", "05/07/2024", "May 7, 2024 25:00", "May " * 999, {"a": [[]]}),
    ],
)
def test_what_is_no_time_is_told_of(value: object) -> None:
    with pytest.raises(DocumentError, match="is no time"):
        moment_of(value)


def test_a_damaged_time_is_told_of_in_one_short_line() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(DocumentError, match=r"^'list' is no time") as raised:
        moment_of(deep)
    assert len(str(raised.value)) < 120


def test_more_than_a_document_may_hold_is_refused() -> None:
    with pytest.raises(DocumentError, match="The conversation is too large"):
        messages_of([("Ana", "x" * 10_000_001)] * 2)
