from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.hypernetworks.hypernetwork import BatchedFactors
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.training.data.examples import Distribution, EncodedQuestion, Question, encode_question
from parametric_memory.training.objective import answer_loss, measured
from tests.close import assert_close, close

MODULES = ("model.layers.1.mlp.down_proj", "model.layers.3.mlp.down_proj")
SCALING = 0.5
QUESTIONS = (
    Question("Where does Lina live?", "Lina lives in", "Bergen"),
    Question("Who leads the Heron project, and since when?", "It is led by", "Tomas Brandt"),
    Question("When?", "", "2021"),
)


def factors() -> dict[str, BatchedFactors]:
    """One item for each question."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: BatchedFactors(
            torch.randn(3, 3, 64, generator=generator), torch.randn(3, 3, 32, generator=generator).requires_grad_()
        )
        for name in MODULES
    }


def encoded(base) -> list[EncodedQuestion]:
    return [encode_question(base.chat, question) for question in QUESTIONS]


@torch.no_grad()
def token_losses(base, question: EncodedQuestion, adapter: Adapter) -> torch.Tensor:
    """One question alone, in the usual way."""
    with adapter_hooks(base.model, [adapter]):
        logits = base.model(torch.tensor([question.prompt + question.answer])).logits[0]
    first = len(question.prompt) - 1
    return F.cross_entropy(logits[first:-1], torch.tensor(question.answer), reduction="none")


@pytest.mark.parametrize("buckets", [1, 2, 3])
def test_every_answer_is_scored_under_its_own_factors(base, buckets: int) -> None:
    made, questions = factors(), encoded(base)
    result = answer_loss(base.model, made, questions, SCALING, base.chat.end, buckets)
    adapters = [
        Adapter({name: Factors(f.A[i], f.B[i].detach(), SCALING) for name, f in made.items()}) for i in range(3)
    ]
    losses = [token_losses(base, q, adapter) for q, adapter in zip(questions, adapters, strict=True)]
    weighted = [(each * torch.tensor(q.weights)).sum() for each, q in zip(losses, questions, strict=True)]
    values = [each[torch.tensor(q.is_value)] for each, q in zip(losses, questions, strict=True)]
    assert_close(result.loss.detach(), torch.stack(weighted).mean())
    assert measured(result.answered)["value_loss"] == pytest.approx(torch.cat(values).mean().item(), rel=1e-4)


def test_an_ordinary_answer_costs_what_factors_change_of_it(base) -> None:
    own, unchanged = encoded(base), {name: BatchedFactors(f.A, torch.zeros_like(f.B)) for name, f in factors().items()}
    ordinary = [own[0], replace(own[1], ordinary=True), own[2]]

    def loss(questions: list[EncodedQuestion], made: dict[str, BatchedFactors], weighted: int) -> torch.Tensor:
        counted = [q if i == weighted else replace(q, weights=[0.0] * len(q.weights)) for i, q in enumerate(questions)]
        return answer_loss(base.model, made, counted, SCALING, base.chat.end).loss.detach()

    question, made = own[1], factors()
    adapter = Adapter({name: Factors(f.A[1], f.B[1].detach(), SCALING) for name, f in made.items()})
    ids, first = torch.tensor([question.prompt + question.answer]), len(question.prompt) - 1
    with torch.no_grad():
        unaided = base.model(ids).logits[0, first:-1].softmax(-1)
        with adapter_hooks(base.model, [adapter]):
            given = base.model(ids).logits[0, first:-1].log_softmax(-1)
    divergence = (unaided * (unaided.log() - given)).sum(-1)
    expected = (divergence * torch.tensor(question.weights)).sum() / 3
    torch.testing.assert_close(loss(ordinary, made, weighted=1), expected, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(loss(ordinary, unchanged, weighted=1), torch.tensor(0.0), rtol=0, atol=1e-6)
    for other in (0, 2):
        torch.testing.assert_close(loss(ordinary, made, weighted=other), loss(own, made, weighted=other))


@torch.no_grad()
def test_a_teacher_costs_what_the_student_finds_otherwise_likely(base) -> None:
    own = encoded(base)
    made = {name: BatchedFactors(f.A, torch.zeros_like(f.B)) for name, f in factors().items()}
    question = own[1]
    ids, first = torch.tensor([question.prompt + question.answer]), len(question.prompt) - 1
    student = base.model(ids).logits[0, first:-1].log_softmax(-1)
    teacher = (student + torch.randn(student.shape, generator=torch.Generator().manual_seed(1))).log_softmax(-1)
    top = teacher.topk(4, dim=-1)
    weights = tuple(0.1 * (i + 1) for i in range(len(question.answer)))
    taught = replace(question, taught=Distribution(top.indices.int(), top.values), taught_weights=weights)

    def with_rest(logs: torch.Tensor) -> torch.Tensor:
        found = logs.gather(1, top.indices).exp()
        return torch.cat([found, 1 - found.sum(-1, keepdim=True)], dim=1)

    p, q = with_rest(teacher), with_rest(student)
    divergence = (p * (p / q).log()).sum(-1)
    result = answer_loss(base.model, made, [own[0], taught, own[2]], SCALING, base.chat.end)
    plain = answer_loss(base.model, made, own, SCALING, base.chat.end)
    added = (divergence * torch.tensor(weights)).sum() / 3
    torch.testing.assert_close(result.loss - plain.loss, added, rtol=1e-3, atol=1e-5)
    assert [a.divergence for a in result.answered] == [None, pytest.approx(divergence.mean().item(), rel=1e-3), None]
    assert measured(result.answered)["divergence"] == result.answered[1].divergence

    same = student.topk(4, dim=-1)
    itself = replace(taught, taught=Distribution(same.indices.int(), same.values))
    result = answer_loss(base.model, made, [own[0], itself, own[2]], SCALING, base.chat.end)
    assert_close(result.loss, plain.loss)


def test_gradients_reach_the_factors_and_nothing_of_the_base_model(base) -> None:
    made = factors()
    answer_loss(base.model, made, encoded(base), SCALING, base.chat.end).loss.backward()
    assert all(f.B.grad is not None and f.B.grad.any() for f in made.values())
    assert all(parameter.grad is None for parameter in base.model.parameters())


def test_answers_count_as_right_when_every_token_is_the_most_probable(base) -> None:
    prompt = base.chat.question("Where does Lina live?")
    with torch.no_grad():
        written = base.model.generate(torch.tensor([prompt]), max_new_tokens=5, do_sample=False, pad_token_id=0)
    answer = written[0, len(prompt) :].tolist()
    right = EncodedQuestion(prompt, answer, [1.0] * 5, [False, False, True, True, False])
    wrong_end = replace(right, answer=[*answer[:4], (answer[4] + 1) % 300])
    wrong_value = replace(right, answer=[*answer[:3], (answer[3] + 1) % 300, answer[4]])

    def shares(*questions: EncodedQuestion) -> tuple[float, float]:
        found = measured(answer_loss(base.model, {}, questions, SCALING, base.chat.end).answered)
        return found["value_accuracy"], found["answer_accuracy"]

    assert shares(right) == (1.0, 1.0)
    assert shares(wrong_end) == (1.0, 0.0)
    assert shares(wrong_value) == (0.0, 0.0)
    assert shares(right, wrong_value) == (0.5, 0.5)


def test_the_soft_cap_of_an_architecture_is_part_of_the_loss(base, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = answer_loss(base.model, {}, encoded(base), SCALING, base.chat.end).loss
    monkeypatch.setattr(base.model.config, "final_logit_softcapping", 1.0, raising=False)
    capped = answer_loss(base.model, {}, encoded(base), SCALING, base.chat.end).loss
    assert not close(plain, capped, within=1e-3)
