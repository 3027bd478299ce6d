"""Which scorer a memory uses: what was named, or what it was made with, or what was measured with its embedder.

Knows nothing about what scorers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.calibration import Calibration
from parametric_memory.recall.judge_config import JudgeConfig, judge_folder, read_judge_config
from parametric_memory.recall.judged import JudgedScorer
from parametric_memory.recall.scorer import NumberedPassage, Query, Scorer, Vector, VectorScorer
from parametric_memory.settings import JUDGE, VECTORS, RecallSettings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.language_model.answer_rules import AnswerRules
    from parametric_memory.models.identity import MemoryIdentity
    from parametric_memory.models.selection import Models
    from parametric_memory.recall.judge import Judge
    from parametric_memory.text.sentences import InContext

ANSWER_RULES = tuple(field.name for field in fields(AnswerWeights))


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
