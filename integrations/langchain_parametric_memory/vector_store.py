"""A LangChain vector store over a memory: internalizes what is added, and returns the texts it finds.

The base model reads a text once, when it is added; text, vectors and adapter rows are kept, 4 KB a token with the
embedded models. A search runs the embedder and the index, never a language model. Knows nothing about chat models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from langchain_parametric_memory.documents import SCOPES, add_documents, check_document, find_document, namespace_in
from langchain_parametric_memory.opening import open_memory
from parametric_memory import ParametricMemory
from parametric_memory.errors import DocumentError, EntryNotFound, SettingsError
from parametric_memory.internalize.pictures import read_picture_document

Filter = Mapping[str, Any]

_TIMES = ("ttl", "valid_from", "valid_until")


class ParametricMemoryVectorStore(VectorStore):
    """Documents of one namespace of a memory.

    Calls may name a `user`, an `agent` and a `run`: see `ParametricMemory.add`. A user's namespace replaces this
    store's, unless one was given here; `get_by_ids` only sees this store's.

    Adding is an upsert: the same id replaces. A document without an id is not added again if its text and metadata are
    there already. Scores are cosine similarities: higher is nearer. Metadata is flat, as in Chroma.

    Args:
        memory: a memory, or the folder of one.
        namespace: the memory's own namespace when not given.
    """

    def __init__(self, memory: ParametricMemory | str | Path | None = None, *, namespace: str | None = None) -> None:
        self.memory = open_memory(memory)
        self.namespace = namespace or self.memory.namespace
        self._named = namespace

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        memory: ParametricMemory | str | Path | None = None,
        persist_directory: str | Path | None = None,
        namespace: str | None = None,
        **options: Any,
    ) -> ParametricMemoryVectorStore:
        """Makes a store that holds these texts.

        Args:
            embedding: the embedder of the index; the one that ships when None. An open memory keeps its own.
            memory: a memory, or the folder of one; when neither this nor `persist_directory` is given, the default
                memory, which outlives the process.
            persist_directory: the same folder, under Chroma's name.
            options: of `add_texts`, or of `ParametricMemory` if a folder is given.
        """
        of_texts = {name: options.pop(name) for name in (*SCOPES, *_TIMES) if name in options}
        if not isinstance(memory, ParametricMemory) and embedding is not None:
            options["embeddings"] = embedding
        store = cls(open_memory(memory or persist_directory, **options), namespace=namespace)
        store.add_texts(texts, metadatas, ids=ids, **of_texts)
        return store

    @classmethod
    def from_documents(
        cls, documents: list[Document], embedding: Embeddings | None = None, **kwargs: Any
    ) -> ParametricMemoryVectorStore:
        """As `from_texts`, from documents. Their ids stay."""
        return super().from_documents(documents, embedding, **kwargs)  # type: ignore[arg-type]

    @classmethod
    async def afrom_documents(
        cls, documents: list[Document], embedding: Embeddings | None = None, **kwargs: Any
    ) -> ParametricMemoryVectorStore:
        """`from_documents`, in a thread."""
        return await super().afrom_documents(documents, embedding, **kwargs)  # type: ignore[arg-type]

    @classmethod
    async def afrom_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> ParametricMemoryVectorStore:
        """`from_texts`, in a thread."""
        return await super().afrom_texts(texts, embedding, metadatas, ids=ids, **kwargs)  # type: ignore[arg-type]

    @property
    def embeddings(self) -> Embeddings:
        return self.memory.models.embeddings

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Internalizes texts; returns their ids, in order. All are checked before the first is added.

        Args:
            kwargs: `ttl`, `valid_from`, `valid_until`, `user`, `agent` and `run`, for all texts: see
                `ParametricMemory.add`.

        Raises:
            DocumentError: a text is empty, metadata is not flat, or there are not as many ids or metadata as texts.
            SettingsError: a time or a scope is invalid.
        """
        kwargs.pop("batch_size", None)  # of LangChain's indexing; every text is a batch here
        options = self._of(kwargs, _TIMES)
        texts = list(texts)
        metadatas = metadatas or [{} for _ in texts]
        ids = ids or [None] * len(texts)
        if not len(texts) == len(metadatas) == len(ids):
            raise DocumentError(f"{len(texts)} texts came with {len(metadatas)} metadata and {len(ids)} ids: one each.")
        for text, metadata in zip(texts, metadatas, strict=True):
            check_document(self.memory, text, metadata or {})
        documents = [
            Document(text, id=id, metadata=metadata or {})
            for text, metadata, id in zip(texts, metadatas, ids, strict=True)
        ]
        return [entry.id for entry in add_documents(self.memory, documents, **options)]

    def add_images(
        self,
        uris: Sequence[str | Path],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Internalizes picture files; returns their ids, in order. All are read before the first is added.

        A search finds the vision model's description of a picture.

        Args:
            kwargs: as `add_texts` takes them.

        Raises:
            DocumentError: a file is not a readable picture, or there are not as many ids or metadata as pictures.
            SettingsError: the memory's models do not read pictures.
        """
        options = self._of(kwargs, _TIMES)
        metadatas, ids = metadatas or [{} for _ in uris], ids or [None] * len(uris)
        if not len(uris) == len(metadatas) == len(ids):
            raise DocumentError(
                f"{len(uris)} pictures came with {len(metadatas)} metadata and {len(ids)} ids: one each."
            )
        documents = [read_picture_document(uri) for uri in uris]
        _ = self.memory.models.vision  # loads it, or raises, before anything is added
        return [
            self.memory.add(document, id=id, metadata=metadata, **options).id
            for document, metadata, id in zip(documents, metadatas, ids, strict=True)
        ]

    def delete(
        self, ids: list[str] | None = None, *, filter: Filter | None = None, where: Filter | None = None, **kwargs: Any
    ) -> bool:
        """Deletes documents; missing ones are no error. With neither ids nor a filter: all of the namespace.

        Args:
            filter: which documents, by their metadata.
            where: the same, under Chroma's name.
            kwargs: `user`, `agent` and `run`: only theirs.

        Raises:
            SettingsError: the filter is invalid, or empty without ids.
        """
        whose = self._of(kwargs)
        if filter and where:
            raise TypeError("filter and where are the same: give one of them.")
        given = [condition for condition in (filter, where) if condition is not None]
        if ids is None and given and not any(given):
            raise SettingsError("An empty filter would forget everything: give a condition, or neither ids nor filter.")
        entries = self.memory.list(filter=filter or where, ids=ids, **whose)
        if entries:
            with self.memory.storage.writing():  # the index's files are erased once, at the end
                for entry in entries:
                    with suppress(EntryNotFound):
                        self.memory.delete(entry.id, namespace=entry.namespace)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        found = (find_document(self.memory, id, self.namespace) for id in ids)
        return [document for document in found if document is not None]

    def similarity_search(self, query: str, k: int = 4, filter: Filter | None = None, **kwargs: Any) -> list[Document]:
        """The nearest documents, best first.

        Args:
            filter: equality or Chroma's operators on metadata.
            kwargs: `user`, `agent` and `run`: only theirs.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """As `similarity_search`, each with its cosine similarity."""
        whose = self._of(kwargs)  # raises before anything is embedded
        return self._near(self.embeddings.embed_query(query), k, filter, whose)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Filter | None = None, **kwargs: Any
    ) -> list[Document]:
        return [document for document, _ in self.similarity_search_by_vector_with_score(embedding, k, filter, **kwargs)]

    def similarity_search_by_vector_with_score(
        self, embedding: list[float], k: int = 4, filter: Filter | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The documents nearest to a vector `[dimension]`, each with its cosine similarity."""
        return self._near(embedding, k, filter, self._of(kwargs))

    def _near(
        self, embedding: list[float], k: int, filter: Filter | None, whose: Mapping[str, Any]
    ) -> list[tuple[Document, float]]:
        found = self.memory.recaller.nearest(embedding, k, filter=filter, **whose)
        documents = ((find_document(self.memory, n.entry.id, whose["namespace"]), n.similarity) for n in found)
        return [(document, similarity) for document, similarity in documents if document is not None]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        vector = self.embeddings.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(vector, k, fetch_k, lambda_mult, filter, **kwargs)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """Documents near to the vector and unlike each other (Carbonell and Goldstein, 1998).

        Args:
            fetch_k: how many of the nearest to choose from.
            lambda_mult: 1: only nearness counts; 0: only variety.
        """
        import numpy as np
        from langchain_core.vectorstores.utils import maximal_marginal_relevance

        whose = self._of(kwargs)
        near = self.memory.recaller.nearest(embedding, fetch_k, filter=filter, with_vectors=True, **whose)
        found = [(find_document(self.memory, n.entry.id, whose["namespace"]), n.vector) for n in near]
        whole = [(document, vector) for document, vector in found if document is not None and vector is not None]
        if not whole:  # the others have just changed
            return []
        vectors: list[Any] = [vector for _, vector in whole]
        chosen = maximal_marginal_relevance(np.asarray(embedding), vectors, lambda_mult, k)
        return [whole[position][0] for position in chosen]

    def _of(self, options: Mapping[str, Any], also: Sequence[str] = ()) -> dict[str, Any]:
        """The options of a call in the memory's form, with the namespace.

        Raises TypeError for unknown options: ignoring one would find, or delete, the wrong documents.
        """
        if unknown := options.keys() - {*SCOPES, *also}:
            raise TypeError(f"There is no option {', '.join(sorted(unknown))} here.")
        return {**options, "namespace": namespace_in(self.memory, self._named, options)}

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda similarity: min(max(similarity, 0.0), 1.0)
