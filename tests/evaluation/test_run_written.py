from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.documents.conversations import conversations
from parametric_memory.documents.files import read_documents
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.run_written import (
    HALVES,
    PAPER_SCORES,
    PAPERS,
    PUBLIC_SCORES,
    WRITTEN_SCORES,
    Asked,
    chats,
    evaluate_conversations,
    evaluate_notes,
    evaluate_papers,
    notes,
    paper_questions,
    read_conversations,
)
from parametric_memory.evaluation.runner import Case
from parametric_memory.evaluation.scores import contains, contains_any
from parametric_memory.records import NOT_HELD
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


CHATS = chats()
ANSWERED = [asked for asked in CHATS.asked if asked.answers]


def test_the_conversations_are_those_that_published_figures_were_measured_on() -> None:
    sessions = [(session[0].said_at, tuple((m.speaker, m.text) for m in session)) for session in CHATS.sessions]
    assert digest(repr(sessions)) == "045c9f22461b21eb"
    assert digest(repr([(a.question, a.answers, a.turns, a.kind) for a in CHATS.asked])) == "633e5983da55ddac"


def test_pairs_of_people_talk_on_several_days_and_much_is_asked() -> None:
    pairs = Counter(frozenset(message.speaker for message in session) for session in CHATS.sessions)
    assert len(pairs) >= 10 and {len(pair) for pair in pairs} == {2}
    assert all(3 <= count <= 5 for count in pairs.values())
    assert len(ANSWERED) >= 200
    unanswered = Counter(asked.kind for asked in CHATS.asked if not asked.answers)
    assert unanswered.keys() == {"never mentioned", "changed names", "changed events", "nearly said"}
    assert sum(unanswered.values()) >= 150 and min(unanswered.values()) >= 36
    assert all(8 <= len(session) <= 16 for session in CHATS.sessions)


def test_only_the_first_pairs_are_read() -> None:
    first = chats(1)
    assert first.sessions == CHATS.sessions[:3]
    assert set(first.asked) < set(CHATS.asked) and {bool(asked.answers) for asked in first.asked} == {True, False}


def test_questions_are_answered_beside_their_turns_and_not_by_themselves() -> None:
    lines = [[line for of in conversations(s) for line in of.lines if line.said] for s in CHATS.sessions]
    found = []
    for asked in ANSWERED:
        [(session, turn)] = asked.turns
        own = [line.text for line in lines[session] if line.said and turn in line.said.turns]
        found.append(any(contains_any(line, asked.answers) for line in own))
        assert not contains_any(asked.question, asked.answers), asked
    assert sum(found) > 0.85 * len(found)  # others are about days that may be one of several


def test_every_turn_says_something_and_every_question_has_answers_or_no_turn() -> None:
    assert all(said.speaker and said.text for session in CHATS.sessions for said in session)
    assert all(bool(asked.answers) == bool(asked.turns) for asked in CHATS.asked)


def test_no_question_is_there_twice() -> None:
    questions = [asked.question for asked in CHATS.asked]
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
    answered, f1, turns, sessions, share, something, unanswered, *kinds = evaluate_conversations(runner, 1, 8)
    assert told == ["3 sessions in one memory; 8 questions that they answer, 8 others"]
    assert (answered.case, answered.metric, answered.n) == ("conversations", "contained", 8)
    assert f1.metric == "f1" and answered.in_prompt is not None and answered.rag is not None
    assert turns.metric == "right turn first" and turns.rag is not None
    assert 0.4 <= turns.memory <= min(sessions.memory, share.memory) and set(turns.errors) == {"memory", "rag"}
    assert (share.metric, share.n) == ("right turns attached", 8)
    assert (something.metric, something.memory, something.n) == ("something attached", 1.0, 8)
    assert (unanswered.metric, unanswered.memory, unanswered.n) == ("nothing attached", 0.0, 8)
    assert [(row.case, row.n) for row in kinds] == [
        ("unanswered, never mentioned", 5),
        ("unanswered, changed names", 3),
    ]


def test_with_a_high_threshold_nothing_is_attached(examine: Callable[..., Runner]) -> None:
    rows = {row.metric: row for row in evaluate_conversations(examine(threshold=9.0), 1, 2)}
    assert rows["something attached"].memory == rows["right turns attached"].memory == 0.0
    assert rows["nothing attached"].memory == 1.0


LOCOMO = {
    "conversation": {
        "speaker_a": "Ana",
        "speaker_b": "Ben",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ana", "dia_id": "D1:1", "text": "I moved to Bergen."},
            {"speaker": "Ben", "dia_id": "D1:2", "text": "My dog Rex hates the rain.", "blip_caption": "a wet dog"},
        ],
        "session_2_date_time": "10:05 am on 9 June, 2023",
        "session_2": [{"speaker": "Ben", "dia_id": "D2:1", "text": "I play the harp now."}],
        "session_3_date_time": "10:05 am on 10 June, 2023",
    },
    "qa": [
        {"question": "What is Ben's dog called?", "answer": "Rex", "evidence": ["D1:2"], "category": 4},
        {"question": "What does Ben play?", "answer": "the harp", "evidence": ["D2:1"], "category": 2},
        {"question": "What does Ben have?", "answer": "a dog, a harp", "evidence": ["D1:2; D2:1"], "category": 1},
        {"question": "Is Ben musical?", "answer": "Yes; he plays", "evidence": [], "category": 3},
        {"question": "Where did Ben move?", "adversarial_answer": "Bergen", "evidence": ["D1:1"], "category": 5},
    ],
}
LONG_MEM_EVAL = {
    "question_id": "1",
    "question_type": "single-session-user",
    "question": "Where did I move yesterday?",
    "question_date": "2023/05/22 (Mon) 09:00",
    "answer": "Bergen",
    "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 04:00"],
    "haystack_session_ids": ["a", "b"],
    "haystack_sessions": [
        [{"role": "user", "content": "It rains."}, {"role": "assistant", "content": "It does."}],
        [{"role": "user", "content": "I moved to Bergen.", "has_answer": True}],
    ],
    "answer_session_ids": ["b"],
}


def write(path: Path, *records: object) -> Path:
    path.write_text(json.dumps(records))
    return path


def test_locomo_is_read(tmp_path: Path) -> None:
    [read] = read_conversations(write(tmp_path / "locomo.json", LOCOMO))
    first, second = read.sessions
    assert first[0].said_at == datetime(2023, 5, 8, 13, 56) and [said.text for said in second] == [
        "I play the harp now."
    ]
    assert (first[1].speaker, first[1].text) == ("Ben", "My dog Rex hates the rain. [shares a wet dog]")
    assert read.asked == (
        Asked("", "What is Ben's dog called?", ("Rex",), kind="single-hop", turns=((0, 1),)),
        Asked("", "What does Ben play?", ("the harp",), kind="temporal", turns=((1, 0),)),
        Asked("", "What does Ben have?", ("a dog, a harp",), kind="multi-hop", turns=((0, 1), (1, 0))),
        Asked("", "Is Ben musical?", ("Yes",), kind="open domain"),
        Asked("", "Where did Ben move?", (), kind="adversarial", turns=((0, 0),)),
    )


def test_locomo_is_reported_by_category(examine: Callable[..., Runner], tmp_path: Path) -> None:
    data = write(tmp_path / "locomo.json", LOCOMO)
    rows = evaluate_conversations(examine("none", "rag", threshold=-1.0), data=data)
    counts = {(row.case, row.metric): row.n for row in rows}
    assert counts["locomo.json", "contained"] == 5 and counts["locomo.json, temporal", "stemmed f1"] == 1
    assert counts["locomo.json", "right turn first"] == 3 and counts["locomo.json", "something attached"] == 4
    assert ("locomo.json, open domain", "right turn first") not in counts  # nobody says which turns answer
    assert counts["locomo.json, adversarial", "stemmed f1"] == 1
    assert counts["unanswered, adversarial", "nothing attached"] == counts["unanswered", "nothing attached"] == 1


def test_a_memory_that_attaches_nothing_refuses_what_a_file_asks(
    examine: Callable[..., Runner], tmp_path: Path
) -> None:
    data = write(tmp_path / "locomo.json", LOCOMO)
    rows = evaluate_conversations(examine("hybrid", "none", threshold=9.0), data=data)
    [refused] = [row for row in rows if (row.case, row.metric) == ("locomo.json, adversarial", "stemmed f1")]
    assert (refused.memory, refused.hybrid, refused.none) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("category", "answer", "text", "score"),
    [
        ("single-hop", "running dogs", "The dog runs", 1.0),
        ("single-hop", "a dog, a harp", "dog, harp", 1.0),
        ("multi-hop", "a dog, a harp", "harps", 0.5),
        ("multi-hop", "a dog, a harp", "the harp, red dogs", (1 + 2 / 3) / 2),
        ("adversarial", "", "It is Not Mentioned.", 1.0),
        ("adversarial", "", "The memory does not hold this.", 1.0),
        ("abstention", "", "Bergen", 0.0),
    ],
)
def test_answers_are_scored_as_locomos_authors_do(category: str, answer: str, text: str, score: float) -> None:
    case = Case("", "", (answer,) if answer else (), kind=category)
    assert PUBLIC_SCORES["stemmed f1"](case, text) == pytest.approx(score)


def test_long_mem_eval_has_a_memory_for_each_question(examine: Callable[..., Runner], tmp_path: Path) -> None:
    absent = LONG_MEM_EVAL | {"question_id": "2_abs", "question": "Where did I study?"}
    data = write(tmp_path / "longmemeval.json", LONG_MEM_EVAL, absent)
    first, second = read_conversations(data)
    dated = "Where did I move yesterday (21 May 2023)?"
    assert first.asked == (Asked("", dated, ("Bergen",), kind="single-session-user", turns=((1, 0),)),)
    assert first.sessions[1][0].said_at == datetime(2023, 5, 21, 4) and len(first.sessions) == 2
    assert second.asked == (Asked("", "Where did I study?", (), kind="abstention"),)
    rows = evaluate_conversations(examine("none", threshold=-1.0), data=data)
    assert {row.case for row in rows} == {
        "longmemeval.json",
        "longmemeval.json, single-session-user",
        "longmemeval.json, abstention",
        "unanswered",
        "unanswered, abstention",
    }


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text('[{"text": "Lina"}]')
    with pytest.raises(DocumentError, match=r"notes\.json holds no conversations"):
        read_conversations(tmp_path / "notes.json")


@pytest.mark.parametrize("half", HALVES)
def test_every_file_is_asked_about_and_says_the_answers_that_its_questions_have(half: str) -> None:
    asked = paper_questions(half)
    assert {case.document for case in asked} == {path.name for path in (PAPERS / half).iterdir()}
    for case in asked:
        text = "\n\n".join(document.text for document in read_documents(PAPERS / half / case.document))
        assert not case.answers or contains_any(text, case.answers), case.question
        assert not any(contains(case.question, answer) for answer in case.answers), case.question


def test_there_are_300_questions_with_answers_and_60_without_and_none_is_there_twice() -> None:
    asked = [each for half in HALVES for each in paper_questions(half)]
    assert Counter(bool(case.answers) for case in asked) == {True: 300, False: 60}
    assert len({case.question for case in asked}) == 360


def test_an_answer_is_right_or_wrong_or_none_and_may_loop() -> None:
    case = Case("It opens at 9:30.", "When does it open?", ("9:30",))
    answers = ("At 9:30.", "At 10.", NOT_HELD, "At ten, at ten, at ten.")
    of = {metric: [int(score(case, text)) for text in answers] for metric, score in PAPER_SCORES.items()}
    assert of.pop("f1") == [0, 0, 0, 0]  # rounded
    assert of == {"right": [1, 0, 0, 0], "wrong": [0, 1, 0, 1], "abstained": [0, 0, 1, 0], "loops": [0, 0, 0, 1]}


def test_all_files_lie_in_one_memory_which_abstains_where_nothing_is_attached(examine: Callable[..., Runner]) -> None:
    told: list[str] = []
    runner = examine("hybrid", "none", threshold=9.0)
    runner.report = told.append
    rows = evaluate_papers(runner, "a", 10)
    assert told == ["half a: 10 questions, 39 files in one memory"]
    assert {(row.case, row.n) for row in rows} == {("a, answerable", 8), ("a, unanswerable", 2)}
    [abstained, other] = [row for row in rows if row.metric == "abstained"]
    assert (abstained.memory, abstained.hybrid, abstained.none, other.memory) == (1, 1, 0, 1)
