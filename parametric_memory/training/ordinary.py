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

import torch

from parametric_memory.language_model.base_model import NO_SETTINGS_OF_THE_CHECKPOINT
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.training.examples import Example, Question

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.training.trainer import ExampleStream

_ANSWER_TOKENS = 24
_INTRODUCTION = re.compile(r"(?:[A-Z][\w'.-]*,?\s){1,5}(?:is|was|are|were) an? ")


@torch.inference_mode()
def unaided_answers(
    model: PreTrainedModel, chat: ChatFormat, questions: Sequence[str], batch: int = 96, tokens: int = _ANSWER_TOKENS
) -> list[list[int]]:
    """How the base model begins to answer each question, greedily and without a document: at most `tokens` ids."""
    order = sorted(range(len(questions)), key=lambda i: len(questions[i]))
    found: list[list[int]] = [[] for _ in questions]
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        prompts = [chat.question(questions[i]) for i in part]
        longest = max(map(len, prompts))
        ids = torch.tensor([[chat.end] * (longest - len(p)) + p for p in prompts], device=model.device)
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        written = model.generate(
            ids,
            attention_mask=mask,
            max_new_tokens=tokens,
            do_sample=False,
            pad_token_id=chat.end,
            **NO_SETTINGS_OF_THE_CHECKPOINT,
        )
        for i, row in zip(part, written[:, longest:].tolist(), strict=True):
            found[i] = row[: row.index(chat.end)] if chat.end in row else row
    return found


def ordinary_questions(model: PreTrainedModel, chat: ChatFormat, questions: Sequence[str]) -> list[Question]:
    """The questions with the base model's own answers.

    Those it answers with nothing are dropped, and those it begins to answer with what somebody is ("Finland is a
    country"): asked about anybody, a memory that goes astray does so with these words.
    """
    answers = [chat.decode(ids) for ids in unaided_answers(model, chat, questions)]
    return [
        Question(question, "", answer, "", ordinary=True)
        for question, answer in zip(questions, answers, strict=True)
        if chat.encode(answer) and not _INTRODUCTION.match(answer)
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
