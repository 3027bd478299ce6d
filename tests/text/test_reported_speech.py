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


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Have you been to the US?", "Has Ben been to the US?"),
        ("Does the US import us-made I-beams?", "Does the US import us-made I-beams?"),
        ("A.I. is big.", "A.I. is big."),
        ("I took I-95, and it was slow.", "Ana took I-95, and it was slow."),
        ("The I/O was slow, so I left.", "The I/O was slow, so Ana left."),
        ("You can IM me.", "Ben can IM Ana."),
    ],
)
def test_abbreviations_are_nobody(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Tell us about World War I.", "Tell us about World War I."),
        ("World War I was long, and I read about it.", "World War I was long, and Ana read about it."),
        ("I have Type I diabetes.", "Ana has Type I diabetes."),
        ("After World War I ended, I was born.", "After World War I ended, Ana was born."),
        ("When World War I ended, they had a son.", "When World War I ended, they had a son."),
        ("In World War I many died.", "In World War I many died."),
        ("Queen Elizabeth I ruled.", "Queen Elizabeth I ruled."),
    ],
)
def test_a_number_behind_a_name_is_nobody(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("So do I.", "So does Ana."),
        ("Then I left.", "Then Ana left."),
        ("On Monday I went to Rome.", "On Monday Ana went to Rome."),
        ("In Rome I saw the Forum.", "In Rome Ana saw the Forum."),
        ("When I was in Rome I saw the Forum.", "When Ana was in Rome Ana saw the Forum."),
        ("In New York I always get lost.", "In New York Ana always gets lost."),
        ("Good morning Jo I am late.", "Good morning Jo Ana is late."),
        ("OK fine Ben I lost it.", "OK fine Ben Ana lost it."),
        ("It was in May, and in Bonn, I guess.", "It was in May, and in Bonn, Ana guesses."),
        ("AND THEN I WENT HOME", "AND THEN Ana WENT HOME"),
    ],
)
def test_who_speaks_is_told_from_a_number(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    "said", ["He worked in a coal mine.", "The mine was closed.", "A gold mine!", "They mine silver there."]
)
def test_a_mine_is_a_pit(said: str) -> None:
    assert reported(said, "Ana", "Ben") == said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("He is a friend of mine.", "He is a friend of Ana's."),
        ("Mine is red, and I like mine.", "Ana's is red, and Ana likes Ana's."),
        ("I lost mine.", "Ana lost Ana's."),
        ("Yours is bigger than mine!", "Ben's is bigger than Ana's!"),
    ],
)
def test_what_is_mine_is_the_speakers(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('She said "I love you", and I laughed.', 'She said "I love you", and Ana laughed.'),
        (
            "She said \u201cI love you. You are mine\u201d to me.",
            "She said \u201cI love you. You are mine\u201d to Ana.",
        ),
        ('My sister wrote: "I am here.', "Ana's sister wrote: \"I am here."),
        ('I have a 27" screen, and you have my old one.', "Ana has a 27\" screen, and Ben has Ana's old one."),
    ],
)
def test_quotations_stay(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("This is hard, but I love you.", "This is hard, but Ana loves Ben."),
        ("I really see you every day.", "Ana really sees Ben every day."),
        ("I thank you, and I'll see you in Rome.", "Ana thanks Ben, and Ana will see Ben in Rome."),
        ("I can't thank you enough.", "Ana can't thank Ben enough."),
        ("I love you guys.", "Ana loves you guys."),
        ("Got it thank you, and see you in Rome.", "Got it thank you, and see you in Rome."),
        ("OK thank you, and see you in Rome.", "OK thank you, and see you in Rome."),
        ("I just wanted to say thank you.", "Ana just wanted to say thank you."),
    ],
)
def test_greetings_are_told_from_what_somebody_does(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("You like dogs.", "Ben likes dogs."),
        (
            "I know that if you like dogs, you really need one.",
            "Ana knows that if Ben likes dogs, Ben really needs one.",
        ),
        ("What you want is sleep.", "What Ben wants is sleep."),
        ("I told you stories.", "Ana told Ben stories."),
        ("He gave you money, and you left.", "He gave Ben money, and Ben left."),
        ("She gave them and you money.", "She gave them and Ben money."),
        ("You idiot!", "Ben idiot!"),
        ("You home?", "Ben home?"),
        ("You kids are loud.", "Ben kids are loud."),
        ("You people are loud.", "You people are loud."),
        ("i dont know", "Ana doesnt know"),
        ("I didnt know, and you dont believe it", "Ana didnt know, and Ben doesnt believe it"),
        ("Dont you know?", "Doesnt Ben know?"),
        ("I want it.", "Ana wants it."),
        ("I myself think so, and now I e-mail you.", "Ana myself thinks so, and now Ana e-mail Ben."),
    ],
)
def test_verbs_agree_where_it_is_sure_that_they_are_verbs(said: str, told: str) -> None:
    assert reported(said, "Ana", "Ben") == told


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
