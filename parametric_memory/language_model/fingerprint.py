"""What tells one model from another: its weights by a sample, and what it is whatever its weights: its signature.

A copy in fewer bits, or one that was trained on, has another fingerprint and the same signature. Knows nothing about
what is made for a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    from parametric_memory.language_model.chat import ChatFormat

_SIZES = ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "vocab_size")
_ATTENTION = ("num_attention_heads", "num_key_value_heads", "head_dim")
_SAMPLE = 512  # numbers of a tensor
_PEFT_PREFIX = "base_model.model."


def weights_fingerprint(model: nn.Module) -> str:
    """Tells this model's weights from any other's: sizes and a sample of its tensors, as 16 hex digits.

    Of a PEFT model: those of the model that it wraps, whose fingerprint it has too.
    """
    import torch

    digest = hashlib.sha256(_described(model, _SIZES))
    for name, tensor in sorted(_own_tensors(model)):
        sample = tensor.detach().flatten()[:_SAMPLE].to("cpu", torch.bfloat16)
        digest.update(name.encode())
        digest.update(sample.view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:16]


def architecture(model: nn.Module) -> str:
    """The name of a model's architecture and its sizes."""
    return _described(model, (*_SIZES, *_ATTENTION)).decode()


def signature(model: nn.Module, chat: ChatFormat) -> str:
    """Tells what a model is, whatever its weights, as 16 hex digits: architecture, sizes, vocabulary, chat format."""
    digest = hashlib.sha256(architecture(model).encode())
    for token, number in sorted(chat.tokenizer.get_vocab().items()):
        digest.update(f"{number}={token};".encode("utf-8", "surrogatepass"))
    digest.update(repr((chat.before, chat.after, chat.end)).encode())
    return digest.hexdigest()[:16]


def _described(model: nn.Module, fields: tuple[str, ...]) -> bytes:
    config: Any = model.config
    text = config.get_text_config()
    return "".join(f"{name}={getattr(text, name, None)};" for name in fields).encode()


def _own_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """A model's tensors by name, without what PEFT put around them."""
    wrapped = tuple(f"{name}." for name, module in model.named_modules() if hasattr(module, "base_layer"))
    for name, tensor in model.state_dict().items():
        if name.startswith(wrapped):
            if ".base_layer." not in name:
                continue
            name = name.replace(".base_layer.", ".")
        yield name.removeprefix(_PEFT_PREFIX), tensor
