"""Whitens keys and decorrelates rows, so that a row answers its own token's key and little else.

Whitening removes what keys of ordinary text have in common (ROME, arXiv 2202.05262). Sentences that are attached
together have more in common, such as a subject, so their rows answer each other's keys: a joint least squares, as in
MEMIT (arXiv 2210.07229), makes each answer its own. A ridge limits the change, since a question's key is never quite
the document's. Knows nothing about models and adapters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Chosen among 0.3, 1 and 3 by whole adapters of 4 and 8 facts, where 0.3 and 1 were alike and 3 worse, and by real
# passages, where 0.3 was best.
RIDGE = 0.3
_LEAST = 1e-6  # of a row's answer to its own key, before it is scaled to answer 1


class Whitening(nn.Module):
    """Inverse key covariance of each memory layer, as leading eigenvectors and a constant tail; never trained.

    With C ~ V diag(s) V^T + tail (I - V V^T), C^-1 k is proportional to k - V diag(s / (s + tail)) V^T k.
    """

    def __init__(self, layers: int, size: int, rank: int):
        super().__init__()
        self.register_buffer("directions", torch.zeros(layers, size, rank))
        self.register_buffer("shrink", torch.zeros(layers, rank))
        self.register_buffer("scale", torch.ones(layers))  # mean absolute value of a whitened key
        self._converted: dict[tuple[torch.dtype, torch.device], Tensor] = {}

    directions: Tensor
    shrink: Tensor
    scale: Tensor

    @torch.no_grad()
    def fit(self, layer: int, covariance: Tensor, sample: Tensor) -> None:
        """Sets one layer from the uncentred covariance `[d_ff, d_ff]` of its keys over ordinary text.

        sample: some of those keys, `[token, d_ff]`, for the typical size of a row.
        """
        self._converted.clear()
        size, rank = self.directions.shape[1:]
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            # The leading ones only: all of them take minutes a layer where d_ff is 10,000.
            vectors, values, _ = torch.svd_lowrank(covariance, min(size, 2 * rank), niter=6)
        vectors, values, variances = vectors[:, :rank], values[:rank], covariance.diagonal()
        tail = 0.1 * variances.mean() + (variances.sum() - values.sum()) / (size - rank)
        self.directions[layer] = vectors
        self.shrink[layer] = values / (values + tail)
        one = slice(layer, layer + 1)
        self.scale[layer] = _whiten(sample.float()[None], self.directions[one], self.shrink[one]).abs().mean()

    def forward(self, keys: Tensor) -> Tensor:
        """`[layer, token, d_ff]` -> whitened keys w of the same shape with <w, key> = 1."""
        return _whiten(keys, self.directions, self.shrink)

    def decorrelate(self, rows: Tensor, layers: slice, ridge: float = RIDGE) -> Tensor:
        """Changes the rows `[layer, row, d_ff]` of each layer to answer each other's keys less.

        With the keys K of a layer's rows R, scaled so that each row answers 1 to its own:
        `(1 + ridge) (R Kᵀ + ridge)⁻¹ R`, computed in the smaller of the two spaces. An infinite ridge changes nothing.
        Products with rows are computed in their dtype, all else in float32.
        """
        V, shrink = self._directions_like(rows)[layers], self.shrink[layers, None].to(rows.device)
        inner, stretch = (rows @ V).float(), shrink / (1 - shrink).clamp_min(1e-4)
        _, count, size = rows.shape
        if count <= size:  # the keys themselves are not needed
            answers = torch.baddbmm((rows @ rows.mT).float(), inner * stretch, inner.mT)
            answers = answers / answers.diagonal(dim1=1, dim2=2)[:, None].clamp_min(_LEAST)
            answers.diagonal(dim1=1, dim2=2).add_(ridge)
            return ((1 + ridge) * torch.linalg.inv(answers)).to(rows) @ rows
        rows = rows.float()
        keys = rows + inner * stretch @ V.mT.float()
        keys = keys / (rows * keys).sum(-1, keepdim=True).clamp_min(_LEAST)
        apart = torch.linalg.solve(keys.mT @ rows + ridge * torch.eye(size).to(rows), rows, left=False)
        return (1 + ridge) * apart

    def _directions_like(self, rows: Tensor) -> Tensor:
        """The directions in the dtype and on the device of rows, cached: every question needs them."""
        like = rows.dtype, rows.device
        if like not in self._converted:
            self._converted[like] = self.directions.to(rows)
        return self._converted[like]


def _whiten(keys: Tensor, directions: Tensor, shrink: Tensor) -> Tensor:
    whitened = keys - (keys @ directions * shrink[:, None]) @ directions.transpose(1, 2)
    return whitened / (whitened * keys).sum(-1, keepdim=True).clamp_min(_LEAST)
