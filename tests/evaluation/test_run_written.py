from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.run_written import (
    CONVERSATION_SCORES,
    NOTE_SCORES,
    Asked,
    Note,
    Session,
    evaluate_conversations,
    evaluate_notes,
    notes,
    read_notes,
    read_sessions,
    sessions,
)
from parametric_memory.evaluation.scores import contains, contains_any
from parametric_memory.text.conversations import Message, conversations
from tests.digests import digest

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner

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


SESSION = """\
Ana & Ben, 2024-05-07 18:30
- Ana: I moved to Bergen.
? Where did Ana move?
= Bergen | to Bergen
- Ben: Oh!

Ana & Ben
? What is Ben's dog called?
"""
HELD = [session for session in sessions() if session.begins is not None]


def test_the_conversations_are_those_that_published_figures_were_measured_on() -> None:
    assert digest(repr(sessions())) == "95ece001e4947c6a"


def test_pairs_of_people_talk_on_several_days_and_much_is_asked() -> None:
    pairs = {session.speakers for session in HELD}
    assert len(pairs) >= 10
    assert all(3 <= sum(session.speakers == pair for session in HELD) <= 5 for pair in pairs)
    assert sum(len(session.asked) for session in HELD) >= 200
    assert sum(len(session.asked) for session in sessions() if session.begins is None) >= 40
    assert all(8 <= len(session.turns) <= 16 for session in HELD)


def test_every_question_is_answered_beside_its_turn_and_not_by_itself() -> None:
    for session in HELD:
        begins = session.begins or datetime.min
        told = enumerate(session.turns)
        [made] = conversations([Message(i, who, text, begins + timedelta(minutes=i)) for i, (who, text) in told])
        lines = [line for paragraph in made.paragraphs for line in paragraph if line.said is not None]
        for asked in session.asked:
            own = [line.text for line in lines if line.said and asked.turn in line.said.turns]
            assert any(contains_any(line, asked.answers) for line in own), asked
            assert not contains_any(asked.question, asked.answers), asked


def test_no_question_is_there_twice() -> None:
    questions = [asked.question for session in sessions() for asked in session.asked]
    assert len(questions) == len(set(questions))


def test_a_session_is_read_from_its_block(tmp_path: Path) -> None:
    (tmp_path / "chats.txt").write_text(SESSION)
    assert read_sessions(tmp_path / "chats.txt") == (
        Session(
            ("Ana", "Ben"),
            datetime(2024, 5, 7, 18, 30),
            (("Ana", "I moved to Bergen."), ("Ben", "Oh!")),
            (Asked("Where did Ana move?", ("Bergen", "to Bergen"), 0),),
        ),
        Session(("Ana", "Ben"), None, (), (Asked("What is Ben's dog called?"),)),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (SESSION.replace("Ana & Ben,", "Ana,"), ":1: 'Ana, 2024-05-07 18:30' is no header"),
        (SESSION.replace("18:30", "25:30"), ":1: '2024-05-07 25:30' is no moment"),
        (SESSION.replace("- Ben:", "- Cem:"), ":5: a turn begins with one of Ana and Ben"),
        (SESSION.replace("= Bergen | to Bergen\n", ""), ":1: 'Where did Ana move?' has no answer"),
        (SESSION.replace("- Ben: Oh!", "- Ben: Oh!\n= Oslo"), ":6: an answer stands below its question"),
        (SESSION.replace("- Ana", "? Who?\n- Ana"), ":2: no turn stands before the question"),
        (SESSION.replace("- Ben: Oh!", "? Who?"), ":1: 'Who?' has no answer"),
    ],
)
def test_the_file_and_line_of_a_wrong_session_are_named(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "chats.txt"
    file.write_text(text)
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_sessions(file)


def test_any_of_a_notes_answers_is_right() -> None:
    score = NOTE_SCORES["contained"]
    case = Case("Closed at half past seven.", "When?", ("half past seven", "7:30"))
    assert [score(case, text) for text in ("At 7:30.", "At Half past  seven", "At half past six.")] == [1, 1, 0]


def test_all_notes_lie_in_one_memory_and_each_is_asked_about(examine: Callable[..., Runner]) -> None:
    runner = examine("none", "in_prompt", "rag", threshold=-1.0)
    answered, recalled = evaluate_notes(runner, 4)
    assert (answered.case, answered.metric, answered.n) == ("notes", "contained", 4)
    assert answered.in_prompt is not None and answered.rag is not None
    assert recalled.metric == "right note recalled" and recalled.memory >= 0.75


def test_any_of_the_answers_is_right() -> None:
    score = CONVERSATION_SCORES["contained"]
    case = Case("Ana said: Ana comes at 7:30.", "When?", ("half past seven", "7:30"))
    assert [score(case, text) for text in ("At 7:30.", "At half past  seven", "At six.")] == [1, 1, 0]


def test_all_sessions_lie_in_one_memory_and_their_turns_are_looked_for(examine: Callable[..., Runner]) -> None:
    told: list[str] = []
    runner = examine("none", "in_prompt", "rag", threshold=-1.0)
    runner.report = told.append
    answered, f1, turns, sessions, unanswered = evaluate_conversations(runner, 1, 8)
    assert told == ["3 sessions in one memory; 8 questions that they answer, 5 others"]
    assert (answered.case, answered.metric, answered.n) == ("conversations", "contained", 8)
    assert f1.metric == "f1" and answered.in_prompt is not None and answered.rag is not None
    assert turns.metric == "right turn first" and turns.rag is not None
    assert 0.4 <= turns.memory <= sessions.memory and set(turns.errors) == {"memory", "rag"}
    assert (unanswered.metric, unanswered.memory, unanswered.n) == ("nothing attached", 0.0, 5)


def test_with_a_high_threshold_nothing_is_attached(examine: Callable[..., Runner]) -> None:
    *_, unanswered = evaluate_conversations(examine(threshold=9.0), 1, 2)
    assert unanswered.memory == 1.0
