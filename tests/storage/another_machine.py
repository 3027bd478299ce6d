"""A process that stands for another machine: it opens shared memories in a home of its own, and does what it is told.

    python -m tests.storage.another_machine HYPERNETWORK

A line of JSON with a method's name and its arguments comes in, and one with what it gives, or raises, goes out.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any


def main(hypernetwork: str) -> None:
    from parametric_memory import ParametricMemory, RecallSettings
    from parametric_memory.errors import ParametricMemoryError
    from parametric_memory.language_model.base_model import BaseModel
    from tests.bag_of_words import BagOfWords
    from tests.tiny_models import tiny_model, tiny_tokenizer

    tokenizer = tiny_tokenizer()
    base = BaseModel(tiny_model(tokenizer), tokenizer, "tiny")
    memory = ParametricMemory(base_model=base)

    def open(place: str, index: str | None = None, environment: dict[str, str] | None = None) -> None:
        nonlocal memory
        os.environ.update(environment or {})
        memory = ParametricMemory(
            place,
            index=index,
            base_model=base,
            hypernetwork=hypernetwork,
            embeddings=BagOfWords(),
            recall=RecallSettings(threshold=0.3, scorer="vectors"),
        )

    def found_after(query: str, id: str) -> float:
        """Seconds until a query recalls an entry."""
        started = time.monotonic()
        while id not in [recall.entry_id for recall in memory.recall(query)]:
            time.sleep(0.02)
            if time.monotonic() - started > 30:
                return -1.0
        return time.monotonic() - started

    def add_all(texts: dict[str, str]) -> list[str]:
        return [memory.add(text, id=id).id for id, text in texts.items()]

    def mark(id: str, keys: list[str]) -> None:
        """Adds one key after another to an entry's metadata, each from what it has by then."""
        for key in keys:
            with memory.writing():
                memory.update(id, metadata={**memory.get(id).metadata, key: True})

    def delete_all(ids: list[str]) -> None:
        for id in ids:
            memory.delete(id)

    def listed() -> dict[str, str]:
        return {entry.id: memory.text(entry.id) for entry in memory.list()}

    def repaired() -> list[str]:
        """What had to be put right."""
        from parametric_memory.storage.repair import repaired

        return repaired(memory.kept)

    def files() -> list[str]:
        """What is in the place of entries."""
        from parametric_memory.storage.shared.memory import SharedMemory

        assert isinstance(memory.kept, SharedMemory)
        return memory.kept.location.place.files("entries")

    told = (open, found_after, add_all, mark, delete_all, listed, repaired, files)
    own: dict[str, Callable[..., Any]] = {function.__name__: function for function in told}
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, arguments, options = json.loads(line)
        options = {key: timedelta(seconds=value) if key == "ttl" else value for key, value in options.items()}
        try:
            result = (own.get(name) or getattr(memory, name))(*arguments, **options)
        except ParametricMemoryError as error:
            result = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(_plain(result)), flush=True)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return [*map(_plain, value)] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main(*sys.argv[1:])
