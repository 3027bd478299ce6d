"""The evaluation relations are well formed: known placeholders, questions that name their subject."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.relations import (
    SUBJECT_KINDS,
    VALUE_KINDS,
    EvalRelation,
    read_relations,
    relations,
    unrelated_texts,
)
from tests.digests import digest

PRONOUNS = {"They", "they", "their", "Their", "them", "s3"}
MEASURED = {"number", "amount", "date", "time", "code", "duration"}
LOWER_CASE = {"food", "colour", "duration"}

each_relation = pytest.mark.parametrize("relation", relations(), ids=lambda r: r.statements[0])


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@each_relation
def test_kinds_are_known(relation: EvalRelation) -> None:
    assert relation.subject in SUBJECT_KINDS
    assert relation.value in VALUE_KINDS


@each_relation
def test_statements_give_the_whole_fact(relation: EvalRelation) -> None:
    expected = {"v"} if relation.subject == "user" else {"s", "v"}
    assert 3 <= len(relation.statements) <= 4
    for statement in relation.statements:
        assert fields(statement) == expected, statement
        assert statement.count("{v}") == 1 and statement.endswith("."), statement
        assert relation.subject != "user" or re.search(r"\b(I|[Mm]y)\b", statement), statement


@each_relation
def test_some_statement_puts_the_value_before_the_subject(relation: EvalRelation) -> None:
    if relation.subject != "user":
        assert any(s.index("{v}") < s.index("{s}") for s in relation.statements)


@each_relation
def test_a_lower_case_value_never_opens_a_sentence(relation: EvalRelation) -> None:
    if relation.value in LOWER_CASE:
        assert not any(text.startswith("{v}") for text in (*relation.statements, relation.pronoun))


@each_relation
def test_the_value_never_follows_an_indefinite_article(relation: EvalRelation) -> None:
    for text in (*relation.statements, relation.pronoun):
        assert not re.search(r"\b[Aa]n? \{v\}", text), text


@each_relation
def test_the_pronoun_statement_leaves_the_subject_out(relation: EvalRelation) -> None:
    if relation.pronoun:
        assert "v" in fields(relation.pronoun)
        assert fields(relation.pronoun) <= PRONOUNS | {"v"}


@each_relation
def test_every_question_names_the_subject_and_not_the_value(relation: EvalRelation) -> None:
    assert 3 <= len(relation.questions) <= 4
    for question in relation.questions:
        assert question.endswith("?"), question
        if relation.subject == "user":
            assert fields(question) == set() and re.search(r"\b(I|[Mm]y)\b", question), question
        else:
            assert fields(question) == {"s"}, question


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
    share = sum(relation.value in MEASURED for relation in relations()) / len(relations())
    assert 0.2 <= share <= 0.35
    assert {relation.value for relation in relations()} == set(VALUE_KINDS)


def test_no_phrasing_appears_twice_for_a_subject() -> None:
    counts = Counter((r.subject, text) for r in relations() for text in (*r.statements, *r.questions))
    assert [phrasing for phrasing, count in counts.items() if count > 1] == []


def test_distractors_are_sentences_with_no_value() -> None:
    distractors = unrelated_texts().distractors
    assert len(set(distractors)) == len(distractors) >= 40
    assert any("{s}" in text for text in distractors)
    for text in distractors:
        assert fields(text) <= {"s"} and text.endswith("."), text


def test_the_unrelated_questions_are_those_that_published_figures_were_measured_on() -> None:
    assert digest(unrelated_texts().questions) == "cbc50e6ed5aadb42"


def test_unrelated_questions_are_distinct_and_need_no_filling_in() -> None:
    questions = unrelated_texts().questions
    assert len(set(questions)) == len(questions) >= 60
    assert not any(fields(text) for text in questions)


def test_thresholds_are_chosen_with_other_questions_than_they_are_measured_with() -> None:
    texts = unrelated_texts()
    assert set(texts.to_calibrate).isdisjoint(texts.to_report)
    assert {*texts.to_calibrate, *texts.to_report} == set(texts.questions)


RECORD = """
person -> place
- {s} lives in {v}.
? Where does {s} live?
"""


def test_a_relation_is_read_from_its_block(tmp_path: Path) -> None:
    file = tmp_path / "relations.txt"
    file.write_text(RECORD)
    assert read_relations(file) == (
        EvalRelation("person", "place", ("{s} lives in {v}.",), "", ("Where does {s} live?",)),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("person", "animal", ":2: 'animal' is no kind of subject"),
        ("place", "email", ":2: 'email' is no kind of value"),
        ("in {v}", "in Bergen", ":3: {v} is missing"),
        ("does {s}", "does {v}", ":4: {v} is not known here"),
        ("? ", "~ {They} live in {v}.\n~ {Their} home is {v}.\n? ", ":5: a relation has one statement with a pronoun"),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "relations.txt"
    file.write_text(RECORD.replace(old, new, 1))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_relations(file)
