from __future__ import annotations

import pytest

from parametric_memory.text.language import may_be_english


@pytest.mark.parametrize(
    "text",
    [
        "Answer with one word: is the review positive or negative?",
        "Translate English to French.",
        "Rewrite the sentence in the style of García Márquez.",
        "capital",
        "Given a name, say de or la.",
        "Rhyme.",
        "Name a word like und.",
        "Capitalize everything",
    ],
)
def test_english(text: str) -> None:
    assert may_be_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Antworte mit einem Wort: ist die Bewertung positiv oder negativ?",
        "Responde con una palabra si la reseña es positiva o negativa.",
        "Réponds par un mot : la critique est-elle positive ou négative ?",
        "Ответь одним словом: отзыв положительный или отрицательный?",
        "Übersetze den Satz ins Englische.",
        "Vertaal het woord naar Frans.",
        "Resume el texto.",
        "用一个词回答这条评论是正面还是负面",
    ],
)
def test_other_languages(text: str) -> None:
    assert not may_be_english(text)
