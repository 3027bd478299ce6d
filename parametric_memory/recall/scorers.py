"""Which scorer a memory uses: what was named, or what it was made with, or what was measured with its embedder.

Knows nothing about what scorers do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.judged import JudgedScorer
from parametric_memory.recall.scorer import Scorer, VectorScorer
from parametric_memory.settings import JUDGE, VECTORS, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.models.selection import Models
    from parametric_memory.storage.identity import MemoryIdentity

ANSWER_RULES = tuple(field.name for field in fields(AnswerWeights))


def chosen_scorer(
    settings: RecallSettings, models: Models, temperature_of: Callable[[], float], made_with: MemoryIdentity | None
) -> Scorer:
    """The scorer of a memory.

    Args:
        models: the judge holds by itself for the embedder that it was trained on.
        temperature_of: gives that of passages where vectors are compared. Asked only then: it stands with a
            hypernetwork, which may have to be looked for.
        made_with: what the memory was made with, if there is one.

    Raises:
        SettingsError: there is no rule of a name, or the memory was made with a scorer that has to be given.
    """
    without(AnswerWeights(), settings.without)  # refuses what is no rule
    named = settings.scorer
    if named is None and made_with is not None and made_with.embedder_fingerprint == models.embedder_fingerprint:
        named = made_with.scorer.partition(":")[0]
        if named not in (JUDGE, VECTORS):
            raise SettingsError(
                f"The memory was made with the scorer {made_with.scorer}: give that, or name {JUDGE} or {VECTORS}."
            )
    if named is None:
        named = JUDGE if models.judge_config.embedder == models.embedder_fingerprint else VECTORS
    if named == JUDGE:
        return JudgedScorer(lambda: models.judge, models.judge_config.threshold)
    if named == VECTORS:
        return VectorScorer(temperature_of())
    assert not isinstance(named, str)  # the settings have refused it
    return named


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
