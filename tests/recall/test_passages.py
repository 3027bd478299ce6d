from __future__ import annotations

import pytest

from parametric_memory.recall.passages import chosen_passages, looked_at, passage_parts

PASSAGES = ["Lina Okafor lives in Bergen.", "She plays the harp.", "The museum is closed in winter."]


def test_a_passage_is_embedded_with_each_name_that_its_pronoun_may_mean() -> None:
    parts, numbers = passage_parts([(passage, number + 5) for number, passage in enumerate(PASSAGES)])
    assert parts == [PASSAGES[0], "Lina Okafor plays the harp.", "Bergen plays the harp.", PASSAGES[2]]
    assert numbers == [5, 6, 6, 7]


def test_words_that_a_passage_shares_with_the_question_count_beside_its_vector() -> None:
    found = [(0, 0.5), (2, 0.45)]
    by_words = chosen_passages("Is the museum closed?", found, PASSAGES, 2, temperature=0.1)
    assert [passage.number for passage in by_words] == [2, 0] and by_words[0].weight == 1.0 > by_words[1].weight
    by_vectors = chosen_passages("Is the museum closed?", found, [], 2, temperature=0.1)
    assert [(passage.number, passage.score) for passage in by_vectors] == found
    assert by_vectors[1].weight == pytest.approx(0.607, abs=1e-3)  # exp(-0.5)


def test_of_passages_that_say_the_same_the_first_found_is_chosen() -> None:
    again = [*PASSAGES, PASSAGES[0]]
    chosen = chosen_passages("Where?", [(3, 0.9), (0, 0.9), (1, 0.2)], again, 2, temperature=0.1)
    assert [passage.number for passage in chosen] == [3, 1]
    assert looked_at(2) > 2
