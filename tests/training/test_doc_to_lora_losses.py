from __future__ import annotations

import torch
from torch.nn import functional as F

from parametric_memory.training.doc_to_lora import token_distillation


def test_a_teacher_that_is_certain_makes_distillation_cross_entropy() -> None:
    logits, answers = torch.randn(6, 9), torch.arange(6)
    top_ids = torch.stack([answers, (answers + 1) % 6], dim=1)
    certain = torch.tensor([0.0, float("-inf")]).expand(6, 2)
    losses = token_distillation(logits, certain, top_ids)
    torch.testing.assert_close(losses, F.cross_entropy(logits, answers, reduction="none"))


def test_the_student_is_normalised_over_the_whole_vocabulary() -> None:
    logits = torch.randn(6, 9)
    top_ids, half = torch.tensor([[0, 1]]).expand(6, 2), torch.full((6, 2), 0.5).log()
    expected = -logits.log_softmax(-1)[:, :2].mean(-1)
    torch.testing.assert_close(token_distillation(logits, half, top_ids), expected)
