"""Serves a memory over HTTP and MCP: OpenAI's API, mem0's REST API, tools for agents, and a web page.

Needs the extra `server`. Uses only the public methods of `ParametricMemory`; knows nothing about how they work.
"""

from importlib.util import find_spec

from parametric_memory.errors import SettingsError

_NEEDED = ("fastapi", "uvicorn", "mcp", "python_multipart")


def require_server() -> None:
    """Raises SettingsError if the packages of the extra `server` are not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"Serving a memory needs {', '.join(missing)}: pip install 'parametric-memory[server]', or in a checkout "
            "pip install '.[server]'."
        )
