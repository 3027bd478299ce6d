from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
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
    result = run("serve", "--host", "0.0.0.0", "--memory", memory)
    assert result.code == 1 and "keys add" in result.err


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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "parametric_memory", "serve", "--port", str(port), "--memory", str(memory)]
    env = {**os.environ, "PARAMETRIC_MEMORY_HOME": str(tmp_path / "home")}
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None and f":{port}/" in process.stderr.readline()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                listed = httpx.get(f"http://127.0.0.1:{port}/memories", params={"namespace": "people"})
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        assert [m["id"] for m in json.loads(listed.text)["results"]] == ["lina"]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
