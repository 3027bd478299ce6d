from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.template_files import Block, Line, read_blocks, read_lists

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
from parametric_memory.training.data.template_files import TEMPLATES

def templates():
    return sum(path.startswith((str(TEMPLATES), str(DATA))) for path in opened)

print(templates())
relations()
print(templates())
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "templates.txt"
    file.write_text(text, encoding="utf-8", newline="")
    return file


def test_a_block_is_a_header_and_marked_lines_up_to_an_empty_line(tmp_path: Path) -> None:
    file = written(tmp_path, "# About\n\nfirst\n- one\n# between\n? two => three\n\n\nsecond\n= Bergen | Oslo")
    assert read_blocks(file) == [
        Block(Line(file, 3, "", "first"), (Line(file, 4, "-", "one"), Line(file, 6, "?", "two => three"))),
        Block(Line(file, 9, "", "second"), (Line(file, 10, "=", "Bergen | Oslo"),)),
    ]


def test_whatever_follows_the_mark_is_the_text(tmp_path: Path) -> None:
    file = written(tmp_path, "header\n- # Notes\n- - a bullet\n-   indented\n")
    assert [line.text for line in read_blocks(file)[0].lines] == ["# Notes", "- a bullet", "  indented"]


def test_line_ends_may_be_those_of_windows(tmp_path: Path) -> None:
    [block] = read_blocks(written(tmp_path, "header\r\n- one\r\n- two\r\n\r\n"))
    assert [line.text for line in block.lines] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", " holds no record."),
        ("# A comment\n\n", " holds no record."),
        ("- one\n", ":1: a line with - stands before any header."),
        ("first\n- one\n\n- two\n", ":4: a line with - stands before any header."),
        ("first\n- one\nsecond\n- two\n", ":3: 'second' begins with none of - ~ ? = / and a space;"),
        ("first\n-one\n", ":2: '-one' begins with none of - ~ ? = / and a space;"),
        ("first\n-\n", ":2: nothing stands after -"),
        ("first\n- one \n", ":2: the line ends with a space."),
        ("first\n- one\n- two\n- one\n", ":4: the line is there already, as line 2."),
        ("first\n- one\n\nfirst\n- one\n", ":4: the record is there already, at templates.txt:1."),
    ],
)
def test_the_file_and_line_of_what_is_wrong_are_named(tmp_path: Path, text: str, problem: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(DocumentError) as raised:
        read_blocks(file)
    assert str(raised.value).startswith(f"{file}{problem}")


def test_a_name_may_not_come_twice_where_headers_are_names(tmp_path: Path) -> None:
    file = written(tmp_path, "first\n- one\n\nfirst\n- two\n")
    assert len(read_blocks(file)) == 2
    with pytest.raises(DocumentError, match=r"templates.txt:4: the record is there already"):
        read_blocks(file, named=True)


def test_a_list_has_lines_of_its_own_mark_alone(tmp_path: Path) -> None:
    file = written(tmp_path, "forms\n- one\n- two\n")
    assert [line.text for line in read_lists(file, {"forms": "-"})["forms"]] == ["one", "two"]
    with pytest.raises(DocumentError, match=r"templates.txt:2: a record of this file has no line with -"):
        read_lists(file, {"forms": "?"})


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"Cannot read templates from .*missing.txt"):
        read_blocks(tmp_path / "missing.txt")
    (tmp_path / "latin.txt").write_bytes("café\n".encode("latin-1"))
    with pytest.raises(DocumentError, match=r"Cannot read templates from .*latin.txt"):
        read_blocks(tmp_path / "latin.txt")


def test_imports_read_no_templates() -> None:
    watched = subprocess.run(
        [sys.executable, "-c", WATCHED, *IMPORTED], capture_output=True, text=True, check=True, timeout=120
    )
    before, after = map(int, watched.stdout.split())
    assert before == 0 < after
