from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.training.doc_to_lora import l1_penalty, mean_over_contexts, token_distillation


def test_every_context_counts_the_same_and_in_it_every_question() -> None:
    # Three questions of two contexts (two and one), with answers of two, one and three tokens.
    losses, answer = torch.tensor([1.0, 3.0, 5.0, 0.0, 6.0, 9.0]), torch.tensor([0, 0, 1, 2, 2, 2])
    assert mean_over_contexts(losses, answer, [2, 1]).item() == pytest.approx(((2 + 5) / 2 + 5) / 2)


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


def test_the_penalty_is_the_mean_of_each_factor_and_target() -> None:
    factors = {
        "down_proj": BatchedFactors(torch.full((2, 2, 3), -1.0), torch.full((2, 2, 4), 2.0)),
        "q_proj": BatchedFactors(torch.full((2, 2, 3), 5.0), torch.zeros(2, 2, 4)),
    }
    assert l1_penalty(factors).item() == pytest.approx((1 + 2 + 5 + 0) / 2)
