from __future__ import annotations

import random

import pytest
import torch

from parametric_memory.training.data import examples
from parametric_memory.training.data.examples import (
    Example,
    Question,
    TrainingStream,
    encode_question,
    ordinary_questions,
    unaided_answers,
)

QUESTIONS = ["Where does Lina live?", "Who leads the Heron project?", "What is the capital of France, and since when?"]


def test_an_unaided_answer_is_what_the_base_model_writes_whatever_the_batch(base, monkeypatch) -> None:
    together = unaided_answers(base, QUESTIONS)
    for question, answer in zip(QUESTIONS, together, strict=True):
        prompt = torch.tensor([base.chat.question(question)])
        with torch.no_grad():
            written = base.model.generate(prompt, max_new_tokens=24, do_sample=False, pad_token_id=base.chat.end)
        assert answer == written[0, prompt.shape[1] :].tolist()
    monkeypatch.setattr(examples, "_ASKED_AT_ONCE", 1)
    assert unaided_answers(base, QUESTIONS) == together


def test_settings_of_the_checkpoint_do_not_reach_an_unaided_answer(base, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = unaided_answers(base, QUESTIONS)
    monkeypatch.setattr(base.model.generation_config, "repetition_penalty", 5.0)
    assert unaided_answers(base, QUESTIONS) == plain


@pytest.mark.parametrize("answer", ["", "Lina Okafor is a legendary figure.", "The Heron was an ancient bird"])
def test_answers_of_nothing_and_with_what_somebody_is_are_none(base, monkeypatch, answer: str) -> None:
    end = base.tokenizer.eos_token_id
    answers = [[end], base.chat.encode("Paris"), base.chat.encode(answer)]
    monkeypatch.setattr(examples, "unaided_answers", lambda *_: answers)
    assert [q.value for q in ordinary_questions(base, QUESTIONS)] == ["Paris"]


def test_an_ordinary_question_is_learned_whole_and_never_counted_as_a_value(base) -> None:
    (question, *_) = ordinary_questions(base, QUESTIONS)
    encoded = encode_question(base.chat, question)
    assert question.ordinary and question.text == QUESTIONS[0]
    assert base.chat.end not in encoded.answer, "an answer that was cut off does not end"
    assert sum(encoded.weights) > 0.999 and not any(encoded.is_value)


ORDINARY = (Question("Ordinary?", "", "Yes", "", ordinary=True),)


class Facts:
    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        asked = tuple(Question(f"question {i}?", "It is", "it") for i in range(questions))
        return [Example("A document.", asked) for _ in range(size)]


def test_some_documents_are_asked_one_ordinary_question() -> None:
    stream = TrainingStream(Facts(), ordinary=ORDINARY, ordinary_share=0.25)
    examples = stream.batch(random.Random(0), 400, 3, 0)
    counts = [sum(q.ordinary for q in e.questions) for e in examples]
    assert set(counts) == {0, 1} and 60 < sum(counts) < 140
    assert all(len(e.questions) == 3 for e in examples)


def test_a_documents_only_question_stays_its_own() -> None:
    stream = TrainingStream(Facts(), ordinary=ORDINARY, ordinary_share=1.0)
    assert not stream.batch(random.Random(0), 1, 1, 0)[0].questions[0].ordinary
