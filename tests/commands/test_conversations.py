from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.commands.ask import _turns
from parametric_memory.records import Recall
from tests.commands.running import Runner

CHAT = b'[{"role": "user", "content": "I moved to Bergen.", "created_at": "2024-05-07T18:30:00"}]'


def test_recalls_of_conversations_tell_turn_speaker_and_moment() -> None:
    said = [
        {"turn": 3, "turns": [2, 3], "speaker": "Ana", "said_at": at} for at in ("2024-05-07T18:30", "2024-05-07", None)
    ]
    passages = [{"number": n, "score": 0.5, "weight": 1.0, "said": s} for n, s in enumerate([*said, None])]
    recall = Recall.model_validate({"entry_id": "x", "title": "t", "summary": "s", "score": 0.5, "passages": passages})
    assert _turns(recall) == [(3, "Ana", at, 0.5) for at in ("2024-05-07 18:30", "2024-05-07", "")]


def test_a_damaged_chat_is_refused_in_one_line(run: Runner, tmp_path: Path, home: Path) -> None:
    (tmp_path / "chat.json").write_bytes(CHAT[:-20])
    result = run("add", tmp_path / "chat.json")
    assert (result.code, result.out) == (1, "") and "is no JSON" in result.err and result.err.count("\n") == 1
    assert not home.exists()


def test_texts_have_one_speaker(run: Runner) -> None:
    assert run("add", "--text", "Lina.", "--speaker", "Ana", "--speaker", "Ben").code == 2


@pytest.mark.slow
def test_a_chat_is_remembered_and_its_turns_are_shown(run_embedded: Runner, tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_bytes(CHAT)
    shared = ("--memory", tmp_path / "memory")
    [entry] = run_embedded("add", tmp_path / "chat.json", "--speaker", "user=Ana", *shared, "--json").data
    assert entry["title"] == "Conversation of Ana on 7 May 2024"
    shown = run_embedded("recall", "Where did Ana move?", *shared)
    assert "Ana      2024-05-07 18:30" in shown.out
    asked = run_embedded("ask", "Where did Ana move?", "--max-tokens", "2", *shared)
    assert "turn 0: Ana, 2024-05-07 18:30" in asked.err
    [first, *_] = run_embedded("recall", "Where did Ana move?", *shared, "--json").data
    assert first["passages"][0]["said"]["speaker"] == "Ana"


@pytest.mark.slow
def test_a_later_chat_takes_no_earlier_ones_place_unless_it_says_the_same(run_embedded: Runner, tmp_path: Path) -> None:
    shared = ("--memory", tmp_path / "memory")
    for name, said in {
        "may": [
            ("Ana", "I found a flat in Bergen.", "2024-05-07T18:30:00"),
            ("Ben", "What does the flat cost?", "2024-05-07T18:31:00"),
            ("Ana", "900 euros a month.", "2024-05-07T18:32:00"),
            ("Ana", "My boss is Olav Lie.", "2024-05-07T18:33:00"),
        ],
        "june": [
            ("Ana", "I start at the bank on Monday.", "2024-06-01T09:00:00"),
            ("Ben", "On which floor do you sit?", "2024-06-01T09:01:00"),
            ("Ana", "The third.", "2024-06-01T09:02:00"),
            ("Ana", "My boss is Kari Moe now.", "2024-06-01T09:03:00"),
        ],
    }.items():
        chat = [{"role": "user", "name": who, "content": text, "created_at": at} for who, text, at in said]
        (tmp_path / f"{name}.json").write_text(json.dumps(chat))
        run_embedded("add", tmp_path / f"{name}.json", *shared)

    def day(question: str) -> str:
        [first, *_] = run_embedded("recall", question, *shared, "--json").data
        return first["passages"][0]["said"]["said_at"][:10]

    assert day("What does Ana's flat cost?") == "2024-05-07"
    assert day("On which floor does Ana sit?") == "2024-06-01"
    assert day("Who is Ana's boss?") == "2024-06-01"
