from __future__ import annotations

import pytest

from parametric_memory.recall.marked_answer import MarkedAnswer

MOVED = "The bonfire moves from 15 to 22 November, at 18:30."
FACTORS = [0.5, 0.5, 0.5, 0.5, 0.55, 0.5, 1.0, 0.75, 0.5, 0.5]
SOUP = "Gudrun brings the soup."


@pytest.mark.parametrize(
    ("answer", "gained"),
    [
        ("It is on 22 November.", 1.0),
        ("It moves to the 22.", 1.0 / 1.5),  # its mark is twice that of the month
        ("It is in NOVEMBER.", 0.5 / 1.5),
        ("It is on 15 or 22 November.", 1.0),
        ("It is on the 15th.", 0.0),
        ("It is on 222 November.", 0.5 / 1.5),
        ("", 0.0),
    ],
)
def test_an_answer_gains_by_the_marked_words_that_it_says(answer: str, gained: float) -> None:
    marked = MarkedAnswer.of([(MOVED, FACTORS)], nats=2.0)
    assert marked is not None
    assert marked(answer) == pytest.approx(gained)


def test_a_word_of_several_parts_is_said_as_a_whole() -> None:
    marked = MarkedAnswer.of([(MOVED, [0.0] * 9 + [1.0])], nats=3.0)
    assert marked is not None
    assert [marked(answer) for answer in ("At 18:30, she says.", "At 18.", "At 30.")] == [3.0, 0.0, 0.0]


def test_the_surest_sentence_counts_alone() -> None:
    marked = MarkedAnswer.of([(SOUP, [0.9, 0.5, 0.5, 0.5]), (MOVED, FACTORS)], nats=2.0)
    assert marked is not None
    assert marked("Gudrun.") == 0.0 < marked("22.")


@pytest.mark.parametrize("passages", [[], [(MOVED, [])], [(MOVED, [1.0] * 10), (SOUP, [1.0] * 4)]])
def test_where_nothing_is_marked_no_answer_gains(passages: list[tuple[str, list[float]]]) -> None:
    assert MarkedAnswer.of(passages, nats=2.0) is None
