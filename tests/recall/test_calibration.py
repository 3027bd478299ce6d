from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import pytest

from parametric_memory.errors import CheckpointError
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.calibration import Calibration


def test_what_is_not_written_has_its_default() -> None:
    assert Calibration.of({}) == Calibration()
    read = Calibration.of({"threshold": 1, "max_passages": 4.0, "passage_temperature": math.inf})
    assert read == Calibration(threshold=1.0, max_passages=4, passage_temperature=math.inf)
    assert isinstance(read.max_passages, int)


def test_weights_of_rules_about_answers_are_read() -> None:
    read = Calibration.of({"answers": {"repeated_names": 2}})
    assert read.answers == AnswerWeights(repeated_names=2.0)
    assert Calibration.of(json.loads(json.dumps(asdict(read)))) == read


def test_where_it_stands_is_told_with_what_is_wrong() -> None:
    with pytest.raises(CheckpointError, match=r"^run/hypernetwork: A calibration has no 'treshold'"):
        Calibration.of({"treshold": 0.4}, "run/hypernetwork")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"treshold": 0.4}, "no 'treshold': it may have threshold, max_adapters"),
        ({"threshold": "0.4"}, "'threshold' must be a number, not '0.4'"),
        ({"threshold": math.nan}, "'threshold' must be a number, not nan"),
        ({"max_passages": 2.5}, "'max_passages' must be a whole number from 1 on, not 2.5"),
        ({"max_passages": True}, "'max_passages' must be a number, not True"),
        ({"max_passages": 0}, "'max_passages' must be a whole number from 1 on, not 0"),
        ({"max_adapters": math.inf}, "'max_adapters' must be a whole number from 1 on, not inf"),
        ([], r"names settings and their values, not \[\]"),
        ({"passage_temperature": 0.0}, "'passage_temperature' must be more than 0"),
        ({"strength": 0}, "'strength' must be more than 0, not 0"),
        ({"strength": math.inf}, "'strength' must be finite, not inf"),
        ({"answers": {"repeated_names": "much"}}, "'repeated_names' must be a number, not 'much'"),
        ({"answers": {"months": 0.1}}, "'answers' has no 'months': it may have repeated_names"),
        ({"answers": 4}, r"'answers' names settings and their values, not 4"),
    ],
)
def test_what_cannot_be_is_told_of(written: Any, told: str) -> None:
    with pytest.raises(CheckpointError, match=told):
        Calibration.of(written)
