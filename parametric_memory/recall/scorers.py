"""Which scorer a memory uses: what was named, or what it was made with, or what was measured with its embedder.

Knows nothing about what scorers do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.english import EnglishScorer, EnglishWeights
from parametric_memory.recall.scorer import Scorer, VectorScorer
from parametric_memory.settings import ENGLISH, VECTORS, RecallSettings
from parametric_memory.storage.identity import MemoryIdentity

ENGLISH_RULES = tuple(field.name for field in fields(EnglishWeights) if field.name != "embedder")
ANSWER_RULES = tuple(field.name for field in fields(AnswerWeights))

Weights = TypeVar("Weights", EnglishWeights, AnswerWeights)


def chosen_scorer(
    settings: RecallSettings, weights_of: Callable[[], EnglishWeights], embedder: str, made_with: MemoryIdentity | None
) -> Scorer:
    """The scorer of a memory.

    Args:
        weights_of: gives those of the rules about English, which hold by themselves for the embedder they were measured
            with. Asked only where they may be needed: they stand with a hypernetwork, which may have to be looked for.
        embedder: fingerprint of the memory's.
        made_with: what the memory was made with, if there is one.

    Raises:
        SettingsError: there is no rule of that name, or the memory was made with a scorer that has to be given.
    """
    without(EnglishWeights(), settings.without)  # refuses what is no rule
    named = settings.scorer
    if named is None and made_with is not None and made_with.embedder_fingerprint == embedder:
        named = made_with.scorer.partition(":")[0]
        if named not in (ENGLISH, VECTORS):
            raise SettingsError(
                f"The memory was made with the scorer {made_with.scorer}: give that, or name {ENGLISH} or {VECTORS}."
            )
    if named is None:
        named = ENGLISH if weights_of().embedder == embedder else VECTORS
    if named == ENGLISH:
        return EnglishScorer(without(weights_of(), settings.without))
    if named == VECTORS:
        return VectorScorer()
    assert not isinstance(named, str)  # the settings have refused it
    return named


def without(weights: Weights, rules: Sequence[str]) -> Weights:
    """The same with some rules turned off, as far as they are among these.

    Raises:
        SettingsError: there is no such rule at all.
    """
    known = (*ENGLISH_RULES, *ANSWER_RULES)
    for rule in rules:
        if rule not in known:
            raise SettingsError(f"There is no rule {rule!r}: there are {', '.join(known)}.")
    own = {field.name for field in fields(weights)}
    changes: dict[str, Any] = {rule: 0.0 for rule in rules if rule in own}
    return replace(weights, **changes)
