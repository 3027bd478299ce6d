from __future__ import annotations

import pytest

from parametric_memory.text.reported_speech import reported


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I think my sister told you.", "Ana thinks Ana's sister told Ben."),
        ("I'm moving, and I've already packed.", "Ana is moving, and Ana has already packed."),
        ("I'd love to, but I don't have time.", "Ana would love to, but Ana doesn't have time."),
        ("I'd been there before.", "Ana had been there before."),
        ("I really love it, and I never watch TV.", "Ana really loves it, and Ana never watches TV."),
        ("I put it there and I went home.", "Ana put it there and Ana went home."),
        ("im tired, i have to work", "Ana is tired, Ana has to work"),
        ("That's mine, not yours.", "That's Ana's, not Ben's."),
        ("I\u2019ll tell you what I know.", "Ana will tell Ben what Ana knows."),
    ],
)
def test_a_sentence_names_who_says_it_and_to_whom(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Do you like olives?", "Does Ben like olives?"),
        ("Don't you have a dog?", "Doesn't Ben have a dog?"),
        ("Did I tell you?", "Did Ana tell Ben?"),
        ("Do you know him, and did you see him?", "Does Ben know him, and did Ben see him?"),
        ("What are you doing, and am I late?", "What is Ben doing, and is Ana late?"),
        ("Were you there when I called you?", "Was Ben there when Ana called Ben?"),
    ],
)
def test_verbs_agree_where_they_stand_before_their_subject(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize("said", ["Thank you so much!", "You know, it rains.", "Me too!", "Oh my!", "See you, Jo."])
def test_phrases_in_which_nobody_is_meant_stay(said: str) -> None:
    assert reported(said, "Ana", "Ben") == said


def test_several_who_do_something_do_it_together() -> None:
    assert reported("My sister and I go to Rome.", "Ana") == "Ana's sister and Ana go to Rome."


def test_we_are_both_where_it_is_asked_and_anybody_else() -> None:
    assert reported("Shall we meet at noon?", "Ana", "Ben") == "Shall Ana and Ben meet at noon?"
    assert reported("We feed our cat twice.", "Ana", "Ben") == "We feed Ana's cat twice."


def test_among_several_people_nobody_knows_who_you_are() -> None:
    assert reported("Do you have my keys?", "Ana") == "Do you have Ana's keys?"


def test_abbreviations_and_words_that_begin_alike_are_no_pronouns() -> None:
    said = "It is so, i.e. yours is ill; the mine in Myanmar youthful us."
    assert reported(said, "Ana").startswith("It is so, i.e. yours is ill")
