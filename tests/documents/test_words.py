from __future__ import annotations

import pytest

from parametric_memory.documents.words import may_be_english, names_asked
from parametric_memory.fetching.embedded import EMBEDDER, fetch, is_complete


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Where does Lina Okafor live?", ["Lina Okafor"]),
        ("Does Lina know Tomas Berg's dog?", ["Lina", "Tomas Berg"]),
        ("Lina Okafor's home is where?", ["Lina Okafor"]),
        ("Under which name is Lumo 3 sold in the US?", ["Lumo 3", "US"]),
        ("Compare prices, please.", []),
        ("Heron", []),
        ("what is my cat called", []),
        ("WHERE DOES LINA LIVE?", []),
        ("", []),
        ("Who taught Professor Okafor?", ["Okafor"]),
    ],
)
def test_the_names_in_a_question_are_known_as_they_are_written(question: str, names: list[str]) -> None:
    assert names_asked(question) == names


ENGLISH = [
    "Answer with one word: is the review positive or negative?",
    "Translate English to French.",
    "Rewrite the sentence in the style of García Márquez.",
    "capital",
    "Given a name, say de or la.",
    "Rhyme.",
    "Name a word like und.",
    "Capitalize everything",
    "Do sentiment analysis.",
    "Do addition.",
    "Do named entity recognition.",
    "Summarize, no details.",
    "No explanations, only labels.",
    "No hashtags, no emojis.",
    "De-duplicate items",
    "De-identify tweets",
    "Count words per sentence",
    "Tokenize e-mails",
    "Lemmatize tweets",
    "Transliterate Devanagari",
    "German article: der, die or das?",
    "Paraphrase La Fontaine",
    "Identify Pokémon",
    "Résumé parser",
    "Classify crème brûlée",
    "Rate piñatas",
]
OTHERS = [
    "Antworte mit einem Wort: ist die Bewertung positiv oder negativ?",
    "Responde con una palabra si la reseña es positiva o negativa.",
    "Réponds par un mot : la critique est-elle positive ou négative ?",
    "Ответь одним словом: отзыв положительный или отрицательный?",
    "Übersetze den Satz ins Englische.",
    "Vertaal het woord naar Frans.",
    "Resume el texto.",
    "用一个词回答这条评论是正面还是负面",
    "Clasifica reseñas",
    "Schreibe alles groß",
    "Fasse den Text zusammen",
    "Nenne die Hauptstadt",
    "Responde en una palabra",
]
KNOWN = frozenset(
    "a addition analysis answer article bayes by capital capitalize classify count critique de do duplicate elle en "
    "english entity everything explanations french german given identify in is items la labels like mit name named "
    "negative no of one only or par per pokemon positive rate recognition resume review rewrite say sentence sentiment "
    "style summarize text the to translate with word words x".split()
)


@pytest.fixture(params=["a few words", "the embedder's"])
def known(request: pytest.FixtureRequest) -> frozenset[str]:
    """English words: some of those of these tests, and the vocabulary that descriptions are told by."""
    if request.param == "a few words":
        return KNOWN
    if not is_complete(EMBEDDER):
        pytest.skip("the embedder is not here")
    return frozenset((fetch(EMBEDDER, progress=False) / "vocab.txt").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("text", ENGLISH)
def test_english_passes_whatever_small_words_and_names_it_has(text: str, known: frozenset[str]) -> None:
    assert may_be_english(text, known)


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_surely_in_another_language_is_told(text: str, known: frozenset[str]) -> None:
    assert not may_be_english(text, known)


def test_what_may_be_either_passes(known: frozenset[str]) -> None:
    """Nothing tells two words of another language from two that are too new for a vocabulary."""
    assert may_be_english("Antworte kurz", known) and may_be_english("Lemmatize tweets", known)
