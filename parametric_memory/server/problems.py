"""HTTP errors as problem details (RFC 9457): one sentence each, without a traceback.

They also have a member `error`, which OpenAI's clients read.
"""

import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from http.client import responses
from logging import ERROR, INFO
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from parametric_memory import errors

logger = logging.getLogger(__name__)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


_TEXT, _SENTENCE = {"type": "string"}, {"type": "string", "description": "What is wrong, and what to do."}
_ERROR = _object(message=_SENTENCE, type=_TEXT, param={"type": "null"}, code=_TEXT)
SCHEMA = _object(type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_SENTENCE, error=_ERROR)
MEDIA_TYPE = "application/problem+json"
RESPONSES: dict[int | str, dict[str, Any]] = {  # of every route, in /openapi.json
    "default": {"description": "Any error.", "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
}
UNEXPECTED = "An unexpected error occurred; the server's log says which."
_TYPES = {  # of OpenAI's errors; others are `invalid_request_error` or `server_error`
    **{401: "invalid_api_key", 403: "permission_error", 404: "not_found_error", 409: "conflict"},
    **{413: "request_too_large", 429: "rate_limit_error", **dict.fromkeys((408, 499, 504), "timeout")},
}
_OTHER_MODELS = "The memory was made with other models than the server has; the server's log says which."
_FOLDER = "The memory's folder cannot be used; the server's log says why."
_ERRORS: tuple[tuple[type[errors.ParametricMemoryError], int, str | None, int], ...] = (
    # Status, a sentence in place of a message that may name a folder of the server, and how that message is logged.
    (errors.EntryNotFound, 404, "There is no such entry, or not any more: list or search to see what there is.", INFO),
    (errors.SkillNotFound, 404, None, INFO),
    (errors.MemoryLocked, 503, "Another writer holds the memory: try again in a second.", INFO),
    (errors.MemoryMismatch, 409, _OTHER_MODELS, ERROR),
    (errors.StorageError, 507, _FOLDER, ERROR),
    (errors.MemoryFolderError, 500, _FOLDER, ERROR),
    (errors.CheckpointError, 500, _FOLDER, ERROR),
    (errors.ModelUnavailable, 503, None, INFO),
    (errors.ParametricMemoryError, 400, None, INFO),
)
_ROUTING = {404: "Nothing is at this address: /docs lists all.", 405: "The address does not take this method."}


class Problem(Exception):
    """An error that a client receives as problem details."""

    def __init__(self, status: int, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.code, self.headers = status, detail, code, dict(headers or {})

    @classmethod
    def of(cls, error: Exception) -> "Problem":
        """The problem for an error. An unexpected error is logged, and its details are not sent."""
        if isinstance(error, Problem):
            return error
        if isinstance(error, RequestValidationError):
            return cls(400, _sentence(error))
        if isinstance(error, HTTPException):
            detail = _ROUTING.get(error.status_code, str(error.detail))
            return cls(error.status_code, detail, headers=error.headers)
        for kind, status, sentence, level in _ERRORS:
            if isinstance(error, kind):
                if sentence is not None:
                    logger.log(level, "%s", error)
                again = {"Retry-After": "1"} if kind is errors.MemoryLocked else None
                return cls(status, sentence or " ".join(str(error).split()), headers=again)
        logger.error("An unexpected error: %s", error, exc_info=error)
        return cls(500, UNEXPECTED)

    @property
    def body(self) -> dict[str, Any]:
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        error = {"message": self.detail, "type": kind, "param": None, "code": self.code or kind}
        title = responses.get(self.status, "Client Closed Request")
        return {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, "error": error}

    def response(self) -> JSONResponse:
        return JSONResponse(self.body, self.status, headers=self.headers, media_type=MEDIA_TYPE)


async def _answer(_: Request, error: Exception) -> JSONResponse:
    return Problem.of(error).response()


HANDLERS: dict[Any, Any] = dict.fromkeys(
    (Problem, errors.ParametricMemoryError, HTTPException, RequestValidationError), _answer
)


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


class Body(BaseModel):
    """A request's body; options of other servers are ignored."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class _StrictRequest(Request):
    async def json(self) -> Any:
        return read_json(await self.body())


class StrictRoute(APIRoute):
    """A route that parses JSON with `read_json`, and sends no field that was not set."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **{**options, "response_model_exclude_unset": True})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


def _sentence(error: RequestValidationError) -> str:
    """The first error of a request, as a sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "json_invalid" and not isinstance(first["loc"][-1], str):  # text: a field of a form
        return "The body is not JSON: send one whole JSON document."
    message = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{where or 'The body'}: {message[:1].lower()}{message[1:]}."
