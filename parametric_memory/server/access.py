"""Access control: tokens, API keys, namespaces, allowed origins, and limits on request bodies.

An ASGI middleware, `Guard`. Knows nothing about what requests ask for.
"""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parametric_memory.errors import ParametricMemoryError
from parametric_memory.server.desk import client_has_left, current_client
from parametric_memory.server.keys import Keys
from parametric_memory.server.problems import Problem
from parametric_memory.server.settings import ServerSettings

logger = logging.getLogger(__name__)

# These need no token, and neither do the files of the page.
OPEN_PATHS = ("/", "/docs", "/openapi.json", "/healthz", "/readyz", "/favicon.ico")
PAGE_PATHS = "/page/"
_SCOPE = "parametric_memory.access"
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_ADDING = ("/memories", "/mcp")  # paths with the larger limit `max_body`
_PART_SECONDS = 30.0  # without receiving a byte of an incomplete body
_BODY_SECONDS = 300.0  # for a whole body; longer if the largest body needs longer at the slowest rate
_SLOWEST = 100_000  # bytes a second


@dataclass(frozen=True)
class Access:
    """What a request may use. namespaces: None means all. client: the name of its key, if it has one."""

    namespaces: Sequence[str] | None = None
    client: str | None = None

    def opens(self, namespace: str) -> bool:
        return self.namespaces is None or namespace in self.namespaces

    def own(self, usual: str) -> str:
        """The namespace of a request that names none: the default one, or else the first that its key opens."""
        return usual if self.opens(usual) or not self.namespaces else self.namespaces[0]


def access_of(request: Request) -> Access:
    """The access that `Guard` granted to a request."""
    found = request.scope.get(_SCOPE)
    assert isinstance(found, Access), "Guard runs before every request"
    return found


_WHEN = "Needed if the server has a token or keys."
DESCRIBED_KEYS = [  # for /openapi.json; `Guard` checks keys
    Depends(HTTPBearer(scheme_name="bearer", description=_WHEN, auto_error=False)),
    Depends(APIKeyHeader(name="X-API-Key", scheme_name="header", description=_WHEN, auto_error=False)),
]
Granted = Annotated[Access, Depends(access_of)]


class Guard:
    """Checks host, origin and key of each request, and limits its body. Records its `Access` in the scope."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, keys: Keys):
        self._app, self._settings, self._keys = app, settings, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            self._check_where_from(request.headers, scope["path"])
            access = scope[_SCOPE] = self._access(request.headers, scope)
            messages: list[Message] = [{"type": "http.request", "body": await self._body(request)}]
        except Exception as error:
            await Problem.of(error).response()(scope, receive, send)
            return

        async def received() -> Message:
            return messages.pop() if messages else await receive()  # then, that the client has disconnected

        current_client.set(access.client)
        client_has_left.set(request.is_disconnected)
        await self._app(scope, received, send)

    def _check_where_from(self, headers: Headers, path: str) -> None:
        """Refuses requests from pages of other hosts (CSRF), and requests for a foreign host name (DNS rebinding)."""
        host, origin = headers.get("host", ""), headers.get("origin")
        known = (*_OWN_NAMES, self._settings.host, *map(str.lower, self._settings.hosts))
        if self._settings.is_local and (_parts(f"//{host}").hostname or "") not in known:
            raise Problem(403, "The request names another host than this server: use its own address.")
        is_foreign = headers.get("sec-fetch-site") == "cross-site" and path not in OPEN_PATHS
        if origin is not None:
            is_foreign = origin not in self._settings.origins and _parts(origin).netloc != host
        if is_foreign:
            raise Problem(403, "Pages of other hosts may not use this memory, unless it is served with --origin.")

    def _access(self, headers: Headers, scope: Scope) -> Access:
        path = scope["path"]
        if path in OPEN_PATHS or path.startswith(PAGE_PATHS) or scope["method"] == "OPTIONS":
            return Access(())
        token = self._settings.token
        try:
            keys = self._keys.all()
        except ParametricMemoryError as error:  # its message names a file
            logger.error("%s", error)
            raise Problem(500, "The server's API keys cannot be read; its log says why.") from None
        if token is None and not keys:
            if not self._settings.needs_key:
                return Access()
            raise _refused("Other machines reach this server, and it has no key left: make one with `keys add`")
        shown = _shown(headers)
        if token is not None and hmac.compare_digest(token.encode(), shown.encode("utf-8", "replace")):
            return Access()
        key = self._keys.find(shown) if shown else None
        if key is None:
            problem = "The key is wrong" if shown else "A key is needed"
            raise _refused(f"{problem}: send it as `Authorization: Bearer KEY`")
        return Access(key.namespaces or None, key.name)

    async def _body(self, request: Request) -> bytes:
        """A request's body. Raises Problem: it is too large, lists too many values, comes too slowly or breaks off."""
        limit = "max_body" if request.scope["path"].startswith(_ADDING) else "max_question"
        most, most_values = getattr(self._settings, limit), self._settings.max_values
        too_large = Problem(413, f"The request is larger than {most:,} bytes ({limit}): send less at once.")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise too_large
        is_form = request.headers.get("content-type", "").startswith("multipart/")
        now, body, values = asyncio.get_running_loop().time, bytearray(), 0
        until = now() + max(_BODY_SECONDS, most / _SLOWEST)
        try:
            async with asyncio.timeout_at(min(now() + _PART_SECONDS, until)) as deadline:
                async for part in request.stream():
                    deadline.reschedule(min(now() + _PART_SECONDS, until))
                    body += part
                    values += 0 if is_form else part.count(b",")
                    if len(body) > most:
                        raise too_large
                    if values > most_values:
                        reason = f"The request lists more than {most_values:,} values (max_values)"
                        raise Problem(413, f"{reason}: send less at once, and long texts as files.")
        except TimeoutError:
            if deadline.when() != until:
                raise Problem(408, "The rest of the request did not come: send it again.") from None
            raise Problem(408, "The request came too slowly: send it again, or less at once.") from None
        except ClientDisconnect:
            raise Problem(499, "The client has disconnected.") from None
        return bytes(body)


def _shown(headers: Headers) -> str:
    """The key that a request sends, or an empty text. The scheme `Bearer` is optional, in any case."""
    shown = headers.get("authorization", "").strip()
    scheme, _, rest = shown.partition(" ")
    if scheme.lower() == "bearer":
        shown = rest.strip()
    return shown or headers.get("x-api-key", "")


def _parts(address: str) -> SplitResult:
    """Splits an address. Raises Problem (403) if a header does not hold one."""
    try:
        return urlsplit(address)
    except ValueError:
        raise Problem(403, "The request's Host or Origin is no address: send the server's own.") from None


def _refused(detail: str) -> Problem:
    return Problem(401, f"{detail}.", headers={"WWW-Authenticate": "Bearer"})
