from __future__ import annotations

import re
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.known_facts import KnownFact, known_facts, known_otherwise, read_known
from tests.digests import digest

LISTS = """
place
? What is the capital of France? => The capital of France is {Paris}.

person
? Who wrote Hamlet? => Hamlet was written by {Shakespeare}.

word
? What do bees make? => Bees make {honey}.

otherwise
? Which river flows through Paris? => Seine
"""


def test_the_facts_are_those_that_published_figures_were_measured_on() -> None:
    assert digest(known_facts()) == "bbba0edb8de9584b"
    assert digest(known_otherwise()) == "61c06bca99855d7e"


def test_the_answer_is_what_stands_in_braces(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_text(LISTS)
    facts, otherwise = read_known(file)
    assert facts[0] == KnownFact("What is the capital of France?", "The capital of France is {v}.", "Paris", "place")
    assert [fact.kind for fact in facts] == ["place", "person", "word"]
    assert otherwise == (("Which river flows through Paris?", "Seine"),)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{honey}", "honey", ":9: 'Bees make honey.' needs braces around its answer, once."),
        ("{honey}", "{honey} and {wax}", ":9: 'Bees make {honey} and {wax}.' needs braces around its answer, once."),
        (" => Seine", "", ":12: 'Which river flows through Paris?' needs the answer or its opening"),
        ("word", "thing", ":8: 'thing' is no list of this file"),
        ("word\n? What do bees make? => Bees make {honey}.", "", " lacks a list: word."),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "known.txt"
    file.write_text(LISTS.replace(old, new))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_known(file)
