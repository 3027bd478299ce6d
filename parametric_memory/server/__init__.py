"""A memory behind HTTP and MCP: OpenAI's API, memories as programs know them from mem0, tools for agents, and a page.

Needs the extra `server`. Nothing here knows how an entry is made, found or attached: it all goes through the door.
"""

from __future__ import annotations

from importlib.metadata import version as _version
from importlib.util import find_spec

from parametric_memory.errors import SettingsError

_NEEDED = ("fastapi", "uvicorn", "mcp", "python_multipart")


def require_server() -> None:
    """Raises SettingsError where the packages of the extra `server` are not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"To serve a memory needs {', '.join(missing)}: pip install 'parametric-memory[server]', or in a checkout "
            "pip install '.[server]'."
        )


def version() -> str:
    """The version of this package."""
    return _version("parametric-memory")
