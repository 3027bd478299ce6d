"""REST routes in the form of mem0's API: add, list, get, update, delete, search; and `/ask`.

mem0's `user_id`, `agent_id` and `run_id` are the scopes of a memory, see `scopes`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, Json, model_validator
from starlette.convertors import Convertor, register_url_convertor

from parametric_memory.answering.answering import AnswerRequest, PreparedAnswer
from parametric_memory.cancellation import check_cancelled
from parametric_memory.documents.dates import LASTING, VALIDITY
from parametric_memory.documents.files import Document, read_documents
from parametric_memory.errors import ParametricMemoryError, SettingsError
from parametric_memory.maintenance import Maintenance
from parametric_memory.records import Answer, Entry, Version, now
from parametric_memory.scopes import AGENT, RUN, Scope, namespace_of, relabelled, speakers_of
from parametric_memory.server.access import Access
from parametric_memory.server.desk import Place, in_process
from parametric_memory.server.mem0_filters import read_filters
from parametric_memory.server.problems import Problem, StrictRoute
from parametric_memory.server.service import Service
from parametric_memory.server.shapes import (
    Added,
    AllDeleted,
    Deleted,
    Event,
    Found,
    Memories,
    Memory,
    Namespaces,
    Updated,
    Words,
    answers,
)
from parametric_memory.server.shapes import (
    Answer as AnswerShape,
)

logger = logging.getLogger(__name__)

PAGE_SIZE = 50
_MOST_ON_PAGE, _MOST_PAGES = 500, 10**9
_MOST_WORDS = 400
_MOST_TURNS = 1000
_READ_HERE = 50_000  # bytes of a file; at worst it takes about a second to read
_LABELS = (AGENT, RUN)


class _AnyId(Convertor[str]):
    """An id in a path, with any characters, including slashes; encoded slashes are the same.

    A trailing slash is not part of the id, since clients add one at will. An id that ends in one only appears in lists.
    """

    regex = r"[\s\S]*[^/]"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any_id", _AnyId())
_ONE = "/memories/{id:any_id}"


class _Body(BaseModel):
    # mem0's clients send options that this server does not have.
    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Whose(_Body):
    """The scope: a `namespace`, or mem0's `user_id`, which is one; `agent_id` and `run_id` narrow it."""

    namespace: str | None = Field(default=None, min_length=1)
    user_id: str | None = Field(default=None, min_length=1)
    agent_id: str | None = Field(default=None, min_length=1)
    run_id: str | None = Field(default=None, min_length=1)

    @property
    def where(self) -> str | None:
        """The namespace, if one is named. Raises SettingsError if two are."""
        return namespace_of(self.namespace, {"user": self.user_id})

    @property
    def scope(self) -> Scope:
        """The user, who is the namespace, and the agent and the run within it."""
        return {"user": self.user_id, "agent": self.agent_id, "run": self.run_id}


class Narrowed(Whose):
    """A scope and a filter. A `user_id` in the filters names the namespace, too."""

    filters: dict[str, Any] | None = None
    """On metadata: equality, $gt, $in, AND, OR..."""

    @property
    def where(self) -> str | None:
        """The namespace, if one is named. Raises SettingsError if two are."""
        named, user = super().where, read_filters(self.filters)[0]
        if user is not None and named not in (None, user):
            raise SettingsError(f"filters name the user {user!r}, and the request {named!r}: name one of them.")
        return named or user

    @property
    def filter(self) -> dict[str, Any]:
        """The filter on metadata."""
        return read_filters(self.filters)[1]


_InQuery = Annotated[str | None, Query(min_length=1)]
_Erase = Annotated[bool, Query(description="Also erase traces of the deleted entries from the index's files.")]


def _whose(
    namespace: _InQuery = None, user_id: _InQuery = None, agent_id: _InQuery = None, run_id: _InQuery = None
) -> Whose:
    """The scope in a request's query string."""
    return Whose(namespace=namespace, user_id=user_id, agent_id=agent_id, run_id=run_id)


class Given(Whose):
    """Options of everything that a request adds."""

    metadata: dict[str, Any] | None = None
    """To filter by."""
    speakers: dict[str, str] | None = None
    """Names of the speakers in a conversation, by their roles or names in it."""
    when: str | None = None
    """The day or moment of messages that have none."""
    ttl_seconds: float | None = Field(default=None, gt=0)
    """How long it is recalled, in seconds."""
    valid_from: str | None = None
    """Start of its validity: a day or moment."""
    valid_until: str | None = None
    """End of its validity: a day or moment."""

    @property
    def given(self) -> dict[str, Any]:
        """The options of `ParametricMemory.add`. Raises SettingsError if the time to live is too long."""
        try:
            ttl = None if self.ttl_seconds is None else timedelta(seconds=self.ttl_seconds)
        except OverflowError as error:
            raise SettingsError("ttl_seconds reaches past the year 9999: give less, or none.") from error
        times = {"ttl": ttl, "valid_from": self.valid_from, "valid_until": self.valid_until}
        return {"metadata": self.metadata, **times, **self.scope}


class FilesRequest(Given):
    """Files to add, as a form."""

    files: list[UploadFile]
    metadata: Json[dict[str, Any]] | None = None
    """A JSON object, to filter by."""
    speakers: Json[dict[str, str]] | None = None
    """A JSON object: names of the speakers in chats, by their roles or names in them."""


class AddRequest(Given):
    """What to add: a text, or the messages of a conversation."""

    text: str | None = None
    messages: list[dict[str, Any]] | str | None = None
    id: str | None = Field(default=None, min_length=1)
    title: str | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> AddRequest:
        if (self.text is None) == (self.messages is None):
            raise ValueError("give either text or messages")
        return self


class UpdateRequest(_Body):
    """Changes to an entry. Fields that are not given stay."""

    text: str | None = None
    title: str | None = None
    source: str | None = None
    metadata: dict[str, Any] | None = None
    valid_from: str | None = None
    """Start of its validity; an empty text removes it."""
    valid_until: str | None = None
    """End of its validity; an empty text removes it."""


class SearchRequest(Narrowed):
    """A search. No language model runs."""

    query: str = Field(min_length=1)
    limit: int = Field(default=10, ge=1, le=100)
    top_k: int | None = Field(default=None, ge=1, le=100)
    at: str | None = None
    """Find what held at this day or moment, instead of now."""


class Turn(_Body):
    """A turn of the conversation before a question."""

    role: Literal["user", "assistant"]
    content: str


class AskRequest(Narrowed):
    """A question."""

    question: str = Field(min_length=1)
    max_tokens: int = Field(default=64, ge=1)
    history: list[Turn] = Field(default_factory=list, max_length=_MOST_TURNS)
    """The conversation before the question, the oldest turn first."""
    hybrid: bool | None = None
    """Also put the recalled sentences into the prompt. The memory's setting when not given."""
    skills: list[str] = Field(default_factory=list)
    """Names of skills to answer under."""
    abstain: bool | None = None
    """False: if nothing is attached, the base model answers by itself."""
    from_memory: bool = True
    """False: the base model answers alone."""
    at: str | None = None
    """Recall what held at this day or moment, instead of now."""
    stream: bool = False


def router(service: Service) -> APIRouter:
    """The routes of memories, `/search` and `/ask`."""
    routes = APIRouter(tags=["Memory"], route_class=StrictRoute)
    _add_reading(routes, service)
    _add_writing(routes, service)
    _add_asking(routes, service)
    return routes


def _add_reading(routes: APIRouter, service: Service) -> None:
    memory = service.memory

    @routes.get("/memories", **answers(Memories))
    async def list_memories(
        request: Request,
        whose: Annotated[Whose, Depends(_whose)],
        page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
        page_size: Annotated[int, Query(ge=1, le=_MOST_ON_PAGE)] = PAGE_SIZE,
    ) -> dict[str, Any]:
        """List entries, the newest first, in pages."""
        where = service.namespace(request, whose.where)

        def found() -> dict[str, Any]:
            before = (page - 1) * page_size
            some = memory.list(namespace=where, limit=page_size, offset=before, newest=True, **whose.scope)
            return {
                "results": [_memory(entry, text) for entry in some if (text := service.text(entry.id)) is not None],
                "total": memory.count(namespace=where, **whose.scope),
                "page": page,
                "page_size": page_size,
                "namespace": where,
            }

        return await service.desk.run(found)

    @routes.get("/namespaces", **answers(Namespaces))
    async def namespaces(request: Request) -> dict[str, Any]:
        """The namespaces that this client may use, with their numbers of entries."""
        access = service.access(request)

        def found() -> dict[str, Any]:
            counts = {memory.namespace: 0} if access.opens(memory.namespace) else {}
            counts |= {name: count for name, count in memory.storage.entries.counts().items() if access.opens(name)}
            named = [{"namespace": name, "entries": count} for name, count in counts.items()]
            return {"results": named, "usual": access.own(memory.namespace)}

        return await service.desk.run(found)

    # Registered before the route of an entry, which matches these paths, too.
    @routes.get(f"{_ONE}/history", **answers(list[Event]))
    async def history(request: Request, id: str) -> list[dict[str, Any]]:
        """The versions of an entry that the memory stores, oldest first, and when it was added."""
        access = service.access(request)

        def found() -> list[dict[str, Any]]:
            entry = service.entry(access, id)
            return _history(entry, memory.storage.entries.text(id), memory.history(id))

        return await service.desk.run(found)

    @routes.get(f"{_ONE}/words", **answers(Words))
    async def words(request: Request, id: str) -> dict[str, Any]:
        """The words with rows in an entry's adapter, in the document's order; only the strongest if there are many."""
        access = service.access(request)

        def found() -> dict[str, Any]:
            service.entry(access, id)
            return {"results": _words(service, id)}

        return await service.desk.run(found)

    @routes.get(_ONE, **answers(Memory))
    async def get_memory(request: Request, id: str) -> dict[str, Any]:
        """Read an entry. If an id ends in /history or /words, the path means that route for the id before it."""
        access = service.access(request)
        return await service.desk.run(lambda: _memory(service.entry(access, id), memory.storage.entries.text(id)))

    @routes.post("/search", **answers(Found))
    async def search(request: Request, body: SearchRequest) -> dict[str, Any]:
        """The entries that a query finds, best first."""
        service.check("max_query", len(body.query), "characters of a query")
        where = service.namespace(request, body.where)
        looked: dict[str, Any] = {"filter": body.filter, "namespace": where, "at": body.at, **body.scope}

        def found() -> dict[str, Any]:
            recalls = memory.recall(body.query, body.top_k or body.limit, **looked)
            told = zip(recalls, service.recalled(recalls), strict=True)
            return {
                "results": [
                    {**_memory(*known), "score": recall.score}
                    | {name: about.get(name) for name in ("weight", "attached", "passages")}
                    for recall, about in told
                    if (known := service.found(recall.entry_id))
                ],
                "threshold": memory.recaller.threshold,
            }

        return await service.desk.run(found)


def _add_writing(routes: APIRouter, service: Service) -> None:
    memory = service.memory

    @routes.post("/memories", **answers(Added))
    async def add_memory(request: Request, body: AddRequest) -> dict[str, Any]:
        """Add a text or a conversation."""
        where = service.namespace(request, body.where)
        size = int(request.headers.get("content-length") or 0)
        return await service.desk.write(
            lambda: _added(service, _add(service, body, where)), size, request.is_disconnected
        )

    @routes.post("/memories/files", **answers(Added))
    async def add_files(
        request: Request, form: Annotated[FilesRequest, Form(media_type="multipart/form-data")]
    ) -> dict[str, Any]:
        """Add files: text, Markdown, HTML, PDF, exported chats. All are read before the first is added."""
        where, given = service.namespace(request, form.where), form.given
        read = [(file.filename or "", await file.read()) for file in form.files]

        documents = await service.desk.run(lambda: _read(read, form))  # within the time of any request

        def add() -> dict[str, Any]:
            started = now()
            entries = [memory.add(document, namespace=where, **given) for document in documents]
            return _added(service, [(entry, started) for entry in entries])

        size = sum(len(document.text.encode()) for document in documents)
        return await service.desk.write(add, size, request.is_disconnected)

    @routes.put(_ONE, **answers(Updated))
    @routes.patch(_ONE, **answers(Updated))
    async def update_memory(request: Request, id: str, body: UpdateRequest) -> dict[str, Any]:
        """Change an entry's text, title, source, metadata or validity."""
        access = service.access(request)

        def update() -> dict[str, Any]:
            known = service.entry(access, id)
            changes = body.model_dump(exclude_none=True)
            if not changes:
                raise Problem(400, "Nothing to change: give text, title, source, metadata or times.")
            if "metadata" in changes:
                changes["metadata"] = relabelled(changes["metadata"], known.metadata)
            entry = memory.update(id, **changes)
            return {"message": "Memory updated successfully!", **_memory(entry, memory.storage.entries.text(id))}

        return await service.desk.write(update)

    @routes.delete(_ONE, **answers(Deleted))
    async def delete_memory(request: Request, id: str, erase: _Erase = False) -> dict[str, Any]:
        """Delete an entry."""
        access = service.access(request)
        _check_may_erase(access, erase)

        def delete() -> dict[str, Any]:
            service.entry(access, id)
            memory.delete(id)
            service.metrics.count("deleted_total")
            return {"message": "Memory deleted successfully!", **_erased(service, erase)}

        return await service.desk.write(delete)

    @routes.delete("/memories", **answers(AllDeleted))
    async def delete_all(
        request: Request,
        whose: Annotated[Whose, Depends(_whose)],
        erase: _Erase = False,
    ) -> dict[str, Any]:
        """Delete all entries of a namespace, which must be named, or those of an agent or a run in it."""
        if whose.where is None:
            raise Problem(400, "Say whose memories to delete: name a namespace or a user_id.")
        where = service.namespace(request, whose.where)
        _check_may_erase(service.access(request), erase)

        def delete() -> dict[str, Any]:
            ids = memory.delete(namespace=where, **whose.scope)
            service.metrics.count("deleted_total", len(ids))
            return {"message": "Memories deleted successfully!", "deleted": len(ids), **_erased(service, erase)}

        return await service.desk.write(delete)


def _check_may_erase(access: Access, wanted: bool) -> None:
    """Raises Problem (403) for a key of some namespaces: erasing rebuilds the index of all."""
    if wanted and access.namespaces is not None:
        raise Problem(403, "Erasing rebuilds the whole index, which takes a key that opens all namespaces.")


def _erased(service: Service, wanted: bool) -> dict[str, bool]:
    """Erases traces of deleted entries from the index's files, if wanted.

    Reports a failure as `erased: false`, not as an error: the deletion is done, and a retry would find no entry.
    """
    if not wanted:
        return {}
    try:
        if service.memory.storage.leaves_traces:
            Maintenance(service.memory).erase()
    except ParametricMemoryError as error:
        logger.warning("Traces of deleted entries are still on disk: %s", error)
        return {"erased": False}
    return {"erased": True}


def _add_asking(routes: APIRouter, service: Service) -> None:
    @routes.post("/ask", **answers(AnswerShape, or_events=True))
    async def ask(request: Request, body: AskRequest) -> Response:
        """Answer a question. With `stream`, as server-sent events: recalls, token..., done."""
        where = service.namespace(request, body.where)

        def prepare() -> PreparedAnswer:
            asked = AnswerRequest.of(
                body.question,
                [turn.model_dump() for turn in body.history],
                namespace=where,
                filter=body.filter,
                at=body.at,
                scope=body.scope,
                from_memory=body.from_memory,
                hybrid=body.hybrid,
                skills=body.skills,
                abstain=body.abstain,
                max_tokens=min(body.max_tokens, service.settings.max_tokens),
            )
            return service.answering.prepare(asked)

        def answered(answer: Answer) -> dict[str, Any]:
            return {**_answer(answer), "recalls": service.recalled(answer.recalls)}

        if not body.stream:
            return JSONResponse(await service.answer(request, prepare, answered))

        async def events(prepared: PreparedAnswer, place: Place) -> AsyncIterator[str]:
            try:
                recalls = await place.in_thread(lambda: service.recalled(prepared.recalls))
                yield _event("recalls", {"recalls": recalls, "remembered": prepared.remembered})
                async for piece in service.pieces(prepared, place):
                    if isinstance(piece, str):
                        yield _event("token", {"text": piece})
                    else:
                        yield _event("done", _answer(piece))
            except Exception as error:  # the status has been sent
                yield _event("error", Problem.of(error).body)

        told = await service.telling(prepare, events)
        return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def _add(service: Service, body: AddRequest, where: str) -> Sequence[tuple[Entry, Any]]:
    """Adds what a request holds; returns each entry with the moment before it was added."""
    memory, started = service.memory, now()
    given = {"id": body.id, "title": body.title, "source": body.source, "namespace": where, **body.given}
    if isinstance(body.messages, list):
        entries = memory.add_messages(body.messages, when=body.when, speakers=body.speakers, **given)
        return [(entry, started) for entry in entries]
    return [(memory.add(body.text if body.text is not None else str(body.messages), **given), started)]


def _added(service: Service, entries: Sequence[tuple[Entry, Any]]) -> dict[str, Any]:
    service.metrics.count("added_total", len(entries))
    return {
        "results": [
            {**_memory(entry, text), "event": _event_of(entry, started)}
            for entry, started in entries
            if (text := service.text(entry.id)) is not None
        ]
    }


def _event_of(entry: Entry, started: Any) -> str:
    """The event of an entry, under mem0's name."""
    if entry.updated_at < started:
        return "NONE"
    return "ADD" if entry.created_at >= started else "UPDATE"


def _memory(entry: Entry, text: str) -> dict[str, Any]:
    """An entry in mem0's form, with further fields."""
    return {
        "id": entry.id,
        "memory": text,
        "hash": entry.content_hash,
        "metadata": entry.metadata,
        "created_at": entry.created_at.isoformat(),
        "updated_at": entry.updated_at.isoformat(),
        "user_id": entry.namespace,
        "namespace": entry.namespace,
        **{name: entry.metadata[name] for name in _LABELS if name in entry.metadata},
        "title": entry.title,
        "summary": entry.summary,
        "source": entry.source,
        "tokens": entry.tokens,
        "bytes": len(text.encode("utf-8")),
        "version": entry.version,
        "store": entry.store,
        "not_recalled": entry.not_recalled or None,
        **{name: at and at.isoformat() for name in (LASTING, *VALIDITY) for at in [getattr(entry, name)]},
    }


def _history(entry: Entry, text: str, kept: Sequence[Version]) -> list[dict[str, Any]]:
    """The stored versions of an entry, oldest first, and when it was added.

    kept: its earlier versions, the newest first.
    """
    said = [(version.version, version.updated_at, version.text) for version in reversed(kept)]
    said.append((entry.version, entry.updated_at, text))
    told: list[tuple[int, datetime, str | None]] = [*said] if said[0][0] == 1 else [(1, entry.created_at, None), *said]
    before = [None, *(now_said for *_, now_said in told)]
    return [
        {
            "memory_id": entry.id,
            "event": "ADD" if version == 1 else "UPDATE",
            "version": version,
            "created_at": (entry.created_at if version == 1 else when).isoformat(),
            "old_memory": old,
            "new_memory": new,
        }
        for (version, when, new), old in zip(told, before, strict=False)
    ]


def _words(service: Service, id: str) -> list[dict[str, Any]]:
    best: dict[int, tuple[str, float, int]] = {}  # by position: word, strength, in how many modules
    for tokens in service.memory.adapters.explain(id).values():
        for token in tokens:
            _, strength, modules = best.get(token.position, (token.word, 0.0, 0))
            best[token.position] = (token.word, max(strength, token.strength), modules + 1)
    strongest = sorted(best.items(), key=lambda item: -item[1][1])[:_MOST_WORDS]
    return [
        {"position": position, "word": word, "strength": strength, "modules": modules}
        for position, (word, strength, modules) in sorted(strongest)
    ]


def _answer(answer: Answer) -> dict[str, Any]:
    """An answer as JSON, without its recalls."""
    return answer.model_dump(mode="json", exclude={"recalls", "tool_calls", "finish_reason"})


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _read(files: Sequence[tuple[str, bytes]], form: Given) -> list[Document]:
    """Reads the documents in files. Large files are read in a separate process, since that may take long."""
    documents: list[Document] = []
    for name, data in files:
        check_cancelled()
        named = name.replace("\\", "/").rpartition("/")[2] or "file"  # without the sender's folders
        reads = (data, named, speakers_of(form.speakers, form.user_id), form.when)
        documents += read_documents(*reads) if len(data) <= _READ_HERE else in_process(read_documents, *reads)
    return documents
