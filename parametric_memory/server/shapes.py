"""The shapes of what the addresses of memories answer, for the description at /openapi.json.

Nothing is checked against them when it is sent. Knows nothing about what fills them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


def answers(shape: Any, *, or_events: bool = False) -> dict[str, Any]:
    """What a route takes for its answer to be described.

    Args:
        shape: a model below, or a list of one.
        or_events: the answer may also come as server-sent events.
    """
    told: dict[str, Any] = {"model": shape}
    if or_events:
        told["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    return {"response_model": None, "responses": {200: told}}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class Memory(_Shape):
    """An entry as mem0 tells of a memory, and what else is known of it."""

    id: str
    memory: str
    """The text."""
    hash: str
    """sha256 of the text, in hex."""
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    user_id: str
    """The namespace, as mem0 calls it."""
    namespace: str
    agent_id: str | None = None
    """Only of entries that are an agent's."""
    run_id: str | None = None
    """Only of entries that are a run's."""
    title: str
    summary: str
    """What a search compares with, beside the passages."""
    source: str | None
    tokens: int
    """Length of the text in tokens of the base model."""
    bytes: int
    """Length of the text in bytes of UTF-8."""
    version: int
    store: str
    """What is kept of its rows: `text`, `rows` or `adapter`."""
    expires_at: Moment | None
    valid_from: Moment | None
    valid_until: Moment | None


class Memories(_Shape):
    """A page of what is remembered."""

    results: list[Memory]
    total: int
    page: int
    page_size: int
    namespace: str


class AddedMemory(Memory):
    """What an entry has become."""

    event: str
    """`ADD`, `UPDATE` or `NONE`."""


class Added(_Shape):
    """What was remembered."""

    results: list[AddedMemory]


class FoundMemory(Memory):
    """An entry that a query finds."""

    score: float
    weight: float
    """A factor on its rows in an answer."""
    attached: bool
    """Whether an answer would be from it."""
    passages: list[dict[str, Any]]
    """The passages whose rows would be attached, with their texts."""


class Found(_Shape):
    """What a query finds, best first."""

    results: list[FoundMemory]
    threshold: float
    """The score from which on an entry is attached."""


class Updated(Memory):
    """An entry that was changed."""

    message: str


class Deleted(_Shape):
    """That an entry was forgotten."""

    message: str
    erased: bool | None = None
    """Only where `erase` was asked for: whether the index's files are written anew; else a later one does it."""


class AllDeleted(Deleted):
    """That entries were forgotten."""

    deleted: int
    """How many."""


class Event(_Shape):
    """A version of an entry."""

    memory_id: str
    event: str
    """`ADD` or `UPDATE`."""
    version: int
    created_at: Moment
    old_memory: str | None
    """What it said before; null where that is not kept."""
    new_memory: str | None
    """What it said then; null where that is not kept."""


class Word(_Shape):
    """A word whose row an entry's adapter has."""

    position: int
    """Which token of the document, counted from 0."""
    word: str
    strength: float
    modules: int
    """In how many modules of the base model it has a row."""


class Words(_Shape):
    """The words whose rows an entry's adapter has."""

    results: list[Word]


class NamespaceCount(_Shape):
    """A namespace."""

    namespace: str
    entries: int


class Namespaces(_Shape):
    """The namespaces that a client may use."""

    results: list[NamespaceCount]
    usual: str
    """Where requests look that name none."""


class Answer(_Shape):
    """An answer to a question."""

    text: str
    remembered: bool
    """Whether anything that is remembered was attached."""
    skills: list[str]
    """Names of those that it was given under."""
    confidence: float | None
    prompt_tokens: int
    completion_tokens: int
    timings: dict[str, float]
    """Seconds."""
    recalls: list[dict[str, Any]]
    """Entries that the question finds, best first."""
