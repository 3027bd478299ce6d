"""A cache of what was read last. Threads may share it. Knows nothing about what it holds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """What was read last, up to a total size."""

    def __init__(self, most: int, size_of: Callable[[T], int]) -> None:
        self._most, self._size_of = most, size_of
        self._total = 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, value: T) -> None:
        with self._guard:
            if key in self._kept:
                return
            self._kept[key] = value
            self._total += self._size_of(value)
            while self._total > self._most:
                _, evicted = self._kept.popitem(last=False)
                self._total -= self._size_of(evicted)
