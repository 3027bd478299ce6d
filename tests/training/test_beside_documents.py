from __future__ import annotations

import random
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training import t2l
from parametric_memory.training.t2l import BesideDocuments

HALVES = 0.6931


@pytest.fixture
def documents(base: BaseModel, hypernetwork_folder: Path) -> BesideDocuments:
    return BesideDocuments(base, hypernetwork_folder, count=4)


def test_questions_are_asked_alike_and_answered_with_and_without_an_opening(
    base: BaseModel, documents: BesideDocuments
) -> None:
    asked, questions = documents.draw(random.Random(3))
    assert len(asked.questions) == len(questions) == 4
    shorter = 0
    for question, encoded in zip(questions, asked.questions, strict=True):
        forms = documents.in_forms(question, encoded.prompt)
        assert [form.prompt for form in forms] == [encoded.prompt] * 3 and forms[0].answer == encoded.answer
        sentence, value, alone = (base.chat.decode(form.answer[:-1]).strip() for form in forms)
        assert sentence.endswith(value) and value in (f"{alone}.", alone)
        assert [form.answer[-1] for form in forms] == [base.chat.end] * 3
        shorter += len(forms[2].answer) < len(forms[1].answer)
    assert shorter


def test_a_task_may_demand_one_form(base: BaseModel, documents: BesideDocuments) -> None:
    asked, [question, *_] = documents.draw(random.Random(3))
    [first, *others] = documents.in_forms(question, asked.questions[0].prompt, "in brackets")
    assert base.chat.decode(first.answer[:-1]) == f"[{question.answer}]" and others == [first, first]


def test_either_form_will_do(base: BaseModel, documents: BesideDocuments, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, questions = documents.draw(random.Random(3))

    def lost(sentence: float, value: float) -> float:
        """Where each token of the one form, and of the other, is as improbable as said."""

        def logits(model: object, prompts: object, answers: list[list[int]], pad: int) -> Tensor:
            each = sentence if answers == [question.answer for question in asked.questions] else value
            tokens = [token for answer in answers for token in answer]
            found = torch.full((len(tokens), base.model.config.vocab_size), -1e9)
            found[:, 0], found[range(len(tokens)), tokens] = torch.tensor(1 - 2**-each).log(), -each * HALVES
            return found

        monkeypatch.setattr(t2l, "answer_logits", logits)
        loss, answered = documents.answered(asked, questions, [""] * 4, nullcontext())
        assert len(answered) == 4
        return float(loss)

    never = 40.0
    assert lost(1.0, never) == pytest.approx(HALVES, abs=1e-3)
    assert lost(never, 1.0) < HALVES  # in either of two forms
    assert lost(never, never) > 30 * HALVES


def test_the_same_generator_draws_the_same(documents: BesideDocuments) -> None:
    first, again, other = (documents.draw(random.Random(seed))[1] for seed in (1, 1, 2))
    assert first == again != other
