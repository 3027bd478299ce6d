from __future__ import annotations

from dataclasses import replace

import pytest

from parametric_memory.language_model.answer_rules import (
    AnswerRules,
    AnswerWeights,
    Penalties,
)
from parametric_memory.language_model.requests import Request, Search
from tests.language_model.streams import streamed

NAME = "Lina Okafor"


class Pieces(Penalties):
    """With names and pieces of words that cost the same, and what is unlikely behind an answer."""

    def __init__(self, chat, names: list[str], penalty: float = 1.0):
        weights = AnswerWeights(repeated_names=penalty, stray_pieces=penalty)
        super().__init__(chat, AnswerRules(tuple(names), weights))

    def unlikely(self, answer: list[int]) -> list[int]:
        return sorted(self.of(answer))


@pytest.fixture
def pieces(base) -> Pieces:
    return Pieces(base.chat, [NAME])


def test_a_name_may_be_said_and_not_begun_again(base, pieces: Pieces) -> None:
    spelled = base.chat.encode(f" {NAME}")
    for said in range(len(spelled)):
        assert spelled[said] not in pieces.unlikely(spelled[:said])
    beginning = base.chat.encode(NAME)[0]
    assert beginning in pieces.unlikely([*spelled, *base.chat.encode(" is")])
    assert beginning not in pieces.unlikely([*spelled, *base.chat.encode(". She is")])


def test_a_name_that_begins_the_answer_was_said(base, pieces: Pieces) -> None:
    assert base.chat.encode(NAME)[0] in pieces.unlikely(base.chat.encode(f"{NAME} is"))


def test_another_name_with_the_same_first_piece_can_still_be_said(base, pieces: Pieces) -> None:
    first, second = base.chat.encode("Lina")
    said = base.chat.encode(" Lina Okafor is ")
    assert first in pieces.unlikely(said) and second in pieces.unlikely([*said, first])
    assert second not in pieces.unlikely([first]) and first not in pieces.unlikely([first, *base.chat.encode("d")])


def test_a_piece_of_a_word_is_out_of_place_behind_any_other(base, pieces: Pieces) -> None:
    within_words = {piece for word in NAME.split() for piece in base.chat.encode(word)[1:]}
    assert within_words, "the name has words of several pieces"
    assert set(pieces.unlikely(base.chat.encode(" Pia"))) == set(pieces.unlikely([])) == within_words


def test_a_name_that_says_a_word_twice_can_be_said(base) -> None:
    pieces = Pieces(base.chat, ["Heron Heron"])
    word = base.chat.encode(" Heron")
    for said in range(1, 2 * len(word)):
        assert (word * 2)[said] not in pieces.unlikely((word * 2)[:said])
    assert word[0] in pieces.unlikely([*word, *word, *base.chat.encode(" sent")])


def test_of_two_names_with_the_same_first_word_each_can_be_said(base) -> None:
    pieces = Pieces(base.chat, ["Lina Okafor", "Lina Harbour"])
    assert base.chat.encode("Lina")[0] not in pieces.unlikely(base.chat.encode(" Lina Okafor and "))


def test_names_without_a_visible_token_are_passed_over(base) -> None:
    assert Pieces(base.chat, ["", " ", "<|im_start|>"]).unlikely(base.chat.encode(" Lina")) == []


def test_a_piece_within_a_word_is_not_said_twice_in_a_row(base) -> None:
    within = base.chat.encode(" Okafor")[-1]
    assert base.chat.decode([within]) == "afor"
    assert Pieces(base.chat, []).unlikely(base.chat.encode(" Okafor")) == [within]
    assert Pieces(base.chat, []).unlikely(base.chat.encode(" sent a 7")) == []


def test_a_small_letter_is_not_said_for_the_third_time(base) -> None:
    [letter] = base.chat.tokenizer.convert_tokens_to_ids(["a"])
    misspelled = Pieces(base.chat, []).misspelled
    assert letter in misspelled(base.chat.encode(" Mazraa"))
    for said in (" Mazra", " Mazraan", " AA", " 77", ""):
        assert letter not in misspelled(base.chat.encode(said))
    assert letter not in Pieces(base.chat, ["Haaanu"]).misspelled(base.chat.encode(" Haa"))


def test_each_rule_has_a_weight_of_its_own(base) -> None:
    [letter] = base.chat.tokenizer.convert_tokens_to_ids(["a"])
    tripled = AnswerRules((), AnswerWeights(tripled_letters=6.0))
    penalties = Penalties(base.chat, tripled).of(base.chat.encode(" Mazraa"))
    assert penalties[letter] == 6 == max(penalties.values())
    assert not Penalties(base.chat, AnswerRules((NAME,), AnswerWeights())).of(base.chat.encode(" Mazraa"))


def test_digits_are_at_their_place_anywhere(base) -> None:
    pieces = Pieces(base.chat, ["Unit 27"])
    assert not [token for token in pieces.unlikely(base.chat.encode(" Pia")) if base.chat.decode([token]).isdigit()]


def test_an_answer_under_a_name_penalty_begins_none_again(base) -> None:
    plain = Request(base.chat.question("Where does Lina live?"), max_new_tokens=16)
    [told] = base.generate([plain])
    again = next(token for place, token in enumerate(told.token_ids) if token in told.token_ids[:place])
    name = base.chat.decode([again]).strip()
    once = replace(plain, search=Search(rules=AnswerRules((name,), AnswerWeights(1e4, 1e4, 3e4))))
    other, unchanged = base.generate([once, plain])
    assert other.token_ids.count(again) <= 1
    assert unchanged.token_ids == told.token_ids
    assert streamed(base, once) == other.text
