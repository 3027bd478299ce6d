"""A LlamaIndex retriever over a memory: the entries a query recalls, as nodes with scores.

Knows nothing about language models.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from parametric_memory import ParametricMemory, Recall
from parametric_memory.errors import EntryNotFound

_KEPT_FOR_OTHERS = ("langchain:", "langgraph:")  # prefixes of internal metadata of LangChain's history and store


def opened(memory: ParametricMemory | str | Path | None) -> ParametricMemory:
    """The memory itself, or the one in a folder; the default memory for None."""
    return memory if isinstance(memory, ParametricMemory) else ParametricMemory(memory)


def nodes_of(memory: ParametricMemory, recalls: list[Recall]) -> list[NodeWithScore]:
    """Recalls as nodes, with their texts. Entries that were deleted meanwhile are left out."""
    nodes = []
    for recall in recalls:
        try:
            text = memory.history(recall.entry_id, namespace=recall.namespace).text
        except EntryNotFound:
            continue
        about: dict[str, Any] = {"title": recall.title, "attached": recall.attached}
        if recall.said:
            about["said"] = [said.model_dump(mode="json") for said in recall.said]
        hidden = [*about.keys() - {"title"}]  # not for a language model
        about |= {name: value for name, value in recall.metadata.items() if not name.startswith(_KEPT_FOR_OTHERS)}
        source = {"source": recall.source} if recall.source else {}
        node = TextNode(
            id_=recall.entry_id,
            text=text,
            metadata={**source, **about},
            excluded_llm_metadata_keys=hidden,
            excluded_embed_metadata_keys=hidden,
        )
        nodes.append(NodeWithScore(node=node, score=recall.score))
    return nodes


class ParametricMemoryRetriever(BaseRetriever):
    """Retrieves what a memory recalls. No language model runs."""

    def __init__(
        self,
        memory: ParametricMemory | str | Path | None = None,
        *,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,
        namespace: str | None = None,
        attached_only: bool = False,
        **options: Any,
    ):
        """
        Args:
            memory: the memory, or the folder of one.
            k: the most nodes to return.
            filter: equality or Chroma's operators on metadata.
            namespace: the memory's own when not given.
            attached_only: return only what an answer would attach.
            options: of LlamaIndex's retrievers.
        """
        super().__init__(**options)
        self.memory, self.k, self.filter, self.namespace = opened(memory), k, filter, namespace
        self.attached_only = attached_only

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        recalls = self.memory.recall(query_bundle.query_str, self.k, filter=self.filter, namespace=self.namespace)
        return nodes_of(self.memory, [r for r in recalls if r.attached or not self.attached_only])

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)
