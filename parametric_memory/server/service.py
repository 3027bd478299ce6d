"""What all routes share: the memory, the decoder, the metrics, and the checks of a request.

Knows nothing about any route.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial, wraps
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse

from parametric_memory.answering.answering import AnswerRequest, PreparedAnswer
from parametric_memory.errors import EntryNotFound
from parametric_memory.memory import ParametricMemory
from parametric_memory.records import Answer, Entry, Recall
from parametric_memory.server.access import Access
from parametric_memory.server.desk import Desk, Place
from parametric_memory.server.metrics import Metrics
from parametric_memory.server.problems import Problem
from parametric_memory.server.settings import ServerSettings

_T = TypeVar("_T")


class Service:
    """One memory and everything that serves it."""

    def __init__(self, memory: ParametricMemory, settings: ServerSettings) -> None:
        self.memory, self.settings, self.metrics = memory, settings, Metrics()
        self.desk = Desk(settings.waiting, settings.seconds, self.metrics)
        self.answering = memory.answering.sharing(settings.together)

    def check(self, limit: str, found: int, what: str) -> None:
        """Raises Problem (413) if a limit of the settings is exceeded."""
        if found > (most := getattr(self.settings, limit)):
            raise Problem(413, f"{found:,} {what}, and {most:,} is the limit ({limit}): send less at once.")

    def namespace(self, access: Access, named: str | None) -> str:
        """The namespace of a request. Raises Problem (403) if its key does not open it."""
        if named and not access.opens(named):
            raise Problem(403, f"This key does not open the namespace {named!r}: name one of its own.")
        return named or access.own(self.memory.namespace)

    def namespace_of_entry(self, id: str, access: Access, named: str | None) -> str:
        """The namespace of an entry, read from the database. Raises Problem (403) as `namespace` does.

        Clients of mem0 give an id alone: where the request's own namespace has no such entry, it is the only other
        namespace that the key opens and that has one.
        """
        own = self.namespace(access, named)
        if not named:
            with suppress(EntryNotFound):
                return self.memory.storage.entries.anywhere(id, own, access.opens).entry.namespace
        return own

    def entry(self, id: str, namespace: str) -> tuple[Entry, str]:
        """An entry and its text. Raises Problem (404) if there is none."""
        if (found := self.found(id, namespace)) is None:
            raise Problem(404, f"There is no entry {id}: list or search to see what there is.")
        return found

    def found(self, id: str, namespace: str) -> tuple[Entry, str] | None:
        """An entry and its text; None if there is none, or not any more."""
        entries = self.memory.storage.entries
        with entries.database.reading():
            found = entries.find(id, namespace)
            return None if found is None else (found.entry, entries.text(found))

    def on_desk(self, work: Callable[..., _T]) -> Callable[..., Coroutine[Any, Any, _T]]:
        """A route that runs a blocking function in a thread."""

        @wraps(work)
        async def route(**given: Any) -> _T:
            return await self.desk.run(partial(work, **given))

        return route

    async def answer(self, asked: Callable[[], AnswerRequest], response: Callable[[PreparedAnswer, Answer], _T]) -> _T:
        """Answers a request as a whole, in one thread."""

        def answered() -> _T:
            prepared = self.answering.prepare(asked())
            return response(prepared, self.decode(prepared, place))

        with self.desk.take() as place:
            return await place.in_thread(answered)

    def decode(self, prepared: PreparedAnswer, place: Place) -> Answer:
        """Decodes the whole answer. Blocks."""
        return self._count(self.answering.answer(prepared, place.abandoned))

    async def stream(
        self,
        asked: Callable[[], AnswerRequest],
        events: Callable[[PreparedAnswer, Iterator[str | Answer]], Generator[str]],
        failed: Callable[[Problem], str],
    ) -> StreamingResponse:
        """Streams an answer as server-sent events, after it is prepared. Raises what `asked` and preparing raise.

        events: of the pieces of an answer as they are decoded, and then of the whole answer; read in a thread.
        failed: the last event if an error occurs after the first.
        """
        place = self.desk.take()
        try:
            prepared = await place.in_thread(lambda: self.answering.prepare(asked()))
        except BaseException:
            place.leave()
            raise

        def decoded() -> Iterator[str | Answer]:
            with closing(self.answering.stream(prepared, place.abandoned)) as pieces:
                for piece in pieces:
                    yield piece if isinstance(piece, str) else self._count(piece)

        async def sent() -> AsyncIterator[str]:
            up = asyncio.get_running_loop().call_at(place.until, place.leave)  # also if the client stops reading
            try:
                async for event in place.pieces(events(prepared, decoded())):
                    yield event
            except Exception as error:  # the status has been sent
                yield failed(Problem.of(error))
            finally:
                up.cancel()
                place.leave()

        return StreamingResponse(sent(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    def _count(self, answer: Answer) -> Answer:
        if answer.prompt_tokens:  # a model was asked
            self.metrics.answers.inc()
            self.metrics.written_tokens.inc(answer.completion_tokens)
            self.metrics.first_token_seconds.observe(answer.timings["first_token"])
            self.metrics.answer_seconds.observe(answer.timings["total"])
        return answer

    def recalled(self, recalls: Sequence[Recall]) -> list[dict[str, Any]]:
        """Recalls as JSON, with the texts of attached entries."""
        told = [recall.model_dump(mode="json") for recall in recalls]
        for recall, about in zip(recalls, told, strict=True):
            if recall.attached:
                with suppress(EntryNotFound):  # deleted meanwhile
                    about["text"] = self.memory.recaller.passage(recall)
        return told


def event(data: Mapping[str, Any], name: str | None = None) -> str:
    """A server-sent event."""
    return f"{f'event: {name}{chr(10)}' if name else ''}data: {json.dumps(data, ensure_ascii=False)}\n\n"
