"""A memory as tools of the Model Context Protocol, for agents in any language.

Knows nothing about HTTP, except that a call may come in a request with an `Access`.
"""

from collections.abc import Callable
from inspect import signature
from typing import Annotated, Any

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

INSTRUCTIONS = """A long-term memory. Add what should be known later, as full sentences that name who and what. Ask it
whole questions: it answers from what it has read. Search it for the texts themselves."""

Namespace = Annotated[str | None, Field(description="Whose memory; the default one when not given.")]
Filter = Annotated[dict[str, Any] | None, Field(description="On metadata: equality, $gt, $in, $and...")]
Metadata = dict[str, str | int | float | bool] | None
Id = Annotated[str, Field(min_length=1, description="The id of the memory in its namespace, as search returns both.")]

_MAX_TOKENS = 256
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)


def tools_of(service: Service, usual: str | None = None) -> MCPServer[Any]:
    """An MCP server with the tools of a memory. usual: the namespace of calls that name none."""
    memory = service.memory
    server: MCPServer[Any] = MCPServer(
        "parametric-memory", instructions=INSTRUCTIONS, version=own_version(), log_level="CRITICAL"
    )

    def tool(title: str, hints: ToolAnnotations) -> Callable[[Callable[..., dict[str, Any]]], None]:
        """Adds a tool that runs in a thread, in a namespace that the call's HTTP request may use; over stdio, any."""

        def add(work: Callable[..., dict[str, Any]]) -> None:
            async def call(ctx: Context[Any, Any], namespace: Namespace = None, **given: Any) -> dict[str, Any]:
                request = ctx.request_context.request
                try:
                    access = Access() if request is None else access_of(request)
                    with service.desk.take(len((given.get("text") or "").encode())) as place:
                        named = namespace or usual
                        return await place.in_thread(lambda: work(service.namespace(access, named), place, **given))
                except Exception as error:
                    raise ToolError(Problem.of(error).detail) from None

            of_call, (_, _, *own) = signature(call), signature(work).parameters.values()
            ctx, named, _ = of_call.parameters.values()
            call.__signature__ = of_call.replace(parameters=[ctx, *own, named])  # type: ignore[attr-defined]
            call.__name__, call.__doc__ = work.__name__, work.__doc__
            server.add_tool(call, title=title, annotations=hints)

        return add

    @tool("Remember", _ADDS)
    def add_memory(
        where: str,
        _: Place,
        text: Annotated[str, Field(min_length=1, description="What to remember, in full sentences.")],
        title: Annotated[str | None, Field(description="One line that names it.")] = None,
        source: Annotated[str | None, Field(description="Where it is from, if known.")] = None,
        metadata: Annotated[Metadata, Field(description="To filter by.")] = None,
    ) -> dict[str, Any]:
        """Remember a text. The same text is not remembered twice."""
        entry = memory.add(text, title=title, source=source, metadata=metadata, namespace=where)
        service.metrics.added.inc()
        return _memory_of(*service.entry(entry.id, where))

    @tool("Search memories", _READS)
    def search_memories(
        where: str,
        _: Place,
        query: Annotated[str, Field(min_length=1, description="What to look for, in words.")],
        limit: Annotated[int, Field(ge=1, le=50, description="How many, at most.")] = 5,
        filter: Filter = None,
    ) -> dict[str, Any]:
        """Find memories by meaning, best first, with their texts and scores."""
        service.check("max_query", len(query), "characters of a query")
        found = [
            {**_memory_of(*known), "score": recall.score, "relevant": recall.attached}
            for recall in memory.recall(query, limit, filter=filter, namespace=where)
            if (known := service.found(recall.entry_id, where))
        ]
        return {"memories": found}

    @tool("Read a memory", _READS)
    def get_memory(where: str, _: Place, id: Id) -> dict[str, Any]:
        """Read a memory: its text, title, source and metadata."""
        return _memory_of(*service.entry(id, where))

    @tool("Change a memory", _CHANGES)
    def update_memory(
        where: str,
        _: Place,
        id: Id,
        text: Annotated[str | None, Field(description="In place of the text.")] = None,
        title: Annotated[str | None, Field(description="In place of the title.")] = None,
        metadata: Annotated[Metadata, Field(description="In place of the metadata; agent_id and run_id stay.")] = None,
    ) -> dict[str, Any]:
        """Change a memory. What is not given stays."""
        known, _text = service.entry(id, where)
        own = None if metadata is None else relabelled(metadata, known.metadata)
        memory.update(id, text=text, title=title, metadata=own, namespace=where)
        return _memory_of(*service.entry(id, where))

    @tool("Forget", _CHANGES)
    def delete_memory(where: str, _: Place, id: Id) -> dict[str, Any]:
        """Delete a memory permanently."""
        service.entry(id, where)
        memory.delete(id, namespace=where)
        service.metrics.deleted.inc()
        return {"deleted": id}

    @tool("Ask the memory", _READS)
    def ask_memory(
        where: str,
        place: Place,
        question: Annotated[str, Field(min_length=1, description="One question, complete in itself.")],
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
        asked = AnswerRequest.of(question, namespace=where, **looked, **how)
        answer = service.decode(service.answering.prepare(asked), place)
        sources = [
            {
                "id": recall["entry_id"],
                **{name: recall[name] for name in ("title", "source", "score")},
                "passages": recall["passages"] or [{"text": recall["text"]}] if "text" in recall else [],
            }
            for recall in service.recalled([each for each in answer.recalls if each.attached])
        ]
        about = answer.model_dump(include={"remembered", "confidence", "unsure"})
        return {"answer": answer.text, **about, "sources": sources}

    return server


def _memory_of(entry: Entry, text: str) -> dict[str, Any]:
    about = entry.model_dump(mode="json", include={"id", "title", "source", "namespace", "metadata"})
    return {**about, "text": text, "updated_at": entry.updated_at.isoformat()}
