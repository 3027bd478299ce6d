"""What a model says because of a document: context-aware decoding (arXiv 2305.14739).

The same model answers with the document in its prompt and without it, and what the document makes likelier counts for
more. A small model then says what the text says, where by itself it would go on with what it says anyway.
Knows nothing about where the prompts come from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Request

_WEIGHT = 1.0  # of what the document changes, on top of what the informed model says
_PLAUSIBLE = 0.1  # times the likeliest token's probability: what the informed model finds less likely is left out


def sharpened(informed: Tensor, plain: Tensor) -> Tensor:
    """Log-probabilities `[token, vocabulary]` of the contrast of two models', of the same shape."""
    plausible = informed >= informed.max(-1, keepdim=True).values + math.log(_PLAUSIBLE)
    contrast = informed + _WEIGHT * (informed - plain)
    return contrast.masked_fill(~plausible, -math.inf).log_softmax(-1)


def informed_answers(
    base: BaseModel, informed: Sequence[Sequence[int]], plain: Sequence[Sequence[int]], max_new_tokens: int
) -> list[list[int]]:
    """Greedy answers by the contrast of two prompts each, as token ids without the one that ends an answer.

    Args:
        informed: prompts with the document.
        plain: the same questions without it.
    """

    def contrast(_ids: Tensor, scores: Tensor) -> Tensor:
        """Both halves of the batch get the same scores, and so write the same answer."""
        log_probs = scores.float().log_softmax(-1)
        return sharpened(*log_probs.chunk(2)).repeat(2, 1)

    requests = [Request(prompt, max_new_tokens=max_new_tokens) for prompt in (*informed, *plain)]
    return [completion.token_ids for completion in base.generate(requests, contrast)[: len(informed)]]
