"""Messages in the forms that programs have them in: OpenAI's, LangChain's, and pairs of a speaker and a text.

What people and models say to each other is kept. Instructions to a model, calls of tools and what tools answer are no
part of what was said; nor are pictures and sounds.

Knows nothing about what becomes of messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.text.cleaning import MAX_TEXT_BYTES, check_size, clean, title_given
from parametric_memory.text.conversations import Message

_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "gpt": "assistant", "bot": "assistant"}
_NO_SPEAKERS = ("system", "developer", "tool", "function", "remove")
NAMES = {"user": "the user", "assistant": "the assistant"}  # of who has no other
_WHO = ("role", "sender", "from", "author", "speaker", "type", "user", "username")
_WHAT = ("content", "text", "value", "message", "body")
_WHEN = ("when", "said_at", "created_at", "create_time", "timestamp", "time", "date", "ts")
_TEXTS = ("text", "text-plain", "input_text", "output_text")
_SAYING_NOTHING = " \t\r\n\u200b\u200e\u200f\u2060\ufeff\u00a0"
_MOST_SECONDS = 1e11  # what is more is in milliseconds


def messages_of(
    given: Iterable[Any], when: date | str | None = None, speakers: Mapping[str, str] | None = None
) -> list[Message]:
    """What was said, in order.

    Args:
        given: messages: objects or mappings with a role and a content, or pairs of a speaker and a text.
        when: the time of those that bear none.
        speakers: names by role, or by the name that a message has.

    Raises:
        DocumentError: one is no message, or a time cannot be read.
        SettingsError: a name is empty.
    """
    if isinstance(given, str | bytes | Mapping):
        raise DocumentError("Messages are a list: give [message, ...], each with a role and a content.")
    names = _names(speakers or {})
    usual = None if when is None else moment_of(when)
    found: list[Message] = []
    size = 0
    for turn, message in enumerate(given):
        who, text, said_at = _read(message, turn)
        size += len(text)
        check_size("The conversation", size, MAX_TEXT_BYTES)
        if who is not None and text.strip(_SAYING_NOTHING):
            plain = clean(text, f"Message {turn}")
            found.append(Message(turn, names.get(who) or NAMES.get(who, who), plain, said_at or usual))
    return found


def moment_of(value: object) -> date:
    """A moment or a day: of Python, as ISO writes it, or in seconds since 1970, which are told in local time.

    Raises:
        DocumentError: it is none.
    """
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
            return date.fromisoformat(value.strip())
        if isinstance(value, str) and not re.fullmatch(r"\d{9,13}(?:\.\d+)?", value.strip()):
            return datetime.fromisoformat(value.strip())
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = float(value)
            return datetime.fromtimestamp(seconds / (1000 if seconds > _MOST_SECONDS else 1), UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        pass
    raise DocumentError(f"{str(value)[:40]!r} is no time: give a date, a datetime, or one as ISO writes it.")


def text_of(content: object) -> str:
    """The text of a content: itself, or the texts among its parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return text_of(content["parts"]) if "parts" in content else _of_part(content)
    if isinstance(content, Sequence):
        return "\n".join(filter(None, (part if isinstance(part, str) else _of_part(part) for part in content)))
    return ""


def _of_part(part: object) -> str:
    if isinstance(part, Mapping) and part.get("type", "text") in _TEXTS and isinstance(part.get("text"), str):
        return str(part["text"])
    return ""


def _names(speakers: Mapping[str, str]) -> dict[str, str]:
    names = {}
    for role, name in speakers.items():
        names[_ROLES.get(role, role)] = title_given(name)
        if not names[_ROLES.get(role, role)]:
            raise SettingsError(f"The name of {role!r} is empty: give one, or leave it out.")
    return names


def _read(message: Any, turn: int) -> tuple[str | None, str, date | None]:
    """Who says something, what, and when; nobody where it is not said to anybody."""
    if isinstance(message, tuple | list) and len(message) == 2 and all(isinstance(part, str) for part in message):
        who, text = message
        return _speaker(who), text, None
    if isinstance(message, Mapping):
        about = message
    elif hasattr(message, "content"):
        extra = getattr(message, "additional_kwargs", None)
        about = {**(extra if isinstance(extra, Mapping) else {}), "content": message.content}
        about |= {field: value for field in ("role", "type", "name") if (value := getattr(message, field, None))}
        if about.get("type") == "chat":
            about.pop("type")
    else:
        raise DocumentError(f"Message {turn} is none: give a role and a content, or a pair of a speaker and a text.")
    role = next((value for key in _WHO if isinstance(value := about.get(key), str) and value.strip()), None)
    what = next((about[key] for key in _WHAT if about.get(key) is not None), None)
    if role is None or (what is None and "tool_calls" not in about and "content" not in about):
        raise DocumentError(f"Message {turn} lacks who says it, or what: give it a role and a content.")
    who = _speaker(role)
    name = about.get("name")
    if who is not None and isinstance(name, str) and title_given(name):
        who = title_given(name)
    stamp = next((about[key] for key in _WHEN if about.get(key) is not None), None)
    return who, text_of(what), None if stamp is None else moment_of(stamp)


def _speaker(role: str) -> str | None:
    """A role in the words of this module, or a name; None: what is no part of a conversation."""
    plain = title_given(role)
    role = plain.lower().removesuffix("messagechunk")  # of LangChain, while an answer is streamed
    known = _ROLES.get(role, role if role in NAMES else plain)
    return None if known.lower() in _NO_SPEAKERS or not known else known
