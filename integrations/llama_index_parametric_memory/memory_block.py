"""A block of LlamaIndex's agent memory: internalizes what leaves the short-term memory, and recalls it as text.

Knows nothing about the agent's model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from llama_index.core.llms import ChatMessage
from llama_index.core.memory import BaseMemoryBlock
from pydantic import ConfigDict, Field

from parametric_memory import ParametricMemory, Recall
from parametric_memory.errors import EntryNotFound


class ParametricMemoryBlock(BaseMemoryBlock[str]):
    """Internalizes conversations with their speakers, and returns the passages that the user's last turn recalls."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str = "parametric_memory"
    memory: ParametricMemory = Field(exclude=True, repr=False)
    namespace: str | None = None
    """The memory's own when not given."""
    user: str | None = None
    """Whose memory it is: a namespace, and the speaker of messages of the role `user`."""
    speakers: dict[str, str] | None = None
    """Names by role, such as `{"user": "Ana"}`."""

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> str:
        """What the user's last turn recalls, as text; empty if nothing is attached."""
        users = [message for message in messages or () if message.role.value == "user" and message.content]
        if not users:
            return ""
        recalls = await self.memory.arecall(str(users[-1].content), namespace=self.namespace, user=self.user)
        attached = [recall for recall in recalls if recall.attached]
        return "\n".join(await asyncio.to_thread(lambda: [*self._texts(attached)]))

    def _texts(self, recalls: Sequence[Recall]) -> Iterator[str]:
        for recall in recalls:
            with suppress(EntryNotFound):  # deleted since
                yield self.memory.recaller.passage(recall)

    async def _aput(self, messages: list[ChatMessage]) -> None:
        said = [
            {"role": message.role.value, "content": message.content}
            for message in messages
            if message.role.value in ("user", "assistant") and message.content
        ]
        if said:
            whose: Any = {"namespace": self.namespace, "user": self.user}
            await self.memory.aadd_messages(said, when=date.today(), speakers=self.speakers, **whose)
