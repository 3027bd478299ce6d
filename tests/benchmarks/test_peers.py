from __future__ import annotations

import sys
from argparse import Namespace

import pytest

from benchmarks.peers import SYSTEMS, measure, rows
from parametric_memory.fetching.embedded import installed_models


def test_every_metric_is_a_row_and_every_system_a_column() -> None:
    result = {"added": 0.5, "first": [1.0, 2.0], "total": [3.0, 3.0], "tokens_read": [10, 30]}
    results = {
        "memory": {**result, "texts": ["It is Bergen.", "He has 12 cows."]},
        "mem0": {**result, "texts": ["Oslo", "12"]},
    }
    figures = {row.metric: (row.memory, row.figure("mem0")) for row in rows(results, [["Bergen"], ["12"]])}
    assert figures["right"] == (1.0, 0.5)
    assert figures["seconds to add a note"] == (0.5, 0.5)
    assert figures["seconds to the first token, median"][0] == 1.5
    assert figures["seconds to the end, 95 %"][0] == 3.0
    assert figures["tokens read"][0] == 20
    assert figures["right answers a minute"] == (20.0, 10.0)


@pytest.mark.slow
@pytest.mark.skipif(not all(model["complete"] for model in installed_models()), reason="needs the embedded models")
def test_systems_answer_the_same_questions_and_those_without_packages_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    systems = {name: SYSTEMS[name] for name in ("memory", "transformers", "llama_cpp")}
    monkeypatch.setattr("benchmarks.peers.SYSTEMS", systems)
    said: list[str] = []
    chosen = Namespace(notes=6, questions=2, seed=0, gguf=None, python=sys.executable)
    right, added, *_, read, _ = measure(chosen, said.append)
    assert right.n == 2 and added.memory > (added.figure("transformers") or 0.0) > 0
    assert read.memory < (read.figure("transformers") or 0.0)
    assert right.figure("llama_cpp") is None
    assert [line for line in said if "llama_cpp is left out" in line]
    assert len([line for line in said if "6 notes and 2 questions" in line]) == len(systems)
