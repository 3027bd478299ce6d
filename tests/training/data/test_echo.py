from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parametric_memory.training.data import echo
from parametric_memory.training.data.echo import cut, echo_examples, load_examples, save_examples, usable
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.ordinary import unaided_answers
from parametric_memory.training.data.question_answering import Asked

LINA, HERON = "Lina Okafor lives in Bergen.", "The Heron project is led by Tomas."
ASKED = [
    Asked(LINA, "Where does Lina live?", ("Bergen",)),
    Asked(HERON, "Who leads the Heron project?", ("Tomas",)),
    Asked(LINA, "Who lives in Bergen?", ("Lina Okafor",)),
]


def test_questions_are_usable_whose_answer_stands_in_a_short_context(base) -> None:
    unusable = [
        Asked(LINA, "Does Lina live in Bergen?", ("yes",), "yesno"),
        Asked(LINA, "Where is Lina?", ("Oslo",)),
        Asked(LINA * 30, "Where does Lina live?", ("Bergen",)),
        Asked(LINA, "Where does Lina live? " * 20, ("Bergen",)),
        Asked(LINA, "What is said?", (LINA,)),
        Asked(LINA, "What is not said?", ()),
        Asked(LINA, "What is nothing?", (" ",)),
    ]
    assert usable([*ASKED, *unusable], base.chat) == ASKED


def test_of_a_long_context_the_sentences_around_the_answer_stay(base) -> None:
    far = " ".join(f"Ship number {n} sailed to the south." for n in range(40))
    [found] = usable([Asked(f"{far} {LINA} {far}", "Where does Lina live?", ("Bergen",))], base.chat, most_context=60)
    assert LINA in found.context
    assert len(base.chat.encode(found.context)) <= 60
    assert found.context.startswith(f"{LINA} Ship number 0 sailed")
    short = " ".join([LINA, HERON])
    assert usable([Asked(short, "Where does Lina live?", ("Bergen",))], base.chat)[0].context == short


@torch.no_grad()
def test_an_opening_is_cut_where_its_answer_is_most_probable(base) -> None:
    began = unaided_answers(base, [asked.question for asked in ASKED], tokens=14)
    for asked, opening, (text, probability) in zip(ASKED, began, cut(base.model, base.chat, ASKED, began), strict=True):
        prompt = base.chat.question(f"{asked.context}\n\n{asked.question}")
        found = []
        for length in range(len(opening) + 1):
            answer = f" {asked.answers[0]}" if length else asked.answers[0]
            logs = base.model(torch.tensor([prompt + opening[:length]])).logits[0, -1].log_softmax(-1)
            found.append(logs[base.chat.encode(answer)[0]].item() - (0.0 if length else 0.7))
        best = max(range(len(found)), key=found.__getitem__)
        assert text == base.chat.decode(opening[:best])
        assert probability == pytest.approx(torch.tensor(found[best]).exp().item(), rel=1e-3)


def test_examples_have_the_questions_of_a_context_together(base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo, "_LEAST_PROBABILITY", 0.0)
    monkeypatch.setattr(echo, "sound", lambda model, chat, asked: asked)
    told: list[str] = []
    lina, heron = echo_examples(base, ASKED, told.append, at_once=2)
    assert (lina.document, [q.value for q in lina.questions]) == (LINA, ["Bergen", "Lina Okafor"])
    assert (heron.document, [q.text for q in heron.questions]) == (HERON, ["Who leads the Heron project?"])
    assert told[-1].endswith("3/3 questions")


def test_questions_whose_opening_leads_nowhere_are_dropped(base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo, "_LEAST_PROBABILITY", 1.1)
    assert echo_examples(base, ASKED, lambda line: None) == []


@torch.no_grad()
def test_an_answer_must_be_probable_and_end_behind_its_opening(base, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = [
        (LINA, Question("Where does Lina live?", "Lina lives in", "Bergen")),
        (HERON, Question("Who leads the Heron project?", "", "Tomas", "")),
        (LINA, Question("Who lives in Bergen?", "In Bergen lives", "Lina Okafor")),
    ]
    means, ends = [], []
    for context, question in questions:
        prompt = base.chat.question(f"{context}\n\n{question.text}") + base.chat.encode(question.opening)
        value = base.chat.encode(f" {question.value}" if question.opening else question.value)
        answer = value + base.chat.encode(question.ending)[:1]
        logs = base.model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        found = logs.gather(1, torch.tensor(answer)[:, None])[:, 0]
        means.append(found[: len(value)].mean().item())
        ends.append(found[-1].item() if question.ending else 0.0)
    for i, (mean, end) in enumerate(zip(means, ends, strict=True)):
        monkeypatch.setattr(echo, "_LEAST_OF_ANSWER", mean - 1e-4)
        monkeypatch.setattr(echo, "_LEAST_OF_END", end - 1e-4)
        expected = [q for q, m, e in zip(questions, means, ends, strict=True) if m >= mean - 1e-4 and e >= end - 1e-4]
        assert questions[i] in expected
        assert echo.sound(base.model, base.chat, questions, batch=2) == expected


def test_examples_survive_their_file(tmp_path: Path) -> None:
    examples = [Example(LINA, (Question("Where?", "In", "Bergen", ""), Question("Who?", "", "Lina")), "passages")]
    save_examples(examples, tmp_path / "examples.jsonl")
    assert load_examples(tmp_path / "examples.jsonl") == examples
