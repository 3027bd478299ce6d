"""Ordinary questions: those a document does not answer, with what the base model says to them on its own.

Trained beside the document's questions they teach an adapter to keep still off its subject.
Knows nothing about hypernetworks.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parametric_memory.language_model.batching import by_length
from parametric_memory.language_model.requests import Request
from parametric_memory.training.data.examples import Example, Question

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.training.trainer import ExampleStream

_ANSWER_TOKENS = 24
_INTRODUCTION = re.compile(r"(?:[A-Z][\w'.-]*,?\s){1,5}(?:is|was|are|were) an? ")


def unaided_answers(
    base: BaseModel, questions: Sequence[str], batch: int = 96, tokens: int = _ANSWER_TOKENS
) -> list[list[int]]:
    """How the base model begins to answer each question, greedily and without a document: at most `tokens` ids."""
    found: dict[int, list[int]] = {}
    for part in by_length([len(question) for question in questions], batch):
        requests = [Request(base.chat.question(questions[i]), max_new_tokens=tokens) for i in part]
        found.update((i, answer.token_ids) for i, answer in zip(part, base.generate(requests), strict=True))
    return [found[i] for i in range(len(questions))]


def ordinary_questions(base: BaseModel, questions: Sequence[str]) -> list[Question]:
    """The questions with the base model's own answers.

    Those it answers with nothing are dropped, and those it begins to answer with what somebody is ("Finland is a
    country"): asked about anybody, a memory that goes astray does so with these words.
    """
    answers = [base.chat.decode(ids) for ids in unaided_answers(base, questions)]
    return [
        Question(question, "", answer, "", ordinary=True)
        for question, answer in zip(questions, answers, strict=True)
        if base.chat.encode(answer) and not _INTRODUCTION.match(answer)
    ]


@dataclass(frozen=True)
class WithOrdinary:
    """A stream in which one question of some documents is an ordinary one."""

    stream: ExampleStream
    questions: tuple[Question, ...]
    share: float  # of the documents

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        examples = self.stream.batch(rng, size, questions, step)
        if questions < 2:
            return examples
        return [self._with_ordinary(rng, e) if rng.random() < self.share else e for e in examples]

    def _with_ordinary(self, rng: random.Random, example: Example) -> Example:
        own = example.questions[:-1] or example.questions  # every document keeps a question of its own
        return replace(example, questions=(*own, rng.choice(self.questions)))
