"""How a memory recalls, and how its answers are looked for, as it was measured with a hypernetwork.

Stands in the hypernetwork's `config.json`, where users may write it by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from parametric_memory.adapters.focus import MAX_PASSAGES, TEMPERATURE
from parametric_memory.errors import CheckpointError
from parametric_memory.language_model.answer_rules import AnswerWeights

Settings = TypeVar("Settings")

_ABOVE_0 = ("passage_temperature", "strength")


@dataclass(frozen=True)
class Calibration:
    """Defaults are for a hypernetwork with which nothing was measured.

    Attributes:
        threshold: score below which no entry is attached.
        max_adapters: entries that an answer attaches, at most.
        max_passages: passages of a document whose rows are attached, at most.
        rank: rows in each layer for every 100 tokens of what is made when it is recalled, 100: one for every token; 0:
            as many as the hypernetwork makes anyway.
        passage_temperature: see `adapters.focus.passage_weights`.
        strength: see `recall.recaller.strength_at`.
        beams, unless_sure: see `language_model.requests.Search`.
        answers: weights of the rules about what an answer in English hardly says.
    """

    threshold: float = 0.35
    max_adapters: int = 1
    max_passages: int = MAX_PASSAGES
    rank: int = 0
    passage_temperature: float = TEMPERATURE
    strength: float = 1.0
    beams: int = 1
    unless_sure: float = 1.0
    answers: AnswerWeights = field(default_factory=AnswerWeights)

    @classmethod
    def of(cls, written: Mapping[str, Any], source: str | Path | None = None) -> Calibration:
        """What was written; defaults for all else.

        Args:
            source: where it stands, for messages.

        Raises:
            CheckpointError: there is no such setting, or its value is not one that can be.
        """
        try:
            return _read(cls, written, "A calibration")
        except CheckpointError as error:
            raise CheckpointError(f"{source}: {error}" if source else str(error)) from error


def _read(kind: type[Settings], written: Mapping[str, Any], name: str) -> Settings:
    if not isinstance(written, Mapping):
        raise CheckpointError(f"{name} names settings and their values, not {written!r}.")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for setting, value in written.items():
        if setting not in known:
            raise CheckpointError(f"{name} has no {setting!r}: it may have {', '.join(known)}.")
        values[setting] = _value(setting, value, getattr(kind(), setting))
    return kind(**values)


def _value(setting: str, value: Any, default: Any) -> Any:
    """A setting's value as it is kept. Raises CheckpointError for one that cannot be."""
    if isinstance(default, AnswerWeights):
        return _read(type(default), value, f"The calibration's {setting!r}")
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise CheckpointError(f"The calibration's {setting!r} must be a number, not {value!r}.")
    least = 0 if setting == "rank" else 1
    if isinstance(default, int) and (value < least or value % 1):
        raise CheckpointError(f"The calibration's {setting!r} must be a whole number from {least} on, not {value}.")
    if setting in _ABOVE_0 and value <= 0:
        raise CheckpointError(f"The calibration's {setting!r} must be more than 0, not {value}.")
    if setting == "strength" and math.isinf(value):
        raise CheckpointError(f"The calibration's {setting!r} must be finite, not {value}.")
    return int(value) if isinstance(default, int) else float(value)
