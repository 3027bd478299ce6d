"""Task descriptions as vectors, as published Text-to-LoRA networks expect them.

A loaded model and tokenizer in, vectors out. Knows nothing about the use of the vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError
from parametric_memory.files import shown
from parametric_memory.hypernetworks.text_to_lora.config import Pooling

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 8192
_WORDS_SHOWN = 8  # of a description, in a message
_MINI_LM_TOKENS = 256  # the length that all-MiniLM was trained with


def embed_descriptions(
    descriptions: Sequence[str],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    embedding_model: str | None,
    pooling: Pooling | None = None,
    *,
    cut: bool = False,
) -> Tensor:
    """Embeds task descriptions: pooled last hidden states `[description, size]`, float32, of length sqrt(size).

    Args:
        model: the embedding model, or the base model for a network without one.
        embedding_model: its name, which decides the default pooling (`gte`: the first token, `MiniLM`: the mean, else
            the last token), the longest description, and the instruction of `SFR` models.
        cut: truncate descriptions that are too long.

    Raises DocumentError: a description is empty, or longer than the model reads.
    """
    import torch
    from torch.nn import functional as F

    from parametric_memory.language_model.answer_logits import right_padded
    from parametric_memory.language_model.hooks import no_adapters

    name = embedding_model or ""
    texts = [format_description(text, name) for text in descriptions]
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    most = _MINI_LM_TOKENS if "MiniLM" in name else min(MAX_TOKENS, window or MAX_TOKENS)
    encoded = tokenizer(texts, truncation=cut, max_length=most)["input_ids"]
    longest, text = max(zip(map(len, encoded), texts, strict=True))
    if longest > most:
        raise DocumentError(
            f"The description {quoted(text)} has {longest} tokens, and {name or 'the base model'} reads {most} at "
            "most: say in a few sentences what the task is."
        )
    ids, mask = right_padded(encoded, 0, model.device)  # not by the tokenizer, which may know no padding
    with torch.no_grad(), no_adapters():
        states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state  # [description, position, size]
    pooled = pooling or ("first" if "gte" in name else "mean" if "MiniLM" in name else "last")
    if pooled == "mean":
        vectors = (states * mask[..., None]).sum(1).float() / mask.sum(-1, keepdim=True)
    else:
        position = torch.zeros_like(mask[:, 0]) if pooled == "first" else mask.sum(-1) - 1
        vectors = states[torch.arange(len(states), device=states.device), position].float()
    return F.normalize(vectors) * math.sqrt(vectors.shape[-1])


def quoted(description: str) -> str:
    """A description in a message: its first words."""
    words = description.split()
    more = "…" if len(words) > _WORDS_SHOWN else ""
    return f'"{shown(" ".join(words[:_WORDS_SHOWN]))}{more}"'


def format_description(text: str, embedding_model: str = "") -> str:
    """The input of an embedding model: stripped, with a full stop after a letter; for `SFR` models with instruction.

    Raises DocumentError: the description is empty.
    """
    stripped = text.strip()
    if not stripped:
        raise DocumentError("A task description is empty: say in a sentence what the task is.")
    if "SFR" in embedding_model:
        return f"Instruct: Retrieve semantically similar text.\nQuery: {text}"
    return stripped + "." if stripped[-1].isalpha() else stripped
