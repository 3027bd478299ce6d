from __future__ import annotations

import random
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training import beside_documents
from parametric_memory.training.beside_documents import BesideDocuments, document_questions
from parametric_memory.training.data.examples import EncodedQuestion

HALVES = 0.6931


@pytest.fixture
def documents(base: BaseModel, hypernetwork_folder: Path) -> BesideDocuments:
    return document_questions(base, hypernetwork_folder, questions=4)(random.Random(3))


def test_questions_are_asked_alike_and_answered_with_and_without_an_opening(
    base: BaseModel, documents: BesideDocuments
) -> None:
    assert len(documents.asked.questions) == len(documents.values) == 4
    for whole, value in zip(documents.asked.questions, documents.values, strict=True):
        assert value.prompt == whole.prompt
        assert base.chat.decode(whole.answer).endswith(base.chat.decode(value.answer).strip())
        assert sum(whole.is_value) >= sum(value.is_value) > 0


def test_either_form_will_do(base: BaseModel, documents: BesideDocuments, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(sentence: float, value: float) -> float:
        """Where each token of the one form, and of the other, is as improbable as said."""

        def logits(model: object, prompts: object, answers: list[list[int]], pad: int) -> Tensor:
            each = value if answers == [question.answer for question in documents.values] else sentence
            tokens = [token for answer in answers for token in answer]
            found = torch.full((len(tokens), base.model.config.vocab_size), -1e9)
            found[:, 0], found[range(len(tokens)), tokens] = torch.tensor(1 - 2**-each).log(), -each * HALVES
            return found

        monkeypatch.setattr(beside_documents, "answer_logits", logits)
        loss, answered = documents.answered(base.model, nullcontext(), base.chat.end)
        assert len(answered) == 4
        return float(loss)

    never = 40.0
    only_sentence, only_value = lost(1.0, never), lost(never, 1.0)
    assert [only_sentence, only_value] == pytest.approx([HALVES] * 2, abs=1e-3)
    assert lost(never, never) > 30 * HALVES


def test_the_same_generator_draws_the_same(base: BaseModel, hypernetwork_folder: Path) -> None:
    drawn = document_questions(base, hypernetwork_folder, questions=4)
    first, again, other = (prompts(drawn(random.Random(seed)).values) for seed in (1, 1, 2))
    assert first == again != other


def prompts(questions: list[EncodedQuestion]) -> list[list[int]]:
    return [question.prompt for question in questions]
