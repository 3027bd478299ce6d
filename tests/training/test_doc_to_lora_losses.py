from __future__ import annotations

import pytest
import torch
from torch import Tensor

from parametric_memory.hypernetworks.doc_to_lora.combination import LayeredFactors
from parametric_memory.training.doc_to_lora_losses import IGNORED, cross_entropy_loss, distillation_loss, l1_penalty

# Three questions of two contexts (two and one), with answers of two, one and three tokens.
LABELS = torch.tensor([[-100, 4, 2, -100, -100], [-100, -100, 3, -100, -100], [-100, 1, 5, 0, -100]])
QUERIES = [2, 1]


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(0))


def token_losses(logits: Tensor) -> list[list[float]]:
    """One list a question; the logits before a label are about it."""
    log_q = logits.log_softmax(-1)
    return [
        [-log_q[row, at - 1, label].item() for at, label in enumerate(labels) if label != IGNORED]
        for row, labels in enumerate(LABELS.tolist())
    ]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_cross_entropy_is_the_mean_over_answer_tokens(logits) -> None:
    expected = mean([loss for losses in token_losses(logits) for loss in losses])
    assert cross_entropy_loss(logits, LABELS).item() == pytest.approx(expected, rel=1e-5)


def test_every_context_counts_the_same_and_in_it_every_question(logits) -> None:
    first, second, third = (mean(losses) for losses in token_losses(logits))
    expected = mean([mean([first, second]), third])
    assert cross_entropy_loss(logits, LABELS, QUERIES).item() == pytest.approx(expected, rel=1e-5)


def test_a_teacher_that_is_certain_makes_distillation_cross_entropy(logits) -> None:
    answers = LABELS[LABELS != IGNORED]
    top_ids = torch.stack([answers, (answers + 1) % 6], dim=1)
    certain = torch.tensor([0.0, float("-inf")]).expand(len(answers), 2)
    for queries in (None, QUERIES):
        loss = distillation_loss(logits, LABELS, certain, top_ids, queries)
        torch.testing.assert_close(loss, cross_entropy_loss(logits, LABELS, queries))


def test_the_student_is_normalised_over_the_whole_vocabulary(logits) -> None:
    count = int((LABELS != IGNORED).sum())
    top_ids, half = torch.tensor([[0, 1]]).expand(count, 2), torch.full((count, 2), 0.5).log()
    rows, positions = torch.nonzero(LABELS[:, 1:] != IGNORED, as_tuple=True)
    expected = -logits.log_softmax(-1)[rows, positions, :2].mean()
    torch.testing.assert_close(distillation_loss(logits, LABELS, half, top_ids), expected)


def test_the_penalty_is_the_mean_of_each_factor_and_target() -> None:
    factors = {
        "down_proj": LayeredFactors(torch.full((2, 1, 2, 3), -1.0), torch.full((2, 1, 2, 4), 2.0)),
        "q_proj": LayeredFactors(torch.full((2, 1, 2, 3), 5.0), torch.zeros(2, 1, 2, 4)),
    }
    assert l1_penalty(factors).item() == pytest.approx((1 + 2 + 5 + 0) / 2)
