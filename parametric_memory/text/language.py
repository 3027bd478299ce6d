"""Whether a text may be English, told by its letters and its small words. Knows nothing about models."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset(
    "the of is to and with or if from by it this that are your you for an on be as what which how whether given".split()
)
_OTHERS = frozenset(
    "der die das und ist ein eine einem einen den mit oder von zu auf nicht le la les un une et est dans avec ou pour "
    "du des el los las una con por para es que del y o il lo gli di che per sono e de het een van met voor niet och "
    "att det som en ett jest nie na em do da os as uma".split()
)
_MOST_FOREIGN = 0.2  # of the letters of an English text that are no Latin ones of ASCII: names, a word or two


def may_be_english(text: str) -> bool:
    """False where most letters are of another script, or the small words are of another language."""
    letters = [c for c in text if c.isalpha()]
    if sum(not c.isascii() for c in letters) > _MOST_FOREIGN * len(letters):
        return False
    words = {word.lower() for word in _WORD.findall(text)}
    others = len(words & (_OTHERS - _ENGLISH))
    return others <= max(1, len(words & _ENGLISH))
