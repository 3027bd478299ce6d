from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment

from parametric_memory.evaluation.held_out import DATA
from parametric_memory.training.data.relations import (
    BANKS,
    TEMPLATES,
    Block,
    list_forms,
    lists,
    read_blocks,
    read_lists,
    relations,
    templates,
)
from parametric_memory.training.data.vocabulary import Vocabulary, WordList

IMPORTED = (
    "parametric_memory",
    "parametric_memory.commands.app",
    "parametric_memory.training.d2l",
    "parametric_memory.evaluation.run_facts",
)
WATCHED = """
import sys
from importlib import import_module

opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
for name in sys.argv[1:]:
    import_module(name)
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.relations import TEMPLATES

def templates():
    return sum(path.startswith((str(TEMPLATES), str(DATA))) for path in opened)

print(templates())
relations()
print(templates())
"""


FILES = [*sorted(TEMPLATES.glob("*.txt")), *sorted(DATA.glob("*.txt"))]
MARKS = ("- ", "~ ", "? ", "! ", "< ", "= ", "/ ")
SUBJECT_KINDS = {
    *("person", "organisation", "product", "project", "place", "event", "policy", "team", "work", "animal"),
    *("user", "any"),
}
PRONOUNS = {"They", "they", "their", "Their", "them", "s3"}


def test_a_block_is_a_header_and_marked_lines_up_to_an_empty_line(tmp_path: Path) -> None:
    file = tmp_path / "templates.txt"
    file.write_text("# About\n\nfirst\n- one\n# between\n? two => three\n- - a bullet\n\n\nsecond\n= Bergen | Oslo\n")
    first, second = read_blocks(file)
    assert first == Block("first", (("-", "one"), ("?", "two => three"), ("-", "- a bullet")))
    assert first.statements == ("one", "- a bullet") and first.questions == (("two", "three"),)
    assert second.items == ("Bergen", "Oslo")
    assert read_lists(file)["second"] == second
    relation = Block("person -> place", ())
    assert (relation.subject, relation.value) == ("person", "place")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_is_well_formed(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not any(line != line.rstrip() for line in text.splitlines())
    blocks = read_blocks(file)
    assert blocks and len(set(blocks)) == len(blocks)
    marked = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert sum(line.startswith(MARKS) for line in marked) == sum(len(block.lines) for block in blocks)
    assert len(marked) == len(blocks) + sum(len(block.lines) for block in blocks), "a line without a mark is a header"
    for block in blocks:
        assert len(set(block.lines)) == len(block.lines), block
        assert all(text.strip() for _, text in block.lines), block
        assert all(item.strip() for item in (*block.items, *(word for pair in block.word_pairs for word in pair))), (
            block
        )
        for mark, text in block.lines:
            if file.stem == "checkable" and mark == "?":
                Environment().parse(text)
            else:
                list(Formatter().parse(text))  # a brace without its other half


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_file_of_relations_is_drawn_from() -> None:
    others = {"open_forms", "list_keys", "siblings", "everyday", "values", "conversations", "changes"}
    others |= {"checkable", "checkable_tables"}
    assert Counter(path.stem for path in TEMPLATES.glob("*.txt")) == Counter((*BANKS, *others))


def test_every_relation_can_be_filled_in() -> None:
    for relation in relations():
        name = set() if relation.subject == "user" else {"s"}
        assert relation.subject in SUBJECT_KINDS and relation.statements and relation.questions, relation
        assert all(fields(statement) == {*name, "v"} for statement in relation.statements), relation
        assert all("v" in fields(form) and fields(form) <= {"v", *PRONOUNS} for form in relation.short), relation
        assert all(fields(q) == fields(opening) == name for q, opening in relation.questions), relation
        assert all(opening for _, opening in relation.questions), relation


def test_every_change_can_be_filled_in() -> None:
    for change in templates("changes"):
        assert change.names[1:] or change.subject in SUBJECT_KINDS, change
        assert all({"v"} <= fields(text) <= {"s", "v", "u", "y"} for text in change.statements), change
        assert bool(change.former) <= any("u" in fields(text) for text in change.statements), change
        assert all(fields(q) == fields(o) == {"s"} for q, o in (*change.questions, *change.former)), change


def test_no_relation_is_there_twice() -> None:
    assert len(set(relations())) == len(relations())
    assert relations() is relations(), "read once"


def test_every_kind_of_value_can_be_drawn() -> None:
    vocabulary = Vocabulary(WordList.training(), random.Random(0))
    kinds = {
        of.value
        for of in (*relations(), *(of for name in ("list_keys", "siblings", "changes") for of in templates(name)))
    }
    assert len(kinds) > 20 and all(vocabulary.draw(kind) for kind in kinds)


def test_forms_keys_and_siblings_can_be_filled_in() -> None:
    forms = {name: [text for _, text in block.lines] for name, block in lists("open_forms").items()}
    relation = lists("open_forms")["any noun"]
    assert all(fields(form) == {"r", "s", "v"} for form in relation.statements)
    assert all({"r", "v"} <= fields(form) <= {"r", "v", *PRONOUNS} for form in relation.short)
    assert all(fields(q) == fields(opening) == {"r", "s"} for q, opening in relation.questions)
    assert all(fields(text) <= {"s"} for text in forms["distractors"])
    assert all("{q}" in text for text in forms["addresses"])
    assert not any(fields(text) for text in (*forms["introductions"], *forms["lead-ins"]))
    assert all("s" in fields(heading) and fields(line) == {"k", "v"} for heading, line in list_forms())
    for key in templates("list_keys"):
        assert key.subject in SUBJECT_KINDS and all(fields(q) == fields(o) == {"s"} for q, o in key.questions), key
    others = {"n", "of", "the", "The", "your", "Your"}
    for kind in templates("siblings"):
        assert all(first and second and first != second for first, second in kind.word_pairs), kind
        assert all({"q", "v"} <= fields(form) <= {"q", "v", *others} for form in (*kind.statements, *kind.short)), kind
        assert all("q" in fields(text) and fields(text) <= {"q", *others} for pair in kind.questions for text in pair)


def test_some_distractors_name_the_subject_and_some_name_none() -> None:
    named = ["{s}" in distractor for distractor in lists("open_forms")["distractors"].statements]
    assert 0.3 < sum(named) / len(named) < 0.7


def test_no_key_of_lists_is_there_twice_for_a_subject() -> None:
    keys = [(key.subject, *key.items) for key in templates("list_keys")]
    assert all(len(key) == 2 for key in keys)
    assert len(set(keys)) == len(keys) > 100


def test_imports_read_no_templates() -> None:
    watched = subprocess.run(
        [sys.executable, "-c", WATCHED, *IMPORTED], capture_output=True, text=True, check=True, timeout=120
    )
    before, after = map(int, watched.stdout.split())
    assert before == 0 < after
