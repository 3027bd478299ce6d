"""The settings of recall and of the search for answers that come with a hypernetwork, and the choice of a scorer.

The calibration is in the hypernetwork's `config.json`, which users may edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field

from parametric_memory.adapters.checkpoints import validated
from parametric_memory.errors import SettingsError
from parametric_memory.internalize.selection import MemoryIdentity, Models
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.judge_config import judge_folder, read_judge_config
from parametric_memory.recall.judged import JudgedScorer
from parametric_memory.recall.scorer import MAX_PASSAGES, TEMPERATURE, Scorer, VectorScorer
from parametric_memory.settings import JUDGE, VECTORS, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.recall.judge import Judge

ANSWER_RULES = tuple(field.name for field in fields(AnswerWeights))

_AtLeast1 = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class Calibration:
    """Settings that were measured with a hypernetwork; the defaults are for one that was not."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    threshold: float = 0.35  # score below which no entry is attached
    max_adapters: _AtLeast1 = MAX_PASSAGES  # most entries that an answer attaches
    max_passages: _AtLeast1 = MAX_PASSAGES  # most passages that an answer attaches, of all its entries together
    passage_temperature: Annotated[float, Field(gt=0, allow_inf_nan=True)] = TEMPERATURE  # see `passage_weights`
    strength: Annotated[float, Field(gt=0)] = 1.0  # see `recall.recaller.strength_at`
    alternatives: _AtLeast1 = 1  # this and the next: see `language_model.requests.Search`
    unless_sure: float = 1.0
    unmarked: Annotated[float, Field(ge=0)] = 1.0  # factor on the rows of words that do not answer, see `row_factors`
    marked: Annotated[float, Field(ge=0)] = 0.0  # nats that an answer gains by the words that do, see `MarkedAnswer.of`
    answers: AnswerWeights = field(default_factory=AnswerWeights)  # of the rules for answers in English

    @classmethod
    def of(cls, written: Mapping[str, Any], source: str | Path | None = None) -> Calibration:
        """The settings that a `config.json` has, and defaults for all others.

        A `rank`, of the time before every token had a row, is not read.

        source: of the settings, for messages.

        Raises CheckpointError: there is no such setting, or its value cannot be used.
        """
        if isinstance(written, Mapping):  # what a file says may be anything
            written = {name: value for name, value in written.items() if name != "rank"}
        return validated(cls, written, f"{source or 'A hypernetwork'}: its calibration")


class ChosenScorer:
    """The scorer of a memory, chosen when it is first needed."""

    def __init__(self, settings: RecallSettings, models: Models, made_with: MemoryIdentity | None) -> None:
        """models: name the judge, hold its embedder. made_with: as the memory was made; None: nothing is stored yet."""
        self._settings, self._models, self._made_with = settings, models, made_with

    def choose(self, made_with: MemoryIdentity | None) -> None:
        """Chooses again, for a memory that was made with something else."""
        self._made_with = made_with
        vars(self).pop("chosen", None)

    @cached_property
    def chosen(self) -> Scorer:
        """The scorer that was named, or that the memory was made with, or the judge if it is for the embedder.

        Raises SettingsError: there is no rule of a name, or the memory was made with a scorer of the caller's own.
        """
        models, made_with = self._models, self._made_with
        without(AnswerWeights(), self._settings.without)  # refuses unknown rules
        named = self._settings.scorer
        if named is None and made_with is not None and made_with.embedder_fingerprint == models.embedder_fingerprint:
            named = made_with.scorer.partition(":")[0]
            if named not in (JUDGE, VECTORS):
                raise SettingsError(
                    f"The memory was made with the scorer {made_with.scorer}: give that, or name {JUDGE} or {VECTORS}."
                )
        if named is None or named == JUDGE:
            config = read_judge_config(judge_folder(models))
            if named == JUDGE or config.embedder == models.embedder_fingerprint:
                return JudgedScorer(partial(_judge_of, models), config.threshold)
        if named is None or isinstance(named, str):  # the settings have refused any other name
            return VectorScorer(Calibration.of(*models.calibration).passage_temperature)
        return named


def _judge_of(models: Models) -> Judge:
    from parametric_memory.recall.judge import judge_of

    return judge_of(models)


def without(weights: AnswerWeights, rules: Sequence[str]) -> AnswerWeights:
    """The weights with some rules turned off. Raises SettingsError: there is no such rule."""
    for rule in rules:
        if rule not in ANSWER_RULES:
            raise SettingsError(f"There is no rule {rule!r}: there are {', '.join(ANSWER_RULES)}.")
    return replace(weights, **dict.fromkeys(rules, 0.0))
