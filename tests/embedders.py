"""Embedders that work in other processes, and tell of it in a folder."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.bag_of_words import BagOfWords


class Watched(BagOfWords):
    """Leaves the ids of the processes that it works in. At a text with a deadly word its process is killed."""

    def __init__(self, folder: Path, deadly: str = "", times: int = 0) -> None:
        """times: how often the word kills."""
        super().__init__()
        self.folder, self.deadly, self.times = folder, deadly, times

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        (self.folder / f"{os.getpid()}.pid").touch()
        if self.deadly and any(self.deadly in text for text in texts):
            deaths = len(list(self.folder.glob("*.dead")))
            if deaths < self.times:
                (self.folder / f"{deaths}.dead").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_documents(texts)


def processes(folder: Path) -> list[int]:
    """Those that a `Watched` embedder worked in."""
    return [int(path.stem) for path in folder.glob("*.pid")]
