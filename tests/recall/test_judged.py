from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from parametric_memory.documents.sentences import InContext
from parametric_memory.index.exact import cosines
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights
from parametric_memory.recall import judged
from parametric_memory.recall.judged import JudgedScorer, towards_first, without_names
from parametric_memory.recall.scorer import Candidate, Vector
from tests.bag_of_words import BagOfWords

PASSAGES = ["Lina Okafor lives in Bergen.", "She plays the harp.", "The museum is closed in winter."]


class ByWords:
    """Judges by the share of the question's words, and remembers what it read."""

    def __init__(self, nameless_weight: float = 0.0, nameless_slope: float = 1.0) -> None:
        self.read: list[InContext] = []
        self.nameless_weight, self.nameless_slope, self.config = nameless_weight, nameless_slope, self

    def logits(self, question: str, sentences: Sequence[InContext]) -> list[float]:
        self.read += [sentence for sentence in sentences if sentence not in judged._UNRELATED]
        words = set(question.lower().strip("?").split())
        return [len(words & set(s.sentence.lower().strip(".").split())) / len(words) for s in sentences]

    def support(self, question: str, answer: str, sentences: Sequence[InContext]) -> list[float]:
        return [float(answer in s.sentence) for s in sentences]

    def probability(self, logit: float, similarity: float) -> float:
        return logit

    def score_within(self, logit: float, similarity: float) -> float:
        return logit + 10.0 * similarity

    def says_the_same(self, ratio: float, score: float, other: float, similarity: float) -> float:
        return similarity if ratio > 0.5 and min(score, other) > 1.0 else 0.0

    def confidence(self, support: float, least_probable: float) -> float:
        return support * least_probable


def candidate(
    passages: Sequence[str], near: Sequence[int] = (), similarity: float = 0.5, title: str = "", day: int = 1
) -> Candidate:
    found = [(number, similarity - 0.01 * place) for place, number in enumerate(near)]
    return Candidate(title, "", similarity, datetime(2026, 1, day, tzinfo=UTC), lambda: passages, lambda _: found)


def scored(question: str, *candidates: Candidate, judge: ByWords | None = None) -> Any:
    any_judge: Any = judge or ByWords()
    return JudgedScorer(lambda: any_judge, 0.5).query(question, BagOfWords()).score(candidates)


def test_the_judge_orders_entries_and_their_passages() -> None:
    lina, other = scored("she plays", candidate(PASSAGES, [2, 0, 1]), candidate(["They play chess."], [0], 0.9))
    assert lina.score == 1.0 and lina.passages[0] == (1, 1.0)
    assert other.score == 0.0


def test_a_sentence_is_read_behind_the_title_what_the_document_begins_with_and_the_one_before() -> None:
    judge = ByWords()
    scored("Where?", candidate(PASSAGES, [2]), candidate(PASSAGES, [0], title="People"), judge=judge)
    assert judge.read[:2] == [
        InContext(PASSAGES[2], PASSAGES[0], PASSAGES[1]),
        InContext(PASSAGES[0], "People"),
    ]
    assert judge.read[2] == InContext(PASSAGES[1], f"People. {PASSAGES[0]}")  # which follows the second


def test_the_nearest_sentences_of_all_are_read_and_then_as_much_of_the_best_entry_as_if_it_was_alone() -> None:
    long, other = ["Sentence", *(f"Sentence {i}." for i in range(1, 40))], [f"Other {i}." for i in range(40)]
    judge, alone = ByWords(), ByWords()
    found = scored("sentence", candidate(long, range(40), 0.9), candidate(other, range(40), 0.6), judge=judge)
    [first] = scored("sentence", candidate(long, range(40), 0.9), judge=alone)
    assert len(judge.read) == len(alone.read) == 8  # one is sure: nothing else is read
    assert found[0] == first and found[1].passages == ()
    assert found[1].score <= found[0].score


def test_an_entry_has_the_score_that_it_has_alone_however_near_others_are() -> None:
    note = [*(f"Marta has the key {i}." for i in range(11)), "The landlady is Mrs Petrenko.", "It rained."]
    unrelated = [f"The name of the dog {i}." for i in range(30)]
    question, note_alone = "the landlady is who", candidate(note, range(13), 0.4)
    [alone] = scored(question, note_alone)
    assert alone.score > 0.5 and alone.passages[0][0] == 11
    among = scored(question, candidate(unrelated, range(30), 0.9), note_alone)[1]
    assert among == alone


def test_the_sentence_after_one_that_is_near_is_read() -> None:
    judge = ByWords()
    lina = ["Lina Okafor lives in Bergen.", *(f"Nothing {i}." for i in range(30)), "Lina has a harp.", "She plays it."]
    near = [31, 0, *range(1, 20)]
    scored("Lina plays", candidate(lina, near), judge=judge)
    assert InContext("She plays it.", lina[0], "Lina has a harp.") in judge.read
    assert len(judge.read) == 12 + 8


def told_apart(question: str, passages: Sequence[str], nameless_weight: float = 10.0, slope: float = 1.0) -> Any:
    """What is scored of one document whose passages are compared with whatever vector is looked up."""
    embedder, judge = BagOfWords(), ByWords(nameless_weight, slope)

    def nearest(vector: Vector) -> list[tuple[int, float]]:
        found = enumerate(cosines(embedder.embed_documents(list(passages)), vector))
        return sorted(found, key=lambda pair: -pair[1])

    document = Candidate("", "", 0.5, datetime(2026, 1, 1, tzinfo=UTC), lambda: passages, nearest)
    return scored(question, document, judge=judge)[0]


def test_within_a_document_what_is_asked_counts_more_than_whom_it_is_asked_of() -> None:
    question, passages = "where does Lina Okafor live", ["Lina Okafor plays, Lina Okafor does.", "Lina can live here."]
    by_name, by_what = (told_apart(question, passages, weight) for weight in (0.0, 10.0))
    assert [number for number, _ in by_name.passages] == [0, 1]
    assert [number for number, _ in by_what.passages] == [1, 0]
    any_answers = by_what.passages[0][1]
    assert by_what.score == by_name.score == pytest.approx(any_answers)


def test_within_a_document_the_slope_says_how_far_the_others_are_behind_the_best() -> None:
    def behind(slope: float) -> float:
        found = told_apart("who plays it here", ["Lina plays.", "Ana sings here."], slope=slope)
        [(_, best), (_, other)] = found.passages
        return math.log(best / (1 - best)) - math.log(other / (1 - other))

    assert behind(0.5) == pytest.approx(behind(0.25) * 2) and behind(0.25) > 0


def test_of_a_long_document_what_is_near_to_the_question_without_its_names_is_read_too() -> None:
    passages = [*(f"Lina Okafor {word}." for word in "abcdefghijklmnopqrstuvwxyz"), "She went to live there."]
    found = told_apart("where did Lina Okafor live", passages)
    assert 26 in [number for number, _ in found.passages]


def test_a_question_without_its_names_is_what_is_asked() -> None:
    assert without_names([0.6, 0.8], [0.0, 2.0]) == [1.0, 0.0]
    assert without_names([0.6, 0.8], [0.0, 0.0]) == pytest.approx([0.6, 0.8])
    assert without_names([0.0, 1.0], [0.0, 1.0]) == [0.0, 0.0]  # names alone


def test_of_a_document_that_has_no_passages_to_attach_sentences_are_read_and_none_is_chosen() -> None:
    [whole] = scored("museum is closed", candidate(PASSAGES))
    assert whole.score == 1.0 and whole.passages == []


def test_of_entries_that_say_the_same_of_the_same_the_newer_holds() -> None:
    older = candidate(["The lead of the Heron project is Ada Berg."], [0], 0.6, day=1)
    newer = candidate(["The lead of the Heron project is Tomas Dahl."], [0], 0.5, day=2)
    other = candidate(["Nobody was the lead of anything."], [0], 0.5, day=3)
    for order in ([older, newer, other], [newer, other, older]):
        found = dict(zip(map(id, order), scored("lead of the Heron project", *order), strict=True))
        assert found[id(newer)].score >= found[id(older)].score > found[id(other)].score
        newest = order.index(newer)
        assert [of.newer_than for of in found.values()] == [
            [order.index(older)] if place == newest else () for place in range(3)
        ]
    contrary = candidate(["The lead of the Heron project, is Tomas."], [0], 0.5, day=2)
    first, second = scored("lead of the heron project is ada", older, contrary)
    assert second.score > first.score  # though it holds fewer words


def test_what_has_no_sentences_counts_by_its_vectors() -> None:
    near, far = scored("Where?", candidate([], similarity=0.6), candidate([], similarity=0.2))
    assert near.score > 0.9 and far.score < 0.1


def test_entries_beyond_those_that_are_read_do_not_pass_them() -> None:
    found = scored("number", *(candidate([f"Number {i}."], [0], 0.9 - i / 100) for i in range(10)))
    assert all(of.score <= min(found[place].score for place in range(8)) for of in found[8:])


def test_entries_that_name_different_ones_of_those_asked_about_do_not_supersede_each_other() -> None:
    ana, bo = candidate(["Ana lives in Oslo."], [0], day=1), candidate(["Bo lives in Oslo."], [0], day=2)
    assert [of.newer_than for of in scored("lives Ana or Bo in Oslo", ana, bo)] == [(), ()]


@pytest.mark.parametrize(("name", "supersedes"), [("Tala Brum", False), ("Osma", True), ("Dr Osma Brum", True)])
def test_a_newer_entry_supersedes_one_about_somebody_if_it_names_the_same(name: str, supersedes: bool) -> None:
    older = candidate(["The cabin of Osma Brum is near Oslo."], [0], day=1)
    newer = candidate([f"The cabin of {name} is near Bergen."], [0], day=2)
    _, found = scored("the cabin of Osma Brum is", older, newer)
    assert bool(found.newer_than) == supersedes


def test_for_a_remark_that_any_sentence_seems_to_answer_only_vectors_count() -> None:
    class Agreeable(ByWords):
        def probability(self, logit: float, similarity: float) -> float:
            return 0.6

    far, near = candidate(PASSAGES, [2, 0, 1], 0.2), candidate(PASSAGES, [0], 0.6)
    first, second = scored("thanks", far, near, judge=Agreeable())
    assert first.score < 0.1 and second.score > 0.9
    assert [number for number, _ in first.passages] == [2, 0, 1] and second.passages == [(0, second.score)]
    assert scored("thanks?", far, judge=Agreeable())[0].score == 0.6


def test_what_holds_every_word_of_a_query_that_asks_nothing_counts_by_its_vector_too() -> None:
    lina = candidate(["Lina Okafor moved to Bergen."], [0], 0.6)

    class Unsure(ByWords):
        def probability(self, logit: float, similarity: float) -> float:
            return min(logit, 0.1)

    assert scored("lina okafor", lina, judge=Unsure())[0].score > 0.9
    assert scored("lina berg", lina, judge=Unsure())[0].score == 0.1
    assert scored("Lina Okafor?", lina, judge=Unsure())[0].score == 0.1


def test_weights_are_the_odds_beside_those_of_the_best() -> None:
    judge: Any = ByWords()
    scorer = JudgedScorer(lambda: judge, 0.5)
    assert scorer.weights([0.8, 0.5]) == pytest.approx([1.0, 0.25])
    assert scorer.weights([0.99, 0.97]) == pytest.approx([1.0, 0.327], abs=1e-3)
    assert scorer.weights([1.0, 1.0, 0.0]) == [1.0, 1.0, 0.0]
    assert scorer.weights([0.0, 0.0]) == [0.0, 0.0]
    assert scorer.weights([]) == []


def test_the_best_of_what_was_attached_supports_an_answer() -> None:
    judge: Any = ByWords()
    scorer = JudgedScorer(lambda: judge, 0.5)
    attached = [InContext(passage) for passage in PASSAGES]
    assert scorer.confidence("What?", "harp", attached, 0.5) == 0.5
    assert scorer.confidence("What?", "flute", attached, 0.5) == 0.0
    assert scorer.confidence("What?", "flute", [], 0.5) == 0.5  # of a skill, say


def test_english_answers_have_rules_where_they_have_weights() -> None:
    judge: Any = ByWords()
    scorer = JudgedScorer(lambda: judge, 0.5)
    rules = scorer.answer_rules("Where does Lina Okafor live?", AnswerWeights(1.0))
    assert rules == AnswerRules(("Lina Okafor",), AnswerWeights(1.0))
    assert scorer.answer_rules("Where does Lina Okafor live?", AnswerWeights()) is None


def test_passages_lean_towards_the_first_as_far_as_it_says_what_they_are_about() -> None:
    vectors = [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], *[[0.0, 1.0]] * 20]
    moved = towards_first(vectors, 0.3)
    assert moved[0] == [1.0, 0.0]
    assert moved[1] == pytest.approx([0.287, 0.958], abs=1e-3)
    assert moved[2] == [0.0, 0.0]
    assert moved[15] == moved[1] and moved[16] == [0.0, 1.0]
    judge: Any = ByWords()
    indexed, numbers = JudgedScorer(lambda: judge, 0.5).document_vectors([("a b", 0), ("c", 3)], BagOfWords(), "d")
    assert numbers == [-1, 0, 3] and indexed[0] == BagOfWords().embed_query("d")
    assert JudgedScorer(lambda: judge, 0.5).document_vectors([], BagOfWords()) == ([], [])


def test_a_question_is_read_with_the_whole_names_that_a_document_has() -> None:
    class Asked(ByWords):
        def __init__(self) -> None:
            super().__init__()
            self.questions: list[str] = []

        def logits(self, question: str, sentences: Sequence[InContext]) -> list[float]:
            self.questions.append(question)
            return super().logits(question, sentences)

    judge = Asked()
    scored("Where does Lina live?", candidate(["In 2021 Lina Okafor moved to Bergen."], [0]), judge=judge)
    scored("Where does Lina live?", candidate(["Lina is here, and Lina Okafor too.", "It is Lina."], [1]), judge=judge)
    scored("Where does Ana live?", candidate(["In 2021 Lina Okafor moved to Bergen."], [0]), judge=judge)
    assert judge.questions == ["Where does Lina Okafor live?", "Where does Lina live?", "Where does Ana live?"]
