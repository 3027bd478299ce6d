from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.documents.conversations import Message, conversations
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.run_written import (
    WRITTEN_SCORES,
    Asked,
    evaluate_conversations,
    evaluate_notes,
    notes,
    read_conversations,
    sessions,
)
from parametric_memory.evaluation.scores import contains, contains_any
from tests.digests import digest

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner


def test_the_notes_are_those_that_published_figures_were_measured_on() -> None:
    told = [{"text": note.document, "question": note.question, "answers": note.answers} for note in notes()]
    assert digest(told) == "ffa7796ab67b78a6"


def test_every_note_holds_its_answer_and_its_question_does_not() -> None:
    for note in notes():
        assert contains(note.document, note.answers[0]), note
        assert not any(contains(note.question, answer) for answer in note.answers), note


def test_no_note_or_question_is_there_twice() -> None:
    assert len({note.document for note in notes()}) == len({note.question for note in notes()}) == len(notes()) >= 100


HELD = [session for session in sessions() if session.begins is not None]


def test_the_conversations_are_those_that_published_figures_were_measured_on() -> None:
    told = [(s.speakers, s.begins, s.turns, [(a.question, a.answers, *a.turns) for a in s.asked]) for s in sessions()]
    assert digest(repr(told)) == "248199c5197a9b9b"


def test_pairs_of_people_talk_on_several_days_and_much_is_asked() -> None:
    pairs = {session.speakers for session in HELD}
    assert len(pairs) >= 10
    assert all(3 <= sum(session.speakers == pair for session in HELD) <= 5 for pair in pairs)
    assert sum(len(session.asked) for session in HELD) >= 200
    unanswered = Counter(a.category for session in sessions() if session.begins is None for a in session.asked)
    assert unanswered.keys() == {"never mentioned", "changed names", "changed events", "nearly said"}
    assert sum(unanswered.values()) >= 150 and min(unanswered.values()) >= 36
    assert all(8 <= len(session.turns) <= 16 for session in HELD)


def test_questions_are_answered_beside_their_turns_and_not_by_themselves() -> None:
    found = []
    for session in HELD:
        begins = session.begins or datetime.min
        told = enumerate(session.turns)
        [made] = conversations([Message(i, who, text, begins + timedelta(minutes=i)) for i, (who, text) in told])
        for asked in session.asked:
            own = [line.text for line in made.lines if line.said and set(asked.turns) & set(line.said.turns)]
            found.append(any(contains_any(line, asked.answers) for line in own))
            assert not contains_any(asked.question, asked.answers), asked
    assert sum(found) > 0.85 * len(found)  # others are about days that may be one of several


def test_who_speaks_is_one_of_the_two_and_every_question_has_answers_or_no_turn() -> None:
    for session in sessions():
        assert all(speaker in session.speakers and text for speaker, text in session.turns), session
        for asked in session.asked:
            assert bool(asked.answers) == (session.begins is not None) == bool(asked.turns), asked


def test_no_question_is_there_twice() -> None:
    questions = [asked.question for session in sessions() for asked in session.asked]
    assert len(questions) == len(set(questions))


def test_any_of_a_notes_answers_is_right() -> None:
    score = WRITTEN_SCORES["contained"]
    case = Case("Closed at half past seven.", "When?", ("half past seven", "7:30"))
    assert [score(case, text) for text in ("At 7:30.", "At Half past  seven", "At half past six.")] == [1, 1, 0]


def test_all_notes_lie_in_one_memory_and_each_is_asked_about(examine: Callable[..., Runner]) -> None:
    runner = examine("none", "in_prompt", "rag", threshold=-1.0)
    answered, f1, recalled = evaluate_notes(runner, 4)
    assert (answered.case, answered.metric, answered.n) == ("notes", "contained", 4)
    assert answered.in_prompt is not None and answered.rag is not None
    assert f1.metric == "f1" and recalled.metric == "right note recalled" and recalled.memory >= 0.75


def test_all_sessions_lie_in_one_memory_and_their_turns_are_looked_for(examine: Callable[..., Runner]) -> None:
    told: list[str] = []
    runner = examine("none", "in_prompt", "rag", threshold=-1.0)
    runner.report = told.append
    answered, f1, turns, sessions, unanswered, *kinds = evaluate_conversations(runner, 1, 8)
    assert told == ["3 sessions in one memory; 8 questions that they answer, 8 others"]
    assert (answered.case, answered.metric, answered.n) == ("conversations", "contained", 8)
    assert f1.metric == "f1" and answered.in_prompt is not None and answered.rag is not None
    assert turns.metric == "right turn first" and turns.rag is not None
    assert 0.4 <= turns.memory <= sessions.memory and set(turns.errors) == {"memory", "rag"}
    assert (unanswered.metric, unanswered.memory, unanswered.n) == ("nothing attached", 0.0, 8)
    assert [(row.case, row.n) for row in kinds] == [
        ("unanswered, never mentioned", 5),
        ("unanswered, changed names", 3),
    ]


def test_with_a_high_threshold_nothing_is_attached(examine: Callable[..., Runner]) -> None:
    *_, unanswered = evaluate_conversations(examine(threshold=9.0), 1, 2)
    assert unanswered.memory == 1.0


LOCOMO = {
    "conversation": {
        "speaker_a": "Ana",
        "speaker_b": "Ben",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ana", "dia_id": "D1:1", "text": "I moved to Bergen."},
            {"speaker": "Ben", "dia_id": "D1:2", "text": "My dog Rex hates the rain."},
        ],
        "session_2_date_time": "10:05 am on 9 June, 2023",
        "session_2": [{"speaker": "Ben", "dia_id": "D2:1", "text": "I play the harp now."}],
        "session_3_date_time": "10:05 am on 10 June, 2023",
    },
    "qa": [
        {"question": "What is Ben's dog called?", "answer": "Rex", "evidence": ["D1:2"], "category": 4},
        {"question": "What does Ben play?", "answer": "the harp", "evidence": ["D2:1"], "category": 2},
        {"question": "Where did Ben move?", "adversarial_answer": "Bergen", "evidence": ["D1:1"], "category": 5},
    ],
}
LONG_MEM_EVAL = {
    "question_id": "1",
    "question_type": "single-session-user",
    "question": "Where did I move?",
    "answer": "Bergen",
    "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 04:00"],
    "haystack_session_ids": ["a", "b"],
    "haystack_sessions": [
        [{"role": "user", "content": "It rains."}, {"role": "assistant", "content": "It does."}],
        [{"role": "user", "content": "I moved to Bergen.", "has_answer": True}],
    ],
    "answer_session_ids": ["b"],
}


def test_locomo_is_read_and_reported_by_category(examine: Callable[..., Runner], tmp_path: Path) -> None:
    data = tmp_path / "locomo.json"
    data.write_text(json.dumps([LOCOMO]))
    [[first, second, others]] = read_conversations(data)
    assert first.begins == datetime(2023, 5, 8, 13, 56) and first.turns[1] == ("Ben", "My dog Rex hates the rain.")
    assert first.asked == (Asked("What is Ben's dog called?", ("Rex",), (1,), "single-hop"),)
    assert second.asked[0].turns == (0,)
    assert (others.begins, others.asked) == (None, (Asked("Where did Ben move?", (), (), "adversarial"),))
    rows = evaluate_conversations(examine("none", "rag", threshold=-1.0), data=data)
    counts = {(row.case, row.metric): row.n for row in rows}
    assert counts["locomo.json", "contained"] == 2 and counts["locomo.json, temporal", "f1"] == 1
    assert counts["unanswered, adversarial", "nothing attached"] == 1


def test_long_mem_eval_has_a_memory_for_each_question(examine: Callable[..., Runner], tmp_path: Path) -> None:
    data = tmp_path / "longmemeval.json"
    absent = LONG_MEM_EVAL | {"question_id": "2_abs", "question": "Where did I study?"}
    data.write_text(json.dumps([LONG_MEM_EVAL, absent]))
    first, second = read_conversations(data)
    assert first[1].asked == (Asked("Where did I move?", ("Bergen",), (0,), "single-session-user"),)
    assert first[1].begins == datetime(2023, 5, 21, 4) and not first[0].asked and not first[2].asked
    assert not any(session.asked for session in second[:2]) and second[2].asked[0].question == "Where did I study?"
    rows = evaluate_conversations(examine("none", threshold=-1.0), data=data)
    assert {row.case for row in rows} >= {"longmemeval.json", "longmemeval.json, single-session-user", "unanswered"}


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text('[{"text": "Lina"}]')
    with pytest.raises(DocumentError, match=r"notes\.json holds no conversations"):
        read_conversations(tmp_path / "notes.json")
