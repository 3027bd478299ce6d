from __future__ import annotations

import pytest
import torch

from parametric_memory.training import teach as teacher
from parametric_memory.training.data.examples import encode_question
from parametric_memory.training.teach import Reading, taught

TEXT = "Lina Okafor lives in Bergen. The Heron project is led by Tomas, who came in the spring."
READINGS = [
    Reading("Where does Lina live?", "Bergen", "extractive", TEXT, TEXT, "Lina Okafor lives in Bergen."),
    Reading("Does Lina live?", "Yes", "yesno", TEXT, TEXT, "Lina Okafor lives in Bergen."),
    Reading("Who leads it?", "Tomas", "extractive", TEXT, TEXT[29:], TEXT[29:]),
    Reading("When?", "In the spring.", "abstractive", TEXT, TEXT, TEXT[29:]),
]


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """To a model of random weights no answer is a sentence."""
    monkeypatch.setattr(teacher, "_is_sound", lambda kind, value, end: True)
    monkeypatch.setattr(teacher, "_LEAST_PROBABILITY", 0.0)


@torch.no_grad()
def test_what_the_teacher_finds_likely_is_what_it_says_behind_its_prompt(base, lenient, monkeypatch) -> None:
    monkeypatch.setattr(teacher, "_READ_AT_ONCE", 3)
    for r, question in zip(READINGS, taught(base, READINGS), strict=True):
        if r.kind == "yesno":
            continue
        answer = encode_question(base.chat, question).answer
        prompt = teacher._prompt(base.chat, r)
        logs = base.model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        assert len(question.taught) == len(answer) and question.taught.ids.shape[1] == 16
        expected = logs.gather(1, question.taught.ids.long())
        torch.testing.assert_close(question.taught.log_probs.float(), expected, rtol=2e-3, atol=2e-2)
        torch.testing.assert_close(expected, logs.topk(16).values, rtol=2e-3, atol=2e-2)


@torch.no_grad()
def test_an_opening_is_the_teachers_own_and_the_answer_the_known_one(base, lenient) -> None:
    first, _, second, third = taught(base, READINGS)
    assert (first.value.lower(), second.value.lower()) == ("bergen", "tomas")
    assert third.value in ("In the spring.", "in the spring.") and third.ending == ""
    for r, question in zip((READINGS[0], READINGS[2]), (first, second), strict=True):
        ids = torch.tensor([teacher._prompt(base.chat, r)])
        written = base.model.generate(ids, max_new_tokens=14, do_sample=False, pad_token_id=0)[0, ids.shape[1] :]
        assert base.chat.decode(written.tolist()).startswith(question.opening)
        assert question.support == r.support and question.text == r.question


def test_yes_and_no_are_not_for_a_small_teacher_to_judge(base) -> None:
    [found] = taught(base, READINGS[1:2])
    assert (found.opening, found.value, found.ending, found.taught) == ("", "Yes", ".", None)


def test_what_is_no_sentence_to_the_teacher_is_of_no_use(base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "_is_sound", lambda kind, value, end: kind == "abstractive")
    found = taught(base, READINGS)
    assert [question is not None for question in found] == [False, True, False, True]
    monkeypatch.setattr(teacher, "_is_sound", lambda kind, value, end: False)
    assert taught(base, READINGS[:1]) == [None]


def test_words_of_its_own_are_kept_up_to_the_answer() -> None:
    found = teacher._own_words(READINGS[0], "As far as anybody knows, Lina has lived in bergen since then.")
    assert (found.opening, found.value) == ("As far as anybody knows, Lina has lived in", "bergen")
    assert teacher._own_words(READINGS[0], "She lives in Oslo.") is None
    assert teacher._own_words(READINGS[0], "(Bergen)") is None, "no space before it"


def test_an_answer_may_begin_small_within_a_sentence_but_not_an_abbreviation() -> None:
    assert teacher._forms(READINGS[3]) == ["In the spring.", "in the spring."]
    usa = Reading("Where?", "USA", "extractive", TEXT, TEXT, TEXT)
    assert teacher._forms(usa) == ["USA"]
