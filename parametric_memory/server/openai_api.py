"""OpenAI's API over a memory: chat completions, models, embeddings.

A model's name may end in a namespace, `smollm2:ana`, and in skills, `smollm2:ana+capitals`. The field `memory` of a
response holds the recalls.
"""

import base64
import json
import re
import time
from array import array
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Required
from uuid import uuid4

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, Response
from pydantic import AfterValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12

from parametric_memory.answering.answering import AnswerRequest, PreparedAnswer, forced_tools
from parametric_memory.cancellation import Cancelled, check_cancelled
from parametric_memory.documents.sentences import sentences
from parametric_memory.documents.words import WORDS
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.chat import Turn, text_of
from parametric_memory.records import Answer
from parametric_memory.server.access import Access, Granted
from parametric_memory.server.problems import Body, Problem, StrictRoute, read_json
from parametric_memory.server.service import Service, event
from parametric_memory.server.settings import NEVER_REMEMBERED, STATEMENTS
from parametric_memory.storage.skills import may_name_skill

NAMESPACE_HEADER = "X-Memory-Namespace"
_OF_HEADER = "Whose memory, unless the model's name says it; by default the server's."
OWN_NAME = "parametric-memory"  # a name of the model that works with every base model
_ANY_OBJECT = {"type": "object", "additionalProperties": True}
_MOST_TEXTS, _TOGETHER = 2048, 32  # texts to embed in a request, and in a batch
_USUAL_TOKENS = 256  # of an answer, if the request sets no limit
_BRIEF_TOKENS = 64  # of an answer without an attached entry
_ROLES = {"developer": "system", "function": "tool"}
_DONE = "data: [DONE]\n\n"
_LEAST_WORDS = 3  # of a statement
_ASKS_OR_ORDERS = re.compile(rf"(?:{'|'.join(sorted(WORDS['requests']))})\b", re.IGNORECASE)


class StreamOptions(Body):
    """Options of a stream."""

    include_usage: bool = False


class Called(TypedDict):
    """What a call calls; the arguments are JSON."""

    name: str
    arguments: Annotated[str | None, AfterValidator(lambda text: read_json(text or "{}"))]


class Call(TypedDict, total=False):
    """A call of a tool."""

    id: str | None
    function: Required[Called]


class Message(TypedDict, total=False):
    """A turn of the conversation."""

    role: Required[str]
    content: str | list[Any] | None
    name: str | None
    tool_calls: list[Call] | None
    tool_call_id: str | None


@with_config(ConfigDict(extra="allow"))
class Function(TypedDict, total=False):
    """A function that the model may call; its parameters are a JSON schema."""

    name: Required[str]
    parameters: dict[str, Any] | None


@with_config(ConfigDict(extra="allow"))
class Tool(TypedDict):
    """A tool of the only kind that this server calls."""

    function: Function


class NamedSchema(TypedDict):
    """A JSON schema."""

    schema: dict[str, Any]


class ResponseFormat(Body):
    """The form of an answer."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: NamedSchema | None = None

    @property
    def schema_of(self) -> Mapping[str, Any] | None:
        """The schema that the answer is to fit; None: prose. Raises SettingsError."""
        if self.type != "json_schema":
            return _ANY_OBJECT if self.type == "json_object" else None
        if self.json_schema is None:
            raise SettingsError("response_format of the type json_schema needs a schema in json_schema.schema.")
        return self.json_schema["schema"]


class ChatRequest(Body):
    """OpenAI's chat completion request. The fields from `remember` on are this server's own."""

    model: str = OWN_NAME
    messages: list[Message] = Field(min_length=1, fail_fast=True)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    tools: list[Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: ResponseFormat | None = None
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
    """Names of skills to answer under, beside those in the model's name."""
    abstain: bool = False
    """If nothing is attached, say that the memory does not hold it, instead of a brief answer by the base model."""
    k: int | None = Field(default=None, ge=1, le=100)
    """The most entries to list."""


class EmbeddingRequest(Body):
    """OpenAI's request for embeddings."""

    model: str = "embedder"
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


def router(service: Service) -> APIRouter:
    """The routes below `/v1`."""
    routes, memory = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=StrictRoute), service.memory

    @routes.get("/models")
    @service.on_desk
    def models(access: Granted) -> dict[str, Any]:
        """List the base model, and once more for each namespace and for each skill."""
        own = _slug(service)
        namespaces = dict.fromkeys([memory.namespace, *memory.storage.entries.counts()])
        names = [own, *(f"{own}:{namespace}" for namespace in namespaces if access.opens(namespace))]
        names += [f"{own}+{skill}" for skill in memory.storage.skills.names()]
        return {"object": "list", "data": [_model(name) for name in names]}

    @routes.get("/models/{name:path}")
    @service.on_desk
    def model(access: Granted, name: str) -> dict[str, Any]:
        """One model."""
        _, skills = _named(service, access, name)
        for skill in skills:
            memory.storage.skills.read(skill)
        return _model(name)

    @routes.post("/embeddings")
    @service.on_desk
    def embeddings(body: EmbeddingRequest) -> dict[str, Any]:
        """Embed texts with the memory's embedder."""
        texts = [body.input] if isinstance(body.input, str) else body.input
        if not texts or not all(texts) or len(texts) > _MOST_TEXTS:
            raise Problem(400, f"input takes 1 to {_MOST_TEXTS} texts, none of them empty.")
        vectors: list[list[float]] = []
        read = 0
        for start in range(0, len(texts), _TOGETHER):
            check_cancelled()
            some = texts[start : start + _TOGETHER]
            vectors += memory.models.embeddings.embed_documents(some)
            read += sum(len(memory.models.base.chat.encode(text)) for text in some)
        if body.dimensions not in (None, size := len(vectors[0])):
            raise Problem(400, f"dimensions: this embedder's vectors have {size} numbers: leave it out.")
        is_float = body.encoding_format == "float"
        written: list[Any] = [v if is_float else base64.b64encode(array("f", v).tobytes()).decode() for v in vectors]
        data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(written)]
        usage = {"prompt_tokens": read, "total_tokens": read}
        return {"object": "list", "model": body.model, "data": data, "usage": usage}

    @routes.post("/chat/completions")
    async def chat_completions(
        access: Granted,
        body: ChatRequest,
        header: Annotated[str | None, Header(alias=NAMESPACE_HEADER, description=_OF_HEADER)] = None,
    ) -> Response:
        """Answer a conversation under the adapters that the user's last turn recalls."""
        about = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": body.model}

        def asked() -> AnswerRequest:
            return _asked(service, body, *_named(service, access, body.model, header))

        def recalled(prepared: PreparedAnswer) -> dict[str, Any]:
            """The part of the field `memory` that is known before decoding."""
            request = prepared.request
            return {
                "namespace": request.namespace,
                "skills": request.skills,
                "remembered": prepared.found.has_documents,
                "recalls": service.recalled(prepared.found.recalls),
            }

        def ended(prepared: PreparedAnswer, answer: Answer) -> dict[str, Any]:
            """The rest of the field `memory`, after decoding."""
            added = _remember(service, body, str(prepared.request.namespace))
            known = answer.model_dump(include={"confidence", "unsure", "timings"})
            return {**known, **added}

        def answered(prepared: PreparedAnswer, answer: Answer) -> dict[str, Any]:
            message: dict[str, Any] = {"role": "assistant", "content": answer.text}
            if answer.tool_calls:
                message |= {"content": answer.text or None, "tool_calls": [_call(c) for c in answer.tool_calls]}
            return {
                **about,
                "object": "chat.completion",
                "choices": [_choice(answer.finish_reason, message=message)],
                "usage": _usage(answer),
                "memory": {**recalled(prepared), **ended(prepared, answer)},
            }

        if not body.stream:
            return JSONResponse(await service.answer(asked, answered))

        def events(prepared: PreparedAnswer, pieces: Iterator[str | Answer]) -> Generator[str]:
            def chunk(delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> str:
                return event({**chunks, "choices": [_choice(reason, delta=delta)], **more})

            chunks = {**about, "object": "chat.completion.chunk"}
            known = recalled(prepared)
            yield chunk({"role": "assistant", "content": ""}, memory=known)
            for piece in pieces:
                if isinstance(piece, str):
                    yield chunk({"content": piece})
                    continue
                if calls := [{"index": i, **_call(call)} for i, call in enumerate(piece.tool_calls)]:
                    yield chunk({"tool_calls": calls})
                yield chunk({}, piece.finish_reason, memory={**known, **ended(prepared, piece)})
                if body.stream_options and body.stream_options.include_usage:
                    yield event({**chunks, "choices": [], "usage": _usage(piece)})
            yield _DONE

        return await service.stream(asked, events, lambda problem: event(problem.body) + _DONE)

    return routes


def _choice(reason: str | None, **said: Any) -> dict[str, Any]:
    return {"index": 0, **said, "finish_reason": reason, "logprobs": None}


# Requests


def _slug(service: Service) -> str:
    return Path(service.memory.models.base.name).name.lower().replace(":", "-")


def _named(service: Service, access: Access, model: str, header: str | None = None) -> tuple[str, Sequence[str]]:
    """The namespace and the skills that a model's name ends in; without a namespace, that of the header.

    A namespace may hold a plus. What follows one is a skill if it may be a skill's name, and no entry is in a namespace
    of the whole. Raises Problem (404) for an unknown model.
    """
    skills: list[str] = []
    while True:
        name, _, named = model.partition(":")
        is_known = name == OWN_NAME or bool(name and _slug(service).startswith(Path(name).name.lower()))
        rest, _, skill = model.rpartition("+")
        if not rest or not may_name_skill(skill):
            break
        if is_known and (not named or named in service.memory.storage.entries.counts()):
            break
        model, skills = rest, [skill, *skills]
    if not is_known:
        raise Problem(
            404, f"There is no model {name!r} here: name {_slug(service)}, or {OWN_NAME}.", code="model_not_found"
        )
    return service.namespace(access, named or header), skills


def _asked(service: Service, body: ChatRequest, namespace: str, skills: Sequence[str]) -> AnswerRequest:
    tools: list[Any] = [] if body.tool_choice == "none" else [*(body.tools or [])]
    schema = body.response_format.schema_of if body.response_format else None
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    service.check("max_stops", len(stop), "stops")
    service.check("max_stop", max(map(len, stop), default=0), "characters of a stop")
    service.check("max_schema", json.dumps([tools, schema]).count(","), "values in JSON schemas")
    names = [tool["function"]["name"] for tool in tools]
    limit = body.max_completion_tokens or body.max_tokens
    return AnswerRequest(
        _turns(body.messages),
        **body.model_dump(include={"k", "filter", "at", "from_memory", "hybrid", "abstain"}),
        namespace=namespace,
        scope={"agent": body.agent_id, "run": body.run_id},
        skills=list(dict.fromkeys([*skills, *body.skills])),
        tools=tools,
        forced=forced_tools(body.tool_choice, names),
        schema=schema,
        max_tokens=min(limit or _USUAL_TOKENS, service.settings.max_tokens),
        max_tokens_alone=None if limit else _BRIEF_TOKENS,
        stop=stop,
        temperature=body.temperature or 0.0,
        top_p=body.top_p or 1.0,
    )


def _turns(messages: Sequence[Message]) -> list[Turn]:
    turns: list[Turn] = []
    called: dict[str | None, str] = {}
    for message in messages:
        role = _ROLES.get(message["role"], message["role"])
        turn: Turn = {"role": role, "content": text_of(message.get("content"))}
        if calls := message.get("tool_calls"):
            called |= {call.get("id"): call["function"]["name"] for call in calls}
            turn["tool_calls"] = [
                {"id": call.get("id"), "type": "function", "function": call["function"]} for call in calls
            ]
        if role == "tool":
            turn["name"] = message.get("name") or called.get(message.get("tool_call_id")) or ""
        turns.append(turn)
    return turns


# Responses


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(call["args"], ensure_ascii=False)
    return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": arguments}}


def _usage(answer: Answer) -> dict[str, int]:
    read, written = answer.prompt_tokens, answer.completion_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _remember(service: Service, body: ChatRequest, namespace: str) -> dict[str, Any]:
    """Adds the user's last turn to the memory, if the request or the settings ask for it.

    Returns the ids of the entries, or why they could not be added: an error here does not fail the answer.
    """
    rule = service.settings.remember
    wanted = rule == STATEMENTS if body.remember is None else body.remember
    if not wanted or rule == NEVER_REMEMBERED:
        return {"added": []}
    text, asked = last_statements(_turns(body.messages), only_statements=body.remember is None)
    if not text:
        return {"added": []}
    name = next(message for message in reversed(body.messages) if message["role"] == "user").get("name")
    before = [{"role": "assistant", "content": asked}] if asked else []  # without it, "In Oslo." would mean nothing
    message = {"role": "user", "content": text, **({"name": name} if name else {})}
    user = namespace if namespace != service.memory.namespace else None
    try:
        entries = service.memory.add_messages([*before, message], when=date.today(), namespace=namespace, user=user)
    except Cancelled:
        raise
    except Exception as error:
        return {"added": [], "not_added": Problem.of(error).detail}
    service.metrics.added.inc(len(entries))
    return {"added": [entry.id for entry in entries]}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": OWN_NAME}


# Statements of a chat turn, to be added to the memory


def last_statements(turns: Sequence[dict[str, object]], *, only_statements: bool) -> tuple[str, str]:
    """The user's last turn, or only its statements; and the assistant's question that it answers, or an empty text."""
    last = next((i for i in reversed(range(len(turns))) if turns[i]["role"] == "user"), None)
    if last is None:
        return "", ""
    text, before = str(turns[last]["content"]), turns[last - 1 : last] if last else []
    said = sentences(str(before[0]["content"])) if before and before[0]["role"] == "assistant" else []
    question = said[-1].strip() if said and _asks(said[-1]) else ""
    if only_statements:
        least = 1 if question else _LEAST_WORDS  # an answer to a question may be a single word
        text = "\n".join(sentence for sentence in sentences(text) if _is_statement(sentence.strip(), least))
    return text.strip(), question


def _is_statement(sentence: str, least_words: int) -> bool:
    """Whether a sentence is no question, command or greeting, by the form of English sentences. In other languages, all
    but questions are statements."""
    is_statement = not _asks(sentence) and not _ASKS_OR_ORDERS.match(sentence)
    return is_statement and len(re.findall(r"\w+", sentence)) >= least_words


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"')\u201d\u2019 ").endswith(("?", "\uff1f", "\u061f"))
