"""How a memory recalls, and how its answers are looked for, as it was measured with a hypernetwork.

Stands in the hypernetwork's `config.json`, where users may write it by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from parametric_memory.adapters.focus import MAX_PASSAGES, TEMPERATURE
from parametric_memory.errors import CheckpointError


@dataclass(frozen=True)
class Calibration:
    """Defaults are for a hypernetwork with which nothing was measured.

    Attributes:
        threshold: score below which no entry is attached.
        max_adapters: entries that an answer attaches, at most.
        max_passages: passages of a document whose rows are attached, at most.
        passage_temperature: see `adapters.focus.passage_weights`.
        beams, unless_sure, name_penalty: see `language_model.requests.Search`.
    """

    threshold: float = 0.35
    max_adapters: int = 1
    max_passages: int = MAX_PASSAGES
    passage_temperature: float = TEMPERATURE
    beams: int = 1
    unless_sure: float = 1.0
    name_penalty: float = 0.0

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Calibration:
        """What was written; defaults for all else.

        Raises:
            CheckpointError: there is no such setting, or its value is no number, or not one that can be.
        """
        if not isinstance(written, Mapping):
            raise CheckpointError(f"A calibration names settings and their values, not {written!r}.")
        whole = {field.name: isinstance(field.default, int) for field in fields(cls)}
        found: dict[str, Any] = {}
        for name, value in written.items():
            if name not in whole:
                raise CheckpointError(f"A calibration has no {name!r}: it may have {', '.join(whole)}.")
            if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
                raise CheckpointError(f"The calibration's {name!r} must be a number, not {value!r}.")
            if whole[name] and (value < 1 or value % 1):
                raise CheckpointError(f"The calibration's {name!r} must be a whole number from 1 on, not {value}.")
            if name == "passage_temperature" and value <= 0:
                raise CheckpointError(f"The calibration's {name!r} must be more than 0, not {value}.")
            found[name] = int(value) if whole[name] else float(value)
        return cls(**found)
