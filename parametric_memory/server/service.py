"""What the addresses of a server share: the memory, who answers, and what is decided about requests.

Knows nothing about any address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request

from parametric_memory.answering.answering import Answering, PreparedAnswer
from parametric_memory.errors import EntryNotFound
from parametric_memory.memory import ParametricMemory
from parametric_memory.records import Answer, Entry, Recall
from parametric_memory.server.access import Access, access_of
from parametric_memory.server.desk import Desk, Place
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem
from parametric_memory.server.settings import ServerSettings

_T = TypeVar("_T")
_LOOKED = 0.25  # seconds between looks whether a client is still there


@dataclass(frozen=True)
class Service:
    """One memory with what serves it."""

    memory: ParametricMemory
    settings: ServerSettings
    metrics: Metrics
    desk: Desk
    answering: Answering

    @classmethod
    def of(cls, memory: ParametricMemory, settings: ServerSettings) -> Service:
        metrics = Metrics()
        desk = Desk(settings.waiting, settings.seconds, metrics)
        return cls(memory, settings, metrics, desk, memory.answering.sharing(settings.together))

    def check(self, limit: str, found: int, what: str) -> None:
        """Raises Problem (413) where there is more than a limit of the settings allows."""
        if found > (most := getattr(self.settings, limit)):
            raise Problem(413, f"{found:,} {what}, and {most:,} is the limit ({limit}): send less at once.")

    def access(self, request: Request) -> Access:
        return access_of(request.scope)

    def namespace(self, request: Request, named: str | None) -> str:
        """Where a request looks. Raises Problem where it may not."""
        access = self.access(request)
        return access.check(named) if named else access.own(self.memory.namespace)

    def entry(self, access: Access, id: str) -> Entry:
        """The record of an entry. Raises Problem (404) where there is none, or it is in another's namespace."""
        missing = Problem(404, f"There is no entry {id}: list or search to see what there is.")
        try:
            entry = self.memory.get(id)
        except EntryNotFound:
            raise missing from None
        if not access.opens(entry.namespace):
            raise missing
        return entry

    async def answer(self, request: Request, prepare: Callable[[], PreparedAnswer], told: Callable[[Answer], _T]) -> _T:
        """What is told of a whole answer; what nobody waits for any more is given up.

        Args:
            told: runs in the answer's place, in a thread.
        """
        with self.desk.take() as place:
            prepared = await place.in_thread(prepare)
            coming = asyncio.ensure_future(place.in_thread(lambda: self.decode(prepared, place)))
            try:
                while not (await asyncio.wait([coming], timeout=_LOOKED))[0]:
                    if await request.is_disconnected():
                        self.metrics.count("abandoned_total")
                        raise Problem(499, "The client has gone.")
            finally:
                coming.cancel()  # nothing where it is there
            answer = await coming
            return await place.in_thread(lambda: told(answer))

    def decode(self, prepared: PreparedAnswer, place: Place) -> Answer:
        """The whole answer. Blocks."""
        return self._count(self.answering.answer(prepared, place.abandoned))

    async def telling(
        self, prepare: Callable[[], PreparedAnswer], events: Callable[[PreparedAnswer, Place], AsyncIterator[str]]
    ) -> AsyncIterator[str]:
        """The events of an answer that is told as it comes; none comes before it is prepared.

        Raises what preparing raises.

        Args:
            events: does its work in the answer's place, and tells what goes wrong there.
        """
        place = self.desk.take()
        try:
            prepared = await place.in_thread(prepare)
        except BaseException:
            place.leave()
            raise

        async def told() -> AsyncIterator[str]:
            up = asyncio.get_running_loop().call_at(place.until, place.leave)  # also where the client reads no further
            try:
                async for event in events(prepared, place):
                    yield event
            finally:
                up.cancel()
                place.leave()

        return told()

    def pieces(self, prepared: PreparedAnswer, place: Place) -> AsyncIterator[str | Answer]:
        """An answer as it comes, and the whole at its end."""

        def counted() -> Iterator[str | Answer]:
            with closing(self.answering.stream(prepared, place.abandoned)) as pieces:
                for piece in pieces:
                    yield piece if isinstance(piece, str) else self._count(piece)

        return place.pieces(counted())

    def _count(self, answer: Answer) -> Answer:
        if answer.prompt_tokens:  # a model was asked
            self.metrics.count("answers_total")
            self.metrics.count("written_tokens_total", answer.completion_tokens)
            self.metrics.time("first_token_seconds", answer.timings["first_token"])
            self.metrics.time("answer_seconds", answer.timings["total"])
        return answer

    def text(self, id: str) -> str | None:
        """The text of an entry that was there a moment ago; None: it is forgotten meanwhile."""
        try:
            return self.memory.storage.entries.text(id)
        except EntryNotFound:
            return None

    def found(self, id: str) -> tuple[Entry, str] | None:
        """The record and the text of an entry that was there a moment ago; None: it is forgotten meanwhile."""
        try:
            return self.memory.get(id), self.memory.storage.entries.text(id)
        except EntryNotFound:
            return None

    def recalled(self, recalls: Sequence[Recall]) -> list[dict[str, Any]]:
        """Recalls as they are told, with the text of what is attached."""
        return [{**recall.model_dump(mode="json"), **self._texts(recall)} for recall in recalls]

    def _texts(self, recall: Recall) -> Mapping[str, Any]:
        if not recall.attached:
            return {}
        try:
            return {"text": self.memory.recaller.passage(recall)}
        except EntryNotFound:  # forgotten meanwhile
            return {}
