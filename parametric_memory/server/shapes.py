"""Response models of the memory routes. Knows nothing about what fills them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class Memory(_Shape):
    """An entry in mem0's form, with further fields."""

    id: str
    memory: str
    """The text."""
    hash: str
    """sha256 of the text, in hex."""
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    user_id: str
    """The namespace, under mem0's name."""
    namespace: str
    agent_id: str | None = None
    """Only if the entry belongs to an agent."""
    run_id: str | None = None
    """Only if the entry belongs to a run."""
    title: str
    summary: str
    """Embedded in addition to the passages."""
    source: str | None
    tokens: int
    """Length of the text in tokens of the base model."""
    bytes: int
    """Length of the text in bytes of UTF-8."""
    version: int
    store: str
    """What is stored: `text`, `rows` or `adapter`."""
    not_recalled: str | None
    """Why no question about the present recalls it: `expired`, `no longer valid` or `not yet valid`."""
    expires_at: Moment | None
    valid_from: Moment | None
    valid_until: Moment | None


class Memories(_Shape):
    """A page of entries."""

    results: list[Memory]
    total: int
    page: int
    page_size: int
    namespace: str


class AddedMemory(Memory):
    """An entry, and whether it is new."""

    event: str
    """`ADD`, `UPDATE` or `NONE`."""


class Added(_Shape):
    """The entries that a request added."""

    results: list[AddedMemory]


class FoundMemory(Memory):
    """An entry that a query finds."""

    score: float
    weight: float
    """The factor on its rows in an answer."""
    attached: bool
    """Whether an answer would use it."""
    passages: list[dict[str, Any]]
    """The passages whose rows would be attached, with their texts."""


class Found(_Shape):
    """The entries that a query finds, best first."""

    results: list[FoundMemory]
    threshold: float
    """The least score at which an entry is attached."""


class Updated(Memory):
    """An entry that was changed."""

    message: str


class Deleted(_Shape):
    """Confirms the deletion of an entry."""

    message: str
    erased: bool | None = None
    """Only with `erase`: whether all traces were erased. If false, erase again later."""


class AllDeleted(Deleted):
    """Confirms the deletion of entries."""

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
    """The text before; null if that is not stored."""
    new_memory: str | None
    """The text of this version; null if that is not stored."""


class Word(_Shape):
    """A word of the document with a row in the entry's adapter."""

    position: int
    """The index of the token in the document."""
    word: str
    strength: float
    modules: int
    """The number of modules in which it has a row."""


class Words(_Shape):
    """The words with rows in an entry's adapter."""

    results: list[Word]


class NamespaceCount(_Shape):
    """A namespace."""

    namespace: str
    entries: int


class Namespaces(_Shape):
    """The namespaces that a client may use."""

    results: list[NamespaceCount]
    usual: str
    """The namespace of requests that name none."""


class Answer(_Shape):
    """An answer to a question."""

    text: str
    remembered: bool
    """Whether an entry was attached."""
    skills: list[str]
    """Names of the skills used."""
    confidence: float | None
    unsure: bool
    """Whether the confidence is below 0.5."""
    prompt_tokens: int
    completion_tokens: int
    timings: dict[str, float]
    """Seconds."""
    recalls: list[dict[str, Any]]
    """Entries that the question finds, best first."""
