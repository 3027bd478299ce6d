"""Dates that depend on the day they are said on, made absolute: "last Friday" becomes "on Friday 3 May 2024".

    I saw her yesterday, and next month we go to Rome.    ->    I saw her on 6 May 2024, and in June 2024 we go to Rome.

What is said no more exactly stays no more exact: a week, a month, a year. What nobody can date stays as it is ("the
other day", "every Friday"), and so does a day without its year, which may be a birthday. A pattern finds what may be a
date; what it means is said by the package dateparser, which is loaded when the first one is found. English only.

Knows nothing about speakers and conversations.
"""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal

from parametric_memory.text.verbs import tells_of_past

Prefer = Literal["past", "future"]

_MONTHS, _DAYS = [*month_name][1:], [*day_name]
_SEASONS = {"spring": "April", "summer": "July", "autumn": "October", "fall": "October", "winter": "January"}
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_FEW = {"a couple of": "2", "a couple": "2", "half a": "6 months", "a": "1", "an": "1"}

_DAY, _MONTH, _SEASON = "|".join(_DAYS), "|".join(_MONTHS), "|".join(_SEASONS)
_PART = r"morning|afternoon|evening|night"
_RANGE = rf" ?(?:to|till|until|through|-|\u2013) ?(?:{_DAY})"
_COUNT = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}|{'|'.join(_FEW)}"
_UNIT = r"(?:day|week|fortnight|month|year)s?"
_WHICH = r"last|next|this coming|this past|this|the coming"
_EXPRESSION = re.compile(
    rf"(?<![\w-])(?:"
    rf"(?P<plain>the day before yesterday|the day after tomorrow|yesterday|today|tomorrow)(?: (?P<part>{_PART}))?|"
    rf"(?P<night>tonight|last night)|this (?P<of_today>{_PART})|"
    rf"(?P<ago>(?P<count>{_COUNT}) ?(?P<unit>{_UNIT})) ago|"
    rf"(?:in (?P<in>(?P<in_count>{_COUNT}) ?(?P<in_unit>{_UNIT}))(?:['\u2019]s? time)?|"
    rf"(?P<from>(?P<from_count>{_COUNT}) ?(?P<from_unit>{_UNIT})) from (?:now|today))|"
    rf"(?:on )?(?P<which_day>{_WHICH}) (?P<day>{_DAY})(?: (?P<day_part>{_PART}))?|"
    rf"(?:(?:in|on|at|over|during) )?(?:(?P<which>{_WHICH}) (?P<span>week|month|year|weekend|{_MONTH}|{_SEASON})|"
    rf"(?:at|over|on) the (?P<the_weekend>weekend))|"
    rf"(?:on )?(?<!every )(?<!each )(?<!good )(?<!black )(?<!easter )(?<!cyber )(?P<bare>{_DAY})(?!{_RANGE})"
    rf"(?: (?P<bare_part>{_PART}))?|"
    rf"(?:on |(?<=\bfrom )|(?<=\bby )|(?<=\buntil )|(?<=\btill )|(?<=\bsince )|(?<=\bbefore )|(?<=\bafter ))"
    rf"the (?P<nth>\d{{1,2}})(?:st|nd|rd|th)(?! (?:of|floor|{_MONTH}))"
    rf")(?![\w-])",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.!?\u2014]| (?:and|but|because|so|which|who|when|that|since|before|after|until) ")
_RANGE_BEFORE = re.compile(rf"(?:{_DAY}) ?(?:to|till|until|through|-|\u2013) ?$", re.IGNORECASE)
_LOOKED_AT = 300  # characters to each side of a date
_KEPT = 4096  # dates that were parsed; people say "yesterday" often
_LEAST_CLAUSE = 2  # words beside a date that may have a verb among them
_PREPOSITION = re.compile(
    r"\b(?:since|until|till|by|from|of|for|before|after|to|through|than|between|on|in|during|over) $", re.IGNORECASE
)
_LEADING, _OWNS = re.compile(r"^(?:on|in)(?: the \w+ of)? "), re.compile(r"['\u2019]s\b")
_IS = re.compile(r" (?:is|was|will be|would be)\b")


def absolute(sentence: str, said_at: date) -> str:
    """A sentence with dates in the place of words that only tell them to who knows when it was said.

    Args:
        said_at: when that was; of a datetime, the day counts.
    """
    day = said_at.date() if isinstance(said_at, datetime) else said_at

    whole = cache(lambda: tells_of_past(sentence[:_LOOKED_AT]))

    def dated(found: re.Match[str]) -> str:
        try:
            written = _written(found, day, _is_past(found, whole))
        except (OverflowError, ValueError):  # before the first year, or after the last
            written = None
        if written is None:
            return found[0]
        if _OWNS.match(sentence, found.end()):
            written = _LEADING.sub("", written)
        elif _PREPOSITION.search(_before(found)) or (found.start() == 0 and _IS.match(sentence, found.end())):
            written = re.sub(r"^(?:on|in) ", "", written)
        return written[:1].upper() + written[1:] if found[0][:1].isupper() and found.start() == 0 else written

    return _EXPRESSION.sub(dated, sentence)


def written_day(day: date) -> str:
    """A day as people write it: "7 May 2024"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _written(found: re.Match[str], today: date, past: bool | None) -> str | None:
    """What an expression means, with its preposition; None: nobody can tell."""
    group = found.groupdict()
    prefer: Prefer = "past" if past else "future"
    if group["plain"]:
        return _on(_parsed(group["plain"], today, prefer), part=group["part"])
    if group["night"]:
        return _on(today - timedelta(group["night"].lower() == "last night"), part="night")
    if group["of_today"]:
        return _on(today, part=group["of_today"])
    if group["ago"]:
        return _counted(f"{_number(group['count'], group['unit'])} ago", group["unit"], today)
    if group["in"] or group["from"]:
        count, unit = group["in_count"] or group["from_count"], group["in_unit"] or group["from_unit"]
        # What was done in two days took so long.
        return None if group["in"] and past else _counted(f"in {_number(count, unit)}", unit, today)
    if group["day"]:
        which = re.sub(r"(?:this|the) coming", "next", re.sub("this past", "last", group["which_day"].lower()))
        return _on(_parsed(f"{which} {group['day']}", today, prefer), group["day"], group["day_part"])
    if group["span"] or group["the_weekend"]:
        return _span(group["which"] or "", group["span"] or "weekend", today, past)
    if group["bare"]:
        if _RANGE_BEFORE.search(_before(found)):
            return None
        return _on(_parsed(group["bare"], today, prefer), group["bare"], group["bare_part"])
    return _on(_nth(int(group["nth"]), today, past))


def _span(which: str, span: str, today: date, past: bool | None) -> str | None:
    """A week, a weekend, a month, a season or a year."""
    which, span = which.lower(), span.lower()
    last, following = which in ("last", "this past"), which in ("next", "this coming", "the coming")
    if span in ("week", "weekend"):
        weeks = -1 if last or (not which and past and today.weekday() < 5) else int(following)
        monday = today - timedelta(today.weekday()) + timedelta(weeks=weeks)
        if span == "week":
            return f"in the week of {written_day(monday)}"
        return f"on the weekend of {written_day(monday + timedelta(5))}"
    prefer: Prefer = "past" if last or (past and not following) else "future"
    if span in ("month", "year"):
        day = _parsed(f"{'last' if last else 'next' if following else 'this'} {span}", today, prefer)
    else:
        day = _parsed(_SEASONS.get(span, span), today, prefer)
    if day is None:
        return None
    if span in _SEASONS:
        return f"in the {span} of {day.year}"
    return f"in {day.year}" if span == "year" else _in_month(day)


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
    """The day of a month with a number that is next to come, or was last."""
    step = -1 if past else 1
    for days in range(1, 62):
        day = today + timedelta(step * days)
        if day.day == number:
            return day
    return None


@lru_cache(_KEPT)
def _parsed(phrase: str, today: date, prefer: Prefer) -> date | None:
    import dateparser

    settings = {"RELATIVE_BASE": datetime(today.year, today.month, today.day, 12), "PREFER_DATES_FROM": prefer}
    found = dateparser.parse(phrase, languages=["en"], settings={**settings, "PREFER_DAY_OF_MONTH": "first"})
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
    around = f"{_CLAUSE.split(before)[-1]} {_CLAUSE.split(after, maxsplit=1)[0]}"
    own = tells_of_past(around)
    return whole() if own is None and len(around.split()) < _LEAST_CLAUSE else own


def _before(found: re.Match[str]) -> str:
    """What stands before an expression, as far as it matters."""
    return found.string[max(0, found.start() - _LOOKED_AT) : found.start()]
