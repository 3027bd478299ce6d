from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from parametric_memory import ParametricMemory
from parametric_memory.errors import MemoryMismatch, SettingsError
from parametric_memory.language_model.answer_rules import AnswerWeights, EnglishAnswerRules
from parametric_memory.recall.english import EnglishScorer, EnglishWeights
from parametric_memory.recall.scorer import Candidate, NumberedPassage, Vector, VectorScorer
from parametric_memory.recall.scorers import ANSWER_RULES, ENGLISH_RULES, chosen_scorer, without
from parametric_memory.settings import RecallSettings
from parametric_memory.storage.identity import MemoryIdentity
from tests.bag_of_words import BagOfWords

WEIGHTS = EnglishWeights()
ENGLISH = EnglishScorer(WEIGHTS).fingerprint
OpenMemory = Callable[..., ParametricMemory]


def made_with(scorer: str, embedder: str = WEIGHTS.embedder) -> MemoryIdentity:
    return MemoryIdentity(
        base_model="tiny",
        base_fingerprint="b",
        hypernetwork="h",
        hypernetwork_fingerprint="h1",
        embedder_fingerprint=embedder,
        scorer=scorer,
    )


@pytest.mark.parametrize(
    ("named", "embedder", "before", "chosen"),
    [
        (None, WEIGHTS.embedder, None, EnglishScorer),
        (None, "another:3", None, VectorScorer),  # the weights were not measured with it
        ("english", "another:3", None, EnglishScorer),  # unless the user says otherwise
        ("vectors", WEIGHTS.embedder, None, VectorScorer),
        (None, WEIGHTS.embedder, made_with("vectors"), VectorScorer),
        (None, "another:3", made_with(ENGLISH, "another:3"), EnglishScorer),
        (None, "another:3", made_with(ENGLISH), VectorScorer),  # its index has to be built anew
        ("english", WEIGHTS.embedder, made_with("vectors"), EnglishScorer),
    ],
)
def test_the_scorer_is_what_is_named_or_what_the_memory_was_made_with_or_what_fits_the_embedder(
    named: str | None, embedder: str, before: MemoryIdentity | None, chosen: type
) -> None:
    assert type(chosen_scorer(RecallSettings(scorer=named), lambda: WEIGHTS, embedder, before)) is chosen


def test_a_scorer_that_nobody_can_make_has_to_be_given() -> None:
    with pytest.raises(SettingsError, match=r"made with the scorer mine:2: give that, or name english or vectors"):
        chosen_scorer(RecallSettings(), lambda: WEIGHTS, WEIGHTS.embedder, made_with("mine:2"))
    with pytest.raises(SettingsError, match="no scorer 'german': name english or vectors"):
        chosen_scorer(RecallSettings(scorer="german"), lambda: WEIGHTS, WEIGHTS.embedder, None)


def test_rules_are_turned_off_by_name() -> None:
    off = chosen_scorer(RecallSettings(without=("asker", "tripled_letters")), lambda: WEIGHTS, WEIGHTS.embedder, None)
    assert isinstance(off, EnglishScorer) and off.weights == replace(WEIGHTS, asker=0.0)
    with pytest.raises(SettingsError, match=r"no rule 'months': there are .*asker.*tripled_letters"):
        without(WEIGHTS, ["months"])
    assert not set(ENGLISH_RULES) & set(ANSWER_RULES)


class Reversed:
    """Embeds what a text says backwards, and finds documents by their length."""

    fingerprint = "reversed"

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        parts = [(summary or "", -1), *passages]
        return list(embeddings.embed_documents([text[::-1] for text, _ in parts])), [n for _, n in parts]

    def query(self, text: str, embeddings: Embeddings) -> ByLength:
        return ByLength(embeddings.embed_query(text))

    def answer_rules(self, question: str, weights: AnswerWeights) -> None:
        return None


class ByLength:
    def __init__(self, vector: Vector):
        self.vector = self.passage_vector = vector

    def entry_gain(self, candidate: Candidate) -> float:
        return len(candidate.text()) / 10

    def passage_gains(self, passages: Sequence[str], numbers: Sequence[int]) -> Sequence[float]:
        return [float(number) for number in numbers]


def test_any_object_with_the_same_methods_takes_the_place_of_a_scorer(open_memory: OpenMemory) -> None:
    memory = open_memory(scorer=Reversed(), max_passages=1)
    memory.add("Lina Okafor lives in Bergen.", id="short")
    memory.add("Tomas leads the Heron project. It ends soon. The museum is closed in winter.", id="long")
    [found] = memory.recall("Where does Lina Okafor live?", 1)
    assert found.entry_id == "long" and found.passages[0].number == 2


def test_a_memory_keeps_to_the_scorer_it_was_made_with_until_its_index_is_built_anew(open_memory: OpenMemory) -> None:
    made = open_memory(scorer="vectors")
    made.add("Lina Okafor lives in Bergen. She plays the harp.")
    plain = open_memory(scorer=None).recall("Where does Lina Okafor live?", 1)
    assert plain == made.recall("Where does Lina Okafor live?", 1)
    english = open_memory(scorer="english")
    with pytest.raises(MemoryMismatch, match=r"scorer vectors, not english.*reindex.*--scorer english"):
        english.recall("Where does Lina Okafor live?")
    english.reindex()
    assert open_memory(scorer=None).recall("Where does Lina Okafor live?", 1)[0].score != plain[0].score


def test_vectors_alone_are_what_the_embedder_says() -> None:
    vectors, numbers = VectorScorer().document_vectors([("a b", 4), ("c", 7)], BagOfWords())
    assert vectors == BagOfWords().embed_documents(["a b", "c"]) and numbers == [4, 7]
    query = VectorScorer().query("a b", BagOfWords())
    assert query.vector == query.passage_vector == BagOfWords().embed_query("a b")
    assert VectorScorer().document_vectors([], BagOfWords()) == ([], [])
    assert VectorScorer().document_vectors([("c", 7)], BagOfWords(), "a b") == (vectors, [-1, 7])
    assert VectorScorer().answer_rules("Where is Lina?", AnswerWeights(1.0)) is None


def test_english_answers_have_rules_where_they_have_weights() -> None:
    rules = EnglishScorer().answer_rules("Where does Lina Okafor live?", AnswerWeights(1.0))
    assert rules == EnglishAnswerRules(("Lina Okafor",), AnswerWeights(1.0))
    assert EnglishScorer().answer_rules("Where does Lina Okafor live?", AnswerWeights()) is None


def test_weights_are_asked_for_only_where_english_is_used() -> None:
    def never() -> EnglishWeights:
        raise AssertionError("a hypernetwork has to be looked for")

    assert isinstance(chosen_scorer(RecallSettings(scorer="vectors"), never, "e", None), VectorScorer)
    assert isinstance(chosen_scorer(RecallSettings(), never, "e", made_with("vectors", "e")), VectorScorer)


def test_an_exported_memory_is_imported_with_its_scorer(open_memory: OpenMemory, tmp_path: Path) -> None:
    made = open_memory(scorer="vectors")
    made.add("Lina Okafor lives in Bergen. She plays the harp.")
    made.export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other", scorer=None)
    assert other.import_(tmp_path / "memory.zip") == 1
    assert open_memory(tmp_path / "other", scorer=None).recall("Bergen", 1) == made.recall("Bergen", 1)


def test_another_process_that_builds_the_index_anew_is_heard_of(open_memory: OpenMemory) -> None:
    reader = open_memory(scorer="english")
    reader.add("Lina Okafor lives in Bergen.")
    assert reader.recall("Bergen", 1)
    open_memory(scorer="vectors").reindex()
    with pytest.raises(MemoryMismatch, match="scorer vectors, not english"):
        reader.recall("Bergen", 1)
