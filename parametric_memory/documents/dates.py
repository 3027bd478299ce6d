"""Dates: parsing of timestamps, annotation of relative dates, and the times of entries.

    I saw her yesterday, we go on Friday.    ->    I saw her yesterday (6 May 2024), we go on Friday.

Knows nothing about conversations and entries.
"""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.records import now
from parametric_memory.settings import NEVER

Moment = datetime | date | str
"""A moment, or a day: of Python, or as ISO writes it. Without a time zone it is of UTC."""
Times = Mapping[str, datetime | None]
"""Moments by the fields of an entry; None removes an earlier one."""

LASTING, VALIDITY = "expires_at", ("valid_from", "valid_until")
_LAST = datetime.max.replace(tzinfo=UTC)

_MOST_SECONDS = 1e11  # larger numbers are milliseconds
_LONGEST_STAMP = 80  # characters
_STAMP = re.compile(r"[\w ,./:+()-]+", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?!\d)")
_MONTH_NAMED = re.compile(r"(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?(?: ?(?P<half>[ap])\.?m\b\.?)?", re.IGNORECASE
)
_CACHED = 4096  # parsed dates

_DAYS = [*day_name]
_DAY = "|".join(_DAYS)
_PART = "morning|afternoon|evening|night"
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_NUMBERS = {"a": 1, "an": 1} | {word: number for number, word in enumerate(_WORDS, start=1)}
_IN_NUMBER = r"(?<![./,])(?<! and )(?<![efhnrx]ty )"  # of "1.5 years", "a year and two months", "twenty five"
_RELATIVE = re.compile(
    r"(?P<kept>\"[^\"]*(?:\"|$)|\u201c[^\u201d]*(?:\u201d|$)|`[^`]*`|(?m:^ *>.*))|"  # quotations and code
    r"(?<![\w-])(?:(?P<day>(?:the )?day (?:before yesterday|after tomorrow)|(?:yesterday|tomorrow)"
    rf"(?: (?:{_PART}))?|(?:(?:earlier|later) )?today|tonight|last night|this (?:morning|afternoon|evening))|"
    rf"{_IN_NUMBER}(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)}) (?P<unit>day|week|month|year)s? (?P<way>ago|from now)"
    rf"(?! (?:on )?(?:tomorrow|{_DAY})\b)|"
    r"(?P<which>last|next) (?P<span>week|month)|"
    rf"(?P<of>last|this|next) (?P<of_week>{_DAY})|on (?P<weekday>{_DAY})(?: (?:{_PART}))?)"
    rf"(?![\w-]|['\u2019]s\b| of\b| ago\b| (?:{_PART})s\b)",
    re.IGNORECASE,
)
_DETERMINED = re.compile(  # "the last week", "a year or two years ago", "Saturday a week ago"
    rf"\b(?:{_DAY}|a|all|any|almost|each|every|her|his|its|like|more than|my|nearly|or|our|over|than|that|the|their|"
    r"this|to|until|till|whole|your|-) $",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()\u2014]| (?:and|but|because|so|which|who|when|that|since|before|after|until|if) ")
_OTHER_DATE = re.compile(  # beside a weekday: then it is given, or there are several, or it is of another week
    rf"\d(?:st|nd|rd|th)\b|\b\d{{1,2}}[./]\d|\b(?:{'|'.join([*month_name][1:])}) \d|\b(?:last|next) (?:week|month)\b|"
    rf"\b(?:to|or|and|till|until|through|-|\u2013) (?:on )?(?:{_DAY})\b|"
    rf"\b(?:{_DAY})s?,? (?:to|or|and|till|until|through|-|\u2013) (?:on )?(?:the )?(?:{_DAY}|\d)",
    re.IGNORECASE,
)
_REPEATED = re.compile(
    r"\b(?:always|any|each|either|every|never|often|only|or|sometimes|used to|usually)\b", re.IGNORECASE
)
_FUTURE = re.compile(
    r"\b(?:will|won't|shall|gonna|going to|let's|see you)\b|'ll\b|"
    r"(?:\b(?:am|are|s?he is|s?he's|(?-i:[A-Z][a-z]{2,}) is)|'m|'re) (?:(?!this)\w+ )?\w+(?<!th)ing\b",
    re.IGNORECASE,
)
_PAST = re.compile(  # with a subject: "was booked for" does not mean that the day after it is over
    r"\b(?:(?i:i|you|he|she|it|we|they|who)|[A-Z][a-z]+) (?:\w+ly |also |just |never |only )?"
    r"(?i:had|did|didn't|went|took|made|saw|came|left|began|met|ran|paid|sat|spoke|wrote|lost|fell|"
    r"sent|bought|won|drove|ate|drank|flew|slept|sold|broke|[a-z]{2,}(?<!ee)ed)\b"
)
_PLANNED = re.compile(r"\bto (?!(?:the|an?|my|your|his|her|our)\b)[a-z]|\b(?:had|did)\b")  # "I had a test on Friday"
_SENTENCE, _OURS = re.compile(r"[.!?]"), re.compile(rf"\b(?:i|we|my|our)\b|{_FUTURE.pattern}", re.IGNORECASE)
_NO_DAY = re.compile(  # before an expression: "it feels like yesterday", "if it rains tomorrow", "a year ago today"
    r"\b(?:(?:feels?|felt|seems?|looks?) like|(?:was|were) going to|if)\b|\b(?:ago|no) $", re.IGNORECASE
)
# Days from today
_AWAY = {"yesterday": -1, "tomorrow": 1, "last night": -1, "day before yesterday": -2, "day after tomorrow": 2}
_AROUND = 200  # characters before and after a date in which its clause is looked for


def with_dates(text: str, said_at: date) -> str:
    """Adds dates in parentheses after words such as "yesterday" that have only one meaning.

    A weekday, "today" and "tomorrow" need a verb or a speaker that tells of a day; "next Friday", said on a Tuesday, is
    one of two; what follows "if" may be no day. Quotations are skipped, as their day is unknown. English only.

    said_at: the day on which the text was said.
    """
    day = said_at.date() if isinstance(said_at, datetime) else said_at

    def dated(found: re.Match[str]) -> str:
        try:
            meant = None if found["kept"] else _meant(found, day)
        except (OverflowError, ValueError):  # before the first year, or after the last
            meant = None
        return found[0] if meant is None else f"{found[0]} ({meant})"

    return _RELATIVE.sub(dated, text)


def as_datetime(day: date) -> datetime:
    """The beginning of a day; a datetime as it is."""
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)


def written_day(day: date) -> str:
    """A day such as "7 May 2024"."""
    return f"{day.day} {month_name[day.month]} {day.year}"


def _meant(found: re.Match[str], today: date) -> str | None:
    """The date that an expression means; None: it is ambiguous, or no date."""
    of = {name: (value or "").lower() for name, value in found.groupdict().items()}
    before = _SENTENCE.split(found.string[max(0, found.start() - _AROUND) : found.start()])[-1]
    after = _SENTENCE.split(found.string[found.end() :][:_AROUND])[0]
    is_noun = of["span"] or of["of_week"] or of["count"] or of["day"].endswith("night")
    two_weeks = _DAYS[today.weekday()] == "Sunday" and (of["span"] == "week" or of["of"] == "next")  # it may begin one
    if two_weeks or (is_noun and _DETERMINED.search(before)) or _NO_DAY.search(before):
        return None
    clause = f"{_CLAUSE.split(before)[-1]} {_CLAUSE.split(after, maxsplit=1)[0]}"
    past, future = bool(_PAST.search(clause)), bool(_FUTURE.search(clause))
    if of["day"]:
        if of["day"] == "today" and (" than " in clause or not (past or future)):  # nowadays
            return None
        if of["day"] == "tomorrow" and not _OURS.search(f"{before} {after}"):  # some time
            return None
        named = of["day"].removeprefix("the ")
        return written_day(today + timedelta(_AWAY.get(named.split(" ")[0], _AWAY.get(named, 0))))
    if of["count"]:
        count = int(_NUMBERS.get(of["count"], of["count"]))
        return _away(-count if of["way"] == "ago" else count, of["unit"], today)
    if of["span"]:
        step = -1 if of["which"] == "last" else 1
        if of["span"] == "month":
            return _away(step, "month", today)
        return f"the week of {written_day(today + timedelta(7 * step - today.weekday()))}"
    if _OTHER_DATE.search(f"{before[-40:]}{found[0]}{after[:30]}"):
        return None
    if of["of_week"]:
        return _named(of["of"], of["of_week"], today)
    ahead = (_DAYS.index(of["weekday"].capitalize()) - today.weekday()) % 7
    if past == future or not ahead or _REPEATED.search(clause) or (past and _PLANNED.search(clause)):
        return None
    return written_day(today + timedelta(ahead - 7 if past else ahead))


def _away(count: int, unit: str, today: date) -> str:
    """A date so many units from today, as precise as the unit. Raises ValueError, OverflowError: there is none."""
    if unit in ("day", "week"):
        day = written_day(today + timedelta(**{f"{unit}s": count}))
        return day if unit == "day" else f"around {day}"
    months = 12 * today.year + today.month - 1 + (12 * count if unit == "year" else count)
    month = date(months // 12, months % 12 + 1, 1)
    return f"{month_name[month.month]} {month.year}" if unit == "month" else str(month.year)


def _named(which: str, weekday: str, today: date) -> str | None:
    """A weekday of the last, this or the next week, if it is also the nearest one."""
    ahead = _DAYS.index(weekday.capitalize()) - today.weekday()
    if which == "this":
        return written_day(today + timedelta(ahead)) if ahead > 0 else None
    days = ahead - 7 if which == "last" else ahead + 7
    return written_day(today + timedelta(days)) if 1 < abs(days) <= 7 else None


@lru_cache(_CACHED)
def _parsed(text: str) -> datetime | None:
    """A whole date in English."""
    import dateparser

    whole = {"PARSERS": ["absolute-time"], "STRICT_PARSING": True, "REQUIRE_PARTS": ["day", "month", "year"]}
    return dateparser.parse(text, languages=["en"], settings=whole)


def moment_of(value: object) -> date:
    """Parses a moment or a day: of Python, ISO, written English, or seconds since 1970, which become local time.

    Raises DocumentError.
    """
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
            return date.fromisoformat(value.strip())
        if isinstance(value, str) and not re.fullmatch(r"\d{9,13}(?:\.\d+)?", value.strip()):
            with suppress(ValueError):
                return datetime.fromisoformat(value.strip())
            return _in_words(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = float(value)
            return datetime.fromtimestamp(seconds / (1000 if seconds > _MOST_SECONDS else 1), UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        pass
    named = str(value)[:40] if isinstance(value, str | int | float) else type(value).__name__
    raise DocumentError(f"{named!r} is no time: give a date, a datetime, or one as ISO writes it.")


def _in_words(text: str) -> date:
    """A day or a moment in English, or with the year first. Raises ValueError.

    Months in numbers are ambiguous, as in 5/7. The time of day is parsed here, so that a day is parsed once.
    """
    plain = " ".join(text[: 2 * _LONGEST_STAMP].split())
    year_first = _YEAR_FIRST.match(plain)
    if year_first:
        date(*map(int, year_first.groups()))  # raises; dateparser would try another order
    if len(plain) > _LONGEST_STAMP or not _STAMP.fullmatch(plain) or not (year_first or _MONTH_NAMED.search(plain)):
        raise ValueError("it is no date in English")
    clock = _CLOCK.search(plain)
    day = _parsed(plain if clock is None else f"{plain[: clock.start()]}00:00{plain[clock.end() :]}")
    if day is None:
        raise ValueError("it is no date in English")
    if clock is None:
        return day if day.time() != datetime.min.time() else day.date()
    hour = hour_of(int(clock["hour"]), clock["half"])
    return day.replace(hour=hour, minute=int(clock["minute"]), second=int(clock["second"] or 0))


def hour_of(hour: int, half: str | None) -> int:
    """An hour of 24, from one with AM or PM if there is a half."""
    return hour if not half else hour % 12 + (12 if half.lower() == "p" else 0)


def times_of(
    ttl: object = None, valid_from: Moment | None = None, valid_until: Moment | None = None, *, changes: bool = False
) -> Times:
    """The times of an entry.

    Args:
        ttl: how long the entry is recalled from now on; with `changes`, "never" removes an earlier limit.
        valid_from, valid_until: start and end of the validity, whole days included; an empty text removes a bound.
        changes: whether an existing entry is changed.

    Raises SettingsError: one of them is no time or past the year 9999, or the two are in the wrong order.
    """
    times: dict[str, datetime | None] = {}
    if ttl is not None:
        if not isinstance(ttl, timedelta) and not (changes and ttl == NEVER):
            raise SettingsError(f"ttl must be a timedelta, not {ttl!r}.")
        try:
            times[LASTING] = now() + ttl if isinstance(ttl, timedelta) else None
        except OverflowError as error:
            raise SettingsError(
                f"ttl reaches past the year {datetime.max.year}: give less than {ttl}, or none."
            ) from error
    for name, given in zip(VALIDITY, (valid_from, valid_until), strict=True):
        if given is not None:
            times[name] = None if given == "" else moment(given, name, ends=name == "valid_until")
    check_order(times)
    return times


def moment(given: Moment, name: str, *, ends: bool = False) -> datetime:
    """A moment in UTC; of a day its beginning, or its end if `ends`. name: for messages. Raises SettingsError."""
    try:
        found = moment_of(given)
        at = as_datetime(found)
        if ends and at is not found:
            at = min(at, _LAST.replace(tzinfo=None) - timedelta(days=1)) + timedelta(days=1)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (DocumentError, OverflowError) as error:
        raise SettingsError(
            f"{name} is {str(given)[:40]!r}, which is no time: write a day, 2024-12-31, or a moment, 2024-12-31T18:00."
        ) from error


def check_order(times: Times) -> None:
    """Raises SettingsError: the validity ends before it begins."""
    begins, ends = (times.get(name) for name in VALIDITY)
    if begins is not None and ends is not None and ends <= begins:
        raise SettingsError(
            f"valid_until ({ends:%Y-%m-%d %H:%M} UTC) is not after valid_from ({begins:%Y-%m-%d %H:%M} UTC): give a "
            "later one."
        )
