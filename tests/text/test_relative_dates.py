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


@pytest.mark.parametrize(
    "said",
    [
        "I think this may work.",
        "This march was long, this august man said.",
        "The Sunday Times wrote it.",
        "I read it on Sunday Morning Herald paper.",
        "Happy Friday!",
        "It's Easter Monday, and it was black Friday.",
        "It was a rainy Sunday and my Monday was bad.",
        "I lost the Monday morning meeting notes.",
        "Sunday dinner is at six.",
        "I swim on Monday mornings.",
        "I swim every other Friday and Saturday.",
        "I work between Monday and Friday.",
        "I gave up before the 3rd attempt.",
        "On Friday the 13th we stay in, and on Monday, 20 May we go.",
        "I was there a year ago last May, and a week ago on Monday.",
    ],
)
def test_what_may_be_something_else_than_a_date_stays(said: str) -> None:
    assert absolute(said, TUESDAY) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("We married this May.", "We married in May 2024."),
        ("See you Monday!", "See you on Monday 13 May 2024!"),
        ("I'm off Friday, are you?", "I'm off on Friday 10 May 2024, are you?"),
        ("Anna left Monday morning.", "Anna left on the morning of Monday 6 May 2024."),
        ("Let's meet Friday at the bar.", "Let's meet on Friday 10 May 2024 at the bar."),
        ("I think Monday is fine.", "I think Monday 13 May 2024 is fine."),
        ("We met on Sunday and Monday.", "We met on Sunday 5 May 2024 and on Monday 6 May 2024."),
        ("I go to Friday's party.", "I go to Friday 10 May 2024's party."),
        ("He left on the 3rd with me.", "He left on 3 May 2024 with me."),
        ("I saw her last week.", "I saw her in the week of 29 April 2024."),
        ("Was it on Monday next week?", "Was it on Monday in the week of 13 May 2024?"),
    ],
)
def test_a_day_beside_small_words_and_verbs_is_one(said: str, meant: str) -> None:
    assert absolute(said, TUESDAY) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("We spent the last week in Rome.", "We spent the week up to 7 May 2024 in Rome."),
        ("We spent last week in Rome.", "We spent the week of 29 April 2024 in Rome."),
        ("I read it in the last month.", "I read it in the month up to 7 May 2024."),
        ("The past year was hard.", "The year up to 7 May 2024 was hard."),
        ("The last week was hard.", None),
        ("It was in the last year of the war.", None),
        ("I loved our last night, my last summer and the next week.", None),
        ("It rained all last year.", None),
        ("Last week's meeting was long.", None),
    ],
)
def test_a_noun_with_an_article_is_the_time_up_to_now_or_stays(said: str, meant: str | None) -> None:
    assert absolute(said, TUESDAY) == (meant or said)


@pytest.mark.parametrize(
    ("said", "said_at", "meant"),
    [
        ("I have been waiting since Monday.", TUESDAY, "I have been waiting since Monday 6 May 2024."),
        ("I am ill since the 3rd.", date(2024, 5, 9), "I am ill since 3 May 2024."),
        ("I'm here since this Monday.", TUESDAY, "I'm here since Monday 6 May 2024."),
        ("Since Monday is free, I go.", TUESDAY, "Since Monday 13 May 2024 is free, I go."),
        ("I am here until the 3rd.", TUESDAY, "I am here until 3 June 2024."),
    ],
)
def test_since_is_about_the_past(said: str, said_at: date, meant: str) -> None:
    assert absolute(said, said_at) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("It's Monday.", "It's Monday 6 May 2024."),
        ("The meeting is on Monday.", "The meeting is on Monday 6 May 2024."),
        ("The meeting was on Monday.", "The meeting was on Monday 29 April 2024."),
        ("The meeting is next Monday.", "The meeting is on Monday 13 May 2024."),
        ("The meeting was last Monday.", "The meeting was on Monday 29 April 2024."),
        ("The rent is due on the 6th.", "The rent is due on 6 May 2024."),
    ],
)
def test_a_day_with_the_name_of_today_is_today_unless_it_is_past(said: str, meant: str) -> None:
    assert absolute(said, date(2024, 5, 6)) == meant


@pytest.mark.parametrize(
    ("said", "said_at", "meant"),
    [
        ("We met last May.", date(2024, 5, 20), "We met in May 2023."),
        ("We meet this May.", date(2024, 5, 20), "We meet in May 2024."),
        ("We meet next May.", date(2024, 5, 20), "We meet in May 2025."),
        ("We met last March.", date(2024, 5, 20), "We met in March 2024."),
        ("It was cold last winter.", date(2024, 1, 10), "It was cold in the winter of 2022/23."),
        ("It is cold this winter.", date(2024, 1, 10), "It is cold in the winter of 2023/24."),
        ("It was cold last winter.", TUESDAY, "It was cold in the winter of 2023/24."),
        ("We ski next winter.", date(2024, 12, 10), "We ski in the winter of 2025/26."),
        ("It was hot last summer.", date(2024, 8, 10), "It was hot in the summer of 2023."),
        ("We went there this summer.", date(2024, 10, 1), "We went there in the summer of 2024."),
        ("We decided to go there this summer.", TUESDAY, None),  # the verb is past, and the summer is not
        ("I've been busy this spring.", date(2024, 6, 10), None),
        ("We marry this November.", date(2024, 1, 10), "We marry in November 2024."),
    ],
)
def test_the_last_month_or_season_is_over_and_this_one_is_near(said: str, said_at: date, meant: str | None) -> None:
    assert absolute(said, said_at) == (meant or said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("That was five years ago today.", "That was on 7 May 2019."),
        ("That was a week ago yesterday.", "That was on 29 April 2024."),
        ("That was three months ago today!", "That was on 7 February 2024!"),
    ],
)
def test_so_long_before_a_day_is_one_date(said: str, meant: str) -> None:
    assert absolute(said, TUESDAY) == meant


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
