"""HTTP errors as problem details (RFC 9457): one sentence each, without a traceback.

They also have a member `error`, which OpenAI's clients read.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from parametric_memory.errors import (
    CheckpointError,
    EntryNotFound,
    IdTaken,
    MemoryFolderError,
    MemoryLocked,
    MemoryMismatch,
    ModelUnavailable,
    ParametricMemoryError,
    StorageError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SCHEMA_NAME = "Problem"
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": SCHEMA_NAME,
    "description": "An error as problem details (RFC 9457), and in `error` as OpenAI's clients read it.",
    "required": ["type", "title", "status", "detail", "error"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do, in a sentence."},
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": "null"},
                "code": {"type": "string"},
            },
        },
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {  # of every route, in /openapi.json
    "default": {
        "description": "Any error.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}}},
    }
}
UNEXPECTED = "An unexpected error occurred; the server's log says which."
_TITLES = {
    400: ("Bad request", "invalid_request_error"),
    401: ("Not authorized", "invalid_api_key"),
    403: ("Forbidden", "permission_error"),
    404: ("Not found", "not_found_error"),
    405: ("Method not allowed", "invalid_request_error"),
    408: ("Request timed out", "timeout"),
    409: ("Conflict", "conflict"),
    413: ("Too large", "request_too_large"),
    429: ("Too many requests", "rate_limit_error"),
    499: ("Client closed request", "timeout"),
    500: ("Server error", "server_error"),
    503: ("Not available", "server_error"),
    504: ("Timed out", "timeout"),
    507: ("Storage refused", "server_error"),
}
_STATUS: tuple[tuple[type[ParametricMemoryError], int], ...] = (
    (EntryNotFound, 404),
    (MemoryLocked, 503),
    (ModelUnavailable, 503),
    (StorageError, 507),
    (MemoryMismatch, 409),
    (IdTaken, 409),
    (MemoryFolderError, 500),
    (CheckpointError, 500),
    (ParametricMemoryError, 400),
)
_OF_THE_FOLDER = "The memory's folder cannot be used; the server's log says why."
_TOLD: Mapping[type[ParametricMemoryError], str] = {  # replaces messages that name a folder of the server
    EntryNotFound: "There is no such entry, or not any more: list or search to see what there is.",
    IdTaken: "The id cannot be used: choose another one, or give none.",
    MemoryLocked: "Another writer holds the memory: try again in a second.",
    MemoryMismatch: "The memory was made with other models than the server has; the server's log says which.",
    StorageError: _OF_THE_FOLDER,
    MemoryFolderError: _OF_THE_FOLDER,
    CheckpointError: _OF_THE_FOLDER,
}
_NO_FAULTS = (EntryNotFound, IdTaken, MemoryLocked)  # normal events, logged as such


class Problem(Exception):
    """An error that a client receives as problem details."""

    def __init__(self, status: int, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.code, self.headers = status, detail, code, dict(headers or {})

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """The problem for an error. An unexpected error is logged, and its details are not sent."""
        if isinstance(error, Problem):
            return error
        if isinstance(error, ParametricMemoryError):
            status = next(status for kind, status in _STATUS if isinstance(error, kind))
            told = next((told for kind, told in _TOLD.items() if isinstance(error, kind)), None)
            if told is not None:
                logger.log(logging.INFO if isinstance(error, _NO_FAULTS) else logging.ERROR, "%s", error)
            again = {"Retry-After": "1"} if isinstance(error, MemoryLocked) else None
            return cls(status, told or " ".join(str(error).split()), headers=again)
        logger.error("An unexpected error: %s", error, exc_info=error)
        return cls(500, UNEXPECTED)

    @property
    def body(self) -> dict[str, Any]:
        title, kind = _TITLES.get(self.status, ("Error", "server_error"))
        error = {"message": self.detail, "type": kind, "param": None, "code": self.code or kind}
        return {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, "error": error}

    def response(self) -> JSONResponse:
        return JSONResponse(self.body, self.status, headers=self.headers, media_type=MEDIA_TYPE)


def read_json(data: bytes | str) -> Any:
    """Parses a JSON document.

    Raises JSONDecodeError if it is none, and HTTPException, which FastAPI passes on, if it holds values that cannot be
    stored or sent: NaN, infinities, numbers that are far too long, lone surrogates, or too many levels.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        found = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except UnicodeError:
        raise HTTPException(400, "The JSON is not valid Unicode, or holds half of a character: send UTF-8.") from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "The JSON holds NaN, infinity, too long a number, or too many levels.") from None
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON.")


class _StrictRequest(Request):
    async def json(self) -> Any:
        return read_json(await self.body())


class StrictRoute(APIRoute):
    """A route that parses JSON with `read_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


def tell_problems(app: FastAPI) -> None:
    """Makes an app answer errors with problem details."""

    async def known(_: Request, error: Exception) -> JSONResponse:
        return Problem.of(error).response()

    async def of_http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        told = {404: "Nothing is at this address: /docs lists all.", 405: "The address does not take this method."}
        detail = told.get(error.status_code, str(error.detail))
        return Problem(error.status_code, detail, headers=error.headers).response()

    async def of_form(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return Problem(400, _sentence(error)).response()

    app.add_exception_handler(Problem, known)
    app.add_exception_handler(ParametricMemoryError, known)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_form)


def _sentence(error: RequestValidationError) -> str:
    """The first error of a request, as a sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "json_invalid" and not isinstance(first["loc"][-1], str):  # text: a field of a form
        return "The body is not JSON: send one whole JSON document."
    message = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{where or 'The body'}: {message[:1].lower()}{message[1:]}."
