"""OpenAI's API over a memory: chat completions, models, embeddings.

A model's name may end in a namespace, `smollm2:ana`. What was recalled for an answer comes back in the field `memory`.
"""

from __future__ import annotations

import base64
import json
import time
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from parametric_memory.cancellation import Cancelled, check_cancelled
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.language_model.conversation import Turn, text_of
from parametric_memory.language_model.tool_calls import ToolCall
from parametric_memory.server.asking import Prepared, Question, Written
from parametric_memory.server.desk import Place
from parametric_memory.server.problems import Problem, StrictRoute, read_json
from parametric_memory.server.service import Service
from parametric_memory.server.settings import NEVER_REMEMBERED, STATEMENTS
from parametric_memory.server.telling import last_asked, last_told

NAMESPACE_HEADER = "X-Memory-Namespace"
OWN_NAME = "parametric-memory"  # the model, whatever base model answers
_ANY_OBJECT = {"type": "object", "additionalProperties": True}
_MOST_TEXTS, _TOGETHER = 2048, 32  # to embed in a request, and at once
_ROLES = {"developer": "system", "function": "tool"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow")  # what other servers know, and this one has no use for


class StreamOptions(_Body):
    """What a stream tells beside the answer."""

    include_usage: bool = False


class ChatRequest(_Body):
    """OpenAI's chat completion request; at its end, what this memory adds."""

    model: str = OWN_NAME
    messages: list[dict[str, Any]] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None

    remember: bool | None = None
    """Remember what the user's last turn tells. As the server is set when not given."""
    from_memory: bool = True
    """False: the base model answers alone."""
    hybrid: bool | None = None
    """Also put what is recalled into the prompt. As the memory is opened when not given."""
    filter: dict[str, Any] | None = None
    """On the metadata of what is recalled."""
    at: str | None = None
    """A day or moment: what held then is recalled in place of what holds now."""
    k: int | None = Field(default=None, ge=1, le=100)
    """How many entries are listed, at most."""


class EmbeddingRequest(_Body):
    """OpenAI's request for embeddings."""

    model: str = "embedder"
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


def router(service: Service) -> APIRouter:
    """The addresses below `/v1`."""
    routes, memory = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=StrictRoute), service.memory

    @routes.get("/models")
    async def models(request: Request) -> dict[str, Any]:
        """The base model, and once more with each namespace."""

        def names() -> list[str]:
            own = _slug(service)
            namespaces = dict.fromkeys([memory.namespace, *memory.storage.entries.counts()])
            access = service.access(request)
            return [own, *(f"{own}:{namespace}" for namespace in namespaces if access.opens(namespace))]

        data = [_model(name) for name in await service.desk.run(names)]
        return {"object": "list", "data": data}

    @routes.get("/models/{name:path}")
    async def model(request: Request, name: str) -> dict[str, Any]:
        """One of them."""
        await service.desk.run(lambda: _namespace(service, request, name))
        return _model(name)

    @routes.post("/embeddings")
    async def embeddings(body: EmbeddingRequest) -> dict[str, Any]:
        """Vectors of the memory's embedder."""
        texts = [body.input] if isinstance(body.input, str) else body.input
        if not texts or not all(texts) or len(texts) > _MOST_TEXTS:
            raise Problem(400, f"input takes 1 to {_MOST_TEXTS} texts, none of them empty.")

        def embedded() -> dict[str, Any]:
            vectors: list[list[float]] = []
            read = 0
            for start in range(0, len(texts), _TOGETHER):
                check_cancelled()
                some = texts[start : start + _TOGETHER]
                vectors += memory.models.embeddings.embed_documents(some)
                read += sum(len(memory.models.base.chat.encode(text)) for text in some)
            if body.dimensions not in (None, size := len(vectors[0])):
                raise Problem(400, f"dimensions: this embedder's vectors have {size} numbers, and no others.")
            return {
                "object": "list",
                "model": body.model,
                "data": [
                    {"object": "embedding", "index": i, "embedding": _encoded(vector, body.encoding_format)}
                    for i, vector in enumerate(vectors)
                ],
                "usage": {"prompt_tokens": read, "total_tokens": read},
            }

        return await service.desk.run(embedded)

    @routes.post("/chat/completions")
    async def chat_completions(request: Request, body: ChatRequest) -> Response:
        """An answer to a conversation, under what the user's last turn recalls."""
        header = request.headers.get(NAMESPACE_HEADER)
        about = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": body.model}

        def prepare() -> Prepared:
            namespace = _namespace(service, request, body.model, header)
            return service.answers.prepared(_question(service, body, namespace))

        if body.stream:
            told = _Chunks(service, body, about)
            events = await service.telling(prepare, told.events)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

        def answered(prepared: Prepared, written: Written) -> dict[str, Any]:
            choice = {"index": 0, "message": _message(written), "finish_reason": written.reason, "logprobs": None}
            return {
                **about,
                "object": "chat.completion",
                "choices": [choice],
                "usage": _usage(prepared, written),
                "memory": _about_memory(service, prepared, written, _remember(service, body, prepared.question)),
            }

        return JSONResponse(await service.written(request, prepare, answered))

    return routes


class _Chunks:
    """An answer as OpenAI's clients take a stream."""

    def __init__(self, service: Service, body: ChatRequest, about: Mapping[str, Any]):
        self._service, self._body = service, body
        self._about = {**about, "object": "chat.completion.chunk"}

    async def events(self, prepared: Prepared, place: Place) -> AsyncIterator[str]:
        service, body = self._service, self._body

        def end(written: Written) -> dict[str, Any]:
            return _about_memory(service, prepared, written, _remember(service, body, prepared.question))

        try:
            about = await place.in_thread(lambda: _about_memory(service, prepared))
            yield self._chunk({"role": "assistant", "content": ""}, memory=about)
            async for piece in service.pieces(prepared, place):
                if isinstance(piece, str):
                    yield self._chunk({"content": piece})
                    continue
                if piece.calls:
                    calls = [{"index": i, **_call(call)} for i, call in enumerate(piece.calls)]
                    yield self._chunk({"tool_calls": calls})
                about = await place.in_thread(partial(end, piece))
                yield self._chunk({}, piece.reason, memory=about)
                if body.stream_options and body.stream_options.include_usage:
                    yield _event({**self._about, "choices": [], "usage": _usage(prepared, piece)})
        except Exception as error:  # the status is sent already
            yield _event(Problem.of(error).body)
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _event({**self._about, "choices": [choice], **more})


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


# What is asked


def _slug(service: Service) -> str:
    return Path(service.memory.models.base.name).name.lower().replace(":", "-")


def _namespace(service: Service, request: Request, model: str, header: str | None = None) -> str:
    """The namespace that a model's name, or else a header, names. Raises Problem for a model that is not here."""
    name, _, named = model.partition(":")
    if name != OWN_NAME and not (name and _slug(service).startswith(Path(name).name.lower())):
        raise Problem(
            404, f"There is no model {name!r} here: name {_slug(service)}, or {OWN_NAME}.", code="model_not_found"
        )
    return service.namespace(request, named or header)


def _question(service: Service, body: ChatRequest, namespace: str) -> Question:
    tools, schema = _tools(body), _schema(body.response_format)
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    service.check("max_stops", len(stop), "stops")
    service.check("max_stop", max(map(len, stop), default=0), "characters of a stop")
    service.check("max_schema", json.dumps([tools, schema]).count(","), "values in JSON schemas")
    names = [tool["function"]["name"] for tool in tools]
    limit = body.max_completion_tokens or body.max_tokens or min(256, service.settings.max_tokens)
    return Question(
        _turns(body.messages),
        namespace,
        from_memory=body.from_memory,
        k=body.k,
        filter=body.filter,
        at=body.at,
        hybrid=body.hybrid,
        tools=tools,
        forced=_forced(body.tool_choice, names),
        schema=schema,
        max_tokens=min(limit, service.settings.max_tokens),
        stop=stop,
        temperature=body.temperature or 0.0,
        top_p=body.top_p or 1.0,
    )


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[Turn]:
    turns: list[Turn] = []
    called: dict[str, str] = {}
    for number, message in enumerate(messages):
        role = message.get("role")
        if not isinstance(role, str):
            raise DocumentError(f"messages.{number} has no role: name user, assistant, system or tool.")
        content = message.get("content")
        if not isinstance(content, str | list | None):
            raise DocumentError(f"messages.{number}.content is neither a text nor a list of parts.")
        turn: Turn = {"role": _ROLES.get(role, role), "content": text_of(content)}
        listed = message.get("tool_calls") or []
        if not isinstance(listed, list):
            raise DocumentError(f"messages.{number}.tool_calls is no list of calls.")
        calls = [_read_call(call, number) for call in listed]
        called |= {call["id"]: call["function"]["name"] for call in calls if call["id"]}
        if calls:
            turn["tool_calls"] = calls
        if turn["role"] == "tool":
            turn["name"] = message.get("name") or called.get(str(message.get("tool_call_id"))) or ""
        turns.append(turn)
    return turns


def _read_call(call: Any, number: int) -> dict[str, Any]:
    try:
        function = call["function"]
        id, name, arguments = call.get("id"), function["name"], read_json(function["arguments"] or "{}")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        told = f"messages.{number}.tool_calls: each has a function with a name, and arguments in JSON."
        raise DocumentError(told) from error
    if not isinstance(name, str) or not isinstance(id, str | None):
        raise DocumentError(f"messages.{number}.tool_calls: the name and the id of a call are texts.")
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _tools(body: ChatRequest) -> list[dict[str, Any]]:
    tools = [] if body.tool_choice == "none" else body.tools or []
    for number, tool in enumerate(tools):
        function = tool.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise SettingsError(f"tools.{number} is no function with a name: this server calls no others.")
        if not isinstance(function.get("parameters") or {}, dict):
            raise SettingsError(f"tools.{number}.function.parameters is no JSON schema.")
    return tools


def _forced(choice: str | dict[str, Any] | None, names: Sequence[str]) -> Sequence[str]:
    """The tools of which one must be called."""
    if choice in (None, "auto", "none"):
        return ()
    if choice == "required":
        return names
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else choice
    if name not in names:
        raise SettingsError(f"tool_choice names {name!r}, which is none of the tools that the request has.")
    return [str(name)]


def _schema(wanted: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    kind = (wanted or {"type": "text"}).get("type")
    if kind == "text":
        return None
    if kind == "json_object":
        return _ANY_OBJECT
    named = (wanted or {}).get("json_schema")
    schema = named.get("schema") if isinstance(named, dict) else None
    if kind != "json_schema" or not isinstance(schema, dict):
        raise SettingsError("response_format is text, json_object, or json_schema with a schema in json_schema.schema.")
    return schema


# What comes back


def _message(written: Written) -> dict[str, Any]:
    if not written.calls:
        return {"role": "assistant", "content": written.text}
    return {"role": "assistant", "content": written.text or None, "tool_calls": [_call(c) for c in written.calls]}


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(call["args"], ensure_ascii=False)
    return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": arguments}}


def _usage(prepared: Prepared, written: Written) -> dict[str, int]:
    read = len(prepared.request.prompt)
    return {"prompt_tokens": read, "completion_tokens": written.tokens, "total_tokens": read + written.tokens}


def _about_memory(
    service: Service, prepared: Prepared, written: Written | None = None, remembered: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the field `memory` of an answer tells.

    remembered: what `_remember` says.
    """
    about: dict[str, Any] = {
        "namespace": prepared.question.namespace,
        "remembered": prepared.remembered,
        "recalls": service.recalled(prepared.recalls),
    }
    if written is not None:
        about |= {"confidence": written.confidence, "timings": dict(written.seconds), **(remembered or {})}
    return about


def _remember(service: Service, body: ChatRequest, question: Question) -> dict[str, Any]:
    """Remember what the user's last turn tells, if the request or the settings want it.

    Returns the ids of the entries; and where they could not be kept, why: the answer is there all the same.
    """
    try:
        return {"added": _added(service, body, question)}
    except Cancelled:
        raise
    except Exception as error:
        return {"added": [], "not_added": Problem.of(error).detail}


def _added(service: Service, body: ChatRequest, question: Question) -> list[str]:
    rule = service.settings.remember
    wanted = rule == STATEMENTS if body.remember is None else body.remember
    if not wanted or rule == NEVER_REMEMBERED:
        return []
    told = last_told(question.turns, only_statements=body.remember is None)
    if not told:
        return []
    last = next(message for message in reversed(body.messages) if message.get("role") == "user")
    message = {"role": "user", "content": told, **({"name": last["name"]} if last.get("name") else {})}
    asked = last_asked(question.turns)  # without it, nobody would know what "In Oslo." says
    before = [{"role": "assistant", "content": asked}] if asked else []
    entries = service.memory.add_messages([*before, message], when=date.today(), namespace=question.namespace)
    service.metrics.count("added_total", len(entries))
    return [entry.id for entry in entries]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": OWN_NAME}


def _encoded(vector: Sequence[float], form: str) -> Sequence[float] | str:
    return list(vector) if form == "float" else base64.b64encode(array("f", vector).tobytes()).decode()
