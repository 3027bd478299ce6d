from __future__ import annotations

import random

import pytest

from parametric_memory.training.data.chats import ChatGenerator, of_somebody
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.vocabulary import WordList


@pytest.fixture(scope="module")
def chats() -> ChatGenerator:
    return ChatGenerator(FactGenerator(relations(), WordList.training(), ramp_steps=0))


def test_passages_that_answer_hold_the_value_and_no_other_does(chats: ChatGenerator) -> None:
    rng = random.Random(1)
    questions = [(chat, q) for chat in (chats.chat(rng) for _ in range(60)) for q in chat.questions]
    answered = [(chat, q) for chat, q in questions if q.lines]
    assert len(answered) > 60 and len(answered) < len(questions) - 60
    for chat, q in answered:
        holding = [n for n, passage in enumerate(chat.passages) if q.value.lower() in passage.lower()]
        assert set(q.lines) <= set(holding)


def test_the_same_seed_gives_the_same_chat(chats: ChatGenerator) -> None:
    assert chats.chat(random.Random(7)) == chats.chat(random.Random(7))


def test_a_passage_is_told_whole_by_one_speaker(chats: ChatGenerator) -> None:
    told = [
        "The tower was built in 1882 by a merchant.",
        "It burned down twice.",
        "It is a hotel with forty rooms now.",
    ]
    chat = chats.chat(random.Random(2), told)
    text = " ".join(chat.passages)
    speakers = {passage.partition(":")[0] for passage in chat.passages if any(t in passage for t in told[::2])}
    assert all(sentence in text for sentence in told) and len(speakers) == 1


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Where do I keep my notes?", "Where does Ana keep their notes?"),
        ("What is my dog's name?", "What is Ana's dog's name?"),
        ("what can't i eat", ""),
        ("Can you remind me what my seat is?", "Can you remind me what Ana's seat is?"),
        ("Which app do I like, and what did it cost me?", "Which app does Ana like, and what did it cost them?"),
        ("Tell me which town I live in.", ""),
    ],
)
def test_a_question_of_the_first_person_is_asked_about_somebody(question: str, asked: str) -> None:
    assert of_somebody(question, "Ana") == asked
