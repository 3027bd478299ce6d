"""Whether a text may be English, told by its letters, by small words, and by the words that its reader knows.

Knows nothing about models: which words a reader knows is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])")  # parts of de-duplicate and e-mail are none, nor is ES6
# Small words of other languages. Those that English has, too, tell nothing: al, de, do, en, mit, no, per, van.
_OTHERS = frozenset(
    "der die das und ist ein eine einem einen den dem oder zu auf aus bei nicht wie wenn le la les un une est dans "
    "avec ou sur des au aux ce cette el los las una por que il gli di che sono nel het een voor naar niet och det ett "
    "nie uma ao".split()
)
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


def _words_but_names(text: str) -> list[str]:
    """Words that are written in lower case, and the first one, unless that is all capitals: in lower case."""
    words = _WORD.findall(text)
    return [word.lower() for i, word in enumerate(words) if word.islower() or (i == 0 and word.istitle())]


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
