from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import pytest

from parametric_memory.errors import CheckpointError
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.calibration import Calibration
from parametric_memory.recall.english import EnglishWeights


def test_what_is_not_written_has_its_default() -> None:
    assert Calibration.of({}) == Calibration()
    read = Calibration.of({"threshold": 1, "beams": 4.0, "passage_temperature": math.inf})
    assert read == Calibration(threshold=1.0, beams=4, passage_temperature=math.inf)
    assert isinstance(read.beams, int)


def test_weights_of_rules_are_read_with_what_they_were_measured_with() -> None:
    written = {"english": {"embedder": "mine:3", "asker": 0.1}, "answers": {"repeated_names": 2}}
    read = Calibration.of(written)
    assert read.english == EnglishWeights(embedder="mine:3", asker=0.1)
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
        ({"beams": 2.5}, "'beams' must be a whole number from 1 on, not 2.5"),
        ({"beams": True}, "'beams' must be a number, not True"),
        ({"max_passages": 0}, "'max_passages' must be a whole number from 1 on, not 0"),
        ({"max_adapters": math.inf}, "'max_adapters' must be a whole number from 1 on, not inf"),
        ([], r"names settings and their values, not \[\]"),
        ({"passage_temperature": 0.0}, "'passage_temperature' must be more than 0"),
        ({"english": {"asker": "much"}}, "'asker' must be a number, not 'much'"),
        ({"english": {"embedder": 3}}, "'embedder' must be a text, not 3"),
        ({"english": {"months": 0.1}}, "'english' has no 'months': it may have embedder, pronouns"),
        ({"answers": 4}, r"'answers' names settings and their values, not 4"),
    ],
)
def test_what_cannot_be_is_told_of(written: Any, told: str) -> None:
    with pytest.raises(CheckpointError, match=told):
        Calibration.of(written)
