from __future__ import annotations

import random
import re
from collections import Counter
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.held_out import (
    FactDocuments,
    Filler,
    HeldOutVocabulary,
    distractors,
    known_facts,
    known_otherwise,
    prose,
    relations,
    unrelated_questions,
)
from parametric_memory.evaluation.scores import contains
from parametric_memory.hypernetworks.key_value.untrained import ordinary_text
from parametric_memory.training.data import relations as training
from parametric_memory.training.data.examples import Example
from parametric_memory.training.data.relations import Block, list_forms, lists, templates
from parametric_memory.training.data.vocabulary import WordList
from tests.digests import digest

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

MEASURED = {"number", "amount", "date", "time", "code", "duration"}
TOLD_KINDS = sorted({relation.value for relation in relations()})


def letters(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def held_out_words() -> set[str]:
    words = WordList.held_out()
    return {word.lower() for word in (*words.common, *words.names)}


def phrasing(text: str) -> str:
    """A form as it is compared: lower case, whatever the pronoun, without its final mark."""
    text = re.sub(r"\{(?!s\}|v\})\w+\}", "{they}", text.lower())
    return text.rstrip(".?! ")


def asked(relation: Block) -> list[str]:
    """The questions of a relation, without the openings of their answers."""
    return [question for question, _ in relation.questions]


@pytest.mark.parametrize("facts", [1, 4, 8])
def test_a_document_has_exactly_that_many_facts_and_states_each(facts: int) -> None:
    for document in FactDocuments(0).documents([facts] * 60):
        assert len(document.questions) == facts
        assert len({fact.text for fact in document.questions}) == facts
        for fact in document.questions:
            assert contains(document.document, fact.value), (document.document, fact)
            assert not contains(fact.text, fact.value)


def test_the_values_of_a_document_can_be_told_apart() -> None:
    for document in FactDocuments(1).documents([8] * 40):
        values = [fact.value for fact in document.questions]
        assert not any(contains(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j)


def test_the_same_seed_makes_the_same_documents_and_another_seed_others() -> None:
    first, second, other = (FactDocuments(seed).documents([1, 4, 8]) for seed in (3, 3, 4))
    assert first == second
    assert not {example.document for example in first} & {example.document for example in other}


def told(example: Example) -> dict[str, object]:
    """The text and the questions of an example, as they were kept when figures were measured."""
    return {"text": example.document, "facts": [{"question": q.text, "value": q.value} for q in example.questions]}


@pytest.mark.parametrize(
    ("seed", "expected"), [(0, "073c74a6647ab217"), (1, "33006d87bdd34bc3"), (2, "30e45952542f8182")]
)
def test_a_seed_gives_the_documents_that_published_figures_were_measured_on(seed: int, expected: str) -> None:
    assert digest([told(of) for of in FactDocuments(seed).documents([1, 2, 4, 8] * 50)]) == expected


def test_conflicting_documents_are_those_that_published_figures_were_measured_on() -> None:
    source = FactDocuments(0)
    assert digest([[*map(told, source.conflicting())] for _ in range(100)]) == "4ac3c0908cb27d0f"


def test_in_one_memory_the_user_says_nothing_twice() -> None:
    relation_of = {question: r for r in relations() if r.subject == "user" for question in asked(r)}
    for one_user in (True, False):
        documents = FactDocuments(0, one_user).documents([4] * 60)
        used = [relation_of[f.text] for d in documents for f in d.questions if f.text in relation_of]
        assert used and (len(used) == len(set(used))) == one_user


def test_conflicting_documents_answer_one_question_differently() -> None:
    source = FactDocuments(0)
    for older, newer in (source.conflicting() for _ in range(60)):
        [old], [new] = older.questions, newer.questions
        assert old.text == new.text
        assert contains(older.document, old.value) and not contains(older.document, new.value)
        assert contains(newer.document, new.value) and not contains(newer.document, old.value)


def test_a_turned_question_names_the_value_and_asks_for_the_subject() -> None:
    source = FactDocuments(0)
    for document in (source.reversed() for _ in range(60)):
        [question] = document.questions
        assert contains(document.document, question.value) and not contains(question.text, question.value)


def test_no_phrasing_is_in_the_training_data() -> None:
    known, held_out = (
        {phrasing(form) for r in those for form in (*r.statements, *r.short, *asked(r), *r.reversed)}
        for those in (training.relations(), relations())
    )
    assert sorted(held_out & known) == []


def test_no_held_out_word_is_in_a_phrasing_of_the_training_data() -> None:
    forms = [
        form
        for relation in training.relations()
        for form in (*relation.statements, *relation.short, *(part for pair in relation.questions for part in pair))
    ]
    for name in ("any noun", "distractors", "introductions"):
        forms += [text for _, text in lists("open_forms")[name].lines]
    forms += [part for pair in list_forms() for part in pair]
    known = {word for form in forms for word in letters(re.sub(r"\{\w+\}", " ", form))}
    known |= {word for key in templates("list_keys") for word in letters(*key.items)}
    assert sorted(known & held_out_words()) == []


def test_names_are_made_of_held_out_words_alone() -> None:
    vocabulary, known = HeldOutVocabulary(random.Random(0)), held_out_words()
    for kind in ("person", "place", "word"):
        for _ in range(200):
            assert letters(vocabulary.draw(kind)) <= known


@pytest.mark.parametrize("kind", [kind for kind in TOLD_KINDS if kind not in MEASURED])
def test_every_value_that_is_no_measure_stands_on_a_held_out_word(kind: str) -> None:
    """The rest of it may be a word for what it is: soup, green, Labs."""
    vocabulary, known = HeldOutVocabulary(random.Random(0)), held_out_words()
    for value in (vocabulary.draw(kind) for _ in range(200)):
        assert letters(value) & known, value
        assert len(letters(value) - known) <= 1, value


def test_the_facts_are_those_that_published_figures_were_measured_on() -> None:
    assert digest(known_facts()) == "bbba0edb8de9584b"
    assert digest([(fact.question, fact.answer) for fact in known_otherwise()]) == "61c06bca99855d7e"


NEEDLE = "Lina Okafor moved to Bergen."


@pytest.mark.parametrize("tokens", [1500, 100_000])
def test_a_text_is_nearly_as_long_as_asked_and_holds_the_needle_once(base: BaseModel, tokens: int) -> None:
    text = Filler(base.tokenizer, 0).text(tokens, NEEDLE)
    assert 0.4 * tokens < len(base.tokenizer(text)["input_ids"]) <= tokens
    assert text.split("\n\n").count(NEEDLE) == 1


def test_several_needles_stand_in_a_text_once_each(base: BaseModel) -> None:
    needles = [NEEDLE, "Project Heron is led by Ada.", "The hotel's password is copper."]
    text = Filler(base.tokenizer, 0).text(1500, *needles)
    assert len(base.tokenizer(text)["input_ids"]) <= 1500
    assert [text.split("\n\n").count(needle) for needle in needles] == [1, 1, 1]


def test_a_text_is_never_empty(base: BaseModel) -> None:
    filler = Filler(base.tokenizer, 0)
    assert filler.text(3, NEEDLE) == NEEDLE
    assert filler.text(3)


def test_the_same_seed_gives_the_same_text(base: BaseModel) -> None:
    first, again, other = (Filler(base.tokenizer, seed).text(3000, NEEDLE) for seed in (1, 1, 2))
    assert first == again != other


def test_no_sentence_of_the_prose_is_one_that_key_statistics_are_taken_over_and_none_comes_twice() -> None:
    drawn, read = ([s for passage in text() for s in sentences(passage)] for text in (prose, ordinary_text))
    assert set(drawn).isdisjoint(read)
    assert len(drawn) - len(set(drawn)) < 5
    assert sum(map(len, prose())) > 4 * 131_072, "a text of 131,072 tokens repeats nothing"


SUBJECT_KINDS = set("person place organisation product project event policy user".split())
VALUE_KINDS = set(
    "person place organisation word number amount date time code food colour title duration product".split()
)
PRONOUNS = {"They", "they", "their", "Their", "them", "s3"}
QUANTITIES = {"number", "amount", "date", "time", "code", "duration"}
LOWER_CASE = {"food", "colour", "duration"}

each_relation = pytest.mark.parametrize("relation", relations(), ids=lambda r: r.statements[0])


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@each_relation
def test_kinds_are_known(relation: Block) -> None:
    assert relation.subject in SUBJECT_KINDS
    assert HeldOutVocabulary(random.Random(0)).draw(relation.value)


@each_relation
def test_statements_give_the_whole_fact(relation: Block) -> None:
    expected = {"v"} if relation.subject == "user" else {"s", "v"}
    assert 3 <= len(relation.statements) <= 4
    for statement in relation.statements:
        assert fields(statement) == expected, statement
        assert statement.count("{v}") == 1 and statement.endswith("."), statement
        assert relation.subject != "user" or re.search(r"\b(I|[Mm]y)\b", statement), statement


@each_relation
def test_some_statement_puts_the_value_before_the_subject(relation: Block) -> None:
    if relation.subject != "user":
        assert any(s.index("{v}") < s.index("{s}") for s in relation.statements)


@each_relation
def test_a_lower_case_value_never_opens_a_sentence(relation: Block) -> None:
    if relation.value in LOWER_CASE:
        assert not any(text.startswith("{v}") for text in (*relation.statements, *relation.short))


@each_relation
def test_the_value_never_follows_an_indefinite_article(relation: Block) -> None:
    for text in (*relation.statements, *relation.short):
        assert not re.search(r"\b[Aa]n? \{v\}", text), text


@each_relation
def test_the_pronoun_statement_leaves_the_subject_out(relation: Block) -> None:
    assert len(relation.short) <= 1
    for statement in relation.short:
        assert "v" in fields(statement)
        assert fields(statement) <= PRONOUNS | {"v"}


@each_relation
def test_every_question_names_the_subject_and_not_the_value(relation: Block) -> None:
    assert 3 <= len(relation.questions) <= 4
    for question, opening in relation.questions:
        assert question.endswith("?") and not opening, question
        if relation.subject == "user":
            assert fields(question) == set() and re.search(r"\b(I|[Mm]y)\b", question), question
        else:
            assert fields(question) == {"s"}, question


@each_relation
def test_two_questions_turn_each_relation_but_the_users(relation: Block) -> None:
    assert len(relation.reversed) == (0 if relation.subject == "user" else 2)
    for question in relation.reversed:
        assert question.endswith("?") and fields(question) == {"v"}, question


def test_there_are_enough_relations_of_every_subject() -> None:
    counts = Counter(relation.subject for relation in relations())
    least = {
        "person": 30,
        "organisation": 10,
        "product": 8,
        "project": 6,
        "place": 6,
        "event": 4,
        "policy": 6,
        "user": 6,
    }
    assert len(relations()) >= 70
    assert all(counts[subject] >= count for subject, count in least.items()), counts


def test_about_a_quarter_of_the_values_are_measured() -> None:
    share = sum(relation.value in QUANTITIES for relation in relations()) / len(relations())
    assert 0.2 <= share <= 0.35


def test_no_phrasing_appears_twice_for_a_subject() -> None:
    counts = Counter((r.subject, text) for r in relations() for text in (*r.statements, *asked(r)))
    assert [phrasing for phrasing, count in counts.items() if count > 1] == []


def test_distractors_are_sentences_with_no_value() -> None:
    assert len(set(distractors())) == len(distractors()) >= 40
    assert any("{s}" in text for text in distractors())
    for text in distractors():
        assert fields(text) <= {"s"} and text.endswith("."), text


def test_the_unrelated_questions_are_those_that_published_figures_were_measured_on() -> None:
    assert digest(unrelated_questions()) == "cbc50e6ed5aadb42"


def test_unrelated_questions_are_distinct_and_need_no_filling_in() -> None:
    questions = unrelated_questions()
    assert len(set(questions)) == len(questions) >= 60
    assert not any(fields(text) for text in questions)
