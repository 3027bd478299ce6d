from __future__ import annotations

import pytest

from parametric_memory.recall.passages import chosen_passages, looked_at
from parametric_memory.recall.scorer import VectorScorer

PASSAGES = ["Lina Okafor lives in Bergen.", "She plays the harp.", "The museum is closed in winter."]
SCORER = VectorScorer(temperature=0.1)


def test_the_best_passages_are_attached_as_strongly_as_the_scorer_says() -> None:
    chosen = chosen_passages(SCORER, [(2, 0.5), (0, 0.45), (1, 0.1)], PASSAGES, 2)
    assert [(passage.number, passage.score) for passage in chosen] == [(2, 0.5), (0, 0.45)]
    assert [passage.weight for passage in chosen] == [1.0, pytest.approx(0.607, abs=1e-3)]  # exp(-0.5)


def test_of_passages_that_say_the_same_the_first_found_is_chosen() -> None:
    found = [(3, 0.9), (0, 0.9), (1, 0.2)]
    assert [p.number for p in chosen_passages(SCORER, found, [*PASSAGES, PASSAGES[0]], 2)] == [3, 1]
    assert looked_at(2) > 2


def test_of_a_document_that_has_changed_meanwhile_vectors_alone_count() -> None:
    assert [p.number for p in chosen_passages(SCORER, [(7, 0.9), (0, 0.8)], PASSAGES, 2)] == [7, 0]
