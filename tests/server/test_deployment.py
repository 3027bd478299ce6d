"""The files and the page that tell how a server is run say what the server takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from parametric_memory.server.settings import ServerSettings
from tests.commands.running import Runner

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "parametric-memory.service"
PAGE = (ROOT / "docs" / "deployment.md").read_text()
COMMAND = "/opt/parametric-memory/bin/parametric-memory"


def test_every_limit_is_on_the_page_as_it_is_in_the_settings() -> None:
    usual = ServerSettings()
    names = [field.name for field in fields(ServerSettings) if field.name.startswith("max_")]
    for name in {*names, "waiting", "seconds", "grace"} - {"max_tokens"}:
        [row] = re.findall(rf"^\|[^|]*`{name}`[^|]*\|.*", PAGE, re.MULTILINE)
        number = getattr(usual, name)
        assert f"{number:,}" in row or f"{number // 1_000_000} MB" in row or f"{number:g}" in row, row


def test_the_unit_starts_what_the_command_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [start] = re.findall("^ExecStart=(.*)", UNIT.read_text(), re.MULTILINE)
    command, *arguments = shlex.split(start)
    assert command == COMMAND
    assert Runner(monkeypatch, capsys)(*arguments, "--help").code == 0
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(COMMAND, "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert verified.returncode == 0 and UNIT.name not in verified.stderr, verified.stderr


def test_the_container_is_no_root_and_says_how_it_is() -> None:
    lines = (ROOT / "deploy" / "Containerfile").read_text().splitlines()
    assert "USER memory" in lines and "VOLUME /data" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
