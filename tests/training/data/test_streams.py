from __future__ import annotations

import random
from collections import Counter

from parametric_memory.training.data.examples import Example, ExamplePool, Question, TrainingStream


def example(length: int, source: str = "facts") -> Example:
    questions = tuple(Question(f"Question {i} of {length}?", "It is", str(i)) for i in range(2))
    return Example("x" * length, questions, source)


POOL = ExamplePool([example(length) for length in random.Random(0).sample(range(1, 500), 400)])


def test_a_batch_takes_contexts_of_similar_length() -> None:
    for seed in range(20):
        lengths = [len(e.document) for e in POOL.batch(random.Random(seed), size=4, questions=4, step=0)]
        assert len(set(lengths)) == 8
        assert max(lengths) - min(lengths) < 60


def test_every_length_comes_up() -> None:
    seen = {len(e.document) for seed in range(300) for e in POOL.batch(random.Random(seed), 4, 1, step=0)}
    assert min(seen) < 30 and max(seen) > 470


def test_every_context_is_as_likely_as_any_other() -> None:
    drawn = Counter(len(e.document) for seed in range(2000) for e in POOL.batch(random.Random(seed), 4, 4, step=0))
    in_order = [drawn[len(e.document)] for e in POOL.examples]
    thirds = [sum(in_order[:40]), sum(in_order[180:220]), sum(in_order[-40:])]
    assert max(thirds) < 1.5 * min(thirds)


def test_each_context_brings_as_many_questions_as_are_asked_for_and_none_twice() -> None:
    for wanted in (1, 2, 5):
        for each in POOL.batch(random.Random(0), 3, wanted, step=0):
            assert len(each.questions) == len(set(each.questions)) == min(wanted, 2)


def test_a_batch_has_no_more_questions_than_were_asked_for() -> None:
    counts = [len(e.questions) for e in POOL.batch(random.Random(0), size=4, questions=2, step=0)]
    assert sum(counts) == 8 and set(counts) == {2}


def test_the_same_generator_state_gives_the_same_batch() -> None:
    first, second = (POOL.batch(random.Random(1), 4, 2, step=9) for _ in range(2))
    assert first == second != POOL.batch(random.Random(2), 4, 2, step=9)


def test_a_pool_that_is_smaller_than_a_batch_is_taken_whole() -> None:
    small = ExamplePool([example(3), example(5)])
    assert sorted(len(e.document) for e in small.batch(random.Random(0), 8, 1, step=0)) == [3, 5]


def test_every_batch_has_its_share_of_passages_and_facts() -> None:
    passages, facts = (ExamplePool([example(length, source) for length in range(20)]) for source in "ab")
    batches = [TrainingStream(facts, passages, 0.25).batch(random.Random(seed), 6, 1, step=0) for seed in range(400)]
    counts = [Counter(e.source for e in batch) for batch in batches]
    assert {sum(count.values()) for count in counts} == {6}
    assert {count["a"] for count in counts} == {4, 5}
    assert 4.4 < sum(count["a"] for count in counts) / 400 < 4.6


def test_a_stream_without_a_share_is_left_out() -> None:
    passages, facts = (ExamplePool([example(3, source)]) for source in "ab")
    for share, source in ((1.0, "b"), (0.0, "a")):
        stream = TrainingStream(facts, passages, facts_share=share)
        assert {e.source for e in stream.batch(random.Random(0), 4, 1, step=0)} == {source}
