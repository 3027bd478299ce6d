"""Folders of prepared data, all of one description, which lies beside them.

So a preparation that was stopped goes on with the same data, and others are told by name.
Knows nothing about what the data are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import replace_durably, storage_errors

_FORMAT = 1


@dataclass(frozen=True)
class Description:
    """The file that says what a folder holds.

    Attributes:
        name: of the file.
        lacking: what is said of a folder without it, `{folder}` in place of its name.
        again: how such data are made, as an order: "teach again".
    """

    name: str
    lacking: str
    again: str

    def is_in(self, folder: Path) -> bool:
        return (folder / self.name).is_file()

    def differing(self, folder: Path, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """What a folder's data are otherwise than wanted, as it says; a folder that holds none is made for these.

        Raises:
            CheckpointError: see `read`.
            StorageError: the disk refuses.
        """
        wanted = {"format": _FORMAT, **wanted}
        with storage_errors(f"write to {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
            if self.is_in(folder):
                found = self.read(folder)
                return {name: found.get(name) for name in {**wanted, **found} if found.get(name) != wanted.get(name)}
            replace_durably(folder / self.name, (json.dumps(wanted, indent=1) + "\n").encode())
        return {}

    def read(self, folder: Path) -> dict[str, Any]:
        """What a folder's data are. Raises CheckpointError where it holds none that can be read."""
        try:
            found: dict[str, Any] = json.loads((folder / self.name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(self.lacking.format(folder=folder)) from error
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            raise CheckpointError(f"{folder} is of another format: delete it and {self.again}.")
        return found
