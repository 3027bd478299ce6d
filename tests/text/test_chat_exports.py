from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.text.chat_exports import Chat, json_chats, may_hold_chat, whatsapp_chat
from parametric_memory.text.documents import find_documents, read_documents

MESSAGES = [{"role": "user", "content": "My dog is Rex."}, {"role": "assistant", "content": "A fine name!"}]
PHONE = """\
[07/05/2024, 18:03:22] Ana Duarte: \u200eMessages and calls are end-to-end encrypted.
[07/05/2024, 18:03:23] Ana created this group
[07/05/2024, 18:04:00] Ana Duarte: I start tomorrow!
At the museum: the old one.
[07/05/2024, 18:05:10] ~\u202fBen: \u200eimage omitted
[07/05/2024, 18:06:00] Ben: Great! \u200e<This message was edited>
"""


def node(role: str, text: str, parent: str | None, **more: Any) -> dict[str, Any]:
    message = {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, "create_time": 1.7e9}
    return {"message": {**message, **more}, "parent": parent, "children": []}


CHATGPT = {
    "title": "A dog",
    "current_node": "d",
    "mapping": {
        "root": {"message": None, "parent": None},
        "a": node("system", "Be kind.", "root"),
        "b": node("user", "My dog is Rex.", "a"),
        "c": node("assistant", "A cat?", "b"),
        "hidden": node("user", "Profile.", "b", metadata={"is_visually_hidden_from_conversation": True}),
        "call": node("assistant", "search()", "hidden", recipient="browser"),
        "d": node("assistant", "A fine name!", "call"),
    },
}
SLACK = [
    {
        "type": "message",
        "user": "U2",
        "ts": "1715092300.1",
        "text": "Ask <@U1> in <#C1|help> &amp; <https://x.org|there>",
    },
    {"type": "message", "user": "U1", "ts": "1715092200.1", "text": "Hi.", "user_profile": {"real_name": "Ana"}},
    {"type": "message", "subtype": "channel_join", "user": "U3", "ts": "1715092400.1", "text": "joined"},
]


def chats(content: Any, **options: Any) -> list[Chat]:
    found = json_chats(json.dumps(content).encode(), **options)
    assert found is not None
    return found


def spoken(chat: Chat | None) -> list[tuple[str, str]]:
    assert chat is not None
    return [(message.speaker, message.text) for message in chat.messages]


DOG = [("the user", "My dog is Rex."), ("the assistant", "A fine name!")]


@pytest.mark.parametrize(
    "content",
    [
        MESSAGES,
        {"messages": MESSAGES},
        [{"messages": MESSAGES}],
        [{"conversations": [{"from": "human", "value": "My dog is Rex."}, {"from": "gpt", "value": "A fine name!"}]}],
        [
            {
                "chat_messages": [
                    {"sender": m["role"], "text": m["content"], "created_at": "2024-05-07"} for m in MESSAGES
                ]
            }
        ],
        [CHATGPT],
        CHATGPT,
    ],
)
def test_common_lists_of_messages_are_read(content: Any) -> None:
    [chat] = chats(content)
    assert spoken(chat) == DOG


def test_lines_of_json_are_messages_or_chats() -> None:
    lines = "\n".join(map(json.dumps, MESSAGES))
    assert [spoken(chat) for chat in json_chats(lines.encode()) or ()] == [DOG]
    lines = "\n".join(json.dumps({"messages": MESSAGES}) for _ in range(3))
    assert [spoken(chat) for chat in json_chats(lines.encode()) or ()] == [DOG] * 3


def test_chatgpts_branch_that_was_left_last_is_read_with_title_and_times() -> None:
    [chat] = chats([CHATGPT])
    assert chat.title == "A dog"
    first = chat.messages[0].said_at
    assert isinstance(first, datetime) and first.timestamp() == 1.7e9


def test_slack_is_read_in_order_with_names_and_without_marks() -> None:
    [chat] = chats(SLACK, name_of={"U2": "Ben"}.get, place="#help")
    assert chat.title == "#help"
    assert spoken(chat) == [("Ana", "Hi."), ("Ben", "Ask Ana in #help & there")]


def test_a_channels_folder_takes_names_from_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text(json.dumps([{"id": "U2", "profile": {"real_name": "Ben Roth"}}, 7]))
    (tmp_path / "general").mkdir()
    for day in (7, 8):
        (tmp_path / "general" / f"2024-05-0{day}.json").write_text(json.dumps(SLACK))
    found = find_documents([tmp_path])
    assert [path.name for path in found] == ["2024-05-07.json", "2024-05-08.json"]
    [document] = read_documents(found[0])
    assert "Ben Roth" in document.title and document.title.endswith(": #general")


def test_whatsapps_text_is_read_without_what_nobody_said() -> None:
    chat = whatsapp_chat(PHONE)
    assert spoken(chat) == [("Ana Duarte", "I start tomorrow!\nAt the museum: the old one."), ("Ben", "Great!")]
    assert chat is not None and chat.messages[0].said_at == datetime(2024, 5, 7, 18, 4)


@pytest.mark.parametrize(
    ("first", "second", "moment"),
    [
        ("5/7/24, 2:03\u202fPM - ", "5/13/24, 9:00\u202fAM - ", datetime(2024, 5, 7, 14, 3)),
        ("07.05.24, 14:03 - ", "13.05.24, 09:00 - ", datetime(2024, 5, 7, 14, 3)),
        ("07/05/2024 14:03 - ", "13/05/2024 09:00 - ", datetime(2024, 5, 7, 14, 3)),
        ("[2024-05-07, 14:03:00] ", "[2024-05-13, 09:00:00] ", datetime(2024, 5, 7, 14, 3)),
        ("3/4/24, 12:03 AM - ", "4/1/24, 9:00 AM - ", datetime(2024, 3, 4, 0, 3)),
        ("03/04/24, 00:03 - ", "01/05/24, 09:00 - ", datetime(2024, 4, 3, 0, 3)),
    ],
)
def test_the_order_of_day_and_month_is_told_by_all_dates(first: str, second: str, moment: datetime) -> None:
    chat = whatsapp_chat(f"{first}Ana: Hi.\n{second}Ben: Ho.\n")
    assert chat is not None and chat.messages[0].said_at == moment


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ben,\n\nI write to you: it rains.",
        "2024-05-07 14:03:22 - worker: started\n2024-05-07 14:03:23 - worker: stopped",
        "[07/05/2024, 18:03:22] Ana: Only one.",
        "",
    ],
)
def test_another_text_is_no_chat(text: str) -> None:
    assert whatsapp_chat(text) is None


@pytest.mark.parametrize(
    "content", [{"name": "x", "version": "1"}, [1, 2], [], "text", [{"name": "x", "value": 1}] * 3]
)
def test_other_json_is_no_chat(content: Any) -> None:
    assert json_chats(json.dumps(content).encode()) is None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (json.dumps(MESSAGES)[:-9], "is no JSON"),
        (json.dumps(MESSAGES[0]) + "\n{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[" + "[]," * 2_000_001 + "[]]", "holds more lists and objects"),
        (json.dumps([*MESSAGES, {"role": "user"}]), "holds a damaged chat: Message 2 lacks who says it"),
        (json.dumps([*MESSAGES, {"role": "user", "content": "x", "time": "soon"}]), "'soon' is no time"),
        (json.dumps({"mapping": []}), "its mapping is no object"),
        (json.dumps({"mapping": {"a": 1}}), "a message in its mapping is no object"),
        (json.dumps({"mapping": {}}), "nobody says anything"),
        (json.dumps([{**SLACK[0], "ts": "soon"}]), "'soon' is no time of Slack's"),
    ],
)
def test_what_is_damaged_is_told_of_in_one_line(data: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem) as raised:
        read_documents(data.encode(), "chat.json")
    assert str(raised.value).startswith("chat.json ") and "\n" not in str(raised.value)


def test_a_branch_that_goes_round_ends() -> None:
    mapping = {"a": node("user", "My dog is Rex.", "b"), "b": node("assistant", "Hm, hm.", "a")}
    [chat] = chats({"mapping": mapping, "current_node": "a"})
    assert len(chat.messages) == 2


def test_a_damaged_date_of_whatsapps_is_told_of() -> None:
    with pytest.raises(DocumentError, match=r"chat\.txt holds a damaged chat: 99/99/2024, 18:03 is no time"):
        read_documents(b"[99/99/2024, 18:03] Ana: Hi.\n[99/99/2024, 18:04] Ana: Ho.\n", "chat.txt")


def test_a_chat_without_a_name_of_a_file_is_told_by_its_content() -> None:
    [document] = read_documents(json.dumps(MESSAGES).encode())
    assert document.turns and document.title == "Conversation of the user and the assistant"
    [text] = read_documents(b"[1] A footnote, not a list.")
    assert not text.turns


def test_in_a_folder_json_files_with_something_else_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x", "scripts": {"test": "y"}}')
    (tmp_path / "chat.json").write_text(json.dumps(MESSAGES))
    assert find_documents([tmp_path]) == [tmp_path / "chat.json"]
    assert may_hold_chat(json.dumps([CHATGPT]).encode()) and may_hold_chat(json.dumps(SLACK).encode())


def test_json_that_is_no_chat_is_a_text_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    [document] = read_documents(tmp_path / "package.json")
    assert document.text == '{"name": "x"}' and not document.turns


def test_speakers_are_named_in_all_of_them() -> None:
    [document] = read_documents(json.dumps(MESSAGES).encode(), "m.json", {"user": "Ana"})
    assert document.title == "Conversation of Ana and the assistant"
    [document] = read_documents(PHONE.encode(), "p.txt", {"Ana Duarte": "Nan"})
    assert "Nan said" in document.text


@pytest.mark.parametrize(
    "line", ["[07/05/2024, 18:03:22] a: b\n", "\u200e[0", "x" * 300 + "\n", "1/1/11, 1:11 - a: b\n"]
)
def test_long_and_hostile_texts_take_time_in_proportion(line: str) -> None:
    def seconds(size: int) -> float:
        tries = []
        for _ in range(3):
            started = time.process_time()
            whatsapp_chat("1/1/11, 1:11 - a: b\n" + line * size)
            tries.append(time.process_time() - started)
        return min(tries)

    assert seconds(8_000) < 9 * max(seconds(2_000), 0.01)
