from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime

import pytest

from parametric_memory.text.relative_dates import absolute

TUESDAY = date(2024, 5, 7)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("I moved yesterday.", "I moved on 6 May 2024."),
        ("Tomorrow is my birthday.", "8 May 2024 is my birthday."),
        ("The day after tomorrow I fly.", "On 9 May 2024 I fly."),
        ("He was ill the day before yesterday.", "He was ill on 5 May 2024."),
        ("I left last Friday.", "I left on Friday 3 May 2024."),
        ("She comes next Friday.", "She comes on Friday 10 May 2024."),
        ("We meet in two weeks.", "We meet around 21 May 2024."),
        ("I quit three months ago.", "I quit in February 2024."),
        ("I quit half a year ago.", "I quit in November 2023."),
        ("That was five years ago.", "That was in 2019."),
        ("We went there a couple of weeks ago.", "We went there around 23 April 2024."),
        ("It begins next month.", "It begins in June 2024."),
        ("It was hot last summer.", "It was hot in the summer of 2023."),
        ("It was in the autumn of last year.", "It was in the autumn of 2023."),
        ("We fly in ten days' time.", "We fly on 17 May 2024."),
        ("He slept until 10 this morning.", "He slept until 10 on the morning of 7 May 2024."),
        ("I cook tonight.", "I cook on the night of 7 May 2024."),
        ("I've been here since last night.", "I've been here since the night of 6 May 2024."),
        ("Last night's concert was loud.", "6 May 2024's concert was loud."),
        ("It is in the paper this week.", "It is in the paper in the week of 6 May 2024."),
        ("I'm off next weekend.", "I'm off on the weekend of 18 May 2024."),
    ],
)
def test_a_word_that_depends_on_the_day_becomes_a_date(said: str, meant: str) -> None:
    assert absolute(said, TUESDAY) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("We went to the zoo on Sunday.", "We went to the zoo on Sunday 5 May 2024."),
        ("We go to the zoo on Sunday.", "We go to the zoo on Sunday 12 May 2024."),
        ("We had lunch, and on Sunday we fly.", "We had lunch, and on Sunday 12 May 2024 we fly."),
        ("I put out the traps on Saturday.", "I put out the traps on Saturday 4 May 2024."),
        ("He is taking the frame out on Thursday.", "He is taking the frame out on Thursday 9 May 2024."),
        ("I've promised it by the 2nd.", "I've promised it by 2 June 2024."),
        ("The interview was on the 2nd.", "The interview was on 2 May 2024."),
        ("I slept at the weekend.", "I slept on the weekend of 4 May 2024."),
    ],
)
def test_verbs_tell_whether_a_day_is_over(said: str, meant: str) -> None:
    assert absolute(said, TUESDAY) == meant


@pytest.mark.parametrize(
    "said",
    [
        "We went there the other day, a few days ago.",
        "I swim every Friday, on Fridays, and on Good Friday.",
        "I work from Monday to Wednesday.",
        "My birthday is on 3 June.",
        "We live on the 3rd floor.",
        "I finished the book in two days.",
        "May and Sun may march.",
        "It takes 5 minutes and costs 20 in 1999.",
        "That was 99999 days ago.",
    ],
)
def test_what_nobody_can_date_stays(said: str) -> None:
    assert absolute(said, TUESDAY) == said


def test_of_a_moment_the_day_counts() -> None:
    assert absolute("I left yesterday.", datetime(2024, 3, 1, 0, 5)) == "I left on 29 February 2024."


def test_before_the_first_year_there_is_no_date() -> None:
    assert absolute("That was 900 years ago.", date(800, 1, 1)) == "That was 900 years ago."


def test_the_library_is_loaded_when_the_first_date_is_found() -> None:
    code = (
        "import sys; from datetime import date; import parametric_memory.text.relative_dates as r; "
        "r.absolute('No date here.', date(2024, 5, 7)); assert 'dateparser' not in sys.modules; "
        "r.absolute('It was yesterday.', date(2024, 5, 7)); assert 'dateparser' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
