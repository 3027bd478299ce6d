from __future__ import annotations

import re
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.relations import Siblings, read_siblings, siblings

RECORD = """
ladder | car key -> spot
/ long/short | old/new
/ red/blue
- {The} {q} {n}{of} is {v}.
~ The {q} one is {v}.
? Where is {the} {q} {n}{of}? => {Your} {q} {n}{of} is
"""


def test_siblings_are_read_from_their_block(tmp_path: Path) -> None:
    file = tmp_path / "siblings.txt"
    file.write_text(RECORD)
    assert read_siblings(file) == (
        Siblings(
            "spot",
            (("long", "short"), ("old", "new"), ("red", "blue")),
            ("ladder", "car key"),
            ("{The} {q} {n}{of} is {v}.",),
            ("The {q} one is {v}.",),
            (("Where is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),),
        ),
    )


def test_a_word_tells_two_things_apart() -> None:
    pairs = [pair for kind in siblings() for pair in kind.qualifiers]
    assert len(pairs) > 50 and all(first != second for first, second in pairs)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("long/short", "long", ":3: 'long' is no pair of words"),
        ("long/short", "long/short/wide", ":3: 'long/short/wide' is no pair of words"),
        ("spot", "corner", ":2: 'corner' is no kind of value"),
        ("~ The {q} one", "~ The one", ":6: {q} is missing"),
        ("{Your} {q}", "{My} {q}", ":7: {My} is not known here"),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "siblings.txt"
    file.write_text(RECORD.replace(old, new))
    with pytest.raises(DocumentError, match=re.escape(f"{file}{problem}")):
        read_siblings(file)
