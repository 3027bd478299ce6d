"""Chats that programs export: ChatGPT's conversations, Slack's channels, WhatsApp's texts, messages in lists of JSON.

They are told by what is in them, not by their names: a list of messages is found wherever programs put it, and
`chat_messages` knows what these are called in a message who speaks, what and when. Takes the content of a file, gives
its chats. Knows nothing about files, and about what becomes of messages.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from parametric_memory.errors import DocumentError
from parametric_memory.files.json_objects import parsed, shown
from parametric_memory.text.chat_messages import BEGUN, has_text, hour_of, is_message, messages_of, text_of, time_in
from parametric_memory.text.conversations import Message

NameOf = Callable[[str], str | None]

# Empty lists take some twenty times as much memory as their text.
_MOST_BRACKETS, _MOST_COMMAS = 2_000_000, 20_000_000
_LISTED = ("messages", "chat_messages", "conversations", "conversation", "turns", "contents")
_AROUND = ("chat", "chats", "left_chats", "list")  # what lists of messages lie in, where they have more envelopes
_DEEPEST = 5  # envelopes, one in the other
_LOOKED_AT = 20  # messages, in which others are seen
_TOGETHER = timedelta(seconds=1)  # which the clocks of those who chat may differ by
_HEAD = re.compile(  # of a JSON file with a chat in it
    rb'"mapping"\s*:\s*\{|"role"\s*:\s*"(?:user|assistant|system|developer|model)"|'
    rb'"(?:chat_messages|messages)"\s*:\s*\[\s*\{|"type"\s*:\s*"(?:message|human|ai)"|"sender_name"\s*:|'
    rb'"conversations"\s*:\s*\[\s*\{\s*"from"|"personal_information"\s*:\s*\{|"langchain"'
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
_SPEAKER = re.compile(r"(?P<who>[^:\"\u201c\u201d]{1,80}): (?P<text>.*)", re.DOTALL)  # a quoted name is that of a group
_ATTACHED = re.compile(r"\A[^\n]* \(file attached\)(?:\n|$)")
_PLACEHOLDER = re.compile(  # of what is no text
    r"\u200e.*|<[^<>]{1,60}>|(?:image|video|audio|sticker|GIF|document|contact card) omitted|"
    r"(?:this message was|you) deleted(?: this message)?\.?|null",
    re.IGNORECASE | re.DOTALL,
)
_EDITED = re.compile(r"\s*\u200e?<This message was edited>$")

# What ChatGPT shows as links and pictures, in characters of private use, and what it cites.
_MARK = re.compile(r"(?P<before> ?)\ue200(?P<kind>[a-z_]*+)\ue202?(?P<what>[^\ue200\ue201]*+)\ue201")
_CITED = re.compile(r" ?\u3010\d++(?::\d++)?\u2020[^\u3010\u3011]*+\u3011")
_PRIVATE = dict.fromkeys(range(0xE200, 0xE210))


@dataclass(frozen=True)
class Chat:
    """What some people said to each other, and what it is called, if it is."""

    messages: Sequence[Message]
    title: str | None = None


@dataclass(frozen=True)
class _Found:
    """A chat as a file has it.

    Attributes:
        when: it began; the time of messages without one.
        is_told: whether its messages are in the order in which they were said, whatever their times say.
    """

    messages: Sequence[Any]
    title: str | None = None
    when: date | None = None
    is_told: bool = False


def may_hold_chat(head: bytes) -> bool:
    """Whether the beginning of a JSON file looks like that of a chat."""
    return _HEAD.search(head) is not None


def json_chats(
    data: bytes,
    speakers: Mapping[str, str] | None = None,
    name_of: NameOf = lambda _: None,
    place: str | None = None,
    when: date | None = None,
) -> list[Chat] | None:
    """The chats in a JSON document, or in JSON lines; None where it is something else.

    Args:
        speakers: see `messages_of`.
        name_of: the names of Slack's users, by their ids.
        place: what a chat without a title is called, where it is Slack's.
        when: the time of messages that bear none, in chats that bear none.

    Raises:
        DocumentError: it is no JSON, or the chat in it is damaged. The message goes on where the name of the file ends.
    """
    found = list(_chats(_loaded(data), name_of, place))
    if not found:
        return None
    try:
        chats = [Chat(_said(chat, speakers, when), chat.title) for chat in found]
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
        spoken = _ATTACHED.sub("", _EDITED.sub("", "\n".join(parts).strip())).strip()
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


def _said(chat: _Found, speakers: Mapping[str, str] | None, when: date | None) -> list[Message]:
    """Messages in order. One that bears no time was said when the one before it was, or when the chat was held."""
    messages = messages_of(chat.messages, None, speakers, forgiving=True)
    last, dated = chat.when or when, []
    for message in messages if chat.is_told else _in_order(messages):
        last = message.said_at or last
        dated.append(replace(message, said_at=last))
    return dated


def _in_order(messages: list[Message]) -> list[Message]:
    """Messages, oldest first: turned round where time mostly runs backwards, and sorted where it does now and then.

    Those without a time stay beside those that they stand beside.
    """
    times = [moment for message in messages if (moment := _utc(message)) is not None]
    steps = [later - earlier for earlier, later in pairwise(times)]
    ordered = list(messages)
    runs_back = sum(step < timedelta() for step in steps) > sum(step > timedelta() for step in steps)
    if runs_back and times[0] - times[-1] > _TOGETHER:
        ordered.reverse()
        steps = [-step for step in reversed(steps)]
    if any(step < -_TOGETHER for step in steps):
        ordered = _by_time(ordered)
    return [replace(message, turn=given.turn) for message, given in zip(ordered, messages, strict=True)]


def _by_time(messages: Sequence[Message]) -> list[Message]:
    time, keyed = datetime.min.replace(tzinfo=UTC), []
    for message in messages:
        time = _utc(message) or time
        keyed.append((time, message))
    return [message for _, message in sorted(keyed, key=lambda pair: pair[0])]


def _utc(message: Message) -> datetime | None:
    """When something was said, as something that can be compared: of a day its beginning."""
    said_at = message.said_at
    if said_at is None:
        return None
    moment = said_at if isinstance(said_at, datetime) else datetime(said_at.year, said_at.month, said_at.day)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _chats(
    content: Any, name_of: NameOf, place: str | None, outer: _Found | None = None, depth: int = 0
) -> Iterator[_Found]:
    """Lists of messages as `messages_of` takes them. outer: what is known of what they lie in. Raises DocumentError."""
    outer = outer or _Found(())
    if isinstance(content, Mapping):
        about = replace(outer, title=_title(content) or outer.title, when=time_in(content, BEGUN) or outer.when)
        if "mapping" in content:
            yield replace(about, messages=_chatgpt(content), is_told=True)
            return
        inside = [content[name] for name in (*_LISTED, *_AROUND) if isinstance(content.get(name), Mapping | list)]
        messages = next((part for part in inside if isinstance(part, list) and _are_messages(part)), None)
        if messages is not None:
            yield _listed(messages, about, name_of, place)
        elif depth < _DEEPEST:
            for part in inside:
                yield from _chats(part, name_of, place, about, depth + 1)
    elif isinstance(content, list) and content:
        if _are_messages(content):
            yield _listed(content, outer, name_of, place)
        elif all(_holds_messages(part) for part in content[:_LOOKED_AT]):
            yield from _of_list(content, name_of, place, depth + 1)


def _of_list(parts: Sequence[Any], name_of: NameOf, place: str | None, depth: int) -> Iterator[_Found]:
    """The chats of a list. Raises DocumentError where one is among them that cannot be read, and would be missed."""
    unread, some = None, False
    for number, part in enumerate(parts, start=1):
        found = False
        for chat in _chats(part, name_of, place, None, depth):
            found = some = True
            yield chat
        if not found and unread is None and _holds_others(part):
            unread = number
    if some and unread is not None:
        raise DocumentError(
            f"holds a damaged chat: in chat {unread} it is not said who says what. Give each message a role and a "
            "content, or take the chat out"
        )


def _listed(messages: list[Any], about: _Found, name_of: NameOf, place: str | None) -> _Found:
    if _is_slack(messages):
        return replace(about, messages=_slack(messages, name_of), title=about.title or place)
    mended = [_mended(message) for message in messages]
    is_mended = any(new is not old for new, old in zip(mended, messages, strict=True))
    return replace(about, messages=mended, title=_as_utf8(about.title) if about.title and is_mended else about.title)


def _title(content: Mapping[str, Any]) -> str | None:
    named = (content.get("title"), content.get("name"), _object(content.get("channel")).get("name"))
    return next((name for name in named if isinstance(name, str) and name.strip()), None)


def _messages_in(part: Any) -> Iterator[list[Any]]:
    """Lists of what may be messages in what may be a chat."""
    for holder in (_object(part), _object(_object(part).get("chat"))):
        yield from (holder[name] for name in _LISTED if isinstance(holder.get(name), list))


def _holds_messages(part: Any) -> bool:
    return "mapping" in _object(part) or next(_messages_in(part), None) is not None


def _holds_others(part: Any) -> bool:
    """Whether what should be a chat has a list of something else than messages."""
    return any(not all(map(is_message, messages)) for messages in _messages_in(part))


def _are_messages(parts: Sequence[Any]) -> bool:
    """Whether most of a list's first items have the form of messages, and one of all has a speaker and a text."""
    looked_at = parts[:_LOOKED_AT]
    return 2 * sum(map(is_message, looked_at)) > len(looked_at) and any(map(has_text, parts))


def _mended(message: Any) -> Any:
    """A message as it was written: Messenger and Instagram take the bytes of UTF-8 for letters of Latin-1."""
    if "sender_name" not in _object(message):
        return message
    return {name: _as_utf8(value) if isinstance(value, str) else value for name, value in message.items()}


def _as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:  # it is right as it is
        return text


def _chatgpt(conversation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The branch of a conversation that ends where it was left, from its beginning. Raises DocumentError."""
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
    """A message of ChatGPT in OpenAI's form; None for what a reader does not see."""
    if not isinstance(message, Mapping):
        return None
    author, content, about = (_object(message.get(name)) for name in ("author", "content", "metadata"))
    is_text = content.get("content_type") in ("text", "multimodal_text")
    if not is_text or about.get("is_visually_hidden_from_conversation") or message.get("recipient", "all") != "all":
        return None
    role = author.get("role")
    written = {"role": role if isinstance(role, str) else "", "content": _without_citations(text_of(content))}
    return written if message.get("create_time") is None else {**written, "create_time": message["create_time"]}


def _without_citations(text: str) -> str:
    """A text of ChatGPT's as people read it: with the names of what it tells more of, without what it cites."""
    return _CITED.sub("", _MARK.sub(_shown_of_mark, text)).translate(_PRIVATE)


def _shown_of_mark(mark: re.Match[str]) -> str:
    match mark["kind"]:
        case "entity":  # its kind, its name, and what it is, in JSON
            return mark["before"] + _name_of_entity(mark["what"])
        case "url":  # its text, and where it leads
            return mark["before"] + mark["what"].partition("\ue202")[0]
    return ""


def _name_of_entity(written: str) -> str:
    try:
        match parsed(written):
            case [_, str(name), *_]:
                return name
    except ValueError:
        pass
    return ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_slack(messages: Sequence[Any]) -> bool:
    return any(isinstance(m, Mapping) and m.get("type") == "message" and "ts" in m for m in messages[:_LOOKED_AT])


def _slack(messages: Sequence[Any], name_of: NameOf) -> list[dict[str, Any]]:
    """Messages of a channel, with names in the place of ids."""
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
    return found


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
    try:
        return datetime(year + (2000 if year < 100 else 0), month, day, hour_of(hour, half), minute, second)
    except ValueError as error:
        raise DocumentError(f"holds a damaged chat: {written}, {clock} is no time") from error
