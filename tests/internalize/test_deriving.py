from __future__ import annotations

from langchain_core.embeddings import Embeddings

from parametric_memory.internalize.deriving import extractive_summary


class TopicEmbeddings(Embeddings):
    """A text's vector counts its words about bread and about everything else."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.seen += texts
        return [[text.count("bread") + 0.01, 0.5 * (text.count("bread") == 0)] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


CENTRAL = [f"Sentence {i} is about bread and the people who bake it." for i in range(8)]
TEXT = " ".join([CENTRAL[0], "The weather was fine that day.", *CENTRAL[1:], "A dog slept."])


def test_a_short_text_is_its_own_summary_and_nothing_is_embedded() -> None:
    embeddings = TopicEmbeddings()
    assert extractive_summary("Lina moved\nto Bergen.", embeddings) == "Lina moved to Bergen."
    assert embeddings.seen == []


def test_the_most_central_sentences_stand_in_their_own_order() -> None:
    summary = extractive_summary(TEXT, TopicEmbeddings(), max_words=35)
    assert summary == " ".join(CENTRAL[:3])


def test_the_title_comes_first_unless_the_text_begins_with_it() -> None:
    assert extractive_summary("She moved.", TopicEmbeddings(), title="Lina") == "Lina She moved."
    assert extractive_summary("# Lina\nShe moved.", TopicEmbeddings(), title="Lina") == "# Lina She moved."
    assert extractive_summary(TEXT, TopicEmbeddings(), title="On bread", max_words=35).startswith("On bread Sentence 0")


def test_a_summary_keeps_to_its_length() -> None:
    assert len(extractive_summary(TEXT, TopicEmbeddings(), max_words=40).split()) <= 40
    assert extractive_summary("word " * 500, TopicEmbeddings(), max_words=5) == "word word word word word …"


def test_of_a_very_long_text_only_sentences_spread_over_it_are_embedded() -> None:
    embeddings = TopicEmbeddings()
    extractive_summary(" ".join(f"Line {i} is here." for i in range(5000)), embeddings)
    assert len(embeddings.seen) <= 400
    assert any(text.startswith("Line 49") for text in embeddings.seen)
