from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, HumanMessage, messages_to_dict

from parametric_memory.documents.chat_exports import Chat, json_chats, may_hold_chat, whatsapp_chat
from parametric_memory.documents.chat_messages import moment_of
from parametric_memory.documents.files import find_documents, read_documents
from parametric_memory.errors import DocumentError

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
SLACK: list[dict[str, Any]] = [
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


SAID = "My dog is Rex.", "A fine name!"
FORMS: dict[str, Any] = {
    "discord": {
        "guild": {"name": "Dogs"},
        "channel": {"name": "general"},
        "messages": [
            {
                "type": "Default",
                "timestamp": f"2024-05-07T10:00:0{n}+00:00",
                "content": text,
                "author": {"id": "1", "name": name.lower(), "nickname": name},
            }
            for n, (name, text) in enumerate(zip(("Ana", "Ben"), SAID, strict=True))
        ]
        + [{"type": "GuildMemberJoin", "content": "Joined the server.", "author": {"name": "Cem"}}],
    },
    "messenger": {
        "participants": [{"name": "Ana"}, {"name": "Ben"}],
        "messages": [
            {"sender_name": "Ben", "timestamp_ms": 1715092260000, "content": SAID[1]},
            {"sender_name": "Ben", "timestamp_ms": 1715092250000, "photos": [{"uri": "x.jpg"}]},
            {"sender_name": "Ana", "timestamp_ms": 1715092200000, "content": SAID[0]},
        ],
    },
    "google chat": {
        "messages": [
            {
                "creator": {"name": name, "user_type": "Human"},
                "created_date": "Tuesday, May 7, 2024 at 10:00:00\u202fAM UTC",
                "text": text,
            }
            for name, text in zip(("Ana", "Ben"), SAID, strict=True)
        ]
    },
    "telegram": {
        "personal_information": {"first_name": "Ana"},
        "contacts": {"list": [{"first_name": "Cem", "date": "2024-01-01T00:00:00"}]},
        "chats": {
            "about": "This page lists all chats.",
            "list": [
                {"name": "Empty", "type": "personal_chat", "messages": []},
                {
                    "name": "News",
                    "messages": [{"id": 0, "type": "service", "actor": "Ana", "action": "join", "text": ""}],
                },
                {
                    "name": "Ben",
                    "messages": [
                        {"id": 1, "type": "service", "date": "2024-05-07T09:00:00", "actor": "Ana", "text": ""},
                        {"id": 2, "type": "message", "date": "2024-05-07T10:00:00", "from": "Ana", "text": SAID[0]},
                        {"id": 3, "type": "message", "date": "2024-05-07T10:01:00", "from": "Ben", "text": [SAID[1]]},
                    ],
                },
            ],
        },
    },
    "ai sdk": {
        "id": "1",
        "createdAt": "2024-05-07T10:00:00Z",
        "messages": [
            {"id": "1", "role": "user", "parts": [{"type": "text", "text": SAID[0]}]},
            {"id": "2", "role": "assistant", "parts": [{"type": "step-start"}, {"type": "text", "text": SAID[1]}]},
        ],
    },
    "gemini": {
        "contents": [{"role": "user", "parts": [{"text": SAID[0]}]}, {"role": "model", "parts": [{"text": SAID[1]}]}]
    },
    "open webui": [
        {
            "id": "1",
            "title": "A dog",
            "created_at": 1715092200,
            "chat": {"title": "A dog", "models": ["x"], "history": {"messages": {}}, "messages": MESSAGES},
        }
    ],
    "langchain": messages_to_dict([HumanMessage(SAID[0]), AIMessage(SAID[1])]),
    "langchain's dump": dumpd([HumanMessage(SAID[0]), AIMessage(SAID[1])]),
    "librechat": {
        "conversationId": "1",
        "messages": [
            {"sender": "User", "text": SAID[0], "isCreatedByUser": True, "createdAt": "2024-05-07T10:00:00.000Z"},
            {"sender": "assistant", "text": SAID[1], "createdAt": "2024-05-07T10:00:01.000Z"},
        ],
    },
    "a file with chats": {"conversations": [{"messages": MESSAGES}]},
    "openai's responses": [
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "name": "x", "arguments": "{}"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": SAID[0]}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SAID[1]}]},
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_what_programs_export_is_read_and_found_in_folders(form: str, tmp_path: Path) -> None:
    [chat] = chats(FORMS[form])
    people = spoken(chat)[0][0] == "Ana"
    assert spoken(chat) == ([("Ana", SAID[0]), ("Ben", SAID[1])] if people else DOG)
    if people or form in ("ai sdk", "open webui", "librechat"):
        day = chat.messages[0].said_at
        assert day is not None and (day.year, day.month, day.day) == (2024, 5, 7)
    (tmp_path / "chat.json").write_text(json.dumps(FORMS[form]))
    assert find_documents([tmp_path]) == [tmp_path / "chat.json"]


def test_chats_of_different_forms_in_one_list_are_all_read() -> None:
    listed = [{"messages": MESSAGES}, FORMS["ai sdk"], {"messages": []}, FORMS["open webui"][0], CHATGPT]
    assert [spoken(chat) for chat in chats(listed)] == [DOG] * 4
    assert chats(FORMS["telegram"])[0].title == "Ben" and chats(FORMS["discord"])[0].title == "general"


def test_bytes_of_utf_8_that_were_written_as_letters_are_mended_where_they_are() -> None:
    def broken(text: str) -> str:
        return text.encode().decode("latin-1")

    content = {
        "title": broken("Zoë und José"),
        "messages": [
            {"sender_name": broken("Zoë"), "timestamp_ms": 1715092200000, "content": broken("A café ❤")},
            {"sender_name": "José", "timestamp_ms": 1715092260000, "content": "“So?”"},
        ],
    }
    [chat] = chats(content)
    assert chat.title == "Zoë und José" and spoken(chat) == [("Zoë", "A café ❤"), ("José", "“So?”")]
    [chat] = chats([{"role": "user", "content": broken("é")}])
    assert spoken(chat) == [("the user", broken("é"))]


def timed(*seconds: float | None) -> list[dict[str, Any]]:
    """Messages that are called by their times."""
    start = datetime(2024, 5, 7, tzinfo=UTC)
    return [
        {"from": "Ana", "text": str(s), **({} if s is None else {"date": str(start + timedelta(seconds=s))})}
        for s in seconds
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((30, 20, 10), (10, 20, 30)),
        ((30, None, 20, 10), (10, 20, None, 30)),
        ((10, 40, 20, 30), (10, 20, 30, 40)),
        ((40, None, 10, 20, 30), (10, 20, 30, 40, None)),
        ((10, 9.5), (10, 9.5)),  # an answer, by another clock than the question
        ((None, None), (None, None)),
    ],
)
def test_messages_are_put_in_the_order_of_their_times(
    given: tuple[float | None, ...], expected: tuple[float | None, ...]
) -> None:
    [chat] = chats(timed(*given))
    assert [text for _, text in spoken(chat)] == [str(part) for part in expected]
    assert [message.turn for message in chat.messages] == list(range(len(given)))


def test_a_message_whose_time_cannot_be_read_was_said_when_the_one_before_it_was() -> None:
    [chat] = chats(
        [*timed(1), {"from": "Ben", "text": "Ho.", "date": "soon"}, {"from": "Ben", "text": "Hm.", "ts": {}}]
    )
    first = chat.messages[0].said_at
    assert first is not None and [message.said_at for message in chat.messages] == [first] * 3
    [chat] = chats([*SLACK, {**SLACK[1], "ts": "soon"}])
    assert len(chat.messages) == 3


def test_the_time_of_a_chat_dates_messages_without_one() -> None:
    undated = json.loads(json.dumps(CHATGPT))
    undated["mapping"]["b"]["message"]["create_time"] = None
    [chat] = chats({**undated, "create_time": 1.6e9})
    assert [message.said_at for message in chat.messages] == [moment_of(1.6e9), moment_of(1.7e9)]
    messages = [{"sender": "human", "text": "Hi.", "created_at": ""}, {"sender": "assistant", "text": "Ho."}]
    [chat] = chats([{"uuid": "1", "name": "", "created_at": "2024-05-07", "chat_messages": messages}])
    assert [message.said_at for message in chat.messages] == [date(2024, 5, 7)] * 2
    [chat] = chats({"created_at": "2025-01-01", "conversations": [{"messages": MESSAGES}]})  # of the file
    assert chat.messages[0].said_at is None


def test_a_deleted_account_is_someone() -> None:
    messages = [
        {"type": "message", "date": "2024-05-07T10:00:00", "from": None, "from_id": "user1", "text": "My dog is Rex."},
        {"type": "message", "date": "2024-05-07T10:01:00", "from": "Ben", "text": "A fine name!"},
    ]
    assert spoken(chats({"messages": messages})[0]) == [("someone", SAID[0]), ("Ben", SAID[1])]
    assert spoken(chats({"messages": messages}, speakers={"someone": "Ana"})[0])[0] == ("Ana", SAID[0])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Bergen is wet \ue200cite\ue202turn0search0\ue202turn1news2\ue201.", "Bergen is wet."),
        ("Bergen is wet.\ue200cite\ue202turn0search0\ue201 So is Oslo.", "Bergen is wet. So is Oslo."),
        ("Bergen.\n\ue200navlist\ue202News\ue202turn0news1\ue201", "Bergen."),
        ('In \ue200entity\ue202["city","Bergen","in \\"Norway\\""]\ue201 it rains.', "In Bergen it rains."),
        ("In \ue200entity\ue202[[[\ue201 it rains.", "In  it rains."),
        ("See \ue200url\ue202the page\ue202turn0search1\ue201.", "See the page."),
        ("\ue203It rains.\ue204\ue200cite\ue202turn0search0\ue201", "It rains."),
        ("It rains【4†source】 a lot【12:3†notes.pdf】.", "It rains a lot."),
        ("【Bergen】 stays, \u2020 too.", "【Bergen】 stays, \u2020 too."),
    ],
)
def test_what_chatgpt_cites_is_left_out(written: str, read: str) -> None:
    [chat] = chats({"mapping": {"a": node("assistant", written, None)}})
    assert spoken(chat) == [("the assistant", read)]


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
    [chat] = chats(SLACK, names={"U2": "Ben"}, channel="#help")
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


def test_news_of_a_whatsapp_group_and_names_of_files_are_not_said() -> None:
    lines = (
        'Ana changed the group name from "a: b" to "c: d"',
        "Ana: \u200eIMG-1.jpg (file attached)\nmy new house",
        "Ben: IMG-2.jpg (file attached)",
        "Ben: It is on the form (file attached) there",
    )
    chat = whatsapp_chat("".join(f"07/05/2024, 18:0{minute} - {line}\n" for minute, line in enumerate(lines)))
    assert spoken(chat) == [("Ana", "my new house"), ("Ben", "It is on the form (file attached) there")]


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
    "content",
    [
        *({"name": "x", "version": "1"}, [1, 2], [], "text", [{"name": "x", "value": 1}] * 3),
        [{"filePath": "a.js", "messages": [{"ruleId": "x", "message": "no"}]}] * 2,
        [{"user": "ana", "time": "10:00", "event": "login"}] * 3,
        [{"author": {"name": "Ana"}, "version": "1"}] * 3,
        {"name": "x", "chat": {"list": [{"chat": {}}]}, "chats": [{}]},
        {"messages": [{"type": "service", "name": "db"}]},
    ],
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
        (json.dumps([*MESSAGES, {"content": "x"}]), "holds a damaged chat: Message 2 lacks who says it"),
        (json.dumps([*MESSAGES, 7]), "holds a damaged chat: Message 2 is none"),
        (json.dumps([{"messages": MESSAGES}, {"messages": [{"x": "Hi."}]}]), "messages of chat 2 have no speakers"),
        (json.dumps({"mapping": []}), "its mapping is no object"),
        (json.dumps({"mapping": {"a": 1}}), "a message in its mapping is no object"),
        (json.dumps({"mapping": {}}), "nobody says anything"),
        (json.dumps({"mapping": {}, "current_node": []}), "nobody says anything"),
        (json.dumps([MESSAGES[1] | {"content": ""}]), "nobody says anything"),
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
    assert "Nan: " in document.text


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


_KEYS = (
    "messages chat list chats mapping conversations role type from author sender_name creator name content text parts "
    "data kwargs message date timestamp_ms createdAt ts id lc current_node parent title user channel create_time"
).split()
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["user", "message", "tool", "Hi.", "2024-05-07", "May 7, 2024", "a", "\ud800", "function_call"]),
)
_JSON = st.recursive(
    _LEAVES,
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(_KEYS), inside, max_size=5)),
    max_leaves=20,
)


def told(data: str) -> str:
    """What is found in a file, or why it is refused."""
    try:
        found = json_chats(data.encode())
    except DocumentError as error:
        return str(error)
    return "nothing" if found is None else f"{len(found)} chats"


@settings(max_examples=200, deadline=timedelta(seconds=10))
@given(_JSON, st.sampled_from(["x", "messages", "chat", "mapping"]))
def test_any_json_gives_chats_or_none_or_a_clear_refusal(content: Any, name: str) -> None:
    for whole in (content, {name: content}, [{name: [content, *MESSAGES, content]}], [*MESSAGES, content]):
        assert "\n" not in told(json.dumps(whole))


@pytest.mark.parametrize(
    "name", ["chat", "chats", "list", "data", "message", "content", "parts", "text", "date", "from"]
)
@pytest.mark.parametrize("is_list", [True, False])
def test_json_may_nest_deeply(name: str, is_list: bool) -> None:
    opening, closing = ("[{", "}]") if is_list else ("{", "}")
    for depth in (50, 400, 900, 50_000):
        nested = f'{opening}"{name}":' * depth + "1" + closing * depth
        for data in (nested, f'[{{"role": "user", "content": "Hi.", "{name}": {nested}}}]'):
            assert "\n" not in told(data)


@pytest.mark.parametrize(
    "part",
    [
        {"from": "Ana", "date": "May 7, 2024 10:00 AM"},
        {"from": "Ana", "text": "\ue200" * 50 + "\ue200" + "a" * 300},
        {"role": "user", "data": {"text": [{"type": "bold", "text": "x"}] * 9}},
        {"messages": MESSAGES},
        {"chat": {"chats": {"list": [{"messages": MESSAGES}]}}},
    ],
)
def test_files_of_many_parts_take_time_in_proportion(part: dict[str, Any]) -> None:
    def seconds(size: int) -> float:
        data = json.dumps([MESSAGES[0], *[part] * size] if "messages" not in part else [part] * size).encode()
        tries = []
        for _ in range(2):
            started = time.process_time()
            json_chats(data)
            tries.append(time.process_time() - started)
        return min(tries)

    assert seconds(4_000) < 9 * max(seconds(1_000), 0.01)


@pytest.mark.parametrize("mark", ["\ue200", "\ue200a", "\u30101\u2020", "\u30101", " \ue200cite\ue202", "\ue201"])
def test_broken_citations_take_time_in_proportion(mark: str) -> None:
    def seconds(size: int) -> float:
        data = json.dumps({"mapping": {"a": node("user", f"x{mark * size}{'a' * size}", None)}}).encode()
        tries = []
        for _ in range(2):
            started = time.process_time()
            json_chats(data)
            tries.append(time.process_time() - started)
        return min(tries)

    assert seconds(20_000) < 9 * max(seconds(5_000), 0.01)
