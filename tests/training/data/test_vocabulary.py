from __future__ import annotations

import random
from itertools import pairwise

import pytest

from parametric_memory.training.data.vocabulary import Vocabulary, WordList

KINDS = list(Vocabulary(WordList.training(), random.Random(0))._kinds)
SMALL = WordList(common=("stone", "river"), names=("Bergen", "Okafor"))


class Listed(Vocabulary):
    """No name is invented, and none begins as another does but by chance."""

    _invented, _alike = 0.0, 0.0


class Invented(Vocabulary):
    _invented = 1.0


class Alike(Listed):
    _alike = 1.0


class HalfAlike(Listed):
    _alike = 0.5


def drawn(seed: int) -> list[str]:
    vocabulary = Vocabulary(SMALL, random.Random(seed))
    return [vocabulary.draw(kind) for kind in KINDS for _ in range(5)]


def test_the_same_seed_draws_the_same_values() -> None:
    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_a_short_piece_of_one_line(kind: str) -> None:
    vocabulary = Vocabulary(WordList.training(), random.Random(0))
    for value in (vocabulary.draw(kind) for _ in range(200)):
        assert value and value == value.strip() and "\n" not in value
        assert len(value) < 80


def test_no_word_is_in_both_lists() -> None:
    training, held_out = WordList.training(), WordList.held_out()
    known = {word.lower() for word in (*training.common, *training.names)}
    assert known.isdisjoint(word.lower() for word in (*held_out.common, *held_out.names))


@pytest.mark.parametrize(("words", "least"), [(WordList.training(), 10_000), (WordList.held_out(), 1_000)])
def test_no_pool_of_words_is_small_and_names_are_told_from_words_by_their_capital(words: WordList, least: int) -> None:
    assert len(set(words.common)) >= least and len(set(words.names)) >= least
    assert all(word.islower() for word in words.common)
    assert all(not name.islower() for name in words.names)


def test_names_are_of_the_list_unless_they_are_invented() -> None:
    listed = Listed(SMALL, random.Random(0))
    assert {listed.name() for _ in range(50)} == set(SMALL.names)
    invented = Invented(SMALL, random.Random(0))
    names = {invented.name() for _ in range(50)}
    assert len(names) > 40 and names.isdisjoint(SMALL.names)
    assert all(name.istitle() and name.isalpha() for name in names)


def test_names_may_begin_as_one_of_the_last_ones_does() -> None:
    vocabulary = Alike(WordList.training(), random.Random(0))
    assert len({vocabulary.name()[:2] for _ in range(50)}) == 1
    some = HalfAlike(WordList.training(), random.Random(0))
    begin = [some.name()[:2] for _ in range(200)]
    assert sum(a == b for a, b in pairwise(begin)) < sum(a in begin[i + 1 : i + 5] for i, a in enumerate(begin)) - 40
    unlike = Listed(WordList.training(), random.Random(0))
    assert len({unlike.name()[:2] for _ in range(50)}) > 20


def test_many_numbers_have_digits_that_come_again() -> None:
    vocabulary = Vocabulary(WordList.training(), random.Random(0))
    numbers = [vocabulary.number().replace(",", "") for _ in range(400)]
    repeating = [n for n in numbers if any(a == b for a, b in pairwise(n))]
    assert 100 < len(repeating) < 300


def test_many_values_are_long() -> None:
    vocabulary = Vocabulary(WordList.training(), random.Random(0))
    kinds = ("clause", "things", "reason", "spot")
    assert all(3 <= len(vocabulary.draw(kind).split()) <= 10 for kind in kinds for _ in range(100))
    codes = [vocabulary.code() for _ in range(200)]
    assert 40 < sum(sum(c.isdigit() for c in code) > 4 for code in codes) < 120
