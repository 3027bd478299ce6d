"""Names in a text, told by their capitals, and whom a passage means by a pronoun: names that one before it holds.

Sentences are found one by one, and a question has the name of what a sentence only calls "it". All names that may be
meant are tried: a wrong one does no harm where another is right. English only, as the embedders are.
Knows nothing about embedders and indexes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile, islice

from parametric_memory.text.sentences import sentences

_PRONOUNS = frozenset("he she they it his her their its him them this these".split())
_POSSESSIVES = frozenset("his her their its".split())
_OPENING_WORDS = 6  # of a passage, among which a pronoun most likely stands for somebody named before
_LOOKED_BACK = 8  # passages, at most, for whom a pronoun stands for
_MOST_MEANT = 3  # names that it may stand for
_LONGEST_NAME = 5  # words; what is longer is a heading
_WORD = re.compile(r"\w+")
_APOSTROPHE = re.compile(r"['\u2019]")
_OWNED = re.compile(r"['\u2019]s?$")
_PUNCTUATION = ".,;:!?()[]{}\"'\u201c\u201d\u2018\u2019\u2014"
FUNCTION_WORDS = frozenset(
    "a an and are as at be been by did do does for from had has have he her his how i in is it its me my of on or our "
    "s she that the their them they this to was we were what when where which who whom whose why will with you your "
    "tell name mr mrs ms dr prof professor".split()
)
_BEGINNINGS = frozenset(  # of sentences, and other words whose capital makes no name
    "after all also although another any before both but each even every everybody everyone few finally first here "
    "however if just later many meanwhile most next nobody no not nothing now once one only other others please since "
    "so some somebody someone something still such then there these though through today tomorrow under until while "
    "without yes yesterday yet january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)
_NO_NAMES = FUNCTION_WORDS | _PRONOUNS | _BEGINNINGS


def names_asked(question: str) -> list[str]:
    """The names in a question, as they are written, each once. A lone first word of a sentence is none."""
    found = ((name, part) for part in sentences(question) for name in _names(part))
    return list(dict.fromkeys(name for name, part in found if not _is_first_word(name, part)))


def names_meant(texts: Sequence[str], number: int) -> list[str]:
    """The names that one of several passages may mean by a pronoun: those in the last passage before it with its own.

    At most three, of eight passages before it; none for a passage that begins without a pronoun.
    """
    if not number or _opening_pronoun(texts[number]) is None:
        return []
    for before in range(number - 1, max(-1, number - 1 - _LOOKED_BACK), -1):
        if before and _opening_pronoun(texts[before]):
            continue
        if names := _names(texts[before]):
            return names[:_MOST_MEANT]
    return []


def spelled_out(texts: Sequence[str], number: int) -> list[str]:
    """A passage with a name in the place of its pronoun, once for each that may be meant; as it is where none is.

    A long text has some more parts to embed for it; three times as many at worst.
    """
    text, names = texts[number], names_meant(texts, number)
    pronoun = _opening_pronoun(text) if names else None
    if pronoun is None:
        return [text]
    before, after = text[: pronoun.start()], text[pronoun.end() :]
    return [f"{before}{name}{_genitive(pronoun[0], after)}{after}" for name in names]


def _opening_pronoun(text: str) -> re.Match[str] | None:
    """The pronoun among a passage's first words, unless a name stands before it, which it then means."""
    for word in islice(_WORD.finditer(text), _OPENING_WORDS):
        if word[0].lower() in _PRONOUNS and (word[0] != "IT" or text.isupper()):  # a department else
            return None if _names(text[: word.start()]) else word
    return None


def _names(text: str) -> list[str]:
    """Runs of words with a capital, and of numbers behind them; each once. None where all letters are capitals.

    A lone first word, which may be none, is the last.
    """
    words = [] if text.isupper() else text.split()
    runs: list[list[str]] = [[]]
    for word in words:
        bare = word.strip(_PUNCTUATION)
        name = _OWNED.sub("", bare)
        if bare[:1].isupper() or (runs[-1] and bare[:1].isdigit()):
            runs[-1].append(name)
            if word.endswith(name):
                continue
        runs.append([])
    names = [" ".join(dropwhile(_is_no_name, run)) for run in runs if len(run) <= _LONGEST_NAME]
    if names and _is_first_word(names[0], text):
        names = names[1:] if words[0].endswith(",") else [*names[1:], names[0]]
    return [name for name in dict.fromkeys(names) if name]


def _is_first_word(name: str, text: str) -> bool:
    return [name] == [word.strip(_PUNCTUATION) for word in text.split(maxsplit=1)[:1]]


def _is_no_name(word: str) -> bool:
    return not word[:1].isupper() or _base(word) in _NO_NAMES


def _base(word: str) -> str:
    """In small letters, without what an apostrophe adds."""
    return _APOSTROPHE.split(word)[0].lower()


def _genitive(pronoun: str, after: str) -> str:
    """What a name ends in where it takes a pronoun's place. "Her" is one and the other."""
    following = re.match(r" (\w+)", after)
    owned = following is not None and following[1].lower() not in FUNCTION_WORDS
    return "'s" if pronoun.lower() in _POSSESSIVES and owned else ""
