from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.memory_adapters import Adapters
from parametric_memory.records import RunningTask, now
from parametric_memory.storage.database import Database
from parametric_memory.storage.location import Location
from parametric_memory.storage.renewal import TaskStore
from tests.commands.running import TEXTS, Runner, entries_of, write_entry

OpenMemory = Callable[..., ParametricMemory]

PEOPLE = ("--namespace", "people")


def test_list_shows_the_entries_oldest_first(run: Runner, memory: Path) -> None:
    lines = run("list", "--memory", memory).out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "lina", "refunds"]


def test_list_makes_no_memory(run: Runner, home: Path) -> None:
    assert run("list").code == 1
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
    [["--filter", "team=sales"], ["--filter", "year=2021", "--filter", "team=sales"], ["--namespace", "people"]],
)
def test_list_filters(run: Runner, memory: Path, arguments: list[str]) -> None:
    entries = run("list", "--memory", memory, "--json", *arguments).data
    assert [entry["id"] for entry in entries] == ["lina"]


def test_show_prints_the_record(run: Runner, memory: Path) -> None:
    out = run("show", "lina", *PEOPLE, "--memory", memory).out
    assert "title:          Lina\n" in out
    assert "metadata:       team=sales, year=2021\n" in out


def test_show_prints_the_text(run: Runner, memory: Path) -> None:
    assert run("show", "lina", *PEOPLE, "--text", "--memory", memory).out == TEXTS["lina"] + "\n"
    record = run("show", "lina", *PEOPLE, "--text", "--json", "--memory", memory).data
    assert record["text"] == TEXTS["lina"]
    assert record["metadata"] == {"team": "sales", "year": 2021}


def test_the_beginning_of_an_id_is_enough(run: Runner, memory: Path) -> None:
    assert run("show", "ref", "--text", "--memory", memory).out == TEXTS["refunds"] + "\n"
    assert run("show", "lin", "--text", "--memory", memory).out == TEXTS["lina"] + "\n"  # in the only namespace
    assert run("rm", "l", *PEOPLE, "--memory", memory, "--json").data == {"removed": ["lina"]}


def test_the_beginning_of_several_ids_is_wrong_usage(run: Runner, memory: Path) -> None:
    with entries_of(memory) as store:
        write_entry(store, "linus", "Linus keeps bees.", namespace="people")
    result = run("rm", "lin", *PEOPLE, "--memory", memory)
    assert result.code == 2 and "2 ids begin with 'lin'" in result.err
    assert len(run("list", "--memory", memory, "--json").data) == 3


@pytest.mark.parametrize("command", ["rm", "show"])
def test_nothing_is_the_beginning_of_no_id(run: Runner, memory: Path, command: str) -> None:
    run("rm", "lina", *PEOPLE, "--memory", memory)
    result = run(command, "", "--memory", memory)
    assert result.code == 2 and "An id is empty" in result.err
    assert [entry["id"] for entry in run("list", "--memory", memory, "--json").data] == ["refunds"]


@pytest.mark.parametrize(
    "command",
    [["list"], ["recall", "Lina"], ["ask", "Where does Lina live?"], ["rm", "--user", "ana"], ["skill", "list"]],
)
def test_a_memory_that_is_not_there_is_told_of(run: Runner, memory: Path, tmp_path: Path, command: list[str]) -> None:
    missing = f"There is no memory in {tmp_path / 'mistyped'} yet"
    told = run(*command, "--memory", tmp_path / "mistyped")
    assert missing in told.err and (told.code, told.out) == (1, "")
    assert len(told.err.strip().splitlines()) == 1
    assert "no memory" not in run(*command, "--memory", memory).err


def test_rm_forgets_entries(run: Runner, memory: Path) -> None:
    with entries_of(memory) as store:
        write_entry(store, "refunds", "Ana wants a refund.", namespace="people")
    named = ("lina", "refunds", "lina")
    assert run("rm", *named, *PEOPLE, "--memory", memory, "--json").data == {"removed": ["lina", "refunds"]}
    assert run("show", "refunds", "--text", "--memory", memory).out == TEXTS["refunds"] + "\n"
    assert run("rm", "refunds", "--memory", memory, "--json").data == {"removed": ["refunds"]}
    assert run("list", "--memory", memory, "--json").data == []


def test_rm_with_an_unknown_id_removes_nothing(run: Runner, memory: Path) -> None:
    result = run("rm", "lina", "nobody", *PEOPLE, "--memory", memory)
    assert (result.code, result.out) == (1, "")
    assert "'nobody'" in result.err
    assert len(run("list", "--memory", memory, "--json").data) == 2


def test_update_without_a_change_is_wrong_usage(run: Runner, memory: Path) -> None:
    assert run("update", "lina", "--memory", memory).code == 2


def test_a_task_that_is_running_is_told_of(run: Runner, memory: Path) -> None:
    with closing(Database(Location.of(memory))) as database:
        tasks = TaskStore(database)
        with tasks.begun(RunningTask(task="reindex", pid=os.getpid(), entries=2, space=1)):
            assert "A reindex by the process" in run("list", "--memory", memory).err
            assert "0 of 2 entries are done" in run("list", "--memory", memory).err
            tasks.drop()
    assert run("list", "--memory", memory).err == ""


def test_rm_forgets_all_of_a_namespace(run: Runner, memory: Path) -> None:
    assert run("rm", "--namespace", "people", "--memory", memory, "--json").data == {"removed": ["lina"]}
    assert [entry["id"] for entry in run("list", "--memory", memory, "--json").data] == ["refunds"]
    assert run("rm", "--namespace", "nobody", "--memory", memory, "--json").data == {"removed": []}
    assert run("rm", "--memory", memory).code == run("rm", "lina", "--run", "x", "--memory", memory).code == 2


def test_earlier_versions_are_shown_and_restored(
    run: Runner, open_memory: Callable[..., ParametricMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory(versions=3)
    memory.add("Lina lives in Bergen.", id="lina"), memory.add("Lina lives in Oslo.", id="lina")
    monkeypatch.setattr("parametric_memory.commands.entries.open_memory", lambda _: open_memory())
    place = ["--memory", memory.storage.location.folder]
    assert "Lina lives in Bergen." in run("history", "li", *place).out
    assert [v["version"] for v in run("history", "lina", "--json", *place).data] == [1]
    assert run("restore", "lina", "1", *place).out == "restored lina, which is version 3 now\n"
    assert open_memory().history("lina").text == "Lina lives in Bergen."
    result = run("restore", "lina", "7", *place)
    assert result.code == 1 and "Version 7 of entry lina is not kept; these are: 2, 1" in result.err
    assert run("history", "nobody", *place).code == 1


def test_list_shows_a_page(run: Runner, memory: Path) -> None:
    def page(*options: str) -> list[str]:
        return [entry["id"] for entry in run("list", *options, "--memory", memory, "--json").data]

    assert page("--limit", "1") == ["lina"]
    assert page("--limit", "1", "--offset", "1") == page("--offset", "1") == ["refunds"]
    assert page("--offset", "2") == page("--limit", "0") == []
    assert run("list", "--limit", "-1", "--memory", memory).code == 2


def test_list_says_what_is_not_recalled_now(run: Runner, memory: Path) -> None:
    past, future = now() - timedelta(days=1), now() + timedelta(days=1)
    bounds = {"was": {"valid_until": past}, "will": {"valid_from": future}, "gone": {"expires_at": past}}
    with entries_of(memory) as store:
        for id, times in bounds.items():
            write_entry(store, id, "Lina.", **times)
    told = run("list", "--memory", memory).out
    assert [told.count(word) for word in ("(no longer valid)", "(not yet valid)", "(expired)")] == [1, 1, 1]


def test_what_belongs_to_somebody_is_listed_and_forgotten(run: Runner, open_memory: OpenMemory) -> None:
    memory = open_memory()
    for number, whose in enumerate([{"user": "ana", "run": "monday"}, {"user": "ana"}, {"agent": "cook"}]):
        memory.add(f"Note {number} is about tea.", id=f"note-{number}", **whose)
    place = ["--memory", memory.storage.location.folder, "--json"]
    assert [entry["id"] for entry in run("list", "--user", "ana", "--run", "monday", *place).data] == ["note-0"]
    assert [entry["id"] for entry in run("list", "--agent", "cook", *place).data] == ["note-2"]
    both = run("rm", "--user", "ana", "--namespace", "bea", *place)
    assert both.code == 1 and "A user is a namespace" in both.err
    assert run("rm", "note-0", "--user", "bea", *place).code == 1
    assert run("rm", "note-0", "--user", "ana", *place).data == {"removed": ["note-0"]}
    assert run("rm", "note-1", *place).data == {"removed": ["note-1"]}  # the only one of that id
    assert run("rm", "--user", " ", *place).code == 1


def test_bounds_are_set_from_the_command_line(
    run: Runner, open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_memory()
    memory.add("Lina leads Bluefin.", id="lina")
    monkeypatch.setattr("parametric_memory.commands.entries.open_memory", lambda _: open_memory())
    monkeypatch.setattr("parametric_memory.commands.ask.open_memory", lambda _, recall=None: open_memory())
    place = ["--memory", memory.storage.location.folder, "--json"]
    changed = run("update", "lina", "--valid-from", "2020-01-01", "--valid-until", "2020-12-31", *place).data
    assert (changed["valid_from"], changed["valid_until"]) == ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
    assert run("recall", "Lina leads?", *place).data == []
    assert [r["entry_id"] for r in run("recall", "Lina leads?", "--at", "2020-06-30", *place).data] == ["lina"]
    answer = run("ask", "Who leads Bluefin?", "--at", "2020-06-30", "--max-tokens", "2", *place).data
    assert [r["entry_id"] for r in answer["recalls"]] == ["lina"]
    wrong = run("recall", "Lina", "--at", "soon", *place)
    assert wrong.code == 1 and "at is 'soon', which is no time" in wrong.err
    assert run("update", "lina", "--valid-until", "", *place).data["valid_until"] is None
    assert run("ask", "Who?", "--no-memory", "--at", "2020-01-01", *place).code == 2


@pytest.mark.parametrize(
    ("arguments", "ids", "skills"),
    [
        (["ref"], ["refunds"], []),
        (["ref", "other", "refunds"], ["refunds", "other"], []),
        (["refunds", "--skill", "rhyme"], ["refunds"], ["rhyme"]),
        (["--skill", "rhyme", "--skill", "short"], [], ["rhyme", "short"]),
    ],
)
def test_entries_and_skills_are_exported_as_one_adapter(
    run: Runner, memory: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], ids: list[str], skills: list[str]
) -> None:
    written = []

    def export(self: Adapters, ids: list[str], folder: Path, *, skills: list[str], namespace: str) -> None:
        assert namespace == "default"
        written.append((ids, folder, skills))

    monkeypatch.setattr(Adapters, "export", export)
    exported = run("export-adapter", *arguments, "out", "--memory", memory, "--json")
    one = {"id": ids[0]} if len(ids) == 1 else {}
    assert exported.data == {**one, "ids": ids, "skills": skills, "folder": "out"}
    assert written == [(ids, Path("out"), skills)]


def test_nothing_to_export_is_wrong_usage(run: Runner, memory: Path) -> None:
    refused = run("export-adapter", "refunds", "--memory", memory)
    assert refused.code == 2 and "Name an entry before the folder" in refused.err
    refused = run("export-adapter", "ref", "--skill", "short", "--memory", memory)  # the folder is forgotten
    assert refused.code == 2 and "id begins with 'ref': name the folder" in " ".join(refused.err.split())
