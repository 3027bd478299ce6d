"""OpenAI's API over a memory: chat completions, models, embeddings.

A model's name may end in a namespace, `smollm2:ana`. The field `memory` of a response holds the recalls.
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

from parametric_memory.answering.answering import AnswerRequest, PreparedAnswer, forced_tools
from parametric_memory.cancellation import Cancelled, check_cancelled
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.language_model.conversation import Turn, text_of
from parametric_memory.records import Answer
from parametric_memory.server.desk import Place
from parametric_memory.server.problems import Problem, StrictRoute, read_json
from parametric_memory.server.service import Service
from parametric_memory.server.settings import NEVER_REMEMBERED, STATEMENTS
from parametric_memory.server.telling import last_asked, last_told

NAMESPACE_HEADER = "X-Memory-Namespace"
OWN_NAME = "parametric-memory"  # a name of the model that works with every base model
_ANY_OBJECT = {"type": "object", "additionalProperties": True}
_MOST_TEXTS, _TOGETHER = 2048, 32  # texts to embed in a request, and in a batch
_USUAL_TOKENS = 256  # of an answer, if the request sets no limit
_BRIEF_TOKENS = 64  # of an answer without an attached entry
_ROLES = {"developer": "system", "function": "tool"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow")  # ignore options of other servers


class StreamOptions(_Body):
    """Options of a stream."""

    include_usage: bool = False


class ChatRequest(_Body):
    """OpenAI's chat completion request. The fields from `remember` on are this server's own."""

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
    """Add the user's last turn to the memory. The server's setting when not given."""
    from_memory: bool = True
    """False: the base model answers alone."""
    hybrid: bool | None = None
    """Also put the recalled sentences into the prompt. The memory's setting when not given."""
    filter: dict[str, Any] | None = None
    """On the metadata of what is recalled."""
    at: str | None = None
    """Recall what held at this day or moment, instead of now."""
    agent_id: str | None = None
    run_id: str | None = None
    """Only what belongs to this agent, or to this run."""
    skills: list[str] = Field(default_factory=list)
    """Names of skills to answer under."""
    abstain: bool = False
    """If nothing is attached, say that the memory does not hold it, instead of a brief answer by the base model."""
    k: int | None = Field(default=None, ge=1, le=100)
    """The most entries to list."""


class EmbeddingRequest(_Body):
    """OpenAI's request for embeddings."""

    model: str = "embedder"
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


def router(service: Service) -> APIRouter:
    """The routes below `/v1`."""
    routes, memory = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=StrictRoute), service.memory

    @routes.get("/models")
    async def models(request: Request) -> dict[str, Any]:
        """List the base model, and once more for each namespace."""

        def names() -> list[str]:
            own = _slug(service)
            namespaces = dict.fromkeys([memory.namespace, *memory.storage.entries.counts()])
            access = service.access(request)
            return [own, *(f"{own}:{namespace}" for namespace in namespaces if access.opens(namespace))]

        data = [_model(name) for name in await service.desk.run(names)]
        return {"object": "list", "data": data}

    @routes.get("/models/{name:path}")
    async def model(request: Request, name: str) -> dict[str, Any]:
        """One model."""
        await service.desk.run(lambda: _namespace(service, request, name))
        return _model(name)

    @routes.post("/embeddings")
    async def embeddings(body: EmbeddingRequest) -> dict[str, Any]:
        """Embed texts with the memory's embedder."""
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
                raise Problem(400, f"dimensions: this embedder's vectors have {size} numbers: leave it out.")
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
        """Answer a conversation under the adapters that the user's last turn recalls."""
        header = request.headers.get(NAMESPACE_HEADER)
        about = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": body.model}

        def prepare() -> PreparedAnswer:
            namespace = _namespace(service, request, body.model, header)
            return service.answering.prepare(_asked(service, body, namespace))

        if body.stream:
            told = _Chunks(service, body, about)
            events = await service.telling(prepare, told.events)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

        def answered(answer: Answer) -> dict[str, Any]:
            choice = {
                "index": 0,
                "message": _message(answer),
                "finish_reason": answer.finish_reason,
                "logprobs": None,
            }
            namespace = _namespace(service, request, body.model, header)
            return {
                **about,
                "object": "chat.completion",
                "choices": [choice],
                "usage": _usage(answer),
                "memory": _about_memory(service, namespace, answer) | _end(service, body, namespace, answer),
            }

        return JSONResponse(await service.answer(request, prepare, answered))

    return routes


class _Chunks:
    """An answer as a stream of OpenAI's chunks."""

    def __init__(self, service: Service, body: ChatRequest, about: Mapping[str, Any]):
        self._service, self._body = service, body
        self._about = {**about, "object": "chat.completion.chunk"}

    async def events(self, prepared: PreparedAnswer, place: Place) -> AsyncIterator[str]:
        service, body, namespace = self._service, self._body, str(prepared.request.namespace)
        try:
            about = await place.in_thread(lambda: _about_memory(service, namespace, prepared))
            yield self._chunk({"role": "assistant", "content": ""}, memory=about)
            async for piece in service.pieces(prepared, place):
                if isinstance(piece, str):
                    yield self._chunk({"content": piece})
                    continue
                if piece.tool_calls:
                    calls = [{"index": i, **_call(call)} for i, call in enumerate(piece.tool_calls)]
                    yield self._chunk({"tool_calls": calls})
                end = await place.in_thread(partial(_end, service, body, namespace, piece))
                yield self._chunk({}, piece.finish_reason, memory=about | end)
                if body.stream_options and body.stream_options.include_usage:
                    yield _event({**self._about, "choices": [], "usage": _usage(piece)})
        except Exception as error:  # the status has been sent
            yield _event(Problem.of(error).body)
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _event({**self._about, "choices": [choice], **more})


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


# Requests


def _slug(service: Service) -> str:
    return Path(service.memory.models.base.name).name.lower().replace(":", "-")


def _namespace(service: Service, request: Request, model: str, header: str | None = None) -> str:
    """The namespace in a model's name, or else in the header. Raises Problem (404) for an unknown model."""
    name, _, named = model.partition(":")
    if name != OWN_NAME and not (name and _slug(service).startswith(Path(name).name.lower())):
        raise Problem(
            404, f"There is no model {name!r} here: name {_slug(service)}, or {OWN_NAME}.", code="model_not_found"
        )
    return service.namespace(request, named or header)


def _asked(service: Service, body: ChatRequest, namespace: str) -> AnswerRequest:
    tools, schema = _tools(body), _schema(body.response_format)
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    service.check("max_stops", len(stop), "stops")
    service.check("max_stop", max(map(len, stop), default=0), "characters of a stop")
    service.check("max_schema", json.dumps([tools, schema]).count(","), "values in JSON schemas")
    names = [tool["function"]["name"] for tool in tools]
    limit = body.max_completion_tokens or body.max_tokens
    return AnswerRequest(
        _turns(body.messages),
        k=body.k,
        filter=body.filter,
        namespace=namespace,
        at=body.at,
        scope={"agent": body.agent_id, "run": body.run_id},
        from_memory=body.from_memory,
        hybrid=body.hybrid,
        skills=body.skills,
        abstain=body.abstain,
        tools=tools,
        forced=forced_tools(body.tool_choice, names),
        schema=schema,
        max_tokens=min(limit or _USUAL_TOKENS, service.settings.max_tokens),
        max_tokens_alone=None if limit else _BRIEF_TOKENS,
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


# Responses


def _message(answer: Answer) -> dict[str, Any]:
    if not answer.tool_calls:
        return {"role": "assistant", "content": answer.text}
    return {"role": "assistant", "content": answer.text or None, "tool_calls": [_call(c) for c in answer.tool_calls]}


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(call["args"], ensure_ascii=False)
    return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": arguments}}


def _usage(answer: Answer) -> dict[str, int]:
    read, written = answer.prompt_tokens, answer.completion_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _about_memory(service: Service, namespace: str, answer: PreparedAnswer | Answer) -> dict[str, Any]:
    """The part of the field `memory` that is known before decoding."""
    recalls = service.recalled(answer.recalls)
    return {"namespace": namespace, "remembered": answer.remembered, "recalls": recalls}


def _end(service: Service, body: ChatRequest, namespace: str, answer: Answer) -> dict[str, Any]:
    """The rest of the field `memory`, after decoding."""
    about = {"confidence": answer.confidence, "timings": answer.timings}
    return about | _remember(service, body, namespace)


def _remember(service: Service, body: ChatRequest, namespace: str) -> dict[str, Any]:
    """Adds the user's last turn to the memory, if the request or the settings ask for it.

    Returns the ids of the entries, or why they could not be added: an error here does not fail the answer.
    """
    try:
        return {"added": _added(service, body, namespace)}
    except Cancelled:
        raise
    except Exception as error:
        return {"added": [], "not_added": Problem.of(error).detail}


def _added(service: Service, body: ChatRequest, namespace: str) -> list[str]:
    rule = service.settings.remember
    wanted = rule == STATEMENTS if body.remember is None else body.remember
    if not wanted or rule == NEVER_REMEMBERED:
        return []
    turns = _turns(body.messages)
    told = last_told(turns, only_statements=body.remember is None)
    if not told:
        return []
    last = next(message for message in reversed(body.messages) if message.get("role") == "user")
    message = {"role": "user", "content": told, **({"name": last["name"]} if last.get("name") else {})}
    asked = last_asked(turns)  # without it, "In Oslo." would mean nothing
    before = [{"role": "assistant", "content": asked}] if asked else []
    user = namespace if namespace != service.memory.namespace else None
    entries = service.memory.add_messages([*before, message], when=date.today(), namespace=namespace, user=user)
    service.metrics.count("added_total", len(entries))
    return [entry.id for entry in entries]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": OWN_NAME}


def _encoded(vector: Sequence[float], form: str) -> Sequence[float] | str:
    return list(vector) if form == "float" else base64.b64encode(array("f", vector).tobytes()).decode()
