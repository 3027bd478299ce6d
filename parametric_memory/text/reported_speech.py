"""What somebody said, with names in place of "I", "my", "you" and "our": a sentence that can stand by itself.

    I think my sister told you.    ->    Ana thinks Ana's sister told Ben.

"You" is the other one, where two talk. "We" is both where it is asked about; else it may be anybody, and stays: the
name of who says it stands before it anyway. What is "ours" is also the speaker's. English only, as the embedders are.

Knows nothing about conversations and dates.
"""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Callable, Container

from parametric_memory.text.verbs import AGREEING, IRREGULAR_PAST, MODALS, is_past, third_person

_ADVERBS = (
    r"(?:(?!(?:apply|comply|fly|imply|multiply|rely|reply|supply)\b)\w+ly|just|also|always|never|still|only|even|often|"
    r"sometimes|almost|already|now|once|soon|kind of|sort of|myself|yourself)"
)
_AUXILIARIES = AGREEING | MODALS
_UNMARKED = {word.replace("'", ""): word for word in _AUXILIARIES if word.endswith("n't")}  # as many type them
_AUXILIARY = "|".join(sorted(map(re.escape, _AUXILIARIES | _UNMARKED.keys()), key=len, reverse=True))
_MINE = {"my": "'s", "mine": "'s", "our": "'s", "ours": "'s", "me": "", "i": ""}
_APART, _ALONE = r"(?<!\w[-./])", r"\b(?![-./]\w)"  # before and behind a word that is no part of A.I., I-95 and I/O
_HIDDEN = "\0"  # stands for what is kept as it is; no text has it
QUOTED = re.compile(rf"{_HIDDEN}|(?<!\d)[\"\u201c][^\"\u201d]*(?:[\"\u201d]|$)")  # behind a number are inches
_FIXED = re.compile(  # in which nobody is meant
    rf"{_HIDDEN}|\byou (?:know|see)\b(?=,)|(?<=, )you (?:know|see)\b|\byou(?:'re| are) welcome\b|"
    r"\bme too\b|\b(?:oh|dear|goodness|for the love of) my\b|\bmy (?:god|goodness|word|lord)\b|\bI see\b[,.!]|"
    r"\byou (?:guys|people|all|both|two|lot)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(rf"{_HIDDEN}|\b(?:thank|thanks to|see|love|bless|excuse|mind) you\b", re.IGNORECASE)
_ACTS = re.compile(  # before a verb: it is said of somebody
    rf"(?:\b(?:I|we|they|he|she|who|to|{_AUXILIARY})|'(?:d|ll|ve))(?: (?:not|{_ADVERBS}))* $", re.IGNORECASE
)
_SUBJECT = re.compile(  # who does something, and what: an auxiliary before, or a verb behind
    rf"\b(?:(?P<before>{_AUXILIARY}) )?{_APART}(?P<who>I|you){_ALONE}(?P<short>'(?:m|re|ve|ll|d)\b)?"
    rf"(?P<between>(?: {_ADVERBS}\b)*)(?: (?P<verb>[^\W\d_]+(?:'t)?)\b(?!-))?",
    re.IGNORECASE,
)
_YOU_ACT = re.compile(  # before a "you" that does something, rather than something being done to it
    r"(?:(?P<alone>^|[,;:.!?\u2014(] ?)|\b(?:(?<!\bhim )(?<!\bher )(?<!\bthem )(?<!\bme )and|because|but|how|if|or|so|"
    r"that|though|unless|what|when|where|whether|which|while|who|why) )$",
    re.IGNORECASE,
)
_WITH_OTHERS = re.compile(  # who else does it: "my sister and"
    r"(?:^|[,;:.!?] )(?!(?:\S+ )*?(?:I|you|we|he|she|it|they|this|that|there)\b)(?:[\w-]+ ){1,3}(?:and|or|nor) $",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(r"[^\W_],? (?P<name>[^\W\d_][\w'-]*) $")  # which does not begin the sentence
_NO_NUMBER = frozenset([*day_name, *month_name, "I"])  # names that no number belongs to
_SOMETIME = re.compile(  # before a subject: where or when something is done; no "after", which begins a clause, too
    r"(?:^|[,;:.!?] )(?:(?:and|but|so) |(?:\w+ ){0,2}(?:I|you|we|he|she|it|they)(?:'\w+)? (?:[\w']+ ){1,4})?"
    r"(?:about|around|at|during|every|for|from|in|last|near|next|on|this|to|with) (?:\w+ ){1,4}$",
    re.IGNORECASE,
)
_OTHERS = re.compile(rf"\b(?!(?-i:IM)\b){_APART}(?:me|my|mine|our|ours|your|yours|im|ive){_ALONE}", re.IGNORECASE)
_BOTH = re.compile(rf"\b(?!(?-i:US)\b){_APART}(?:we|us){_ALONE}(?!')", re.IGNORECASE)
_BEFORE_OWN = (  # behind which "mine" is somebody's, and no pit
    frozenset("all and as be been but for from in is isn't it like not of on or than them with".split())
    | _AUXILIARIES
    | IRREGULAR_PAST
)
_LOOKED_BACK = 60  # characters, in which it stands who does something beside the speaker
_SHORT = {"'m": " is", "'re": " is", "'ve": " has", "'ll": " will"}


def reported(sentence: str, speaker: str, addressee: str | None = None) -> str:
    """A sentence as somebody else tells it. What stands in double quotes is kept.

    Args:
        speaker: the name of who says it.
        addressee: the name of whom it is said to; None: several people, or nobody knows.
    """

    def tell(text: str) -> str:
        told = _told(text, speaker, addressee)
        if addressee and sentence.rstrip().endswith("?"):
            told = _BOTH.sub(f"{speaker} and {addressee}", told)
        return told

    def tell_but_greetings(text: str) -> str:
        return besides(_GREETING, text, tell, unless=_is_said_of_somebody)

    def tell_unquoted(text: str) -> str:
        return besides(_FIXED, re.sub(r"(?<=\w)\u2019(?=\w)", "'", text), tell_but_greetings)

    told = besides(QUOTED, sentence, tell_unquoted)
    return told[:1].upper() + told[1:] if sentence[:1].isupper() else told


def besides(
    kept: re.Pattern[str],
    text: str,
    change: Callable[[str], str],
    unless: Callable[[re.Match[str]], bool] = lambda _: False,
) -> str:
    """A text changed, but for what is kept in it.

    Args:
        kept: finds that, and what is hidden already.
        change: is told the text with one character in the place of each.
        unless: whether something that is found is changed, too.
    """
    hidden: list[str] = []

    def hide(found: re.Match[str]) -> str:
        if found[0] != _HIDDEN and unless(found):
            return found[0]
        hidden.append(found[0])
        return _HIDDEN

    changed, places = change(kept.sub(hide, text)), iter(hidden)
    return re.sub(_HIDDEN, lambda _: next(places), changed)


def genitive(name: str) -> str:
    """A name in front of what is its bearer's."""
    return f"{name}'s"


def _is_said_of_somebody(found: re.Match[str]) -> bool:
    return _ACTS.search(_before(found)) is not None


def _before(found: re.Match[str]) -> str:
    """What stands before something, as far as it matters."""
    return found.string[max(0, found.start() - _LOOKED_BACK) : found.start()]


def _told(text: str, speaker: str, addressee: str | None) -> str:
    names = {name.split()[-1] for name in (speaker, addressee) if name}
    in_capitals, calls = text.isupper(), text.rstrip().endswith(("!", "?"))

    def subject(found: re.Match[str]) -> str:
        is_speaker = found["who"].lower() == "i"
        name = speaker if is_speaker else addressee
        if name is None or (is_speaker and not in_capitals and _is_number(found, names)):
            return found[0]
        before, between, verb = found["before"], found["between"] or "", found["verb"]
        if not before and _WITH_OTHERS.search(_before(found)):
            return f"{name}{found[0][len(found['who']) :]}"
        if before:
            before = f"{_like(before, _agreeing(before))} "
        elif found["short"] is None and verb and (is_speaker or _agrees(verb) or _you_act(found, calls)):
            verb = _agreeing(verb)
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
        if word == "mine" and not _is_own(_before(found), names):
            return found[0]
        return genitive(speaker) if _MINE[word] else speaker

    return _OTHERS.sub(other, _SUBJECT.sub(subject, text))


def _is_number(found: re.Match[str], names: Container[str]) -> bool:
    """Whether an "I" is the first of kings, wars and types, as it may be behind a name.

    It is not where only who speaks can do what stands behind it ("am"), nor where somebody does something somewhere
    ("In Rome I saw"): there, a number would leave nobody to do it.

    Args:
        names: of who talks.
    """
    verb = (found["verb"] or "").lower()
    if found["who"] != "I" or found["before"] or found["short"] or _agrees(verb):
        return False
    before = _before(found)
    last = _AFTER_NAME.search(before)
    if last is None or not last["name"][0].isupper() or last["name"] in _NO_NUMBER or last["name"] in names:
        return False
    acts = found["between"] or is_past(verb) or verb in MODALS or verb in _UNMARKED
    return not (acts and _SOMETIME.search(before))


def _you_act(found: re.Match[str], calls: bool) -> bool:
    """Whether a "you" and the word behind it are surely somebody and a verb: no "you kids", "you idiot!", "you ready?".

    calls: whether the sentence is a question or an exclamation.
    """
    before = _YOU_ACT.search(_before(found))
    if before is None or re.search(r"[^s]s$", found["verb"]):
        return False
    return before["alone"] is None or (found.string.startswith(" ", found.end()) and not calls)


def _is_own(before: str, names: Container[str]) -> bool:
    """Whether a "mine" is what somebody has, by what stands before it.

    Args:
        names: of who talks, whose verbs stand behind them.
    """
    words = before.split()[-2:]
    if not words or not words[-1][-1].isalnum():
        return True
    return words[-1].lower() in _BEFORE_OWN or words[-1].endswith("'s") or (len(words) > 1 and words[0] in names)


def _agrees(verb: str) -> bool:
    """Whether a word is an auxiliary that agrees with what stands before it, with its apostrophe or without."""
    return _UNMARKED.get(verb.lower(), verb.lower()) in AGREEING


def _agreeing(verb: str) -> str:
    """A verb, or an auxiliary without its apostrophe, as it stands behind a name."""
    marked = _UNMARKED.get(verb.lower())
    return third_person(marked).replace("'", "") if marked else third_person(verb)


def _like(word: str, other: str) -> str:
    """Another word with a capital where a word has one."""
    return other.capitalize() if word[:1].isupper() else other
