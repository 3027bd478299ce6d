"""The low-rank factors of one module, and the adapter that consists of them.

Knows nothing about files, models or the origin of the numbers. Imports torch only where it computes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from parametric_memory.errors import AdapterError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Factors:
    """The update of one linear module: `y = W x + scaling * B^T (A x)`.

    The last `shared` rows are the hypernetwork's document-independent rows (its shared bias); the rows before them are
    the document's own. A combination of adapters contains the shared rows once.

    Raises AdapterError: the shapes do not fit together, or `scaling` or `shared` is out of range.
    """

    A: torch.Tensor  # [rank, d_in]
    B: torch.Tensor  # [rank, d_out]
    scaling: float = 1.0
    shared: int = 0

    def __post_init__(self) -> None:
        if self.A.ndim != 2 or self.B.ndim != 2 or self.A.shape[0] != self.B.shape[0]:
            raise AdapterError(
                f"Factors must be A [rank, d_in] and B [rank, d_out] of one rank, not {list(self.A.shape)} "
                f"and {list(self.B.shape)}."
            )
        if not 0 <= self.shared <= self.rank:
            raise AdapterError(f"shared must be between 0 and the rank {self.rank}, not {self.shared}.")
        if not math.isfinite(self.scaling):
            raise AdapterError(f"scaling must be a finite number, not {self.scaling}.")

    @property
    def rank(self) -> int:
        """Rows of A and B, shared rows included."""
        return int(self.A.shape[0])

    @property
    def own(self) -> int:
        """Rows of the document: the rank without the shared rows."""
        return self.rank - self.shared

    def to(self, dtype: torch.dtype | None = None, device: torch.device | str | None = None) -> Factors:
        """The factors in another dtype or on another device."""
        return replace(self, A=self.A.to(device, dtype), B=self.B.to(device, dtype))


@dataclass(frozen=True, eq=False)
class Adapter:
    """Factors by the full name of their module in the base model, such as `model.layers.3.mlp.down_proj`."""

    factors: Mapping[str, Factors]

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", dict(self.factors))

    @cached_property
    def rank(self) -> int:
        """The largest rank among the modules; 0 for an adapter without modules."""
        return max((factors.rank for factors in self.factors.values()), default=0)

    @cached_property
    def num_bytes(self) -> int:
        return sum(f.A.nbytes + f.B.nbytes for f in self.factors.values())

    def to(self, dtype: torch.dtype | None = None, device: torch.device | str | None = None) -> Adapter:
        return Adapter({name: factors.to(dtype, device) for name, factors in self.factors.items()})
