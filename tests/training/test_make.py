from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory.errors import CheckpointError, DocumentError, ModelUnavailable
from parametric_memory.internalize.self_questions import SelfQuestion
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.conversation import prompt_ids
from parametric_memory.training.d2l import ContextData, train_contexts
from parametric_memory.training.data.parts import load_made
from parametric_memory.training.doc_to_lora import ContextTrainingConfig
from parametric_memory.training.make import (
    LocalWriter,
    MakeConfig,
    Written,
    _teacher_turns,
    make_data,
    parsed_questions,
)

TEXTS = ("Lina lives in Bergen.", "The harbour was rebuilt in 1874.", "Tomas wrote the report.")
CONFIG = MakeConfig(rounds=2, questions=2, answer_tokens=8, text_tokens=100, short=0.0)


class Scripted:
    """Asks two questions, the second time one of them again; answers shortly, or without an end."""

    name = "scripted"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def write(self, conversations: Sequence[Sequence[dict[str, Any]]], most_tokens: int) -> list[Written]:
        self.asked += [str(turns[-1]["content"]) for turns in conversations]
        return [self._one(str(turns[-1]["content"])) for turns in conversations]

    def _one(self, content: str) -> Written:
        if "harder" in content:
            return Written("- Who is it about?\n- Why is it so?", True)
        if "questions" in content:
            return Written("1. Who is it about?\n2) **Where is it?**\nNo question.", True)
        return Written("in Bergen", "Why" not in content)


def test_questions_come_in_rounds_and_answers_with_what_the_base_model_finds_likely(base, tmp_path: Path) -> None:
    writer = Scripted()
    made = make_data(base, tmp_path / "made", TEXTS[:2], CONFIG, lambda line: None, writer, writer)
    assert (made.documents, made.questions) == (2, 4)  # one answer of each had no end
    rows = load_made(tmp_path / "made", base.fingerprint)
    assert [row.document for row in rows] == list(TEXTS[:2])
    assert [q.text for q in rows[0].questions] == ["Who is it about?", "Where is it?"]
    second_round = [asked for asked in writer.asked if "harder" in asked]
    assert len(second_round) == 2 and "Where is it?" in second_round[0]
    question = rows[0].questions[0]
    assert list(question.answer) == [*base.chat.encode("in Bergen"), base.chat.end]
    prompt = prompt_ids(base.chat, _teacher_turns(TEXTS[0], question.text))
    logs = answer_logits(base.model, [prompt], [list(question.answer)], base.chat.end).log_softmax(-1)
    top = logs.topk(16, dim=-1)
    assert torch.equal(question.taught.ids, top.indices.int())
    torch.testing.assert_close(question.taught.log_probs, top.values.half())


def test_what_a_writer_does_not_take_is_passed_over_and_told(base, tmp_path: Path) -> None:
    class Refusing(Scripted):
        def _one(self, content: str) -> Written:
            long = TEXTS[1] in content and "Why" not in content
            return Written("", False, refused="400: too long") if long else super()._one(content)

    told: list[str] = []
    writer, folder = Refusing(), tmp_path / "made"
    made = make_data(base, folder, TEXTS, CONFIG, told.append, writer, writer)
    assert made.documents == 2 and {row.document for row in load_made(folder, base.fingerprint)} == {TEXTS[0], TEXTS[2]}
    assert told[-1] == "refused and passed over: 2 prompts for questions (the last: 400: too long)"
    again = make_data(base, folder, TEXTS, CONFIG, told.append, writer, writer)
    assert again.documents == 0 and "2 of 3 texts are there already" in told
    made = make_data(base, folder, TEXTS, CONFIG, told.append, Scripted(), Scripted())  # takes it now
    assert made.documents == 1 and len(load_made(folder, base.fingerprint)) == 3


@pytest.mark.parametrize("refused", ["questions", ""])
def test_where_nothing_about_several_texts_is_taken_none_is_written_off(base, tmp_path: Path, refused: str) -> None:
    class Refusing(Scripted):
        def _one(self, content: str) -> Written:
            asks = "questions" in content
            return Written("", False, refused="400: no") if asks == bool(refused) else super()._one(content)

    folder = tmp_path / "made"
    with pytest.raises(ModelUnavailable, match=r"Of 3 texts .* no prompt was taken \(the last: 400: no\)"):
        make_data(base, folder, TEXTS, CONFIG, lambda line: None, Refusing(), Refusing())
    made = make_data(base, folder, TEXTS, CONFIG, lambda line: None, Scripted(), Scripted())
    assert made.documents == 3


def test_making_goes_on_and_no_text_is_made_twice(base, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    writer = Scripted()
    make_data(base, folder, TEXTS[:2], CONFIG, lambda line: None, writer, writer)
    told: list[str] = []
    again = make_data(base, folder, [*TEXTS, f" {TEXTS[2]}\n"], CONFIG, told.append, writer, writer)
    assert again.documents == 1 and "2 of 3 texts are there already" in told[0]
    assert len(load_made(folder, base.fingerprint)) == 3
    assert sorted(path.name for path in folder.glob("*.jsonl")) == ["part-00000.jsonl", "part-00001.jsonl"]


def test_what_was_made_is_trained_on(base, tmp_path: Path) -> None:
    writer = Scripted()
    make_data(base, tmp_path / "made", TEXTS, CONFIG, lambda line: None, writer, writer)
    config = ContextTrainingConfig(steps=2, learning_rate=1e-3, warmup=1, log_every=1)
    sizes = {"latent_size": 8, "latents": 3, "blocks": 2, "rank": 2}
    data = ContextData((tmp_path / "made",), (tmp_path / "made",))
    trainer = train_contexts(base, tmp_path / "run", "doc-to-lora", config, data, lambda line: None, **sizes)
    assert trainer.step == 2
    measured = trainer.validate()["made"]
    assert measured["divergence"] > 0 and measured["value_loss"] > 0


def test_a_small_model_asks_about_sentences(base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(base: Any, about: Sequence[Any]) -> list[SelfQuestion]:
        return [SelfQuestion(passage, f"What is {n} of {passage.text}?") for passage in about for n in range(3)]

    monkeypatch.setattr("parametric_memory.training.make.written_questions", written)
    config = MakeConfig(questions=4, answer_tokens=8, short=0.0, by_sentence=True)
    made = make_data(base, tmp_path / "made", [" ".join(TEXTS)], config, lambda line: None, answerer=Scripted())
    assert made.questions == 4
    with pytest.raises(CheckpointError, match="another questions by"):
        make_data(base, tmp_path / "made", TEXTS, CONFIG, lambda line: None, answerer=Scripted())


def test_the_base_model_writes_by_itself_and_says_where_it_did_not_end(base) -> None:
    turns = [{"role": "user", "content": "Where does Lina live?"}]
    [short, long] = LocalWriter(base).write([turns, [{"role": "user", "content": "x " * 3000}]], 4)
    assert not short.finished and len(short.token_ids) == 4  # of random weights, which never end
    assert not long.finished and not long.token_ids and "window" in long.refused and not short.refused


def test_data_of_others_is_refused(base, tmp_path: Path) -> None:
    writer = Scripted()
    make_data(base, tmp_path / "made", TEXTS[:1], CONFIG, lambda line: None, writer, writer)
    with pytest.raises(CheckpointError, match="another questions by"):
        make_data(base, tmp_path / "made", TEXTS[:1], CONFIG, lambda line: None)
    with pytest.raises(CheckpointError, match="another base model"):
        load_made(tmp_path / "made", "somebody else")
    with pytest.raises(DocumentError, match="no text"):
        make_data(base, tmp_path / "none", [" "], CONFIG)
    part = tmp_path / "made" / "part-00000.jsonl"
    record = json.loads(part.read_text())
    record["questions"][0]["answer_tokens"] += 1
    part.write_text(json.dumps(record) + "\n")
    with pytest.raises(CheckpointError, match=r"part-00000.jsonl is damaged"):
        load_made(tmp_path / "made", base.fingerprint)


def test_lists_of_questions_are_read_as_models_write_them() -> None:
    written = "Here are some:\n1. Who?\n2. Who came?\n- (3) Where is it?\n**When was it?**\nQuestion 4: Why so?"
    assert parsed_questions(written) == ["Who came?", "(3) Where is it?", "When was it?", "Why so?"]
