"""Every example is run as a user runs it. The small model may answer wrongly; what it recalls may not be wrong."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import embedded_home

__all__ = ["embedded_home"]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
_SECONDS = 600  # of which a base model without trained hypernetwork takes a minute to prepare, in each process


@pytest.fixture
def run_example(embedded_home: Path | None, tmp_path: Path):
    """Runs an example in a folder of its own and gives what it prints."""

    def run(name: str, *arguments: str) -> str:
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "integrations")]))
        if embedded_home is not None:
            environment["PARAMETRIC_MEMORY_HOME"] = str(embedded_home)
        command = [sys.executable, str(EXAMPLES / name), *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def said_after(output: str, label: str) -> list[str]:
    """What stands after a label at the beginning of lines."""
    return [line.split(label, 1)[1].strip() for line in output.splitlines() if line.strip().startswith(label)]


@pytest.mark.slow
def test_the_library_alone(run_example) -> None:
    output = run_example("library.py")
    assert len(said_after(output, "Remembered:")) == 3
    recalls = [line for line in output.splitlines() if "attached" in line or "left out" in line]
    assert "attached  Lina Okafor" in recalls[0] and len(recalls) == 3
    answer, unrelated = said_after(output, "->")
    assert answer and not answer.endswith("(nothing recalled)")
    assert unrelated.endswith("(nothing recalled)")
    assert output.splitlines()[-1].startswith("Forgotten: Lina Okafor") and "2 entries" in output


@pytest.mark.slow
def test_a_rag_chain_and_the_same_chain_over_parametric_memory(run_example) -> None:
    output = run_example("rag_chain.py")
    over_chroma, over_memory = said_after(output, "Chroma:"), said_after(output, "parametric memory:")
    assert len(over_chroma) == len(over_memory) == 3
    facts = ("Bergen", "Marco Ilves", "copper lantern")
    assert all(fact in answer for fact, answer in zip(facts, over_memory, strict=True))
    assert "Bergen" in over_chroma[0]

    def tokens_read(answer: str) -> int:
        return int(answer.rsplit("(", 1)[1].split()[0])

    assert all(tokens_read(m) < tokens_read(c) for m, c in zip(over_memory, over_chroma, strict=True))


def test_an_example_names_the_package_that_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "langchain_chroma.py").write_text("raise ModuleNotFoundError")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "integrations")]))
    command = [sys.executable, str(EXAMPLES / "rag_chain.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert (done.returncode, done.stderr) == (1, "This example compares with Chroma: pip install langchain-chroma\n")


def test_both_chains_differ_in_two_lines() -> None:
    spec = importlib.util.spec_from_file_location("rag_chain", EXAMPLES / "rag_chain.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    bodies = [
        inspect.getsource(chain).splitlines()[1:] for chain in (example.chain_over_chroma, example.chain_over_memory)
    ]
    changes = [line for line in difflib.ndiff(*bodies) if line[0] in "-+"]
    assert [line[0] for line in changes].count("-") == [line[0] for line in changes].count("+") == 2


@pytest.mark.slow
def test_an_agent_answers_in_a_new_process_from_what_it_was_told(run_example, tmp_path: Path) -> None:
    output = run_example("remembering_agent.py")
    told, asked = output.split("A new process is asked:")
    assert [answer.startswith("Remembered, with the id") for answer in said_after(told, "agent:")] == [True] * 3
    assert said_after(asked, "agent:")[-1].startswith("I do not know that yet.")
    recalled = said_after(asked, "(from the weights of:")
    assert [title.split()[0] for title in recalled] == ["Lina", "Project", "The"]


@pytest.mark.slow
def test_an_agent_reads_documents_and_forgets_at_a_command(run_example, tmp_path: Path) -> None:
    (tmp_path / "hotel.md").write_text("# Tamarind Hotel\n\nBreakfast at the Tamarind Hotel ends at 10:45.\n")
    question = "When does breakfast end at the Tamarind Hotel?"
    turns = ("/read hotel.md", question, "/forget breakfast at the Tamarind Hotel", question, "/remember")
    answers = said_after(run_example("remembering_agent.py", "--memory", str(tmp_path / "m"), *turns), "agent:")
    assert answers[0] == "Read Tamarind Hotel" and "10:45" in answers[1] and answers[2].startswith("Forgotten:")
    assert all(answer.startswith("I do not know that yet.") for answer in answers[3:])


@pytest.mark.slow
def test_a_model_on_a_server_calls_the_memorys_tools(run_example) -> None:
    script = [
        calls("remember", text="Lina Okafor moved to Bergen in 2021."),
        {"content": "Noted."},
        calls("ask_memory", question="Which city did Lina Okafor move to?"),
        calls("forgets"),
        {"content": "To Bergen."},
    ]
    with serving(script) as (address, requests):
        output = run_example("tool_calling_agent.py", "--base-url", address, "--model", "big", "Lina moved.", "Where?")
    assert said_after(output, "agent:") == ["Noted.", "To Bergen."]
    assert [tool["function"]["name"] for tool in requests[0]["tools"]] == ["ask_memory", "remember", "forget"]
    results = [message["content"] for message in requests[-1]["messages"] if message["role"] == "tool"]
    assert results[0].startswith("Remembered") and "Bergen" in results[1] and "no tool 'forgets'" in results[2]


def calls(name: str, **arguments: str) -> dict[str, Any]:
    """A message in which a model calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": None, "tool_calls": [{"id": f"call-{name}", "type": "function", "function": function}]}


@contextmanager
def serving(script: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An OpenAI-compatible server whose model says what the script has; its address, and the requests that it gets."""
    requests: list[dict[str, Any]] = []

    class Completions(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            assert self.path == "/v1/chat/completions"
            message = {"role": "assistant", **script[len(requests) - 1]}
            content = json.dumps({"choices": [{"message": message}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Completions)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", requests
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_memory_is_a_tool_that_a_chain_calls(run_example) -> None:
    output = run_example("tool_in_chain.py")
    known, unknown = said_after(output, "fact:")
    assert known and unknown == "We do not know that. Please ask at the desk."
    assert known != unknown
    written, as_it_is = said_after(output, "reply:")
    assert written and as_it_is == unknown


def test_every_example_is_listed_and_run_here() -> None:
    listed, here = (EXAMPLES / "README.md").read_text(), Path(__file__).read_text()
    for example in EXAMPLES.glob("*.py"):
        assert f"]({example.name})" in listed
        assert f'"{example.name}"' in here
