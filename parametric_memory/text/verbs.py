"""English verbs as far as their forms tell who does something and when: third persons, and what is past.

Knows nothing about sentences, speakers and dates.
"""

from __future__ import annotations

import operator
import re

# Forms of the past that no rule makes, and that are no form of the present.
IRREGULAR_PAST = frozenset(
    "was were had did went got took made said saw came knew thought found gave told felt left kept began brought met "
    "ran paid sat spoke stood wrote heard meant lost fell sent built understood drew broke spent grew bought won drove "
    "taught caught chose threw woke wore ate drank sang swam flew forgot rode rose shook slept sold shot stuck stole "
    "swore tore blew dug fed fought froze hid held hung laid led lent lit lay rang sank slid struck swept swung became "
    "forgave dreamt learnt burnt spilt leapt sewed been done gone seen taken given written broken chosen driven eaten "
    "fallen forgotten known spoken stolen worn thrown wasn't weren't hadn't didn't couldn't".split()
)
_UNCHANGED = frozenset("bet burst cast cost cut hit hurt let put quit read set shut split spread".split())
MODALS = frozenset(  # have one form, and are said before who does something where that is asked
    "can can't cannot could couldn't may might mightn't must mustn't shall shan't should shouldn't will won't would "
    "wouldn't did didn't had hadn't was wasn't".split()
)
_AUXILIARIES = MODALS | frozenset("ought is isn't has hasn't does doesn't gotta gonna better".split())
_NO_VERBS = frozenset(  # what may stand behind a subject in a verb's place
    "a an and as at but by else for from if in into nor not of on or out so than that the then there this to up what "
    "when where which who why with without because about too".split()
)
_ENDS_IN_ED = frozenset("bed bleed breed exceed feed fled indeed need proceed red seed shed speed succeed weed".split())
_NOT_PAST = re.compile(  # what is told in the perfect has no day of its own: one that is named is yet to come
    r"\b(?:will|won't|shall|gonna|about to|am|is|are|have|has|do|does|don't|doesn't)\b|'(?:ll|m|re|ve)\b", re.IGNORECASE
)
_BEFORE_INFINITIVE = frozenset("to can could should would must may might shall let's did didn't".split())
_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")


def is_past(word: str) -> bool:
    """Whether a word is a verb's form of the past."""
    word = word.lower()
    return word in IRREGULAR_PAST or (len(word) > 3 and word.endswith("ed") and word not in _ENDS_IN_ED)


def tells_of_past(clause: str) -> bool | None:
    """Whether a clause is about what was, as far as its verbs say; None: it has no verb that says so, or otherwise."""
    clause = clause.replace("\u2019", "'")
    if _NOT_PAST.search(clause):
        return False
    words = _WORD.findall(clause.lower())
    unchanged = (word in _UNCHANGED - {"let"} for word in words)
    told = [before not in _BEFORE_INFINITIVE for before in ["", *words]]
    past = any(map(is_past, words)) or any(map(operator.and_, unchanged, told))
    return True if past else None


def third_person(verb: str) -> str:
    """A verb behind "I" as it stands behind a name; a word that is none, or has one form for both, as it is."""
    word = verb.lower().replace("\u2019", "'")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if is_past(word) or word in _UNCHANGED | _AUXILIARIES | _NO_VERBS or not word.isalpha():
        return verb
    if re.search(r"[^aeiou]y$", word):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if re.search(r"(?:s|x|z|ch|sh|o)$", word) else f"{verb}s"


_IRREGULAR = {
    "am": "is",
    "are": "is",
    "were": "was",
    "have": "has",
    "do": "does",
    "aren't": "isn't",
    "weren't": "wasn't",
    "haven't": "hasn't",
    "don't": "doesn't",
}
AGREEING = frozenset(_IRREGULAR)  # auxiliaries, which agree with what stands before or behind them
