"""Muon: momentum whose every update is made orthogonal, for matrices (Jordan et al. 2024).

All directions of an update get the same size, also those that a gradient barely has: what few documents teach is
learned with what all of them teach. Unlike `torch.optim.Muon` this takes batches of matrices, one a layer. Updates are
as large as AdamW's usually are (arXiv 2502.16982), so both can take one learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from parametric_memory.language_model.precision import bfloat16_is_slow

_UPDATE_RMS = 0.2  # of an update, in units of the learning rate
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # a polynomial that takes singular values of (0, 1] close to 1
_NEWTON_SCHULZ_STEPS = 5


def orthogonalized(matrices: Tensor) -> Tensor:
    """About U V^T for every matrix U S V^T of `[..., rows, columns]`: singular values between 0.7 and 1.2."""
    a, b, c = _NEWTON_SCHULZ
    x = matrices if bfloat16_is_slow(matrices.device.type) else matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp_min(1e-7)
    for _ in range(_NEWTON_SCHULZ_STEPS):
        squared = x @ x.mT
        x = a * x + (b * squared + c * squared @ squared) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """For parameters of two dimensions and more, the last two of which are matrices."""

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.01
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update, with Nesterov momentum and decoupled weight decay. closure: not called."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group["lr"], group["momentum"], group["weight_decay"])

    def _update(self, parameter: Tensor, gradient: Tensor, lr: float, momentum: float, weight_decay: float) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(gradient, 1 - momentum)
        direction = orthogonalized(gradient.lerp(state["momentum"], momentum))
        parameter.mul_(1 - lr * weight_decay)
        parameter.add_(direction, alpha=-lr * _UPDATE_RMS * max(parameter.shape[-2:]) ** 0.5)
