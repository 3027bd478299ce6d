from __future__ import annotations

import pytest

from parametric_memory.recall.scorer import MarkedAnswer, MarkedWords, row_factors

MOVED = [("It", 0.0), ("moves", 0.0), ("from", 0.0), ("15", 0.1), ("to", 0.0), ("22", 0.8), ("November,", 0.4)]
SOUP = [("Gudrun", 0.6), ("brings", 0.0), ("the", 0.0), ("soup.", 0.0)]


def test_rows_of_the_best_marked_word_keep_their_strength_and_others_lose_it() -> None:
    assert row_factors([[("Lina", 0.0), ("sings.", 1.0)]], unmarked=0.25) == [[0.25, 1.0]]
    [of_moved, of_soup] = row_factors([MOVED, SOUP], unmarked=0.5)
    assert of_moved == pytest.approx([0.6, 0.6, 0.6, 0.65, 0.6, 1.0, 0.8])
    assert of_soup == pytest.approx([0.9, 0.6, 0.6, 0.6])


@pytest.mark.parametrize("passages", [[], [[]], [[("Lina", 0.0), ("sings.", 0.0)]]])
def test_where_no_word_is_marked_all_rows_keep_their_strength(passages: list[MarkedWords]) -> None:
    assert row_factors(passages, unmarked=0.25) == [[1.0] * len(words) for words in passages]


@pytest.mark.parametrize(
    ("answer", "gained"),
    [
        ("It is on 22 November.", 0.8),
        ("It moves to the 22.", 0.8 * 2 / 3),  # its mark is twice that of the month
        ('It is in "NOVEMBER".', 0.8 / 3),
        ("It is on 15 or 22 November.", 0.8),
        ("It is on the 15th.", 0.0),
        ("It is on 222 November.", 0.8 / 3),
        ("", 0.0),
    ],
)
def test_an_answer_gains_by_the_marked_words_that_it_says(answer: str, gained: float) -> None:
    marked = MarkedAnswer.of([(1.0, MOVED)], nats=1.0)
    assert marked is not None
    assert marked(answer) == pytest.approx(gained)


@pytest.mark.parametrize(
    ("word", "said"), [("Lina's", "Lina"), ("Lina\u2019s", "Lina."), ("1,140", "1140"), ("18:30.", "(18:30)")]
)
def test_a_word_is_said_whatever_stands_around_it(word: str, said: str) -> None:
    marked = MarkedAnswer.of([(1.0, [(word, 1.0)])], nats=1.0)
    assert marked is not None
    assert marked(f"It is {said}") == 1.0
    assert marked("It is 18.") == 0.0


def test_one_passage_counts_by_its_weight_and_its_best_mark() -> None:
    for weight, best in ((1.0, "22 November"), (0.1, "Gudrun")):
        marked = MarkedAnswer.of([(0.2, SOUP), (weight, MOVED)], nats=1.0)
        assert marked is not None
        assert marked(best) == marked.nats > marked("Nobody.") == 0.0


@pytest.mark.parametrize("words", [[], [("Lina", 0.0)], [("|", 0.9), ("sings", 0.1)]])
def test_where_nothing_is_marked_no_answer_gains(words: MarkedWords) -> None:
    assert MarkedAnswer.of([(1.0, words)], nats=1.0) is None
    assert MarkedAnswer.of([], nats=1.0) is None
