"""Texts in the first person: their passages name who speaks, where there is only one reading."""

from __future__ import annotations

import pytest

from parametric_memory.documents.conversations import speaker_in, turns_by
from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import SettingsError

GOES_ON = " I live in Bergen. My cat is called Tom. We keep bees."


def passages(text: str, speaker: str | None = None) -> list[str]:
    return sentences(reading(text, turns_by(speaker) if speaker else ()))


def test_passages_in_the_first_person_name_the_author_that_the_text_gives() -> None:
    text = "About me\n\nHi, I'm Ana Brandt. I live in Bergen with my cat. He is called Tom. We keep bees."
    assert passages(text) == [
        "Ana Brandt: About me",
        "Ana Brandt: Hi, I'm Ana Brandt.",
        "Ana Brandt: I live in Bergen with my cat.",
        "He is called Tom.",
        "Ana Brandt: We keep bees.",
    ]


def test_a_speaker_that_is_named_beside_a_text_is_the_one() -> None:
    assert passages("I live in Bergen. Tom is a cat.", "Ana") == ["Ana: I live in Bergen.", "Tom is a cat."]
    assert passages(f"I'm Ana Brandt.{GOES_ON}", "A. Brandt")[0] == "A. Brandt: I'm Ana Brandt."


def test_headings_stand_behind_the_speaker() -> None:
    text = f"# Me\n\nI'm Ana Brandt.{GOES_ON}\n\n## Work\n\nI bake."
    assert passages(text)[-1] == "Ana Brandt: Work: I bake."


@pytest.mark.parametrize(
    ("introduction", "name"),
    [
        ("My name is Ana.", "Ana"),
        ("Hello! My name's Ana Okonjo-Lund and I bake.", "Ana Okonjo-Lund"),
        ("Dear neighbours, I am Dr. Ana von Brandt, a vet.", "Dr Ana von Brandt"),
        ("Hi I\u2019m \u00c5sa Brandt.", "\u00c5sa Brandt"),
        ("I'm Ana Brandt. My friends say so: my name is Ana.", "Ana Brandt"),
    ],
)
def test_an_author_gives_the_name_in_many_ways(introduction: str, name: str) -> None:
    assert speaker_in(introduction + GOES_ON) == name


@pytest.mark.parametrize(
    "text",
    [
        "I live in Bergen. My cat is called Tom. We keep bees.",
        f"I'm Norwegian.{GOES_ON}",
        f"I'm Ana Brandt's husband.{GOES_ON}",
        f"I'm Ana Brandt.{GOES_ON} And I'm Ben Lie. I bake.",
        f'"I\'m Ana Brandt," she said.{GOES_ON}',
        f"Ana: Hi, I'm Ana Brandt.{GOES_ON}\nBen: I bake.",
        f"I'm Ana Brandt.{GOES_ON}\n\nOn Friday, Ben Lie wrote:\n> I bake.",
        "I'm Ana Brandt and take the notes. Ben leads. Cleo pays. Dag bakes. Eva sings.",
    ],
)
def test_where_there_is_another_reading_nobody_is_named(text: str) -> None:
    assert speaker_in(text) is None


def test_what_others_ask_and_say_in_quotation_marks_is_not_the_authors() -> None:
    text = f'I\'m Ana Brandt.{GOES_ON} Ben said: "I bake." Can I bring a dog?'
    assert passages(text)[-2:] == ['Ben said: "I bake."', "Can I bring a dog?"]


def test_a_speaker_needs_a_name() -> None:
    with pytest.raises(SettingsError, match="which is no name"):
        turns_by(" ")
