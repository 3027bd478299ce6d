"""Loading models with transformers: from the Hugging Face hub if it answers, and without progress bars.

The hub's client retries for a minute before it gives up. Knows nothing about the models.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from textwrap import shorten
from urllib.parse import urlsplit
from urllib.request import getproxies

from parametric_memory.errors import ModelUnavailable

_SECONDS = 3.0
_REASON = 200  # characters


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


@contextmanager
def loading(place: str | Path, message: Callable[[str], str]) -> Iterator[bool]:
    """A block that loads something with transformers; yields whether it may read local files only.

    Args:
        place: a folder or hub id.
        message: of the error, from its reason in a few words.

    Raises ModelUnavailable: it cannot be loaded.
    """
    from safetensors import SafetensorError

    cached_only = not Path(place).is_dir() and not hub_reachable()
    try:
        with quiet_transformers():
            yield cached_only
    except (OSError, ValueError, RuntimeError, ImportError, KeyError, SafetensorError) as error:
        reason = shorten(str(error) or type(error).__name__, _REASON)
        if cached_only:
            reason = "there is no such folder, and the hub cannot be reached"
        raise ModelUnavailable(message(reason.rstrip("."))) from error
