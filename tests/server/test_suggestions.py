from __future__ import annotations

from collections.abc import Sequence

import pytest
from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.internalize.self_questions import Passage
from parametric_memory.server import memories_api
from tests.server.conftest import SENTENCES


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Questions in place of those of the tiny base model, which writes noise; the sentences asked about."""
    asked: list[str] = []

    def write(base: object, about: Sequence[Passage]) -> dict[str, Passage]:
        asked.extend(passage.sentence for passage in about)
        return {
            text: passage
            for passage in about
            for text in ("Who sells umbrellas on the moon?", f"Is it true that {passage.sentence[:-1]}?")
        }

    monkeypatch.setattr(memories_api, "written_questions", write)
    return asked


def test_suggested_questions_recall_the_entries_they_are_about(
    client: TestClient, memory: ParametricMemory, written: list[str]
) -> None:
    found = client.get("/questions").json()["results"]
    assert [memory.recall(question, 1)[0].entry_id for question in found] == ["entry2", "entry1", "entry0"]
    assert written == list(reversed(SENTENCES))
    assert client.get("/questions").json()["results"] == found and len(written) == 3  # the model is not asked again

    client.post("/memories", json={"text": "# Bees\n\nAda keeps bees in the garden of the school."})
    assert "Ada keeps bees" in client.get("/questions").json()["results"][0]
    assert written[3] == "Ada keeps bees in the garden of the school."


def test_an_empty_namespace_suggests_nothing(client: TestClient, written: list[str]) -> None:
    assert client.get("/questions", params={"namespace": "nobody"}).json() == {"results": []}
    assert written == []
