"""What a generator gives, for a reader that does not block.

Knows nothing about what is generated.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Generator
from typing import TypeVar

_T = TypeVar("_T")


async def in_threads(
    pieces: Generator[_T, None, None], abandoned: threading.Event | None = None
) -> AsyncGenerator[_T, None]:
    """What a generator gives, each piece awaited while a thread makes it. It is closed when nobody reads on.

    abandoned: set then, so that a generator that waits for something need not have it first.
    """
    import asyncio  # takes a tenth of the time that importing the package takes

    one_at_a_time = threading.Lock()  # a reader that is cancelled closes it while a piece is awaited

    def following() -> _T | None:
        with one_at_a_time:
            return next(pieces, None)

    def close() -> None:
        with one_at_a_time:
            pieces.close()

    try:
        while (piece := await asyncio.to_thread(following)) is not None:
            yield piece
    finally:
        if abandoned is not None:
            abandoned.set()
        await asyncio.to_thread(close)
