from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory.commands.explanation import draw_words, strongest_tokens, words_by_layer
from parametric_memory.records import KeptToken
from tests.commands.running import Runner

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


def test_of_many_tokens_the_strongest_are_drawn_each_once_in_the_documents_order() -> None:
    assert [token.position for token in strongest_tokens(KEPT, 10)] == [0, 1, 2, 3]
    assert [token.position for token in strongest_tokens(KEPT, 2)] == [2, 3]


@pytest.mark.parametrize("name", ["words.png", "words.svg"])
def test_a_picture_is_drawn_in_the_format_of_its_name(tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / name
    draw_words(KEPT, "Prices in $ and a strange ^ title_", path)
    begins = {"words.png": b"\x89PNG", "words.svg": b"<?xml"}[name]
    assert path.read_bytes().startswith(begins)


def test_a_long_document_gives_a_picture_of_bounded_size(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    many = {"model.layers.1.mlp.down_proj": [KeptToken(position=i, word=" x", strength=i) for i in range(5000)]}
    draw_words(many, "Long", tmp_path / "long.png")
    assert Image.open(tmp_path / "long.png").width < 4000


def test_a_picture_that_cannot_be_drawn_is_told_before_anything_else(run: Runner, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("matplotlib")
    result = run("recall", "Lina", "--picture", tmp_path / "words.doc")
    assert result.code == 1 and "words.doc" in result.err and len(result.err.splitlines()) == 1
    monkeypatch.setattr("parametric_memory.training.curves.find_spec", lambda name: None)
    result = run("recall", "Lina", "--picture", tmp_path / "words.png")
    assert result.code == 1 and "pip install 'parametric-memory[plots]'" in result.err
    assert list(tmp_path.iterdir()) == []
