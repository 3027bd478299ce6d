"""A memory as tools of the Model Context Protocol, for agents in any language.

Knows nothing about HTTP, except that a call may come in a request with an `Access`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from parametric_memory.answering.answering import AnswerRequest
from parametric_memory.records import Answer, Entry
from parametric_memory.scopes import relabelled
from parametric_memory.server.access import Access, access_of
from parametric_memory.server.problems import Problem
from parametric_memory.server.service import Service

_T = TypeVar("_T")

INSTRUCTIONS = """A long-term memory. Add what should be known later, as full sentences that name who and what. Ask it
whole questions: it answers from what it has read. Search it for the texts themselves."""

Namespace = Annotated[str | None, Field(description="Whose memory; the default one when not given.")]
Filter = Annotated[dict[str, Any] | None, Field(description="On metadata: equality, $gt, $in, $and...")]
_MAX_TOKENS = 256
Id = Annotated[str, Field(min_length=1, description="The id of the memory, as search_memories returns it.")]


class _Tools:
    """The tools, as methods."""

    def __init__(self, service: Service, usual: str | None):
        self._service, self._usual = service, usual

    async def add_memory(
        self,
        ctx: Context[Any, Any],
        text: Annotated[str, Field(min_length=1, description="What to remember, in full sentences.")],
        title: Annotated[str | None, Field(description="One line that names it.")] = None,
        source: Annotated[str | None, Field(description="Where it is from, if known.")] = None,
        metadata: Annotated[dict[str, str | int | float | bool] | None, Field(description="To filter by.")] = None,
        namespace: Namespace = None,
    ) -> dict[str, Any]:
        """Remember a text. The same text is not remembered twice."""
        where, memory = self._where(ctx, namespace), self._service.memory

        def add() -> dict[str, Any]:
            entry = memory.add(text, title=title, source=source, metadata=metadata, namespace=where)
            self._service.metrics.count("added_total")
            return self._told(entry)

        return await self._done(lambda: self._service.desk.write(add, len(text.encode())))

    async def search_memories(
        self,
        ctx: Context[Any, Any],
        query: Annotated[str, Field(min_length=1, description="What to look for, in words.")],
        limit: Annotated[int, Field(ge=1, le=50, description="How many, at most.")] = 5,
        filter: Filter = None,
        namespace: Namespace = None,
    ) -> dict[str, Any]:
        """Find memories by meaning, best first, with their texts and scores."""
        where, memory = self._where(ctx, namespace), self._service.memory

        def search() -> dict[str, Any]:
            self._service.check("max_query", len(query), "characters of a query")
            recalls = memory.recall(query, limit, filter=filter, namespace=where)
            found = [
                {**_told(*known), "score": recall.score, "relevant": recall.attached}
                for recall in recalls
                if (known := self._service.found(recall.entry_id))
            ]
            return {"memories": found}

        return await self._done(lambda: self._service.desk.run(search))

    async def get_memory(self, ctx: Context[Any, Any], id: Id) -> dict[str, Any]:
        """Read a memory: its text, title, source and metadata."""
        access = self._access(ctx)
        return await self._done(lambda: self._service.desk.run(lambda: self._told(self._service.entry(access, id))))

    async def update_memory(
        self,
        ctx: Context[Any, Any],
        id: Id,
        text: Annotated[str | None, Field(description="In place of the text.")] = None,
        title: Annotated[str | None, Field(description="In place of the title.")] = None,
        metadata: Annotated[
            dict[str, str | int | float | bool] | None,
            Field(description="In place of the metadata; agent_id and run_id stay."),
        ] = None,
    ) -> dict[str, Any]:
        """Change a memory. What is not given stays."""
        access = self._access(ctx)

        def update() -> dict[str, Any]:
            known = self._service.entry(access, id)
            own = None if metadata is None else relabelled(metadata, known.metadata)
            return self._told(self._service.memory.update(id, text=text, title=title, metadata=own))

        return await self._done(lambda: self._service.desk.write(update))

    async def delete_memory(self, ctx: Context[Any, Any], id: Id) -> dict[str, Any]:
        """Delete a memory permanently."""
        access = self._access(ctx)

        def delete() -> dict[str, Any]:
            self._service.entry(access, id)
            self._service.memory.delete(id)
            self._service.metrics.count("deleted_total")
            return {"deleted": id}

        return await self._done(lambda: self._service.desk.write(delete))

    async def ask_memory(
        self,
        ctx: Context[Any, Any],
        question: Annotated[str, Field(min_length=1, description="One question, complete in itself.")],
        namespace: Namespace = None,
        filter: Filter = None,
        agent: Annotated[str | None, Field(description="Only what this agent remembers.")] = None,
        run: Annotated[str | None, Field(description="Only what belongs to this session or task.")] = None,
        at: Annotated[str | None, Field(description="A day or moment: what held then, in place of now.")] = None,
        skills: Annotated[list[str] | None, Field(description="Names of skills to answer under.")] = None,
        hybrid: Annotated[bool | None, Field(description="Also put what is recalled into the prompt.")] = None,
        abstain: Annotated[bool | None, Field(description="False: answer also what is not remembered.")] = None,
    ) -> dict[str, Any]:
        """Answer a question from memory, and say which memories the answer is from."""
        service, where = self._service, self._where(ctx, namespace)
        looked: dict[str, Any] = {"namespace": where, "filter": filter, "at": at, "scope": {"agent": agent, "run": run}}
        how: dict[str, Any] = {"skills": skills or (), "hybrid": hybrid, "abstain": abstain, "max_tokens": _MAX_TOKENS}

        async def answer() -> tuple[Answer, list[dict[str, Any]]]:
            with service.desk.take() as place:
                prepared = await place.in_thread(
                    lambda: service.answering.prepare(AnswerRequest.of(question, **looked, **how))
                )
                answer = await place.in_thread(lambda: service.decode(prepared, place))
                attached = [recall for recall in answer.recalls if recall.attached]
                return answer, await place.in_thread(lambda: service.recalled(attached))

        answered, recalled = await self._done(answer)
        sources = [
            {
                "id": told["entry_id"],
                **{name: told[name] for name in ("title", "source", "score")},
                "passages": told["passages"] or [{"text": told["text"]}] if "text" in told else [],
            }
            for told in recalled
        ]
        about = {"answer": answered.text, "remembered": answered.remembered, "confidence": answered.confidence}
        return {**about, "sources": sources}

    def _told(self, entry: Entry) -> dict[str, Any]:
        return _told(entry, self._service.memory.storage.entries.text(entry.id))

    def _access(self, ctx: Context[Any, Any]) -> Access:
        """The access of the HTTP request of a call; over stdio, access to everything."""
        request = ctx.request_context.request
        return Access() if request is None else access_of(request.scope)

    def _where(self, ctx: Context[Any, Any], namespace: str | None) -> str:
        access = self._access(ctx)
        try:
            return access.check(namespace) if namespace else access.own(self._usual or self._service.memory.namespace)
        except Problem as problem:
            raise ToolError(problem.detail) from None

    async def _done(self, work: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await work()
        except Exception as error:
            raise ToolError(Problem.of(error).detail) from None


def _told(entry: Entry, text: str) -> dict[str, Any]:
    about = entry.model_dump(mode="json", include={"id", "title", "source", "namespace", "metadata"})
    return {**about, "text": text, "updated_at": entry.updated_at.isoformat()}


def tools_of(service: Service, namespace: str | None = None) -> MCPServer[Any]:
    """An MCP server with the tools of a memory.

    Args:
        namespace: the namespace of calls that name none.
    """
    from parametric_memory.server import version

    server: MCPServer[Any] = MCPServer(
        "parametric-memory", instructions=INSTRUCTIONS, version=version(), log_level="CRITICAL"
    )
    tools = _Tools(service, namespace)
    reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    adds = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    changes = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
    for tool, title, hints in (
        (tools.add_memory, "Remember", adds),
        (tools.search_memories, "Search memories", reads),
        (tools.get_memory, "Read a memory", reads),
        (tools.update_memory, "Change a memory", changes),
        (tools.delete_memory, "Forget", changes),
        (tools.ask_memory, "Ask the memory", reads),
    ):
        server.add_tool(tool, title=title, annotations=hints)
    return server
