from __future__ import annotations

import re
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.relations import (
    ListKey,
    list_keys,
    open_forms,
    read_list_keys,
    read_open_forms,
)

LISTS = r"""
statements
- The {r} of {s} is {v}.

pronoun forms
~ {Their} {r} is {v}.

questions
? What is the {r} of {s}? => The {r} of {s} is

distractors
- {s} came up again.
- It rained.

introductions
- # Notes

lead-ins
- FYI:

addresses
- Hi! {q} Thanks.

lists
- | Field | {s} |\n|---|---|\n| {k} | {v} |
- {s}\n\n{k}\t{v}
"""
KEY = "person -> place\n= Home town\n? Where is {s} from? => {s} is from\n"


def test_forms_are_read_from_their_lists(tmp_path: Path) -> None:
    file = tmp_path / "forms.txt"
    file.write_text(LISTS)
    forms = read_open_forms(file)
    assert forms.questions == (("What is the {r} of {s}?", "The {r} of {s} is"),)
    assert forms.introductions == ("# Notes",)
    assert forms.lists == (("| Field | {s} |\n|---|---|", "| {k} | {v} |"), ("{s}\n", "{k}\t{v}"))


def test_a_key_of_lists_is_read_from_its_block(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(KEY)
    assert read_list_keys(file) == (ListKey("person", "place", "Home town", (("Where is {s} from?", "{s} is from"),)),)


def test_some_distractors_name_the_subject_and_some_name_none() -> None:
    named = ["{s}" in distractor for distractor in open_forms().distractors]
    assert 0.3 < sum(named) / len(named) < 0.7


def test_no_key_of_lists_is_there_twice_for_a_subject() -> None:
    keys = [(key.subject, key.key) for key in list_keys()]
    assert len(set(keys)) == len(keys) > 100


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("- It rained.", "- It was {v}.", ":13: {v} is not known here; known are {s}."),
        ("- FYI:", "- {s}:", ":19: {s} is not known here; nothing is filled in."),
        ("Hi! {q} Thanks.", "Hi!", ":22: {q} is missing"),
        (r"{s}\n\n{k}\t{v}", "{s} {k}: {v}", ":26: '{s} {k}: {v}' needs a heading"),
        ("lead-ins", "introductions", ":18: the record is there already, at forms.txt:15."),
        ("lead-ins", "leads", ":18: 'leads' is no list of this file; these are: statements"),
        ("lead-ins\n- FYI:\n", "", " lacks a list: lead-ins."),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "forms.txt"
    file.write_text(LISTS.replace(old, new))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_open_forms(file)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("= Home town\n", "", ":1: 'person -> place' needs a line that begins with ="),
        ("= Home town\n", "= Home town\n= Town\n", ":3: a list has one key for a fact."),
        ("person", "everybody", ":1: 'everybody' is no kind of subject"),
    ],
)
def test_the_file_and_line_of_a_wrong_key_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(KEY.replace(old, new))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_list_keys(file)
