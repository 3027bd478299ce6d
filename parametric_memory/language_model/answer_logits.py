"""Logits at every token of given answers to given prompts, and padding.

Knows nothing about where prompts, answers and adapters come from.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel


def answer_logits(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], pad_id: int
) -> Tensor:
    """Float32 logits that predict the answers' tokens, `[answer token, vocabulary]`, one answer after the other."""
    sequences = [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)]
    ids, mask = right_padded(sequences, pad_id, model.device)
    hidden = model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    predicting = [
        row[len(prompt) - 1 : len(prompt) + len(answer) - 1]
        for row, prompt, answer in zip(hidden, prompts, answers, strict=True)
    ]
    return head_logits(model, torch.cat(predicting))


def right_padded(
    sequences: Sequence[Sequence[int]], pad_id: int = 0, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Ids and attention mask `[sequence, token]`, padded on the right."""
    longest = max(map(len, sequences))
    ids = torch.tensor([[*s, *[pad_id] * (longest - len(s))] for s in sequences], device=device)
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences], device=device)
    return ids, mask


def head_logits(model: PreTrainedModel, hidden: Tensor) -> Tensor:
    """Float32 logits `[token, vocabulary]` of last hidden states `[token, hidden]`.

    They are scaled or capped as some architectures do: Granite divides, Cohere and Falcon-H1 multiply, Gemma 2 caps.
    """
    config = model.config.get_text_config()
    logits = model.get_output_embeddings()(hidden[None])[0].float()  # as a batch, which an adapter of the head expects
    for name in ("logit_scale", "lm_head_multiplier"):
        logits = logits * (getattr(config, name, None) or 1.0)
    logits = logits / (getattr(config, "logits_scaling", None) or 1.0)
    cap = getattr(config, "final_logit_softcapping", None)
    return torch.tanh(logits / cap) * cap if cap else logits
