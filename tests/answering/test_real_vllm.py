"""vLLM itself answers as the library does. TEST_VLLM names the Python of an environment that has it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from parametric_memory import ParametricMemory
from parametric_memory.answering.vllm import VllmEngine
from parametric_memory.memory import reopen
from tests.commands.conftest import embedded_home

__all__ = ["embedded_home"]

PYTHON = os.environ.get("TEST_VLLM")
PEOPLE = ("Lina Okafor", "Tomas Reyes", "Ada Brandt", "Marco Ilves", "Yuki Sand", "Piet Moor", "Rosa Lind", "Emil Dahl")
CITIES = ("Bergen", "Valparaiso", "Turin", "Tartu", "Sapporo", "Ghent", "Malmo", "Aarhus")
RANK = 128
SECONDS_TO_START = 600

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="TEST_VLLM names no Python that has vLLM"),
]


@pytest.fixture
def memory(embedded_home: Path | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParametricMemory]:
    if embedded_home is not None:
        monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(embedded_home))
    with ParametricMemory(tmp_path / "memory") as memory:
        for person, city in zip(PEOPLE, CITIES, strict=True):
            memory.add(f"{person} moved to {city} in 2021.")
        yield memory


@pytest.fixture
def url(memory: ParametricMemory, tmp_path: Path) -> Iterator[str]:
    """The address of a vLLM server that runs the memory's base model."""
    base, folder = memory.models.base, tmp_path / "model"
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    assert PYTHON is not None
    adapters = ["--enable-lora", "--max-lora-rank", str(RANK), "--max-loras", "2", "--max-cpu-loras", "4"]
    small = ["--enforce-eager", "--max-model-len", "512", "--max-num-seqs", "4"]
    command = [PYTHON, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder), "--port", port]
    allowed = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | allowed
    with (tmp_path / "vllm.log").open("w") as log:
        process = subprocess.Popen([*command, *adapters, *small], env=env, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(1)
    pytest.fail("vLLM did not start: see vllm.log")


def test_it_answers_under_adapters_that_are_loaded_and_unloaded(
    memory: ParametricMemory, url: str, tmp_path: Path
) -> None:
    through = reopen(memory, engine=VllmEngine(url, memory.models, max_rank=RANK, most=2, folder=tmp_path / "engine"))
    asked = [(f"Which city did {person} move to?", city) for person, city in zip(PEOPLE, CITIES, strict=True)]
    own = [memory.ask(question, max_new_tokens=24).text for question, _ in asked]
    there = [through.ask(question, max_new_tokens=24).text for question, _ in asked]
    right = [sum(city in text for text, (_, city) in zip(texts, asked, strict=True)) for texts in (own, there)]
    assert right[1] >= right[0] - 1
    loaded = [model["id"] for model in httpx.get(f"{url}/models").json()["data"] if model.get("parent")]
    assert 1 <= len(loaded) <= 2
