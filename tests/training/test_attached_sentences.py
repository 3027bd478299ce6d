from __future__ import annotations

import random

from parametric_memory.training.data.examples import Question
from parametric_memory.training.trainer import recalled

TEXTS = [" Lina lives in Bergen.", " Her dog is old.", " Tomas leads Heron.", " The budget is 348.", " It rained."]
HOME = Question("Where does Lina live?", "Lina lives in", "bergen")
ORDINARY = Question("What is a harp?", "", "Lina", ordinary=True)


def test_the_sentence_with_the_answer_is_always_among_a_few() -> None:
    rng, nearest = random.Random(0), 0
    for _ in range(200):
        found = recalled(rng, TEXTS, HOME, range(5))
        assert len(found) == len({a.chunk for a in found}) == 3
        [own] = [a for a in found if a.chunk == 0]
        assert 0 < own.weight <= max(a.weight for a in found) == 1
        nearest += own.weight == 1
    assert 100 < nearest < 200, "mostly, not always, the nearest"


def test_a_question_that_nothing_answers_sees_any_sentences() -> None:
    rng = random.Random(0)
    seen = {a.chunk for _ in range(50) for a in recalled(rng, TEXTS, ORDINARY, range(5))}
    assert seen == set(range(5))


def test_a_sentence_in_the_words_of_the_question_is_attached_as_strongly_as_the_one_with_the_answer() -> None:
    texts = [" The short ladder is in the barn.", " The long ladder is in the shed.", " It rained."]
    question = Question("Where is the long ladder?", "The long ladder is in", "the shed")
    rng = random.Random(0)
    found = [{a.chunk: a.weight for a in recalled(rng, texts, question, range(3))} for _ in range(200)]
    sibling, other = (sum(weights[chunk] for weights in found) / 200 for chunk in (0, 2))
    assert sibling > 3 * other
    assert any(weights[0] > weights[1] for weights in found)


def test_an_answer_is_looked_for_in_whole_words_among_the_sentences_that_may_be_seen() -> None:
    texts = [" Built in 2012.", " Room 12 is his.", " Room 12 is hers.", " It rained.", " It snowed."]
    room = Question("Which room?", "It is", "12")
    for seed in range(20):
        found = recalled(random.Random(seed), texts, room, range(1, 5))
        assert 0 not in {a.chunk for a in found} and {1, 2} & {a.chunk for a in found}


def test_where_no_sentence_holds_the_answer_all_are_seen() -> None:
    found = recalled(random.Random(0), TEXTS, Question("Who?", "It is", "Nobody"), range(1, 5))
    assert [(a.chunk, a.weight) for a in found] == [(c, 1.0) for c in range(1, 5)]


def test_a_document_of_one_sentence_is_seen_whole() -> None:
    [only] = recalled(random.Random(0), TEXTS[:1], HOME, range(1))
    assert (only.chunk, only.weight) == (0, 1.0)


PASSAGE = [
    " The keep was built early.",
    " It was sold in 1874.",
    " The mill burned.",
    " Sheep graze there.",
    " It rained.",
]
SOLD = Question("When was the keep sold?", "It was sold in", "1874", support="It was sold in 1874.")


def test_of_a_passage_the_sentence_that_answers_is_seen_alone_or_mostly_but_not_always_as_the_nearest() -> None:
    rng = random.Random(0)
    found = [recalled(rng, PASSAGE, SOLD, range(5)) for _ in range(400)]
    assert {len(each) for each in found} == {1, 3}
    assert all(1 in {a.chunk for a in each} for each in found)
    assert 40 < sum(len(each) == 1 for each in found) < 90
    places = [sorted(each, key=lambda a: -a.weight).index(own) for each in found for own in each if own.chunk == 1]
    assert 280 < places.count(0) < 350 and places.count(1) > places.count(2) > 10


def test_a_known_sentence_answers_whether_it_holds_the_value_or_not() -> None:
    why = Question("Why was the mill lost?", "", "because of a fire", support="The mill burned.")
    for seed in range(20):
        assert 2 in {a.chunk for a in recalled(random.Random(seed), PASSAGE, why, range(5))}
    in_two = Question("When?", "", "1874", support="It was sold in 1874. The mill burned.")
    assert all(1 in {a.chunk for a in recalled(random.Random(seed), PASSAGE, in_two, range(5))} for seed in range(20))
