"""Factors of chunks, and their combination by rank concatenation, as batched tensors over all layers at once.

The tensor form of what `adapters.merging` does with finished adapters: a batch of documents, each of one or
more chunks, becomes one padded tensor a target. Knows nothing about models, files or where factors come
from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from parametric_memory.errors import AdapterError


@dataclass(frozen=True)
class LayeredFactors:
    """Factors of one target, such as `down_proj`, in every layer: y = W x + scaling * B^T (A x).

    Attributes:
        A: `[batch, layer, rank, d_in]`.
        B: `[batch, layer, rank, d_out]`.
    """

    A: Tensor
    B: Tensor

    def scaled(self, factor: float) -> LayeredFactors:
        """A and B both times `factor`, the update times its square: the reference's user-defined scaling."""
        return LayeredFactors(self.A * factor, self.B * factor)


def combine(
    chunks: Mapping[str, LayeredFactors],
    groups: Sequence[int],
    bias: Mapping[str, LayeredFactors] | None,
    scalers: Tensor | None = None,
    bias_scaler: float = 1.0,
) -> dict[str, LayeredFactors]:
    """One adapter a document: its chunks' rows in order, then the bias rows once, then zeros as padding.

    The rank is `(most chunks of a document + 1) * rank of a chunk`, with or without bias, as in the
    reference.

    Args:
        chunks: factors by target; the batch runs over the chunks of all documents.
        groups: how many chunks each document has, in order.
        bias: document-independent rows by target, a batch of 1; None for a hypernetwork without.
        scalers: `[chunk]`, one factor a chunk, on A only.
        bias_scaler: on both factors of the bias.

    Raises:
        AdapterError: the groups do not add up to the chunks.
    """
    total = next(iter(chunks.values())).A.shape[0]
    if sum(groups) != total or min(groups, default=0) < 1:
        raise AdapterError(f"{total} chunks cannot be combined in groups of {list(groups)}: every group needs a chunk.")
    combined = {}
    for target, factors in chunks.items():
        A = factors.A if scalers is None else factors.A * scalers.to(factors.A)[:, None, None, None]
        own = bias[target].scaled(bias_scaler) if bias else None
        combined[target] = LayeredFactors(
            A=_concatenate(A, groups, own.A if own else None),
            B=_concatenate(factors.B, groups, own.B if own else None),
        )
    return combined


def _concatenate(rows: Tensor, groups: Sequence[int], bias: Tensor | None) -> Tensor:
    """rows `[chunk, layer, rank, d]` -> `[group, layer, (most chunks + 1) * rank, d]`."""
    _, layers, rank, width = rows.shape
    combined = rows.new_zeros(len(groups), layers, (max(groups) + 1) * rank, width)
    start = 0
    for group, size in enumerate(groups):
        own = rows[start : start + size].transpose(0, 1).reshape(layers, size * rank, width)
        combined[group, :, : size * rank] = own
        if bias is not None:
            combined[group, :, size * rank : (size + 1) * rank] = bias[0]
        start += size
    return combined


def concatenate_batches(parts: Sequence[Mapping[str, LayeredFactors]]) -> dict[str, LayeredFactors]:
    """Factors of several batches of chunks as those of one batch."""
    return {
        target: LayeredFactors(
            A=torch.cat([part[target].A for part in parts]), B=torch.cat([part[target].B for part in parts])
        )
        for target in parts[0]
    }
