from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.run_recall import halves, of_strangers, told_by_asker, written

PASSAGES = {
    "Norway is a country in Northern Europe. It has fjords.": ("What has Norway got?", "fjords"),
    "The coast of Norway is long. It borders Sweden.": ("How long is the coast of Norway?", "long"),
    "Cuba exports sugar to Canada.": ("What does Cuba export?", "sugar"),
    "Chad lies south of Libya.": ("Where does Chad lie?", "south of Libya"),
    "Peru has mines in the south, and in the north too. Chad has none.": ("What has Peru got?", "mines"),
    "The goat ate the hay.": ("What did the goat eat?", "hay"),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "passages.jsonl"
    lines = [{"context": t, "question": q, "answers": [a], "source": "book"} for t, (q, a) in PASSAGES.items()]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_questions_about_strangers_name_nobody_whom_a_text_in_memory_names() -> None:
    collection = of_strangers(0, 8)
    assert len(collection.texts["default"]) == 8
    assert not any(told_by_asker(text) for text in collection.texts["default"])
    absent = [question for question in collection.questions if not question.document]
    assert len(absent) == 8
    assert all(q.document in collection.texts["default"] for q in collection.questions if q.document)


@pytest.mark.parametrize("seed", range(6))
def test_passages_about_one_subject_lie_in_the_same_half(data: Path, seed: int) -> None:
    named, every = halves(data, seed)
    inside = set(named.texts["default"])
    about_norway = {text for text in PASSAGES if "of Norway" in text or text.startswith("Norway")}
    assert about_norway <= inside or not about_norway & inside
    assert 2 <= len(inside) <= 4
    assert len(every.questions) == len(PASSAGES) and every.texts == named.texts
    assert {question.kind for question in every.questions} == {"book"}


def test_a_question_names_a_subject_that_no_passage_in_memory_is_about_though_one_may_mention_it(data: Path) -> None:
    foreign: dict[str, list[set[str]]] = {}
    for seed in range(20):
        named, _ = halves(data, seed)
        for question in named.questions:
            if not question.document:
                foreign.setdefault(question.question, []).append(set(named.texts["default"]))
    assert "What did the goat eat?" not in foreign, "it names nobody"
    assert any(
        "Peru has mines in the south, and in the north too. Chad has none." in inside
        for inside in foreign["Where does Chad lie?"]
    )
    for inside in foreign["What has Norway got?"]:
        assert not any("Norway" in text for text in inside)


def test_fewer_passages_may_be_drawn_and_one_subject_has_no_halves(data: Path, tmp_path: Path) -> None:
    named, every = halves(data, 0, passages=3)
    assert len(every.questions) == 3 and len(named.texts["default"]) < 3
    one = tmp_path / "one.jsonl"
    one.write_text(json.dumps({"context": "Cuba exports sugar.", "question": "What does Cuba export?", "answers": []}))
    with pytest.raises(DocumentError, match="no two passages"):
        halves(one, 0)


def test_texts_as_people_write_them_have_questions_that_they_answer_and_others_with_the_reason_why_not() -> None:
    collection = written()
    documents = [text for text in collection.texts["default"] if not isinstance(text, str)]
    assert len(documents) == 40 and sum(bool(document.turns) for document in documents) >= 10
    told = {document.text for document in documents}
    answered = [question for question in collection.questions if question.document]
    assert len(answered) > 300 and all(q.document in told and q.answers and not q.kind for q in answered)
    reasons = {question.kind for question in collection.questions if not question.document}
    assert reasons == {"name", "event", "attribute", "value", "presupposes", "unsaid"}
