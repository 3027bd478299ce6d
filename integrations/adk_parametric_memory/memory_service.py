"""A memory service for the Agent Development Kit: internalizes sessions as conversations, and returns recalled passages
with speakers and times.

A user of the kit is a user of the memory, an app is an agent, and a session is a run. Knows nothing about agents'
models.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from google.adk.memory.base_memory_service import BaseMemoryService, SearchMemoryResponse
from google.adk.memory.memory_entry import MemoryEntry
from google.genai import types

from parametric_memory import ParametricMemory
from parametric_memory.errors import EntryNotFound

if TYPE_CHECKING:
    from google.adk.events.event import Event
    from google.adk.sessions.session import Session

    from parametric_memory.records import Recall


class ParametricMemoryService(BaseMemoryService):
    """Internalizes sessions, events and texts of a user of an app, and finds them only for this user and app."""

    def __init__(self, memory: ParametricMemory, *, speakers: Mapping[str, str] | None = None):
        """
        Args:
            speakers: names by author, such as `{"user": "Ana"}`.
        """
        self.memory, self.speakers = memory, dict(speakers or {})

    async def add_session_to_memory(self, session: Session) -> None:
        """Adds a session as one entry; if it was added before, replaces that."""
        whole = "/".join((session.app_name, session.user_id, session.id))
        await self._remember(session.events, session.app_name, session.user_id, session.id, id=whole)

    async def add_events_to_memory(
        self,
        *,
        app_name: str,
        user_id: str,
        events: Sequence[Event],
        session_id: str | None = None,
        custom_metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Adds some events, such as the last turn; replaces nothing."""
        await self._remember(events, app_name, user_id, session_id, metadata=custom_metadata)

    async def add_memory(
        self,
        *,
        app_name: str,
        user_id: str,
        memories: Sequence[MemoryEntry],
        custom_metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Adds texts; one with an id replaces the text under that id. Entries without text are skipped.

        Raises:
            DocumentError: metadata cannot be stored.
        """
        for entry in memories:
            if text := _text(entry.content):
                metadata: Any = {**entry.custom_metadata, **(custom_metadata or {})}
                await self.memory.aadd(text, id=entry.id, metadata=metadata, user=user_id, agent=app_name)

    async def search_memory(self, *, app_name: str, user_id: str, query: str) -> SearchMemoryResponse:
        """The passages that an answer to the query would use, best first, each as an entry."""
        recalls = await self.memory.arecall(query, user=user_id, agent=app_name)
        attached = [recall for recall in recalls if recall.attached]
        found = await asyncio.to_thread(lambda: [entry for recall in attached for entry in self._entries(recall)])
        return SearchMemoryResponse(memories=found)

    async def _remember(
        self, events: Iterable[Event], app_name: str, user_id: str, session_id: str | None, **options: Any
    ) -> None:
        said = [
            {
                "speaker": event.author,
                "text": text,
                "when": datetime.fromtimestamp(event.timestamp, UTC),
            }
            for event in events
            if not event.partial and (text := _text(event.content))
        ]
        if said:
            whose: Any = {"user": user_id, "agent": app_name, "run": session_id or None}
            await self.memory.aadd_messages(said, speakers=self.speakers, **whose, **options)

    def _entries(self, recall: Recall) -> list[MemoryEntry]:
        """One entry for each passage of a conversation; one for a document; none if it was deleted since."""
        apart = any(passage.said for passage in recall.passages)
        each = [recall.model_copy(update={"passages": [p]}) for p in recall.passages] if apart else [recall]
        try:
            return [self._entry(one) for one in each]
        except EntryNotFound:
            return []

    def _entry(self, recall: Recall) -> MemoryEntry:
        text = self.memory.recaller.passage(recall)
        said = recall.passages[0].said if recall.passages else None
        return MemoryEntry(
            content=types.Content(role="user", parts=[types.Part(text=text)]),
            id=recall.entry_id,
            author=said.speaker if said else None,
            timestamp=said.said_at.isoformat() if said and said.said_at else None,
            custom_metadata={"title": recall.title, "score": recall.score},
        )


def _text(content: types.Content | None) -> str:
    """The text of a content; empty if it has none."""
    parts = (content.parts or []) if content is not None else []
    return "\n".join(part.text for part in parts if part.text and not part.thought).strip()
