"""Linear modules that multiply few rows by weights of 4 bits: how a model that was quantized writes on a processor.

Writing a token reads every weight once, so that its time is the weights' bytes. A copy in 4 bits, widened to bfloat16,
has at most 16 values in each group of 32, evenly spaced: these modules find them again and have PyTorch multiply by
4 bits. They keep the wide weights too, for all that is not an answer's next tokens: many rows, reading, training.
Knows nothing about what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_GROUP = 32  # weights of a row that share a scale and a zero
_MOST_ROWS = {torch.float32: 32, torch.bfloat16: 8}  # of such numbers; with more, wide weights are faster
_ODD = 0.1  # of a step: no weight that was quantized is as far from a value of its group
_EXACT = 32  # of the likeliest tokens, whose scores are computed from the wide weights
_ROWS_AT_ONCE = 512  # that are made small at a time; a multiple of the blocks that the kernel packs
_TINY = torch.finfo(torch.float32).tiny

NumbersOf = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]

_writing: ContextVar[bool] = ContextVar("writing", default=False)


@contextmanager
def writing() -> Iterator[None]:
    """Inside the block, and in this thread, few rows are multiplied by small weights."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def writes_few(rows: int, dtype: torch.dtype) -> bool:
    """Whether so many rows of numbers are multiplied by small weights here."""
    return rows <= _MOST_ROWS.get(dtype, 0) and _writing.get()


def has_kernels(device: str) -> bool:
    """Whether PyTorch multiplies by 4 bits quickly there: on x86 with AVX2 or AVX-512; elsewhere slowly or not."""
    kernels = hasattr(torch, "_weight_int4pack_mm_for_cpu")
    return device == "cpu" and kernels and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


def _four_bits(groups: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers from 0 to 15 `[d_out, group, 32]` and each group's scale and zero: a weight is (number - 8) * scale +
    zero. Such are GGUF's Q4_1, whose extremes in a group are 0 and 15.

    Raises ValueError: the weights are none of these.
    """
    low = groups.amin(-1, keepdim=True)
    scale = ((groups.amax(-1, keepdim=True) - low) / 15).clamp_min_(_TINY)
    places = (groups - low).div_(scale)
    numbers = places.round()
    if places.sub_(numbers).abs_().max() > _ODD:
        raise ValueError("These weights were not made of 4 bits in groups of 32.")
    scale = scale.bfloat16().float()
    return numbers, scale, (groups - (numbers - 8).mul_(scale)).mean(-1, keepdim=True)


def _eight_bits(groups: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same of weights in 8 bits, which are sums of two in 4: behind the groups of upper bits, those of lower."""
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
    """As `torch._weight_int4pack_mm_for_cpu` takes them: bytes of two numbers `[d_out, d_in / 2]`, and scales with
    zeros in bfloat16 `[group, d_out, 2]`. It computes weights and sums in float32 (PyTorch's
    `aten/src/ATen/native/cpu/int4mm_kernel.cpp`).

    Raises ValueError: the kernel takes no such sizes, or as `numbers_of`.
    """
    if weight.shape[0] % 16 or weight.shape[1] % _GROUP:
        raise ValueError(f"Weights {list(weight.shape)} are no groups of {_GROUP}.")
    packed, scales = [], []
    for rows in weight.split(_ROWS_AT_ONCE):
        numbers, scale, zero = numbers_of(rows.float().view(len(rows), -1, _GROUP))
        packed.append(torch._convert_weight_to_int4pack_for_cpu(numbers.flatten(1).to(torch.int32), 2))
        scales.append(torch.cat([scale, zero], -1).bfloat16())
    return torch.cat(packed), torch.cat(scales).transpose(0, 1).contiguous()


class SmallLinear(nn.Linear):
    """A linear module that has its weights in 4 bits, too.

    It takes over another's parameters. Weights that are changed afterwards are used as they are, and the small ones
    no more.

    Raises:
        ValueError: its weights are not of 4 bits in groups of 32.
    """

    def __init__(self, linear: nn.Linear, numbers_of: NumbersOf = _four_bits):
        nn.Module.__init__(self)  # a Linear's own would make other weights
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        self._made_of = self._state
        self._packed, self._scales = _packed(linear.weight.detach(), numbers_of)

    @property
    def _state(self) -> tuple[int, int, torch.dtype]:
        return self.weight._version, self.weight.data_ptr(), self.weight.dtype

    def forward(self, x: Tensor) -> Tensor:
        """x `[..., d_in]` -> `[..., d_out]`, in the dtype of x. By small weights, x and the result are rounded to
        bfloat16, and all between is float32."""
        few = writes_few(x.numel() // self.in_features, x.dtype)
        if not few or x.requires_grad or self._made_of != self._state:
            weight = self.weight if torch.is_autocast_enabled("cpu") else self.weight.to(x.dtype)
            return F.linear(x, weight, self.bias)
        y = self._by_small_weights(x.reshape(-1, self.in_features)).view(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias

    def _by_small_weights(self, x: Tensor) -> Tensor:
        y: Tensor = torch._weight_int4pack_mm_for_cpu(x.bfloat16(), self._packed, _GROUP, self._scales)
        return y.to(x.dtype)


class SmallHead(SmallLinear):
    """A language-model head whose scores are computed from 8 bits, and those of the likeliest tokens from the wide
    weights: bfloat16, in which the kernel gives them, is too coarse to tell which one is first."""

    def __init__(self, linear: nn.Linear):
        super().__init__(linear, _eight_bits)

    def _by_small_weights(self, x: Tensor) -> Tensor:
        scores = super()._by_small_weights(x.repeat(1, 2))
        likeliest = scores.topk(min(_EXACT, self.out_features)).indices
        exact = torch.bmm(self.weight[likeliest].to(x.dtype), x[..., None])[..., 0]
        return scores.scatter_(1, likeliest, exact)
