"""Loading models with transformers: from the Hugging Face hub if it answers, and without progress bars.

The hub's client retries for a minute before it gives up. Knows nothing about the models.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies

_SECONDS = 3.0


def hub_reachable() -> bool:
    """Whether the hub takes connections; True behind a proxy, where only the client can tell."""
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        return False
    hub = urlsplit(ENDPOINT)
    if hub.scheme in getproxies():
        return True
    try:
        _connect(hub.hostname or "", hub.port or 443)
    except OSError:  # not cached: a network may come up later
        return False
    return True


@cache
def _connect(host: str, port: int) -> None:
    """Raises OSError."""
    socket.create_connection((host, port), _SECONDS).close()


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Hides the progress bars of transformers inside the block."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
