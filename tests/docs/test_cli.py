"""Keeps docs/cli.md true to `--help`. `python -m tests.docs.test_cli` writes the helps into the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from parametric_memory.commands.app import PROGRAM, build

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
BLOCK = re.compile(r"```text\n\$ (?P<command>[^\n]+) --help\n(?P<help>.*?)```", re.DOTALL)


def help_of(command: str) -> str:
    """What a command line prints with `--help`, in a terminal 80 characters wide."""
    arguments = command.split()[1:]
    result = CliRunner().invoke(build(), [*arguments, "--help"], prog_name=PROGRAM, env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.output


def commands() -> Iterator[str]:
    """Every command line that has a help, but for groups."""
    yield PROGRAM
    for name, command in typer.main.get_command(build()).commands.items():
        inner = command.list_commands(typer.Context(command)) if hasattr(command, "list_commands") else ()
        yield from [f"{PROGRAM} {name} {child}" for child in inner] or [f"{PROGRAM} {name}"]


def documented() -> dict[str, str]:
    return {found["command"]: found["help"] for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


def test_every_command_is_on_the_page() -> None:
    assert list(documented()) == list(commands())


@pytest.mark.parametrize("command", list(commands()))
def test_the_page_shows_the_help_as_it_is(command: str) -> None:
    assert documented()[command].split() == help_of(command).split(), "run: python -m tests.docs.test_cli"


def write_helps() -> None:
    """Puts the helps as they are now into the page; the text around them stays."""
    text = PAGE.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda m: f"```text\n$ {m['command']} --help\n{help_of(m['command'])}```", text)
    PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    write_helps()
