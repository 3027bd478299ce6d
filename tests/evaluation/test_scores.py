from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from parametric_memory.evaluation.scores import (
    contains,
    exact_match,
    finds_needle,
    normalize_answer,
    probability,
    right,
    rouge_l,
    stemmed_f1,
    truncate_middle,
    word_f1,
    words,
)

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel


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
    assert word_f1("in Bergen, Norway", ["Oslo", "Bergen"]) == 0.5


def test_a_word_counts_as_often_as_both_have_it() -> None:
    assert word_f1("no no no", ["no no yes"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("prediction", "answers"), [("", ["x"]), ("x", []), ("the", ["a"])])
def test_nothing_in_common_scores_zero(prediction, answers) -> None:
    assert word_f1(prediction, answers) == 0


def test_an_exact_match_is_one_after_normalisation() -> None:
    assert exact_match("The answer!", ["other", "answer"])
    assert not exact_match("the answers", ["answer"])


def test_rouge_l_follows_the_order_of_stemmed_words() -> None:
    assert rouge_l("running dogs ran", "the dog runs") == pytest.approx(1 / 3)
    assert rouge_l("one two three", "three two one") == pytest.approx(1 / 3)
    assert rouge_l("the houses were painted", "The house was painting") == pytest.approx(0.75)
    assert rouge_l("", "anything") == 0


def test_stemmed_words_count_without_articles_and_and_punctuation() -> None:
    assert stemmed_f1("Dogs, and the cats!", "a dog cat") == 1.0
    assert stemmed_f1("It's 1,200", "its 1200") == 1.0
    assert stemmed_f1("painting twice", "painted") == pytest.approx(2 / 3)
    assert stemmed_f1("", "dog") == stemmed_f1("and", "the") == 0.0


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


@pytest.mark.parametrize(("first", "second"), [("relational", "relate"), ("hopping", "hops"), ("agreed", "agree")])
def test_rouge_compares_stems(first: str, second: str) -> None:
    assert rouge_l(first, second) == 1.0


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("Lina lives in Bergen.", " lina lives in bergen "),
        ("$4,200 (QX-4471)", " 4200 qx 4471 "),
        ("snake_case\n\tZürich", " snake case zürich "),
        ("", "  "),
    ],
)
def test_answers_are_compared_as_lower_case_words(text: str, compared: str) -> None:
    assert words(text) == compared


@pytest.mark.parametrize("answer", ["Bergen", "She lives in BERGEN, Norway.", "“Bergen”"])
def test_a_value_counts_wherever_it_stands(answer: str) -> None:
    assert contains(answer, "Bergen") and right(answer, "Bergen")


@pytest.mark.parametrize(
    ("answer", "value"),
    [("Bergenhus", "Bergen"), ("It is 348.", "34"), ("New York", "York New"), ("", "Bergen"), ("I do not know.", "no")],
)
def test_a_part_of_a_word_or_the_words_in_another_order_do_not_count(answer: str, value: str) -> None:
    assert not right(answer, value)


def test_an_answer_that_also_names_another_documents_value_is_wrong() -> None:
    assert right("Bergen", "Bergen", ["Oslo"])
    assert not right("Bergen or Oslo", "Bergen", ["Oslo"])


def test_another_value_that_is_part_of_the_right_one_does_not_spoil_it() -> None:
    assert right("It is the New Bergen bridge.", "New Bergen", ["Bergen"])
    assert not right("New Bergen, not Oslo", "New Bergen", ["Bergen", "Oslo"])


def test_a_value_that_the_right_one_is_part_of_spoils_it() -> None:
    assert right("Lina Okafor", "Lina", ["Lina Okafor Brandt"])
    assert not right("It is New Bergen.", "Bergen", ["New Bergen"])


def test_a_number_is_one_word() -> None:
    assert contains("It has 12,500 seats.", "12500") and contains("It costs $4200.", "$4,200")
    assert not contains("It has 12,500 seats.", "12") and not contains("It has 12,500 seats.", "500")
    assert contains("Rooms 12, 500 and 7.", "500")


def test_the_probability_of_an_answer_is_that_of_its_tokens_one_after_the_other(base: BaseModel) -> None:
    question = base.chat.question("Where does she live?")
    said = base.chat.encode("She lives in Bergen")
    begun = base.chat.encode("She lives in")
    ids = [*question, *said]
    with torch.inference_mode():
        logits = base.model(torch.tensor([ids])).logits[0].float().log_softmax(-1)
    places = range(len(question) + len(begun), len(ids))
    expected = sum(logits[place - 1, ids[place]].item() for place in places)
    found = probability(base, question, "She lives in", "Bergen")
    assert found == pytest.approx(torch.tensor(expected).exp().item(), rel=1e-4) and 0 < found < 1
