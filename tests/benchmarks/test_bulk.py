from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from benchmarks.bulk import documents, measure
from parametric_memory import ParametricMemory
from parametric_memory.language_model.base_model import BaseModel


def test_every_document_is_of_its_own() -> None:
    made = documents(4, 3, seed=0)
    assert len({document.text for document in made}) == 4
    assert made == documents(4, 3, seed=0)


@pytest.mark.parametrize("actors", [[], pytest.param([1], marks=pytest.mark.soak)], ids=["alone", "actors"])
def test_documents_a_second_are_told_by_who_prepares_them(
    open_memory: Callable[..., ParametricMemory], base: BaseModel, tmp_path: Path, actors: list[int]
) -> None:
    base.model.save_pretrained(tmp_path / "base")
    base.tokenizer.save_pretrained(tmp_path / "base")
    said: list[str] = []
    rows = list(
        measure(lambda at: open_memory(at, base_model=tmp_path / "base"), documents(5, 2, 0), actors, said.append)
    )
    assert [(row.metric, row.n) for row in rows] == [("documents a second", 4), ("tokens a second", 4)]
    for column in ("memory", "one_at_a_time", *(f"{number}_actors" for number in actors)):
        assert all((row.figure(column) or 0) > 0 for row in rows)
    assert said[0] == "add"
