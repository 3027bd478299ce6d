"""REST routes in the form of mem0's API: add, list, get, update, delete, search; `/ask`, and `/questions`.

mem0's `user_id`, `agent_id` and `run_id` are the scopes of a memory, see `scopes`.
"""

import logging
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.convertors import PathConvertor, register_url_convertor

from parametric_memory.answering.answering import AnswerRequest, PreparedAnswer
from parametric_memory.cancellation import check_cancelled
from parametric_memory.documents.files import Document, read_documents
from parametric_memory.errors import ParametricMemoryError
from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.maintenance import Maintenance
from parametric_memory.memory import ParametricMemory
from parametric_memory.records import Answer, Entry, now
from parametric_memory.scopes import AGENT, RUN, relabelled, speakers_of
from parametric_memory.server import shapes
from parametric_memory.server.access import Access, Granted
from parametric_memory.server.desk import in_process
from parametric_memory.server.problems import Problem, StrictRoute
from parametric_memory.server.service import Service, event
from parametric_memory.storage.entries import Found

logger = logging.getLogger(__name__)

_MOST_WORDS = 400
_SUGGESTED = 3  # questions, each about another entry
_LOOKED_AT = 8  # first sentences of an entry; the question is about one of them
_REMEMBERED = 64  # lists of newest entries whose suggestions stay in memory
_READ_HERE = 50_000  # bytes of a file; at worst it takes about a second to read

_SHOWN = {*Entry.model_fields} & {*shapes.Memory.model_fields}


class _AnyId(PathConvertor):
    """An id in a path, with any characters, including slashes; encoded slashes are the same.

    A trailing slash is not part of the id, since clients add one at will. An id that ends in one only appears in lists.
    """

    regex = r"[\s\S]*[^/]"


register_url_convertor("any_id", _AnyId())
_ONE = "/memories/{id:any_id}"
_Where = Annotated[shapes.Named, Query()]


def router(service: Service) -> APIRouter:
    """The routes of memories, `/search`, `/ask` and `/questions`."""
    routes = APIRouter(tags=["Memory"], route_class=StrictRoute)
    _add_reading(routes, service)
    _add_writing(routes, service)
    _add_asking(routes, service)
    _add_suggestions(routes, service)
    return routes


def _add_reading(routes: APIRouter, service: Service) -> None:
    memory = service.memory

    @routes.get("/memories", response_model=shapes.Memories)
    @service.on_desk
    def list_memories(access: Granted, asked: Annotated[shapes.ListRequest, Query()]) -> dict[str, Any]:
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
    def search(access: Granted, body: shapes.SearchRequest) -> dict[str, Any]:
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
    async def add_memory(request: Request, access: Granted, body: shapes.AddRequest) -> dict[str, Any]:
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
        access: Granted, form: Annotated[shapes.FilesRequest, Form(media_type="multipart/form-data")]
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
        request: Request, access: Granted, id: str, named: _Where, body: shapes.UpdateRequest
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
    def delete_memory(access: Granted, id: str, named: Annotated[shapes.NamedToDelete, Query()]) -> dict[str, Any]:
        """Delete an entry."""
        _check_may_erase(access, named.erase)
        memory.delete(id, namespace=service.namespace_of_entry(id, access, named.where))
        service.metrics.deleted.inc()
        return {"message": "Memory deleted successfully!", **_erased(service, named.erase)}

    @routes.delete("/memories", response_model=shapes.AllDeleted)
    @service.on_desk
    def delete_all(access: Granted, asked: Annotated[shapes.DeleteRequest, Query()]) -> dict[str, Any]:
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
    async def ask(access: Granted, body: shapes.AskRequest) -> Response:
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

        def events(prepared: PreparedAnswer, pieces: Iterator[str | Answer]) -> Generator[str]:
            known = {"recalls": service.recalled(prepared.found.recalls), "remembered": prepared.found.has_documents}
            yield event(known, "recalls")
            for piece in pieces:
                yield event({"text": piece}, "token") if isinstance(piece, str) else event(_answer(piece), "done")

        return await service.stream(asked, events, lambda problem: event(problem.body, "error"))


def _add_suggestions(routes: APIRouter, service: Service) -> None:
    """Questions that the memory can answer, for users who do not know what to ask, written by the base model."""
    memory = service.memory

    @lru_cache(_REMEMBERED)
    def suggested(newest: tuple[tuple[str, str, int], ...]) -> list[str]:
        """newest: ids, namespaces and versions of entries."""
        found = (memory.storage.entries.at(id, where) for id, where, _ in newest)
        return [question for of in found if (question := _best_question(memory, of))]

    @routes.get("/questions", response_model=shapes.Suggestions)
    @service.on_desk
    def questions(access: Granted, namespace: str | None = None) -> dict[str, Any]:
        """Up to three questions about the newest memories of a namespace. Writing them takes some seconds."""
        newest = memory.list(namespace=service.namespace(access, namespace), limit=_SUGGESTED, newest=True)
        return {"results": suggested(tuple((of.id, of.namespace, of.version) for of in newest))}


def _best_question(memory: ParametricMemory, found: Found) -> str | None:
    """The question about one sentence of an entry that recalls the entry with the best score; None if none does."""
    first, entry = passages(memory.storage.entries.reading(found))[:_LOOKED_AT], found.entry
    longest = sorted(first, key=lambda passage: len(passage.sentence))[-1:]  # headings are short
    scores: dict[str, float] = {}
    for question in written_questions(memory.models.base, longest):
        best = next(iter(memory.recall(question, 1, namespace=entry.namespace)), None)
        if best is not None and best.attached and best.entry_id == entry.id:
            scores[question] = best.score
    return max(scores, key=scores.__getitem__, default=None)


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


def _read(files: Sequence[tuple[str, bytes]], form: shapes.Given) -> list[Document]:
    """Reads the documents in files. Large files are read in a separate process, since that may take long."""
    documents: list[Document] = []
    for name, data in files:
        check_cancelled()
        named = name.replace("\\", "/").rpartition("/")[2] or "file"  # without the sender's folders
        reads = (data, named, speakers_of(form.speakers, form.user_id), form.when)
        documents += read_documents(*reads) if len(data) <= _READ_HERE else in_process(read_documents, *reads)
    return documents
