from __future__ import annotations

import random

from parametric_memory.training import teach
from parametric_memory.training.data.question_answering import Asked

HARBOUR = "The old harbour of Bergen was rebuilt in 1874 after a fire."
MUSEUM = "The Harbour Museum was given to the town by Tomas Brandt in the same year."
TEXT = f"{HARBOUR} It rained. {MUSEUM}"


def cloze_questions(texts: list[str]) -> list[Asked]:
    return [asked for number, text in enumerate(texts) for asked in teach.cloze_questions(random.Random(number), text)]


def test_names_and_numbers_of_sentences_of_some_length_are_asked_for_by_the_rest() -> None:
    for seed in range(10):
        found = cloze_questions(["It rained."] * seed + [TEXT])
        assert len(found) == 2
        for asked in found:
            [answer] = asked.answers
            assert answer in ("Bergen", "1874", "Harbour Museum", "Tomas Brandt")
            blank = asked.question.removeprefix("What completes this sentence: ")
            assert blank.replace("____", answer) in (HARBOUR, MUSEUM)
            assert (asked.context, asked.kind) == (TEXT, "cloze")


def test_the_same_text_is_asked_the_same() -> None:
    assert cloze_questions([TEXT]) == cloze_questions([TEXT])


def test_of_a_long_text_the_beginning_is_taken_in_whole_sentences() -> None:
    found = cloze_questions([f"{HARBOUR} " * 60])
    assert len(found) == 3
    assert all(len(asked.context) < 1500 and asked.context.endswith("after a fire.") for asked in found)
