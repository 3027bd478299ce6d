from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory.commands.demo import DOCUMENTS
from tests.commands.running import Runner


@pytest.mark.slow
def test_the_demo_answers_each_question_twice_and_says_what_it_recalled(run_embedded: Runner, tmp_path: Path) -> None:
    result = run_embedded("demo", "--json", "--memory", tmp_path / "memory")
    shown = result.data
    assert shown["documents_in_prompt"] == 0
    most = max(comparison["with_memory"]["prompt_tokens"] for comparison in shown["comparisons"])
    assert most < shown["tokens_added"] / 2  # a question reads no document
    assert [c["question"] for c in shown["comparisons"]] == [d["question"] for d in DOCUMENTS]
    for comparison, document in zip(shown["comparisons"], DOCUMENTS, strict=True):
        [recall] = [r for r in comparison["with_memory"]["recalls"] if r["attached"]]
        assert recall["title"] == document["title"]
        assert comparison["without_memory"] != comparison["with_memory"]["text"]
    assert len(run_embedded("list", "--json", "--memory", tmp_path / "memory").data) == len(DOCUMENTS)
