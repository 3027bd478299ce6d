"""Whether a text is English, or may be, told by its letters, by small words, and by the words that its reader knows.

Knows nothing about models: which words a reader knows is said.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import day_name
from collections import Counter
from collections.abc import Container

from parametric_memory.text.verbs import AGREEING, MODALS, is_past

_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])")  # parts of de-duplicate and e-mail are none, nor is ES6
# Small words of other languages. Those that English has, too, tell nothing: al, de, do, en, mit, no, per, van.
_OTHERS = frozenset(
    "der die das und ist ein eine einem einen den dem oder zu auf aus bei nicht wie wenn le la les un une est dans "
    "avec ou sur des au aux ce cette el los las una por que il gli di che sono nel het een voor naar niet och det ett "
    "nie uma ao".split()
)
_PERSONS = frozenset("ich wir bin jag jeg je suis nous ik wij eu".split())  # who talks says these in place of "I"
# Small words of English that hardly another language has, and with them the days of the week.
_ENGLISH = frozenset(
    "about ago and are be because been but can could did does from have him his how if it its last next not or our she "
    "should than that the their them then there these they this those today tomorrow tonight us were what when where "
    "which who why with would yesterday you your yours".split()
) | {day.lower() for day in day_name}
# Those that others have, too, by who has: German, Dutch, Scandinavian, Slavic and Romance languages.
_SHARED = tuple(
    frozenset(words.split())
    for words in (
        "am an her im in so was will",
        "as had her in is me of so was we",
        "at for her i to",
        "a by do i me my no on to we",
        "a an as do has he i in me mine no on so",
    )
)
_PERHAPS_ENGLISH = frozenset().union(*_SHARED)
_CONTRACTED = re.compile(r"n't$|'(?:d|ll|m|re|ve)$")
_WITHOUT_APOSTROPHE = frozenset(word.replace("'", "") for word in AGREEING | MODALS if word.endswith("n't"))
_WITH_APOSTROPHE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_LEAST_SMALL = 1 / 3  # of the words of an English text that has no more than a few
_MOST_FOREIGN = 0.2  # of the letters of an English text that are no Latin ones of ASCII: names, a word or two


def may_be_english(text: str, known: Container[str]) -> bool:
    """False only where a text is surely in another language: what may be either may be English.

    It is where many letters are of another script. Or where small words of another language and words that are not
    known are more than half of all: an English word may be too new to be known, and a small word may be quoted, but
    hardly both. Or where no word is known, and one has a letter that English lacks. Names tell nothing.

    Args:
        known: English words, in lower case and without accents, such as a vocabulary of word pieces.
    """
    letters = [c for c in text if c.isalpha()]
    if sum(not c.isascii() for c in letters) > _MOST_FOREIGN * len(letters):
        return False
    words = _words_but_names(text)
    small = [word for word in words if word in _OTHERS]
    unknown = [word for word in words if word not in _OTHERS and _without_accents(word) not in known]
    if small:
        return not unknown or len(small) + len(unknown) <= len(words) / 2
    return len(words) < 2 or len(unknown) < len(words) or all(word.isascii() for word in unknown)


def is_english(text: str, around: bool | None = None) -> bool:
    """Whether a text is in English, which its small words say.

    Where they do not tell ("I agree.", "My idziemy."), it is if one of them may be English and what stands around it
    is. If nobody knows that, a short text with an "I" is.

    Args:
        around: what `tells_english` says of that.
    """
    told = tells_english(text)
    if told is not None:
        return told
    words = _words(text)
    perhaps = sum(kind == "perhaps" for _, kind in words)
    if around is not None:
        return around and perhaps > 0
    has_speaker = any(word == "I" for word, _ in words)
    return has_speaker and perhaps >= _LEAST_SMALL * len(words) and may_be_english(text, known=())


def tells_english(text: str) -> bool | None:
    """Whether the small words of a text are more often English than of other languages; None: they do not tell.

    They do not where one other language has all of them.
    """
    words = _words(text)
    kinds = Counter(kind for _, kind in words)
    if kinds["surely"] + kinds["perhaps"] <= kinds["other"]:
        return False if kinds["other"] else None
    shared = {word.lower() for word, kind in words if kind == "perhaps"}
    return True if kinds["surely"] or not any(shared <= language for language in _SHARED) else None


def _words(text: str) -> list[tuple[str, str | None]]:
    """The words of a text, each with whether it is a small one of English: "surely", "perhaps", "other", or None."""
    words = _WITH_APOSTROPHE.findall(text.replace("\u2019", "'"))
    in_small_letters = "".join(words[:1])[:1].islower()
    return [
        (word, _kind(word, following, in_small_letters))
        for word, following in zip(words, [*words, ""][1:], strict=True)
    ]


def _kind(word: str, following: str, in_small_letters: bool) -> str | None:
    """See `_words`. in_small_letters: whether the text is of somebody who types no capitals."""
    lower = word.lower()
    bare = lower.partition("'")[0]
    if bare in _ENGLISH or lower in _WITHOUT_APOSTROPHE or _CONTRACTED.search(lower):
        return "surely"
    if bare in ("i", "im") and word != "I" and not in_small_letters:  # Swedish has "i", too, and German "im"
        return None
    if bare == "i" and is_past(following):
        return "surely"
    if bare in _PERHAPS_ENGLISH:
        return "perhaps"
    return "other" if lower in _OTHERS or lower in _PERSONS else None


def _words_but_names(text: str) -> list[str]:
    """Words that are written in lower case, and the first one, unless that is all capitals: in lower case."""
    words = _WORD.findall(text)
    return [word.lower() for i, word in enumerate(words) if word.islower() or (i == 0 and word.istitle())]


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
