"""Dates that depend on the day they are said on, made absolute: "last Friday" becomes "on Friday 3 May 2024".

    I saw her yesterday, and next month we go to Rome.    ->    I saw her on 6 May 2024, and in June 2024 we go to Rome.

What is said no more exactly stays no more exact: a week, a month, a year. What nobody can date stays as it is ("the
other day", "every Friday"), and so does a day without its year, which may be a birthday, and what may be something else
than a date ("the Sunday Times", "Happy Friday", "her last week of school"). A pattern finds what may be a date, and the
words beside it tell whether it is one; what it means is said by the package dateparser, which is loaded when the first
one is found. English only.

Knows nothing about speakers and conversations.
"""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal

from parametric_memory.text.names import FUNCTION_WORDS
from parametric_memory.text.verbs import AGREEING, MODALS, is_past, tells_of_past

Prefer = Literal["past", "future"]

_MONTHS, _DAYS = [*month_name][1:], [*day_name]
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the months they begin with
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_FEW = {"a couple of": "2", "a couple": "2", "half a": "6 months", "a": "1", "an": "1"}

_DAY, _SEASON = "|".join(_DAYS), "|".join(_SEASONS)
_WORDS_TOO = ("March", "May", "August")  # in lower case they are other words: "this may work"
_MONTH = "|".join(f"(?-i:{month})" if month in _WORDS_TOO else month for month in _MONTHS)
_PART = r"morning|afternoon|evening|night"
_RANGE = rf" ?(?:to|till|until|through|-|\u2013) ?(?:{_DAY})"
_COUNT = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}|{'|'.join(_FEW)}"
_UNIT = r"(?:day|week|fortnight|month|year)s?"
_WHICH = r"last|next|this coming|this past|this|the coming"
_EXPRESSION = re.compile(
    rf"(?<![\w-])(?:"
    rf"(?P<plain>the day before yesterday|the day after tomorrow|yesterday|today|tomorrow)(?: (?P<part>{_PART}))?|"
    rf"(?P<night>tonight|last night)|this (?P<of_today>{_PART})|"
    rf"(?P<ago>(?P<count>{_COUNT}) ?(?P<unit>{_UNIT})) ago(?: (?P<ago_from>yesterday|today|tomorrow))?|"
    rf"(?:in (?P<in>(?P<in_count>{_COUNT}) ?(?P<in_unit>{_UNIT}))(?:['\u2019]s? time)?|"
    rf"(?P<from>(?P<from_count>{_COUNT}) ?(?P<from_unit>{_UNIT})) from (?:now|today))|"
    rf"the (?P<how>last|past) (?P<up_to>week|month|year)|"
    rf"(?:on )?(?P<which_day>{_WHICH}) (?P<day>{_DAY})(?: (?P<day_part>{_PART}))?|"
    rf"(?:(?:in|on|at|over|during) )?(?:(?P<which>{_WHICH}) (?P<span>week|month|year|weekend|{_MONTH}|{_SEASON})|"
    rf"(?:at|over|on) the (?P<the_weekend>weekend))|"
    rf"(?P<bare_on>on )?(?P<bare>{_DAY})(?!{_RANGE})(?: (?P<bare_part>{_PART}))?|"
    rf"(?:on |(?<=\bfrom )|(?<=\bby )|(?<=\buntil )|(?<=\btill )|(?<=\bsince )|(?<=\bbefore )|(?<=\bafter ))"
    rf"the (?P<nth>\d{{1,2}})(?:st|nd|rd|th)"
    rf")(?![\w-])",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.!?\u2014]| (?:and|but|because|so|which|who|when|that|since|before|after|until) ")
_RANGE_BEFORE = re.compile(rf"(?:{_DAY}) ?(?:to|till|until|through|-|\u2013) ?$", re.IGNORECASE)
_LOOKED_AT = 300  # characters to each side of a date
_KEPT = 4096  # dates that were parsed; people say "yesterday" often
_LEAST_CLAUSE = 2  # words beside a date that may have a verb among them
_PREPOSITION = re.compile(  # words before a date that need no other
    r"\b(?:since|until|till|by|from|of|for|before|after|to|through|than|between|on|in|during|over|about|around|"
    r"spend|spent|spending) $",
    re.IGNORECASE,
)
_LASTING = re.compile(r"\b(?:for|in|over|during|within|throughout|spend|spent|spending) $", re.IGNORECASE)
_SINCE = re.compile(r"\bsince $", re.IGNORECASE)
_LEADING, _OWNS = re.compile(r"^(?:on|in)(?: the \w+ of)? "), re.compile(r"['\u2019]s\b")
_WEEK = re.compile(r"^(?:on|in) the week(?:end)? of ")
_IS = re.compile(r" (?:is|was|will be|would be)\b")
_IS_BEFORE = re.compile(r"(?:\b(?:is|was|be)|\b(?:it|that)['\u2019]s) $", re.IGNORECASE)

# What a weekday stands beside where it is only a day: small words, but those that make a noun of it.
_DETERMINERS = frozenset(
    "a all an another any each every his its my no one our some the their these those very whole your".split()
)
_ALSO_DETERMINERS = frozenset("her that this what which whose".split())  # or no such: "I saw her last week"
_SMALL = FUNCTION_WORDS | MODALS | AGREEING
_BEHIND = (_SMALL - {"of", "may"}) | frozenset("after again because before but if not since so than then until".split())
_AHEAD = (_SMALL - _DETERMINERS - _ALSO_DETERMINERS) | frozenset(
    "about after around because before but here him if not since so than then there through till until us".split()
)
_BEFORE_VERB = MODALS | AGREEING | frozenset("be been does has he i is it let not she they to we who you".split())
_NAMED = frozenset("black cyber easter good".split())  # what is no attribute of a day, but makes its name
_WORD = re.compile(r"[\w'\u2019-]+|[^\w\s]")
_LIST = re.compile(rf"(?:\b(?:{_DAY})s?(?:, |,? (?:and|or|&) ))+$", re.IGNORECASE)  # the days before one of several
_ITS_DATE = re.compile(rf",? (?:the )?(?:\d|(?:{_MONTH})\b)", re.IGNORECASE)  # "Friday, 10 May"
_NOT_ALONE = re.compile(rf" (?:[A-Z][\w-]|of\b|(?:{_WHICH})\b|(?:{_PART})s\b|week\b)")
_OF_ANOTHER = re.compile(r"\b(?:week|weekend|month|year|ago) $", re.IGNORECASE)  # "last week on Monday"


def absolute(sentence: str, said_at: date) -> str:
    """A sentence with dates in the place of words that only tell them to who knows when it was said.

    Args:
        said_at: when that was; of a datetime, the day counts.
    """
    day = said_at.date() if isinstance(said_at, datetime) else said_at

    whole = cache(lambda: tells_of_past(sentence[:_LOOKED_AT]))

    def dated(found: re.Match[str]) -> str:
        try:
            written = _written(found, day, _is_past(found, whole)) if _is_date(found) else None
        except (OverflowError, ValueError):  # before the first year, or after the last
            written = None
        return found[0] if written is None else _fitted(written, found)

    return _EXPRESSION.sub(dated, sentence)


def written_day(day: date) -> str:
    """A day as people write it: "7 May 2024"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _is_date(found: re.Match[str]) -> bool:
    """Whether an expression is a date by the words beside it; False: it may be something else, or a part of a date."""
    group, before, after = found.groupdict(), _before(found), found.string[found.end() : found.end() + _LOOKED_AT]
    word = _words_before(before)[-1].lower()
    if word == "ago" or (group["ago"] and after.startswith(" ") and _EXPRESSION.match(after, 1)):
        return False
    if (group["day"] or group["bare"]) and (_ITS_DATE.match(after) or _OF_ANOTHER.search(before)):
        return False
    if group["bare"]:
        return _stands_alone(bool(group["bare_on"]), before, after)
    if group["nth"]:
        return _may_follow(after)
    if group["up_to"]:
        # Only so is it surely the time up to now, and not the end of some other.
        is_lasting = group["how"].lower() == "past" or _LASTING.search(before) is not None
        return is_lasting and not re.match(r" (?:of|before)\b|['\u2019]", after)
    is_noun = group["day"] or group["span"] or group["night"]
    return not (is_noun and (word in _DETERMINERS or re.match(r" of\b", after)))


def _stands_alone(has_preposition: bool, before: str, after: str) -> bool:
    """Whether a weekday is a day by itself, and no part of a name, of a range or of what a noun is called by."""
    if _NOT_ALONE.match(after) or _RANGE_BEFORE.search(before):
        return False
    return has_preposition or (_may_precede(_words_before(before)) and _may_follow(after))


def _words_before(before: str) -> list[str]:
    """The words and marks in front of an expression, or of the days that are named with it; a mark at the beginning."""
    return [".", *_WORD.findall(_LIST.sub("", before))]


def _may_precede(words: list[str]) -> bool:
    """Whether a day may stand behind words: behind a small one, or a verb; any other may be its attribute."""
    third, second, word = (["."] * 2 + words)[-3:]
    if not word[0].isalnum() or _is_small(word, _AHEAD):
        return True
    if word[0].isupper() or word.lower() in _NAMED:
        return False
    of_noun = second.lower() in _DETERMINERS | _ALSO_DETERMINERS or third.lower() in _DETERMINERS
    return _is_small(second, _BEFORE_VERB) or (is_past(word) and not of_noun)


def _may_follow(after: str) -> bool:
    """Whether what stands behind a day is a mark or a small word; any other may be a noun that the day belongs to."""
    word = _WORD.match(after[1:]) if after[:1] == " " else None
    return word is None or not word[0][0].isalnum() or _is_small(word[0], _BEHIND)


def _is_small(word: str, small: frozenset[str]) -> bool:
    """Whether a word is one of the small ones, or short for one with a verb: "it's"."""
    word = word.lower().replace("\u2019", "'")
    short = re.fullmatch(r"(\w+)'(?:d|ll|m|re|s|ve)", word)
    return word in small or (short is not None and short[1] in FUNCTION_WORDS | {"let"})


def _fitted(written: str, found: re.Match[str]) -> str:
    """A date as it fits in a sentence in the place of an expression."""
    sentence, before = found.string, _before(found)
    is_bare = found["bare"] is not None and not found["bare_on"]
    if _OWNS.match(sentence, found.end()):
        if _WEEK.match(written):  # of which the first day would remain
            return found[0]
        written = _LEADING.sub("", written)
    elif (
        _PREPOSITION.search(before)
        or (is_bare and _IS_BEFORE.search(before))
        or ((is_bare or found.start() == 0) and _IS.match(sentence, found.end()))
    ):
        written = re.sub(r"^(?:on|in) ", "", written)
    return written[:1].upper() + written[1:] if found[0][:1].isupper() and found.start() == 0 else written


def _written(found: re.Match[str], today: date, past: bool | None) -> str | None:
    """What an expression means, with its preposition; None: nobody can tell."""
    group = found.groupdict()
    if group["plain"]:
        return _on(_parsed(group["plain"], today, "future"), part=group["part"])
    if group["night"]:
        return _on(today - timedelta(group["night"].lower() == "last night"), part="night")
    if group["of_today"]:
        return _on(today, part=group["of_today"])
    if group["ago"]:
        return _ago(_number(group["count"], group["unit"]), group["unit"], today, group["ago_from"])
    if group["in"] or group["from"]:
        count, unit = group["in_count"] or group["from_count"], group["in_unit"] or group["from_unit"]
        # What was done in two days took so long.
        return None if group["in"] and past else _counted(f"in {_number(count, unit)}", unit, today)
    if group["up_to"]:
        return f"the {group['up_to'].lower()} up to {written_day(today)}"
    if group["day"]:
        return _on(_weekday(_direction(group["which_day"]), group["day"], today, past), group["day"], group["day_part"])
    if group["span"] or group["the_weekend"]:
        return _span(_direction(group["which"] or ""), (group["span"] or "weekend").lower(), today, past)
    if group["bare"]:
        return _on(_weekday("", group["bare"], today, past), group["bare"], group["bare_part"])
    return _on(_nth(int(group["nth"]), today, past))


def _direction(which: str) -> str:
    """One of "last", "this" and "next" for all words that mean it."""
    which = which.lower()
    return "last" if "past" in which else "next" if "coming" in which else which


def _weekday(which: str, day: str, today: date, past: bool | None) -> date | None:
    """A day of the week; without "last" and "next" it is today, or next to come, or was last."""
    if day.capitalize() == _DAYS[today.weekday()] and (which == "this" or not (which or past)):
        return today
    return _parsed(day if which == "this" else f"{which} {day}".strip(), today, "past" if past else "future")


def _span(which: str, span: str, today: date, past: bool | None) -> str | None:
    """A week, a weekend, a month, a season or a year."""
    if span in ("week", "weekend"):
        weeks = -1 if which == "last" or (not which and past and today.weekday() < 5) else int(which == "next")
        monday = today - timedelta(today.weekday()) + timedelta(weeks=weeks)
        if span == "week":
            return f"in the week of {written_day(monday)}"
        return f"on the weekend of {written_day(monday + timedelta(5))}"
    if span in ("month", "year"):
        day = _parsed(f"{which} {span}", today, "future")
        return None if day is None else f"in {day.year}" if span == "year" else _in_month(day)
    begins = _beginning(which, span, today, past)
    if begins is None:
        return None
    if span == "winter":
        return f"in the winter of {begins.year}/{(begins.year + 1) % 100:02}"
    return f"in the {span} of {begins.year}" if span in _SEASONS else _in_month(begins)


def _beginning(which: str, span: str, today: date, past: bool | None) -> date | None:
    """The first day of a month or a season that comes every year; None: it is not sure of which year."""
    first, months = (_SEASONS[span], 3) if span in _SEASONS else (_MONTHS.index(span.capitalize()) + 1, 1)
    now = 12 * today.year + today.month - 1
    latest = now - (now - first + 1) % 12  # the one that began last; it may have ended
    is_over = now >= latest + months
    if which == "last":
        begins = latest if is_over else latest - 12
    else:
        begins = latest + 12 if which == "next" or (is_over and not past) else latest
    if which == "this" and is_over and begins // 12 != today.year:
        # The nearest is meant: who decided in May what to do this summer does not speak of the year before.
        nearest = latest if now - (latest + months - 1) < latest + 12 - now else latest + 12
        if begins != nearest:
            return None
    return date(begins // 12, begins % 12 + 1, 1)


def _ago(number: str, unit: str, today: date, counted_from: str | None) -> str | None:
    """So long before today; to the day, where the day is said that is counted from."""
    if counted_from is None:
        return _counted(f"{number} ago", unit, today)
    start = _parsed(counted_from, today, "past")
    return _on(start and _parsed(f"{number} ago", start, "past", to_the_day=True))


def _counted(phrase: str, unit: str, today: date) -> str | None:
    """So many days, weeks, months or years away: as exactly as people mean it."""
    day = _parsed(phrase, today, "future")
    if day is None:
        return None
    if unit.lower().startswith("day"):
        return _on(day)
    if unit.lower().startswith(("week", "fortnight")):
        return f"around {written_day(day)}"
    is_few = phrase.split()[-3 if phrase.endswith("ago") else -2] == "1" or "month" in phrase
    return _in_month(day) if is_few else f"in {day.year}"


def _number(count: str, unit: str) -> str:
    """A number and its unit as dateparser reads them."""
    count, unit = count.lower(), unit.lower()
    if count == "half a":
        return "6 months" if unit.startswith("year") else "2 weeks" if unit.startswith("month") else f"1 {unit}"
    known = {word: str(number) for number, word in enumerate(_NUMBERS, start=1)} | _FEW
    number = int(known.get(count, count))
    return f"{2 * number} weeks" if unit.startswith("fortnight") else f"{number} {unit}"


def _nth(number: int, today: date, past: bool | None) -> date | None:
    """The day of a month with a number that is today, or next to come, or was last."""
    step = -1 if past else 1
    for days in range(int(bool(past)), 62):
        day = today + timedelta(step * days)
        if day.day == number:
            return day
    return None


@lru_cache(_KEPT)
def _parsed(phrase: str, today: date, prefer: Prefer, to_the_day: bool = False) -> date | None:
    """What the library makes of a phrase. to_the_day: of a month or a year it is the day that today is of its own."""
    import dateparser

    settings = {"RELATIVE_BASE": datetime(today.year, today.month, today.day, 12), "PREFER_DATES_FROM": prefer}
    of_month = {"PREFER_DAY_OF_MONTH": "current" if to_the_day else "first"}
    found = dateparser.parse(phrase, languages=["en"], settings={**settings, **of_month})
    return found.date() if found else None


def _on(day: date | None, weekday: str = "", part: str | None = None) -> str | None:
    """A day, with its name where that was said, and the part of it that was meant."""
    if day is None:
        return None
    of = f"on the {part.lower()} of" if part else "on"
    return f"{of} {weekday.capitalize()} {written_day(day)}".replace("  ", " ")


def _in_month(day: date) -> str:
    return f"in {_MONTHS[day.month - 1]} {day.year}"


def _is_past(found: re.Match[str], whole: Callable[[], bool | None]) -> bool | None:
    """Whether what is said of a date is past, by the verbs of its clause; else by those of the sentence.

    whole: what these say.
    """
    before, after = _before(found), found.string[found.end() : found.end() + _LOOKED_AT]
    if _SINCE.search(before) and not _IS.match(after):  # before a clause it means "because"
        return True
    around = f"{_CLAUSE.split(before)[-1]} {_CLAUSE.split(after, maxsplit=1)[0]}"
    own = tells_of_past(around)
    return whole() if own is None and len(around.split()) < _LEAST_CLAUSE else own


def _before(found: re.Match[str]) -> str:
    """What stands before an expression, as far as it matters."""
    return found.string[max(0, found.start() - _LOOKED_AT) : found.start()]
