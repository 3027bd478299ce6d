"""Task descriptions as vectors, as published Text-to-LoRA networks expect them.

Works on a model and a tokenizer that are already loaded. Knows nothing about where they came from, or what is
made of the vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 8192


def embed_descriptions(
    descriptions: Sequence[str],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    embedding_model: str | None,
) -> Tensor:
    """Embeds task descriptions: one position's last hidden state, normalised to length sqrt(size).

    Args:
        model: the embedding model, or the base model where the network has none of its own.
        embedding_model: `TextToLoraConfig.embedding_model`: its name decides how it is used. `gte` models are
            read at the first token, all others at the last; `SFR` models get their instruction.

    Returns:
        `[description, size]`, float32.

    Raises:
        DocumentError: a description is empty.
    """
    import torch
    from torch.nn import functional as F
    from torch.nn.utils.rnn import pad_sequence

    from parametric_memory.language_model.hooks import no_adapters

    name = embedding_model or ""
    texts = [format_description(text, name) for text in descriptions]
    encoded = [torch.tensor(ids) for ids in tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]]
    # Padded by hand, on the right: a tokenizer may know no padding, and the caller's stays as it is.
    ids = pad_sequence(encoded, batch_first=True).to(model.device)
    mask = pad_sequence([torch.ones_like(each) for each in encoded], batch_first=True).to(model.device)
    with torch.no_grad(), no_adapters():
        states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state  # [description, position, size]
    read_at = torch.zeros_like(mask[:, 0]) if "gte" in name else mask.sum(-1) - 1
    chosen = states[torch.arange(len(states), device=states.device), read_at].float()
    return F.normalize(chosen) * math.sqrt(chosen.shape[-1])


def format_description(text: str, embedding_model: str = "") -> str:
    """The text an embedding model reads: stripped, with a full stop after a letter; `SFR` models: instructed.

    Raises:
        DocumentError: the description is empty.
    """
    stripped = text.strip()
    if not stripped:
        raise DocumentError("A task description is empty: say in a sentence what the task is.")
    if "SFR" in embedding_model:
        return f"Instruct: Retrieve semantically similar text.\nQuery: {text}"
    return stripped + "." if stripped[-1].isalpha() else stripped
