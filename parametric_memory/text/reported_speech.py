"""What somebody said, with names in place of "I", "my", "you" and "our": a sentence that can stand by itself.

    I think my sister told you.    ->    Ana thinks Ana's sister told Ben.

"You" is the other one, where two talk. "We" is both where it is asked about; else it may be anybody, and stays: the
name of who says it stands before it anyway. What is "ours" is also the speaker's. English only, as the embedders are.

Knows nothing about conversations and dates.
"""

from __future__ import annotations

import re

from parametric_memory.text.verbs import AGREEING, MODALS, is_past, third_person

_ADVERBS = (
    r"(?:(?!(?:apply|comply|fly|imply|multiply|rely|reply|supply)\b)\w+ly|just|also|always|never|still|only|even|often|"
    r"sometimes|almost|already|once|soon|kind of|sort of)"
)
_AUXILIARY = "|".join(sorted(map(re.escape, AGREEING | MODALS), key=len, reverse=True))
_MINE = {"my": "'s", "mine": "'s", "our": "'s", "ours": "'s", "me": "", "i": ""}
_FIXED = re.compile(  # in which nobody is meant
    r"\b(?:thank|thanks to|see|love|bless|excuse|mind) you\b|\byou (?:know|see)\b(?=,)|(?<=, )you (?:know|see)\b|"
    r"\byou(?:'re| are) welcome\b|"
    r"\bme too\b|\b(?:oh|dear|goodness|for the love of) my\b|\bmy (?:god|goodness|word|lord)\b|\bI see\b[,.!]|"
    r"\byou (?:guys|all|two|lot)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(  # who does something, and what: an auxiliary before, or a verb behind
    rf"\b(?:(?P<before>{_AUXILIARY}) )?(?P<who>I|i|[Yy]ou)\b(?!\.[a-z])(?P<short>'(?:m|re|ve|ll|d)\b)?"
    rf"(?P<between>(?: {_ADVERBS}\b)*)(?: (?P<verb>[^\W\d_]+(?:'t)?)\b)?",
    re.IGNORECASE,
)
_WITH_OTHERS = re.compile(  # who else does it: "my sister and"
    r"(?:^|[,;:.!?] )(?!(?:\S+ )*?(?:I|you|we|he|she|it|they|this|that|there)\b)(?:[\w-]+ ){1,3}(?:and|or|nor) $",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"\b(?:me|my|mine|our|ours|your|yours|im|ive)\b", re.IGNORECASE)
_BOTH = re.compile(r"\b(?:we|us)\b(?!')", re.IGNORECASE)
_LOOKED_BACK = 60  # characters, in which it stands who does something beside the speaker
_SHORT = {"'m": " is", "'re": " is", "'ve": " has", "'ll": " will"}


def reported(sentence: str, speaker: str, addressee: str | None = None) -> str:
    """A sentence as somebody else tells it.

    Args:
        speaker: the name of who says it.
        addressee: the name of whom it is said to; None: several people, or nobody knows.
    """
    sentence = re.sub(r"(?<=\w)\u2019(?=\w)", "'", sentence)
    parts, end = [], 0
    for fixed in _FIXED.finditer(sentence):
        parts += [_told(sentence[end : fixed.start()], speaker, addressee), fixed[0]]
        end = fixed.end()
    told = "".join([*parts, _told(sentence[end:], speaker, addressee)])
    if addressee and sentence.rstrip().endswith("?"):
        told = _BOTH.sub(f"{speaker} and {addressee}", told)
    return told[:1].upper() + told[1:] if sentence[:1].isupper() else told


def genitive(name: str) -> str:
    """A name in front of what is its bearer's."""
    return f"{name}'s"


def _told(text: str, speaker: str, addressee: str | None) -> str:
    def subject(found: re.Match[str]) -> str:
        is_speaker = found["who"].lower() == "i"
        name = speaker if is_speaker else addressee
        if name is None:
            return found[0]
        before, between, verb = found["before"], found["between"] or "", found["verb"]
        if not before and _WITH_OTHERS.search(text[max(0, found.start() - _LOOKED_BACK) : found.start()]):
            return f"{name}{found[0][len(found['who']) :]}"
        if before:
            before = f"{_like(before, third_person(before))} "
        elif found["short"] is None and verb and (is_speaker or verb.lower() in AGREEING):
            verb = third_person(verb)
        short = found["short"].lower() if found["short"] else ""
        had = short == "'d" and verb is not None and (is_past(verb) or verb == "better")
        ending = _SHORT.get(short, (" had" if had else " would") if short else "")
        return f"{before or ''}{name}{ending}{between}{f' {verb}' if verb else ''}"

    def other(found: re.Match[str]) -> str:
        word = found[0].lower()
        if word in ("im", "ive"):
            return f"{speaker} {'is' if word == 'im' else 'has'}"
        if word in ("your", "yours"):
            return genitive(addressee) if addressee else found[0]
        return genitive(speaker) if _MINE[word] else speaker

    return _OTHERS.sub(other, _SUBJECT.sub(subject, text))


def _like(word: str, other: str) -> str:
    """Another word with a capital where a word has one."""
    return other.capitalize() if word[:1].isupper() else other
