"""Options of a training run as a command line gives them, NAME=VALUE: settings of the run, or sizes of what is trained.

Knows nothing about what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from parametric_memory.errors import SettingsError
from parametric_memory.training.data.token_rows import ChunkDraw
from parametric_memory.training.doc_to_lora import CROSS_ENTROPY, ContextTrainingConfig
from parametric_memory.training.doc_to_lora_run import DOC_TO_LORA

_SETTINGS = {item.name: item.type for item in fields(ContextTrainingConfig)}
_NOT_HERE = ("chunks", "objective", "steps", "batch", "learning_rate", "seed")  # which have options of their own
_NEEDLE_PENALTY = 1.5  # of the paper's needle experiment
_KEY_VALUE = {"steps": 2000, "batch": 16, "learning_rate": 2e-3, "warmup": 20}


def context_options(
    kind: str,
    objective: str,
    given: Mapping[str, Any],
    options: Sequence[str],
    *,
    needle: bool = False,
    several_chunks: bool = False,
) -> tuple[ContextTrainingConfig, dict[str, Any]]:
    """The recipe of a run, and the sizes of a new hypernetwork.

    Args:
        kind, objective: of the hypernetwork, and of its training.
        given: settings that have options of their own.
        options: NAME=VALUE each.
        needle: whether it is the paper's needle experiment, whose answers are learned as they are.
        several_chunks: whether documents are cut as in the second stage.

    Raises:
        SettingsError: one is not of this form, or its value not of its kind.
    """
    settings: dict[str, Any] = {"objective": CROSS_ENTROPY if needle else objective}
    if kind != DOC_TO_LORA:
        settings |= _KEY_VALUE
    elif needle:
        settings["penalty"] = _NEEDLE_PENALTY
    settings |= given
    if several_chunks:
        settings["chunks"] = ChunkDraw()
    sizes: dict[str, Any] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not (name and equals and text):
            raise SettingsError(f"--set takes NAME=VALUE, not {option!r}.")
        if name in _NOT_HERE:
            raise SettingsError(f"{name} has an option of its own: --{name.replace('_', '-')}.")
        (settings if name in _SETTINGS else sizes)[name] = _value(name, text)
    return ContextTrainingConfig(**settings), sizes


def _value(name: str, text: str) -> Any:
    """A value of its setting's kind; of sizes, a number where it is one."""
    kind = _SETTINGS.get(name)
    if text in ("true", "false") and kind in (None, "bool"):
        return text == "true"
    if kind == "bool":
        raise SettingsError(f"{name} is true or false, not {text!r}.")
    if "," in text and kind is None:
        return tuple(text.split(","))
    kinds = {"int": (int,), "float": (float,)}.get(str(kind), (int, float))
    for number in kinds:
        try:
            return number(text)
        except ValueError:
            continue
    if kind is not None:
        raise SettingsError(f"{name} must be a number, not {text!r}.")
    return text
