from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from parametric_memory.training.data.examples import (
    OPENING_DIVERGENCE,
    VALUE_DIVERGENCE,
    Distribution,
    Question,
    encode_question,
)

HOME = Question("Where does Lina live?", "Lina lives in", "Bergen")


def test_a_question_is_asked_in_a_bare_user_turn_and_answered_in_a_sentence(base) -> None:
    encoded = encode_question(base.chat, HOME)
    assert encoded.prompt == base.chat.question("Where does Lina live?")
    assert base.chat.decode(encoded.answer) == "Lina lives in Bergen."
    assert encoded.answer[-1] == base.chat.end
    assert len(encoded) == len(encoded.prompt) + len(encoded.answer)


def test_the_tokens_of_the_value_are_known(base) -> None:
    encoded = encode_question(base.chat, HOME)
    value = [token for token, is_value in zip(encoded.answer, encoded.is_value, strict=True) if is_value]
    assert base.chat.decode(value) == " Bergen"


@pytest.mark.parametrize("question", [HOME, Question("Where?", "", "Bergen"), Question("Who?", "It is", "Ann", "")])
def test_an_opening_weighs_the_same_whatever_its_length(base, question: Question) -> None:
    encoded = encode_question(base.chat, question)
    opening = len(base.chat.encode(question.opening))
    assert sum(encoded.weights[:opening]) == pytest.approx(0.8 if opening else 0.0)


def test_a_value_and_its_end_weigh_more_the_longer_they_are_within_bounds(base) -> None:
    sums = []
    for length in range(1, 40):
        encoded = encode_question(base.chat, Question("Who?", "It is", "ab" * length))
        weights = encoded.weights[len(base.chat.encode("It is")) :]
        assert weights == pytest.approx([weights[0]] * len(weights))
        sums.append(sum(weights))
        if 0.76 < sums[-1] < 1.99:
            assert weights[0] == pytest.approx(0.2)
    assert sums == pytest.approx(sorted(sums)) and sums[0] < 1.5 and sums[-1] == pytest.approx(2)
    shortest = encode_question(base.chat, Question("Who?", "", "A", ""))
    assert sum(shortest.weights) == pytest.approx(0.75)


def test_an_ordinary_answer_has_no_value_and_weighs_thrice(base) -> None:
    encoded = encode_question(base.chat, Question("How are you?", "", "I am fine", ordinary=True))
    assert encoded.ordinary
    assert base.chat.decode(encoded.answer) == "I am fine"
    assert not any(encoded.is_value)
    assert sum(encoded.weights) == pytest.approx(3.0)


def test_in_an_opening_the_questions_own_pieces_weigh_less_than_the_words_that_decide(base) -> None:
    question = Question("Who mentors Spiro Pacini?", "Spiro Pacini is mentored by", "Ann")
    encoded = encode_question(base.chat, question)
    asked = set(base.chat.encode(f" {question.text}"))
    opening = base.chat.encode(question.opening)
    weighed = list(zip(opening, encoded.weights, strict=False))
    own = {round(weight, 6) for token, weight in weighed if token in asked}
    deciding = {round(weight, 6) for token, weight in weighed if token not in asked}
    assert len(own) == len(deciding) == 1
    assert own.pop() == pytest.approx(0.3 * deciding.pop(), rel=1e-3)


def test_a_question_may_stand_in_a_longer_conversation(base) -> None:
    assert encode_question(base.chat, HOME, prompt=(5, 6, 7)).prompt == [5, 6, 7]


def test_a_teacher_takes_the_place_of_a_fixed_opening_and_is_believed_as_far_as_it_knows_the_value(base) -> None:
    plain = encode_question(base.chat, HOME)
    opening, tokens = len(base.chat.encode(HOME.opening)), len(plain.answer)
    ids = torch.tensor([[token, token + 1] for token in plain.answer], dtype=torch.int32)
    ids[-1] += 5  # of the end the teacher knows nothing
    known = Distribution(ids, torch.tensor([[0.5, 0.25]] * tokens).log().half())
    encoded = encode_question(base.chat, replace(HOME, taught=known))
    assert encoded.weights == [0.0] * opening + plain.weights[opening:]
    assert sum(encoded.taught_weights[:opening]) == pytest.approx(OPENING_DIVERGENCE)
    scored = tokens - opening
    expected = [VALUE_DIVERGENCE * 0.5 / scored] * (scored - 1) + [0.0]
    assert encoded.taught_weights[opening:] == pytest.approx(expected, rel=1e-3)
    assert plain.taught_weights == []
