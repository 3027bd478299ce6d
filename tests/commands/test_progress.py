from __future__ import annotations

import sys
from pathlib import Path

import pytest

from parametric_memory.commands import context
from parametric_memory.commands.context import hide_progress, show_progress
from parametric_memory.progress import report_progress
from tests.commands.running import Runner


def test_without_a_terminal_short_lines_say_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_TOLD_SECONDS", 0.0)
    told: list[str] = []
    with show_progress(told.append, resumes=True):
        report_progress("documents", 0, 2)
        report_progress("sentences", 1024, 20_000)
        report_progress("vectors", 5)
        report_progress("documents", 1, 2)
        report_progress("documents", 2, 2)  # the result follows
    report_progress("documents", 2, 2)  # nobody is shown this
    assert told == [
        "0 of 2 documents",
        "0 of 2 documents, 1,024 of 20,000 sentences",
        "0 of 2 documents, 5 vectors",
        "1 of 2 documents",
    ]


def test_in_a_terminal_there_is_one_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with show_progress(print, resumes=True):
        report_progress("documents", 0, 1)
        report_progress("sentences", 100, 200)
        assert not capsys.readouterr().out
        hide_progress()
    drawn = capsys.readouterr()
    assert "100 of 200 sentences" in drawn.err and "documents" not in drawn.err.splitlines()[-1]


def test_an_interrupt_says_how_far_it_was(
    run: Runner, base, hypernetwork_folder: Path, tiny_search: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.model.save_pretrained(tmp_path / "model")
    base.tokenizer.save_pretrained(tmp_path / "model")
    shared = ("--base-model", tmp_path / "model", "--hypernetwork", hypernetwork_folder, "--memory", tmp_path / "m")
    with monkeypatch.context() as patch:
        patch.setattr("parametric_memory.internalize.deriving.Deriver.derive", interrupt)
        stopped = run("add", "--text", "Lina lives in Bergen.", *shared)
    assert stopped.code == 130
    assert stopped.err == ("Stopped at 0 of 1 documents. The same command does what is left.\n")
    assert run("add", "--text", "Lina lives in Bergen.", *shared).out.startswith("added ")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt
