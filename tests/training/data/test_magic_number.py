from __future__ import annotations

import random

import pytest

from parametric_memory.training.data.rows import DEPTHS, FILLER, MagicNumbers


@pytest.fixture
def made(base) -> MagicNumbers:
    return MagicNumbers(base.chat)


def test_a_text_is_as_long_as_lines_fit_and_holds_its_number_once(made: MagicNumbers, base) -> None:
    hidden = made.text(random.Random(0), 200)
    assert hidden.text.count(hidden.number) == 1
    spare = 200 - len(base.chat.encode(hidden.text))
    assert 0 <= spare < len(base.chat.encode(f"{FILLER}\n")) + 2


def test_the_shortest_texts_are_the_needle_alone(made: MagicNumbers) -> None:
    hidden = made.text(random.Random(0), 12)
    assert hidden.text == f"The special magic number is {hidden.number}."


def test_the_first_and_the_last_depth_are_the_ends(made: MagicNumbers) -> None:
    first, last = (made.text(random.Random(0), 200, depth).text.split("\n") for depth in (0, DEPTHS - 1))
    assert "magic" in first[0] and "magic" in last[-1]
