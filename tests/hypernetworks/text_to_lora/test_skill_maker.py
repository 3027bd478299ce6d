from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, dynamic_module_utils

from parametric_memory import ParametricMemory
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.errors import CheckpointError, DocumentError, ModelUnavailable, SettingsError
from parametric_memory.hypernetworks.checkpoint import save_text_to_lora
from parametric_memory.hypernetworks.text_to_lora.network import TargetModule
from parametric_memory.hypernetworks.text_to_lora.skill_maker import SkillMaker, embed_descriptions
from parametric_memory.language_model.base_model import attached
from tests.close import assert_close, assert_close_adapters, close_adapters
from tests.comparing import whole_adapter
from tests.hypernetworks.text_to_lora.networks import random_network, tiny_config
from tests.tiny_models import number_tokenizer, text_of

SORTING, RHYMING = "Sort the words by their length", "Write two lines that rhyme"
# Of the tiny base model.
QUERY = TargetModule(name="q_proj", path="model.layers.{layer}.self_attn.q_proj", d_in=32, d_out=32)
VALUE = TargetModule(name="v_proj", path="model.layers.{layer}.self_attn.v_proj", d_in=32, d_out=16)


def hypernetwork(folder: Path, **changes: Any) -> Path:
    """A folder of one for the tiny base model, which embeds descriptions itself unless said otherwise."""
    usual = {"embedding_model": None, "embedding_size": 32, "layers": 4, "modules": (QUERY, VALUE)}
    save_text_to_lora(random_network(tiny_config(**(usual | changes))), folder)
    return folder


@pytest.fixture
def maker(base, tmp_path: Path) -> SkillMaker:
    return SkillMaker.load(hypernetwork(tmp_path / "hypernetwork"), base)


def test_a_description_becomes_the_networks_adapter_for_its_embedding(base, maker: SkillMaker) -> None:
    [embedding] = embed_descriptions([SORTING], base.model, base.tokenizer, None)
    adapter = maker.adapter(SORTING)
    assert_close_adapters(adapter, maker.network.adapter(embedding))
    assert_close_adapters(adapter, maker.adapter(f" {SORTING}.\n"))
    assert not close_adapters(adapter, maker.adapter(RHYMING))


def test_a_skill_attaches_to_the_base_model_and_comes_off_again(base, maker: SkillMaker) -> None:
    ids = torch.tensor([base.chat.question("Which word is longer?")])
    with torch.no_grad():
        before = base.model(ids).logits
        with attached(base.model, maker.adapter(SORTING)):
            assert not torch.allclose(base.model(ids).logits, before, atol=1e-3)
        assert_close(base.model(ids).logits, before)


def test_a_saved_skill_is_a_peft_folder_that_a_memory_takes(
    maker: SkillMaker, open_memory: Callable[..., ParametricMemory], tmp_path: Path
) -> None:
    folder = tmp_path / "skill"
    save_peft(maker.adapter(SORTING), folder)
    memory = open_memory()
    entry = memory.adapters.add(folder, SORTING)
    [recall] = memory.recall("Sort these words by length, please")
    assert recall.entry_id == entry.id and recall.attached
    assert_close_adapters(whole_adapter(memory, entry.id), maker.adapter(SORTING))


def test_an_embedding_model_of_its_own_is_loaded_by_its_name(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2)
    embedder = tmp_path / "gte-tiny"
    BertModel(config).eval().save_pretrained(embedder)
    number_tokenizer(40, end=0).save_pretrained(embedder)
    maker = SkillMaker.load(hypernetwork(tmp_path / "hypernetwork", embedding_model=str(embedder)))
    description = f"{text_of([3, 1, 4])} ?"
    with torch.no_grad():
        state = BertModel.from_pretrained(embedder)(torch.tensor([[3, 1, 4, 0]])).last_hidden_state[0, 0]
    expected = maker.network.adapter(state / state.norm() * 32**0.5)
    assert_close_adapters(maker.adapter(description), expected)


def test_an_embedding_model_that_reads_english_is_asked_to_read_nothing_else(tmp_path: Path) -> None:
    config = BertConfig(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2)
    embedder = tmp_path / "tiny-MiniLM"
    BertModel(config).eval().save_pretrained(embedder)
    number_tokenizer(40, end=0).save_pretrained(embedder)
    maker = SkillMaker.load(hypernetwork(tmp_path / "hypernetwork", embedding_model=str(embedder)))
    for description in ("Antworte mit einem Wort.", "\u7528\u4e00\u4e2a\u8bcd\u56de\u7b54\u3002"):
        with pytest.raises(DocumentError, match=r"not in English, and .*tiny-MiniLM reads nothing else"):
            maker.adapter(description)
    with pytest.raises(DocumentError, match=r"299 tokens.* reads 256 at most"):
        maker.adapter(text_of([3] * 299))
    several = embedder.rename(tmp_path / "tiny-multilingual-MiniLM")
    maker = SkillMaker.load(hypernetwork(tmp_path / "other", embedding_model=str(several)))
    assert maker.adapter("Antworte mit einem Wort.").factors


CODE_OF_ITS_OWN = """
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput


class OwnConfig(PretrainedConfig):
    model_type = "own"
    hidden_size = 32


class OwnModel(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.embedding = torch.nn.Embedding(40, 32)
        self.register_buffer("waves", torch.linspace(-1, 1, 32), persistent=False)
        self.post_init()

    def forward(self, input_ids, attention_mask):
        added = self.get_extended_attention_mask(attention_mask, input_ids.shape)[:, 0, 0, :, None].clamp(min=-1)
        return BaseModelOutput(last_hidden_state=self.embedding(input_ids) * self.waves + added)
"""


def test_code_of_an_embedding_model_that_was_written_for_earlier_releases_runs_as_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    embedder = tmp_path / "gte-own"
    embedder.mkdir()
    (embedder / "own.py").write_text(CODE_OF_ITS_OWN)
    auto_map = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}
    (embedder / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": auto_map}))
    weight = torch.randn(40, 32, generator=torch.Generator().manual_seed(0))
    save_file({"embedding.weight": weight}, embedder / "model.safetensors", {"format": "pt"})
    number_tokenizer(40, end=0).save_pretrained(embedder)
    folder = hypernetwork(tmp_path / "hypernetwork", embedding_model=str(embedder))
    with pytest.raises(ModelUnavailable, match="trust_remote_code"):
        SkillMaker.load(folder).adapter(SORTING)
    maker = SkillMaker.load(folder, trust_remote_code=True)
    state = weight[3] * torch.linspace(-1, 1, 32)
    expected = maker.network.adapter(state / state.norm() * 32**0.5)
    assert_close_adapters(maker.adapter(f"{text_of([3, 1, 4])} ?"), expected)


def test_tasks_that_are_numbers_are_called_by_their_names(tmp_path: Path) -> None:
    folder = hypernetwork(tmp_path, embedding_size=2, tasks=("sorting", "rhyming"))
    maker = SkillMaker.load(folder)
    assert_close_adapters(maker.adapter("rhyming"), maker.network.adapter(torch.tensor([0.0, 1.0])))
    with pytest.raises(DocumentError, match="sorting, rhyming"):
        maker.adapter("cooking")


def test_what_is_missing_is_named(maker: SkillMaker, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="empty"):
        maker.adapter(" ")
    with pytest.raises(DocumentError, match=r"holds no word, only \?!: say what the task is"):
        maker.adapter("?!")
    with pytest.raises(SettingsError, match="give base, base"):
        SkillMaker.load(tmp_path / "hypernetwork")
    with pytest.raises(CheckpointError, match=r"config\.json is missing"):
        SkillMaker.load(tmp_path / "nothing")
    with pytest.raises(ModelUnavailable, match="nowhere"):
        SkillMaker.load(hypernetwork(tmp_path / "other", embedding_model=str(tmp_path / "nowhere")))
