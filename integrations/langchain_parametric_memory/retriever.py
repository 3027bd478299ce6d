"""A LangChain retriever over a memory: the entries a query recalls, with scores, titles and sources to cite.

Knows nothing about chat models.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables.config import run_in_executor
from pydantic import Field

from langchain_parametric_memory.documents import SCOPES, find_document, namespace_in
from langchain_parametric_memory.opening import Memory


class ParametricMemoryRetriever(BaseRetriever):
    """Retrieves what a memory recalls, as documents.

    `invoke` also takes `k`, `filter`, `at`, `user`, `agent` and `run`. A document's metadata gets `score`, `attached`,
    `title`, `source` if known, and for a conversation `said`: the attached turns, with speakers and times.
    """

    memory: Memory = Field(default=None, validate_default=True, exclude=True, repr=False)
    """The memory, or the folder of one."""
    k: int = Field(default=4, ge=1)
    """The most documents to return."""
    filter: dict[str, Any] | None = None
    """Equality or Chroma's operators on metadata."""
    namespace: str | None = None
    """The memory's own when not given."""
    at: datetime | date | str | None = None
    """Recall what held at this moment or day, instead of now."""
    user: str | None = None
    """Only what belongs to this user, who is a namespace."""
    agent: str | None = None
    """Only what belongs to this agent."""
    run: str | None = None
    """Only what belongs to this run."""
    attached_only: bool = False
    """Return only what an answer would attach: what passes the threshold, up to the memory's `max_adapters`."""

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return await run_in_executor(
            None, self._get_relevant_documents, query, run_manager=run_manager.get_sync(), **options
        )

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        filter: Mapping[str, Any] | None = None,
        at: datetime | date | str | None = None,
        user: str | None = None,
        agent: str | None = None,
        run: str | None = None,
    ) -> list[Document]:
        given = {"user": user, "agent": agent, "run": run}
        scope: Any = {name: getattr(self, name) if given[name] is None else given[name] for name in SCOPES}
        namespace = namespace_in(self.memory, self.namespace, scope)
        wanted = filter if filter is not None else self.filter
        recalls = self.memory.recall(query, k or self.k, filter=wanted, namespace=namespace, at=at or self.at, **scope)
        documents = []
        for recall in recalls:
            document = find_document(self.memory, recall.entry_id, namespace)
            if document is None or (self.attached_only and not recall.attached):
                continue
            about: dict[str, Any] = {"title": recall.title, "score": recall.score, "attached": recall.attached}
            if recall.source:
                about["source"] = recall.source
            if recall.said:
                about["said"] = [said.model_dump(mode="json") for said in recall.said]
            document.metadata = {**about, **document.metadata}
            documents.append(document)
        return documents
