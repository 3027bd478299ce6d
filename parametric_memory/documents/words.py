"""Words of a text: names, found by their capitals; stems for comparing texts; and a test for English.

Knows nothing about models: a caller says which words are known.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Container
from itertools import dropwhile
from pathlib import Path

from parametric_memory.documents.sentences import sentences

_LISTS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
WORDS = {name: frozenset(words.split()) for name, words in _LISTS.items()}
FUNCTION_WORDS = WORDS["function_words"]
_NO_NAMES = FUNCTION_WORDS | WORDS["pronouns"] | WORDS["beginnings"]
_LONGEST_NAME = 5  # words; what is longer is a heading
_APOSTROPHE = re.compile(r"['\u2019]")
_OWNED = re.compile(r"['\u2019]s?$")
_PUNCTUATION = ".,;:!?()[]{}\"'\u201c\u201d\u2018\u2019\u2014"
_STEM = 5  # letters that words are compared by, which forgives their endings
_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])")  # parts of de-duplicate and e-mail are none, nor is ES6
_MOST_FOREIGN = 0.2  # of the letters of an English text that are no Latin ones of ASCII: names, a word or two


def names_asked(question: str) -> list[str]:
    """The names in a question, as they are written, each once. A lone first word of a sentence is none."""
    found = ((name, part) for part in sentences(question) for name in _names(part))
    return list(dict.fromkeys(name for name, part in found if not _is_first_word(name, part)))


def names_in(text: str) -> list[str]:
    """The names in a text, as they are written, each once, and perhaps the first words of sentences."""
    return list(dict.fromkeys(name for part in sentences(text) for name in _names(part)))


def _names(text: str) -> list[str]:
    """Runs of words with a capital, and of numbers behind them; each once. None where all letters are capitals.

    A lone first word, which may be none, is the last.
    """

    def is_no_name(word: str) -> bool:
        return not word[:1].isupper() or _APOSTROPHE.split(word)[0].lower() in _NO_NAMES

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
    names = [" ".join(dropwhile(is_no_name, run)) for run in runs if len(run) <= _LONGEST_NAME]
    if names and _is_first_word(names[0], text):
        names = names[1:] if words[0].endswith(",") else [*names[1:], names[0]]
    return [name for name in dict.fromkeys(names) if name]


def _is_first_word(name: str, text: str) -> bool:
    return [name] == [word.strip(_PUNCTUATION) for word in text.split(maxsplit=1)[:1]]


def stems(text: str) -> set[str]:
    """Stems of the content words of a text, for comparing texts."""
    return {word[:_STEM] for word in re.findall(r"\w+", text.lower()) if word not in FUNCTION_WORDS}


def may_be_english(text: str, known: Container[str]) -> bool:
    """False only where a text is surely in another language: what may be either may be English.

    It is where many letters are of another script. Or where small words of another language and words that are not
    known are more than half of all: an English word may be too new to be known, and a small word may be quoted, but
    hardly both. Or where no word is known, and one has a letter that English lacks. Names tell nothing.

    known: English words, in lower case and without accents, such as a vocabulary of word pieces.
    """
    letters = [c for c in text if c.isalpha()]
    if sum(not c.isascii() for c in letters) > _MOST_FOREIGN * len(letters):
        return False
    found = _WORD.findall(text)  # but names, which have a capital; the first word may be none, unless it is in capitals
    words = [word.lower() for i, word in enumerate(found) if word.islower() or (i == 0 and word.istitle())]
    small = [word for word in words if word in WORDS["other_languages"]]
    unknown = [word for word in words if word not in WORDS["other_languages"] and _without_accents(word) not in known]
    if small:
        return not unknown or len(small) + len(unknown) <= len(words) / 2
    return len(words) < 2 or len(unknown) < len(words) or all(word.isascii() for word in unknown)


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
