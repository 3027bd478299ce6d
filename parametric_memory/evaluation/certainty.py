"""How sure a model is of an answer that is given to it. Knows nothing about where answers come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.language_model.base_model import BaseModel


def probability(
    base: BaseModel, question: Sequence[int], beginning: str, answer: str, adapter: Adapter | None = None
) -> float:
    """Of an answer as the next words, once the model has begun its sentence to a question in a given way.

    Args:
        question: ids of the prompt, up to where the answer begins.
        beginning: what has been said of the answer's sentence, without the blank behind it.
        adapter: the model's while it answers.
    """
    import torch

    from parametric_memory.language_model.answer_logits import answer_logits
    from parametric_memory.language_model.hooks import adapter_hooks

    begun = base.chat.encode(beginning)
    said = base.chat.encode(f"{beginning} {answer}")[len(begun) :]
    with base.busy, torch.inference_mode(), adapter_hooks(base.model, [adapter]):
        logits = answer_logits(base.model, [[*question, *begun]], [said], base.chat.end)
    chosen = torch.tensor(said, device=logits.device)[:, None]
    return float(logits.log_softmax(-1).gather(1, chosen).sum().exp())
