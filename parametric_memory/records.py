"""The records that a memory returns: entries, versions, recalls, skills and answers.

Plain data with JSON round trips. Knows nothing about folders, tensors, models or the index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, field_serializer

MetadataValue = str | bool | int | FiniteFloat
DEFAULT = "default"  # the namespace where none is named
_LEAST_MARK = 0.05  # of a word in JSON


def is_unicode(text: str) -> bool:
    """Whether a text can be stored: it holds no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unicode(text: str) -> str:
    if not is_unicode(text):
        raise ValueError("it is not valid Unicode")
    return text


Text = Annotated[str, AfterValidator(_unicode)]
UtcDatetime = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


_OF_REPR = (  # fields of an entry
    *("id", "title", "source", "namespace", "metadata", "tokens", "version"),
    *("expires_at", "valid_from", "valid_until"),
)


def new_id() -> str:
    """An id no other entry has: a random UUID as 32 hex digits."""
    return uuid4().hex


def name_of(id: str, namespace: str) -> str:
    """What messages call an entry: its id, with the namespace unless that is the default one."""
    return id if namespace == DEFAULT else f"{id} (namespace {namespace})"


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Record(BaseModel):
    """Base of the records: immutable, and strict about names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Record):
    """The record of one thing remembered. Its text and its adapter are stored under its id.

    Attributes:
        id: unique within its namespace; a random UUID in hex unless given.
        title: one line that names the document.
        summary: the text that the index embeds.
        source: where the text came from (a path, an address), if known.
        namespace: entries of different namespaces are never recalled together, and may have the same id.
        metadata: flat values to filter by.
        created_at: when the id was first added, UTC.
        updated_at: when the text or the metadata last changed, UTC.
        said_at: when its text was written, UTC, if a conversation says so or another field changed since; None: at
            `updated_at`.
        expires_at: when the entry stops being recalled, UTC; None: never.
        valid_from, valid_until: start and end of the entry's validity, UTC, the end excluded; None: no such bound.
            Outside it the entry is recalled only for a moment given as `at`.
        version: 1, and one more each time the text is replaced.
        content_hash: sha256 of the cleaned text, hex.
        tokens: length of the text in tokens of the base model.
        chunks: how many chunks the text was internalized in; 0: it was added as an adapter.
        store: what is stored: "text", no rows, they are computed when it is recalled; "rows", those of its sentences;
            "adapter", a whole adapter. Set by the store.
        rank: the largest number of rows of a module that are stored; 0: none. Set by the store.
        adapter_sha256: sha256 of these rows as stored, hex; empty if there are none. Set by the store.
    """

    id: Text = Field(default_factory=new_id, min_length=1)
    title: Text
    summary: Text
    source: Text | None = None
    namespace: Text = DEFAULT
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
    store: Literal["text", "rows", "adapter"] = "adapter"
    rank: int = Field(default=0, ge=0)
    adapter_sha256: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return name_of(self.id, self.namespace)

    @property
    def state(self) -> str:
        """Changes whenever the text or the metadata change: identifies what the index was built from."""
        return f"{self.content_hash} {self.updated_at.isoformat()}"

    @property
    def holds_since(self) -> datetime:
        """Start of the entry's validity, or else when its text was written. The entry with the later one is newer."""
        return self.valid_from or self.said_at or self.updated_at

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """What tells an entry from others, as `repr` shows it: fields that say more than their default."""
        for name in _OF_REPR:
            if (value := getattr(self, name)) not in (None, {}, type(self).model_fields[name].default):
                yield name, str(value) if isinstance(value, datetime) else value

    @property
    def not_recalled(self) -> str:
        """Why no question about the present recalls the entry: "expired", "no longer valid" or "not yet valid"; else
        empty."""
        reasons = {"expired": self.is_expired(), "no longer valid": self.is_over(), "not yet valid": self.is_to_come()}
        return next((reason for reason, holds in reasons.items() if holds), "")

    def is_expired(self, at: datetime | None = None) -> bool:
        """Whether the entry has expired at a moment (now, unless given)."""
        return self.expires_at is not None and self.expires_at <= (at or now())

    def is_over(self, at: datetime | None = None) -> bool:
        """Whether the entry's validity has ended at a moment (now, unless given)."""
        return self.valid_until is not None and self.valid_until <= (at or now())

    def is_to_come(self, at: datetime | None = None) -> bool:
        """Whether the entry's validity has not begun at a moment (now, unless given)."""
        return self.valid_from is not None and self.valid_from > (at or now())

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether a question about a moment (now, unless given) may recall the entry. Expiry depends on the clock."""
        return not (self.is_expired() or self.is_over(at) or self.is_to_come(at))


class Version(Record):
    """What an entry said before its text was replaced.

    Attributes:
        version: the `Entry.version` of then.
        updated_at: when this text was written, or its metadata last changed, UTC.
        turns: in a conversation, who said which part of the text, see `Conversation.turns`.
    """

    version: int = Field(ge=1)
    title: Text
    source: Text | None = None
    metadata: dict[str, MetadataValue] = Field(default_factory=dict)
    updated_at: UtcDatetime
    text: Text
    turns: list[Text] = Field(default_factory=list)


class RunningTask(Record):
    """A running reindex or upgrade, while the memory answers from its old state."""

    task: Literal["reindex", "upgrade"]
    pid: int  # of its process
    entries: int  # how many there were when it began
    done: int = 0  # how many of them are finished
    becomes: str = ""  # identifies what the memory will be made with
    space: int = 0  # of the new vectors
    started: UtcDatetime = Field(default_factory=now)

    def __str__(self) -> str:
        return (
            f"A{'n' if self.task == 'upgrade' else ''} {self.task} by the process {self.pid} is running since "
            f"{self.started:%Y-%m-%d %H:%M:%S} UTC, {self.done} of {self.entries} entries are done"
        )


class KeptToken(Record):
    """A token of a document whose row an adapter keeps.

    Attributes:
        position: in the document, in tokens from 0.
        word: its text, with a leading blank if it has one.
        strength: the norm of the row's value.
    """

    position: int
    word: str
    strength: float


class Neighbour(NamedTuple):
    """An entry near to a vector.

    Attributes:
        entry: its record.
        similarity: cosine similarity of the entry's nearest vector.
        vector: that vector, `[dimension]`, if requested and not deleted meanwhile.
    """

    entry: Entry
    similarity: float
    vector: Sequence[float] | None = None


class Said(Record):
    """The source of a sentence of a conversation, or of a text in the first person.

    Attributes:
        turn: the message that the sentence comes from, counted from 0.
        turns: all messages in it: a question and its answer are one sentence; none of a text that is no conversation.
        speaker: who said it.
        said_at: when, as given: without a time zone if none was given, and at midnight for a day; None: not given.
    """

    turn: int = Field(ge=0)
    turns: list[int]
    speaker: Text
    said_at: datetime | None = None


class RecalledPassage(Record):
    """A passage that a query finds.

    Attributes:
        number: in the document, counted from 0.
        score: cosine similarity of the query and the passage, as corrected by the memory's scorer.
        weight: a factor on the rows' update, beside the entry's own; 0 if it is not attached.
        text: of the passage; empty where it is not known.
        said: who said it, and when, if the document is a conversation or in the first person.
        words: of the passage as it was internalized, if it is attached, each with the probability that it is in the
            answer; empty: that is not known. Words are what space separates. JSON leaves out
            those of less than 0.05.
    """

    number: int
    score: float
    weight: float
    text: str = ""
    said: Said | None = None
    words: list[tuple[str, float]] = Field(default_factory=list)

    @field_serializer("words", when_used="json")
    def _probable(self, words: list[tuple[str, float]]) -> list[tuple[str, float]]:
        return [each for each in words if each[1] >= _LEAST_MARK]


class Recall(Record):
    """An entry that a query finds.

    Attributes:
        entry_id, namespace: the entry's id, and its namespace.
        score: cosine similarity of the query and the summary or a passage, whichever is nearer, as corrected by the
            memory's scorer.
        weight: a factor on its rows in the merge: 1 for the entry of the best passage; 0 if it is not attached.
        attached: whether its adapter is part of the answer.
        passages: the passages whose rows were attached, best first; empty: the whole document's.
            Of an entry that is not attached, the best ones.
        newer_than: the ids of older entries about the same subject that this one supersedes.
    """

    entry_id: str
    namespace: str = DEFAULT
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
        """Speakers and times of the attached sentences of a conversation, best first; empty for other documents."""
        return [passage.said for passage in self.passages if passage.said is not None]


class Expectation(Record):
    """What to expect of a skill that a description made: the score of the measured task that is described most alike.

    Attributes:
        task, description: of the measured task.
        similarity: cosine similarity of the two descriptions.
        near: whether they are similar enough to be of one task.
        score: the share of right answers under the measured task's skill, or ROUGE-L where an answer is generated.
        unaided: the base model's score without the skill.
        questions: how many the scores are from.
    """

    task: Text
    description: Text
    similarity: FiniteFloat
    near: bool
    score: FiniteFloat
    unaided: FiniteFloat
    questions: int

    def __str__(self) -> str:
        of = f'"{self.description}" (similarity {self.similarity:.2f})'
        scored = f"scores {self.score:.0%} over {self.questions} questions, {self.unaided:.0%} without the skill"
        if self.near:
            return f"The nearest measured task, {of}, {scored}."
        return f"No measured task is like it, so it may do nothing useful. The nearest one, {of}, {scored}."


class Skill(Record):
    """An adapter that says how to answer. If a question names it, it is added to what the question recalls.

    Attributes:
        name: unique within a memory.
        description: of the task.
        made_of: what it was made from.
        examples: how many it was trained on.
        made_with: the hypernetwork or folder it came from; empty if it was trained on examples.
        expectation: what to expect of it, where its hypernetwork was measured (`eval skills --save`).
        base_model, base_fingerprint: of the base model it is for.
        created_at: UTC.
        rank: the largest number of rows of a module. Set by the store.
        adapter_sha256: sha256 of its rows as stored, hex. Set by the store.
    """

    name: Text
    description: Text = ""
    made_of: Literal["description", "examples", "adapter"]
    examples: int = Field(default=0, ge=0)
    made_with: Text = ""
    expectation: Expectation | None = None
    base_model: Text
    base_fingerprint: Text
    created_at: UtcDatetime = Field(default_factory=now)
    rank: int = Field(default=0, ge=0)
    adapter_sha256: str = ""


UNSURE = 0.5  # an answer of less confidence is more probably wrong than right
NOT_HELD = "The memory does not hold this."  # what an answer from memory says where nothing is attached


class Answer(Record):
    """A generated text and the entries it came from.

    Attributes:
        text: what the base model wrote.
        recalls: the nearest entries, best first.
        timings: seconds by step: `recall`, `attach`, `first_token`, `total`.
        remembered: False if no entry is attached: the answer is `NOT_HELD`, or the base model's own.
        confidence: for an answer from memory, the probability that it is right, as estimated by the memory's scorer
            from the attached passages and the model's certainty. Otherwise, and with the scorer "vectors", the
            probability of the answer's least probable token; of JSON for a schema, among the tokens that this allows.
        unsure: the confidence is below `UNSURE`.
        prompt_tokens: tokens of the prompt: the question in its chat format and, if hybrid, the attached text.
        completion_tokens: how many tokens the model wrote.
        finish_reason: why the answer ended, as OpenAI names it.
        tool_calls: what the model calls in place of an answer, or beside it: `name`, `args` and `id` of each.
        skills: the names of the skills it was given under.
    """

    text: str
    recalls: list[Recall] = Field(default_factory=list)
    timings: dict[str, float] = Field(default_factory=dict)
    remembered: bool
    confidence: float | None = None
    unsure: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: Literal["stop", "length", "tool_calls"] = "stop"
    tool_calls: list[dict[str, Any]] = Field(default_factory=list)
    skills: list[str] = Field(default_factory=list)
