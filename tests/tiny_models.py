"""Llamas and tokenizers small enough for a test, with random weights: everything runs as with real ones, offline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

    from parametric_memory.adapters.factors import Adapter

VOCABULARY = 320
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
CORPUS = (
    "Lina Okafor moved to Bergen in 2021 and works for the Harbour Museum as a marine biologist.",
    "Where does she live, and what is the name of her brother, who plays the cello in Valparaiso?",
    "The budget of the Heron project was sent in a report, written by the one who leads it.",
)
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a default.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE over a few sentences, with ChatML turns and, as many models have, a default system message."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        extra_special_tokens=["<|endoftext|>", "<|im_start|>"],
        chat_template=CHAT_TEMPLATE,
    )


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, so that a character may be several tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: i for i, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def number_tokenizer(vocabulary: int, end: int) -> PreTrainedTokenizerFast:
    """One word a token: any ids are the ids of a text, that of `text_of`. No chat template.

    end: the token that ends an answer.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {_word(i): i for i in range(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token=_word(end)))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=_word(end))


def text_of(ids: Iterable[int]) -> str:
    """The text whose tokens these are, for a `number_tokenizer`."""
    return " ".join(map(_word, ids))


def _word(token: int) -> str:
    """No word is part of another: a special token is found anywhere in a text."""
    return f"t{token:05}"


def tiny_llama(
    hidden_size: int = 16, layers: int = 3, seed: int = 0, vocabulary: int = 64, **options: Any
) -> LlamaForCausalLM:
    """A frozen Llama. options: of its config."""
    from transformers import LlamaConfig, LlamaForCausalLM

    heads = hidden_size // 8
    usual = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
    config = LlamaConfig(
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads // 2,
        vocab_size=vocabulary,
        initializer_range=0.2,
        **(usual | options),
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return LlamaForCausalLM(config).eval().requires_grad_(False)


ARCHITECTURES = ("llama", "gemma2", "gemma3_text", "qwen3", "mistral")


def tiny_decoder(architecture: str, layers: int = 4, hidden_size: int = 16, vocabulary: int = 64) -> PreTrainedModel:
    """A frozen decoder of an architecture that published hypernetworks are for; sliding windows see 4 tokens."""
    from transformers import AutoConfig, AutoModelForCausalLM

    windows = {"sliding_window": 4} if architecture in ("gemma2", "gemma3_text", "mistral") else {}
    config = AutoConfig.for_model(
        architecture,
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        vocab_size=vocabulary,
        initializer_range=0.2,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
        **windows,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    return model.eval().requires_grad_(False)


def tiny_model(tokenizer: PreTrainedTokenizerFast, layers: int = 4, seed: int = 0) -> LlamaForCausalLM:
    """A Llama for a `tiny_tokenizer` that never ends an answer by itself: special tokens are never the likeliest."""
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    model = tiny_llama(32, layers, seed, VOCABULARY, eos_token_id=end)
    model.lm_head.weight[tokenizer.all_special_ids] = 0.0
    return model


def random_lora(model: nn.Module, seed: int = 0) -> Adapter:
    """A LoRA of rank 2 on queries and values, with a strong effect."""
    from parametric_memory.adapters.factors import Adapter, Factors

    made = torch.Generator().manual_seed(seed)
    return Adapter(
        {
            name: Factors(
                torch.randn(2, module.in_features, generator=made),
                torch.randn(2, module.out_features, generator=made),
                scaling=0.5,
            )
            for name, module in model.named_modules()
            if name.endswith(("q_proj", "v_proj"))
        }
    )


def copy_of_tensors(model: nn.Module) -> dict[str, Tensor]:
    """All parameters and buffers as they are now."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_untouched(model: nn.Module, before: dict[str, Tensor]) -> None:
    """The model's tensors are bit for bit what they were, and no hook is left on any module."""
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
