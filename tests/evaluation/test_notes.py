from __future__ import annotations

import re
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.notes import Note, notes, read_notes
from parametric_memory.evaluation.scoring import contains
from tests.digests import digest

RECORD = """
Lina moved to Bergen.
? Where does Lina live?
= Bergen | in Bergen
"""


def test_the_notes_are_those_that_published_figures_were_measured_on() -> None:
    assert digest(notes()) == "ffa7796ab67b78a6"


def test_every_note_holds_its_answer_and_its_question_does_not() -> None:
    for note in notes():
        assert contains(note.text, note.answers[0]), note
        assert not any(contains(note.question, answer) for answer in note.answers), note


def test_no_note_or_question_is_there_twice() -> None:
    assert len({note.text for note in notes()}) == len({note.question for note in notes()}) == len(notes()) >= 100


def test_a_note_is_read_from_its_block(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(RECORD)
    assert read_notes(file) == (Note("Lina moved to Bergen.", "Where does Lina live?", ("Bergen", "in Bergen")),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (RECORD.replace("= Bergen | in Bergen\n", ""), ":2: 'Lina moved to Bergen.' needs a line that begins with ="),
        (RECORD.replace("= ", "? Who moved?\n= "), ":4: a note has one question."),
        (RECORD.replace("in Bergen", ""), ":4: the line ends with a space."),
        (RECORD.replace("= ", "= Oslo |  | "), ":4: nothing stands before or after a |."),
        (RECORD + RECORD.replace("Where", "In which town"), ":6: the record is there already, at notes.txt:2."),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(text)
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_notes(file)
