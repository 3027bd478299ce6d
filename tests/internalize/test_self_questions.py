from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.language_model.requests import Completion, Request

LINA = "Lina Okafor lives in Bergen. She plays the cello. The Heron project ended in 2021."


def test_every_sentence_is_a_passage_with_what_its_pronouns_may_stand_for() -> None:
    assert [passage.text for passage in passages(LINA)] == [
        "Lina Okafor lives in Bergen.",
        "Lina Okafor lives in Bergen. She plays the cello.",
        "The Heron project ended in 2021.",
    ]


def test_a_sentence_without_an_end_is_cut_and_nothing_of_it_is_lost() -> None:
    words = [f"word{n}" for n in range(150)]
    cut = [passage.sentence.split() for passage in passages(" ".join(words))]
    assert len(cut) > 2 and max(map(len, cut)) <= 60
    assert [word for piece in cut for word in piece] == words


def test_a_word_without_an_end_is_cut_too() -> None:
    encoded = "QmVyZ2Vu" * 500
    cut = [passage.sentence for passage in passages(f"Lina: {encoded}")]
    assert max(map(len, cut)) <= 400
    assert "".join(cut) == f"Lina: {encoded}"


@pytest.mark.parametrize("text", ["", " \n "])
def test_nothing_has_no_passages(text: str) -> None:
    assert passages(text) == []


def test_a_model_is_asked_in_a_text_that_begins_as_its_tokenizer_begins_all(base, monkeypatch) -> None:
    asked: list[Request] = []

    def generate(requests: Sequence[Request]) -> list[Completion]:
        asked.extend(requests)
        return base_generate(requests)

    base_generate = base.generate
    monkeypatch.setattr(base, "generate", generate)
    monkeypatch.setattr(base, "chat", replace(base.chat, bos=(7,)))
    written_questions(base, passages(LINA)[:1])
    assert asked and all(request.prompt[0] == 7 != request.prompt[1] for request in asked)


def test_what_a_model_asks_are_questions(base) -> None:
    asked = written_questions(base, passages(LINA)[:1] * 2)
    assert all(text.endswith("?") for text in asked)
