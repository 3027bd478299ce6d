"""Completes /openapi.json: the schema of errors, the security schemes, and the namespace header.

Knows nothing about what any route does.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from parametric_memory.server.access import OPEN_PATHS
from parametric_memory.server.openai_api import NAMESPACE_HEADER
from parametric_memory.server.problems import SCHEMA, SCHEMA_NAME

_TAKES_THE_HEADER = "/v1/chat/completions"
_WHEN = "Needed if the server has a token or keys."
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": _WHEN},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": _WHEN},
}
_HEADER = {
    "name": NAMESPACE_HEADER,
    "in": "header",
    "required": False,
    "description": "Whose memory, unless the model's name says it; by default the server's.",
    "schema": {"type": "string"},
}


class Described(FastAPI):
    """An app whose OpenAPI document also describes what its middlewares do."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            _complete(super().openapi())
        return super().openapi()


def _complete(document: dict[str, Any]) -> None:
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})[SCHEMA_NAME] = SCHEMA
    parts["securitySchemes"] = _SCHEMES
    document["security"] = [{name: []} for name in _SCHEMES]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path in OPEN_PATHS:
                operation["security"] = []
            if path == _TAKES_THE_HEADER:
                operation.setdefault("parameters", []).append(_HEADER)
