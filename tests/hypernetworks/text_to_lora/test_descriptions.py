from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerFast

from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.text_to_lora.skill_maker import embed_descriptions, format_description
from tests.close import assert_close
from tests.tiny_models import tiny_llama

SHORT, LONG = "sort words", "sort all words by their length"


def tokenizer(padding_side: str = "right") -> PreTrainedTokenizerFast:
    words = {word: i for i, word in enumerate(["<pad>", "<unk>", ".", *LONG.split()])}
    core = Tokenizer(WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", unk_token="<unk>", padding_side=padding_side
    )


@pytest.fixture(scope="module")
def language_model() -> PreTrainedModel:
    return tiny_llama(hidden_size=32, layers=2, vocabulary=16)


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_the_base_model_is_read_at_the_last_token(language_model: PreTrainedModel, padding_side: str) -> None:
    embedded = embed_descriptions([SHORT, LONG], language_model, tokenizer(padding_side), None)
    for row, text in zip(embedded, (SHORT, LONG), strict=True):
        ids = tokenizer()(text + " .", return_tensors="pt").input_ids
        state = language_model(ids, output_hidden_states=True).hidden_states[-1][0, -1]
        assert_close(row, state / state.norm() * 32**0.5)


def test_gte_is_read_at_the_first_token() -> None:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=16, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2)
    model = BertModel(config).eval()
    embedded = embed_descriptions([SHORT, LONG], model, tokenizer(), "Alibaba-NLP/gte-large-en-v1.5")
    ids = tokenizer()(SHORT + " .", return_tensors="pt").input_ids
    state = model(ids).last_hidden_state[0, 0]
    assert_close(embedded[0], state / state.norm() * 32**0.5)
    assert embedded.dtype == torch.float32


@pytest.mark.parametrize(
    ("text", "formatted"),
    [("  Sort words \n", "Sort words."), ("Sort words?", "Sort words?"), ("Add 1 and 2", "Add 1 and 2")],
)
def test_a_description_ends_in_a_full_stop_after_a_letter(text: str, formatted: str) -> None:
    assert format_description(text) == formatted


def test_an_empty_description_is_refused() -> None:
    with pytest.raises(DocumentError, match="empty"):
        format_description(" \n")


def test_mini_lm_is_read_all_over_and_any_model_as_it_is_said_to_be(language_model: PreTrainedModel) -> None:
    named = embed_descriptions([SHORT, LONG], language_model, tokenizer(), "all-MiniLM-L6-v2")
    said = embed_descriptions([SHORT, LONG], language_model, tokenizer(), None, "mean")
    assert_close(named, said)
    for row, text in zip(named, (SHORT, LONG), strict=True):
        ids = tokenizer()(text + " .", return_tensors="pt").input_ids
        state = language_model(ids, output_hidden_states=True).hidden_states[-1][0].mean(0)
        assert_close(row, state / state.norm() * 32**0.5)


def test_a_description_that_is_too_long_is_refused_or_cut(language_model: PreTrainedModel) -> None:
    long = " ".join(["sort"] * 300)
    with pytest.raises(DocumentError, match="301 tokens, and all-MiniLM-L6-v2 reads 256 at most"):
        embed_descriptions([SHORT, long], language_model, tokenizer(), "all-MiniLM-L6-v2")
    cut = embed_descriptions([long], language_model, tokenizer(), "all-MiniLM-L6-v2", cut=True)
    assert torch.isfinite(cut).all()
