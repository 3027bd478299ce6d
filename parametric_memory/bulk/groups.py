"""Which texts are prepared together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

CHARACTERS = 16_000  # of a group, at most; a longer text is one by itself
_TEXTS = 32  # of a group, at most


def groups(texts: Iterable[str], characters: int = CHARACTERS) -> Iterator[list[str]]:
    """Neighbouring texts, so many characters and a few dozen texts at most; a longer text is by itself."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and (len(group) == _TEXTS or size + len(text) > characters):
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group
