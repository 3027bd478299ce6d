"""Parses messages in the forms of many programs: OpenAI's, LangChain's, Gemini's, those of chats, and pairs of a
speaker and a text.

`chat_fields.toml` names the fields for speaker, text and time, which are looked up in every message. Only what people
and models say to each other is read: no instructions to a model, tool calls and their results, pictures and sounds.
Knows nothing about the use of messages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from parametric_memory.documents.cleaning import MAX_TEXT_BYTES, check_size, clean, title_given
from parametric_memory.documents.conversations import Message
from parametric_memory.documents.dates import moment_of
from parametric_memory.errors import DocumentError, SettingsError

FIELDS = SimpleNamespace(**tomllib.loads(Path(__file__).with_name("chat_fields.toml").read_text(encoding="utf-8")))
NAMES = {"user": "the user", "assistant": "the assistant"}  # of speakers without a name
_UNNAMED = "someone"  # with a deleted account
_CONTENT = ("content", "text", "parts")
_SAYING = [*FIELDS.what, *FIELDS.calls]
_SAYING_NOTHING = " \t\r\n\u200b\u200e\u200f\u2060\ufeff\u00a0"


def messages_of(
    given: Iterable[Any],
    when: date | str | None = None,
    speakers: Mapping[str, str] | None = None,
    *,
    forgiving: bool = False,
) -> list[Message]:
    """Messages of any known form, in order.

    Args:
        given: messages: objects or mappings with a role and a content, or pairs of a speaker and a text.
        when: the time of messages without one.
        speakers: names by role, or by the name in a message.
        forgiving: ignore times that cannot be read, call speakers without a name "someone", and skip messages without
            text, for files of other programs.

    Raises DocumentError: one is no message, or a time cannot be read; SettingsError: a name is empty.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise DocumentError("Messages are a list: give [message, ...], each with a role and a content.")
    names = _names(speakers or {})
    usual = None if when is None else moment_of(when)
    found: list[Message] = []
    size = 0
    for turn, message in enumerate(given):
        who, text, said_at = _read(message, turn, forgiving)
        size += len(text)
        check_size("The conversation", size, MAX_TEXT_BYTES)
        if who is not None and text.strip(_SAYING_NOTHING):
            plain = clean(text, f"Message {turn}")
            found.append(Message(turn, names.get(who) or NAMES.get(who, who), plain, said_at or usual))
    return found


def time_in(about: Mapping[Any, Any], names: Sequence[str] = FIELDS.when, *, forgiving: bool = True) -> date | None:
    """The first time under some field names; None if there is none. Unless forgiving, raises as `moment_of`."""
    for name in names:
        try:
            if _is_given(about.get(name)):
                return moment_of(about[name])
        except DocumentError:
            if not forgiving:
                raise
    return None


def text_of(content: object) -> str:
    """A content as text, or the texts of its parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else _field(content, "parts")
    if isinstance(parts, Sequence) and not isinstance(parts, str):
        return "\n".join(filter(None, map(_of_part, parts)))
    return _of_part(content)


def is_message(item: object) -> bool:
    """Whether an item of a file looks like a message, spoken or not."""
    about = _unwrapped(item) if isinstance(item, Mapping) else {}
    is_of_chat = _has(about, FIELDS.of_chats) and _has(about, FIELDS.when)
    return _is_aside(about) or ((_has(about, _SAYING) or is_of_chat) and _speaks(about))


def has_text(item: object) -> bool:
    """Whether an item of a file is a message with a speaker and a text."""
    about = _unwrapped(item) if isinstance(item, Mapping) else {}
    return _speaks(about) and _has(about, [name for name in FIELDS.what if name != "body"])  # mails have one, too


def _speaks(about: Mapping[Any, Any]) -> bool:
    """Whether a message names its speaker. A `type` counts only beside a content."""
    role, _ = _who({name: value for name, value in about.items() if name not in ("type", "username")})
    if role is not None or (_lost_name(about) and _has(about, FIELDS.when)):
        return True
    return _who(about)[0] is not None and _has(about, _CONTENT)


def _has(about: Mapping[Any, Any], names: Sequence[str]) -> bool:
    return any(name in about for name in names)


def _of_part(part: object, of_any_kind: bool = False) -> str:
    """The text of a part of a content; empty for other media and for a model's thoughts."""
    if isinstance(part, str):
        return part
    kind, text = _field(part, "type"), _field(part, "text")
    text = text if isinstance(text, str) else _field(text, "value")  # OpenAI's Assistants have citations beside it
    is_said = (kind is None or kind in FIELDS.text_parts or of_any_kind) and _field(part, "thought") is not True
    return str(text) if is_said and isinstance(text, str) else ""


def _field(of: object, name: str) -> Any:
    return of.get(name) if isinstance(of, Mapping) else getattr(of, name, None)


def _names(speakers: Mapping[str, str]) -> dict[str, str]:
    names = {}
    for role, name in speakers.items():
        names[FIELDS.roles.get(role, role)] = title_given(name)
        if not names[FIELDS.roles.get(role, role)]:
            raise SettingsError(f"The name of {role!r} is empty: give one, or leave it out.")
    return names


def _read(message: Any, turn: int, forgiving: bool) -> tuple[str | None, str, date | None]:
    """Speaker, text and time of a message; the speaker is None if it is not spoken."""
    about = _fields(message)
    if about is None:
        raise DocumentError(f"Message {turn} is none: give a role and a content, or a pair of a speaker and a text.")
    if _is_aside(about):
        return None, "", None
    role, name = _who(about)
    if role is None and forgiving and _lost_name(about):
        role = _UNNAMED
    if role is None or not (forgiving or _has(about, _SAYING)):
        raise DocumentError(f"Message {turn} lacks who says it, or what: give it a role and a content.")
    who = _speaker(role)
    if who is not None and name is not None:
        who = name
    return who, _what(about), time_in(about, forgiving=forgiving)


def _fields(message: Any) -> Mapping[Any, Any] | None:
    """A message of any kind as a mapping; None if it is none."""
    if isinstance(message, Mapping):
        return _unwrapped(message)
    if isinstance(message, tuple | list):
        match message:
            case [str(who), str() | list() | tuple() as what]:
                return {"role": who, "content": what}
        return None
    about = {name: value for name in FIELDS.attributes if (value := getattr(message, name, None))}
    if not about and not hasattr(message, "content"):
        return None
    extra = getattr(message, "additional_kwargs", None)
    return {**(extra if isinstance(extra, Mapping) else {}), "content": None, **about}


def _unwrapped(message: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A message without its envelope, whose fields it gets."""
    if any(message.get(name) is not None for name in _CONTENT):
        return message
    for name in FIELDS.envelopes_of_messages:
        inside = message.get(name)
        if isinstance(inside, Mapping) and _has(inside, _CONTENT):
            path = message.get("id") if "lc" in message else None  # of the class, as LangChain dumps messages
            kind = {"type": path[-1]} if isinstance(path, list) and path else {}
            return {**message, **kind, **{name: value for name, value in inside.items() if value is not None}}
    return message


def _is_aside(about: Mapping[Any, Any]) -> bool:
    """Whether a message is of a type that is not speech: a call, a thought, or a notice."""
    kind = about.get("type")
    if not isinstance(kind, str):
        return False
    kind = kind.lower()
    return kind in FIELDS.types_without_speech or kind.endswith(("_call", "_call_output"))


def _who(about: Mapping[Any, Any]) -> tuple[str | None, str | None]:
    """Role or name of the speaker, and a name beside the role; None if missing."""
    own = _named(about.get("name"))
    for key in FIELDS.who:
        value = about.get(key)
        if isinstance(value, Mapping):
            called = next(filter(None, (_named(value.get(name)) for name in FIELDS.called)), None)
            if (role := value.get("role")) and isinstance(role, str) and role.strip():
                return role, own or called
            if called is not None:
                return called, own
        elif isinstance(value, str) and value.strip():
            return value, own
    kind = about.get("type")  # a role, or the form of the message
    is_role = isinstance(kind, str) and _plain_role(kind) in [*FIELDS.roles, *NAMES, *FIELDS.roles_without_speech]
    return (kind, own) if is_role else (None, None)


def _named(value: object) -> str | None:
    return title_given(value) or None if isinstance(value, str) else None


def _lost_name(about: Mapping[Any, Any]) -> bool:
    """Whether a message has an empty field for its speaker."""
    return any(key in about and not _is_given(about[key]) for key in FIELDS.who)


def _what(about: Mapping[Any, Any]) -> str:
    """The first text field of a message that is not blank."""
    for name in FIELDS.what:
        value = about.get(name)
        # Telegram splits text at changes of format, in the middle of lines.
        if name == "text" and isinstance(value, list):
            text = "".join(_of_part(part, of_any_kind=True) for part in value)
        else:
            text = text_of(value)
        if text.strip(_SAYING_NOTHING):
            return text
    return ""


def _is_given(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _plain_role(role: str) -> str:
    """A role without the suffixes of LangChain's classes, such as MessageChunk."""
    return title_given(role).lower().removesuffix("chunk").removesuffix("message")


def _speaker(role: str) -> str | None:
    """A role as `NAMES` has it, or a name; None for roles that do not speak."""
    plain, name = _plain_role(role), title_given(role)
    if plain in FIELDS.roles_without_speech or not name:
        return None
    return FIELDS.roles.get(plain, plain if plain in NAMES else name)
