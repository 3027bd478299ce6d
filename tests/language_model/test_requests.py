from __future__ import annotations

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerWeights, EnglishAnswerRules
from parametric_memory.language_model.requests import Request, Search


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="beams must be at least 1, not 0"):
        Search(0)
    with pytest.raises(SettingsError, match="at least 1 token, not 0"):
        Request([1], max_new_tokens=0)


def test_an_answer_is_greedy_unless_it_is_searched_for_from_the_start() -> None:
    assert Search().begins_greedily and Search(4, unless_sure=0.4).begins_greedily
    assert not Search(4).begins_greedily


def test_beams_from_the_start_take_the_place_of_a_search_for_unsure_answers_only() -> None:
    rules = EnglishAnswerRules(("Lina",), AnswerWeights(repeated_names=4.0))
    calibrated = Search(4, 0.4, rules)
    assert calibrated.from_the_start(None) is calibrated
    assert calibrated.from_the_start(2) == Search(2, None, rules)
