"""Whether a text may be English, told by its letters and its small words. Knows nothing about models."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset(
    "the of is to and with or if from by it this that are your you for an on be as in at not its their what which how "
    "whether given each answer question sentence word words text list name give say write tell find make translate "
    "following one two".split()
)
_OTHERS = frozenset(
    "der die das und ist ein eine einem einen den dem im ins mit oder von zu auf aus bei nicht wie wenn le la les un "
    "une et est dans avec ou pour sur du des au aux ce cette en el los las una con por para es que del al y o il lo "
    "gli di che per sono nel e de het een van met voor naar niet och att det som ett jest nie na em do da os as uma no "
    "ao".split()
)
_MOST_FOREIGN = 0.2  # of the letters of an English text that are no Latin ones of ASCII: names, a word or two


def may_be_english(text: str) -> bool:
    """False where most letters are of another script, or the small words are of another language."""
    letters = [c for c in text if c.isalpha()]
    if sum(not c.isascii() for c in letters) > _MOST_FOREIGN * len(letters):
        return False
    words = {word.lower() for word in _WORD.findall(text)}
    return len(words & (_OTHERS - _ENGLISH)) <= len(words & _ENGLISH)
