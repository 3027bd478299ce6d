from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.question_answering import Asked, read_questions

LINE = {"context": "Lina lives in Bergen.", "question": "Where does Lina live?", "answers": ["Bergen", "in Bergen"]}


def write(path: Path, *records: Any) -> Path:
    text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["questions.jsonl", "questions.jsonl.gz"])
def test_questions_come_in_the_files_order_packed_or_not(name: str, tmp_path: Path) -> None:
    other = {**LINE, "question": "Who lives there?", "answers": ["Lina"], "kind": "abstractive", "source": "wiki"}
    asked = list(read_questions(write(tmp_path / name, LINE, "", other)))
    assert asked == [
        Asked(LINE["context"], "Where does Lina live?", ("Bergen", "in Bergen")),
        Asked(LINE["context"], "Who lives there?", ("Lina",), "abstractive", "wiki"),
    ]


def test_one_answer_may_be_given_alone_and_as_a_number(tmp_path: Path) -> None:
    record = {"context": "It was 1874.", "question": "When?", "answer": 1874}
    assert next(read_questions(write(tmp_path / "q.jsonl", record))).answers == ("1874",)


def test_a_packed_file_may_have_any_name_and_a_plain_one_a_byte_order_mark(tmp_path: Path) -> None:
    packed = write(tmp_path / "a.jsonl.gz", LINE).rename(tmp_path / "packed")
    marked = tmp_path / "marked.jsonl"
    marked.write_text(json.dumps(LINE), encoding="utf-8-sig")
    assert list(read_questions(packed)) == list(read_questions(marked)) != []


def test_a_question_without_an_answer_has_none(tmp_path: Path) -> None:
    question = {name: LINE[name] for name in ("context", "question")}
    unanswered = write(tmp_path / "q.jsonl", {**question, "answers": [None]}, {**question, "answer": None})
    assert [asked.answers for asked in read_questions(unanswered)] == [(), ()]


def test_a_document_with_many_questions_is_as_many_lines(tmp_path: Path) -> None:
    record = {
        "context": "A long text.",
        "source": "books",
        "qas": [
            {"question": "What?", "answers": ["A"], "kind": "yesno"},
            {"question": "Which?", "answers": ["B"]},
        ],
    }
    first, second = read_questions(write(tmp_path / "long.jsonl", record))
    assert (first.context, first.kind, second.question, second.answers) == ("A long text.", "yesno", "Which?", ("B",))
    assert second.source == "books"


NO_QUESTIONS = [
    "{",
    "[]",
    "3",
    '{"context": "x", "question": "y"}',
    '{"answers": ["x"]}',
    '{"context": "x", "question": "y", "answers": "Bergen"}',
    '{"context": null, "question": "y", "answers": ["Bergen"]}',
    '{"context": " ", "question": "y", "answers": ["Bergen"]}',
    '{"context": "x", "question": "", "answers": ["Bergen"]}',
    '{"context": "x", "question": 3, "answers": ["Bergen"]}',
]


@pytest.mark.parametrize("line", NO_QUESTIONS)
def test_a_line_that_is_no_question_is_named(line: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="line 2") as refused:
        list(read_questions(write(tmp_path / "q.jsonl", LINE, line)))
    assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"nothing\.jsonl"):
        list(read_questions(tmp_path / "nothing.jsonl"))
    packed = write(tmp_path / "cut.jsonl.gz", LINE, LINE)
    packed.write_bytes(packed.read_bytes()[:-12])
    with pytest.raises(DocumentError, match=r"cut\.jsonl\.gz"):
        list(read_questions(packed))


def test_a_damaged_packed_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl.gz", LINE)
    packed = bytearray(path.read_bytes())
    packed[12] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(DocumentError, match=r"q\.jsonl\.gz"):
        list(read_questions(path))
