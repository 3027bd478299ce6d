"""REST routes in the form of mem0's API: add, list, get, update, delete, search; and `/ask`.

mem0's `user_id`, `agent_id` and `run_id` are the scopes of a memory, see `scopes`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import Field, Json, model_validator
from starlette.convertors import PathConvertor, register_url_convertor

from parametric_memory.answering.answering import AnswerRequest, PreparedAnswer
from parametric_memory.cancellation import check_cancelled
from parametric_memory.documents.files import Document, read_documents
from parametric_memory.errors import ParametricMemoryError, SettingsError
from parametric_memory.maintenance import Maintenance
from parametric_memory.records import Answer, Entry, now
from parametric_memory.scopes import AGENT, RUN, Scope, namespace_of, relabelled, speakers_of
from parametric_memory.server import shapes
from parametric_memory.server.access import Access, Granted
from parametric_memory.server.desk import in_process
from parametric_memory.server.mem0_filters import read_filters
from parametric_memory.server.problems import Body, Problem, StrictRoute
from parametric_memory.server.service import Service, event

logger = logging.getLogger(__name__)

PAGE_SIZE = 50
_MOST_ON_PAGE, _MOST_PAGES = 500, 10**9
_MOST_WORDS = 400
_MOST_TURNS = 1000
_READ_HERE = 50_000  # bytes of a file; at worst it takes about a second to read

_SHOWN = {*Entry.model_fields} & {*shapes.Memory.model_fields}


class _AnyId(PathConvertor):
    """An id in a path, with any characters, including slashes; encoded slashes are the same.

    A trailing slash is not part of the id, since clients add one at will. An id that ends in one only appears in lists.
    """

    regex = r"[\s\S]*[^/]"


register_url_convertor("any_id", _AnyId())
_ONE = "/memories/{id:any_id}"


class Named(Body):
    """Where an entry is: a `namespace`, or mem0's `user_id`, which is one."""

    namespace: str | None = Field(default=None, min_length=1)
    user_id: str | None = Field(default=None, min_length=1)

    @property
    def where(self) -> str | None:
        """The namespace, if one is named. Raises SettingsError if two are."""
        return namespace_of(self.namespace, {"user": self.user_id})


_Where = Annotated[Named, Query()]


class NamedToDelete(Named):
    """Where an entry to delete is."""

    erase: bool = False
    """Also erase traces of the deleted entry from the index's files."""


class Whose(Named):
    """The scope: a namespace; `agent_id` and `run_id` narrow it."""

    agent_id: str | None = Field(default=None, min_length=1)
    run_id: str | None = Field(default=None, min_length=1)

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


class ListRequest(Whose):
    """A page of entries, the newest first."""

    page: int = Field(default=1, ge=1, le=_MOST_PAGES)
    page_size: int = Field(default=PAGE_SIZE, ge=1, le=_MOST_ON_PAGE)


class DeleteRequest(Whose):
    """Which entries to delete: those of a namespace, or of an agent or a run in it."""

    erase: bool = False
    """Also erase traces of the deleted entries from the index's files."""


class Given(Whose):
    """Options of everything that a request adds."""

    metadata: dict[str, Any] | None = None
    """To filter by."""
    speaker: str | None = None
    """Who says "I" in a text or a file that is no conversation."""
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


class UpdateRequest(Body):
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


class Turn(Body):
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

    @routes.get("/memories", response_model=shapes.Memories)
    @service.on_desk
    def list_memories(access: Granted, asked: Annotated[ListRequest, Query()]) -> dict[str, Any]:
        """List entries, the newest first, in pages."""
        where, size = service.namespace(access, asked.where), asked.page_size
        found = memory.list(namespace=where, limit=size, offset=(asked.page - 1) * size, newest=True, **asked.scope)
        return {
            "results": [_memory(*known) for entry in found if (known := service.found(entry.id, entry.namespace))],
            "total": memory.count(namespace=where, **asked.scope),
            "page": asked.page,
            "page_size": size,
            "namespace": where,
        }

    @routes.get("/namespaces", response_model=shapes.Namespaces)
    @service.on_desk
    def namespaces(access: Granted) -> dict[str, Any]:
        """The namespaces that this client may use, with their numbers of entries."""
        counts = {memory.namespace: 0} | memory.storage.entries.counts()
        named = [{"namespace": name, "entries": count} for name, count in counts.items() if access.opens(name)]
        return {"results": named, "usual": access.own(memory.namespace)}

    # Registered before the route of an entry, which matches these paths, too.
    @routes.get(f"{_ONE}/history", response_model=list[shapes.Event])
    @service.on_desk
    def history(access: Granted, id: str, named: _Where) -> list[dict[str, Any]]:
        """The versions of an entry that the memory stores, oldest first, and when it was added."""
        where = service.namespace_of_entry(id, access, named.where)
        entry, text = service.entry(id, where)
        earlier = reversed(memory.history(id, namespace=where))
        stored = [(version.version, version.updated_at, version.text) for version in earlier]
        versions: list[tuple[int, datetime, str | None]] = [*stored, (entry.version, entry.updated_at, text)]
        if versions[0][0] > 1:
            versions.insert(0, (1, entry.created_at, None))
        before = [None, *(text for *_, text in versions)]
        return [
            {
                "memory_id": entry.id,
                "event": "ADD" if version == 1 else "UPDATE",
                "version": version,
                "created_at": (entry.created_at if version == 1 else when).isoformat(),
                "old_memory": old,
                "new_memory": new,
            }
            for (version, when, new), old in zip(versions, before, strict=False)
        ]

    @routes.get(f"{_ONE}/words", response_model=shapes.Words)
    @service.on_desk
    def words(access: Granted, id: str, named: _Where) -> dict[str, Any]:
        """The words with rows in an entry's adapter, in the document's order; only the strongest if there are many."""
        found: dict[int, dict[str, Any]] = {}
        where = service.namespace_of_entry(id, access, named.where)
        for tokens in memory.adapters.explain(id, namespace=where).values():
            for token in tokens:
                word = found.setdefault(token.position, {**token.model_dump(), "modules": 0})
                word["strength"] = max(word["strength"], token.strength)
                word["modules"] += 1
        strongest = sorted(found.values(), key=lambda word: -word["strength"])[:_MOST_WORDS]
        return {"results": sorted(strongest, key=lambda word: word["position"])}

    @routes.get(_ONE, response_model=shapes.Memory)
    @service.on_desk
    def get_memory(access: Granted, id: str, named: _Where) -> dict[str, Any]:
        """Read an entry. If an id ends in /history or /words, the path means that route for the id before it."""
        return _memory(*service.entry(id, service.namespace_of_entry(id, access, named.where)))

    @routes.post("/search", response_model=shapes.Found)
    @service.on_desk
    def search(access: Granted, body: SearchRequest) -> dict[str, Any]:
        """The entries that a query finds, best first."""
        service.check("max_query", len(body.query), "characters of a query")
        looked: dict[str, Any] = {"filter": body.filter, "at": body.at, **body.scope}
        where = service.namespace(access, body.where)
        recalls = memory.recall(body.query, body.top_k or body.limit, namespace=where, **looked)
        results = [
            {**_memory(*known), **{name: recall[name] for name in ("score", "weight", "attached", "passages")}}
            for recall in service.recalled(recalls)
            if (known := service.found(recall["entry_id"], where))
        ]
        return {"results": results, "threshold": memory.recaller.threshold}


def _add_writing(routes: APIRouter, service: Service) -> None:
    memory = service.memory

    @routes.post("/memories", response_model=shapes.Added)
    async def add_memory(request: Request, access: Granted, body: AddRequest) -> dict[str, Any]:
        """Add a text or a conversation."""
        given = {"namespace": service.namespace(access, body.where), **body.given}
        given |= body.model_dump(include={"id", "title", "source"})

        def add() -> dict[str, Any]:
            started = now()
            if isinstance(body.messages, list):
                entries = memory.add_messages(body.messages, when=body.when, speakers=body.speakers, **given)
            else:
                text = body.text if body.text is not None else str(body.messages)
                entries = [memory.add(text, speaker=body.speaker, **given)]
            return _added(service, entries, started)

        return await service.desk.run(add, len(await request.body()))

    @routes.post("/memories/files", response_model=shapes.Added)
    async def add_files(
        access: Granted, form: Annotated[FilesRequest, Form(media_type="multipart/form-data")]
    ) -> dict[str, Any]:
        """Add files: text, Markdown, HTML, PDF, exported chats. All are read before the first is added."""
        given = {"namespace": service.namespace(access, form.where), **form.given}
        read = [(file.filename or "", await file.read()) for file in form.files]

        documents = await service.desk.run(lambda: _read(read, form))  # within the time of any request

        def add() -> dict[str, Any]:
            started = now()
            entries = [memory.add(document, speaker=form.speaker, **given) for document in documents]
            return _added(service, entries, started)

        size = sum(len(document.text.encode()) for document in documents)
        return await service.desk.run(add, size)

    @routes.put(_ONE, response_model=shapes.Updated)
    @routes.patch(_ONE, response_model=shapes.Updated)
    async def update_memory(
        request: Request, access: Granted, id: str, named: _Where, body: UpdateRequest
    ) -> dict[str, Any]:
        """Change an entry's text, title, source, metadata or validity."""

        def update() -> dict[str, Any]:
            where = service.namespace_of_entry(id, access, named.where)
            known = memory.get(id, namespace=where)
            changes = body.model_dump(exclude_none=True)
            if not changes:
                raise Problem(400, "Nothing to change: give text, title, source, metadata or times.")
            if "metadata" in changes:
                changes["metadata"] = relabelled(changes["metadata"], known.metadata)
            memory.update(id, namespace=where, **changes)
            return {"message": "Memory updated successfully!", **_memory(*service.entry(id, where))}

        return await service.desk.run(update, len(await request.body()))

    @routes.delete(_ONE, response_model=shapes.Deleted)
    @service.on_desk
    def delete_memory(access: Granted, id: str, named: Annotated[NamedToDelete, Query()]) -> dict[str, Any]:
        """Delete an entry."""
        _check_may_erase(access, named.erase)
        memory.delete(id, namespace=service.namespace_of_entry(id, access, named.where))
        service.metrics.deleted.inc()
        return {"message": "Memory deleted successfully!", **_erased(service, named.erase)}

    @routes.delete("/memories", response_model=shapes.AllDeleted)
    @service.on_desk
    def delete_all(access: Granted, asked: Annotated[DeleteRequest, Query()]) -> dict[str, Any]:
        """Delete all entries of a namespace, which must be named, or those of an agent or a run in it."""
        if asked.where is None:
            raise Problem(400, "Say whose memories to delete: name a namespace or a user_id.")
        _check_may_erase(access, asked.erase)
        ids = memory.delete(namespace=service.namespace(access, asked.where), **asked.scope)
        service.metrics.deleted.inc(len(ids))
        return {"message": "Memories deleted successfully!", "deleted": len(ids), **_erased(service, asked.erase)}


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
    @routes.post("/ask", response_model=shapes.Answer, responses=shapes.EVENTS)
    async def ask(access: Granted, body: AskRequest) -> Response:
        """Answer a question. With `stream`, as server-sent events: recalls, token..., done."""
        options = body.model_dump(include={"at", "from_memory", "hybrid", "skills", "abstain"})
        options |= {"namespace": service.namespace(access, body.where), "filter": body.filter, "scope": body.scope}
        options["max_tokens"] = min(body.max_tokens, service.settings.max_tokens)
        earlier: list[Any] = [turn.model_dump() for turn in body.history]
        asked = partial(AnswerRequest.of, body.question, earlier, **options)

        def answered(_: PreparedAnswer, answer: Answer) -> dict[str, Any]:
            return {**_answer(answer), "recalls": service.recalled(answer.recalls)}

        if not body.stream:
            return JSONResponse(await service.answer(asked, answered))

        def events(prepared: PreparedAnswer, pieces: Iterator[str | Answer]) -> Iterator[str]:
            known = {"recalls": service.recalled(prepared.found.recalls), "remembered": prepared.found.has_documents}
            yield event(known, "recalls")
            for piece in pieces:
                yield event({"text": piece}, "token") if isinstance(piece, str) else event(_answer(piece), "done")

        return await service.stream(asked, events, lambda problem: event(problem.body, "error"))


def _added(service: Service, entries: Sequence[Entry], started: datetime) -> dict[str, Any]:
    """The entries that a request added, with mem0's names of what became of them. started: before the first."""
    service.metrics.added.inc(len(entries))

    def became(entry: Entry) -> str:
        if entry.updated_at < started:
            return "NONE"
        return "ADD" if entry.created_at >= started else "UPDATE"

    known = ((entry, service.found(entry.id, entry.namespace)) for entry in entries)
    return {"results": [{**_memory(entry, there[1]), "event": became(entry)} for entry, there in known if there]}


def _memory(entry: Entry, text: str) -> dict[str, Any]:
    """An entry in mem0's form, with further fields."""
    about = entry.model_dump(include=_SHOWN)
    return {
        **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in about.items()},
        **{name: entry.metadata[name] for name in (AGENT, RUN) if name in entry.metadata},
        "memory": text,
        "hash": entry.content_hash,
        "user_id": entry.namespace,
        "bytes": len(text.encode()),
        "not_recalled": entry.not_recalled or None,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    """An answer as JSON, without its recalls."""
    return answer.model_dump(mode="json", exclude={"recalls", "tool_calls", "finish_reason"})


def _read(files: Sequence[tuple[str, bytes]], form: Given) -> list[Document]:
    """Reads the documents in files. Large files are read in a separate process, since that may take long."""
    documents: list[Document] = []
    for name, data in files:
        check_cancelled()
        named = name.replace("\\", "/").rpartition("/")[2] or "file"  # without the sender's folders
        reads = (data, named, speakers_of(form.speakers, form.user_id), form.when)
        documents += read_documents(*reads) if len(data) <= _READ_HERE else in_process(read_documents, *reads)
    return documents
