from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
import transformers

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import assert_close, close

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SIZES = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}
PROMPTS, ANSWERS = [[3, 1, 4], [1, 5, 9, 2, 6]], [[5, 3, 5], [8, 9]]


def model(architecture: str, **options: float) -> PreTrainedModel:
    torch.manual_seed(0)
    config = getattr(transformers, f"{architecture}Config")(**SIZES, **options)
    return getattr(transformers, f"{architecture}ForCausalLM")(config).eval()


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("Llama", {}),
        ("Granite", {"logits_scaling": 7.0}),
        ("Cohere", {"logit_scale": 0.2}),
        ("Gemma2", {"final_logit_softcapping": 0.5, "head_dim": 8}),
    ],
)
@torch.no_grad()
def test_logits_are_those_of_the_model_whatever_it_does_behind_its_head(architecture: str, options: dict) -> None:
    tested = model(architecture, **options)
    expected = [
        tested(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)
    ]
    assert_close(answer_logits(tested, PROMPTS, ANSWERS, 0), torch.cat(expected))


@torch.no_grad()
def test_an_adapter_of_the_head_counts() -> None:
    tested = model("Llama")
    adapter = Adapter({"lm_head": Factors(torch.randn(2, 16), torch.randn(2, 64))})
    plain = answer_logits(tested, PROMPTS, ANSWERS, 0)
    with adapter_hooks(tested, [adapter]):
        assert not close(answer_logits(tested, PROMPTS, ANSWERS, 0), plain, within=1e-3)
