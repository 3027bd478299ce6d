from __future__ import annotations

import random

from parametric_memory.training.examples import Question
from parametric_memory.training.recalls import recalled

TEXTS = [" Lina lives in Bergen.", " Her dog is old.", " Tomas leads Heron.", " The budget is 348.", " It rained."]
HOME = Question("Where does Lina live?", "Lina lives in", "bergen")
ORDINARY = Question("What is a harp?", "", "Lina", ordinary=True)


def test_the_sentence_with_the_answer_is_always_among_a_few() -> None:
    rng, nearest = random.Random(0), 0
    for _ in range(200):
        found = recalled(rng, TEXTS, HOME)
        assert len(found) == len({a.chunk for a in found}) == 3
        [own] = [a for a in found if a.chunk == 0]
        assert 0 < own.weight <= max(a.weight for a in found) == 1
        nearest += own.weight == 1
    assert 100 < nearest < 200, "mostly, not always, the nearest"


def test_a_question_that_nothing_answers_sees_any_sentences() -> None:
    rng = random.Random(0)
    seen = {a.chunk for _ in range(50) for a in recalled(rng, TEXTS, ORDINARY)}
    assert seen == set(range(5))


def test_a_document_of_one_sentence_is_seen_whole() -> None:
    [only] = recalled(random.Random(0), TEXTS[:1], HOME)
    assert (only.chunk, only.weight) == (0, 1.0)
