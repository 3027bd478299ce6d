"""How a memory recalls and searches for answers: as calibrated with its hypernetwork, and with which scorer.

The calibration stands in the hypernetwork's `config.json`, where users may write it by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from parametric_memory.adapters.focus import MAX_PASSAGES, TEMPERATURE
from parametric_memory.errors import CheckpointError, SettingsError
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.judged import JudgeConfig, JudgedScorer, judge_folder, read_judge_config
from parametric_memory.recall.scorer import NumberedPassage, Query, Scorer, Vector, VectorScorer
from parametric_memory.settings import JUDGE, VECTORS, RecallSettings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.documents.sentences import InContext
    from parametric_memory.internalize.identity import MemoryIdentity
    from parametric_memory.internalize.selection import Models
    from parametric_memory.language_model.answer_rules import AnswerRules
    from parametric_memory.recall.judge import Judge

ANSWER_RULES = tuple(field.name for field in fields(AnswerWeights))

Settings = TypeVar("Settings")

_ABOVE_0 = ("passage_temperature", "strength")


@dataclass(frozen=True)
class Calibration:
    """Defaults are for a hypernetwork with which nothing was measured.

    Attributes:
        threshold: score below which no entry is attached.
        max_adapters: entries that an answer attaches, at most.
        max_passages: passages of these entries, all together, whose rows are attached, at most.
        rank: rows in each layer for every 100 tokens of what is made when it is recalled, 100: one for every token; 0:
            as many as the hypernetwork makes anyway.
        passage_temperature: see `adapters.focus.passage_weights`.
        strength: see `recall.recaller.strength_at`.
        alternatives, unless_sure: see `language_model.requests.Search`.
        answers: weights of the rules about what an answer in English hardly says.
    """

    threshold: float = 0.35
    max_adapters: int = MAX_PASSAGES
    max_passages: int = MAX_PASSAGES
    rank: int = 0
    passage_temperature: float = TEMPERATURE
    strength: float = 1.0
    alternatives: int = 1
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


class ChosenScorer:
    """The scorer of a memory, chosen when it is first needed; as it then is."""

    def __init__(self, settings: RecallSettings, models: Models, made_with: MemoryIdentity | None) -> None:
        """
        Args:
            models: have the judge, for the embedder that it was trained on.
            made_with: what the memory was made with, if there is one.
        """
        self._settings, self._models, self._made_with = settings, models, made_with

    def choose(self, made_with: MemoryIdentity | None) -> None:
        """Chooses anew, for a memory that was made with something else."""
        self._made_with = made_with
        vars(self).pop("chosen", None)

    @cached_property
    def chosen(self) -> Scorer:
        """What was named, or what the memory was made with, or the judge where it holds for the embedder.

        Raises:
            SettingsError: there is no rule of a name, or the memory was made with a scorer that has to be given.
        """
        models, made_with = self._models, self._made_with
        without(AnswerWeights(), self._settings.without)  # refuses what is no rule
        named = self._settings.scorer
        if named is None and made_with is not None and made_with.embedder_fingerprint == models.embedder_fingerprint:
            named = made_with.scorer.partition(":")[0]
            if named not in (JUDGE, VECTORS):
                raise SettingsError(
                    f"The memory was made with the scorer {made_with.scorer}: give that, or name {JUDGE} or {VECTORS}."
                )
        if named is None:
            named = JUDGE if self._judge_config.embedder == models.embedder_fingerprint else VECTORS
        if named == JUDGE:
            return JudgedScorer(self._judge, self._judge_config.threshold)
        if named == VECTORS:  # the calibration stands with a hypernetwork, which may have to be looked for
            return VectorScorer(Calibration.of(*models.calibration).passage_temperature)
        assert not isinstance(named, str)  # the settings have refused it
        return named

    @cached_property
    def _judge_config(self) -> JudgeConfig:
        return read_judge_config(judge_folder(self._models))

    def _judge(self) -> Judge:
        from parametric_memory.recall.judge import judge_of

        return judge_of(self._models)

    @property
    def fingerprint(self) -> str:
        return self.chosen.fingerprint

    @property
    def threshold(self) -> float | None:
        return self.chosen.threshold

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        return self.chosen.document_vectors(passages, embeddings, summary)

    def query(self, text: str, embeddings: Embeddings) -> Query:
        return self.chosen.query(text, embeddings)

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        return self.chosen.weights(scores)

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        return self.chosen.confidence(question, answer, attached, least_probable)

    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        return self.chosen.answer_rules(question, weights)


def without(weights: AnswerWeights, rules: Sequence[str]) -> AnswerWeights:
    """The same with some rules turned off.

    Raises:
        SettingsError: there is no such rule.
    """
    for rule in rules:
        if rule not in ANSWER_RULES:
            raise SettingsError(f"There is no rule {rule!r}: there are {', '.join(ANSWER_RULES)}.")
    changes: dict[str, Any] = dict.fromkeys(rules, 0.0)
    return replace(weights, **changes)
