"""Tools that give an agent a memory: ask, remember, forget.

Errors in a tool are returned to the agent, not raised. Knows nothing about chat models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic.v1 import ValidationError as ValidationErrorV1

from langchain_parametric_memory.configured import configured_skills
from langchain_parametric_memory.documents import namespace_in
from langchain_parametric_memory.opening import Memory, open_memory
from parametric_memory import ParametricMemory, ParametricMemoryError
from parametric_memory.errors import EntryNotFound
from parametric_memory.records import NOT_HELD

Result = tuple[str, dict[str, Any]]

_NEAREST = 8  # nearest entries, which must include the best recall


class AskMemoryInput(BaseModel):
    """The arguments of `ask_memory`."""

    question: str = Field(min_length=1, description="One question, complete in itself.")


class RememberInput(BaseModel):
    """The arguments of `remember`."""

    text: str = Field(min_length=1, description="What to remember, as full sentences that name who and what.")
    source: str | None = Field(default=None, description="Where it is from, if known.")


class ForgetInput(BaseModel):
    """The arguments of `forget`; one is given."""

    about: str | None = Field(default=None, description="What to forget, in words.")
    id: str | None = Field(default=None, description="The id of what to forget, if known.")

    @model_validator(mode="after")
    def _one_of_both(self) -> ForgetInput:
        if bool(self.about) == bool(self.id):
            raise ValueError("give either about or id")
        return self


def _wrong_arguments(error: ValidationError | ValidationErrorV1) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors())


class _MemoryTool(BaseTool):
    memory: Memory = Field(default=None, validate_default=True, exclude=True, repr=False)
    """The memory, or the folder of one."""
    namespace: str | None = Field(default=None, exclude=True)
    """The memory's own when not given."""
    scope: dict[str, str | None] = Field(default_factory=dict, exclude=True)
    """Whose memory it is: `user` (a namespace), `agent` and `run`."""
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = Field(default=_wrong_arguments, exclude=True)

    @property
    def _where(self) -> str:
        return namespace_in(self.memory, self.namespace, self.scope)

    @property
    def _whose(self) -> Any:
        """The scope of a call, as arguments of the memory's methods."""
        return {"namespace": self.namespace, **self.scope}


class AskMemory(_MemoryTool):
    """Answers a question from memory: the answer as content, the recalls and timings as artifact."""

    name: str = "ask_memory"
    description: str = "Answers a question from long-term memory. Use it for whatever was said or read before."
    args_schema: Any = AskMemoryInput
    max_tokens: int = Field(default=64, ge=1, exclude=True)
    hybrid: bool | None = Field(default=None, exclude=True)
    """Also put the recalled passages into the prompt. The memory's setting when not given."""
    skills: list[str] = Field(default_factory=list, exclude=True)
    """Names of the memory's skills to answer under. Skills in the run's configuration replace them."""
    filter: dict[str, Any] | None = Field(default=None, exclude=True)
    """A filter on the entries' metadata."""
    at: datetime | date | str | None = Field(default=None, exclude=True)
    """Recall what held at this moment or day, instead of now."""
    abstain: bool = Field(default=True, exclude=True)
    """False: if nothing is attached, the base model answers by itself."""
    when_unknown: str = Field(default=NOT_HELD, exclude=True)
    """The answer if nothing is attached and the tool abstains."""

    def _run(self, question: str) -> Result:
        configured = configured_skills()
        with _told_to_the_agent():
            answer = self.memory.ask(
                question,
                **self._whose,
                filter=self.filter,
                at=self.at,
                max_new_tokens=self.max_tokens,
                hybrid=self.hybrid,
                abstain=self.abstain,
                skills=self.skills if configured is None else configured,
            )
        abstained = answer.text == NOT_HELD and not answer.remembered
        return self.when_unknown if abstained else answer.text, answer.model_dump()


class Remember(_MemoryTool):
    """Internalizes a text: its id as content, the entry as artifact."""

    name: str = "remember"
    description: str = "Keeps facts in long-term memory, for later turns and other conversations."
    args_schema: Any = RememberInput
    ttl: timedelta | None = Field(default=None, exclude=True)
    """How long an added text is recalled."""
    valid_from: datetime | date | str | None = Field(default=None, exclude=True)
    """Start of the validity of added texts."""
    valid_until: datetime | date | str | None = Field(default=None, exclude=True)
    """End of the validity of added texts."""

    def _run(self, text: str, source: str | None = None) -> Result:
        times: Any = {"ttl": self.ttl, "valid_from": self.valid_from, "valid_until": self.valid_until}
        with _told_to_the_agent():
            entry = self.memory.add(text, source=source, **self._whose, **times)
        return f"Remembered, with the id {entry.id}.", entry.model_dump(mode="json")


class Forget(_MemoryTool):
    """Deletes an entry, by its id or by a description. Content and artifact name the deleted entry."""

    name: str = "forget"
    description: str = "Removes something from long-term memory, by its id or by what it is about."
    args_schema: Any = ForgetInput

    def _run(self, about: str | None = None, id: str | None = None) -> Result:
        with _told_to_the_agent():
            whose = {**self._whose, "namespace": self._where}
            found = id or _nearest(self.memory, about or "", whose)
            if found is None:
                return f"Nothing is remembered about {about!r}.", {}
            entry = next(iter(self.memory.list(ids=[found], **whose)), None)
            if entry is None:
                of = "".join(f", of the {name} {self.scope[name]}" for name in ("agent", "run") if self.scope.get(name))
                raise EntryNotFound(f"There is no entry {found} in the namespace {self._where}{of}.")
            self.memory.delete(found, namespace=self._where)
        return f"Forgotten: {entry.title}", entry.model_dump(mode="json")


def memory_tools(
    memory: ParametricMemory | str | Path | None = None,
    *,
    namespace: str | None = None,
    skills: Sequence[str] = (),
    user: str | None = None,
    agent: str | None = None,
    run: str | None = None,
    ttl: timedelta | None = None,
    valid_from: datetime | date | str | None = None,
    valid_until: datetime | date | str | None = None,
) -> list[BaseTool]:
    """The three tools over one memory, given as such or by its folder; None means the default folder.

    Args:
        skills: names of the memory's skills to answer questions under.
        user, agent, run: whose memory it is, see `ParametricMemory.add`.
        ttl, valid_from, valid_until: of added texts, see there.
    """
    opened = open_memory(memory)
    where: Any = {"namespace": namespace, "scope": {"user": user, "agent": agent, "run": run}}
    times: Any = {"ttl": ttl, "valid_from": valid_from, "valid_until": valid_until}
    ask = AskMemory(memory=opened, skills=list(skills), **where)
    return [ask, Remember(memory=opened, **where, **times), Forget(memory=opened, **where)]


def _nearest(memory: ParametricMemory, about: str, whose: Any) -> str | None:
    """The id of the entry that a description recalls; None if none is attached.

    Its vectors must be near, too, so that an entry that only mentions the same person is not deleted.
    """
    found = next((r for r in memory.recall(about, 1, **whose) if r.attached), None)
    if found is None:
        return None
    vector = memory.models.embeddings.embed_query(about)
    near = memory.recaller.nearest(vector, _NEAREST, **whose)
    if any(n.entry.id == found.entry_id and n.similarity >= memory.recaller.least_similarity for n in near):
        return found.entry_id
    raise ToolException(
        f"Nothing is clearly about {about!r}; nearest is {found.title!r}: to forget it, give its id: {found.entry_id}"
    )


@contextmanager
def _told_to_the_agent() -> Iterator[None]:
    """Turns errors into the tool's answer."""
    try:
        yield
    except ParametricMemoryError as error:
        raise ToolException(str(error)) from error
