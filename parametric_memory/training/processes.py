"""The processes that train one hypernetwork together, as `accelerate launch` starts them: one a GPU, or some on CPUs.

Each holds the whole base model and hypernetwork and answers its share of every batch; gradients are averaged before
every update, so the hypernetworks stay the same. A process by itself does none of this, and needs no accelerate.
Knows nothing about what is trained.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from parametric_memory.errors import SettingsError

if TYPE_CHECKING:
    from accelerate import PartialState
    from torch import nn

T = TypeVar("T")


class Processes:
    """This process, `index`, among `count`. Number 0, the main one, writes files and tells how it goes.

    Raises:
        SettingsError: this is one of several processes, and accelerate is not installed.
    """

    def __init__(self) -> None:
        several = int(os.environ.get("WORLD_SIZE", "1")) > 1
        self._state = _accelerate_state() if several else None
        self.count = self._state.num_processes if self._state else 1
        self.index = self._state.process_index if self._state else 0

    @property
    def is_main(self) -> bool:
        return self.index == 0

    def reporter(self, report: Callable[[str], None]) -> Callable[[str], None]:
        """What tells how it goes: of the main process, as given; the others, which would tell the same, say nothing."""
        return report if self.is_main else _told_by_main

    def check_batch(self, size: int) -> None:
        """Refuse batches that cannot be shared evenly. Raises SettingsError."""
        if size % self.count:
            raise SettingsError(
                f"{self.count} processes cannot share a batch of {size} documents: take a multiple of {self.count}."
            )

    def share(self, batch: Sequence[T]) -> list[T]:
        """This process's part of a batch; of one that is too small for all, its first item."""
        return list(batch[self.index :: self.count] or batch[:1])

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """A block that the others enter when the main process has left it: they find the files that it made."""
        if self._state is None:
            yield
            return
        with self._state.main_process_first():
            yield

    def wait(self) -> None:
        """Until all processes are here."""
        if self._state is not None:
            self._state.wait_for_everyone()

    def agree(self, module: nn.Module) -> None:
        """Give every process the main one's parameters and buffers."""
        if self._state is None:
            return
        from torch import distributed

        for tensor in module.state_dict().values():
            distributed.broadcast(tensor, src=0)

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every process the mean of all gradients; where one has none, it counts as zero."""
        if self._state is None:
            return
        import torch
        from torch import distributed

        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            distributed.all_reduce(parameter.grad)
            parameter.grad /= self.count


def _told_by_main(_line: str) -> None:
    """What the main process tells already."""


def _accelerate_state() -> PartialState:
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise SettingsError(
            "Training with several processes needs: pip install 'parametric-memory[train]', or in a checkout pip "
            "install '.[train]'."
        ) from error
    import torch

    return PartialState(cpu=not torch.cuda.is_available())
