from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor
from torch.nn.functional import kl_div

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.focus import Focus
from parametric_memory.errors import CheckpointError, DocumentError
from parametric_memory.internalize.distillation import (
    DistillationInternalizer,
    Recipe,
    _Clock,
    _Lesson,
    _schedule,
    distil,
)
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.internalize.self_questions import passages, statements
from parametric_memory.language_model.answer_logits import answer_logits, sharpened
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import adapter_hooks
from tests.close import TRAINED, assert_close_adapters, close, close_adapters
from tests.tiny_models import VOCABULARY

TEXT = "Lina Okafor lives in Bergen. She works for the Harbour Museum."
QUICK = Recipe(epochs=2, rank=4)


@torch.no_grad()
def distance(base: BaseModel, adapter: Adapter | None) -> float:
    """How far from what the passage makes likely in the prompt the answers without it are: KL divergence a token."""
    asked = [question for passage in passages(TEXT) for question in statements(passage)]
    answers = [base.chat.encode(question.answer) for question in asked]

    def log_probs(prompts: list[str]) -> Tensor:
        ids = [base.chat.question(prompt) for prompt in prompts]
        return answer_logits(base.model, ids, answers, base.chat.end).log_softmax(-1)

    plain = [question.text for question in asked]
    informed = log_probs([f"{question.passage.text}\n\n{question.text}" for question in asked])
    teacher = sharpened(informed, log_probs(plain)).exp()
    with adapter_hooks(base.model, [adapter]):
        student = log_probs(plain)
    return kl_div(student, teacher, reduction="none").sum(-1).mean().item()


def test_the_model_comes_to_answer_without_the_document_as_with_it(base) -> None:
    result = DistillationInternalizer(base, seconds=None, recipe=Recipe(epochs=60, batch=8)).internalize(TEXT)
    assert distance(base, result.adapter) < 0.7 * distance(base, None)
    assert (result.chunks, result.tokens) == (1, len(base.chat.encode(TEXT)))
    assert result.adapter.rank == 8
    assert list(result.adapter.factors) == [f"model.layers.{layer}.mlp.down_proj" for layer in (1, 2, 3)]


@pytest.mark.parametrize("count", [1, 4, 16])
def test_a_short_document_is_learned_as_often_as_its_recipe_says(count: int) -> None:
    lessons = [_Lesson([number], [], torch.empty(0, 1), torch.empty(0, 1)) for number in range(count)]
    batches = [batch for _, _, batch in _schedule(lessons, Recipe(epochs=7, batch=16), _Clock(None))]
    assert len(batches) == 7
    assert all(sorted(lesson.prompt[0] for lesson in batch) == list(range(count)) for batch in batches)


def test_an_adapter_has_no_more_rows_than_are_allowed(base) -> None:
    assert DistillationInternalizer(base, None, QUICK, max_rank=2).internalize(TEXT).adapter.rank == 2


def test_new_rows_start_without_effect(base) -> None:
    adapter = distil(base, TEXT, seconds=None, recipe=Recipe(epochs=1, learning_rate=0.0))
    assert all(not factors.B.any() and factors.A.any() for factors in adapter.factors.values())


def test_the_same_document_and_seed_give_the_same_adapter(base) -> None:
    first, second, other = (
        distil(base, TEXT, seconds=None, recipe=Recipe(epochs=2, rank=4, seed=seed)) for seed in (0, 0, 1)
    )
    assert_close_adapters(first, second, TRAINED)
    assert not close_adapters(first, other, 10 * TRAINED)


def test_the_time_limit_is_kept_and_what_is_done_is_told(base) -> None:
    told: list[str] = []
    started = time.monotonic()
    distil(base, TEXT, seconds=1.0, recipe=Recipe(epochs=None), report=told.append)
    assert 1.0 <= time.monotonic() - started < 4.0
    assert "questions in" in told[0]


def test_no_gradients_are_left_in_a_base_model_that_is_trained_elsewhere(base) -> None:
    base.model.requires_grad_(True)
    try:
        distil(base, TEXT, seconds=None, recipe=QUICK)
        assert all(parameter.grad is None for parameter in base.model.parameters())
    finally:
        base.model.requires_grad_(False)


def test_an_adapter_that_is_there_gets_better_and_keeps_its_shared_rows(base, hypernetwork) -> None:
    start = HypernetworkInternalizer(base, hypernetwork, "test", rank=16).internalize(TEXT).adapter.to(torch.bfloat16)
    refined = distil(base, TEXT, start, seconds=None, recipe=Recipe(epochs=60, batch=8))
    assert distance(base, refined) < 0.8 * distance(base, start)
    assert refined.factors.keys() == start.factors.keys()
    for name, factors in start.factors.items():
        after = refined.factors[name]
        assert (after.rank, after.shared, after.scaling) == (factors.rank, factors.shared, factors.scaling)
        assert after.A.dtype == after.B.dtype == torch.bfloat16
        assert torch.equal(after.A[factors.own :], factors.A[factors.own :])
        assert not factors.own or not close(after.A[: factors.own], factors.A[: factors.own])


def test_a_question_changes_only_the_rows_that_it_attaches(base, hypernetwork) -> None:
    made = HypernetworkInternalizer(base, hypernetwork, "test", rank=16).internalize(TEXT)
    assert len(made.passages) == 2
    focus = Focus(made.passage_rows, lambda question: {1: 1.0})
    refined = distil(base, TEXT, made.adapter, seconds=None, recipe=QUICK, focus=focus)
    for name, rows in made.passage_rows.items():
        before, after = made.adapter.factors[name], refined.factors[name]
        assert torch.equal(before.A[: rows[0]], after.A[: rows[0]])
        assert not close(before.A[rows[0] : before.own], after.A[rows[0] : after.own])


def test_questions_are_learned_in_the_form_in_which_they_will_be_asked(base) -> None:
    asked: list[str] = []

    def ask(text: str) -> list[int]:
        asked.append(text)
        return base.chat.question(f"Remember: {text}")

    adapter = distil(base, TEXT, seconds=None, recipe=QUICK, ask=ask)
    assert "What do you know about Lina Okafor?" in asked
    assert not close_adapters(adapter, distil(base, TEXT, seconds=None, recipe=QUICK), TRAINED)


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_document_is_refused(base, text: str) -> None:
    with pytest.raises(DocumentError, match="empty"):
        DistillationInternalizer(base).internalize(text)


def test_a_model_without_a_gated_mlp_is_refused_before_anything_is_asked(base) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        "gpt_neox",
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        vocab_size=VOCABULARY,
    )
    other = BaseModel(AutoModelForCausalLM.from_config(config), base.tokenizer, "neox")
    with pytest.raises(CheckpointError, match=r"neox has no mlp\.down_proj"):
        DistillationInternalizer(other).internalize(TEXT)


def test_adapters_of_one_base_model_fit_together(base) -> None:
    first, second = DistillationInternalizer(base), DistillationInternalizer(base, recipe=QUICK)
    assert first.fingerprint == second.fingerprint
    assert base.fingerprint in first.fingerprint
