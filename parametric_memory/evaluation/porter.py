"""The Porter stemmer, with NLTK's extensions: the one that published ROUGE scores rest on.

M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980. Knows nothing about metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

_IRREGULAR = {
    form: stem
    for stem, forms in {
        "sky": "sky skies",
        "die": "dying",
        "lie": "lying",
        "tie": "tying",
        "news": "news",
        "inning": "innings inning",
        "outing": "outings outing",
        "canning": "cannings canning",
        "howe": "howe",
        "proceed": "proceed",
        "exceed": "exceed",
        "succeed": "succeed",
    }.items()
    for form in forms.split()
}
Condition = Callable[[str], bool]
Rule = tuple[str, str, Condition]  # a suffix, what it becomes, and what must hold of the stem before it


def stem(word: str) -> str:
    """The stem of a lower-case English word."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    for step in (
        _plural,
        _past_and_gerund,
        _final_y,
        _double_suffix,
        _suffix,
        _long_suffix,
        _final_e,
        _final_ll,
    ):
        word = step(word)
    return word


def _is_consonant(word: str, index: int) -> bool:
    if word[index] in "aeiou":
        return False
    return word[index] != "y" or index == 0 or not _is_consonant(word, index - 1)


def _measure(word: str) -> int:
    """How many times a vowel is followed by a consonant."""
    kinds = [_is_consonant(word, index) for index in range(len(word))]
    return sum(not before and after for before, after in pairwise(kinds))


def _has_vowel(word: str) -> bool:
    return any(not _is_consonant(word, index) for index in range(len(word)))


def _is_repeated(word: str) -> bool:
    return _measure(word) > 0


def _is_long(word: str) -> bool:
    return _measure(word) > 1


def _ends_double_consonant(word: str) -> bool:
    return len(word) >= 2 and word[-1] == word[-2] and _is_consonant(word, len(word) - 1)


def _ends_short(word: str) -> bool:
    """Consonant, vowel, consonant (not w, x or y); or a two-letter word of vowel and consonant."""
    kinds = [_is_consonant(word, index) for index in range(len(word))]
    return (len(word) >= 3 and kinds[-3:] == [True, False, True] and word[-1] not in "wxy") or kinds == [
        False,
        True,
    ]


def _apply(word: str, *rules: Rule) -> str:
    """The first rule whose suffix fits decides, whether or not its condition holds."""
    for suffix, replacement, condition in rules:
        if word.endswith(suffix):
            stem_part = word.removesuffix(suffix)
            return stem_part + replacement if condition(stem_part) else word
    return word


def _always(_: str) -> bool:
    return True


def _rules(text: str, condition: Condition) -> list[Rule]:
    """Rules written as `suffix:replacement`, divided by spaces."""
    return [
        (suffix, replacement, condition) for suffix, _, replacement in (rule.partition(":") for rule in text.split())
    ]


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word.removesuffix("s")
    return _apply(word, *_rules("sses:ss ies:i ss:ss s:", _always))


def _past_and_gerund(word: str) -> str:
    if word.endswith("ied"):
        return word.removesuffix("ied") + ("ie" if len(word) == 4 else "i")
    if word.endswith("eed"):
        return _apply(word, ("eed", "ee", _is_repeated))
    for suffix in ("ed", "ing"):
        part = word.removesuffix(suffix)
        if word.endswith(suffix) and _has_vowel(part):
            return _restored(part)
    return word


def _restored(word: str) -> str:
    """A word that lost -ed or -ing, with the letters it had before it took the ending."""
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _ends_double_consonant(word):
        return word if word[-1] in "lsz" else word[:-1]
    return word + "e" if _measure(word) == 1 and _ends_short(word) else word


def _final_y(word: str) -> str:
    return _apply(word, ("y", "i", lambda part: len(part) > 1 and _is_consonant(part, len(part) - 1)))


def _double_suffix(word: str) -> str:
    if word.endswith("alli") and _is_repeated(word.removesuffix("alli")):
        return _double_suffix(word.removesuffix("alli") + "al")
    return _apply(
        word,
        *_rules(
            "ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous "
            "ization:ize ation:ate ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive "
            "biliti:ble fulli:ful",
            _is_repeated,
        ),
        ("logi", "log", lambda part: _is_repeated(part + "l")),
    )


def _suffix(word: str) -> str:
    return _apply(word, *_rules("icate:ic ative: alize:al iciti:ic ical:ic ful: ness:", _is_repeated))


def _long_suffix(word: str) -> str:
    return _apply(
        word,
        *_rules("al: ance: ence: er: ic: able: ible: ant: ement: ment: ent:", _is_long),
        ("ion", "", lambda part: _is_long(part) and part[-1] in "st"),
        *_rules("ou: ism: ate: iti: ous: ive: ize:", _is_long),
    )


def _final_e(word: str) -> str:
    if not word.endswith("e"):
        return word
    part = word.removesuffix("e")
    return part if _is_long(part) or (_measure(part) == 1 and not _ends_short(part)) else word


def _final_ll(word: str) -> str:
    return _apply(word, ("ll", "l", lambda part: _is_long(word[:-1])))
