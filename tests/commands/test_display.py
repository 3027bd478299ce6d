"""Nothing that a memory, a file or a command line holds is a command to the terminal where it is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parametric_memory.commands.ask import recalled
from parametric_memory.commands.context import Context
from parametric_memory.records import Recall
from tests.commands.running import Runner, entries_of, write_entry

EVIL = "a\x1b[31m\x9b2J\u202eb\x07\nforged line"
RAW = ("\x1b", "\x9b", "\u202e", "\x07")


def spoil(memory: Path) -> str:
    """Puts commands to the terminal into all that an entry says of itself; its id."""
    with entries_of(memory) as store:
        record = dict.fromkeys(("title", "summary", "source", "namespace"), EVIL)
        write_entry(store, EVIL, EVIL, metadata={EVIL: EVIL}, **record)
    return EVIL


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", EVIL, "--namespace", EVIL],
        ["show", EVIL, "--namespace", EVIL, "--text"],
        ["show", "nobody" + EVIL],
        ["list", "--filter", f"{EVIL}=$"],
        ["list", "--filter", EVIL],
        ["list", f"--{EVIL}"],
        ["list", EVIL],
        [EVIL],
        ["add", f"no/{EVIL}.txt"],
        ["update", EVIL, "--ttl", EVIL],
        ["list", "--memory", f"no/{EVIL}"],
        ["export", f"no/{EVIL}.zip", "--memory", f"none/{EVIL}"],
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_no_command_shows_what_a_terminal_would_obey(
    run: Runner, memory: Path, arguments: list[str], options: list[str]
) -> None:
    spoil(memory)
    place = [] if "--memory" in arguments else ["--memory", memory]
    result = run(*arguments, *options, *place)
    assert result.out or result.err
    assert [raw for raw in RAW if raw in result.out + result.err] == []
    assert "Traceback" not in result.err
    if "--text" not in arguments and result.code != 2:
        assert not any(line.startswith("forged") for line in (result.out + result.err).splitlines())


def test_json_says_what_is_there(run: Runner, memory: Path) -> None:
    spoil(memory)
    record = run("show", EVIL, "--namespace", EVIL, "--memory", memory, "--json").data
    assert (record["title"], record["metadata"]) == (EVIL, {EVIL: EVIL})


def test_remarks_and_progress_hold_no_commands(capsys: pytest.CaptureFixture[str]) -> None:
    recall = Recall(entry_id=EVIL, title=EVIL, summary=EVIL, score=1.0)
    Context().tell(f"Recalled {recalled(recall)}")
    Context().show({}, f"An answer\twith {EVIL}")
    printed = capsys.readouterr()
    assert [raw for raw in RAW if raw in printed.out + printed.err] == []
    assert printed.err.count("\n") == 1
    assert printed.out == "An answer\twith a\\x1b[31m\\x9b2J\\u202eb\\x07\nforged line\n"


@pytest.mark.skipif(os.name == "nt", reason="names of files hold no such characters there")
def test_a_file_with_commands_in_its_name_is_told_of_without_them(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J\nb.txt"
    path.write_bytes(b"\0")
    result = run("add", path, "--memory", tmp_path / "memory")
    assert (result.code, result.out) == (1, "")
    assert result.err.count("\n") == 1 and "\x1b" not in result.err and "is binary" in result.err
