"""Parses exported chats: of ChatGPT, Slack, WhatsApp, and of any program that writes lists of messages as JSON.

A chat is recognized by its fields, which `chat_fields.toml` names, not by the name of its file. `_converted` rewrites
the messages of programs that need more than names. Knows nothing about files, nor what messages are used for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise
from operator import itemgetter
from typing import Any

from parametric_memory.documents.chat_messages import FIELDS, has_text, is_message, messages_of, text_of, time_in
from parametric_memory.documents.conversations import Message
from parametric_memory.documents.dates import as_datetime, hour_of
from parametric_memory.errors import DocumentError
from parametric_memory.files import parsed, shown

# Empty lists take some twenty times as much memory as their text.
_MOST_BRACKETS, _MOST_COMMAS = 2_000_000, 20_000_000
_DEEPEST = 5  # nested envelopes
_LOOKED_AT = 20  # first messages, by which a program is recognized
_TOGETHER = timedelta(seconds=1)  # clocks of different people may differ by this
_HEAD = re.compile(  # of a JSON file with a chat in it
    rb'"mapping"\s*:\s*\{|"role"\s*:\s*"(?:user|assistant|system|developer|model)"|'
    rb'"(?:chat_messages|messages)"\s*:\s*\[\s*\{|"type"\s*:\s*"(?:message|human|ai)"|"sender_name"\s*:|'
    rb'"conversations"\s*:\s*\[\s*\{\s*"from"|"personal_information"\s*:\s*\{|"langchain"'
)

_SPOKEN_SUBTYPES = ("bot_message", "thread_broadcast", "me_message", "file_share")
_SLACK_MARK = re.compile(r"<([@#!])?([^<>|]*)(?:\|([^<>]*))?>")

_SPACE = r"[\s\u202f\u00a0]?"
_WHATSAPP = re.compile(  # "[07/05/2024, 18:03:22] " or "5/7/24, 2:03 PM - "; logs have the latter without a comma
    r"[\u200e\u200f]*(?P<bracket>\[)?(?(bracket)|(?!\d{4}-\d\d-\d\d ))(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),? "
    rf"(?P<time>\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?)(?:{_SPACE}(?P<half>[AaPp])\.?{_SPACE}[Mm]\.?)?"
    r"(?(bracket)\]| [-\u2013]) (?P<rest>.*)"
)
_SPEAKER = re.compile(r"(?P<who>[^:\"\u201c\u201d]{1,80}): (?P<text>.*)", re.DOTALL)  # a quoted name is that of a group
_ATTACHED = re.compile(r"\A[^\n]* \(file attached\)(?:\n|$)")
_PLACEHOLDER = re.compile(  # for media and deleted messages
    r"\u200e.*|<[^<>]{1,60}>|(?:image|video|audio|sticker|GIF|document|contact card) omitted|"
    r"(?:this message was|you) deleted(?: this message)?\.?|null",
    re.IGNORECASE | re.DOTALL,
)
_EDITED = re.compile(r"\s*\u200e?<This message was edited>$")

# ChatGPT's marks for links and pictures, in characters of private use, and its citations.
_MARK = re.compile(r"(?P<before> ?)\ue200(?P<kind>[a-z_]*+)\ue202?(?P<what>[^\ue200\ue201]*+)\ue201")
_CITED = re.compile(r" ?\u3010\d++(?::\d++)?\u2020[^\u3010\u3011]*+\u3011")
_PRIVATE = dict.fromkeys(range(0xE200, 0xE210))


@dataclass(frozen=True)
class Chat:
    """A chat in a file."""

    messages: Sequence[Any] = ()  # as the file holds them; at last each a `Message`
    title: str | None = None
    when: date | None = None  # its start; the time of messages without one
    in_order: bool = False  # whether messages are in order whatever their times are


def may_hold_chat(head: bytes) -> bool:
    """Whether the beginning of a JSON file looks like that of a chat."""
    return _HEAD.search(head) is not None


def json_chats(
    data: bytes,
    speakers: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    channel: str | None = None,
    when: date | None = None,
) -> list[Chat] | None:
    """The chats in a JSON document or in JSON lines; None for other content.

    Args:
        speakers: see `messages_of`.
        names: of Slack's users, by id.
        channel: the title of a Slack chat without one.
        when: the time of messages without one, in chats without one.

    Raises DocumentError: it is no JSON, or the chat in it is damaged. The message follows the name of the file.
    """
    found = list(_chats(_loaded(data), Chat()))
    if not found:
        return None
    try:
        chats = [_said(_converted(chat, names or {}, channel), speakers, when) for chat in found]
    except DocumentError as error:
        raise DocumentError(f"holds a damaged chat: {error.args[0].rstrip('.')}") from error
    if not any(chat.messages for chat in chats):
        raise DocumentError("holds a chat in which nobody says anything")
    return [chat for chat in chats if chat.messages]


def whatsapp_chat(text: str, speakers: Mapping[str, str] | None = None) -> Chat | None:
    """The chat in a text that WhatsApp exported; None for other texts.

    Lines begin with a date and a name. The order of day and month is derived from all dates.
    """
    lines = text.split("\n")
    if not _WHATSAPP.match(next((line for line in lines if line.strip()), "")):
        return None
    said: list[tuple[re.Match[str], str, list[str]]] = []
    current: list[str] = []  # the lines of a message, or of a group's notice
    for line in lines:
        if (begins := _WHATSAPP.match(line)) is None:
            current.append(line)
        elif (speaker := _SPEAKER.fullmatch(begins["rest"])) is None:
            current = []
        else:
            current = [speaker["text"]]
            said.append((begins, speaker["who"].strip("\u200e\u200f\u202a\u202c~ "), current))
    if len(said) < 2:
        return None
    days = _days([begins["date"] for begins, *_ in said], any(begins["half"] for begins, *_ in said))
    given: list[dict[str, Any]] = []
    for (begins, who, parts), day in zip(said, days, strict=True):
        spoken = _ATTACHED.sub("", _EDITED.sub("", "\n".join(parts).strip())).strip()
        is_said = who and spoken and not _PLACEHOLDER.fullmatch(spoken)
        given.append(
            {"role": who, "content": spoken, "when": _moment(begins, *day)} if is_said else {"type": "service"}
        )
    messages = messages_of(given, None, speakers)
    return Chat(messages) if messages else None


def _loaded(data: bytes) -> Any:
    """Parses a JSON document, or JSON lines. Raises DocumentError."""
    if data.count(b"[") + data.count(b"{") > _MOST_BRACKETS or data.count(b",") > _MOST_COMMAS:
        raise DocumentError("holds more lists and objects than a chat does: split it into parts")
    try:
        return parsed(data)
    except ValueError as error:
        lines = [line for line in data.splitlines() if line.strip()]
        try:
            if len(lines) > 1:
                return [parsed(line) for line in lines]
        except ValueError as error_of_line:
            error = error_of_line if lines[0].strip().endswith(b"}") else error
        raise DocumentError(f"is no JSON ({shown(error)}): it seems damaged, export it again") from error


def _said(chat: Chat, speakers: Mapping[str, str] | None, when: date | None) -> Chat:
    """A chat with its messages in order. One without a time gets that of the message before it, or of the chat."""
    messages = messages_of(chat.messages, None, speakers, forgiving=True)
    last, dated = chat.when or when, []
    for message in messages if chat.in_order else _in_order(messages):
        last = message.said_at or last
        dated.append(replace(message, said_at=last))
    return replace(chat, messages=dated)


def _in_order(messages: list[Message]) -> list[Message]:
    """Messages, oldest first: reversed if most times run backwards, and sorted if some do.

    Messages without a time stay beside their neighbours.
    """
    times = [at for message in messages if (at := _utc(message)) is not None]
    steps = [later - earlier for earlier, later in pairwise(times)]
    ordered = list(messages)
    runs_back = sum(step < timedelta() for step in steps) > sum(step > timedelta() for step in steps)
    if runs_back and times[0] - times[-1] > _TOGETHER:
        ordered.reverse()
        steps = [-step for step in reversed(steps)]
    if any(step < -_TOGETHER for step in steps):
        last, keyed = datetime.min.replace(tzinfo=UTC), []
        for message in ordered:
            last = _utc(message) or last
            keyed.append((last, message))
        ordered = [message for _, message in sorted(keyed, key=itemgetter(0))]
    return [replace(message, turn=given.turn) for message, given in zip(ordered, messages, strict=True)]


def _utc(message: Message) -> datetime | None:
    """The time of a message with a time zone, to compare; of a day its beginning."""
    if message.said_at is None:
        return None
    at = as_datetime(message.said_at)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _chats(content: Any, outer: Chat, depth: int = 0) -> Iterator[Chat]:
    """Lists of messages for `messages_of`. outer: with title and time of their envelope. Raises DocumentError."""
    if isinstance(content, Mapping):
        called = (content.get("title"), content.get("name"), _object(content.get("channel")).get("name"))
        title = next((name for name in called if isinstance(name, str) and name.strip()), None)
        about = replace(outer, title=title or outer.title, when=time_in(content, FIELDS.begun) or outer.when)
        if "mapping" in content:
            yield replace(about, messages=_chatgpt(content), in_order=True)
            return
        parts = (content.get(name) for name in [*FIELDS.lists, *FIELDS.envelopes_of_lists])
        inside = [part for part in parts if isinstance(part, Mapping | list)]
        messages = next((part for part in inside if isinstance(part, list) and _are_messages(part)), None)
        if messages is not None:
            yield replace(about, messages=messages)
        elif depth < _DEEPEST:
            for part in inside:
                yield from _chats(part, about, depth + 1)
    elif isinstance(content, list) and content:
        if _are_messages(content):
            yield replace(outer, messages=content)
        elif all("mapping" in _object(part) or _lists_in(part) for part in content[:_LOOKED_AT]):
            yield from _of_list(content, replace(outer, title=None, when=None), depth + 1)


def _of_list(parts: Sequence[Any], outer: Chat, depth: int) -> Iterator[Chat]:
    """The chats of a list. Raises DocumentError if one of them cannot be read."""
    found = [[*_chats(part, outer, depth)] for part in parts]
    has_chats = any(found)
    for number, (part, chats) in enumerate(zip(parts, found, strict=True), start=1):
        if has_chats and not chats and not all(map(is_message, chain.from_iterable(_lists_in(part)))):
            raise DocumentError(
                f"holds a damaged chat: the messages of chat {number} have no speakers. Give each a role and a "
                "content, or remove the chat"
            )
        yield from chats


def _lists_in(part: Any) -> list[list[Any]]:
    """Lists that may hold messages, in an object that may be a chat."""
    holders = (_object(part), _object(_object(part).get("chat")))
    return [holder[name] for holder in holders for name in FIELDS.lists if isinstance(holder.get(name), list)]


def _are_messages(parts: Sequence[Any]) -> bool:
    """Whether most of a list's first items look like messages, and any item has a speaker and a text."""
    looked_at = parts[:_LOOKED_AT]
    return 2 * sum(map(is_message, looked_at)) > len(looked_at) and any(map(has_text, parts))


def _converted(chat: Chat, names: Mapping[str, str], channel: str | None) -> Chat:
    """A chat of Slack, Messenger or Instagram with messages in the usual form; others as they are."""
    first = [_object(message) for message in chat.messages[:_LOOKED_AT]]
    if any(message.get("type") == "message" and "ts" in message for message in first):
        return replace(chat, messages=_slack(chat.messages, names), title=chat.title or channel)
    if any("sender_name" in _object(message) for message in chat.messages):
        repaired = [
            {name: _as_utf8(value) for name, value in message.items()} if "sender_name" in _object(message) else message
            for message in chat.messages
        ]
        return replace(chat, messages=repaired, title=_as_utf8(chat.title))
    return chat


def _as_utf8(value: Any) -> Any:
    """Repairs a text of Messenger or Instagram, which export the bytes of UTF-8 as Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8") if isinstance(value, str) else value
    except UnicodeError:  # it needs no repair
        return value


def _chatgpt(conversation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The last used branch of a conversation. Raises DocumentError."""
    nodes, current = conversation["mapping"], conversation.get("current_node")
    if not isinstance(nodes, Mapping):
        raise DocumentError("holds a damaged chat: its mapping is no object")
    if not isinstance(current, str) or current not in nodes:
        current = next(reversed(nodes), None)
    branch: list[dict[str, Any]] = []
    seen: set[str] = set()
    while isinstance(current, str) and current in nodes and current not in seen:
        seen.add(current)
        node = nodes[current]
        if not isinstance(node, Mapping):
            raise DocumentError("holds a damaged chat: a message in its mapping is no object")
        if (message := _of_node(node.get("message"))) is not None:
            branch.append(message)
        current = node.get("parent")
    return branch[::-1]


def _of_node(message: Any) -> dict[str, Any] | None:
    """A message of ChatGPT in OpenAI's form; None for one that is not displayed."""
    if not isinstance(message, Mapping):
        return None
    author, content, about = (_object(message.get(name)) for name in ("author", "content", "metadata"))
    is_text = content.get("content_type") in ("text", "multimodal_text")
    if not is_text or about.get("is_visually_hidden_from_conversation") or message.get("recipient", "all") != "all":
        return None
    role = author.get("role")
    # As it is displayed: with names of entities, without citations.
    text = _CITED.sub("", _MARK.sub(_shown_of_mark, text_of(content))).translate(_PRIVATE)
    created = message.get("create_time")
    return {"role": role if isinstance(role, str) else "", "content": text, "create_time": created}


def _shown_of_mark(mark: re.Match[str]) -> str:
    text, before = mark["what"], mark["before"]
    if mark["kind"] == "url":  # text and address
        return before + text.partition("\ue202")[0]
    if mark["kind"] != "entity":
        return ""
    with suppress(ValueError):
        match parsed(text):  # kind, name and description
            case [_, str(name), *_]:
                return before + name
    return before


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _slack(messages: Sequence[Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Messages of a channel, with names instead of ids."""
    objects = [*map(_object, messages)]
    users = [(of["user"], _object(of.get("user_profile"))) for of in objects if isinstance(of.get("user"), str)]
    own = slack_names([{"id": id, "profile": profile, "name": profile.get("name")} for id, profile in users])
    names = {**names, **own}
    found = []
    for about in objects:
        subtype, who, text = about.get("subtype"), about.get("user") or about.get("username"), about.get("text")
        if isinstance(who, str) and isinstance(text, str) and subtype in (None, *_SPOKEN_SUBTYPES):
            found.append({"speaker": names.get(who, who), "text": _without_marks(text, names), "ts": about.get("ts")})
    return found


def slack_names(users: Any) -> dict[str, str]:
    """Names of Slack's users by id, from the content of a `users.json`."""
    names = {}
    for user in map(_object, users if isinstance(users, list) else ()):
        profile = _object(user.get("profile"))
        named = (user.get("real_name"), profile.get("real_name"), profile.get("display_name"), user.get("name"))
        if (name := next((name for name in named if isinstance(name, str) and name), None)) is not None:
            names[str(user.get("id"))] = name
    return names


def _without_marks(text: str, names: Mapping[str, str]) -> str:
    """A message of Slack as it is displayed."""

    def read(found: re.Match[str]) -> str:
        kind, target, label = found.groups()
        if kind == "@":
            return names.get(target, target)
        return f"#{label or target}" if kind == "#" else label or target

    return html.unescape(_SLACK_MARK.sub(read, text))


def _days(written: Sequence[str], halves: bool) -> Sequence[tuple[int, ...]]:
    """Year, month and day of dates, which all have one order.

    A number above twelve is no month. Without one, it is the order in which fewer dates run backwards; if both have as
    many, the month comes first for clocks with AM and PM.
    """
    numbers = [tuple(map(int, re.split(r"[./-]", date))) for date in written]
    if any(first > 31 for first, _, _ in numbers):
        return numbers

    def misfits(days: Sequence[tuple[int, ...]]) -> tuple[bool, int]:
        return any(month > 12 for _, month, _ in days), sum(later < earlier for earlier, later in pairwise(days))

    month_first, day_first = [(y, m, d) for m, d, y in numbers], [(y, m, d) for d, m, y in numbers]
    return min((month_first, day_first) if halves else (day_first, month_first), key=misfits)


def _moment(begins: re.Match[str], year: int, month: int, day: int) -> datetime:
    """Raises DocumentError for an impossible date."""
    hour, minute, *seconds = map(int, re.split("[:.]", begins["time"]))
    try:
        year, hour = year + (2000 if year < 100 else 0), hour_of(hour, begins["half"])
        return datetime(year, month, day, hour, minute, seconds[0] if seconds else 0)
    except ValueError as error:
        raise DocumentError(f"holds a damaged chat: {begins['date']}, {begins['time']} is no time") from error
