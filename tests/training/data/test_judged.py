from __future__ import annotations

import random

from parametric_memory.documents.files import Document
from parametric_memory.documents.sentences import InContext
from parametric_memory.training.data.facts import FactGenerator
from parametric_memory.training.data.judged import (
    Pool,
    as_embedded,
    holding,
)
from parametric_memory.training.data.question_answering import Asked, WrittenQuestion, WrittenText
from parametric_memory.training.data.vocabulary import WordList
from tests.bag_of_words import BagOfWords

BERGEN = "This is about Bergen. It has a harbour of 6 piers. Ships call there at night."
LAGOS = "This is about Lagos. It has a harbour of 9 piers. Ships call there by day."


def silent(_: str) -> None:
    pass


def pool_of(*asked: Asked) -> Pool:
    pool = Pool()
    pool.add_passages(asked, 10, random.Random(0))
    return pool


def test_sentences_that_hold_the_answer_are_right_and_else_any_may_be() -> None:
    pool = pool_of(
        Asked(BERGEN, "How many piers has Bergen?", ("6 piers",)), Asked(BERGEN, "Do ships call?", ("Yes",), "yesno")
    )
    piers, ships = pool.questions
    assert piers.certain and piers.right == (1,)
    assert not ships.certain and ships.right == (0, 1, 2)
    assert pool.sentences[2] == InContext(
        "Ships call there at night.", "This is about Bergen.", "It has a harbour of 6 piers."
    )
    assert as_embedded(pool.sentences[2]) == "This is about Bergen. ... Ships call there at night."


def test_an_answer_is_looked_for_in_whole_words() -> None:
    assert holding(("6 piers",), ["It has 16 piers.", "It has 6 PIERS.", "6 piers."]) == (1, 2)
    assert holding(("...", " "), ["It has 6 piers."]) == ()


def test_what_is_near_and_of_another_document_does_not_answer() -> None:
    pool = pool_of(
        Asked(BERGEN, "How many piers has Bergen?", ("6 piers",)),
        Asked(LAGOS, "How many piers has Lagos?", ("9 piers",)),
        Asked("Oslo has 6 piers. They are old.", "How many piers has Oslo?", ("6 piers",)),
    )
    pool.mine(BagOfWords(), silent)
    [bergen] = [i for i, q in enumerate(pool.questions) if "Bergen" in q.text]
    near = {pool.sentences[n].sentence for n in pool.near[bergen]}
    assert "It has a harbour of 9 piers." in near
    assert not near & {"It has a harbour of 6 piers.", "Oslo has 6 piers."}  # its own, and one that says the same


def test_what_any_document_of_a_kind_answers_is_no_wrong_answer() -> None:
    shared = [
        Asked(
            f"We may share data with {who}. We are {who}.",
            "Is my data shared?",
            (f"share data with {who}",),
            source="p",
        )
        for who in ("Acme", "Bolt", "Cray")
    ]
    pool = pool_of(*shared, Asked(LAGOS, "How many piers?", ("9 piers",), source="q"))
    pool.mine(BagOfWords(), silent)
    for question, near in zip(pool.questions, pool.near, strict=True):
        if question.group:
            assert not any("share data" in pool.sentences[n].sentence for n in near)


def test_every_second_document_is_remembered() -> None:
    asked = [Asked(f"{town} has {n} piers. It is old.", f"How many piers has {town}?", (f"{n} piers",))
             for n, town in enumerate(("Bergen", "Lagos", "Porto", "Cusco"), 11)]  # fmt: skip
    pool = pool_of(*asked)
    pool.remember(BagOfWords(), silent)
    assert [q.is_remembered for q in pool.questions] == [True, False, True, False]
    assert all(of == sorted(of, reverse=True) for of in pool.similarities)
    for question, near in zip(pool.questions, pool.near, strict=True):
        assert {int(pool.document_of[n]) % 2 for n in near} == {0}
        assert (question.right[0] in near) == question.is_remembered


def test_facts_are_asked_about_with_their_sentence_and_those_of_an_asker_by_what_they_are_about() -> None:
    pool = Pool()
    pool.add_facts(FactGenerator(WordList.training()), 60, random.Random(3))
    assert len(pool.spans) == 60 and all(q.kind == "facts" and q.certain for q in pool.questions)
    for question in pool.questions:
        assert all(holding(question.answers, [pool.sentences[n].sentence]) for n in question.right)
        assert question.answers[0] in question.statement
    of_askers = [q for q in pool.questions if q.group]
    assert of_askers and all(q.group in pool.groups[q.document] for q in of_askers)


def test_a_question_that_its_text_nearly_answers_has_no_right_sentence_and_what_nearly_does_first() -> None:
    document = Document("Ana keeps the key under the pot. Bo has a boat. Ana cooks.", "Keys")
    key = WrittenQuestion("Where does Ana keep the key?", ("under the pot",), "the key under the pot")
    boat = WrittenQuestion("Where does Bo keep the key?", (), "Bo has a boat", "name")
    pool = Pool()
    pool.add_written([WrittenText(document, (key, boat))])
    pool.mine(BagOfWords(), silent)
    answered, nearly = pool.questions
    assert answered.right == (0,) and set(answered.misleading) == {1, 2}
    assert nearly.right == () and nearly.misleading[0] == 1 and set(nearly.misleading) == {0, 1, 2}
    assert not nearly.is_remembered and pool.sentences[1].opening.startswith("Keys")
