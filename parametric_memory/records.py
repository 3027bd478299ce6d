"""The records a user meets: what is remembered, what was recalled for a query, and an answer.

Pure data with JSON round trips: knows nothing about folders, adapters' tensors, models or the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

MetadataValue = str | bool | int | FiniteFloat


def _unicode(text: str) -> str:
    """Refuses halves of characters, which no file takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("it is not valid Unicode") from error
    return text


Text = Annotated[str, AfterValidator(_unicode)]
UtcDatetime = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


def new_id() -> str:
    """An id no other entry has: a random UUID as 32 hex digits."""
    return uuid4().hex


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Record(BaseModel):
    """Base of the records: immutable, and strict about names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Record):
    """One thing remembered. Its text, and what is kept of its adapter, are read by its id.

    Attributes:
        id: unique within a memory; a random UUID in hex unless given.
        title: one line that names the document.
        summary: what the index embeds.
        source: where the text came from (a path, an address), if known.
        namespace: entries of different namespaces never meet in one recall.
        metadata: flat values to filter by.
        created_at: when the id was first added, UTC.
        updated_at: when the text or the metadata last changed, UTC.
        said_at: when its text was written, UTC, where a conversation tells it, or something else of the entry changed
            since; None: at `updated_at`.
        expires_at: from when on the entry is no longer recalled, UTC; None: never.
        valid_from, valid_until: what the entry says holds from the one moment until before the other, UTC; None: there
            is no such bound. Outside them it is recalled only for a moment that is asked about.
        version: 1, and one more each time the text is replaced.
        content_hash: sha256 of the cleaned text, hex.
        tokens: length of the text in tokens of the base model.
        chunks: how many chunks the text was read in; 0: it was added as an adapter.
        refined: seconds that its adapter was distilled for after internalizing, see `ParametricMemory.refine`.
        store: what is kept of its rows: "text", nothing but what they are made of when it is recalled; "rows", those of
            its sentences; "adapter", a whole adapter. Set by the store.
        rank: the largest number of rows of a module that is kept; 0 where none are. Set by the store.
        adapter_sha256: sha256 of these rows as they are kept, hex; empty where there are none. Set by the store.
    """

    id: Text = Field(default_factory=new_id, min_length=1)
    title: Text
    summary: Text
    source: Text | None = None
    namespace: Text = "default"
    metadata: dict[str, MetadataValue] = Field(default_factory=dict)
    created_at: UtcDatetime = Field(default_factory=now)
    updated_at: UtcDatetime = Field(default_factory=now)
    said_at: UtcDatetime | None = None
    expires_at: UtcDatetime | None = None
    valid_from: UtcDatetime | None = None
    valid_until: UtcDatetime | None = None
    version: int = Field(default=1, ge=1)
    content_hash: str
    tokens: int = Field(ge=0)
    chunks: int = Field(ge=0)
    refined: float = Field(default=0.0, ge=0)
    store: Literal["text", "rows", "adapter"] = "adapter"
    rank: int = Field(default=0, ge=0)
    adapter_sha256: str = ""

    @property
    def state(self) -> str:
        """Tells what the index is made from, the text and the metadata as they are, from what they were before."""
        return f"{self.content_hash} {self.updated_at.isoformat()}"

    @property
    def holds_since(self) -> datetime:
        """From when on it says what it says: since its validity began, where that is known, else since its text was
        written. Of two that say different things, the later one is newer."""
        return self.valid_from or self.said_at or self.updated_at

    def is_expired(self, at: datetime | None = None) -> bool:
        """Whether the entry has expired at a moment (now, unless given)."""
        return self.expires_at is not None and self.expires_at <= (at or now())

    def is_over(self, at: datetime | None = None) -> bool:
        """Whether what the entry says holds no longer at a moment (now, unless given)."""
        return self.valid_until is not None and self.valid_until <= (at or now())

    def is_to_come(self, at: datetime | None = None) -> bool:
        """Whether what the entry says does not hold yet at a moment (now, unless given)."""
        return self.valid_from is not None and self.valid_from > (at or now())

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether a question about a moment (now, unless given) may recall the entry. It expires by the clock."""
        return not (self.is_expired() or self.is_over(at) or self.is_to_come(at))


class Version(Record):
    """What an entry said before its text was replaced.

    Attributes:
        version: which one, as `Entry.version` counted then.
        updated_at: when it began to say that, or its metadata last changed, UTC.
        turns: of a conversation, who said which part of the text, see `Conversation.turns`.
    """

    version: int = Field(ge=1)
    title: Text
    source: Text | None = None
    metadata: dict[str, MetadataValue] = Field(default_factory=dict)
    updated_at: UtcDatetime
    text: Text
    turns: list[Text] = Field(default_factory=list)


class RunningTask(Record):
    """A reindex or an upgrade that is running, while a memory answers from what was.

    Attributes:
        pid: of its process.
        entries: how many there were when it began.
        done: how many of them are ready.
        started: UTC.
        becomes: tells what the memory is to be made with then.
    """

    task: Literal["reindex", "upgrade"]
    pid: int
    entries: int
    done: int = 0
    becomes: str = ""
    started: UtcDatetime = Field(default_factory=now)

    def __str__(self) -> str:
        return (
            f"A{'n' if self.task == 'upgrade' else ''} {self.task} by the process {self.pid} is running since "
            f"{self.started:%Y-%m-%d %H:%M:%S} UTC, {self.done} of {self.entries} entries are done"
        )


class KeptToken(Record):
    """A token of a document whose row an adapter keeps.

    Attributes:
        position: where it stands in the document, counted in tokens from 0.
        word: how it is written, with the blank before it if it has one.
        strength: the length of the row's value: how much the row says where it is asked.
    """

    position: int
    word: str
    strength: float


class Neighbour(NamedTuple):
    """An entry near to a vector.

    Attributes:
        similarity: cosine, of the nearest of the entry's vectors.
        vector: that one, `[dimension]`, if it was asked for and is still there.
    """

    id: str
    similarity: float
    vector: Sequence[float] | None = None


class Said(Record):
    """Where a sentence of a conversation comes from.

    Attributes:
        turn: which of the messages that were given tells what the sentence says, counted from 0.
        turns: all that stand in it: a question and its answer are one sentence.
        speaker: who said it.
        said_at: when, as the messages told it: without a time zone where they named none, and at midnight where they
            told the day alone; None: they told nothing.
    """

    turn: int = Field(ge=0)
    turns: list[int]
    speaker: Text
    said_at: datetime | None = None


class RecalledPassage(Record):
    """A passage whose rows were attached.

    Attributes:
        number: which of the document's, counted from 0.
        score: cosine similarity of the query and the passage, as the memory's scorer corrects it.
        weight: a factor on the rows' effect; 1 for the nearest passage.
        said: who said it, and when, if the document is a conversation.
    """

    number: int
    score: float
    weight: float
    said: Said | None = None


class Recall(Record):
    """An entry that a query finds.

    Attributes:
        score: cosine similarity of the query and the summary or a passage, whichever is nearer, as the memory's scorer
            corrects it.
        weight: a factor on its rows in the merge: 1 for the nearest entry, less for those further away; 0 when it is
            not attached.
        attached: whether its adapter was part of the answer.
        passages: the passages whose rows were attached, best first; empty: the whole document's.
        newer_than: the ids of older entries that say something of the same, before which it counts.
    """

    entry_id: str
    title: str
    summary: str
    source: str | None = None
    metadata: dict[str, MetadataValue] = Field(default_factory=dict)
    score: float
    weight: float = 0.0
    attached: bool = False
    passages: list[RecalledPassage] = Field(default_factory=list)
    newer_than: list[str] = Field(default_factory=list)

    @property
    def said(self) -> list[Said]:
        """Who said what is attached of a conversation, and when, best first; empty for another document."""
        return [passage.said for passage in self.passages if passage.said is not None]


class Skill(Record):
    """An adapter that says how to answer: it is attached beside what a question recalls, when it is named.

    Attributes:
        name: unique within a memory.
        description: what the skill is, in words.
        made_of: what it was made of.
        examples: how many it was trained on.
        made_with: the hypernetwork or the folder that it came from; empty where it was trained on examples.
        base_model, base_fingerprint: what it is for.
        created_at: UTC.
        rank: the largest number of rows of a module. Set by the store.
        adapter_sha256: sha256 of its file of rows, hex. Set by the store.
    """

    name: Text
    description: Text = ""
    made_of: Literal["description", "examples", "adapter"]
    examples: int = Field(default=0, ge=0)
    made_with: Text = ""
    base_model: Text
    base_fingerprint: Text
    created_at: UtcDatetime = Field(default_factory=now)
    rank: int = Field(default=0, ge=0)
    adapter_sha256: str = ""


NOT_HELD = "The memory does not hold this."  # what an answer says that abstains


class Answer(Record):
    """A generated text and what it came from.

    Attributes:
        text: what the base model wrote.
        recalls: the best of the entries looked at, best first.
        timings: seconds spent, by step: `recall`, `attach`, `first_token`, `total`.
        remembered: False when nothing was similar enough and the base model answered without memory.
        confidence: of an answer from memory, how probable it is that it is right, as far as the memory's scorer can
            tell: whether what was attached supports it, and how sure the model is. Else, and where vectors are all that
            is compared, the probability of the answer's least probable token.
        prompt_tokens: how many tokens the model read: the question in its chat format and, of a hybrid answer, what is
            attached as text.
        skills: those that the answer was given under, by their names.
    """

    text: str
    recalls: list[Recall] = Field(default_factory=list)
    timings: dict[str, float] = Field(default_factory=dict)
    remembered: bool
    confidence: float | None = None
    prompt_tokens: int = 0
    skills: list[str] = Field(default_factory=list)
