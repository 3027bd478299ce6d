from __future__ import annotations

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


def test_a_speaker_is_given_as_a_pair(run: Runner) -> None:
    assert run("add", "--text", "Lina.", "--speaker", "Ana").code == 2


@pytest.mark.slow
def test_a_chat_is_remembered_and_its_turns_are_shown(run_embedded: Runner, tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_bytes(CHAT)
    shared = ("--memory", tmp_path / "memory")
    [entry] = run_embedded("add", tmp_path / "chat.json", "--speaker", "user=Ana", *shared, "--json").data
    assert entry["title"] == "Conversation of Ana on 7 May 2024"
    shown = run_embedded("recall", "Who moved to Bergen?", *shared)
    assert "Ana      2024-05-07 18:30" in shown.out
    asked = run_embedded("ask", "Who moved to Bergen?", "--max-tokens", "2", *shared)
    assert "turn 0: Ana, 2024-05-07 18:30" in asked.err
    [first, *_] = run_embedded("recall", "Who moved to Bergen?", *shared, "--json").data
    assert first["passages"][0]["said"]["speaker"] == "Ana"
