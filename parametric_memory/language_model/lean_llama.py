"""The forward pass of a Llama's decoder in few steps of Python.

transformers' forward pass takes longer than a small model's multiplications by small weights do. This one computes the
same, with the same modules and cache. Knows nothing about adapters: they are hooks on its linear modules.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import DynamicCache, LlamaForCausalLM, LlamaModel, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPast
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

from parametric_memory.language_model.small_weights import SmallHead, SmallLinear, writes_few

_CACHES = ("cache", "past_key_values")  # what the cache is called in releases of transformers
_TAKEN = {"input_ids", "attention_mask", "position_ids", "use_cache", *_CACHES}


def make_lean(model: PreTrainedModel, dtype: torch.dtype) -> bool:
    """Have a Llama in 4 bits write from small weights, in short forward passes; whether that could be.

    A model that cannot have small weights stays as it is.

    Args:
        dtype: what it computes in. The weights of its layers stay in their own.
    """
    if type(model) is not LlamaForCausalLM:
        return False
    try:
        small = {n: SmallLinear(m) for n, m in model.model.named_modules() if type(m) is nn.Linear}
    except ValueError:
        return False
    for name, module in small.items():
        model.model.set_submodule(name, module)
    for parameter in model.parameters():
        if not any(parameter is module.weight for module in small.values()):
            parameter.data = parameter.data.to(dtype)
    model.lm_head = SmallHead(model.lm_head)
    model.model.forward = partial(_forward, model.model)
    return True


def _forward(decoder: LlamaModel, *args: Any, **given: Any) -> Any:
    """As `LlamaModel.forward`, which computes all but short prompts and the tokens of answers."""
    ids: Any = given.get("input_ids")
    mask: Any = given.get("attention_mask")
    name = next((name for name in _CACHES if type(given.get(name)) is DynamicCache), None)
    asks_more = any(value is not None and value is not False and key not in _TAKEN for key, value in given.items())
    if args or asks_more or ids is None or name is None or not writes_few(ids.numel(), decoder.dtype):
        return LlamaModel.forward(decoder, *args, **given)
    cache, length = given[name], ids.shape[1]
    padded = mask is not None and not (mask.ndim == 2 and mask.all())
    read = cache.get_seq_length()
    if (padded and mask.ndim != 2) or (length > 1 and (padded or read)):
        return LlamaModel.forward(decoder, *args, **given)
    places = given.get("position_ids")
    if places is None:
        places = torch.arange(read, read + length, device=ids.device)[None]
    x = decoder.embed_tokens(ids)
    cos, sin = (side[:, None] for side in decoder.rotary_emb(x, position_ids=places))
    sin[..., : sin.shape[-1] // 2].neg_()  # of the half that is turned the other way
    seen = mask[:, None, None].bool() if padded else None
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
    """The attention's part of a layer's output.

    Args:
        x: `[row, token, hidden]`.
        cos: and sin, the one with its first half negated, of the tokens' places `[row, 1, token, head_dim]`.
        seen: the tokens that are no padding `[row, 1, 1, token]`, where some are.
    """
    own, shape = layer.self_attn, (*x.shape[:2], -1, layer.self_attn.head_dim)
    query, key, value = (side(x).view(shape).transpose(1, 2) for side in (own.q_proj, own.k_proj, own.v_proj))
    heads = query.shape[1]
    both = torch.cat([query, key], 1)
    both = both * cos + both.roll(own.head_dim // 2, -1) * sin
    key, value = cache.update(both[:, heads:], value, number)
    y = F.scaled_dot_product_attention(
        both[:, :heads], key, value, seen, is_causal=x.shape[1] > 1, scale=own.scaling, enable_gqa=key.shape[1] < heads
    )
    return own.o_proj(y.transpose(1, 2).reshape(*x.shape[:2], -1))
