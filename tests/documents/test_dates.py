from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from parametric_memory.documents.dates import check_order, moment, times_of, with_dates
from parametric_memory.errors import SettingsError

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        *("2025-01-01", "2025-01-01T00:00", "2025-01-01T01:00+01:00", date(2025, 1, 1), datetime(2025, 1, 1)),
        datetime(2024, 12, 31, 19, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_moment_without_a_time_zone_is_of_utc(given: date | str) -> None:
    assert moment(given, "at") == NEW_YEAR


def test_a_day_is_whole() -> None:
    assert times_of(valid_from="2025-01-01", valid_until="2025-01-01") == {
        "valid_from": NEW_YEAR,
        "valid_until": NEW_YEAR + timedelta(days=1),
    }
    assert times_of(valid_until=NEW_YEAR) == {"valid_until": NEW_YEAR}
    assert times_of(valid_until="9999-12-31")["valid_until"] == datetime.max.replace(tzinfo=UTC)


def test_only_what_was_given_is_told() -> None:
    assert times_of() == {}
    assert times_of(None, "", "") == {"valid_from": None, "valid_until": None}
    assert times_of("never", changes=True) == {"expires_at": None}
    assert set(times_of(timedelta(1))) == {"expires_at"}


@pytest.mark.parametrize("given", ["soon", "2025-13-01", True, "1-1-1"])
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(SettingsError, match=r"^valid_from is '.*', which is no time: write a day"):
        times_of(valid_from=given)  # type: ignore[arg-type]


def test_nothing_ends_before_it_begins() -> None:
    with pytest.raises(SettingsError, match=r"valid_until \(2025-01-01 00:00 UTC\) is not after valid_from"):
        times_of(valid_from=NEW_YEAR, valid_until=NEW_YEAR)
    check_order({"valid_from": None, "valid_until": NEW_YEAR})


TUESDAY = date(2024, 5, 7)


@pytest.mark.parametrize(
    "text",
    [
        "I moved yesterday (6 May 2024).",
        "Tomorrow (8 May 2024) is my birthday.",
        "She will come tomorrow (8 May 2024).",
        "The day after tomorrow (9 May 2024) I fly.",
        "Where will I be day after tomorrow (9 May 2024)?",
        "He slept until 10 this morning (7 May 2024).",
        "I've been here since last night (6 May 2024).",
        "That was two days ago (5 May 2024).",
        "We went there three weeks ago (around 16 April 2024).",
        "I quit three months ago (February 2024).",
        "That was about five years ago (2019).",
        "It begins 3 weeks from now (around 28 May 2024).",
        "It begins next month (June 2024).",
        "We met last week (the week of 29 April 2024).",
        "I left last Friday (3 May 2024).",
        "We meet next Monday (13 May 2024).",
        "We meet next Tuesday (14 May 2024).",
        "That was five years ago (2019) today.",
        "We meet this Friday (10 May 2024).",
        "We went to the zoo on Sunday (5 May 2024).",
        "We are going to the zoo on Sunday (12 May 2024).",
        "We had lunch, and I'll fly on Sunday (12 May 2024).",
        "I'll call on Monday (13 May 2024), and I saw Rex on Monday (6 May 2024).",
        "I took the dog for a walk today (7 May 2024).",
        "How are you doing today (7 May 2024)?",
        "Perhaps later today (7 May 2024).",
        "Sarah is coming on Sunday (12 May 2024).",
        "I was ill last month (April 2024), and they sent me home on Monday.",
    ],
)
def test_a_date_stands_beside_the_words_that_mean_it(text: str) -> None:
    said = re.sub(r" \([^)]*\d{4}\)", "", text)
    assert said != text and with_dates(said, TUESDAY) == text
    assert with_dates(said, datetime(2024, 5, 7, 23, 59)) == text


@pytest.mark.parametrize(
    "said",
    [
        "I'm away from Friday the 16th to Monday.",
        "She comes but only on Saturday.",
        "We open on Friday.",  # every Friday, or this one
        "We met on Tuesday.",  # today, or a week ago
        "I'll see you on Tuesday.",
        "I'll come on Friday or on Saturday.",
        "We always went there on Sunday.",
        "She comes next Friday.",  # in this week, or in the next one
        "I left last Monday.",
        "She starts school next year.",
        "It ended 4 years and 2 months ago.",
        "Four score and seven years ago our fathers came.",
        "It ends twenty five years from now.",
        "I thought you had three tests without the one on Friday.",
        "If I go away, they will write on Friday.",
        "The last week was hard.",
        "I saw her last week.",
        "I loved our last night and her last year of school.",
        "It was in the autumn of last year of the war.",
        "It took a year or two years ago it was.",
        "We moved Saturday a week ago.",
        "It broke three weeks ago tomorrow.",
        "It rained all last year.",
        "On Sunday afternoons we slept.",
        "Last week's meeting was long.",
        "More than 3 years ago.",
        'She wrote: "I love you. I come tomorrow." Then she left.',
        "Run `today` and `git log --since yesterday`.",
        "I saw him the other day.",
        "Most cinemas today are cold.",
        "It was often warmer than today.",
        "There will be more of it than there is today.",
        "What one buys today is old tomorrow.",
        "It's amazing how much we have today.",
        "> I'll try that tomorrow.",
        "She left 1.5 years ago, or 2 1/2 years ago.",
        "They run like there's no tomorrow.",
        "It was late, and he was going to fly tomorrow.",
        "They wanted to talk to me on Friday.",
        "So did we decide what to cook on Friday?",
        "If I woke up tomorrow and all were gone, I would sing.",
        "He told me to come on Friday.",
        "It feels like I booked it just yesterday.",
        "Your room on Monday was booked, and an item called lunch on Friday.",
    ],
)
def test_what_may_mean_something_else_stays_alone(said: str) -> None:
    assert with_dates(said, TUESDAY) == said


@pytest.mark.parametrize("said", ["She comes next Friday.", "We met last week.", "We meet next week."])
def test_on_a_sunday_the_next_week_may_have_begun(said: str) -> None:
    assert with_dates(said, date(2024, 5, 5)) == said


def test_on_a_monday_last_sunday_may_be_yesterday() -> None:
    assert with_dates("I left last Sunday.", date(2024, 5, 6)) == "I left last Sunday."
    assert with_dates("I left last Sunday.", date(2024, 5, 8)) == "I left last Sunday (5 May 2024)."


def test_before_the_first_year_there_is_no_date() -> None:
    assert with_dates("That was 900 years ago.", date(800, 1, 1)) == "That was 900 years ago."


def test_the_library_is_loaded_when_it_is_needed() -> None:
    code = (
        "import sys; from datetime import date; import parametric_memory.documents.dates as d; "
        "d.with_dates('It was yesterday.', date(2024, 5, 7)); assert 'dateparser' not in sys.modules; "
        "d.moment_of('7 May 2024'); assert 'dateparser' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
