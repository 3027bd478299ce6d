from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.conversations import Asked, Session, read_sessions, sessions
from parametric_memory.evaluation.scoring import contains_any
from parametric_memory.text.conversations import Message, conversations
from tests.digests import digest

RECORD = """\
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
    (tmp_path / "chats.txt").write_text(RECORD)
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
        (RECORD.replace("Ana & Ben,", "Ana,"), ":1: 'Ana, 2024-05-07 18:30' is no header"),
        (RECORD.replace("18:30", "25:30"), ":1: '2024-05-07 25:30' is no moment"),
        (RECORD.replace("- Ben:", "- Cem:"), ":5: a turn begins with one of Ana and Ben"),
        (RECORD.replace("= Bergen | to Bergen\n", ""), ":1: 'Where did Ana move?' has no answer"),
        (RECORD.replace("- Ben: Oh!", "- Ben: Oh!\n= Oslo"), ":6: an answer stands below its question"),
        (RECORD.replace("- Ana", "? Who?\n- Ana"), ":2: no turn stands before the question"),
        (RECORD.replace("- Ben: Oh!", "? Who?"), ":1: 'Who?' has no answer"),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "chats.txt"
    file.write_text(text)
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_sessions(file)
