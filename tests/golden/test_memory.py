"""The whole way with a published Doc-to-LoRA checkpoint: convert it, add a document, ask, against the reference."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from safetensors.torch import load_file
from torch import Tensor

from parametric_memory import ParametricMemory
from parametric_memory.commands import main
from parametric_memory.errors import MemoryMismatch
from tests.close import assert_close
from tests.comparing import whole_adapter
from tests.conftest import grouped
from tests.golden.doc_to_lora import DEEP, FOLDER, NAMES, needs_golden
from tests.tiny_models import number_tokenizer, text_of

pytestmark = needs_golden


@dataclass(frozen=True)
class Published:
    """A base model with a tokenizer, a converted checkpoint, and what the reference made with them.

    Documents and questions are those of the reference that are one chunk: their ids, as texts of the tokenizer.
    Models are named relative to the folder.
    """

    folder: Path
    base_model: str
    hypernetwork: Path
    goldens: dict[str, Tensor]

    @property
    def chunks_before(self) -> dict[int, int]:
        """By document of one chunk: how many chunks the documents before it have."""
        groups = self.goldens["in.n_ctx_chunks"].tolist()
        return {i: sum(groups[:i]) for i, chunks in enumerate(groups) if chunks == 1}

    def document(self, index: int) -> str:
        return text_of(self.goldens[f"in.chunk{self.chunks_before[index]}_ids"].tolist())

    def question(self, index: int) -> str:
        ids, mask = self.goldens["in.q_ids_lpad"][index], self.goldens["in.q_mask_lpad"][index]
        return text_of(ids[mask.bool()].tolist())

    def answer(self, index: int, name: str = "gen.lora") -> list[int]:
        return self.goldens[name][index, self.goldens["in.q_ids_lpad"].shape[1] :].tolist()


@pytest.fixture(scope="module", params=NAMES)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A variant of the reference, as a user has it: the command line converts it."""
    folder, source = tmp_path_factory.mktemp(request.param), FOLDER / request.param
    goldens = load_file(source / "goldens.safetensors")
    config = json.loads((source / "config.json").read_text())
    base_model, reader = config["base_model_name_or_path"], config["ctx_encoder_args"]["ctx_encoder_model_name_or_path"]
    written = {i for key in ("gen.lora", "gen.base") for i in goldens[key].flatten().tolist()}
    for name in {base_model, reader or base_model}:
        shutil.copytree(FOLDER / name, folder / name, copy_function=shutil.copyfile)
        vocabulary = json.loads((folder / name / "config.json").read_text())["vocab_size"]
        end = next(i for i in range(vocabulary) if i not in written)  # the reference's answers end at a length
        number_tokenizer(vocabulary, end).save_pretrained(folder / name)
    with pytest.raises(SystemExit) as ended:
        main(["convert", str(source), str(folder / "hypernetwork"), "--quiet"])
    assert not ended.value.code
    return Published(folder, base_model, folder / "hypernetwork", goldens)


@pytest.fixture
def memory(published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParametricMemory]:
    if not published.chunks_before:
        pytest.skip("no document of one chunk, and how others were cut is not recorded")
    monkeypatch.chdir(published.folder)
    with open_memory(tmp_path / "memory", published) as memory:
        yield memory


def open_memory(folder: Path, published: Published, **options: Any) -> ParametricMemory:
    usual = {"base_model": published.base_model, "hypernetwork": published.hypernetwork, "threshold": -1.0}
    return ParametricMemory(folder, embeddings=DeterministicFakeEmbedding(size=16), **grouped(usual | options))


def test_the_entrys_adapter_is_the_references(memory: ParametricMemory, published: Published) -> None:
    for index in published.chunks_before:
        entry = memory.add(published.document(index))
        assert (entry.chunks, entry.tokens) == (1, len(published.document(index).split()))
        adapter = whole_adapter(memory, entry.id)
        for name, factors in adapter.factors.items():
            layer, target = int(name.split(".")[2]), name.rpartition(".")[2]
            for side, ours in (("A", factors.A), ("B", factors.B)):
                golden = published.goldens[f"comb_base.{target}.{side}"][index, layer]
                assert_close(ours, golden[: factors.rank], DEEP)
                assert not golden[factors.rank :].any()


def test_what_is_recalled_is_answered_as_the_reference_answers(memory: ParametricMemory, published: Published) -> None:
    for index in published.chunks_before:
        entry = memory.add(published.document(index), metadata={"document": index})
        [recall] = memory.recall(published.question(index), filter={"document": index})
        assert recall.entry_id == entry.id and recall.attached
        golden = published.answer(index)
        answer = memory.ask(published.question(index), filter={"document": index}, max_new_tokens=len(golden))
        assert answer.remembered
        assert answer.text == text_of(golden)


def test_without_a_memory_of_it_the_base_model_answers(memory: ParametricMemory, published: Published) -> None:
    golden = published.answer(0, "gen.base")
    answer = memory.ask(published.question(0), max_new_tokens=len(golden), abstain=False)
    assert not answer.remembered
    assert answer.text == text_of(golden)


def test_the_memory_opens_again_and_refuses_another_hypernetwork(
    memory: ParametricMemory, published: Published
) -> None:
    text = published.document(next(iter(published.chunks_before)))
    entry = memory.add(text)
    memory.close()
    with open_memory(memory.storage.location.folder, published) as again:
        assert again.add(text).id == entry.id
        assert again.ask(text, max_new_tokens=2).remembered
    with (
        open_memory(memory.storage.location.folder, published, hypernetwork=None) as other,
        pytest.raises(MemoryMismatch),
    ):
        other.add("t1 t2")
