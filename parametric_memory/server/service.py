"""What all routes share: the memory, the decoder, the metrics, and the checks of a request.

Knows nothing about any route.
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
_LOOKED = 0.25  # seconds between checks whether a client is still connected


@dataclass(frozen=True)
class Service:
    """One memory and everything that serves it."""

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
        """Raises Problem (413) if a limit of the settings is exceeded."""
        if found > (most := getattr(self.settings, limit)):
            raise Problem(413, f"{found:,} {what}, and {most:,} is the limit ({limit}): send less at once.")

    def access(self, request: Request) -> Access:
        return access_of(request.scope)

    def namespace(self, request: Request, named: str | None) -> str:
        """The namespace of a request. Raises Problem (403) if its key does not open it."""
        access = self.access(request)
        return access.check(named) if named else access.own(self.memory.namespace)

    def entry(self, access: Access, id: str) -> Entry:
        """The record of an entry. Raises Problem (404) if there is none in the namespaces that the request may use."""
        missing = Problem(404, f"There is no entry {id}: list or search to see what there is.")
        try:
            entry = self.memory.get(id)
        except EntryNotFound:
            raise missing from None
        if not access.opens(entry.namespace):
            raise missing
        return entry

    async def answer(self, request: Request, prepare: Callable[[], PreparedAnswer], told: Callable[[Answer], _T]) -> _T:
        """Answers a request as a whole; stops if the client disconnects.

        Args:
            told: turns the answer into the response, in a thread of its place.
        """
        with self.desk.take() as place:
            prepared = await place.in_thread(prepare)
            coming = asyncio.ensure_future(place.in_thread(lambda: self.decode(prepared, place)))
            try:
                while not (await asyncio.wait([coming], timeout=_LOOKED))[0]:
                    if await request.is_disconnected():
                        self.metrics.count("abandoned_total")
                        raise Problem(499, "The client has disconnected.")
            finally:
                coming.cancel()  # does nothing if it has finished
            answer = await coming
            return await place.in_thread(lambda: told(answer))

    def decode(self, prepared: PreparedAnswer, place: Place) -> Answer:
        """Decodes the whole answer. Blocks."""
        return self._count(self.answering.answer(prepared, place.abandoned))

    async def telling(
        self, prepare: Callable[[], PreparedAnswer], events: Callable[[PreparedAnswer, Place], AsyncIterator[str]]
    ) -> AsyncIterator[str]:
        """Streams an answer as events, after it is prepared.

        Raises what `prepare` raises.

        Args:
            events: works in the answer's place, and sends errors as events.
        """
        place = self.desk.take()
        try:
            prepared = await place.in_thread(prepare)
        except BaseException:
            place.leave()
            raise

        async def told() -> AsyncIterator[str]:
            up = asyncio.get_running_loop().call_at(place.until, place.leave)  # also if the client stops reading
            try:
                async for event in events(prepared, place):
                    yield event
            finally:
                up.cancel()
                place.leave()

        return told()

    def pieces(self, prepared: PreparedAnswer, place: Place) -> AsyncIterator[str | Answer]:
        """The pieces of an answer as they are decoded, then the whole answer."""

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
        """The text of an entry; None if it was deleted meanwhile."""
        try:
            return self.memory.storage.entries.text(id)
        except EntryNotFound:
            return None

    def found(self, id: str) -> tuple[Entry, str] | None:
        """The record and the text of an entry; None if it was deleted meanwhile."""
        try:
            return self.memory.get(id), self.memory.storage.entries.text(id)
        except EntryNotFound:
            return None

    def recalled(self, recalls: Sequence[Recall]) -> list[dict[str, Any]]:
        """Recalls as JSON, with the texts of attached entries."""
        return [{**recall.model_dump(mode="json"), **self._texts(recall)} for recall in recalls]

    def _texts(self, recall: Recall) -> Mapping[str, Any]:
        if not recall.attached:
            return {}
        try:
            return {"text": self.memory.recaller.passage(recall)}
        except EntryNotFound:  # deleted meanwhile
            return {}
