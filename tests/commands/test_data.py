from __future__ import annotations

from pathlib import Path

from tests.commands.running import Runner


def test_data_need_texts_and_a_server_needs_the_name_of_its_model(run: Runner, tmp_path: Path) -> None:
    for arguments, said in (
        ((), "--text"),
        ((tmp_path, "--server", "http://localhost:1"), "--server-model"),
        ((tmp_path, "--server-answers"), "needs --server"),
    ):
        result = run("data", "make", *arguments, "--output", tmp_path / "made")
        assert result.code == 2 and said in result.err
    assert not (tmp_path / "made").exists()


def test_a_file_that_cannot_be_read_is_told_in_a_line(run: Runner, tmp_path: Path) -> None:
    result = run("data", "make", tmp_path / "none.txt", "--output", tmp_path / "made")
    assert result.code == 1 and result.err.count("\n") == 1 and "none.txt" in result.err
