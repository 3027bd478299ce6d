"""Builds the app: routes, MCP tools and the page, behind the middlewares; loads the models and shuts down.

Knows nothing about what any route does.
"""

import asyncio
import gc
import logging
import threading
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parametric_memory.answering.vllm import VllmEngine
from parametric_memory.errors import SettingsError
from parametric_memory.memory import ParametricMemory
from parametric_memory.server import agents, memories_api, openai_api
from parametric_memory.server.access import DESCRIBED_KEYS, PAGE_PATHS, Granted, Guard
from parametric_memory.server.keys import Keys
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import HANDLERS, RESPONSES, Problem
from parametric_memory.server.service import Service
from parametric_memory.server.settings import TOKEN_VARIABLE, ServerSettings
from parametric_memory.settings import own_version

logger = logging.getLogger(__name__)

_PAGE = Path(__file__).parent / "page"
_FILES = {path.name: path for path in _PAGE.iterdir()}
_PAGE_HEADERS = {  # nothing is loaded from other hosts, whatever a document says, and no page can frame this one
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_LOADED_AGAIN = 10.0  # seconds between attempts to load the models
_DESCRIPTION = "A memory for language models that answers from weights: [docs](/docs), [page](/)."


def build(memory: ParametricMemory, settings: ServerSettings | None = None, keys: Keys | None = None) -> FastAPI:
    """The app that serves a memory. keys: by default those in the home folder.

    Raises SettingsError: other machines could use the memory without a token or key.
    """
    settings, keys = settings or ServerSettings(), keys or Keys()
    if settings.needs_key and settings.token is None and not keys.all():
        where = f"Behind {settings.hosts[0]}" if settings.is_local else f"On {settings.host}"
        raise SettingsError(
            f"{where} other machines could read and change the memory: give --token, set {TOKEN_VARIABLE}, "
            "or add a key with `keys add`."
        )
    service = Service(memory, settings)
    tools = agents.tools_of(service)
    of_tools = tools.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=settings.max_body,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # Guard does that
    )
    ready, closing = threading.Event(), threading.Event()

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=_load, args=(service, ready, closing), daemon=True).start()
        trimming = asyncio.create_task(service.desk.give_memory_back())
        async with tools.session_manager.run():
            yield
        trimming.cancel()
        closing.set()
        service.answering.close()
        service.desk.close()
        memory.close()

    app = FastAPI(
        title="Parametric Memory",
        description=_DESCRIPTION,
        version=own_version(),
        lifespan=living,
        responses=RESPONSES,
        exception_handlers=HANDLERS,
        docs_url=None,
        redoc_url=None,
    )
    for routes in (openai_api.router(service), memories_api.router(service)):
        app.include_router(routes, dependencies=DESCRIBED_KEYS)
    _add_state(app, service, ready)
    _add_page(app)
    for route in of_tools.routes:  # the tools' own routes would also open streams that nothing is ever sent in
        if isinstance(route, Route):
            app.router.routes.append(Route(route.path, route.endpoint, methods=["POST"]))
    app.add_middleware(Guard, settings=settings, keys=keys)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Retry-After", "Mcp-Session-Id"],
        )
    app.add_middleware(_Counted, metrics=service.metrics)  # outermost, so that refused requests count too
    app.state.service = service
    return app


def _load(service: Service, ready: threading.Event, closing: threading.Event) -> None:
    """Loads the models before the first question; tries again until that succeeds."""
    while not closing.is_set():
        try:
            memory = service.memory
            memory.models.base.chat  # noqa: B018 -- the first access loads it
            memory.models.embeddings.embed_query("ready")
            memory.models.sentences  # noqa: B018
            memory.recall("Is everything loaded?")
            decoder = service.answering.decoder
            if isinstance(decoder, VllmEngine):
                decoder.base_name  # noqa: B018 -- asks vLLM whether it is there
            gc.collect()
            gc.freeze()  # else each full collection looks through all that was loaded, and all threads wait 0.2 s
            ready.set()
            return
        except Exception as error:
            logger.warning("The models are not there yet: %s", Problem.of(error).detail)
        closing.wait(_LOADED_AGAIN)


def _add_state(app: FastAPI, service: Service, ready: threading.Event) -> None:
    @app.get("/healthz", tags=["State"])
    async def healthz() -> dict[str, str]:
        """Whether the server runs."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["State"], responses={503: {"description": "They are not loaded yet."}})
    async def readyz() -> JSONResponse:
        """Whether the models are loaded."""
        loaded = ready.is_set()
        return JSONResponse({"status": "ready" if loaded else "loading"}, 200 if loaded else 503)

    @app.get("/metrics", tags=["State"], response_class=PlainTextResponse, dependencies=DESCRIBED_KEYS)
    async def metrics(access: Granted) -> PlainTextResponse:
        """Metrics for Prometheus. If the server has keys, this needs one that opens all namespaces."""
        if access.namespaces is not None:
            raise Problem(403, "The metrics count all namespaces: send a key that opens all.")
        passes: Any = service.answering.started  # reading the metrics loads nothing
        if hasattr(passes, "in_work"):
            service.metrics.answers_in_work.set(passes.in_work)
            service.metrics.forward_passes.set(passes.passes)
            service.metrics.tokens_of_passes.set(passes.tokens)
        return PlainTextResponse(service.metrics.text(), media_type="text/plain; version=0.0.4")


def _add_page(app: FastAPI) -> None:
    def sends(name: str) -> Callable[[], FileResponse]:
        return lambda: FileResponse(_FILES[name], headers=_PAGE_HEADERS)

    named = {"/": "index.html", "/docs": "api.html", "/favicon.ico": "icon.svg"}
    for path, name in (named | {PAGE_PATHS + name: name for name in _FILES}).items():
        app.add_api_route(path, sends(name), include_in_schema=False, response_class=FileResponse)


class _Counted:
    """Counts requests by route and status, and answers those that failed unexpectedly.

    Requests without a route count as `other`, so that clients cannot create series. Starlette itself would raise an
    error again after answering it, which closes the connection.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def counted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                path = getattr(scope.get("route"), "path_format", "other")
                self._metrics.requests.labels(path=path, status=message["status"]).inc()
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except CancelledError:  # the server stops
            if not started:
                await Problem(503, "The server is being stopped: ask again.").response()(scope, receive, counted)
        except Exception as error:
            if started:
                raise  # closes the connection, since the response is incomplete
            await Problem.of(error).response()(scope, receive, counted)
