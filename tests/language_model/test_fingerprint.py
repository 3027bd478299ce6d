from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from peft import LoraConfig, get_peft_model

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.language_model.fingerprint import architecture, signature, weights_fingerprint
from tests.tiny_models import tiny_decoder, tiny_llama, tiny_model, tiny_tokenizer


def test_other_weights_are_another_fingerprint_of_the_same_signature(base) -> None:
    other = BaseModel(tiny_model(base.tokenizer, seed=5), tiny_tokenizer(), "another")
    assert other.fingerprint != base.fingerprint
    assert other.signature == base.signature


def test_a_fingerprint_is_that_of_the_numbers_in_whatever_type_holds_them(base) -> None:
    narrow = deepcopy(base.model).bfloat16()
    assert weights_fingerprint(narrow) == weights_fingerprint(narrow.float()) == base.fingerprint


@pytest.mark.parametrize("options", [{}, {"use_dora": True}])
def test_a_model_that_peft_wraps_is_known_by_its_own_weights(base, options) -> None:
    config = LoraConfig(r=2, target_modules=["down_proj", "q_proj"], init_lora_weights=False, **options)
    wrapped = get_peft_model(deepcopy(base.model), config)
    assert weights_fingerprint(wrapped) == base.fingerprint
    assert architecture(wrapped) == architecture(base.model)


def test_other_sizes_and_other_architectures_are_told_apart() -> None:
    models = [tiny_llama(), tiny_llama(layers=2), tiny_decoder("qwen3", layers=3), tiny_llama(head_dim=16)]
    assert len(set(map(architecture, models))) == len(models)


def test_another_vocabulary_and_other_turns_are_another_signature(base) -> None:
    silent, larger = tiny_tokenizer(), tiny_tokenizer()
    silent.chat_template = None
    larger.add_tokens(["Bergen"])
    signatures = {signature(base.model, ChatFormat.of(tokenizer)) for tokenizer in (base.tokenizer, silent, larger)}
    assert len(signatures) == 3


def test_a_fingerprint_changes_with_one_tensor(base) -> None:
    changed = deepcopy(base.model)
    with torch.no_grad():
        changed.model.layers[1].mlp.up_proj.weight[0, 0] += 1
    assert weights_fingerprint(changed) != base.fingerprint
