"""Request and response models of the memory routes, and the translation of mem0's filters.

mem0's `user_id`, `agent_id` and `run_id` are the scopes of a memory, see `scopes`. Knows nothing about what fills them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, Json, model_validator

from parametric_memory.errors import SettingsError
from parametric_memory.scopes import AGENT, RUN, Scope, namespace_of
from parametric_memory.server.problems import Body
from parametric_memory.storage.filters import check_extent

PAGE_SIZE = 50
_MOST_ON_PAGE, _MOST_PAGES = 500, 10**9
_MOST_TURNS = 1000
_USER, _ANYBODY = "user_id", "*"
_COMBINATIONS = {"and": "$and", "or": "$or", "$and": "$and", "$or": "$or"}
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


# Requests


class Named(Body):
    """Where an entry is: a `namespace`, or mem0's `user_id`, which is one."""

    namespace: str | None = Field(default=None, min_length=1)
    user_id: str | None = Field(default=None, min_length=1)

    @property
    def where(self) -> str | None:
        """The namespace, if one is named. Raises SettingsError if two are."""
        return namespace_of(self.namespace, {"user": self.user_id})


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
        return {**self.model_dump(include={"metadata", "valid_from", "valid_until"}), "ttl": ttl, **self.scope}


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
    def _one_of_both(self) -> Self:
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


def read_filters(filters: Mapping[str, Any] | None) -> tuple[str | None, dict[str, Any]]:
    """The user that the filters name, if any, and the rest, as `storage.filters` takes it.

    Raises SettingsError: they use what is not supported: several users, a user in an `OR`, any user (`*`), or `NOT`.
    The rest is checked where it is used.
    """
    check_extent(filters, "The filter")
    users: list[str] = []
    rest = _without_users(filters or {}, users)
    if len(set(users)) > 1:
        raise SettingsError(f"filters name several users: a {_USER} is a namespace, and one is looked into at a time.")
    return (users[0] if users else None), rest


def _without_users(filters: Mapping[str, Any], users: list[str], *, is_choice: bool = False) -> dict[str, Any]:
    """The filters without the users that they name, which are added to `users`. is_choice: below an `OR`."""
    parts: list[dict[str, Any]] = []
    for key, wanted in filters.items():
        operator = _COMBINATIONS.get(key.lower()) if isinstance(wanted, list | Mapping) else None
        if key == _USER:
            if is_choice:
                raise SettingsError(f"{_USER} cannot stand in an OR: a user is a namespace, and a search covers one.")
            if not isinstance(wanted, str) or not wanted.strip() or wanted == _ANYBODY:
                raise SettingsError(
                    f"{_USER} in filters takes one name: a user is a namespace, and a search covers one."
                )
            users.append(wanted)
        elif operator and isinstance(wanted, list):
            # Drop a part that only named a user. A part that was empty before stays, and is refused later.
            below = is_choice or operator == "$or"
            each = [
                _without_users(part, users, is_choice=below) if isinstance(part, Mapping) else part for part in wanted
            ]
            left = [part for part, before in zip(each, wanted, strict=True) if part or not before]
            parts += [{operator: left}] if left or not wanted else []
        else:
            parts.append({operator or _checked(key, wanted): wanted})
    together = {key: wanted for part in parts for key, wanted in part.items()}
    return together if len(together) == len(parts) else {"$and": parts}  # a key came twice, such as AND and $and


def _checked(key: str, wanted: object) -> str:
    """The key. Raises SettingsError if it or its value means something else here than in mem0."""
    if key.lower() == "not" and isinstance(wanted, list | Mapping):
        raise SettingsError("NOT in filters is not supported: use $ne or $nin.")
    if key in (AGENT, RUN):
        is_operation = isinstance(wanted, Mapping) and all(name.startswith("$") for name in wanted)
        if wanted == _ANYBODY or not (isinstance(wanted, str) or is_operation):
            raise SettingsError(f"{key} in filters takes a name, or an operator such as $in with names.")
    return key


# Responses


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


class Suggestions(BaseModel):
    """Questions that are answered from memory."""

    results: list[str]
