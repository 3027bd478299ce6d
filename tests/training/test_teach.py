from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.training import teach as teaching
from parametric_memory.training.data.parts import load_taught
from parametric_memory.training.teach import TeachConfig, teach


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(teaching, "_is_sound", lambda kind, value, end: True)
    monkeypatch.setattr(teaching, "PART", 4)
    path = tmp_path / "questions.jsonl"
    lines = [
        {"context": f"Lina has {n} ships in Bergen.", "question": f"{word} ships?", "answer": answer, "kind": kind}
        for n in range(5)
        for word, answer, kind in (("How many", str(n), "extractive"), ("Any", "Yes", "yesno"))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def asked(folder: Path, base) -> set[tuple[str, str]]:
    return {(e.document, q.text) for e in load_taught(folder, base.fingerprint) for q in e.questions}


def test_a_preparation_goes_on_where_it_was_and_comes_to_the_same(base, questions: Path, tmp_path: Path) -> None:
    whole, stopped, told = tmp_path / "whole", tmp_path / "stopped", []
    assert teach(base, whole, TeachConfig((questions,)), told.append) == 10
    assert len(told) == 3 and told[-1].startswith("taught: 10/10 questions, 10 of them of use")
    assert teach(base, stopped, TeachConfig((questions,), most=4), told.append) == 4
    told.clear()
    assert teach(base, stopped, TeachConfig((questions,)), told.append) == 10
    assert len(told) == 2 and asked(stopped, base) == asked(whole, base)
    for path in sorted(whole.iterdir()):
        assert path.read_bytes() == (stopped / path.name).read_bytes()


def test_a_part_that_was_short_is_made_again_where_more_is_wanted(base, questions: Path, tmp_path: Path) -> None:
    assert teach(base, tmp_path / "taught", TeachConfig((questions,), most=2), lambda line: None) == 2
    assert teach(base, tmp_path / "taught", TeachConfig((questions,), most=7), lambda line: None) == 7
    assert len(asked(tmp_path / "taught", base)) == 7


def test_kinds_are_chosen(base, questions: Path, tmp_path: Path) -> None:
    assert teach(base, tmp_path / "taught", TeachConfig((questions,), kinds=("yesno",)), lambda line: None) == 5
    assert {e.source for e in load_taught(tmp_path / "taught", base.fingerprint)} == {"yesno"}
    with pytest.raises(SettingsError, match=r"'why'.*extractive"):
        teach(base, tmp_path / "other", TeachConfig((questions,), kinds=("why",)))
    with pytest.raises(DocumentError, match=r"questions\.jsonl"):
        teach(base, tmp_path / "other", TeachConfig((questions,), kinds=("abstractive",)))


def test_other_questions_need_another_folder(base, questions: Path, tmp_path: Path) -> None:
    teach(base, tmp_path / "taught", TeachConfig((questions,), most=4), lambda line: None)
    questions.write_text(questions.read_text().replace("Lina", "Mira"))
    with pytest.raises(CheckpointError, match="name another folder"):
        teach(base, tmp_path / "taught", TeachConfig((questions,)))


def test_plain_text_is_asked_about_too(base, questions: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    text = "The old harbour was rebuilt in 1874 after a great fire. The mill was sold to Tomas Brandt in spring."
    texts.write_text(json.dumps({"text": text}))
    teach(base, tmp_path / "taught", TeachConfig((questions,), (texts,)), lambda line: None)
    examples = load_taught(tmp_path / "taught", base.fingerprint)
    [cloze] = [e for e in examples if e.source == "cloze"]
    assert cloze.document == text and cloze.questions[0].text.startswith("What completes this sentence: ")
    assert len(examples) > 5
    texts.write_text(json.dumps({"words": text}))
    with pytest.raises(DocumentError, match=r"texts\.jsonl line 1 holds no text"):
        teach(base, tmp_path / "other", TeachConfig(texts=(texts,)))
