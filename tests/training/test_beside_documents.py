from __future__ import annotations

import random
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training import skill_trainer
from parametric_memory.training.data.examples import EncodedQuestion
from parametric_memory.training.skill_trainer import BesideDocuments, document_questions

HALVES = 0.6931


@pytest.fixture
def documents(base: BaseModel, hypernetwork_folder: Path) -> BesideDocuments:
    return document_questions(base, hypernetwork_folder, count=4)(random.Random(3))


def test_questions_are_asked_alike_and_answered_with_and_without_an_opening(
    base: BaseModel, documents: BesideDocuments
) -> None:
    stopped, bare = documents.others
    assert len(documents.asked.questions) == len(stopped) == len(bare) == 4
    for whole, *others in zip(documents.asked.questions, stopped, bare, strict=True):
        assert [other.prompt for other in others] == [whole.prompt] * 2
        sentence, value, alone = (base.chat.decode(of.answer[:-1]).strip() for of in (whole, *others))
        assert sentence.endswith(value) and value in (f"{alone}.", alone)
        assert [of.answer[-1] for of in (whole, *others)] == [base.chat.end] * 3
    assert any(len(a.answer) > len(b.answer) for a, b in zip(stopped, bare, strict=True))


def test_either_form_will_do(base: BaseModel, documents: BesideDocuments, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(sentence: float, value: float) -> float:
        """Where each token of the one form, and of the other, is as improbable as said."""

        def logits(model: object, prompts: object, answers: list[list[int]], pad: int) -> Tensor:
            each = sentence if answers == [question.answer for question in documents.asked.questions] else value
            tokens = [token for answer in answers for token in answer]
            found = torch.full((len(tokens), base.model.config.vocab_size), -1e9)
            found[:, 0], found[range(len(tokens)), tokens] = torch.tensor(1 - 2**-each).log(), -each * HALVES
            return found

        monkeypatch.setattr(skill_trainer, "answer_logits", logits)
        loss, answered = documents.answered(base.model, nullcontext(), base.chat.end)
        assert len(answered) == 4
        return float(loss)

    never = 40.0
    assert lost(1.0, never) == pytest.approx(HALVES, abs=1e-3)
    assert lost(never, 1.0) < HALVES  # in either of two forms
    assert lost(never, never) > 30 * HALVES


def test_the_same_generator_draws_the_same(base: BaseModel, hypernetwork_folder: Path) -> None:
    drawn = document_questions(base, hypernetwork_folder, count=4)
    first, again, other = (prompts(drawn(random.Random(seed)).asked.questions) for seed in (1, 1, 2))
    assert first == again != other


def prompts(questions: list[EncodedQuestion]) -> list[list[int]]:
    return [question.prompt for question in questions]
