"""Task descriptions as vectors, as published Text-to-LoRA networks expect them.

Works on a model and a tokenizer that are already loaded. Knows nothing about where they came from, or what is
made of the vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.text_to_lora.config import Pooling

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 8192
_MINI_LM_TOKENS = 256  # what all-MiniLM was trained to read


def embed_descriptions(
    descriptions: Sequence[str],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    embedding_model: str | None,
    pooling: Pooling | None = None,
    *,
    cut: bool = False,
) -> Tensor:
    """Embeds task descriptions: one position's last hidden state, or their mean, normalised to length sqrt(size).

    Args:
        model: the embedding model, or the base model where the network has none of its own.
        embedding_model: `TextToLoraConfig.embedding_model`: its name decides how it is used, see `pooling_of`; `SFR`
            models get their instruction.
        pooling: which of the last hidden states counts; as the name tells when not given.
        cut: of a description that is too long only the beginning counts.

    Returns:
        `[description, size]`, float32.

    Raises:
        DocumentError: a description is empty, or longer than the model reads.
    """
    import torch
    from torch.nn import functional as F
    from torch.nn.utils.rnn import pad_sequence

    from parametric_memory.language_model.hooks import no_adapters

    name = embedding_model or ""
    texts = [format_description(text, name) for text in descriptions]
    most = most_tokens(model, name)
    read = tokenizer(texts, truncation=cut, max_length=most)["input_ids"]
    if too_long := [ids for ids in read if len(ids) > most]:
        raise DocumentError(
            f"The description has {len(too_long[0])} tokens, and {name or 'the base model'} reads {most} at most: say "
            "in a few sentences what the task is."
        )
    encoded = [torch.tensor(ids) for ids in read]
    # Padded by hand, on the right: a tokenizer may know no padding, and the caller's stays as it is.
    ids = pad_sequence(encoded, batch_first=True).to(model.device)
    mask = pad_sequence([torch.ones_like(each) for each in encoded], batch_first=True).to(model.device)
    with torch.no_grad(), no_adapters():
        states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state  # [description, position, size]
    pooled = pooling or pooling_of(name)
    if pooled == "mean":
        chosen = (states * mask[..., None]).sum(1).float() / mask.sum(-1, keepdim=True)
    else:
        read_at = torch.zeros_like(mask[:, 0]) if pooled == "first" else mask.sum(-1) - 1
        chosen = states[torch.arange(len(states), device=states.device), read_at].float()
    return F.normalize(chosen) * math.sqrt(chosen.shape[-1])


def pooling_of(embedding_model: str) -> Pooling:
    """How a model of this name is read: `gte` at the first token, `MiniLM` all over, all others at the last token."""
    return "first" if "gte" in embedding_model else "mean" if "MiniLM" in embedding_model else "last"


def most_tokens(model: PreTrainedModel, embedding_model: str) -> int:
    """How long a description may be."""
    if "MiniLM" in embedding_model:
        return _MINI_LM_TOKENS
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min(MAX_TOKENS, window or MAX_TOKENS)


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
