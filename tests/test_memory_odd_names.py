"""Odd ids, namespaces, titles and metadata: refused in one line, or kept, found and deleted as any others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.errors import EntryNotFound, ParametricMemoryError
from tests.in_step import in_step

OpenMemory = Callable[..., ParametricMemory]
TEXT = "Lina Okafor moved to Bergen. She works at the harbour."
ODD = [
    *(" ", ".", "..", "...", "x.", "x ", " x", "-", "--help", "~", "%", "%2E", "%~", "*", "?"),
    *("a/b", "../../etc/passwd", "/etc/passwd", "C:\\x", "a\\b", "a:b", ":", "CON", "nul.txt", ".staging", ".lock"),
    *(
        "x" * 151,
        "x" * 300,
        "x" * 100_000,
        "\n",
        "a\nb",
        "\0",
        "\x1b[31m",
        "\u202e",
        "\u00e9",
        "e\u0301",
        "\U0001f600",
        "'\"`$()",
    ),
]


@pytest.mark.parametrize("name", ODD, ids=lambda name: ascii(name[:16]))
def test_what_is_written_under_an_odd_name_is_found_and_can_be_deleted(open_memory: OpenMemory, name: str) -> None:
    with open_memory() as memory:
        memory.add("Refunds take ten days.", id="other")
        entry = memory.add(TEXT, id=name, namespace=name, title=name, source=name, metadata={"name": name[:1000]})
    with open_memory() as memory:
        assert entry.id == name and memory.get(name) == entry and memory.history(name).text == TEXT
        assert [e.id for e in memory.list(namespace=name, filter={"name": name[:1000]})] == [name]
        assert [r.entry_id for r in memory.recall("Lina Okafor", namespace=name, filter={"name": name[:1000]})] == [
            name
        ]
        assert memory.update(name, metadata={name.strip()[:1000] or "key": 1}).version == 1
        memory.delete(name)
        assert [e.id for e in memory.list()] == ["other"]
        assert list(memory.recall("Lina Okafor", namespace=name)) == []
        with pytest.raises(EntryNotFound):
            memory.get(name)


@pytest.mark.parametrize("what", ["id", "namespace", "title", "source"])
def test_a_name_that_is_no_unicode_is_refused_and_leaves_nothing(open_memory: OpenMemory, what: str) -> None:
    with open_memory() as memory:
        memory.add("Refunds take ten days.", id="other")
        with pytest.raises(ParametricMemoryError) as raised:
            memory.add(TEXT, **{what: "a\ud800"})
        assert "\n" not in str(raised.value)
        assert [e.id for e in memory.list()] == ["other"]
        assert in_step(memory) and [r.entry_id for r in memory.recall(TEXT)] == ["other"]


def test_an_empty_id_is_none(open_memory: OpenMemory) -> None:
    with open_memory() as memory:
        entry = memory.add(TEXT, id="", namespace="", title="")
        assert (len(entry.id), entry.namespace, entry.title) == (32, "default", TEXT)
        memory.delete(entry.id)
        assert list(memory.list()) == []


def test_too_much_metadata_is_refused_before_anything_is_made_of_a_text(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory() as memory:
        memory.add("Refunds take ten days.", id="other")
        monkeypatch.setattr(type(memory.models), "internalizer", None, raising=False)
        with pytest.raises(ParametricMemoryError, match="Metadata has 5500 keys, and 1000 is the limit"):
            memory.add(TEXT, metadata={f"key{number}": 1 for number in range(5_500)})
        with pytest.raises(ParametricMemoryError, match="1000 is the limit"):
            memory.update("other", metadata={f"key{number}": 1 for number in range(5_500)})
        assert [r.entry_id for r in memory.recall("refunds")] == ["other"]
