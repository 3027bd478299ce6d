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
    assert Calibration.of({}) == Calibration.of({"rank": 100}) == Calibration()
    read = Calibration.of({"threshold": 1, "max_passages": 4.0, "passage_temperature": math.inf})
    assert read == Calibration(threshold=1.0, max_passages=4, passage_temperature=math.inf)
    assert isinstance(read.max_passages, int)


def test_weights_of_rules_about_answers_are_read() -> None:
    read = Calibration.of({"answers": {"repeated_names": 2}})
    assert read.answers == AnswerWeights(repeated_names=2.0)
    assert Calibration.of(json.loads(json.dumps(asdict(read)))) == read


def test_where_it_stands_is_told_with_what_is_wrong() -> None:
    with pytest.raises(CheckpointError, match=r"^run/hypernetwork: its calibration .* treshold: Unexpected"):
        Calibration.of({"treshold": 0.4}, "run/hypernetwork")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"treshold": 0.4}, "treshold: .*Unexpected.*, not 0.4"),
        ({"threshold": "high"}, "threshold: .*Input should be a valid number.*, not 'high'"),
        ({"threshold": math.nan}, "threshold: .*finite.*, not nan"),
        ({"max_passages": 2.5}, "max_passages: .*integer.*, not 2.5"),
        ({"max_passages": 0}, "max_passages: .*greater than or equal to 1.*, not 0"),
        ({"max_adapters": math.inf}, "max_adapters: .*finite.*, not inf"),
        ({"passage_temperature": 0.0}, "passage_temperature: .*greater than 0.*, not 0.0"),
        ({"passage_temperature": math.nan}, "passage_temperature: .*greater than 0.*, not nan"),
        ({"strength": 0}, "strength: .*greater than 0.*, not 0"),
        ({"strength": math.inf}, "strength: .*finite.*, not inf"),
        ({"answers": {"repeated_names": "much"}}, "answers.repeated_names: .*number.*, not 'much'"),
        ({"answers": {"months": 0.1}}, "answers.months: .*Unexpected.*, not 0.1"),
        ({"answers": 4}, "answers: .*, not 4"),
        ([], "calibration cannot be used: Input should be a dictionary"),
    ],
)
def test_what_cannot_be_is_told_of(written: Any, told: str) -> None:
    with pytest.raises(CheckpointError, match=told):
        Calibration.of(written)
