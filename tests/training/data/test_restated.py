from __future__ import annotations

import random

from parametric_memory.training.data.facts import FactGenerator, restated
from parametric_memory.training.data.vocabulary import WordList


def test_a_statement_is_told_again_with_another_value_beside_one_about_something_else() -> None:
    rng, facts = random.Random(0), FactGenerator(WordList.training())
    drawn = [restated(facts, rng) for _ in range(200)]
    assert all(question and len(set(statements)) == 3 for question, statements in drawn)
    said = [any(verb in text for verb in (" said: ", " answered: ")) for _, statements in drawn for text in statements]
    assert 0.4 < sum(said) / len(said) < 0.6
    assert [restated(facts, random.Random(7)) for _ in range(2)] == [restated(facts, random.Random(7))] * 2
