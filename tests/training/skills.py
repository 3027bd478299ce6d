"""Tasks small enough for a test, and a file of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = ("Lina", "Bergen", "museum", "cello", "budget", "report")
TASKS: tuple[dict[str, Any], ...] = (
    {
        "name": "repeat",
        "descriptions": ["Say the word again.", "Repeat what is said"],
        "type": "short",
        "train": [{"input": word, "outputs": [word]} for word in WORDS],
        "test": [{"input": "cello", "outputs": ["cello"]}],
    },
    {
        "name": "yes or no",
        "descriptions": ["Say whether it is a name: yes or no."],
        "type": "classification",
        "labels": ["yes", "no"],
        "train": [{"input": word, "outputs": ["yes" if word.istitle() else "no"]} for word in WORDS],
        "test": [{"input": "Lina", "outputs": ["yes"]}, {"input": "report", "outputs": ["no"]}],
    },
)


def task_file(path: Path, *names: str) -> Path:
    """A file of these of the tasks; of all when none is named."""
    chosen = [task for task in TASKS if not names or task["name"] in names]
    path.write_text("".join(json.dumps(task) + "\n" for task in chosen))
    return path
