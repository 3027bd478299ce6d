"""Who speaks in a text in the first person: "Hi, I'm Ana Brandt. I live in Bergen." is about Ana Brandt.

A passage is found, internalized and attached without its neighbours. So those in the first person name their speaker,
as passages of conversations do: "Ana Brandt: I live in Bergen." Text and prompts have the words as they are written.

Knows nothing about files, tokens, models and memories.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from parametric_memory.documents.cleaning import title_given
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import SettingsError
from parametric_memory.files import parsed
from parametric_memory.records import Said

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


def said_in_first_person(text: str, turns: Sequence[str], passages: Sequence[str]) -> list[Said | None]:
    """The speaker of each passage that names one."""
    speaker = author_of(text, turns)
    said = Said(turn=0, turns=[], speaker=speaker) if speaker else None
    return [said if said and passage.startswith(f"{speaker}: ") else None for passage in passages]


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
