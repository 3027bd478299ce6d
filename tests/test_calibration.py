from __future__ import annotations

import math

import pytest

from parametric_memory.calibration import Calibration
from parametric_memory.errors import CheckpointError


def test_what_is_not_written_has_its_default() -> None:
    assert Calibration.of({}) == Calibration()
    assert Calibration.of({"threshold": 1, "beams": 4}) == Calibration(threshold=1, beams=4)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"treshold": 0.4}, "no 'treshold': it may have threshold, max_adapters"),
        ({"threshold": "0.4"}, "'threshold' must be a number, not '0.4'"),
        ({"threshold": math.nan}, "'threshold' must be a number, not nan"),
        ({"beams": 2.5}, "'beams' must be a whole number, not 2.5"),
        ({"beams": True}, "'beams' must be a whole number, not True"),
        ({"max_passages": 0}, "'max_passages' must be at least 1, not 0"),
        ({"passage_temperature": 0.0}, "'passage_temperature' must be more than 0"),
    ],
)
def test_what_cannot_be_is_told_of(written: dict[str, object], told: str) -> None:
    with pytest.raises(CheckpointError, match=told):
        Calibration.of(written)
