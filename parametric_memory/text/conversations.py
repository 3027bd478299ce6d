"""Conversations as text in which every sentence stands by itself: with who says it, when, and whom it is about.

    Ana: I moved to Lisbon yesterday. Do you like it here?    (7 May 2024)
    Ben: A lot.

becomes

    Conversation of Ana and Ben on 7 May 2024.

    Ana said: Ana moved to Lisbon on 6 May 2024.
    Ana asked: "Does Ben like it here?", and Ben answered: "A lot."

A sentence is found, read and attached without its neighbours, so it says what these would have told. A question stands
in one sentence with the beginning of its answer, and a short remark with what it is a remark on. The day it was said on
stands in the heading alone, and beside the text: in every sentence it would make all of one day alike, and be taken for
the day of what is told. What is in another language is kept as it was said; so are code and what stands in quotes.

Knows nothing about the forms that messages come in, about models and memories.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from parametric_memory.files.json_objects import holds_more, parsed
from parametric_memory.records import Said
from parametric_memory.text.cleaning import title_given
from parametric_memory.text.language import is_english, tells_english
from parametric_memory.text.relative_dates import absolute, written_day
from parametric_memory.text.reported_speech import QUOTED, besides, reported
from parametric_memory.text.sentences import sentences

PAUSE = timedelta(hours=8)  # after which people begin a new conversation
MOST_LINES = 200  # of an entry: its adapter is read whole to attach a few of its sentences

_SHORT = 4  # words, at most, of a remark that says little by itself
_JOINED = 60  # words, at most, of a sentence that others are put to
_NAMED = 4  # speakers in a title
_MOST_VALUES = 1_000  # of a record: a line has fewer words, of which each may be another turn
_ENDS = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u0964\u061f\u06d4][\"'\u201d\u2019\u00bb)\]]*$")
_QUESTION = re.compile(r"[?\uff1f\u061f][\"'\u201d\u2019\u00bb)\]]*$")
_ITEM = re.compile(r"^(?:[-*+\u2022\u2013]|#{1,6}|>) ")
_BLOCK = re.compile(  # of code, between fences; one that nobody closes goes on to the end
    r"(^[ \t]*(`{3,}|~{3,})[^`\n]*\n(?:.*?^[ \t]*\2[`~]*[ \t]*$|.*))", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"\0|(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")  # in a line, with what stands for it
_MARKS = re.compile(r"(?<!\d)\"|[\u201c\u201d]")  # of quotations


@dataclass(frozen=True)
class Message:
    """What one person says at once.

    Attributes:
        turn: which of the messages that were given, counted from 0.
        said_at: the moment, or the day; None: nobody knows.
    """

    turn: int
    speaker: str
    text: str
    said_at: date | None = None


@dataclass(frozen=True)
class Line:
    """A sentence of a conversation as it is remembered. said: None for the heading."""

    text: str
    said: Said | None


@dataclass(frozen=True)
class Conversation:
    """A session of some people, ready to be remembered."""

    title: str
    paragraphs: Sequence[Sequence[Line]]

    @property
    def text(self) -> str:
        return "\n\n".join("\n".join(line.text for line in lines) for lines in self.paragraphs)

    @property
    def turns(self) -> list[str]:
        """What `said_in` needs to know, to be kept beside the text."""
        return [_recorded(line) for lines in self.paragraphs for line in lines]


def conversations(messages: Sequence[Message], title: str | None = None, *, whole: bool = False) -> list[Conversation]:
    """Messages as one conversation or several: a new one begins after a long pause, and where one grows too long.

    Args:
        title: what it was about, if somebody said so.
        whole: make one of all of them, however long it is.
    """
    speakers = list(dict.fromkeys(message.speaker for message in messages))
    names = _first_names(speakers)
    parts = [messages] if whole else _sessions(messages)
    return [_conversation(part, speakers, names, title) for part in parts if part]


def said_in(turns: Sequence[str], passages: Sequence[str]) -> list[Said | None]:
    """Who said each passage of a text, and when; of several sentences in one passage, the first counts.

    Args:
        turns: of the conversation that the text was made from.
        passages: the whole text in parts, in its order. What is neither letter nor digit may be lost.
    """
    known = [_read(turn) for turn in turns]
    ends = list(accumulate(length for length, _ in known))
    lengths = [_length(passage) for passage in passages]
    if not ends or ends[-1] != sum(lengths):  # it is another text by now
        return [None] * len(passages)
    starts = accumulate(lengths[:-1], initial=0)
    return [known[min(bisect_right(ends, start), len(known) - 1)][1] for start in starts]


def moment(said_at: date) -> datetime:
    """A day as the moment it begins; a moment as it is."""
    return said_at if isinstance(said_at, datetime) else datetime(said_at.year, said_at.month, said_at.day)


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
    """Whether so much time has passed that a new conversation begins. Days alone tell of nights between them."""
    if before.said_at is None or after.said_at is None:
        return False
    if isinstance(before.said_at, datetime) and isinstance(after.said_at, datetime):
        return after.said_at.replace(tzinfo=None) - before.said_at.replace(tzinfo=None) > PAUSE
    return written_day(before.said_at) != written_day(after.said_at)


@dataclass
class _Group:
    """Sentences that stand in one, with who says each."""

    parts: list[tuple[Message, str]]

    @property
    def words(self) -> int:
        return sum(len(text.split()) for _, text in self.parts)

    @property
    def asks(self) -> bool:
        return _QUESTION.search(self.parts[-1][1]) is not None

    @property
    def said(self) -> Said:
        """The turn that tells something is the first; of a question that of its answer."""
        first, asked = self.parts[0][0], _QUESTION.search(self.parts[0][1])
        answers = (message for message, _ in self.parts if asked and message.speaker != first.speaker)
        message = next(answers, first)
        said_at = None if message.said_at is None else moment(message.said_at)
        turns = list(dict.fromkeys(message.turn for message, _ in self.parts))
        return Said(turn=message.turn, turns=turns, speaker=message.speaker, said_at=said_at)

    def takes(self, message: Message, text: str) -> bool:
        """Whether a sentence that follows is put to these: an answer, or a short remark. Lines of code stand alone."""
        if "\n" in text or "\n" in self.parts[-1][1]:
            return False
        if self.words + len(text.split()) > _JOINED:
            return False
        if _QUESTION.search(text):
            return self.asks and message is self.parts[-1][0]
        return _is_short(text) or (self._waits and message.speaker != self.parts[0][0].speaker)

    @property
    def _waits(self) -> bool:
        """Whether a question has no more of an answer than short remarks."""
        asked = next((place for place, (_, text) in enumerate(self.parts) if _QUESTION.search(text)), None)
        if asked is None:
            return False
        return all(_is_short(text) or _QUESTION.search(text) for _, text in self.parts[asked + 1 :])

    @property
    def line(self) -> Line:
        runs: list[tuple[str, list[str]]] = []
        for message, text in self.parts:
            if runs and runs[-1][0] == message.speaker:
                runs[-1][1].append(text)
            else:
                runs.append((message.speaker, [text]))
        if len(runs) == 1:
            verb = "asked" if self.asks else "said"
            return Line(_capital(f"{runs[0][0]} {verb}: {_in_one(runs[0][1])}"), self.said)
        told = [
            f'{speaker} {self._verb(place, runs)}: "{_in_one(texts)}"' for place, (speaker, texts) in enumerate(runs)
        ]
        return Line(_capital(", and ".join(told)), self.said)

    @staticmethod
    def _verb(place: int, runs: Sequence[tuple[str, list[str]]]) -> str:
        if _QUESTION.search(runs[place][1][-1]):
            return "asked"
        return "answered" if place and _QUESTION.search(runs[place - 1][1][-1]) else "said"


def _conversation(
    messages: Sequence[Message], speakers: Sequence[str], names: Mapping[str, str], title: str | None
) -> Conversation:
    """One session. speakers: of all sessions. names: what these are called."""
    groups: list[_Group] = []
    for message, english in zip(messages, _in_english(messages), strict=True):
        addressee = next(name for name in speakers if name != message.speaker) if len(speakers) == 2 else None
        tell = _telling(message, names[message.speaker], addressee and names[addressee])
        for text in _pieces(message.text, tell if english else str):
            if groups and groups[-1].takes(message, text):
                groups[-1].parts.append((message, text))
            else:
                groups.append(_Group([(message, text)]))
    present = speakers if len(speakers) == 2 else list(dict.fromkeys(message.speaker for message in messages))
    heading = _heading(present, messages[0].said_at, title)
    paragraphs: list[list[Line]] = [[Line(f"{heading}.", None)]]
    for place, group in enumerate(groups):
        if place == 0 or groups[place - 1].parts[0][0] is not group.parts[0][0]:
            paragraphs.append([])
        paragraphs[-1].append(group.line)
    return Conversation(heading, paragraphs)


def _telling(message: Message, speaker: str, addressee: str | None) -> Callable[[str], str]:
    """What makes a sentence of a message stand by itself.

    Args:
        speaker, addressee: what they are called.
    """

    def dated(text: str) -> str:
        return text if message.said_at is None else absolute(text, message.said_at)

    return lambda sentence: reported(besides(QUOTED, sentence, dated), speaker, addressee)


def _in_english(messages: Sequence[Message]) -> list[bool]:
    """Whether each message is in English; where it does not tell itself, as most of those do that tell."""
    texts = [_prose(message.text) for message in messages]
    told = Counter(map(tells_english, texts))
    around = None if told[True] == told[False] else told[True] > told[False]
    return [is_english(text, around) for text in texts]


def _prose(text: str) -> str:
    """A text without its code."""
    return _CODE.sub(" ", _BLOCK.sub("\n", text))


def _pieces(text: str, tell: Callable[[str], str]) -> Iterator[str]:
    """Blocks of code as they are, and the sentences between them as they are told."""
    parts = _BLOCK.split(text)
    for prose, block in zip(parts[::3], [*parts[1::3], ""], strict=True):
        code = (found[0] for found in _CODE.finditer(prose))
        for sentence in _told(sentences(_CODE.sub("\0", prose)), tell):
            yield _ended(_restored(sentence, code))
        if block:
            yield block.strip()


def _restored(text: str, code: Iterator[str]) -> str:
    """A text with the next of its codes in the place of what stands for them."""
    return re.sub("\0", lambda _: next(code), text)


def _told(said: Sequence[str], tell: Callable[[str], str]) -> Iterator[str]:
    """Sentences as they are told, those too that stand in a quotation of several: it opens before them."""
    closes = not _is_open(" ".join(said), opened=False)
    inside = False
    for sentence in said:
        text = _ITEM.sub("", sentence)
        yield tell(f'"{text}')[1:] if inside else tell(text)
        inside = closes and _is_open(sentence, inside)


def _is_open(text: str, opened: bool) -> bool:
    """Whether a quotation goes on behind a text.

    Args:
        opened: whether one goes on where it begins.
    """
    for mark in _MARKS.findall(text):
        opened = not opened if mark == '"' else mark == "\u201c"
    return opened


def _heading(speakers: Sequence[str], said_at: date | None, title: str | None) -> str:
    """What a conversation is called: who talked, when, and about what if that is known."""
    named = [*speakers[:_NAMED], *(["others"] if len(speakers) > _NAMED else [])]
    who = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    when = "" if said_at is None else f" on {written_day(said_at)}"
    about = title_given(title or "").rstrip(".")
    return f"Conversation of {who}{when}{f': {about}' if about else ''}"


def _first_names(speakers: Sequence[str]) -> dict[str, str]:
    """What speakers are called in a sentence that says their whole names: by the first, if these tell them apart."""
    first = {speaker: speaker.split()[0] for speaker in speakers}
    times = Counter(first.values())
    return {
        speaker: name if name.isalpha() and name[0].isupper() and times[name] == 1 else speaker
        for speaker, name in first.items()
    }


def _is_short(text: str) -> bool:
    return len(text.split()) <= _SHORT and not _QUESTION.search(text)


def _ended(text: str) -> str:
    """A sentence with a mark at its end, so that the next line does not go on with it."""
    return text if _ENDS.search(text) else f"{text}."


def _in_one(texts: Sequence[str]) -> str:
    """Sentences as one, for whoever cuts a text into sentences; the last keeps its mark."""
    *others, last = texts
    return "; ".join([*(text.rstrip(".\u2026 ") for text in others), last])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _length(text: str) -> int:
    """Letters and digits of a text: blanks are lost where it is cut, and lines without them (fences) are not read."""
    return sum(map(str.isalnum, text))


def _recorded(line: Line) -> str:
    said = line.said
    if said is None:
        return json.dumps([_length(line.text)])
    said_at = None if said.said_at is None else said.said_at.isoformat()
    return json.dumps([_length(line.text), said.turn, said.turns, said.speaker, said_at], ensure_ascii=False)


def _read(turn: str) -> tuple[int, Said | None]:
    """Raises ValueError for what `Conversation.turns` never is."""
    if holds_more(turn.encode(errors="surrogatepass"), _MOST_VALUES):
        raise ValueError("a turn of so many values is none")
    match parsed(turn):
        case [int(length)]:
            return length, None
        case [int(length), int(turn_), list(turns), str(speaker), said_at]:
            return length, Said(turn=turn_, turns=turns, speaker=speaker, said_at=said_at)
    raise ValueError(f"{turn!r} is no turn")
