"""The whole way for a user's own model: a folder goes in, a hypernetwork is trained for it, and its memory answers."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from parametric_memory import ParametricMemory, RecallSettings
from parametric_memory.hypernetworks.checkpoint import load_hypernetwork
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.internalize.selection import UNTRAINED
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training import d2l, teach
from tests.bag_of_words import BagOfWords
from tests.commands.running import Runner
from tests.tiny_models import CHAT_TEMPLATE, copy_of_tensors, tiny_decoder

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

LINA, QUESTION = "Lina Okafor lives in Bergen.", "Where does Lina Okafor live?"
LAYERS = 6


def own_tokenizer() -> PreTrainedTokenizerFast:
    """Words and characters, no byte-level BPE; turns of its own."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    letters = [chr(code) for code in range(33, 127)]
    pieces = ["<unk>", "<s>", "</s>", "<|user|>", "<|model|>", "\n", "▁", *letters, "▁the", "▁is", "▁in", "ing"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(len(pieces) - i)) for i, piece in enumerate(pieces)], 0))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Replace("▁", " ")
    from transformers import PreTrainedTokenizerFast

    template = CHAT_TEMPLATE.replace("<|im_start|>", "<|user|>").replace("<|im_end|>", "</s>")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        extra_special_tokens=["<|user|>", "<|model|>"],
        chat_template=template,
    )


@pytest.fixture(scope="module", params=["qwen3", "llama", "gemma3_text"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder of another architecture than the tests' usual one, or of other sizes, with its own tokenizer."""
    folder = tmp_path_factory.mktemp(request.param)
    tokenizer = own_tokenizer()
    tiny_decoder(request.param, LAYERS, 24, len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that knows nothing has no idea how to begin an answer."""
    monkeypatch.setattr(teach, "_is_sound", lambda kind, value, end: True)  # nothing is, to random weights
    monkeypatch.setattr(d2l, "_VALIDATION_DOCUMENTS", 2)


def memory_of(folder: Path, tmp_path: Path, hypernetwork: Path | None) -> ParametricMemory:
    return ParametricMemory(
        tmp_path / "memory",
        base_model=folder,
        hypernetwork=hypernetwork,
        embeddings=BagOfWords(),
        recall=RecallSettings(threshold=0.3),
    )


@pytest.mark.usefixtures("short_runs")
def test_a_hypernetwork_is_trained_for_it_from_a_users_own_questions(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    run = Runner(monkeypatch, capsys)
    data = tmp_path / "questions.jsonl"
    data.write_text(json.dumps({"context": LINA, "question": QUESTION, "answer": "Bergen"}) + "\n")
    command = ["train", "d2l", "--base-model", folder, "--data", data, "--output", tmp_path / "run", "--batch", "2"]
    assert run(*command, "--steps", "2", "--json").data["steps"] == 2
    trained = run(*command, "--steps", "3", "--json")
    assert "resuming from step 2" in trained.err
    hypernetwork = Path(trained.data["hypernetwork"])
    record = read_record(hypernetwork)
    assert (record.base_model, record.training["steps_done"]) == (str(folder), 3)

    base = BaseModel.load(folder)
    network, _ = load_hypernetwork(hypernetwork, base.model)
    assert record.base_fingerprint == base.fingerprint
    assert (network.config.num_layers, network.config.hidden_size) == (LAYERS, 24)

    with memory_of(folder, tmp_path, hypernetwork) as memory:
        before = copy_of_tensors(memory.models.base.model)
        entry = memory.add(LINA)
        kept = memory.adapters.explain(entry.id)
        assert kept and all(token.word in f" {LINA}" for tokens in kept.values() for token in tokens)
        assert memory.ask(QUESTION, max_new_tokens=4).remembered
        after = memory.models.base.model.state_dict()
        assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_one_that_can_answer_none_of_a_users_questions_is_trained_on_generated_facts_and_says_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(d2l, "_VALIDATION_DOCUMENTS", 2)
    data = tmp_path / "questions.jsonl"
    data.write_text(json.dumps({"context": LINA, "question": QUESTION, "answer": "Bergen"}) + "\n")
    command = ["train", "d2l", "--base-model", folder, "--data", data, "--held-out", data, "--output", tmp_path / "run"]
    trained = Runner(monkeypatch, capsys)(*command, "--batch", "2", "--steps", "1", "--json")
    assert trained.data["steps"] == 1
    assert f"not used: {data}" in trained.err


def test_without_a_trained_hypernetwork_it_gets_the_untrained_rows_at_once_and_is_told_so(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with memory_of(folder, tmp_path, None) as memory:
        with caplog.at_level(logging.WARNING):
            entry = memory.add(LINA)
        assert f"train d2l --base-model {folder}" in caplog.text
        assert memory.models.hypernetwork_name == UNTRAINED
        assert memory.adapters.explain(entry.id)
        assert memory.ask(QUESTION, max_new_tokens=4).remembered
