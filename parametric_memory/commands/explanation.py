"""The words that an adapter keeps, for people: layer by layer in lines.

Knows nothing about how they were chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from parametric_memory.records import KeptToken

Kept = Mapping[str, Sequence[KeptToken]]  # by module, in the document's order


def words_by_layer(kept: Kept) -> str:
    """The words of each layer; neighbouring layers that keep the same words share a line."""
    if not kept:
        return "  (the rows of this adapter do not stand for words)"
    lines = []
    for words, group in groupby(kept.items(), lambda item: _words(item[1])):
        first, *_, last = [module for module, _ in group] * 2
        lines.append(f"  {_place(first)}{'' if first == last else f' to {_place(last)}'}: {words}")
    return "\n".join(lines)


def _words(tokens: Sequence[KeptToken]) -> str:
    """Tokens as they follow each other in the document, an ellipsis where others stand between them."""
    parts = [
        token.word if not i or token.position == tokens[i - 1].position + 1 else f" … {token.word}"
        for i, token in enumerate(tokens)
    ]
    return " ".join("".join(parts).split())


def _place(module: str) -> str:
    """`layer 18` for `model.layers.18.mlp.down_proj`; other modules by their name."""
    number = re.search(r"\.(\d+)\.", module)
    return f"layer {number[1]}" if number else module
