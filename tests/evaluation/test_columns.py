from __future__ import annotations

from typing import TYPE_CHECKING

from parametric_memory.evaluation.columns import PassageRetriever
from tests.bag_of_words import BagOfWords

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

FIRST = "The harbour was rebuilt after the storm. " * 3 + "The museum moved into the largest of its sheds."
SECOND = "A boy was selling newspapers at the station when the train arrived in the morning."


def test_the_passages_nearest_to_the_question_are_found(base: BaseModel) -> None:
    retriever = PassageRetriever(BagOfWords(), base.tokenizer)
    assert "newspapers" in retriever.find("Who was selling newspapers?", (FIRST, SECOND), budget=1)
    assert "newspapers" not in retriever.find("Where did the museum move?", (FIRST, SECOND), budget=1)


def test_how_long_an_embedders_vectors_are_does_not_matter(base: BaseModel) -> None:
    class Uneven(BagOfWords):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [
                [x * (0.01 if "newspapers" in text else 1.0) for x in v]
                for text, v in zip(texts, super().embed_documents(texts), strict=True)
            ]

    found = PassageRetriever(Uneven(), base.tokenizer).find("Who was selling newspapers?", (FIRST, SECOND), budget=1)
    assert "newspapers" in found


def test_with_room_for_all_the_texts_come_back_in_order(base: BaseModel) -> None:
    found = PassageRetriever(BagOfWords(), base.tokenizer).find("newspapers", (FIRST, SECOND), budget=10_000)
    assert found.split() == f"{FIRST} {SECOND}".split()
