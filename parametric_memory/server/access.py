"""Access control: tokens, API keys, namespaces, allowed origins, and limits on request bodies.

An ASGI middleware, `Guard`. Knows nothing about what requests ask for.
"""

from __future__ import annotations

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
        headers = Headers(scope=scope)
        try:
            self._check_where_from(headers, scope["path"])
            access = scope[_SCOPE] = self._access(headers, scope)
            current_client.set(access.client)
            body = _Body(scope, receive, send, self._settings)
            client_has_left.set(Request(scope, body.receive).is_disconnected)
        except Exception as error:
            await Problem.of(error).response()(scope, receive, send)
            return
        await self._app(scope, body.receive, body.send)

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


class _Body:
    """A request's body as it arrives: it is refused if it is too large, lists too many values or comes too slowly."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, settings: ServerSettings):
        """Raises Problem (413) for a body that is announced to be too large."""
        self._receive, self._send, self._scope = receive, send, scope
        self._limit = "max_body" if scope["path"].startswith(_ADDING) else "max_question"
        self._most, self._most_values = getattr(settings, self._limit), settings.max_values
        self._size, self._values, self._whole, self._responded = 0, 0, False, False
        self._until: float | None = None  # the deadline for the whole body
        self._failed: Problem | None = None
        headers = Headers(scope=scope)
        self._is_form = headers.get("content-type", "").startswith("multipart/")
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most:
            raise self._too_large

    async def receive(self) -> Message:
        """The next message. Raises Problem (408 or 413)."""
        if self._whole:
            return await self._receive()  # a message that the client has disconnected
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + max(_BODY_SECONDS, self._most / _SLOWEST)
        try:
            async with asyncio.timeout_at(min(now + _PART_SECONDS, self._until)):
                message = await self._receive()
        except TimeoutError:
            stopped = now + _PART_SECONDS < self._until
            what = "The rest of the request did not come" if stopped else "The request came too slowly"
            self._failed = Problem(408, f"{what}: send it again{'' if stopped else ', or less at once'}.")
            raise self._failed from None
        body = message.get("body", b"")
        self._size, self._whole = self._size + len(body), not message.get("more_body", False)
        self._values += 0 if self._is_form else body.count(b",")
        if self._size > self._most:
            self._failed = self._too_large
        elif self._values > self._most_values:
            reason = f"The request lists more than {self._most_values:,} values (max_values)"
            self._failed = Problem(413, f"{reason}: send less at once, and long texts as files.")
        if self._failed is not None:
            raise self._failed
        return message

    async def send(self, message: Message) -> None:
        """Sends a message; replaces the app's response by the problem if the body was refused."""
        if self._failed is None:
            await self._send(message)
        elif not self._responded:
            self._responded = True
            await self._failed.response()(self._scope, self._receive, self._send)

    @property
    def _too_large(self) -> Problem:
        return Problem(413, f"The request is larger than {self._most:,} bytes ({self._limit}): send less at once.")
