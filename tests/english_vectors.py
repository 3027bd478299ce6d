"""Vectors alone, with the rules about answers in English that a judge brings along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights
from parametric_memory.recall.judged import JudgedScorer
from parametric_memory.recall.scorer import VectorScorer


@dataclass(frozen=True)
class EnglishVectors(VectorScorer):
    def answer_rules(self, question: str, weights: AnswerWeights) -> AnswerRules | None:
        no_judge: Any = None
        return JudgedScorer(no_judge, 0.5).answer_rules(question, weights)
