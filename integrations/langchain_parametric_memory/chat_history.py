"""A LangChain chat history over a memory: stores messages unchanged, and internalizes them.

Messages are internalized like other conversations, with names and dates. So any chat model, retriever or tool over the
memory knows them in other sessions. A session is stored in parts, so that a new message only re-internalizes the last
part. Knows nothing about chains and models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage, message_to_dict, messages_from_dict

from langchain_parametric_memory.documents import namespace_in
from langchain_parametric_memory.opening import open_memory
from parametric_memory import Entry, ParametricMemory
from parametric_memory.errors import DocumentError

_OWN = "langchain:"
_SESSION, _PART, _MESSAGES = f"{_OWN}session", f"{_OWN}part", f"{_OWN}messages"
_MOST_MESSAGES = 24  # of a part, which is internalized again with each message
_PAUSE = timedelta(hours=4)  # after this, a new part begins

Kept = dict[str, Any]  # a message in JSON, and its time


class ParametricMemoryChatMessageHistory(BaseChatMessageHistory):
    """The messages of a session, in a memory that outlives the process.

    Args:
        memory: a memory, or the folder of one.
        session_id: the session; sessions are separate.
        namespace: where it is stored; the memory's own when not given.
        user: whose it is: a namespace, and the speaker of human messages.
        speakers: names by role, such as `{"user": "Ana"}`.
    """

    def __init__(
        self,
        memory: ParametricMemory | str | Path | None = None,
        *,
        session_id: str,
        namespace: str | None = None,
        user: str | None = None,
        speakers: Mapping[str, str] | None = None,
    ) -> None:
        self.memory, self.session_id, self.user = open_memory(memory), session_id, user
        self.namespace = namespace_in(self.memory, namespace, {"user": user})
        self.speakers = dict(speakers or {})

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]  # an attribute there
        """All messages of the session, oldest first."""
        return messages_from_dict([kept["message"] for part in self._parts() for kept in _kept(part)])

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Stores and internalizes messages, with the current time.

        Raises:
            MemoryLocked, StorageError: the memory cannot be written; the session is unchanged.
        """
        if not messages:
            return
        at = datetime.now().astimezone()
        new = [{"message": message_to_dict(message), "at": at.isoformat()} for message in messages]
        with self.memory.storage.writing():  # no other writer adds to the session meanwhile
            parts = self._parts()
            number, earlier = len(parts), []
            if parts and _goes_on(_kept(parts[-1]), at):
                number, earlier = number - 1, _kept(parts[-1])
            for offset, part in enumerate(_in_parts([*earlier, *new])):
                self._remember(number + offset, part)

    def clear(self) -> None:
        """Deletes the session."""
        with self.memory.storage.writing():
            for part in self._parts():
                self.memory.delete(part.id, namespace=self.namespace)

    def _parts(self) -> list[Entry]:
        found = self.memory.list(namespace=self.namespace, filter={_SESSION: self.session_id})
        return sorted(found, key=lambda entry: cast("int", entry.metadata[_PART]))

    def _remember(self, number: int, part: Sequence[Kept]) -> None:
        about: dict[str, Any] = {
            "id": f"chat:{quote(self.namespace, safe='')}:{quote(self.session_id, safe='')}:{number}",
            "namespace": self.namespace,
            "user": self.user,
            "metadata": {
                _SESSION: self.session_id,
                _PART: number,
                _MESSAGES: json.dumps(list(part), ensure_ascii=False, default=str),
            },
        }
        try:
            self.memory.add_messages([_said(kept) for kept in part], speakers=self.speakers, **about)
        except DocumentError:  # only system messages and tool calls so far
            self.memory.add(f"A chat in which nobody has said anything yet: {self.session_id}.", **about)


def _kept(part: Entry) -> list[Kept]:
    return cast("list[Kept]", json.loads(str(part.metadata[_MESSAGES])))


def _said(kept: Kept) -> dict[str, Any]:
    """A message in the form that `add_messages` takes."""
    message, data = kept["message"], kept["message"]["data"]
    role = data.get("role") if message["type"] == "chat" else message["type"]
    return {"role": role, "name": data.get("name"), "content": data["content"], "when": kept["at"]}


def _goes_on(part: Sequence[Kept], at: datetime) -> bool:
    """Whether a message sent now belongs to a part."""
    return len(part) < _MOST_MESSAGES and at - datetime.fromisoformat(part[-1]["at"]) < _PAUSE


def _in_parts(messages: Sequence[Kept]) -> list[list[Kept]]:
    numbered = groupby(enumerate(messages), key=lambda pair: pair[0] // _MOST_MESSAGES)
    return [[message for _, message in part] for _, part in numbered]
