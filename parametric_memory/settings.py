"""Where things live on this machine.

Knows nothing about what is inside the folders, and creates none of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from parametric_memory.errors import SettingsError

HOME_VARIABLE = "PARAMETRIC_MEMORY_HOME"


def home() -> Path:
    """The home folder: `$PARAMETRIC_MEMORY_HOME`, or the platform's folder for a user's data.

    Raises:
        SettingsError: the variable names something that is not a folder.
    """
    value = os.environ.get(HOME_VARIABLE)
    if not value:
        return platformdirs.user_data_path("parametric-memory", appauthor=False)
    folder = Path(value).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{HOME_VARIABLE} is {folder}, which is not a folder: name a folder, or unset it.")
    return folder


def models_folder() -> Path:
    """Where converted base models and the embedder are kept: `<home>/models`."""
    return home() / "models"


def default_memory_folder() -> Path:
    """The memory that is used when none is named: `<home>/memory`."""
    return home() / "memory"
