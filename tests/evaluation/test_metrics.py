from __future__ import annotations

import pytest

from parametric_memory.evaluation.metrics import (
    WordScore,
    exact_match,
    finds_needle,
    normalize_answer,
    rouge_l,
    truncate_middle,
    word_f1,
)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("The Eiffel Tower.", "eiffel tower"),
        ("a\u2014b \u201cc\u201d it\u2019s\u2026", "b c it s"),
        ("New\u00a0York\u200b  \n", "new york"),
        ("an anthem, another", "anthem another"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_answers_are_compared_without_case_articles_punctuation_and_typography(text, normalized) -> None:
    assert normalize_answer(text) == normalized


def test_word_f1_is_that_of_the_answer_that_fits_best() -> None:
    assert word_f1("in Bergen, Norway", ["Oslo", "Bergen"]) == WordScore(0.5, 1 / 3, 1.0)


def test_a_word_counts_as_often_as_both_have_it() -> None:
    assert word_f1("no no no", ["no no yes"]).f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize(("prediction", "answers"), [("", ["x"]), ("x", []), ("the", ["a"])])
def test_nothing_in_common_scores_zero(prediction, answers) -> None:
    assert word_f1(prediction, answers) == WordScore()


def test_an_exact_match_is_one_after_normalisation() -> None:
    assert exact_match("The answer!", ["other", "answer"])
    assert not exact_match("the answers", ["answer"])


def test_rouge_l_follows_the_order_of_stemmed_words() -> None:
    assert rouge_l("running dogs ran", "the dog runs") == pytest.approx(1 / 3)
    assert rouge_l("one two three", "three two one") == pytest.approx(1 / 3)
    assert rouge_l("the houses were painted", "The house was painting") == pytest.approx(0.75)
    assert rouge_l("", "anything") == 0


def test_the_needle_must_stand_whole() -> None:
    assert finds_needle("The number is 0123.", "0123")
    assert not finds_needle("The number is 101234.", "0123")
    assert not finds_needle("The number is 123.", "0123")


def test_the_middle_of_a_long_prompt_is_dropped_to_leave_room_for_the_answer() -> None:
    assert truncate_middle(range(20), 10, 4) == [0, 1, 2, 17, 18, 19]
    assert truncate_middle(range(10), 10, 4) == list(range(10))
    # Where there is no room, as the reference does.
    assert truncate_middle(range(50), 20, 20) == list(range(50))
    assert truncate_middle(range(50), 20, 256) == []
    assert len(truncate_middle(range(50), 4, 8)) == 96
