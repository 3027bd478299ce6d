"""ParametricMemory: what a user of the library meets.

Documents go in and become adapters; questions are answered from the weights of the adapters that the index finds. The
prompt never holds a document, unless a hybrid answer is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from parametric_memory.answering.answering import Answering, AnswerRequest, AskOptions, Engine, prose
from parametric_memory.cancellation import async_twin, check_cancelled
from parametric_memory.documents.chat_messages import messages_of
from parametric_memory.documents.cleaning import clean, content_hash, title_of
from parametric_memory.documents.dates import Moment, times_of
from parametric_memory.documents.files import Document, conversation_documents, said_by
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.internalize.deriving import Draft
from parametric_memory.internalize.selection import Models, as_made, identity_in
from parametric_memory.memory_adapters import Adapters, Skills
from parametric_memory.recall.calibration import ChosenScorer
from parametric_memory.recall.recaller import Attachment, Recaller, Where
from parametric_memory.records import Answer, Entry, Recall
from parametric_memory.scopes import Scope, labels_of, namespace_of, speakers_of, within
from parametric_memory.settings import ModelSettings, RecallSettings, default_memory_folder
from parametric_memory.storage.database import Database
from parametric_memory.storage.filters import kept_metadata
from parametric_memory.storage.filters import within as found_within
from parametric_memory.storage.location import Location
from parametric_memory.storage.memory_storage import MemoryStorage
from parametric_memory.storage.schema import entries as table
from parametric_memory.writer import History, Metadata, StoreOptions, Writer, read_files

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from torch import nn

    from parametric_memory.internalize.pictures import PictureDocument
    from parametric_memory.language_model.base_model import BaseModel


class ParametricMemory:
    """A memory in a folder or in a PostgreSQL database. Nothing is loaded or created before it is needed.

    Threads can share one instance, and processes one memory. Readers never wait; one writer runs at a time. The async
    twins, `aadd` of `add` and so on, run their method in a thread. If one that writes is cancelled, nothing more is
    written: the CancelledError says what happened, see `cancellation.in_thread`.

    Attributes:
        models: the base model, internalizer and embedder in use.
        storage: the entries, their vectors and the index.
        recaller: decides which entries a question attaches.
        answering: answers questions and conversations; used by what integrates a memory.
        adapters: those of entries: `add` one that was trained elsewhere, `explain` or `export` one.
        skills: adapters that say how to answer: `add`, `get`, `list` and `delete` them; `samples` are answers of one.
        namespace: where entries go and are looked for, unless a call names another.
    """

    def __init__(
        self,
        folder: str | Path | Location | None = None,
        *,
        index: str | None = None,
        base_model: str | Path | BaseModel | None = None,
        hypernetwork: str | Path | None = None,
        embeddings: Embeddings | None = None,
        namespace: str = "default",
        progress: bool = True,
        models: ModelSettings | Models | None = None,
        recall: RecallSettings | None = None,
        store: str | None = None,
        versions: int | None = None,
        storage: MemoryStorage | None = None,
    ):
        """
        Args:
            folder: the memory's folder, `<home>/memory` when not given; or a shared `postgresql://host/database`.
            index: a Chroma server's address. When not given, the one that the memory names, or a folder of its own.
            base_model, hypernetwork, embeddings: the first three of `ModelSettings`.
            namespace: where entries go and are looked for, unless a call names another.
            progress: report on stderr when a model is fetched.
            models: the other settings of models, or the loaded models of another memory, to share them.
            recall: what a question attaches.
            store: what the memory stores of a document. "rows": rows, computed when it is added: 4 KB and 3 ms of a
                core a token with the embedded models. "text": only the text, 0.3 KB and under 1 ms a token; rows of
                the recalled sentences are computed for each question. When not given, as the memory was made; "rows"
                in a new one. What is not internalized by sentences is stored as an adapter in either case.
            versions: how many earlier versions of an entry are kept from now on, see `history`. As before when not
                given; none in a new memory.
            storage: the storage of another object for the same memory, to share its connections and index.

        Raises SettingsError: two settings contradict each other, or a value is not allowed; MemoryFolderError: the
        folder is not a memory, or a memory of another format; StorageError: it cannot be read.
        """
        location = Location.of(folder if folder is not None else default_memory_folder(), index)
        database = Database(location) if storage is None else storage.database
        made_with = identity_in(database.settings())
        given: dict[str, Any] = {"base_model": base_model, "hypernetwork": hypernetwork, "embeddings": embeddings}
        named = {setting: value for setting, value in given.items() if value is not None}
        if isinstance(models, Models):
            if named:
                raise SettingsError(f"Loaded models are given: {', '.join(named)} cannot be others.")
            self.models = models
        else:
            settings = replace(models or ModelSettings(), **named)
            self.models = Models(as_made(settings, made_with), progress=progress)
        self.namespace = namespace
        self._settings = recall or RecallSettings()
        choice = ChosenScorer(self._settings, self.models, made_with)
        self.storage = MemoryStorage(database, self.models, lambda: choice.chosen, store, versions, shares=storage)
        self.recaller = Recaller(self.storage, self._settings, choice)
        self.answering = Answering(self.recaller, self.models, self.storage.skills, namespace)
        self._writer = Writer(self.storage, namespace)
        self.adapters, self.skills = Adapters(self._writer, self.recaller), Skills(self.storage)

    # Adding and changing

    def add(
        self,
        text: str | Document | PictureDocument,
        *,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        speaker: str | None = None,
        **options: Unpack[StoreOptions],
    ) -> Entry:
        """Internalizes a text, or a document with pictures.

        A text that the namespace already holds is not internalized again: its entry is returned, with the metadata
        given merged into its own and the times given set. If the namespace has the id and the text is another one, the
        text is replaced and `Entry.version` goes up by one; metadata is merged, and times stay until they are over.

        Args:
            text: or a document that was read, with its own title and source; for pictures see
                `internalize.pictures.read_picture_document`. The pictures themselves are not stored.
            speaker: who says "I" in it, see `documents.conversations`; needless where the text begins with "I'm Ana
                Brandt" or "My name is Ana".
            options: its metadata, namespace, scope (`user`, `agent`, `run`) and times, see `StoreOptions`.

        Raises:
            DocumentError: the text is empty, the metadata is not flat, or the vision model cannot read the pictures.
            SettingsError: a name in the metadata or the scope is not allowed; a time is invalid, after the year 9999 or
                before the one it should follow; or the models of this memory read no pictures.
            MemoryMismatch: the memory was made with another base model, hypernetwork or embedder.
            StorageError, MemoryLocked: it cannot be written; nothing half-written is left.
        """
        place = self._writer.options(**options)
        return self._writer.add(text, place, id=id, title=title, source=source, speaker=speaker)

    aadd = async_twin(add, "added")

    def add_messages(
        self,
        messages: Iterable[Any],
        *,
        when: date | str | None = None,
        speakers: Mapping[str, str] | None = None,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        **options: Unpack[StoreOptions],
    ) -> list[Entry]:
        """Internalizes a conversation. No language model reads it first.

        The text of the entry is what was said, word for word. The passages that are recalled and internalized name
        their speakers, add dates to words such as "yesterday", and keep answers with their questions; each has its turn
        (`RecalledPassage.said`). A conversation is one entry; a pause of eight hours, or great length, begins another.
        System messages, tool calls and tool results are left out.

        Args:
            messages: OpenAI messages (dicts with a role and a content), LangChain messages, or pairs of a speaker and a
                text. Each may have a time, as `when`, `created_at` or `timestamp`.
            when: day or moment of the messages that have none, also in ISO format. Without it, no dates are added.
            speakers: names by role, such as `{"user": "Ana"}`, or by the name in a message. The role "user" is the
                user of the scope, if that is a name.
            id: of one entry for all messages; an entry of the namespace with this id is replaced.
            title: what the conversation was about.
            options: metadata, namespace, scope and times, see `add`.

        Raises DocumentError: an item is no message, a time is invalid, or nothing was said. Otherwise as `add` does.
        """
        place = self._writer.options(**options)
        found = messages_of(messages, when, speakers_of(speakers, options.get("user")))
        if not found:
            raise DocumentError("The conversation is empty: nobody says anything in it.")
        documents = conversation_documents(found, title, source, whole=id is not None)
        return self._writer.write_all([Draft.of(document, id=id, **place) for document in documents])

    aadd_messages = async_twin(add_messages, "added")

    def add_files(
        self,
        *files: str | Path | bytes | Document,
        speaker: str | None = None,
        speakers: Mapping[str, str] | None = None,
        when: date | str | None = None,
        sync: bool = False,
        **options: Unpack[StoreOptions],
    ) -> list[Entry]:
        """Internalizes files and folders: text, Markdown, HTML, PDF, exported chats, and pictures that are named.

        Every file is read before the first is added, so an unreadable file leaves the memory as it was; only pictures
        are decoded one at a time. A PDF of scanned pages is added as pictures if the models of this memory read them.
        A file is one document, except for exported chats. A file that has changed since it was added replaces its
        entry's text, whose history keeps the version before. Short documents are derived together, which is faster than
        calling `add` for each; vectors, rows and adapters may differ in their last bits from those that `add` makes.
        `progress.shown_by` shows how many are done.

        Args:
            files: paths, the bytes of files, or documents, which may have an id and metadata of their own. Returned
                entries have their order, after those of pictures.
            speaker: who says "I" in files that are no chats, see `add`.
            speakers, when: of exported chats, see `add_messages`.
            sync: afterwards delete the entries of files that are gone from the folders given.
            options: metadata, namespace, scope and times of all of them, see `add`.

        Raises DocumentError: a file cannot be read, or there is none. Otherwise as `add` does.
        """
        from parametric_memory.internalize.pictures import read_picture_document

        place = self._writer.options(**options)
        unread = [file for file in files if not isinstance(file, Document)]
        pictures, documents = read_files(unread, self.models, speakers_of(speakers, options.get("user")), when)
        documents = said_by(speaker, [*documents, *(file for file in files if isinstance(file, Document))])
        entries = []
        for picture in pictures:
            check_cancelled()
            entries.append(self._writer.add(read_picture_document(picture), place))
        entries += self._writer.add_together(documents, place)
        if sync:
            folders = [file for file in files if isinstance(file, str | Path)]
            if gone := self._writer.gone_from(folders, entries, documents, place["namespace"]):
                self.storage.delete(gone)
        return entries

    aadd_files = async_twin(add_files, "added")

    def update(
        self,
        id: str,
        *,
        text: str | None = None,
        title: str | None = None,
        source: str | None = None,
        metadata: Metadata | None = None,
        ttl: timedelta | Literal["never"] | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        move_to: str | None = None,
        namespace: str | None = None,
    ) -> Entry:
        """Changes the text, title, source, metadata, times or namespace of an entry; what is not given stays.

        Metadata given replaces the entry's. An empty title is made from the text; an empty source, `valid_from` or
        `valid_until` removes it, and the ttl "never" removes an expiry. A title that was made from the text is made
        again from a new text. The text of an entry that was added as an adapter is its description; the adapter stays.

        Args:
            move_to: another namespace for it.
            namespace: where it is; when not given, the memory's own, or else the only one that has the id.

        Raises EntryNotFound: no entry of the namespace has this id; DocumentError, SettingsError: the text, the
        metadata or a time is not allowed, or the other namespace has the id.
        """
        found = self._writer.found(id, namespace)
        entry, entries = found.entry, self.storage.entries
        kept = kept_metadata(metadata)
        times = times_of(ttl, valid_from, valid_until, changes=True)
        text = None if text is None else clean(text)
        if text is not None and content_hash(text) != entry.content_hash:
            draft = Draft(
                text,
                entry.title if title is None and entry.title != title_of(entries.text(found)) else title,
                entry.source if source is None else source or None,
                id=id,
                namespace=entry.namespace,
                metadata=kept,
                times=times,
            )
            return self._writer.replace_text(found, draft, merged=metadata is None, move_to=move_to)
        changes: dict[str, Any] = {
            **({} if metadata is None else {"metadata": kept}),
            **({} if title is None else {"title": title or title_of(entries.text(found))}),
            **({} if source is None else {"source": source or None}),
            **({"namespace": move_to} if move_to else {}),
            **times,
        }
        return self.storage.change(found, **changes)

    aupdate = async_twin(update, "updated")

    def delete(self, *ids: str, namespace: str | None = None, **scope: Unpack[Scope]) -> list[str]:
        """Deletes entries of a namespace by id, or all entries of a user, agent, run or namespace; returns the ids.

        Ids are of the namespace or user named, else of the memory's own or of the only one that has the id. All are
        deleted in one transaction. Afterwards no file of the memory holds anything of them: a small index is removed
        and rebuilt by the next process; until then a search compares all vectors. If the index has more than 2,000
        vectors, `Maintenance.erase` rebuilds it. By scope, expired entries are deleted too, and without a user or a
        namespace those of all namespaces.

        Raises EntryNotFound: no entry of the namespace has one of the ids, and none is deleted; SettingsError: neither
        ids nor a scope is given, or ids and an agent or a run.
        """
        where, labels = namespace_of(namespace, scope), labels_of(scope)
        if not ids and where is None and not labels:
            raise SettingsError("Say what to delete: give ids, or name a user, an agent, a run or a namespace.")
        if ids and labels:
            raise SettingsError("Give ids, or an agent or a run all of whose entries to delete, not both.")
        if not self.storage.database.exists:  # do not create it
            return [self._writer.found(id, where).entry.id for id in ids]  # raises EntryNotFound
        with self.storage.writing():
            conditions = found_within(where, labels)
            found = [self._writer.found(id, where) for id in ids] or self.storage.entries.select(
                *conditions, order=[table.c.key]
            )
            self.storage.delete(found)
        return [of.entry.id for of in found]

    adelete = async_twin(delete, "deleted")

    # Looking

    def get(self, id: str, *, namespace: str | None = None) -> Entry:
        """The record of an entry; `history` has its text. namespace: see `update`. Raises EntryNotFound."""
        return self._writer.found(id, namespace).entry

    aget = async_twin(get)

    def history(self, id: str, *, namespace: str | None = None) -> History:
        """What an entry says and said: `.text`, a list of earlier versions, newest first, and `.restore(version)`.

        namespace: see `update`. Raises EntryNotFound, and CheckpointError: a version is damaged.
        """
        return History(self._writer, self._writer.found(id, namespace))

    def list(
        self,
        *,
        namespace: str | None = None,
        filter: Metadata | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest: bool = False,
        **scope: Unpack[Scope],
    ) -> Sequence[Entry]:
        """The records of all entries, oldest first, including those that have expired or are not valid now.

        Args:
            namespace, filter, ids: only those of one namespace, with matching metadata, or with these ids.
            scope: only those of a user, an agent or a run, see `add`.
            limit, offset: a page: how many at most, and how many to skip.
            newest: the newest first.

        Raises SettingsError: the filter is not understood, or a number is negative.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise SettingsError(f"A page of entries begins at 0 or more and holds 0 or more, not {offset} and {limit}.")
        conditions = found_within(namespace_of(namespace, scope), within(filter, scope))
        if ids is not None:
            conditions.append(table.c.id.in_([*dict.fromkeys(ids)]))
        by_age = [table.c.created_at, table.c.id, table.c.key]
        order = [column.desc() for column in by_age] if newest else by_age
        found = self.storage.entries.select(*conditions, order=order, limit=limit, offset=offset or None)
        return [entry for entry, _, _ in found]

    alist = async_twin(list)

    def count(self, *, namespace: str | None = None, filter: Metadata | None = None, **scope: Unpack[Scope]) -> int:
        """How many entries `list` would return. Raises SettingsError: the filter is not understood."""
        return self.storage.entries.count(*found_within(namespace_of(namespace, scope), within(filter, scope)))

    def recall(self, query: str, k: int | None = None, **where: Unpack[Where]) -> Sequence[Recall]:
        """The entries nearest to a query, best first, and which of them an answer would attach. No language model runs.

        k: how many entries at most; as many as an answer lists when not given.
        where: filter, namespace, moment and scope of what may be recalled, see `Where`.

        Raises DocumentError: the query is empty; SettingsError: k is less than 1, or the filter, the moment or the
        scope is not understood; MemoryMismatch: the memory was made with another embedder or scorer.
        """
        return self.recaller.recall(query, k, **self.answering.where(**where))

    arecall = async_twin(recall)

    # Answering

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """Answers from the adapters that the question recalls.

        If it recalls none, the answer is `NOT_HELD`, "The memory does not hold this.", and `remembered` is False.

        options: what may be recalled, and how it is answered: filter, namespace, at, user, agent, run, max_new_tokens,
            hybrid, abstain, skills; see `AskOptions`.

        Raises DocumentError: the question is empty, or longer than the model's window; SettingsError: max_new_tokens is
        less than 1, or what may be recalled is not understood; SkillNotFound: there is no skill of a name;
        MemoryMismatch: the memory, or a skill, was made with other models.
        """
        return self.answering.answer(self.answering.prepare(_request(question, options)))

    aask = async_twin(ask)

    def stream(
        self, question: str, *, abandoned: threading.Event | None = None, **options: Unpack[AskOptions]
    ) -> tuple[Sequence[Recall], Iterator[str]]:
        """As `ask`, but the recalls at once and the answer piece by piece. Errors are raised before the first piece.

        abandoned: set, from another thread, where nobody wants it any more; it ends where it is.
        """
        prepared = self.answering.prepare(_request(question, options))
        return prepared.found.recalls, prose(self.answering.stream(prepared, abandoned))

    # What a question attaches, for an agent's own model

    def attachment(
        self,
        query: str,
        k: int | None = None,
        *,
        with_texts: bool = False,
        skills: Sequence[str] = (),
        **where: Unpack[Where],
    ) -> Attachment:
        """What `recall` finds, with the merged adapter, and the texts if asked for, of what is attached.

        skills: names of skills whose adapters are part of the merged one.

        Raises what `recall` does, SkillNotFound, and MemoryMismatch where the memory was made with other models.
        """
        return self.answering.attachment([query], k, self.answering.where(**where), with_texts, skills)

    @contextmanager
    def attach_to(
        self, model: nn.Module, query: str, *, skills: Sequence[str] = (), **where: Unpack[Where]
    ) -> Iterator[Sequence[Recall]]:
        """Put what the query recalls on a transformers or PEFT model, inside the block, in this thread.

        Args:
            model: the caller's own copy of the memory's base model, or the memory's, `memory.models.base.model`;
                afterwards it is bit for bit what it was.
            skills: names of skills to put on it, too.

        Raises:
            AdapterError: the model has other modules or sizes than the base model. One that fits and has other
                weights, such as those that the authors of the embedded model publish, is told of in a warning.
            MemoryMismatch: the memory was made with other models. Also what `recall` raises.
        """
        from parametric_memory.language_model.base_model import attached

        found = self.attachment(query, skills=skills, **where)
        with attached(model, found.adapter, self.models.base if found.adapter is not None else None):
            yield found.recalls

    def close(self) -> None:
        """Brings the index up to date and closes all files; the next call opens them again."""
        self.answering.close()
        self.storage.close()

    def __enter__(self) -> ParametricMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _request(question: str, options: AskOptions) -> AnswerRequest:
    given: dict[str, Any] = dict(options)
    names = ("filter", "namespace", "at", "hybrid", "abstain", "skills")
    told = {name: given.pop(name) for name in names if name in given}
    return AnswerRequest.of(question, max_tokens=given.pop("max_new_tokens", 64), **told, scope=given)


def reopen(
    memory: ParametricMemory, folder: str | Path | None = None, *, engine: Engine | None = None, **settings: Any
) -> ParametricMemory:
    """Opens the same memory, or one in another folder, with the same models and other settings.

    Args:
        engine: decodes answers in place of the base model that is loaded here, such as `answering.vllm.VllmEngine`.
        settings: fields of `RecallSettings`, `namespace`, `store` or `versions`; as in the memory when not given.
    """
    stored = memory.storage
    usual = {"namespace": memory.namespace, "store": stored.named_store, "versions": stored.named_versions}
    options = {name: settings.pop(name, value) for name, value in usual.items()}
    recall = replace(memory._settings, **settings)
    if folder is not None and recall.scorer is None and not recall.without:
        recall = replace(recall, scorer=memory.recaller.scorer)
    storage, where = (stored, stored.location) if folder is None else (None, folder)
    opened = ParametricMemory(where, storage=storage, models=memory.models, recall=recall, **options)
    opened.answering = Answering(opened.recaller, opened.models, opened.storage.skills, opened.namespace, engine)
    return opened
