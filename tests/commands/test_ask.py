from __future__ import annotations

from parametric_memory.commands.ask import words_by_layer
from parametric_memory.records import KeptToken

TOKENS = [
    KeptToken(position=i, word=word, strength=1.0 + i) for i, word in enumerate([" Lina", " lives", " in", " $5"])
]
KEPT = {
    "model.layers.2.mlp.down_proj": [TOKENS[0], TOKENS[3]],
    "model.layers.3.mlp.down_proj": [TOKENS[0], TOKENS[3]],
    "model.layers.5.mlp.down_proj": TOKENS[1:],
}


def test_the_words_of_each_layer_stand_in_a_line_those_of_like_layers_in_one() -> None:
    assert words_by_layer(KEPT).splitlines() == ["  layer 2 to layer 3: Lina … $5", "  layer 5: lives in $5"]
    assert "do not stand for words" in words_by_layer({})
