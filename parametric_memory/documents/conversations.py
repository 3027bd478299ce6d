"""Conversations: their text, and the passages by which they are found and remembered.

    Conversation of Ana and Ben on 7 May 2024.

    Ana: I moved to Lisbon yesterday. Do you like it here?

    Ben: A lot.

is the text. A passage is found, internalized and attached without its neighbours. So it names its speaker, has dates
in parentheses after words such as "yesterday", and joins a question with the beginning of its answer:

    Ana: I moved to Lisbon yesterday (6 May 2024).
    Ana: Do you like it here? Ben: A lot.

Passages are derived from the text and `turns`, which say where each message is in it.

A text in the first person is about its author: "Hi, I'm Ana Brandt. I live in Bergen." Its passages name who speaks,
too: "Ana Brandt: I live in Bergen." Text and prompts have the words as they are written.

Knows nothing about formats of messages, models and memories.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, groupby

from parametric_memory.documents.cleaning import title_given
from parametric_memory.documents.dates import as_datetime, with_dates, written_day
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import SettingsError
from parametric_memory.files import holds_more, parsed
from parametric_memory.records import Said

PAUSE = timedelta(hours=8)  # after which people begin a new conversation
MOST_LINES = 200  # passages of an entry, whose adapter may be read whole to attach a few of them

_SHORT = 4  # most words of a remark that says little by itself
_ONE_PASSAGE = 60  # most words of a passage of several sentences
_NAMED = 4  # speakers in a title
_QUESTION = re.compile(r"[?\uff1f\u061f][\"'\u201d\u2019\u00bb)\]]*$")
_MOST_VALUES = 1_000  # of a turn's record
_BETWEEN = "\n\n"  # messages
_BLOCK = re.compile(  # of code, between fences; without a closing one it goes on to the end
    r"(^[ \t]*(`{3,}|~{3,})[^`\n]*\n(?:.*?^[ \t]*\2[`~]*[ \t]*$|.*))", re.DOTALL | re.MULTILINE
)
# Of texts in the first person
_OPENING = 1_000  # characters, in which an author gives the name
_INTRODUCTION = re.compile(  # behind a greeting: "Hello everybody, "
    r"(?:[^\W\d_]+(?:(?: \w+){0,2}[,!])? )?(?:(?P<named>[Mm]y (?:full )?name(?: is|['\u2019]s)) |I(?: am|['\u2019]m) )"
)
_PARTICLES = frozenset("al bin da de del della den der di dos du ibn la le ten ter van von".split())
_LONGEST_NAME = 5  # words
_I = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|us|[Oo]urs?|[Oo]urselves)\b")
_QUOTED = re.compile(r"\"[^\"]*(?:\"|$)|\u201c[^\u201d]*(?:\u201d|$)")
_OTHER_VOICES = re.compile(  # lines that are quoted, headed or said by others
    r"^(?:>|(?:From|To|Sent|Subject): |.*\bwrote:$|\W{0,3}[A-Z][\w.'\u2019-]*(?: [A-Z][\w.'\u2019-]*){0,2}: .*"
    r"\b(?:I|[Mm]y)\b)",
    re.MULTILINE,
)
_LEAST, _LEAST_SHARE = 3, 0.25  # sentences of a text that are in the first person


@dataclass(frozen=True)
class Message:
    """What one person says at once."""

    turn: int  # index of the message
    speaker: str
    text: str
    said_at: date | None = None  # the moment, or the day; None: unknown

    @property
    def written(self) -> str:
        """The message in the text of a conversation."""
        return f"{_capital(self.speaker)}: {self.text.strip()}"


@dataclass(frozen=True)
class Line:
    """A passage of a conversation. said: None for the heading."""

    text: str
    said: Said | None


@dataclass(frozen=True)
class Conversation:
    """A session between some people."""

    title: str
    messages: Sequence[Message]

    @property
    def text(self) -> str:
        return _BETWEEN.join([f"{self.title}.", *(message.written for message in self.messages)])

    @property
    def turns(self) -> list[str]:
        """The place of each message in the text, to store beside it: JSON of its length in characters, and of the
        speaker. The first one is the heading's."""
        turns = [json.dumps([len(self.title) + 1])]
        for of in self.messages:
            said_at = None if of.said_at is None else as_datetime(of.said_at).isoformat()
            turns.append(json.dumps([len(of.written), of.turn, of.speaker, said_at], ensure_ascii=False))
        return turns

    @property
    def lines(self) -> list[Line]:
        return [Line(f"{self.title}.", None), *_lines(self.messages)]


def conversations(messages: Sequence[Message], title: str | None = None, *, whole: bool = False) -> list[Conversation]:
    """Splits messages into conversations after a long pause, or where one becomes too long, unless `whole`.

    title: the subject, if it is known.
    """
    speakers = list(dict.fromkeys(message.speaker for message in messages))
    made = []
    for part in [messages] if whole else _sessions(messages):
        if part:
            present = speakers if len(speakers) == 2 else list(dict.fromkeys(message.speaker for message in part))
            made.append(Conversation(_heading(present, part[0].said_at, title), part))
    return made


def lines_of(text: str, turns: Sequence[str]) -> list[Line] | None:
    """The passages of a conversation's text; None: the turns are of another text. Raises as `check_turns`."""
    lengths, messages, start = [], [], 0
    for length, message in map(_read, turns):
        lengths.append(length)
        written = text[start : start + length]
        start += length + len(_BETWEEN)
        if message is not None:
            head = f"{_capital(message.speaker)}: "
            if not written.startswith(head):
                return None
            messages.append(Message(message.turn, message.speaker, written[len(head) :], message.said_at))
    if not messages or start - len(_BETWEEN) != len(text):
        return None
    heading = [] if len(messages) == len(lengths) else [Line(text[: lengths[0]], None)]
    return [*heading, *_lines(messages)]


def said_in(text: str, turns: Sequence[str], passages: Sequence[str]) -> list[Said | None]:
    """Speaker and time of each passage of a conversation, or of its first sentence; else the speaker that one names.

    passages: all of it, in order. Characters other than letters and digits may be missing.
    """
    if not is_chat(turns):
        speaker = author_of(text, turns)
        said = Said(turn=0, turns=[], speaker=speaker) if speaker else None
        return [said if said and passage.startswith(f"{speaker}: ") else None for passage in passages]
    known = [(_length(line.text), line.said) for line in lines_of(text, turns) or ()]
    ends = list(accumulate(length for length, _ in known))
    lengths = [_length(passage) for passage in passages]
    if not ends or ends[-1] != sum(lengths):
        return [None] * len(passages)
    starts = accumulate(lengths[:-1], initial=0)
    return [known[min(bisect_right(ends, start), len(known) - 1)][1] for start in starts]


def last_said_at(turns: Sequence[str]) -> datetime | None:
    """The time of a conversation's last message that has one."""
    times = (message.said_at for _, message in map(_read, reversed(turns)) if message is not None)
    return next((as_datetime(said_at) for said_at in times if said_at is not None), None)


def check_turns(turns: Sequence[str]) -> None:
    """Raises ValueError: these are no `Conversation.turns`."""
    for turn in turns:
        _read(turn)


def speaker_in(text: str) -> str | None:
    """The author of a text in the first person who gives a name at its beginning; None if there is another reading."""
    if not any(map(_introduced, sentences(text[:_OPENING]))) or _OTHER_VOICES.search(text):
        return None
    said = sentences(text)
    names = [name for sentence in said if (name := _introduced(sentence))]
    longest = max(names, key=len, default=[])
    if not longest or any(not set(name) <= set(longest) for name in names):
        return None
    return " ".join(longest) if sum(map(_is_own, said)) >= max(_LEAST, _LEAST_SHARE * len(said)) else None


def author_of(text: str, turns: Sequence[str]) -> str | None:
    """Who says "I" in a text: the speaker given beside it, or else found in it; None for a conversation."""
    return speaker_of(turns) if turns else speaker_in(text)


def as_said_by(speaker: str, passages: Sequence[str]) -> list[str]:
    """Passages, of which those in the first person name their speaker."""
    return [f"{speaker}: {passage}" if _is_own(passage) else passage for passage in passages]


def as_written(passage: str, said: Said | None) -> str:
    """A passage without its speaker, for a prompt or to be shown; one of a conversation as it is."""
    return passage.removeprefix(f"{said.speaker}: ") if said is not None and not said.turns else passage


def turns_by(speaker: str) -> list[str]:
    """What is stored beside a text that one person wrote, in place of `Conversation.turns`. Raises SettingsError."""
    name = title_given(speaker)
    if not name:
        raise SettingsError(f"The speaker is {speaker!r}, which is no name: give one, or leave it out.")
    return [json.dumps([name], ensure_ascii=False)]


def speaker_of(turns: Sequence[str]) -> str | None:
    """The name in `turns_by`; None for the turns of a conversation."""
    match [parsed(turn) for turn in turns] if len(turns) == 1 else []:
        case [[str(name)]]:
            return name
    return None


def is_chat(turns: Sequence[str]) -> bool:
    """Whether a document with these turns is a conversation."""
    return bool(turns) and speaker_of(turns) is None


@dataclass
class _Group:
    """The sentences of one passage: a question with the beginning of its answer, or one and short ones behind it."""

    parts: list[tuple[Message, str]]

    def takes(self, message: Message, text: str) -> bool:
        """Whether the next sentence belongs to the passage. Blocks of code stand alone."""
        words = sum(len(part.split()) for _, part in self.parts) + len(text.split())
        if words > _ONE_PASSAGE or "\n" in text or "\n" in self.parts[-1][1]:
            return False
        if _asks(text):
            return _asks(self.parts[-1][1]) and message is self.parts[-1][0]
        if message.speaker == self.parts[-1][0].speaker and _is_short(text):
            return True
        # Another speaker's sentence answers a question that has only short remarks for an answer so far.
        asked = next((place for place, (_, text) in enumerate(self.parts) if _asks(text)), None)
        waits = asked is not None and all(_is_short(text) or _asks(text) for _, text in self.parts[asked + 1 :])
        return waits and message.speaker != self.parts[0][0].speaker

    @property
    def line(self) -> Line:
        """The passage. Its speaker is the first one; of a question, the one who answers."""
        first, asked = self.parts[0][0], _asks(self.parts[0][1])
        message = next((of for of, _ in self.parts if asked and of.speaker != first.speaker), first)
        said_at = None if message.said_at is None else as_datetime(message.said_at)
        turns = list(dict.fromkeys(of.turn for of, _ in self.parts))
        runs = groupby(self.parts, lambda part: part[0].speaker)
        text = " ".join(f"{_capital(speaker)}: {' '.join(text for _, text in run)}" for speaker, run in runs)
        return Line(text, Said(turn=message.turn, turns=turns, speaker=message.speaker, said_at=said_at))


def _lines(messages: Sequence[Message]) -> list[Line]:
    groups: list[_Group] = []
    for message in messages:
        for text in _pieces(message):
            if groups and groups[-1].takes(message, text):
                groups[-1].parts.append((message, text))
            elif any(map(str.isalnum, text)):  # a lone emoji is no passage
                groups.append(_Group([(message, text)]))
    return [group.line for group in groups]


def _asks(text: str) -> bool:
    return _QUESTION.search(text) is not None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_short(text: str) -> bool:
    return len(text.split()) <= _SHORT and not _asks(text)


def _pieces(message: Message) -> Iterator[str]:
    """Blocks of code, and the sentences between them."""
    parts = _BLOCK.split(message.text)
    for prose, block in zip(parts[::3], [*parts[1::3], ""], strict=True):
        yield from sentences(prose if message.said_at is None else with_dates(prose, message.said_at))
        if block:
            yield block.strip()


def _sessions(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    start, lines = 0, 0
    for place, message in enumerate(messages):
        own = len(sentences(message.text))
        if place > start and (lines + own > MOST_LINES or _paused(messages[place - 1], message)):
            yield messages[start:place]
            start, lines = place, 0
        lines += own
    yield messages[start:]


def _paused(before: Message, after: Message) -> bool:
    """Whether a new conversation begins after a pause; if only days are known, on the next day."""
    if before.said_at is None or after.said_at is None:
        return False
    if isinstance(before.said_at, datetime) and isinstance(after.said_at, datetime):
        return after.said_at.replace(tzinfo=None) - before.said_at.replace(tzinfo=None) > PAUSE
    return written_day(before.said_at) != written_day(after.said_at)


def _heading(speakers: Sequence[str], said_at: date | None, title: str | None) -> str:
    """The title of a conversation: who talked, when, and about what if that is known."""
    named = [*speakers[:_NAMED], *(["others"] if len(speakers) > _NAMED else [])]
    who = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    when = "" if said_at is None else f" on {written_day(said_at)}"
    about = title_given(title or "").rstrip(".")
    return f"Conversation of {who}{when}{f': {about}' if about else ''}"


def _length(text: str) -> int:
    """The number of letters and digits: blanks are lost where a text is cut."""
    return sum(map(str.isalnum, text))


def _read(turn: str) -> tuple[int, Message | None]:
    """A length, and a message without its text; None: the heading."""
    if holds_more(turn.encode(errors="surrogatepass"), _MOST_VALUES):
        raise ValueError("a turn of so many values is none")
    match parsed(turn):
        case [int(length)]:
            return length, None
        case [str()]:  # see `turns_by`
            return 0, None
        case [int(length), int(number), str(speaker), None | str() as said_at]:
            return length, Message(number, speaker, "", None if said_at is None else datetime.fromisoformat(said_at))
    raise ValueError(f"{turn!r} is no turn")


def _introduced(sentence: str) -> list[str]:
    """The words of the name that a sentence gives its speaker. One word may be none: "I'm Norwegian."."""
    found = _INTRODUCTION.match(sentence)
    if found is None:
        return []
    words = sentence[found.end() :].split()
    name: list[str] = []
    for word in words[:_LONGEST_NAME]:
        bare = word.rstrip(".,;:!?\u2026)")
        if not (bare[:1].isupper() or (name and bare in _PARTICLES)):
            break
        name.append(bare)
        if word not in (bare, f"{bare}."):
            break
    if found["named"] or not name:
        return name
    is_owner = name[-1].endswith(("'s", "\u2019s"))
    return name if len(name) > 1 and not is_owner else []


def _is_own(passage: str) -> bool:
    """Whether a passage is in the first person outside of quotations; what it asks, a reader may ask."""
    return not passage.endswith("?") and _I.search(_QUOTED.sub("", passage)) is not None
