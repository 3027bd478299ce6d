"""A memory as tools of the Model Context Protocol, for agents in any language.

Knows nothing about HTTP, except that a call may come in a request with an `Access`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from parametric_memory.answering.answering import AnswerRequest
from parametric_memory.records import Entry
from parametric_memory.scopes import relabelled
from parametric_memory.server.access import Access, access_of
from parametric_memory.server.desk import Place
from parametric_memory.server.problems import Problem
from parametric_memory.server.service import Service
from parametric_memory.settings import own_version

_T = TypeVar("_T")

INSTRUCTIONS = """A long-term memory. Add what should be known later, as full sentences that name who and what. Ask it
whole questions: it answers from what it has read. Search it for the texts themselves."""

Namespace = Annotated[str | None, Field(description="Whose memory; the default one when not given.")]
Filter = Annotated[dict[str, Any] | None, Field(description="On metadata: equality, $gt, $in, $and...")]
_MAX_TOKENS = 256
Id = Annotated[str, Field(min_length=1, description="The id of the memory in its namespace, as search returns both.")]


class _Tools:
    """The tools, as methods."""

    def __init__(self, service: Service, usual: str | None):
        self._service, self._memory, self._usual = service, service.memory, usual

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

        def add(where: str, _: Place) -> dict[str, Any]:
            entry = self._memory.add(text, title=title, source=source, metadata=metadata, namespace=where)
            self._service.metrics.added.inc()
            return _memory_of(*self._service.entry(entry.id, where))

        return await self._run(ctx, namespace, add, len(text.encode()))

    async def search_memories(
        self,
        ctx: Context[Any, Any],
        query: Annotated[str, Field(min_length=1, description="What to look for, in words.")],
        limit: Annotated[int, Field(ge=1, le=50, description="How many, at most.")] = 5,
        filter: Filter = None,
        namespace: Namespace = None,
    ) -> dict[str, Any]:
        """Find memories by meaning, best first, with their texts and scores."""

        def search(where: str, _: Place) -> dict[str, Any]:
            self._service.check("max_query", len(query), "characters of a query")
            found = [
                {**_memory_of(*known), "score": recall.score, "relevant": recall.attached}
                for recall in self._memory.recall(query, limit, filter=filter, namespace=where)
                if (known := self._service.found(recall.entry_id, where))
            ]
            return {"memories": found}

        return await self._run(ctx, namespace, search)

    async def get_memory(self, ctx: Context[Any, Any], id: Id, namespace: Namespace = None) -> dict[str, Any]:
        """Read a memory: its text, title, source and metadata."""
        return await self._run(ctx, namespace, lambda where, _: _memory_of(*self._service.entry(id, where)))

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
        namespace: Namespace = None,
    ) -> dict[str, Any]:
        """Change a memory. What is not given stays."""

        def update(where: str, _: Place) -> dict[str, Any]:
            known, _text = self._service.entry(id, where)
            own = None if metadata is None else relabelled(metadata, known.metadata)
            self._memory.update(id, text=text, title=title, metadata=own, namespace=where)
            return _memory_of(*self._service.entry(id, where))

        return await self._run(ctx, namespace, update, len((text or "").encode()))

    async def delete_memory(self, ctx: Context[Any, Any], id: Id, namespace: Namespace = None) -> dict[str, Any]:
        """Delete a memory permanently."""

        def delete(where: str, _: Place) -> dict[str, Any]:
            self._service.entry(id, where)
            self._memory.delete(id, namespace=where)
            self._service.metrics.deleted.inc()
            return {"deleted": id}

        return await self._run(ctx, namespace, delete)

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
        how: dict[str, Any] = {"skills": skills or (), "hybrid": hybrid, "abstain": abstain, "max_tokens": _MAX_TOKENS}
        looked: dict[str, Any] = {"filter": filter, "at": at, "scope": {"agent": agent, "run": run}}

        def ask(where: str, place: Place) -> dict[str, Any]:
            asked = AnswerRequest.of(question, namespace=where, **looked, **how)
            answer = self._service.decode(self._service.answering.prepare(asked), place)
            sources = [
                {
                    "id": recall["entry_id"],
                    **{name: recall[name] for name in ("title", "source", "score")},
                    "passages": recall["passages"] or [{"text": recall["text"]}] if "text" in recall else [],
                }
                for recall in self._service.recalled([each for each in answer.recalls if each.attached])
            ]
            about = answer.model_dump(include={"remembered", "confidence", "unsure"})
            return {"answer": answer.text, **about, "sources": sources}

        return await self._run(ctx, namespace, ask)

    async def _run(
        self, ctx: Context[Any, Any], namespace: str | None, work: Callable[[str, Place], _T], size: int = 0
    ) -> _T:
        """Runs work on a namespace that the call's HTTP request may use, in a thread; over stdio it may use all.

        size: bytes to internalize. Raises ToolError.
        """
        request = ctx.request_context.request
        try:
            access = Access() if request is None else access_of(request)
            with self._service.desk.take(size) as place:
                named = namespace or self._usual
                return await place.in_thread(lambda: work(self._service.namespace(access, named), place))
        except Exception as error:
            raise ToolError(Problem.of(error).detail) from None


def _memory_of(entry: Entry, text: str) -> dict[str, Any]:
    about = entry.model_dump(mode="json", include={"id", "title", "source", "namespace", "metadata"})
    return {**about, "text": text, "updated_at": entry.updated_at.isoformat()}


def tools_of(service: Service, namespace: str | None = None) -> MCPServer[Any]:
    """An MCP server with the tools of a memory.

    namespace: the namespace of calls that name none.
    """

    server: MCPServer[Any] = MCPServer(
        "parametric-memory", instructions=INSTRUCTIONS, version=own_version(), log_level="CRITICAL"
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
