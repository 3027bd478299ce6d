"""Memories over HTTP, in the shapes of mem0's REST API: add, list, get, update, delete, search; and questions.

What mem0 calls `user_id`, `agent_id` and `run_id` are the scopes of a memory, see `scopes`.
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
from parametric_memory.scopes import AGENT, RUN, Scope, namespace_of, relabelled
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
_READ_HERE = 50_000  # bytes of a file, which take about a second at the worst
_LABELS = (AGENT, RUN)


class _AnyId(Convertor[str]):
    """An id in an address, whatever characters it has: also slashes, which are not told from encoded ones.

    But for one at the end, which clients put there as they like: an id that ends in one is in lists alone.
    """

    regex = r"[\s\S]*[^/]"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any_id", _AnyId())
_ONE = "/memories/{id:any_id}"


class _Body(BaseModel):
    # mem0's clients send options that nothing here has.
    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Whose(_Body):
    """Whose memories are meant: `namespace`, or mem0's `user_id`, which is one; `agent_id` and `run_id` within it."""

    namespace: str | None = Field(default=None, min_length=1)
    user_id: str | None = Field(default=None, min_length=1)
    agent_id: str | None = Field(default=None, min_length=1)
    run_id: str | None = Field(default=None, min_length=1)

    @property
    def where(self) -> str | None:
        """The namespace, if one is named. Raises SettingsError where two are."""
        return namespace_of(self.namespace, {"user": self.user_id})

    @property
    def scope(self) -> Scope:
        """What narrows a namespace."""
        return {"agent": self.agent_id, "run": self.run_id}


class Narrowed(Whose):
    """Whose memories are meant, and which of them. A `user_id` among the filters is the one beside them."""

    filters: dict[str, Any] | None = None
    """On metadata: equality, $gt, $in, AND, OR..."""

    @property
    def where(self) -> str | None:
        """The namespace, if one is named. Raises SettingsError where two are."""
        named, user = super().where, read_filters(self.filters)[0]
        if user is not None and named not in (None, user):
            raise SettingsError(f"filters name the user {user!r}, and the request {named!r}: name one of them.")
        return named or user

    @property
    def filter(self) -> dict[str, Any]:
        """What is asked of metadata."""
        return read_filters(self.filters)[1]


_InQuery = Annotated[str | None, Query(min_length=1)]
_Erase = Annotated[bool, Query(description="Also write the index anew, where its files still tell of what goes.")]


def _whose(
    namespace: _InQuery = None, user_id: _InQuery = None, agent_id: _InQuery = None, run_id: _InQuery = None
) -> Whose:
    """Whose memories the query of an address means."""
    return Whose(namespace=namespace, user_id=user_id, agent_id=agent_id, run_id=run_id)


class Given(Whose):
    """What is said of all that a request adds."""

    metadata: dict[str, Any] | None = None
    """To filter by."""
    speakers: dict[str, str] | None = None
    """What those are called who speak in a conversation, by their roles or names in it."""
    when: str | None = None
    """The day or moment of a conversation that bears none."""
    ttl_seconds: float | None = Field(default=None, gt=0)
    """How long it is recalled."""
    valid_from: str | None = None
    """From when on it holds: a day or moment."""
    valid_until: str | None = None
    """Until when it holds: a day or moment."""

    @property
    def given(self) -> dict[str, Any]:
        """As the memory takes it, but for the speakers. Raises SettingsError where it would last too long."""
        try:
            ttl = None if self.ttl_seconds is None else timedelta(seconds=self.ttl_seconds)
        except OverflowError as error:
            raise SettingsError("ttl_seconds reaches past the year 9999: give less, or none.") from error
        times = {"ttl": ttl, "valid_from": self.valid_from, "valid_until": self.valid_until}
        return {"metadata": self.metadata, **times, **self.scope}


class FilesRequest(Given):
    """Files to remember, as a form."""

    files: list[UploadFile]
    metadata: Json[dict[str, Any]] | None = None
    """A JSON object, to filter by."""
    speakers: Json[dict[str, str]] | None = None
    """A JSON object: what those are called who speak in chats, by their roles or names in them."""


class AddRequest(Given):
    """Something to remember: a text, or the messages of a conversation."""

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
    """What is to be different about an entry; all else stays."""

    text: str | None = None
    title: str | None = None
    source: str | None = None
    metadata: dict[str, Any] | None = None
    valid_from: str | None = None
    """From when on it holds; an empty text takes the bound away."""
    valid_until: str | None = None
    """Until when it holds; an empty text takes the bound away."""


class SearchRequest(Narrowed):
    """What to look for. No language model runs."""

    query: str = Field(min_length=1)
    limit: int = Field(default=10, ge=1, le=100)
    top_k: int | None = Field(default=None, ge=1, le=100)
    at: str | None = None
    """A day or moment: what held then is found in place of what holds now."""


class Turn(_Body):
    """What was said before a question."""

    role: Literal["user", "assistant"]
    content: str


class AskRequest(Narrowed):
    """A question."""

    question: str = Field(min_length=1)
    max_tokens: int = Field(default=64, ge=1)
    history: list[Turn] = Field(default_factory=list, max_length=_MOST_TURNS)
    """The conversation before the question, the oldest turn first."""
    hybrid: bool | None = None
    """Also put what is recalled into the prompt. As the memory is opened when not given."""
    skills: list[str] = Field(default_factory=list)
    """Names of skills to answer under."""
    abstain: bool | None = None
    """False: where nothing is attached, the base model answers by itself."""
    from_memory: bool = True
    """False: the base model answers alone."""
    at: str | None = None
    """A day or moment: what held then is recalled in place of what holds now."""
    stream: bool = False


def router(service: Service) -> APIRouter:
    """The addresses of memories, and `/search` and `/ask`."""
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
        """What is remembered, the newest first, in pages."""
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
        """The namespaces that this client may use, with how many entries each has."""
        access = service.access(request)

        def found() -> dict[str, Any]:
            counts = {memory.namespace: 0} if access.opens(memory.namespace) else {}
            counts |= {name: count for name, count in memory.storage.entries.counts().items() if access.opens(name)}
            named = [{"namespace": name, "entries": count} for name, count in counts.items()]
            return {"results": named, "usual": access.own(memory.namespace)}

        return await service.desk.run(found)

    # Before the address of an entry, which matches theirs too.
    @routes.get(f"{_ONE}/history", **answers(list[Event]))
    async def history(request: Request, id: str) -> list[dict[str, Any]]:
        """What an entry said, oldest first: as many versions as the memory keeps, and when it was added."""
        access = service.access(request)

        def found() -> list[dict[str, Any]]:
            entry = service.entry(access, id)
            return _history(entry, memory.storage.entries.text(id), memory.history(id))

        return await service.desk.run(found)

    @routes.get(f"{_ONE}/words", **answers(Words))
    async def words(request: Request, id: str) -> dict[str, Any]:
        """The words whose rows an entry's adapter has, in the document's order; the strongest where they are many."""
        access = service.access(request)

        def found() -> dict[str, Any]:
            service.entry(access, id)
            return {"results": _words(service, id)}

        return await service.desk.run(found)

    @routes.get(_ONE, **answers(Memory))
    async def get_memory(request: Request, id: str) -> dict[str, Any]:
        """One of them. Where an id itself ends in /history or /words, it is what comes before that these tell of."""
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
        """Remember a text or a conversation."""
        where = service.namespace(request, body.where)
        size = int(request.headers.get("content-length") or 0)
        return await service.desk.write(
            lambda: _added(service, _add(service, body, where)), size, request.is_disconnected
        )

    @routes.post("/memories/files", **answers(Added))
    async def add_files(
        request: Request, form: Annotated[FilesRequest, Form(media_type="multipart/form-data")]
    ) -> dict[str, Any]:
        """Remember files: text, Markdown, HTML, PDF, exported chats. All are read before the first is added."""
        where, given = service.namespace(request, form.where), form.given
        read = [(file.filename or "", await file.read()) for file in form.files]

        def add() -> dict[str, Any]:
            documents, started = _read(read, form), now()
            entries = [memory.add(document, namespace=where, **given) for document in documents]
            return _added(service, [(entry, started) for entry in entries])

        return await service.desk.write(add, sum(len(content) for _, content in read), request.is_disconnected)

    @routes.put(_ONE, **answers(Updated))
    @routes.patch(_ONE, **answers(Updated))
    async def update_memory(request: Request, id: str, body: UpdateRequest) -> dict[str, Any]:
        """Give an entry another text, title, source or metadata."""
        access = service.access(request)

        def update() -> dict[str, Any]:
            known = service.entry(access, id)
            changes = body.model_dump(exclude_none=True)
            if not changes:
                raise Problem(400, "Nothing is to be changed: give text, title, source, metadata or times.")
            if "metadata" in changes:
                changes["metadata"] = relabelled(changes["metadata"], known.metadata)
            entry = memory.update(id, **changes)
            return {"message": "Memory updated successfully!", **_memory(entry, memory.storage.entries.text(id))}

        return await service.desk.write(update)

    @routes.delete(_ONE, **answers(Deleted))
    async def delete_memory(request: Request, id: str, erase: _Erase = False) -> dict[str, Any]:
        """Forget an entry."""
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
        """Forget all entries of a namespace, which must be named, or those of an agent or a run in it."""
        if whose.where is None:
            raise Problem(400, "Say whose memories are to be forgotten: name a namespace or a user_id.")
        where = service.namespace(request, whose.where)
        _check_may_erase(service.access(request), erase)

        def delete() -> dict[str, Any]:
            ids = memory.delete(namespace=where, **whose.scope)
            service.metrics.count("deleted_total", len(ids))
            return {"message": "Memories deleted successfully!", "deleted": len(ids), **_erased(service, erase)}

        return await service.desk.write(delete)


def _check_may_erase(access: Access, wanted: bool) -> None:
    """Raises Problem: whoever may use a part of a memory does not make the server copy all of its index."""
    if wanted and access.namespaces is not None:
        raise Problem(403, "Erasing writes the whole index anew, which a key of some namespaces may not ask for.")


def _erased(service: Service, wanted: bool) -> dict[str, bool]:
    """Takes what the index's files still tell of what was deleted off the disk, where that is wanted.

    Whether that is done is told, and no error: what is deleted is, and a request that comes again would not find it.
    """
    if not wanted:
        return {}
    try:
        if service.memory.storage.leaves_traces:
            Maintenance(service.memory).erase()
    except ParametricMemoryError as error:
        logger.warning("What was deleted is not off the disk yet: %s", error)
        return {"erased": False}
    return {"erased": True}


def _add_asking(routes: APIRouter, service: Service) -> None:
    @routes.post("/ask", **answers(AnswerShape, or_events=True))
    async def ask(request: Request, body: AskRequest) -> Response:
        """An answer to a question, whole; or, as `stream`, server-sent events: recalls, token..., done."""
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
            except Exception as error:  # the status is sent already
                yield _event("error", Problem.of(error).body)

        told = await service.telling(prepare, events)
        return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def _add(service: Service, body: AddRequest, where: str) -> Sequence[tuple[Entry, Any]]:
    """The entries, each with the moment before it was added."""
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
    """What mem0 calls what has happened to an entry."""
    if entry.updated_at < started:
        return "NONE"
    return "ADD" if entry.created_at >= started else "UPDATE"


def _memory(entry: Entry, text: str) -> dict[str, Any]:
    """An entry as mem0 tells of a memory, and what else is known of it."""
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
        **{name: at and at.isoformat() for name in (LASTING, *VALIDITY) for at in [getattr(entry, name)]},
    }


def _history(entry: Entry, text: str, kept: Sequence[Version]) -> list[dict[str, Any]]:
    """What an entry said, oldest first, as far as that is kept, and when it was added.

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
    """What an answer says, but for what it recalls."""
    return answer.model_dump(mode="json", exclude={"recalls", "tool_calls", "finish_reason"})


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _read(files: Sequence[tuple[str, bytes]], form: Given) -> list[Document]:
    """The documents in files, by their names; of large ones in a process, as reading them may take long."""
    documents: list[Document] = []
    for name, data in files:
        check_cancelled()
        named = name.replace("\\", "/").rpartition("/")[2] or "file"  # whatever folders its sender has it in
        reads = (data, named, form.speakers, form.when)
        documents += read_documents(*reads) if len(data) <= _READ_HERE else in_process(read_documents, *reads)
    return documents
