"""The words that an adapter keeps, for people: layer by layer in lines, or as a picture.

Knows nothing about how they were chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from parametric_memory.files import storage_errors
from parametric_memory.records import KeptToken

_MOST_COLUMNS = 120  # more words than that could not be read

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


def draw_words(kept: Kept, title: str, path: Path) -> None:
    """Draws which tokens have rows in which layers, the darker the stronger, in the format that the ending says.

    Needs matplotlib. Of more tokens than fit, those with the strongest rows are shown.

    Raises:
        StorageError: it cannot be written.
    """
    import numpy as np
    from matplotlib.figure import Figure

    shown = strongest_tokens(kept, _MOST_COLUMNS)
    column = {token.position: i for i, token in enumerate(shown)}
    strengths = np.full((len(kept), len(shown)), np.nan)  # [module, token]
    for row, tokens in enumerate(kept.values()):
        for token in tokens:
            if token.position in column:
                strengths[row, column[token.position]] = token.strength
    figure = Figure(figsize=(2 + 0.16 * len(shown), 1.6 + 0.22 * len(kept)), layout="constrained")
    axes = figure.subplots()
    cells = axes.imshow(strengths, cmap="viridis_r", vmin=0, aspect="auto", origin="lower", interpolation="nearest")
    axes.set_xticks(range(len(shown)), [_literal(token.word) for token in shown], rotation=90, fontsize="small")
    axes.set_yticks(range(len(kept)), [_place(module) for module in kept], fontsize="small")
    axes.set(title=_literal(title))
    total = len({token.position for tokens in kept.values() for token in tokens})
    axes.set_xlabel(
        "tokens that have a row" if total == len(shown) else f"the strongest {len(shown)} of {total} tokens"
    )
    figure.colorbar(cells, ax=axes, label="length of the row's value", pad=0.01)
    with storage_errors(f"write {path}"):
        figure.savefig(path, dpi=120)


def strongest_tokens(kept: Kept, most: int) -> list[KeptToken]:
    """Every token once, in the document's order; of more than `most` those whose strongest row is the strongest."""
    best: dict[int, KeptToken] = {}
    for tokens in kept.values():
        for token in tokens:
            if token.position not in best or token.strength > best[token.position].strength:
                best[token.position] = token
    chosen = sorted(best.values(), key=lambda token: -token.strength)[:most]
    return sorted(chosen, key=lambda token: token.position)


def _place(module: str) -> str:
    """`layer 18` for `model.layers.18.mlp.down_proj`; other modules by their name."""
    number = re.search(r"\.(\d+)\.", module)
    return f"layer {number[1]}" if number else module


def _literal(text: str) -> str:
    """As it is written: dollars would begin a formula."""
    return text.strip().replace("$", r"\$")
