from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.internalize.self_questions import Passage
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.chat import prompt_ids
from parametric_memory.training import teach as teaching
from parametric_memory.training.data.examples import encode_question
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
    assert len(told) == 3 and told[-1].startswith("taught: 10/10 questions, 10 questions of use")
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


TEXTS = ("The harbour was rebuilt in 1874.", "The mill was sold to Tomas Brandt.", "Lina lives in Bergen.")


@pytest.fixture
def asking(base, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights ask no question, and never end an answer."""

    def written(base, about) -> dict[str, Passage]:
        return {f"What is {n} of {passage.text}?": passage for passage in about for n in range(3)}

    monkeypatch.setattr(teaching, "written_questions", written)
    answer = base.chat.encode("in Bergen")
    monkeypatch.setattr(teaching, "greedy_answers", lambda base, prompts, *_: [answer] * len(prompts))
    monkeypatch.setattr(base, "stop_ids", range(base.model.config.vocab_size))
    monkeypatch.setattr(teaching, "TEXTS_IN_A_PART", 2)


def test_the_base_model_asks_itself_about_texts(base, asking, tmp_path: Path) -> None:
    config = TeachConfig(texts=(*TEXTS, f" {TEXTS[2]}\n"), per_text=2)
    assert teach(base, tmp_path / "taught", config, lambda line: None) == 6
    examples = load_taught(tmp_path / "taught", base.fingerprint)
    assert {e.document for e in examples} == set(TEXTS) and {e.source for e in examples} == {"documents"}
    question = examples[0].questions[0]
    assert (question.opening, question.value, question.ending) == ("", "in Bergen", "")
    assert question.support == examples[0].document
    answer = encode_question(base.chat, question).answer
    content = teaching.PROMPTS["own"].format(text=examples[0].document, question=question.text)
    turns = [{"role": "system", "content": teaching.PROMPTS["system"]}, {"role": "user", "content": content}]
    logs = answer_logits(base.model, [prompt_ids(base.chat, turns)], [answer], base.chat.end).log_softmax(-1)
    torch.testing.assert_close(question.taught.log_probs, logs.topk(16).values.half(), rtol=1e-2, atol=1e-2)


def test_an_answer_that_does_not_end_is_left_out(base, asking, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(base, "stop_ids", [])
    assert teach(base, tmp_path / "taught", TeachConfig(texts=TEXTS), lambda line: None) == 0


def test_texts_are_taught_a_few_at_a_time(base, asking, tmp_path: Path) -> None:
    told: list[str] = []
    assert teach(base, tmp_path / "taught", TeachConfig(texts=TEXTS, most=2, per_text=1), told.append) == 2
    assert teach(base, tmp_path / "taught", TeachConfig(texts=TEXTS, per_text=1), told.append) == 3
    assert len(told) == 2 and told[-1].startswith("taught: 3/3 texts, 3 questions")


def test_texts_and_questions_have_folders_of_their_own(base, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a folder of their own"):
        teach(base, tmp_path / "taught", TeachConfig((questions,), TEXTS))
    with pytest.raises(DocumentError, match="the texts"):
        teach(base, tmp_path / "taught", TeachConfig(texts=(" ",)))


def test_questions_of_written_texts_see_the_text_as_a_memory_reads_it(base, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(teaching, "_is_sound", lambda kind, value, end: True)
    chat = {
        "when": "2025-03-14T18:20",
        "turns": [
            {"speaker": "Nadja", "text": "the key is under the pot"},
            {"speaker": "Timo", "text": "and the pump?"},
            {"speaker": "Nadja", "text": "in the shed behind the house"},
        ],
        "questions": [
            {
                "question": "Where is the key?",
                "answers": ["under the stone", "under the pot"],
                "evidence": "the key is",
            },
            {"question": "What is in the shed?", "answers": ["a pump"], "evidence": "in the shed behind the house"},
            {"question": "Where is the ladder?", "answers": [], "evidence": "in the shed", "why": "attribute"},
        ],
    }
    path = tmp_path / "written.jsonl"
    path.write_text(json.dumps(chat) + "\n")
    assert teach(base, tmp_path / "taught", TeachConfig(written=(path,)), lambda line: None) == 2
    extractive, abstractive = sorted(load_taught(tmp_path / "taught", base.fingerprint), key=lambda e: e.source)[::-1]
    assert extractive.document == abstractive.document
    assert extractive.questions[0].support in sentences(extractive.document)
    assert "Nadja" in extractive.questions[0].support and extractive.questions[0].value == "under the pot"
    assert abstractive.questions[0].value == "a pump" and "shed" in abstractive.questions[0].support
    chosen = TeachConfig(written=(path,), kinds=("extractive",))
    assert teach(base, tmp_path / "chosen", chosen, lambda line: None) == 1
