"""The examples of `docs/skills.md` are right: each skill is made of its description, and answers as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from tests.commands.conftest import embedded_home

__all__ = ["embedded_home"]

PAGE = Path(__file__).parents[2] / "docs" / "skills.md"
HEAD = "| description of the skill | input | answer |\n|---|---|---|\n"


def examples() -> list[tuple[str, str, str]]:
    """Description, input and answer of each row of the page's table."""
    _, found, after = PAGE.read_text(encoding="utf-8").partition(HEAD)
    assert found, "the page has no table of examples"
    rows = after.partition("\n\n")[0].splitlines()
    return [(told, given, answer) for told, given, answer in (re.split(r" ?\| ?", row)[1:-1] for row in rows)]


@pytest.mark.slow
def test_the_examples_are_right(embedded_home: Path | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if embedded_home is not None:
        monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(embedded_home))
    wrong = []
    with ParametricMemory(tmp_path / "memory") as memory:
        for description, given, answer in examples():
            memory.skills.add(description, name="example")
            found = memory.ask(given, skills=["example"]).text
            if found != answer:
                wrong.append(f"{description} {given} -> {found!r}, not {answer!r}")
    assert not wrong


def test_the_page_has_examples_of_several_skills() -> None:
    assert len({description for description, _, _ in examples()}) >= 3
