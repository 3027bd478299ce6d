"""Names in a text, told by their capitals. English only.

Knows nothing about what they are looked for.
"""

from __future__ import annotations

import re
from itertools import dropwhile

from parametric_memory.text.sentences import sentences

_PRONOUNS = frozenset("he she they it his her their its him them this these".split())
_LONGEST_NAME = 5  # words; what is longer is a heading
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
