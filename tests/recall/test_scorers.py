from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings

from parametric_memory import Maintenance, ParametricMemory
from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import MemoryMismatch, SettingsError
from parametric_memory.internalize.selection import MemoryIdentity
from parametric_memory.language_model.answer_rules import AnswerWeights
from parametric_memory.recall.calibration import ChosenScorer, without
from parametric_memory.recall.judge_config import JudgeConfig, write_judge_config
from parametric_memory.recall.judged import JudgedScorer
from parametric_memory.recall.scorer import (
    Candidate,
    Marks,
    NumberedPassage,
    Scored,
    Vector,
    VectorScorer,
    passage_weights,
)
from parametric_memory.records import now
from parametric_memory.settings import ModelSettings, RecallSettings
from tests.bag_of_words import BagOfWords

EMBEDDER = "minilm:3"  # that the judge was trained on
CONFIG = JudgeConfig(embedder=EMBEDDER, threshold=0.6)
JUDGE = JudgedScorer.fingerprint
OpenMemory = Callable[..., ParametricMemory]


@dataclass
class Loaded:
    """As much of the loaded models as choosing a scorer looks at."""

    embedder_fingerprint: str
    settings: ModelSettings
    calibration: tuple[Mapping[str, Any], None] = ({"passage_temperature": 0.2}, None)


@cache
def folder_of_the_judge() -> Path:
    folder = Path(mkdtemp())
    write_judge_config(CONFIG, folder)
    return folder


def chosen(embedder: str, before: MemoryIdentity | None = None, **settings: Any) -> Any:
    models: Any = Loaded(embedder, ModelSettings(judge=folder_of_the_judge()))
    return ChosenScorer(RecallSettings(**settings), models, before).chosen


def made_with(scorer: str, embedder: str = EMBEDDER) -> MemoryIdentity:
    return MemoryIdentity(
        base_model="tiny",
        base_fingerprint="b",
        hypernetwork="h",
        hypernetwork_fingerprint="h1",
        embedder_fingerprint=embedder,
        scorer=scorer,
    )


@pytest.mark.parametrize(
    ("named", "embedder", "before", "kind"),
    [
        (None, EMBEDDER, None, JudgedScorer),
        (None, "another:3", None, VectorScorer),  # the judge was not trained on it
        ("judge", "another:3", None, JudgedScorer),  # unless the user says otherwise
        ("vectors", EMBEDDER, None, VectorScorer),
        (None, EMBEDDER, made_with("vectors"), VectorScorer),
        (None, "another:3", made_with(JUDGE, "another:3"), JudgedScorer),
        (None, "another:3", made_with(JUDGE), VectorScorer),  # its index has to be built anew
        ("judge", EMBEDDER, made_with("vectors"), JudgedScorer),
    ],
)
def test_the_scorer_is_what_is_named_or_what_the_memory_was_made_with_or_what_fits_the_embedder(
    named: str | None, embedder: str, before: MemoryIdentity | None, kind: type
) -> None:
    assert type(chosen(embedder, before, scorer=named)) is kind


def test_a_scorer_knows_how_its_scores_are_read() -> None:
    assert chosen(EMBEDDER).threshold == 0.6
    plain = chosen("another:3")
    assert plain.threshold is None and plain == VectorScorer(0.2)
    assert plain.weights([0.5, 0.3]) == pytest.approx([1.0, 0.3679], abs=1e-4)  # exp(-1)


def test_a_scorer_that_nobody_can_make_has_to_be_given() -> None:
    with pytest.raises(SettingsError, match=r"made with the scorer mine:2: give that, or name judge or vectors"):
        chosen(EMBEDDER, made_with("mine:2"))
    with pytest.raises(SettingsError, match="no scorer 'german': name judge or vectors"):
        chosen(EMBEDDER, scorer="german")


def test_rules_about_answers_are_turned_off_by_name() -> None:
    off = without(AnswerWeights(1.0, 2.0, 3.0), ["tripled_letters"])
    assert off == AnswerWeights(1.0, 2.0, 0.0)
    with pytest.raises(SettingsError, match=r"no rule 'months': there are .*tripled_letters"):
        chosen(EMBEDDER, without=("months",))


class Reversed:
    """Embeds what a text says backwards, and finds documents by their length."""

    fingerprint = "reversed"
    threshold = 10.0

    def document_vectors(
        self, passages: Sequence[NumberedPassage], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Vector], list[int]]:
        parts = [(summary or "", -1), *passages]
        return list(embeddings.embed_documents([text[::-1] for text, _ in parts])), [n for _, n in parts]

    def query(self, text: str, embeddings: Embeddings) -> ByLength:
        return ByLength(embeddings.embed_query(text))

    def weights(self, scores: Sequence[float]) -> Sequence[float]:
        return [1.0] * len(scores)

    def mark(self, question: str, attached: Sequence[InContext]) -> Marks:
        return Marks([[0.5 for _ in of.sentence.split()] for of in attached], answered="tomorrow" not in question)

    def confidence(self, question: str, answer: str, attached: Sequence[InContext], least_probable: float) -> float:
        return 0.25 if [of.sentence for of in attached] == ["The museum is closed in winter."] else 1.0

    def answer_rules(self, question: str, weights: AnswerWeights) -> None:
        return None


class ByLength:
    def __init__(self, vector: Vector):
        self.vector = vector

    def score(self, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        texts = [candidate.passages() for candidate in candidates]
        last_first = [[(n, float(n)) for n in reversed(range(len(of_one)))] for of_one in texts]
        return [Scored(float(len("".join(of))), numbers) for of, numbers in zip(texts, last_first, strict=True)]


def test_any_object_with_the_same_methods_takes_the_place_of_a_scorer(open_memory: OpenMemory) -> None:
    memory = open_memory(scorer=Reversed(), max_passages=1, threshold=None)
    memory.add("Lina Okafor lives in Bergen.", id="short")
    memory.add("Tomas leads the Heron project. It ends soon. The museum is closed in winter.", id="long")
    [found] = memory.recall("Where does Lina Okafor live?", 1)
    assert found.entry_id == "long" and found.attached and [p.number for p in found.passages] == [2]
    assert memory.recaller.threshold == 10.0
    assert found.passages[0].words == [(word, 0.5) for word in "The museum is closed in winter.".split()]
    assert memory.ask("Where does Lina Okafor live?").confidence == 0.25
    [found] = memory.recall("Where does Lina Okafor live tomorrow?", 1)
    assert found.entry_id == "long" and not found.attached and found.weight == 0.0
    assert not memory.ask("Where does Lina Okafor live tomorrow?").remembered
    open_to_all = open_memory(scorer=Reversed(), max_passages=1, threshold=-1.0)
    assert open_to_all.recall("Where does Lina Okafor live tomorrow?", 1)[0].attached


def test_a_memory_keeps_to_the_scorer_it_was_made_with_until_its_index_is_built_anew(open_memory: OpenMemory) -> None:
    made = open_memory(scorer="vectors")
    made.add("Lina Okafor lives in Bergen. She plays the harp.")
    plain = open_memory(scorer=None).recall("Where does Lina Okafor live?", 1)
    assert plain == made.recall("Where does Lina Okafor live?", 1)
    other = open_memory(scorer=Reversed())
    with pytest.raises(MemoryMismatch, match=r"scorer vectors, not reversed.*call `reindex`"):
        other.recall("Where does Lina Okafor live?")
    judged = open_memory(scorer="judge")
    with pytest.raises(MemoryMismatch, match=r"scorer vectors, not judge:1.*reindex.*--scorer judge"):
        judged.recall("Where does Lina Okafor live?")
    Maintenance(other).reindex()
    with pytest.raises(SettingsError, match="made with the scorer reversed: give that"):
        open_memory(scorer=None).recall("Where does Lina Okafor live?")


def test_vectors_alone_are_what_the_embedder_says() -> None:
    vectors, numbers = VectorScorer().document_vectors([("a b", 4), ("c", 7)], BagOfWords())
    assert vectors == BagOfWords().embed_documents(["a b", "c"]) and numbers == [4, 7]
    query = VectorScorer().query("a b", BagOfWords())
    assert query.vector == BagOfWords().embed_query("a b")
    candidate = Candidate("", "", 0.7, now(), lambda: ["a b", "c"], lambda _: [(1, 0.7), (0, 0.2)])
    assert query.score([candidate]) == [Scored(0.7, [(1, 0.7), (0, 0.2)])]
    assert VectorScorer().confidence("Where?", "There.", [InContext("There.")], 0.3) == 0.3
    assert VectorScorer().document_vectors([], BagOfWords()) == ([], [])
    assert VectorScorer().document_vectors([("c", 7)], BagOfWords(), "a b") == (vectors, [-1, 7])
    assert VectorScorer().answer_rules("Where is Lina?", AnswerWeights(1.0)) is None


def test_an_exported_memory_is_imported_with_its_scorer(open_memory: OpenMemory, tmp_path: Path) -> None:
    made = open_memory(scorer="vectors")
    made.add("Lina Okafor lives in Bergen. She plays the harp.")
    Maintenance(made).export(tmp_path / "memory.zip")
    other = open_memory(tmp_path / "other", scorer=None)
    assert Maintenance(other).import_(tmp_path / "memory.zip") == (1, 0)
    assert open_memory(tmp_path / "other", scorer=None).recall("Bergen", 1) == made.recall("Bergen", 1)


def test_another_process_that_builds_the_index_anew_is_heard_of(open_memory: OpenMemory) -> None:
    reader = open_memory(scorer=Reversed())
    reader.add("Lina Okafor lives in Bergen.")
    assert reader.recall("Bergen", 1)
    Maintenance(open_memory(scorer="vectors")).reindex()
    with pytest.raises(MemoryMismatch, match="scorer vectors, not reversed"):
        reader.recall("Bergen", 1)


def test_the_nearest_passage_weighs_1_and_others_less_the_further_they_are() -> None:
    assert passage_weights([0.7, 0.8, 0.5], temperature=0.1) == pytest.approx([0.368, 1, 0.0498], abs=1e-3)
    assert passage_weights([]) == []
