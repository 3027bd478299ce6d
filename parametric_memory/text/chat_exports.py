"""Chats that programs export: ChatGPT's conversations, Slack's channels, WhatsApp's texts, messages in lists of JSON.

They are told by what is in them, not by their names. Takes the content of a file, gives its chats. Knows nothing about
files, and about what becomes of messages.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from parametric_memory.errors import DocumentError
from parametric_memory.files.json_objects import parsed, shown
from parametric_memory.text.chat_messages import messages_of, text_of
from parametric_memory.text.conversations import Message

NameOf = Callable[[str], str | None]

# Empty lists take some twenty times as much memory as their text.
_MOST_BRACKETS, _MOST_COMMAS = 2_000_000, 20_000_000
_LISTED = ("messages", "chat_messages", "conversations", "conversation", "turns")
_SPEAKERS, _SPOKEN = ("role", "sender", "from", "author", "speaker", "user"), ("content", "text", "value", "message")
_LOOKED_AT = 20  # messages, in which others are seen
_HEAD = re.compile(  # of a JSON file with a chat in it
    rb'"mapping"\s*:\s*\{|"role"\s*:\s*"(?:user|assistant|system|developer)"|"(?:chat_messages|messages)"\s*:\s*\[\s*\{|'
    rb'"type"\s*:\s*"message"|"conversations"\s*:\s*\[\s*\{\s*"from"'
)

_SPOKEN_SUBTYPES = ("bot_message", "thread_broadcast", "me_message", "file_share")
_SLACK_MARK = re.compile(r"<([@#!])?([^<>|]*)(?:\|([^<>]*))?>")

_DATE, _TIME = r"(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4})", r"(?P<time>\d{1,2}[:.]\d\d(?:[:.]\d\d)?)"
_HALF = r"(?:[\s\u202f\u00a0]?(?P<half>[AaPp])\.?[\s\u202f\u00a0]?[Mm]\.?)?"
_WHATSAPP = re.compile(
    rf"[\u200e\u200f]*(?:\[{_DATE},? {_TIME}{_HALF}\] |{_DATE.replace('<date', '<date2')}"
    rf"(?:, |(?<!\d{{4}}-\d\d-\d\d) ){_TIME.replace('<time', '<time2')}{_HALF.replace('<half', '<half2')} [-\u2013] )"
    rf"(?P<rest>.*)"
)
_SPEAKER = re.compile(r"(?P<who>[^:]{1,80}): (?P<text>.*)", re.DOTALL)
_PLACEHOLDER = re.compile(  # of what is no text
    r"\u200e.*|<[^<>]{1,60}>|(?:image|video|audio|sticker|GIF|document|contact card) omitted|.* \(file attached\)|"
    r"(?:this message was|you) deleted(?: this message)?\.?|null",
    re.IGNORECASE | re.DOTALL,
)
_EDITED = re.compile(r"\s*\u200e?<This message was edited>$")


@dataclass(frozen=True)
class Chat:
    """What some people said to each other, and what it is called, if it is."""

    messages: Sequence[Message]
    title: str | None = None


def may_hold_chat(head: bytes) -> bool:
    """Whether the beginning of a JSON file looks like that of a chat."""
    return _HEAD.search(head) is not None


def json_chats(
    data: bytes,
    speakers: Mapping[str, str] | None = None,
    name_of: NameOf = lambda _: None,
    place: str | None = None,
) -> list[Chat] | None:
    """The chats in a JSON document, or in JSON lines; None where it is something else.

    Args:
        speakers: see `messages_of`.
        name_of: the names of Slack's users, by their ids.
        place: what a chat without a title is called, where it is Slack's.

    Raises:
        DocumentError: it is no JSON, or the chat in it is damaged. The message goes on where the name of the file ends.
    """
    content = _loaded(data)
    found = list(_chats(content, name_of, place))
    if not found:
        return None
    try:
        chats = [Chat(messages_of(messages, None, speakers), title) for messages, title in found]
    except DocumentError as error:
        raise DocumentError(f"holds a damaged chat: {error.args[0].rstrip('.')}") from error
    if not any(chat.messages for chat in chats):
        raise DocumentError("holds a chat in which nobody says anything")
    return [chat for chat in chats if chat.messages]


def whatsapp_chat(text: str, speakers: Mapping[str, str] | None = None) -> Chat | None:
    """The chat in a text that WhatsApp exports; None where it is something else.

    Lines begin with a date and a name; the order of day and month is told by all of them.
    """
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if not _WHATSAPP.match(first):
        return None
    said: list[tuple[str, str, str, str, list[str]]] = []
    open_: list[str] = []  # the lines of the message that goes on, or of what nobody said
    for line in lines:
        begins = _WHATSAPP.match(line)
        if begins is None:
            open_.append(line)
            continue
        speaker = _SPEAKER.fullmatch(begins["rest"])
        open_ = [] if speaker is None else [speaker["text"]]
        if speaker is not None:
            written, clock = begins["date"] or begins["date2"], begins["time"] or begins["time2"]
            half = begins["half"] or begins["half2"] or ""
            said.append((written, clock, half, speaker["who"].strip("\u200e\u200f\u202a\u202c~ "), open_))
    if len(said) < 2:
        return None
    order = _day_order([written for written, *_ in said], any(half for _, _, half, *_ in said))
    messages = []
    for turn, (written, clock, half, who, parts) in enumerate(said):
        spoken = _EDITED.sub("", "\n".join(parts).strip())
        if who and spoken and not _PLACEHOLDER.fullmatch(spoken):
            said_at = _moment(written, clock, half, order)
            messages += [
                Message(turn, m.speaker, m.text, said_at) for m in messages_of([(who, spoken)], None, speakers)
            ]
    return Chat(messages) if messages else None


def _loaded(data: bytes) -> Any:
    """What is in a JSON document, or in a line each. Raises DocumentError."""
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


def _chats(content: Any, name_of: NameOf, place: str | None) -> Iterator[tuple[list[Any], str | None]]:
    """Lists of messages as `messages_of` takes them, each with its title."""
    if isinstance(content, Mapping):
        title = content.get("title") or content.get("name")
        title = title if isinstance(title, str) else None
        if "mapping" in content:
            yield _chatgpt(content), title
            return
        for name in _LISTED:
            if isinstance(inside := content.get(name), list) and _are_messages(inside):
                yield _spoken(inside, name_of), title or (place if _is_slack(inside) else None)
                return
    elif isinstance(content, list) and content:
        if _are_messages(content):
            yield _spoken(content, name_of), place if _is_slack(content) else None
        elif all(isinstance(part, Mapping) and _holds_messages(part) for part in content[:_LOOKED_AT]):
            for part in content:
                yield from _chats(part, name_of, place)


def _holds_messages(part: Mapping[str, Any]) -> bool:
    return "mapping" in part or any(isinstance(part.get(name), list) for name in _LISTED)


def _are_messages(parts: Sequence[Any]) -> bool:
    """Whether most of a list's first items have a speaker and a text."""
    looked_at = parts[:_LOOKED_AT]
    alike = [
        part
        for part in looked_at
        if isinstance(part, Mapping)
        and any(isinstance(part.get(name), str) for name in _SPEAKERS)
        and any(name in part for name in (*_SPOKEN, "tool_calls"))
    ]
    return bool(alike) and 2 * len(alike) > len(looked_at)


def _spoken(messages: Sequence[Any], name_of: NameOf) -> list[Any]:
    return _slack(messages, name_of) if _is_slack(messages) else list(messages)


def _chatgpt(conversation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The branch of a conversation that ends where it was left, from its beginning. Raises DocumentError."""
    nodes, current = conversation["mapping"], conversation.get("current_node")
    if not isinstance(nodes, Mapping):
        raise DocumentError("holds a damaged chat: its mapping is no object")
    if current not in nodes:
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
    """A message of ChatGPT in OpenAI's form; None for what a reader does not see."""
    if not isinstance(message, Mapping):
        return None
    author, content, about = (_object(message.get(name)) for name in ("author", "content", "metadata"))
    is_text = content.get("content_type") in ("text", "multimodal_text")
    if not is_text or about.get("is_visually_hidden_from_conversation") or message.get("recipient", "all") != "all":
        return None
    written = {"role": str(author.get("role", "")), "content": text_of(content)}
    return written if message.get("create_time") is None else {**written, "create_time": message["create_time"]}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_slack(messages: Sequence[Any]) -> bool:
    return any(isinstance(m, Mapping) and m.get("type") == "message" and "ts" in m for m in messages[:_LOOKED_AT])


def _slack(messages: Sequence[Any], name_of: NameOf) -> list[dict[str, Any]]:
    """Messages of a channel, oldest first, with names in the place of ids."""
    named: dict[str, str] = {}
    for message in messages:
        profile = _object(_object(message).get("user_profile"))
        name = profile.get("real_name") or profile.get("display_name") or profile.get("name")
        if isinstance(name, str) and isinstance(id := message.get("user"), str):
            named[id] = name

    def called(id: str) -> str:
        return named.get(id) or name_of(id) or id

    found = []
    for message in messages:
        about = _object(message)
        subtype, who, text = about.get("subtype"), about.get("user") or about.get("username"), about.get("text")
        if not isinstance(who, str) or not isinstance(text, str) or subtype not in (None, *_SPOKEN_SUBTYPES):
            continue
        found.append({"speaker": called(who), "text": _without_marks(text, called), "ts": about.get("ts")})
    return sorted(found, key=_seconds)


def _seconds(message: Mapping[str, Any]) -> float:
    try:
        return float(message["ts"])
    except (TypeError, ValueError) as error:
        raise DocumentError(f"holds a damaged chat: {shown(message['ts'])!r} is no time of Slack's") from error


def _without_marks(text: str, called: Callable[[str], str]) -> str:
    """A message of Slack's as people read it."""

    def read(found: re.Match[str]) -> str:
        kind, target, label = found.groups()
        if kind == "@":
            return called(target)
        return f"#{label or target}" if kind == "#" else label or target

    return html.unescape(_SLACK_MARK.sub(read, text))


def _day_order(written: Sequence[str], halves: bool) -> str:
    """In which order dates have year, month and day, as letters.

    A number above twelve is a day. Where there is none, a chat goes forward in time: so it is the order in which fewer
    dates go back; else the month comes first where a day has two halves.
    """
    numbers = [tuple(map(int, re.split(r"[./-]", date))) for date in written]
    if any(first > 31 for first, _, _ in numbers):
        return "ymd"
    if any(first > 12 for first, _, _ in numbers):
        return "dmy"
    if any(second > 12 for _, second, _ in numbers):
        return "mdy"
    steps = list(pairwise(numbers))
    backwards = {
        order: sum(_ordered(later, order) < _ordered(earlier, order) for earlier, later in steps)
        for order in (("mdy", "dmy") if halves else ("dmy", "mdy"))
    }
    return min(backwards, key=lambda order: backwards[order])


def _ordered(numbers: Sequence[int], order: str) -> tuple[int, ...]:
    return tuple(numbers[order.index(part)] for part in "ymd")


def _moment(written: str, clock: str, half: str, order: str) -> datetime:
    """Raises DocumentError for what is no moment."""
    year, month, day = _ordered([int(number) for number in re.split(r"[./-]", written)], order)
    hour, minute, second, *_ = [*map(int, re.split("[:.]", clock)), 0]
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    try:
        return datetime(year + (2000 if year < 100 else 0), month, day, hour, minute, second)
    except ValueError as error:
        raise DocumentError(f"holds a damaged chat: {written}, {clock} is no time") from error
