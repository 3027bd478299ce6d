from __future__ import annotations

import pytest

from parametric_memory.evaluation.scoring import contains, right, words


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
