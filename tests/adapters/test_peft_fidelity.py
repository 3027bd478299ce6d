"""What a memory keeps and attaches, and what plain PEFT computes with it, are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from langchain_core.embeddings import DeterministicFakeEmbedding
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor
from transformers import PreTrainedModel

from parametric_memory import ModelSettings, ParametricMemory, RecallSettings
from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.peft_folder import save_peft
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig
from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.language_model.requests import Request
from parametric_memory.memory import reopen
from tests.close import assert_close
from tests.comparing import whole_adapter
from tests.tiny_models import number_tokenizer, text_of, tiny_llama

VOCABULARY = 100
CHUNK = 16  # tokens
DOCUMENTS = [text_of(range(start, start + 12)) for start in (10, 30, 50)]
LONG_DOCUMENT = text_of([*range(5, 95, 2), *range(6, 96, 3)])
QUESTION = text_of([11, 32, 53, 8, 14])


def fresh_model() -> PreTrainedModel:
    return tiny_llama(vocabulary=VOCABULARY)


@pytest.fixture(scope="module")
def base() -> BaseModel:
    return BaseModel(fresh_model(), number_tokenizer(VOCABULARY, end=0), "tiny")


def key_value(base: BaseModel) -> Hypernetwork:
    return untrained_hypernetwork(
        base.model, base.chat, DOCUMENTS, chunk_tokens=CHUNK, shared_rank=2, reader_rank=2
    ).eval()


def perceiver_of_seven_projections(base: BaseModel) -> Hypernetwork:
    """A published-style network whose every weight matters: fresh ones make no update."""
    torch.manual_seed(0)
    targets = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    sizes = {"latent_size": 8, "latents": 3, "blocks": 2, "rank": 2, "alpha": 2, "chunk_tokens": CHUNK}
    config = PerceiverConfig.for_model(base.model, "tiny", targets, **sizes)
    hypernetwork = PerceiverHypernetwork(config)
    with torch.no_grad():
        for parameter in (*hypernetwork.network.scaler_B.values(), *hypernetwork.network.bias_B.values()):
            parameter.normal_(std=0.1)
    return hypernetwork.eval()


@pytest.fixture(params=[key_value, perceiver_of_seven_projections])
def internalizer(request: pytest.FixtureRequest, base: BaseModel) -> HypernetworkInternalizer:
    return HypernetworkInternalizer(base, request.param(base), request.param.__name__)


@pytest.fixture
def memory(base: BaseModel, internalizer: HypernetworkInternalizer, tmp_path: Path) -> Iterator[ParametricMemory]:
    """A memory that attaches whatever it looks at."""
    with ParametricMemory(
        tmp_path / "memory",
        base_model=base,
        embeddings=DeterministicFakeEmbedding(size=16),
        models=ModelSettings(internalizer=internalizer),
        recall=RecallSettings(threshold=-1.0, max_adapters=3),
    ) as memory:
        yield memory


def in_memory(base: BaseModel, adapter: Adapter) -> tuple[Tensor, list[int]]:
    """Logits of the question, and the greedy answer."""
    prompt = base.chat.question(QUESTION)
    with torch.no_grad(), adapter_hooks(base.model, [adapter]):
        logits = base.model(torch.tensor([prompt])).logits
    [completion] = base.generate([Request(prompt, adapter, max_new_tokens=12)])
    return logits, completion.token_ids


def in_peft(base: BaseModel, folder: Path) -> tuple[Tensor, list[int]]:
    model = PeftModel.from_pretrained(fresh_model(), folder).eval()
    prompt = torch.tensor([base.chat.question(QUESTION)])
    with torch.no_grad():
        logits = model(prompt).logits
        written = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=12,
            do_sample=False,
            eos_token_id=base.stop_ids,
            pad_token_id=0,
        )
    answer = written[0, prompt.shape[1] :].tolist()
    return logits, answer[: answer.index(0)] if 0 in answer else answer


def assert_same_in_peft(base: BaseModel, adapter: Adapter, folder: Path) -> None:
    ours, answer = in_memory(base, adapter)
    theirs, peft_answer = in_peft(base, folder)
    without, _ = in_memory(base, Adapter({}))
    assert (ours - without).abs().max() > 1e-2
    assert_close(ours, theirs)
    assert answer == peft_answer


@pytest.mark.parametrize("text", [DOCUMENTS[0], LONG_DOCUMENT], ids=["one chunk", "many chunks"])
def test_an_entrys_adapter_loads_in_plain_peft(base, memory: ParametricMemory, tmp_path: Path, text: str) -> None:
    entry = memory.add(text)
    assert (entry.chunks > 3) == (text == LONG_DOCUMENT)
    memory.adapters.export(entry.id, tmp_path / "adapter")
    assert_same_in_peft(base, whole_adapter(memory, entry.id), tmp_path / "adapter")


@pytest.mark.parametrize("max_rank", [None, 7])
def test_a_merge_of_several_documents_loads_in_plain_peft(
    base, memory: ParametricMemory, tmp_path: Path, max_rank: int | None
) -> None:
    entries = [memory.add(text) for text in DOCUMENTS]
    limited = reopen(memory, memory.storage.location.folder, max_rank=max_rank)
    recalls = limited.recall(QUESTION)
    assert sum(recall.attached for recall in recalls) == len(entries)
    merged = limited.recaller.attach(recalls)
    assert merged is not None
    assert (
        merged.rank <= max_rank
        if max_rank
        else merged.rank > max(whole_adapter(memory, entry.id).rank for entry in entries)
    )
    save_peft(merged, tmp_path / "merged")
    assert_same_in_peft(base, merged, tmp_path / "merged")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_rslora": True},
        {
            "rank_pattern": {"q_proj": 2, r"layers\.1\.mlp\.down_proj": 6},
            "alpha_pattern": {"down_proj": 3},
        },
    ],
    ids=["plain", "rslora", "ranks and alphas"],
)
def test_an_adapter_that_peft_made_is_remembered_as_it_is(
    base, memory: ParametricMemory, tmp_path: Path, options: dict[str, Any]
) -> None:
    torch.manual_seed(2)
    config = LoraConfig(r=4, lora_alpha=10, target_modules=["down_proj", "q_proj"], init_lora_weights=False, **options)
    get_peft_model(fresh_model(), config).save_pretrained(tmp_path / "made")
    entry = memory.adapters.add(tmp_path / "made", "How tides are computed.")
    adapter = whole_adapter(memory, entry.id)
    assert_same_in_peft(base, adapter, tmp_path / "made")
    memory.adapters.export(entry.id, tmp_path / "exported")
    assert_same_in_peft(base, adapter, tmp_path / "exported")
