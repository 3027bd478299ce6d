"""Decoding with 4-bit weights on a processor, for a quantized Llama whose weights were widened to bfloat16.

The time of a token is that of reading all weights. A group of 32 weights that were quantized to 4 bits has at most 16
evenly spaced values: these modules recover them, and multiply few rows by PyTorch's 4-bit kernel. They use the wide
weights for all else: many rows, prompts, training. There is also a forward pass of Llama's decoder in few steps of
Python, because that of transformers takes longer than a small model's 4-bit products. Knows nothing about adapters,
which are hooks on the linear modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import DynamicCache, LlamaForCausalLM, LlamaModel, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPast
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

_GROUP = 32  # weights of a row that share a scale and a zero
_MOST_ROWS = {torch.float32: 32, torch.bfloat16: 8}  # by dtype; with more, wide weights are faster
_ODD = 0.1  # of a step: weights that were quantized are nearer to a value of their group
_EXACT = 32  # likeliest tokens whose scores are computed from the wide weights
_ROWS_AT_ONCE = 512  # that are packed at a time; a multiple of the kernel's blocks
_TINY = torch.finfo(torch.float32).tiny

_CACHES = ("cache", "past_key_values")  # what the cache is called in releases of transformers
_TAKEN = {"input_ids", "attention_mask", "position_ids", "use_cache", *_CACHES}

NumbersOf = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]

_writing: ContextVar[bool | None] = ContextVar("writing", default=None)


@contextmanager
def writing(many_in_bfloat16: bool = False) -> Iterator[None]:
    """Inside the block, and in this thread, few rows are multiplied by small weights; many, if asked, in bfloat16."""
    token = _writing.set(many_in_bfloat16)
    try:
        yield
    finally:
        _writing.reset(token)


def writes_few(rows: int, dtype: torch.dtype) -> bool:
    """Whether so many rows are multiplied by small weights."""
    return rows <= _MOST_ROWS.get(dtype, 0) and _writing.get() is not None


def has_kernels(device: str) -> bool:
    """Whether PyTorch has a fast 4-bit kernel: on x86 with AVX2 or AVX-512."""
    kernels = hasattr(torch, "_weight_int4pack_mm_for_cpu")
    return device == "cpu" and kernels and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


def _four_bits(groups: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers from 0 to 15 `[d_out, group, 32]` and each group's scale and zero: a weight is (number - 8) * scale +
    zero, as in GGUF's Q4_1, where the extremes of a group are 0 and 15. Raises ValueError: the weights are others."""
    low = groups.amin(-1, keepdim=True)
    scale = ((groups.amax(-1, keepdim=True) - low) / 15).clamp_min_(_TINY)
    places = (groups - low).div_(scale)
    numbers = places.round()
    if places.sub_(numbers).abs_().max() > _ODD:
        raise ValueError("These weights were not made of 4 bits in groups of 32.")
    scale = scale.bfloat16().float()
    return numbers, scale, (groups - (numbers - 8).mul_(scale)).mean(-1, keepdim=True)


def _eight_bits(groups: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same for 8 bits, as a sum of two 4-bit weights: the groups of upper bits, then those of lower bits."""
    scale = (groups.abs().amax(-1, keepdim=True) / 127).clamp_min_(_TINY).bfloat16().float()
    numbers = (groups / scale).round_().clamp_(-128, 127).add_(128)
    upper = (numbers / 16).floor_()
    zero = torch.zeros_like(scale)
    return (
        torch.cat([upper, numbers - 16 * upper], 1),
        torch.cat([16 * scale, scale], 1),
        torch.cat([zero, 8 * scale], 1),
    )


def _packed(weight: Tensor, numbers_of: NumbersOf) -> tuple[Tensor, Tensor]:
    """Weights for `torch._weight_int4pack_mm_for_cpu`: bytes of two numbers `[d_out, d_in / 2]`, and scales with zeros
    in bfloat16 `[group, d_out, 2]`. It computes weights and sums in float32 (PyTorch's
    `aten/src/ATen/native/cpu/int4mm_kernel.cpp`). Raises ValueError: sizes of another kind, or as `numbers_of`."""
    if weight.shape[0] % 16 or weight.shape[1] % _GROUP:
        raise ValueError(f"Weights {list(weight.shape)} are no groups of {_GROUP}.")
    packed, scales = [], []
    for rows in weight.split(_ROWS_AT_ONCE):
        numbers, scale, zero = numbers_of(rows.float().view(len(rows), -1, _GROUP))
        packed.append(torch._convert_weight_to_int4pack_for_cpu(numbers.flatten(1).to(torch.int32), 2))
        scales.append(torch.cat([scale, zero], -1).bfloat16())
    return torch.cat(packed), torch.cat(scales).transpose(0, 1).contiguous()


class SmallLinear(nn.Linear):
    """A linear module with its weights in 4 bits, too.

    It shares the parameters of another one. After these change, only they are used.

    Raises ValueError: the weights were not quantized to 4 bits in groups of 32.
    """

    def __init__(self, linear: nn.Linear, numbers_of: NumbersOf = _four_bits):
        nn.Module.__init__(self)  # that of Linear would allocate weights
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        self._made_of = self._state
        self._packed, self._scales = _packed(linear.weight.detach(), numbers_of)

    @property
    def _state(self) -> tuple[int, int, torch.dtype]:
        return self.weight._version, self.weight.data_ptr(), self.weight.dtype

    def forward(self, x: Tensor) -> Tensor:
        """x `[..., d_in]` -> `[..., d_out]`, in the dtype of x. With small weights, x and the result are rounded to
        bfloat16; sums are float32. So are many rows, if `writing` asks for it."""
        few = writes_few(x.numel() // self.in_features, x.dtype)
        if few and not x.requires_grad and self._made_of == self._state:
            y = self._by_small_weights(x.reshape(-1, self.in_features)).view(*x.shape[:-1], -1)
        elif _writing.get():
            y = F.linear(x.to(self.weight.dtype), self.weight).to(x.dtype)
        else:
            weight = self.weight if torch.is_autocast_enabled("cpu") else self.weight.to(x.dtype)
            return F.linear(x, weight, self.bias)
        return y if self.bias is None else y + self.bias

    def _by_small_weights(self, x: Tensor) -> Tensor:
        y: Tensor = torch._weight_int4pack_mm_for_cpu(x.bfloat16(), self._packed, _GROUP, self._scales)
        return y.to(x.dtype)


class SmallHead(SmallLinear):
    """A language-model head in 8 bits. The scores of the likeliest tokens are computed from the wide weights: the
    kernel's bfloat16 is too coarse to order them."""

    def __init__(self, linear: nn.Linear):
        super().__init__(linear, _eight_bits)

    def _by_small_weights(self, x: Tensor) -> Tensor:
        scores = super()._by_small_weights(x.repeat(1, 2))
        likeliest = scores.topk(min(_EXACT, self.out_features)).indices
        exact = torch.bmm(self.weight[likeliest].to(x.dtype), x[..., None])[..., 0]
        return scores.scatter_(1, likeliest, exact)


class _Embedding(nn.Embedding):
    """An embedding with weights in their own dtype, and output in the model's."""

    def __init__(self, embedding: nn.Embedding, dtype: torch.dtype):
        nn.Module.__init__(self)  # that of Embedding would allocate weights
        self.__dict__.update({k: v for k, v in embedding.__dict__.items() if k not in self.__dict__})
        self.weight, self._dtype = embedding.weight, dtype

    def forward(self, ids: Tensor) -> Tensor:
        return super().forward(ids).to(self._dtype)


def make_lean(model: PreTrainedModel, dtype: torch.dtype) -> bool:
    """Prepares a Llama in 4 bits for small weights and short forward passes. Returns whether that is possible; if not,
    the model stays as it is.

    dtype: of computations. The weights of layers, embedding and head stay in their own.
    """
    if type(model) is not LlamaForCausalLM:
        return False
    try:
        small = {n: SmallLinear(m) for n, m in model.model.named_modules() if type(m) is nn.Linear}
    except ValueError:
        return False
    for name, module in small.items():
        model.model.set_submodule(name, module)
    wide = [model.lm_head.weight, model.model.embed_tokens.weight, *(module.weight for module in small.values())]
    for parameter in model.parameters():
        if not any(parameter is weight for weight in wide):
            parameter.data = parameter.data.to(dtype)
    model.model.embed_tokens = _Embedding(model.model.embed_tokens, dtype)
    model.lm_head = SmallHead(model.lm_head)
    model.model.forward = partial(_forward, model.model)
    return True


def _forward(decoder: LlamaModel, *args: Any, **given: Any) -> Any:
    """`LlamaModel.forward`, with a short path for short prompts and the tokens of answers."""
    ids: Any = given.get("input_ids")
    mask: Any = given.get("attention_mask")
    name = next((name for name in _CACHES if type(given.get(name)) is DynamicCache), None)
    asks_more = any(value is not None and value is not False and key not in _TAKEN for key, value in given.items())
    if args or asks_more or ids is None or name is None or not writes_few(ids.numel(), decoder.norm.weight.dtype):
        return LlamaModel.forward(decoder, *args, **given)
    cache, length = given[name], ids.shape[1]
    padded = mask is not None and not (mask.ndim == 2 and mask.all())
    read = cache.get_seq_length()
    if padded and (mask.ndim != 2 or length > 1):
        return LlamaModel.forward(decoder, *args, **given)
    places = given.get("position_ids")
    if places is None:
        places = torch.arange(read, read + length, device=ids.device)[None]
    x = decoder.embed_tokens(ids)
    cos, sin = (side[:, None] for side in decoder.rotary_emb(x, position_ids=places))
    sin[..., : sin.shape[-1] // 2].neg_()  # of the half that rotates the other way
    seen = mask[:, None, None].bool() if padded else None
    if read and length > 1:
        seen = torch.ones(length, read + length, dtype=torch.bool, device=ids.device).tril(read)
    for number, layer in enumerate(decoder.layers):
        x = x + _attended(layer, _normed(layer.input_layernorm, x), cos, sin, seen, cache, number)
        y, mlp = _normed(layer.post_attention_layernorm, x), layer.mlp
        x = x + mlp.down_proj(mlp.act_fn(mlp.gate_proj(y)) * mlp.up_proj(y))
    return BaseModelOutputWithPast(last_hidden_state=_normed(decoder.norm, x), **{name: cache})


def _normed(norm: Any, x: Tensor) -> Tensor:
    wide = x.float()
    wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + norm.variance_epsilon)
    return norm.weight * wide.to(x.dtype)


def _attended(
    layer: LlamaDecoderLayer, x: Tensor, cos: Tensor, sin: Tensor, seen: Tensor | None, cache: DynamicCache, number: int
) -> Tensor:
    """The attention output of a layer.

    Args:
        x: `[row, token, hidden]`.
        cos, sin: of the positions `[row, 1, token, head_dim]`, sin with its first half negated.
        seen: mask `[row, 1, 1, token]` or `[token, token]`; None: causal.
    """
    own, shape = layer.self_attn, (*x.shape[:2], -1, layer.self_attn.head_dim)
    query, key, value = (side(x).view(shape).transpose(1, 2) for side in (own.q_proj, own.k_proj, own.v_proj))
    heads = query.shape[1]
    both = torch.cat([query, key], 1)
    both = both * cos + both.roll(own.head_dim // 2, -1) * sin
    key, value = cache.update(both[:, heads:], value, number)
    causal = seen is None and x.shape[1] > 1
    y = F.scaled_dot_product_attention(
        both[:, :heads], key, value, seen, is_causal=causal, scale=own.scaling, enable_gqa=key.shape[1] < heads
    )
    return own.o_proj(y.transpose(1, 2).reshape(*x.shape[:2], -1))
