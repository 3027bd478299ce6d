"""ParametricMemory: what a user of the library meets.

Documents go in and become adapters; questions are answered from the weights of the adapters that the index finds. The
prompt never holds a document, unless a hybrid answer is asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from parametric_memory.entries import Answer, Entry, Recall, now
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.folder import MemoryFolder, title_of
from parametric_memory.index.filters import flatten, matches
from parametric_memory.internalize.documents import Document, clean, content_hash, find_documents, read_document
from parametric_memory.models import Models
from parametric_memory.settings import default_memory_folder

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from transformers import PreTrainedModel

    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.adapters.store import EntryStore
    from parametric_memory.index.chroma import MemoryIndex
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.language_model.base_model import BaseModel, Request

Metadata = Mapping[str, Any]

DEFAULT_THRESHOLD = 0.35
_LOOKED_AT = 4  # entries, at least, to find those that an answer merges


class ParametricMemory:
    """A memory in a folder. Nothing is loaded, and no folder made, before it is needed.

    Threads may share one instance. Any number of processes may read a memory; one at a time writes.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        base_model: str | Path | BaseModel | None = None,
        hypernetwork: str | Path | None = None,
        internalizer: Internalizer | None = None,
        embeddings: Embeddings | None = None,
        summarizer: Callable[[str], str] | None = None,
        max_adapters: int | None = None,
        threshold: float | None = None,
        rank: int | None = None,
        max_rank: int | None = None,
        namespace: str = "default",
        progress: bool = True,
        trust_remote_code: bool = False,
    ):
        """
        Args:
            folder: where the memory lives; `<home>/memory` when not given.
            base_model: a transformers folder, a hub id, or a loaded `BaseModel`; the embedded one when not given.
            hypernetwork: a hypernetwork folder; the shipped one for the base model when not given, and untrained rows
                where there is none.
            internalizer: takes the place of a hypernetwork.
            embeddings: any LangChain embeddings; all-MiniLM-L6-v2 when not given.
            summarizer: text -> the summary that the index embeds; the central sentences when not given.
            max_adapters: how many adapters an answer merges at most.
            threshold: cosine similarity below which nothing is attached.
            rank: rows of an adapter in each layer for every 100 tokens; the hypernetwork's own when not given.
            max_rank: the largest rank of a merge; larger ones are compressed.
            namespace: where entries go and are looked for, unless a call names another.
            progress: tell on stderr when a model is fetched.
            trust_remote_code: let a base model's repository run its own code.
        """
        for setting, value in {"max_adapters": max_adapters, "rank": rank, "max_rank": max_rank}.items():
            if value is not None and value < 1:
                raise SettingsError(f"{setting} must be at least 1, not {value}.")
        self.models = Models(base_model, hypernetwork, internalizer, embeddings, rank, progress, trust_remote_code)
        self.max_rank, self.namespace = max_rank, namespace
        self._max_adapters, self._threshold = max_adapters, threshold
        location = Path(folder) if folder is not None else default_memory_folder()
        self._kept = MemoryFolder(location, self.models, summarizer)

    @property
    def folder(self) -> Path:
        return self._kept.folder

    @property
    def store(self) -> EntryStore:
        """The entries on disk."""
        return self._kept.store

    @property
    def index(self) -> MemoryIndex:
        """The vectors that find them."""
        return self._kept.index

    # Adding and changing

    def add(
        self,
        text: str,
        *,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
    ) -> Entry:
        """Internalise a text.

        A text that the namespace already holds is not added again: its entry is returned. A known id with another text
        is replaced, and its version goes up by one.

        Args:
            ttl: how long the entry is recalled.

        Raises:
            DocumentError: the text is empty, or the metadata is not flat.
            MemoryMismatch: the memory was made with another base model, hypernetwork or embedder.
            StorageError, MemoryLocked: it cannot be written; nothing half-written is left.
        """
        return self._remember(
            clean(text),
            id=id,
            title=title,
            source=source,
            metadata=metadata,
            namespace=namespace or self.namespace,
            expires_at=_moment_after(ttl),
        )

    def _remember(
        self, text: str, *, id: str | None, metadata: Metadata | None, namespace: str, **record: Any
    ) -> Entry:
        """The entry of a cleaned text: the one that is there, or a new one. record: more of what it is written with."""
        flatten(metadata or {})  # a key the index refuses is refused before anything is written
        digest = content_hash(text)
        known = self._kept.known(digest, namespace, id)
        if known is not None:
            return known
        self._kept.check_models()
        result = self.models.internalizer.internalize(text)
        return self._kept.write(text, digest, result, id=id, metadata=metadata, namespace=namespace, **record)

    def add_adapter(
        self,
        folder: str | Path,
        description: str,
        *,
        id: str | None = None,
        title: str | None = None,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
    ) -> Entry:
        """Remember a PEFT LoRA that was made elsewhere, for this memory's base model.

        Args:
            folder: the PEFT adapter's folder.
            description: what it knows or does, in words: the index finds it by them.

        Raises:
            AdapterError, CheckpointError: it is no plain LoRA, is damaged, or does not fit the base model.
        """
        from parametric_memory.adapters.peft_folder import load_peft
        from parametric_memory.internalize.internalizer import Internalized
        from parametric_memory.language_model.hooks import adapter_hooks

        description = clean(description)
        flatten(metadata or {})
        self._kept.check_models()
        adapter = load_peft(Path(folder))
        with adapter_hooks(self.models.base.model, [adapter]):
            pass  # it fits, or this raises
        return self._kept.write(
            description,
            content_hash(description),
            Internalized(adapter, tokens=0, chunks=0),
            id=id,
            title=title,
            source=str(folder),
            metadata=metadata,
            namespace=namespace or self.namespace,
            expires_at=_moment_after(ttl),
        )

    def add_files(
        self,
        *paths: str | Path,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        on_progress: Callable[[Path, Entry | None], None] | None = None,
    ) -> list[Entry]:
        """Internalise files and folders: text, Markdown, HTML, PDF.

        Every file is read before the first is added, so that one that cannot be read leaves the memory as it was.

        Args:
            on_progress: called before and after each file, with its path, and its entry when there is one.

        Raises:
            DocumentError: a file cannot be read, or there is none.
        """
        found = find_documents(paths)
        documents: list[tuple[Path, Document]] = [(path, read_document(path)) for path in found]
        entries = []
        for path, document in documents:
            if on_progress:
                on_progress(path, None)
            entry = self.add(
                document.text, title=document.title, source=document.source, metadata=metadata, namespace=namespace
            )
            entries.append(entry)
            if on_progress:
                on_progress(path, entry)
        return entries

    def update(self, id: str, *, text: str | None = None, metadata: Metadata | None = None) -> Entry:
        """Give an entry another text, other metadata, or both; what is not given stays.

        A title that was made from the text is made anew with it.

        Raises:
            EntryNotFound: no entry has this id.
            DocumentError, SettingsError: the text or the metadata cannot be kept.
        """
        entry = self.get(id)
        kept = dict(entry.metadata) if metadata is None else dict(metadata)
        if text is not None and content_hash(clean(text)) != entry.content_hash:
            return self._remember(
                clean(text),
                id=id,
                title=None if entry.title == title_of(self.text(id)) else entry.title,
                source=entry.source,
                metadata=kept,
                namespace=entry.namespace,
                expires_at=entry.expires_at,
            )
        flatten(kept)
        try:
            changed = Entry.model_validate({**entry.model_dump(), "metadata": kept, "updated_at": now()})
        except ValidationError as error:
            raise DocumentError(f"The metadata of entry {id} must be flat: names with single values.") from error
        self._kept.check_embedder()
        self._kept.update_record(changed)
        return changed

    def delete(self, id: str) -> None:
        """Forget an entry.

        Raises:
            EntryNotFound: no entry has this id.
        """
        self._kept.delete(id)

    # Looking

    def get(self, id: str) -> Entry:
        """The record of an entry. Raises EntryNotFound."""
        return self.store.read(id)

    def text(self, id: str) -> str:
        """The text an entry was made from. Raises EntryNotFound."""
        return self.store.text(id)

    def list(self, *, namespace: str | None = None, filter: Metadata | None = None) -> list[Entry]:
        """Records of all entries, oldest first; of one namespace, or with metadata that fits a filter, if given."""
        entries = [
            e
            for e in self.store.iter()
            if (namespace is None or e.namespace == namespace) and matches(e.metadata, filter)
        ]
        return sorted(entries, key=lambda e: (e.created_at, e.id))

    def recall(
        self, query: str, k: int | None = None, *, filter: Metadata | None = None, namespace: str | None = None
    ) -> Sequence[Recall]:
        """The entries nearest to a query, best first, and which of them an answer would attach. No language model runs.

        Args:
            k: how many entries to look at, at most; as many as `ask` looks at when not given.
            filter: equality or Chroma's operators on metadata.
        """
        if self._kept.empty:
            return []
        self._kept.check_embedder()
        k = max(_LOOKED_AT, self.max_adapters) if k is None else k
        vector = self.models.embeddings.embed_query(query)
        found = self.index.query(vector, k, namespace=namespace or self.namespace, filter=filter)
        chosen = {id for id, score in found[: self.max_adapters] if score >= self.threshold}
        recalls = []
        for id, score in found:
            entry = self._kept.find(id)
            if entry is None:  # deleted by another process a moment ago
                continue
            weight = 1.0 if id in chosen else 0.0
            recalls.append(
                Recall(
                    entry_id=id,
                    title=entry.title,
                    summary=entry.summary,
                    source=entry.source,
                    metadata=entry.metadata,
                    score=score,
                    weight=weight,
                    attached=id in chosen,
                )
            )
        return recalls

    def explain(self, id: str) -> Mapping[str, Sequence[str]]:
        """The words whose rows an entry's adapter keeps, by module; empty where rows do not stand for words."""
        kept: Mapping[str, Sequence[str]] = self.store.extra(id).get("kept", {})
        return kept

    @property
    def threshold(self) -> float:
        """Cosine similarity below which nothing is attached: the caller's, the hypernetwork's, or a default."""
        if self._threshold is not None:
            return self._threshold
        return float(self.models.calibration.get("threshold", DEFAULT_THRESHOLD))

    @property
    def max_adapters(self) -> int:
        """How many adapters an answer merges at most: the caller's, the hypernetwork's, or one."""
        return self._max_adapters or int(self.models.calibration.get("max_adapters", 1))

    # Answering

    def ask(
        self,
        question: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        max_new_tokens: int = 64,
        hybrid: bool = False,
    ) -> Answer:
        """Answer from the adapters that the question recalls; without memory, and saying so, where it recalls none.

        Args:
            hybrid: also put the text of the recalled entries into the prompt.
        """
        started = time.perf_counter()
        recalls, request, timings = self._prepare(question, filter, namespace, max_new_tokens, hybrid)
        [completion] = self.models.base.generate([request])
        timings["first_token"] = time.perf_counter() - started - completion.total + completion.first_token
        timings["total"] = time.perf_counter() - started
        remembered = any(r.attached for r in recalls)
        return Answer(text=completion.text.strip(), recalls=list(recalls), timings=timings, remembered=remembered)

    def stream(
        self,
        question: str,
        *,
        filter: Metadata | None = None,
        namespace: str | None = None,
        max_new_tokens: int = 64,
        hybrid: bool = False,
    ) -> tuple[Sequence[Recall], Iterator[str]]:
        """As `ask`, but the recalls at once and the answer piece by piece."""
        recalls, request, _ = self._prepare(question, filter, namespace, max_new_tokens, hybrid)
        return recalls, self.models.base.stream(request)

    @contextmanager
    def attached(self, query: str, *, filter: Metadata | None = None) -> Iterator[PreTrainedModel]:
        """The memory's base model, answering under what the query recalls inside the block, in this thread."""
        with self.attach_to(self.models.base.model, query, filter=filter):
            yield self.models.base.model

    @contextmanager
    def attach_to(self, model: Any, query: str, *, filter: Metadata | None = None) -> Iterator[Sequence[Recall]]:
        """Put what the query recalls on a transformers or PEFT model of the caller's, inside the block, in this thread.

        The model must be the memory's base model; afterwards it is bit for bit what it was.

        Raises:
            AdapterError: the model has other modules or sizes than the base model.
        """
        from parametric_memory.language_model.attach import attached

        recalls = self.recall(query, filter=filter)
        with attached(model, self.adapter_for(recalls)):
            yield recalls

    def adapter_for(self, recalls: Sequence[Recall]) -> Adapter | None:
        """The merged adapter of the recalls that are attached; None for none."""
        from parametric_memory.adapters.merging import merge

        chosen = [r for r in recalls if r.attached]
        if not chosen:
            return None
        self._kept.check_models()
        adapters = [self.store.adapter(r.entry_id) for r in chosen]
        if len(adapters) == 1 and chosen[0].weight == 1.0 and self.max_rank is None:
            return adapters[0]
        return merge(adapters, [r.weight for r in chosen], self.max_rank)

    def _prepare(
        self, question: str, filter: Metadata | None, namespace: str | None, max_new_tokens: int, hybrid: bool
    ) -> tuple[Sequence[Recall], Request, dict[str, float]]:
        from parametric_memory.language_model.base_model import Request

        question = clean(question)
        started = time.perf_counter()
        recalls = self.recall(question, filter=filter, namespace=namespace)
        recalled = time.perf_counter()
        adapter = self.adapter_for(recalls)
        timings = {"recall": recalled - started, "attach": time.perf_counter() - recalled}
        texts = [self.text(r.entry_id) for r in recalls if r.attached] if hybrid else []
        ask = self.models.base.chat.question if adapter is None else self.models.question
        prompt = ask("\n\n".join([*texts, question]))
        return recalls, Request(prompt, adapter, max_new_tokens), timings

    # Async twins

    async def aadd(self, text: str, **options: Any) -> Entry:
        """`add`, in a thread."""
        return await asyncio.to_thread(self.add, text, **options)

    async def aask(self, question: str, **options: Any) -> Answer:
        """`ask`, in a thread."""
        return await asyncio.to_thread(self.ask, question, **options)

    async def arecall(self, query: str, k: int | None = None, **options: Any) -> Sequence[Recall]:
        """`recall`, in a thread."""
        return await asyncio.to_thread(self.recall, query, k, **options)

    # Care

    def reindex(self) -> int:
        """Build the index anew from the entries, with the embedder this memory is opened with; how many there are."""
        return self._kept.reindex()

    def upgrade(self, on_progress: Callable[[Entry], None] | None = None) -> int:
        """Internalise every text again, with the base model and hypernetwork this memory is opened with.

        Adapters that were added as such have no document to start from: they stay as they are.
        """
        return self._kept.upgrade(on_progress)

    def export(self, path: str | Path) -> int:
        """Write every entry to one file; how many there were. Raises StorageError."""
        return self._kept.export(Path(path))

    def import_(self, path: str | Path) -> int:
        """Take over every entry of an exported file; entries of the same id are replaced. How many there were.

        Raises:
            MemoryFolderError: the file is not an exported memory.
            MemoryMismatch: it was made with another base model or hypernetwork.
        """
        return self._kept.import_(Path(path))

    def sibling(self, folder: str | Path) -> ParametricMemory:
        """Another memory, in another folder, that shares the models of this one."""
        other = ParametricMemory(
            folder,
            max_adapters=self._max_adapters,
            threshold=self._threshold,
            max_rank=self.max_rank,
            namespace=self.namespace,
        )
        other.models = self.models
        other._kept = MemoryFolder(Path(folder), self.models, self._kept.summarizer)
        return other

    def close(self) -> None:
        """Let go of the index's files; the next call opens them again."""
        self._kept.close()

    def __enter__(self) -> ParametricMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _moment_after(ttl: timedelta | None) -> datetime | None:
    return None if ttl is None else now() + ttl
