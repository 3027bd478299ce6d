from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation.filler import Filler, prose
from parametric_memory.hypernetworks.key_value.untrained import ordinary_text
from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

NEEDLE = "Lina Okafor moved to Bergen."


@pytest.mark.parametrize("tokens", [1500, 100_000])
def test_a_text_is_nearly_as_long_as_asked_and_holds_the_needle_once(base: BaseModel, tokens: int) -> None:
    text = Filler(base.tokenizer, 0).text(tokens, NEEDLE)
    assert 0.4 * tokens < len(base.tokenizer(text)["input_ids"]) <= tokens
    assert text.split("\n\n").count(NEEDLE) == 1


def test_several_needles_stand_in_a_text_once_each(base: BaseModel) -> None:
    needles = [NEEDLE, "Project Heron is led by Ada.", "The hotel's password is copper."]
    text = Filler(base.tokenizer, 0).text(1500, *needles)
    assert len(base.tokenizer(text)["input_ids"]) <= 1500
    assert [text.split("\n\n").count(needle) for needle in needles] == [1, 1, 1]


def test_a_text_is_never_empty(base: BaseModel) -> None:
    filler = Filler(base.tokenizer, 0)
    assert filler.text(3, NEEDLE) == NEEDLE
    assert filler.text(3)


def test_the_same_seed_gives_the_same_text(base: BaseModel) -> None:
    first, again, other = (Filler(base.tokenizer, seed).text(3000, NEEDLE) for seed in (1, 1, 2))
    assert first == again != other


def test_no_sentence_of_the_prose_is_one_that_key_statistics_are_taken_over_and_none_comes_twice() -> None:
    drawn, read = ([s for passage in text() for s in sentences(passage)] for text in (prose, ordinary_text))
    assert set(drawn).isdisjoint(read)
    assert len(drawn) - len(set(drawn)) < 5
    assert sum(map(len, prose())) > 4 * 131_072, "a text of 131,072 tokens repeats nothing"
