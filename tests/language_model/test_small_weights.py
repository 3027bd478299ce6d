from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import LlamaForCausalLM

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.language_model import precision, small_weights
from parametric_memory.language_model.answer_logits import answer_logits
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.decoding import empty_cache
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.language_model.requests import Request
from parametric_memory.language_model.shared_passes import SharedPasses
from parametric_memory.language_model.small_weights import (
    SmallHead,
    SmallLinear,
    has_kernels,
    writing,
)
from tests.language_model.streams import answered, streamed
from tests.tiny_models import VOCABULARY, random_lora, tiny_model

pytestmark = pytest.mark.skipif(not hasattr(torch, "_weight_int4pack_mm_for_cpu"), reason="PyTorch has no kernel")

QUESTIONS = ("Where does Lina Okafor live?", "Who?", "What is the budget of the Heron project?")


def in_4_bits(weight: Tensor) -> Tensor:
    """The weight as a Q4_1 copy of it has it, widened to bfloat16."""
    groups = weight.float().view(len(weight), -1, 32)
    low = groups.amin(-1, keepdim=True)
    scale = (groups.amax(-1, keepdim=True) - low) / 15
    return (((groups - low) / scale).round() * scale + low).view_as(weight).bfloat16()


def linear(seed: int = 0, d_in: int = 64, d_out: int = 48) -> nn.Linear:
    torch.manual_seed(seed)
    module = nn.Linear(d_in, d_out, bias=False).requires_grad_(False)
    module.weight = nn.Parameter(in_4_bits(module.weight), requires_grad=False)
    return module


@pytest.fixture
def folder(base: BaseModel, tmp_path: Path) -> Path:
    """A tiny model in 4 bits, widened."""
    model = tiny_model(base.tokenizer)
    for module in model.model.modules():
        if isinstance(module, nn.Linear):
            module.weight = nn.Parameter(in_4_bits(module.weight), requires_grad=False)
    model.to(torch.bfloat16).save_pretrained(tmp_path)
    base.tokenizer.save_pretrained(tmp_path)
    return tmp_path


Load = Callable[..., BaseModel]


@pytest.fixture
def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def loaded(small: bool, slow: bool = True) -> BaseModel:
        monkeypatch.setattr(small_weights, "has_kernels", lambda _device: small)
        monkeypatch.setattr(precision, "bfloat16_is_slow", lambda _device: slow)
        return BaseModel.load(folder, device="cpu")

    return loaded


@pytest.mark.parametrize("shape", [(64,), (1, 64), (1, 5, 64), (4, 8, 64)])
def test_few_rows_are_multiplied_by_the_weights_of_the_file_but_for_rounding(shape: tuple[int, ...]) -> None:
    wide = linear()
    small, x = SmallLinear(wide), torch.randn(shape)
    with writing():
        y = small(x)
    exact = F.linear(x, wide.weight.float())
    assert y.dtype == torch.float32
    assert not torch.equal(y, exact)
    assert (y - exact).norm() < 0.01 * exact.norm()


def test_a_bias_is_added() -> None:
    module = linear()
    module.bias = nn.Parameter(torch.full([48], 100.0), requires_grad=False)
    with writing():
        assert SmallLinear(module)(torch.zeros(1, 64)).eq(100.0).all()


def test_all_else_is_multiplied_by_the_wide_weights() -> None:
    wide = linear()
    small, few, many = SmallLinear(wide), torch.randn(1, 64), torch.randn(33, 64)
    assert torch.equal(small(few), F.linear(few, wide.weight.float()))
    with writing():
        assert torch.equal(small(many), F.linear(many, wide.weight.float()))
        learning = few.clone().requires_grad_()
        small(learning).sum().backward()
    assert torch.allclose(learning.grad, wide.weight.float().sum(0)[None], atol=1e-5)


@pytest.mark.parametrize("change", ["in place", "another dtype", "a copy"])
def test_weights_that_are_changed_are_used_as_they_are(change: str) -> None:
    small, x = SmallLinear(linear()), torch.randn(1, 64)
    if change == "in place":
        small.weight += 1
    elif change == "another dtype":
        small.float()
    else:
        small = copy.deepcopy(small)
    with writing():
        assert torch.equal(small(x), F.linear(x, small.weight.float()))


def test_weights_that_were_not_made_of_4_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="4 bits"):
        SmallLinear(nn.Linear(64, 48, bias=False))
    with pytest.raises(ValueError, match="no groups"):
        SmallLinear(nn.Linear(40, 48, bias=False))


def test_a_head_scores_the_likeliest_tokens_exactly_and_all_others_nearly() -> None:
    torch.manual_seed(0)
    wide = nn.Linear(64, 1024, bias=False).requires_grad_(False)
    x = torch.randn(2, 64)
    exact = F.linear(x, wide.weight)
    with writing():
        scores = SmallHead(wide)(x)
    assert (scores - exact).norm() < 0.01 * exact.norm()
    assert torch.equal(scores.argsort(descending=True)[:, :16], exact.argsort(descending=True)[:, :16])
    assert torch.allclose(scores.topk(16).values, exact.topk(16).values, atol=1e-5)


@pytest.mark.parametrize(
    ("device", "capability", "has"),
    [("cpu", "AVX512", True), ("cpu", "AVX2", True), ("cpu", "DEFAULT", False), ("cuda", "AVX512", False)],
)
def test_only_x86_processors_have_kernels(
    device: str, capability: str, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert has_kernels(device) is has


def test_a_pytorch_without_the_kernel_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "_weight_int4pack_mm_for_cpu")
    assert not has_kernels("cpu")


def test_a_model_in_4_bits_gets_small_weights_where_there_are_kernels(load: Load) -> None:
    small, wide = load(True).model, load(False).model
    ids = torch.tensor([[1, 2]])
    assert small(ids).logits.dtype == wide(ids).logits.dtype == torch.float32
    assert not any(isinstance(module, SmallLinear) for module in wide.modules())
    assert all(isinstance(module, SmallLinear) for module in small.modules() if isinstance(module, nn.Linear))
    assert small.lm_head.weight.dtype == small.model.embed_tokens.weight.dtype == torch.bfloat16


def test_a_model_of_other_weights_or_another_kind_gets_none(base: BaseModel, load: Load, folder: Path) -> None:
    tiny_model(base.tokenizer).to(torch.bfloat16).save_pretrained(folder)
    assert not any(isinstance(module, SmallLinear) for module in load(True).model.modules())
    assert load(True, slow=False).model.dtype == torch.bfloat16


@pytest.mark.parametrize("slow", [True, False])
def test_what_a_model_is_and_what_it_reads_are_the_same_with_small_weights(load: Load, slow: bool) -> None:
    small, wide = load(True, slow), load(False, slow)
    assert (small.fingerprint, small.signature) == (wide.fingerprint, wide.signature)
    assert small.model.state_dict().keys() == wide.model.state_dict().keys()
    ids = torch.tensor([small.chat.question(QUESTIONS[0])])
    with torch.inference_mode():
        assert torch.equal(small.model(ids).logits, wide.model(ids).logits)


def shared_and_own(base: BaseModel) -> Adapter:
    """Rows that all documents share, on most modules, and a document's own."""
    shared = {n: Factors(f.A, 0.2 * f.B, shared=f.rank) for n, f in random_lora(base.model).factors.items()}
    made = torch.Generator().manual_seed(1)
    own = Factors(torch.randn(3, 64, generator=made), torch.randn(3, 32, generator=made))
    return Adapter(shared | {"model.layers.2.mlp.down_proj": own})


@pytest.mark.parametrize("with_adapter", [False, True])
def test_greedy_answers_from_small_weights_are_the_wide_ones_but_for_rounding(load: Load, with_adapter: bool) -> None:
    small, wide = load(True), load(False)
    adapter = shared_and_own(wide) if with_adapter else None
    requests = [Request(wide.chat.question(q), adapter, 8) for q in QUESTIONS]
    answers = [completion.token_ids for completion in small.generate(requests)]
    with adapter_hooks(wide.model, [adapter]), torch.inference_mode():
        logits = answer_logits(wide.model, [r.prompt for r in requests], answers, wide.chat.end)
    chosen = logits.gather(1, torch.tensor(list(chain(*answers)))[:, None])[:, 0]
    assert (logits.amax(-1) - chosen).max() < 0.05 * logits.std()


@pytest.mark.parametrize("with_adapter", [False, True])
def test_the_lean_forward_pass_answers_as_transformers_does(load: Load, with_adapter: bool) -> None:
    base = load(True)
    adapter = shared_and_own(base) if with_adapter else None
    requests = [Request(base.chat.question(q), adapter, 8) for q in QUESTIONS]
    lean = [base.generate(requests), [base.generate([request])[0] for request in requests]]
    told = streamed(base, requests[0])
    del base.model.model.forward
    usual = [base.generate(requests), [base.generate([request])[0] for request in requests]]
    for some, others in zip(lean, usual, strict=True):
        assert [completion.token_ids for completion in some] == [completion.token_ids for completion in others]
    assert told == usual[1][0].text


def test_requests_that_share_passes_are_answered_from_small_weights_as_alone(load: Load) -> None:
    base = load(True)
    requests = [Request(base.chat.question(q), shared_and_own(base), 8) for q in QUESTIONS]
    alone = [base.generate([request])[0].token_ids for request in requests]
    passes = SharedPasses(base)
    assert [answered(passes, request).token_ids for request in requests] == alone


def passes_of(model: LlamaForCausalLM, ids: Tensor, mask: Tensor | None, read: int) -> Tensor:
    """The scores of all tokens, read at once up to one of them and then one by one."""
    cached, scores = empty_cache(model), []
    for start, end in [(0, read), *((i, i + 1) for i in range(read, ids.shape[1]))]:
        seen = None if mask is None else mask[:, :end]
        options = {} if seen is None else {"position_ids": (seen.cumsum(-1) - 1).clamp_min(0)[:, start:]}
        given = {"input_ids": ids[:, start:end], "attention_mask": seen, "use_cache": True, **options}
        with torch.inference_mode(), writing():
            scores.append(model(**given, **cached).logits)
    return torch.cat(scores, 1)


@pytest.mark.parametrize("slow", [True, False])
@pytest.mark.parametrize(("rows", "read", "padded"), [(1, 1, 0), (1, 9, 0), (2, 1, 0), (2, 9, 3), (2, 4, 3)])
def test_the_lean_forward_pass_computes_what_transformers_does(
    load: Load, rows: int, read: int, padded: int, slow: bool
) -> None:
    model, usual_model = load(True, slow).model, load(True, slow).model
    del usual_model.model.forward
    assert model.model.norm.weight.dtype == (torch.float32 if slow else torch.bfloat16)
    ids = torch.randint(VOCABULARY, (rows, 12), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[-1, :padded] = 0
    for given in (mask, None) if not padded else (mask,):
        lean = passes_of(model, ids, given, read)
        assert "forward" in vars(model.model)
        usual = passes_of(usual_model, ids, given, read)
        seen = mask.bool()
        assert torch.allclose(lean[seen], usual[seen], atol=1e-2)
        assert torch.equal(lean[seen].argmax(-1), usual[seen].argmax(-1))


def test_several_tokens_are_read_behind_others(load: Load) -> None:
    model, ids = load(True).model, torch.tensor([[5, 9, 7, 11, 3, 8]])
    with torch.inference_mode(), writing():
        whole, cached = model(ids).logits, empty_cache(model)
        parts = [model(ids[:, :2], use_cache=True, **cached).logits, model(ids[:, 2:], use_cache=True, **cached).logits]
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-2)


def test_what_is_asked_of_a_forward_pass_besides_is_given(load: Load) -> None:
    base = load(True)
    with writing():
        ids = torch.tensor([base.chat.question("Who?")])
        output = base.model(ids, output_hidden_states=True, **empty_cache(base.model))
    assert len(output.hidden_states) == 1 + base.model.config.num_hidden_layers
