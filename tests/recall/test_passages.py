from __future__ import annotations

import pytest

from parametric_memory.recall.english import EnglishScorer
from parametric_memory.recall.passages import chosen_passages, looked_at
from parametric_memory.recall.scorer import VectorScorer
from tests.bag_of_words import BagOfWords

PASSAGES = ["Lina Okafor lives in Bergen.", "She plays the harp.", "The museum is closed in winter."]
QUESTION = "Is the museum closed?"


def test_what_a_scorer_adds_counts_beside_the_vector() -> None:
    found = [(0, 0.5), (2, 0.45)]
    english = EnglishScorer().query(QUESTION, BagOfWords())
    by_words = chosen_passages(english, found, PASSAGES, 2, temperature=0.1)
    assert [passage.number for passage in by_words] == [2, 0] and by_words[0].weight == 1.0 > by_words[1].weight
    vectors = VectorScorer().query(QUESTION, BagOfWords())
    for query, texts in ((english, []), (vectors, PASSAGES)):  # texts that nobody knows; rules that nobody has
        by_vectors = chosen_passages(query, found, texts, 2, temperature=0.1)
        assert [(passage.number, passage.score) for passage in by_vectors] == found
        assert by_vectors[1].weight == pytest.approx(0.607, abs=1e-3)  # exp(-0.5)


def test_of_passages_that_say_the_same_the_first_found_is_chosen() -> None:
    again = [*PASSAGES, PASSAGES[0]]
    query = EnglishScorer().query("Where?", BagOfWords())
    chosen = chosen_passages(query, [(3, 0.9), (0, 0.9), (1, 0.2)], again, 2, temperature=0.1)
    assert [passage.number for passage in chosen] == [3, 1]
    assert looked_at(2) > 2
