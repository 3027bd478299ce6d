from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.relations import (
    BANKS,
    SUBJECT_KINDS,
    VALUE_KINDS,
    Relation,
    read_relations,
    relations,
)
from parametric_memory.training.data.template_files import TEMPLATES
from parametric_memory.training.data.vocabulary import TrainingVocabulary, WordList

RECORD = """# What people call home

person -> place
- {s} lives in {v}.
- {v} is home to {s}.
~ {They} live{s3} in {v}.
? Where does {s} live? => {s} lives in
"""


def test_a_relation_is_read_from_its_block(tmp_path: Path) -> None:
    file = tmp_path / "homes.txt"
    file.write_text(RECORD)
    assert read_relations(file) == (
        Relation(
            "person",
            "place",
            ("{s} lives in {v}.", "{v} is home to {s}."),
            ("{They} live{s3} in {v}.",),
            (("Where does {s} live?", "{s} lives in"),),
        ),
    )


def test_every_file_of_relations_is_drawn_from() -> None:
    others = {"open_forms", "list_keys", "siblings", "everyday", "values", "conversations"}
    assert Counter(path.stem for path in TEMPLATES.glob("*.txt")) == Counter((*BANKS, *others))


def test_every_kind_occurs_and_every_kind_of_value_can_be_drawn() -> None:
    assert {relation.subject for relation in relations()} == set(SUBJECT_KINDS)
    assert {relation.value for relation in relations()} == set(VALUE_KINDS)
    vocabulary = TrainingVocabulary(WordList.training(), random.Random(0))
    assert all(vocabulary.draw(kind) for kind in VALUE_KINDS)


def test_the_templates_are_read_once() -> None:
    assert relations() is relations()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("- {s} lives in {v}.", "- {s} lives in {town}.", ":4: {town} is not known here; known are {s} {v}."),
        ("- {s} lives in {v}.", "- {They} live in {v}.", ":4: {They} is not known here; known are {s} {v}."),
        ("- {s} lives in {v}.", "- {s} lives in Bergen.", ":4: {v} is missing in '{s} lives in Bergen.'"),
        ("- {s} lives in {v}.", "- The home is {v}.", ":4: {s} is missing"),
        ("- {s} lives in {v}.", "- {s} lives in {v.", ":4: a brace stands without its other half."),
        ("~ {They} live{s3} in {v}.", "~ {They} live in {s}.", ":6: {s} is not known here"),
        ("person", "persn", ":3: 'persn' is no kind of subject; these are: person, organisation"),
        ("place", "town", ":3: 'town' is no kind of value; these are: person, place"),
        ("person -> place", "person: place", ":3: 'person: place' is no header"),
        ("person -> place\n", "", ":3: a line with - stands before any header."),
        (" => {s} lives in", "", ":7: 'Where does {s} live?' needs the answer or its opening"),
        ("{s} live? =>", "he live? =>", ":7: {s} is missing in 'Where does he live?'"),
        ("=> {s} lives in", "=> {s} lives in {v}", ":7: {v} is not known here; known are {s}."),
        ("~ ", "= ", ":6: a record of this file has no line with ="),
        ("? Where does {s} live? => {s} lives in\n", "", ":3: 'person -> place' needs a line that begins with ?"),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "homes.txt"
    file.write_text(RECORD.replace(old, new, 1))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_relations(file)


def test_what_the_user_says_of_themselves_has_no_subject(tmp_path: Path) -> None:
    file = tmp_path / "homes.txt"
    file.write_text("user -> place\n- I live in {v}.\n? Where do I live? => You live in\n")
    assert read_relations(file)[0].questions == (("Where do I live?", "You live in"),)
    file.write_text("user -> place\n- {s} live in {v}.\n? Where do I live? => You live in\n")
    with pytest.raises(DocumentError, match=r"homes.txt:2: \{s\} is not known here"):
        read_relations(file)


def test_a_relation_that_another_file_has_already_is_named(tmp_path: Path) -> None:
    first, second = tmp_path / "homes.txt", tmp_path / "towns.txt"
    for file in (first, second):
        file.write_text(RECORD)
    with pytest.raises(DocumentError, match=r"towns.txt:3: the record is there already, at homes.txt:3"):
        read_relations(first, second)
