from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.training.data.question_answering import WRITTEN, WrittenText, written_texts

CHAT = {
    "when": "2025-03-14T18:20",
    "turns": [
        {"speaker": "Ilse", "text": "Where is the key?"},
        {"speaker": "Joost", "text": "Under the blue pot."},
        {"speaker": "Ilse", "text": "I get home at 6."},
    ],
    "questions": [
        {"question": "Where is it?", "answers": ["under the blue pot"], "evidence": "Under the blue pot."},
        {"question": "When does Joost get home?", "answers": [], "evidence": "I get home at 6.", "why": "name"},
        {"question": "What colour is the key?", "answers": [], "why": "unsaid"},
    ],
}
TABLE = {
    "title": "Prices",
    "text": "Size | Price | Days\n--- | --- | ---\nSmall | 4 euros | 2\nLarge | 9 euros | 3",
    "questions": [{"question": "What is a large one?", "answers": ["9 euros"], "evidence": "Large | 9 euros | 3"}],
}


def read(folder: Path, *records: object) -> list[WrittenText]:
    path = folder / "texts.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    return list(written_texts(path))


def test_a_chat_is_read_as_a_memory_reads_it(tmp_path: Path) -> None:
    [chat] = read(tmp_path, CHAT)
    assert chat.document.title == "Conversation of Ilse and Joost on 14 March 2025"
    assert chat.passages[1] == "Ilse: Where is the key? Joost: Under the blue pot."
    where, when, colour = chat.questions
    assert [chat.standing(of) for of in (where, when, colour)] == [[1], [2], []]
    assert when.answers == () and when.why == "name"


def test_of_the_cells_of_a_row_those_that_hold_an_answer_stand_for_it(tmp_path: Path) -> None:
    [table] = read(tmp_path, TABLE)
    [number] = table.standing(table.questions[0])
    assert table.passages[number] == "Size Large: Price 9 euros"


def test_evidence_of_which_words_are_missing_stands_nowhere(tmp_path: Path) -> None:
    lost = {"question": "Where?", "answers": ["in the shed"], "evidence": "the ladder is in the shed"}
    [chat] = read(tmp_path, {**CHAT, "questions": [lost]})
    assert chat.standing(chat.questions[0]) == []


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("{")
    with pytest.raises(DocumentError, match=r"texts\.jsonl line 1 is no JSON"):
        list(written_texts(path))


def test_no_text_of_the_evaluation_is_trained_on() -> None:
    trained, held_out = list(written_texts(WRITTEN)), list(written_texts(DATA / "written.jsonl.gz"))
    assert not {text.document.text for text in trained} & {text.document.text for text in held_out}
    assert len(trained) == 1290 and len(held_out) == 40


def test_nearly_every_question_knows_its_passage() -> None:
    answered = [(text, of) for text in written_texts(WRITTEN) for of in text.questions if of.answers]
    assert sum(bool(text.standing(of)) for text, of in answered) > 0.95 * len(answered) > 3000
