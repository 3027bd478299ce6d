from __future__ import annotations

import random
import re

import pytest

from parametric_memory.evaluation.fact_documents import AskedFact, FactDocuments, HeldOutVocabulary, foreign_values
from parametric_memory.evaluation.relations import relations
from parametric_memory.evaluation.scoring import contains
from parametric_memory.training.data import relations as training
from parametric_memory.training.data.relations import list_keys, open_forms
from parametric_memory.training.data.vocabulary import WordList
from tests.digests import digest

MEASURED = {"number", "amount", "date", "time", "code", "duration"}
VALUE_KINDS = sorted({relation.value for relation in relations()})


def letters(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def held_out_words() -> set[str]:
    words = WordList.held_out()
    return {word.lower() for word in (*words.common, *words.names)}


def phrasing(text: str) -> str:
    """A form as it is compared: lower case, whatever the pronoun, without its final mark."""
    text = re.sub(r"\{(?!s\}|v\})\w+\}", "{they}", text.lower())
    return text.rstrip(".?! ")


@pytest.mark.parametrize("facts", [1, 4, 8])
def test_a_document_has_exactly_that_many_facts_and_states_each(facts: int) -> None:
    for document in FactDocuments(0).documents([facts] * 60):
        assert len(document.facts) == facts
        assert len({fact.question for fact in document.facts}) == facts
        for fact in document.facts:
            assert contains(document.text, fact.value), (document.text, fact)
            assert not contains(fact.question, fact.value)


def test_the_values_of_a_document_can_be_told_apart() -> None:
    for document in FactDocuments(1).documents([8] * 40):
        values = [fact.value for fact in document.facts]
        assert not any(contains(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j)


def test_the_same_seed_makes_the_same_documents_and_another_seed_others() -> None:
    first, second, other = (FactDocuments(seed).documents([1, 4, 8]) for seed in (3, 3, 4))
    assert first == second
    assert not {document.text for document in first} & {document.text for document in other}


@pytest.mark.parametrize(
    ("seed", "expected"), [(0, "073c74a6647ab217"), (1, "33006d87bdd34bc3"), (2, "30e45952542f8182")]
)
def test_a_seed_gives_the_documents_that_published_figures_were_measured_on(seed: int, expected: str) -> None:
    assert digest(FactDocuments(seed).documents([1, 2, 4, 8] * 50)) == expected


def test_conflicting_documents_are_those_that_published_figures_were_measured_on() -> None:
    source = FactDocuments(0)
    assert digest([source.conflicting() for _ in range(100)]) == "4ac3c0908cb27d0f"


def test_in_one_memory_the_user_says_nothing_twice() -> None:
    relation_of = {question: r for r in relations() if r.subject == "user" for question in r.questions}
    for one_user in (True, False):
        documents = FactDocuments(0, one_user).documents([4] * 60)
        told = [relation_of[f.question] for d in documents for f in d.facts if f.question in relation_of]
        assert told and (len(told) == len(set(told))) == one_user


def test_a_name_that_the_question_says_itself_may_be_in_the_answer() -> None:
    facts = [AskedFact("Where is the summit?", "Sayre"), AskedFact("Who leads Heron?", "Tomas Brandt")]
    assert foreign_values(facts, "Does Lina Sayre have a nickname?") == ("Tomas Brandt",)


def test_conflicting_documents_answer_one_question_differently() -> None:
    source = FactDocuments(0)
    for older, newer in (source.conflicting() for _ in range(60)):
        [old], [new] = older.facts, newer.facts
        assert old.question == new.question
        assert contains(older.text, old.value) and not contains(older.text, new.value)
        assert contains(newer.text, new.value) and not contains(newer.text, old.value)


def test_no_phrasing_is_in_the_training_data() -> None:
    known = {
        phrasing(form)
        for relation in training.relations()
        for form in (*relation.statements, *relation.pronoun, *(question for question, _ in relation.questions))
    }
    held_out = {phrasing(form) for r in relations() for form in (*r.statements, r.pronoun, *r.questions) if form}
    assert sorted(held_out & known) == []


def test_no_held_out_word_is_in_a_phrasing_of_the_training_data() -> None:
    forms = [
        form
        for relation in training.relations()
        for form in (*relation.statements, *relation.pronoun, *(part for pair in relation.questions for part in pair))
    ]
    forms += [*open_forms().statements, *open_forms().pronoun, *open_forms().distractors, *open_forms().introductions]
    forms += [part for pair in (*open_forms().questions, *open_forms().lists) for part in pair]
    known = {word for form in forms for word in letters(re.sub(r"\{\w+\}", " ", form))}
    known |= {word for key in list_keys() for word in letters(key.key)}
    assert sorted(known & held_out_words()) == []


def test_names_are_made_of_held_out_words_alone() -> None:
    vocabulary, known = HeldOutVocabulary(random.Random(0)), held_out_words()
    for kind in ("person", "place", "word"):
        for _ in range(200):
            assert letters(vocabulary.draw(kind)) <= known


@pytest.mark.parametrize("kind", [kind for kind in VALUE_KINDS if kind not in MEASURED])
def test_every_value_that_is_no_measure_stands_on_a_held_out_word(kind: str) -> None:
    """The rest of it may be a word for what it is: soup, green, Labs."""
    vocabulary, known = HeldOutVocabulary(random.Random(0)), held_out_words()
    for value in (vocabulary.draw(kind) for _ in range(200)):
        assert letters(value) & known, value
        assert len(letters(value) - known) <= 1, value
