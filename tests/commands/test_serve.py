from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from parametric_memory import server
from tests.commands.running import Runner


def test_where_the_packages_are_missing_the_extra_is_named(
    run: Runner, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_NEEDED", ("fastapi", "nowhere_to_be_found"))
    for command in ("serve", "mcp"):
        result = run(command, "--memory", memory)
        assert result.code == 1
        assert "nowhere_to_be_found: pip install 'parametric-memory[server]'" in result.err


def test_a_memory_is_not_served_to_other_machines_without_a_key(run: Runner, memory: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra `server` is not installed")
    for given in (("--host", "0.0.0.0"), ("--name", "memory.example")):
        result = run("serve", *given, "--memory", memory)
        assert result.code == 1 and "keys add" in result.err


def test_a_name_to_answer_to_is_a_host_name(run: Runner, memory: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra `server` is not installed")
    result = run("serve", "--name", "https://memory.example", "--memory", memory)
    assert result.code == 1 and "'https://memory.example' is no host name" in result.err


def test_keys_are_made_listed_and_removed(run: Runner, home: Path) -> None:
    key = run("keys", "add", "ana-agent", "--namespace", "ana").out.strip()
    assert key.startswith("pm-")
    assert key not in (home / "server-keys.json").read_text()
    run("keys", "add", "root", "--json")
    listed = run("keys", "list", "--json").data
    assert [(k["name"], k["namespaces"]) for k in listed] == [("ana-agent", ["ana"]), ("root", [])]
    assert "sha256" not in listed[0] and "all" in run("keys", "list").out
    assert run("keys", "rm", "ana-agent").code == 0
    missing = run("keys", "rm", "ana-agent")
    assert missing.code == 1 and "no key 'ana-agent'" in missing.err


@pytest.mark.slow
def test_the_command_serves_and_stops_when_it_is_told_to(memory: Path, tmp_path: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra `server` is not installed")
    command = [sys.executable, "-m", "parametric_memory", "serve", "--port", "0", "--memory", str(memory)]
    command += ["--name", "memory.example", "--name", "memory.internal"]
    env = {**os.environ, "PARAMETRIC_MEMORY_HOME": str(tmp_path / "home"), "PARAMETRIC_MEMORY_TOKEN": "secret"}
    mine = {"Authorization": "Bearer secret"}
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        url = next(line for line in process.stderr if line.startswith("Serving ")).split()[-1]  # models load meanwhile
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*/", url)
        people = {"namespace": "people"}
        assert [m["id"] for m in httpx.get(f"{url}memories", params=people, headers=mine).json()["results"]] == ["lina"]
        for host, status in (("memory.example", 200), ("memory.internal:443", 200), ("other.example", 403)):
            assert httpx.get(f"{url}memories", headers={"Host": host, **mine}).status_code == status
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
