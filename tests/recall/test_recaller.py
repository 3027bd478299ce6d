"""What a question reads of a memory: one state of it, the record of each entry once, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar, cast

import pytest
import torch
from langchain_core.embeddings import Embeddings

from parametric_memory import ParametricMemory
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.recall.recaller import best_passages
from parametric_memory.recall.scorer import Candidate, Query, Scored, VectorScorer
from parametric_memory.storage.entries import EntryStore
from tests.statements import statements

OpenMemory = Callable[..., ParametricMemory]
QUESTION = "Who lives in Bergen?"
NAMES = ("Lina", "Tomas", "Ada", "Marco", "Yuki", "Piet", "Rosa", "Emil", "Ines", "Otto", "Nora", "Karl")


def fill(memory: ParametricMemory, count: int) -> None:
    with memory.storage.writing():
        for number in range(count):
            name = f"{NAMES[number % len(NAMES)]}{number}"
            said = [(name, f"I live in Bergen. I keep {number} boats."), (name, "It rained.")]
            memory.add_messages(said, metadata={"team": "sales"}, id=f"chat-{number}")


def kinds(made: Sequence[str]) -> dict[str, int]:
    """How many statements there are of each kind."""
    found: dict[str, int] = {}
    for statement in made:
        kind = "record" if "entries.summary" in statement else statement.split()[0]
        found[kind] = found.get(kind, 0) + 1
    return found


@pytest.fixture(params=["text", "rows"])
def memory(open_memory: OpenMemory, request: pytest.FixtureRequest) -> ParametricMemory:
    memory = open_memory(store=request.param, max_adapters=3, threshold=0.1)
    fill(memory, 30)
    memory.recall(QUESTION), memory.ask(QUESTION, max_new_tokens=1)  # reads the vectors
    return memory


def test_a_question_reads_the_record_of_each_entry_once_and_all_of_them_together(memory: ParametricMemory) -> None:
    for look in (memory.recall, memory.attachment, lambda query: memory.ask(query, max_new_tokens=1)):
        with statements() as made:
            look(QUESTION)
        assert kinds(made)["record"] == 1, made


def test_a_question_makes_few_statements_whose_number_depends_on_what_it_attaches_alone(
    memory: ParametricMemory,
) -> None:
    def counted() -> list[int]:
        found = []
        for look in (memory.recall, memory.attachment, lambda query: memory.ask(query, max_new_tokens=1)):
            with statements() as made:
                look(QUESTION)
            found.append(len(made))
        return found

    before = counted()
    recall, attachment, ask = before
    attached = sum(recall.attached for recall in memory.recall(QUESTION))
    assert attached > 1
    # A transaction, settings, changes since the last look and which is the last, records, passages, and who said what
    # of each attached one.
    assert recall <= 6 + attached
    assert attachment <= recall + 2 * attached  # the text, or the rows, of each
    assert ask <= attachment + 2  # what is attached, once more, for the confidence
    fill(memory, 90)
    counted()
    assert counted() == before


def test_a_filter_costs_a_few_statements_more_and_no_record_twice(memory: ParametricMemory) -> None:
    with statements() as plain:
        memory.recall(QUESTION)
    with statements() as filtered:
        assert len(memory.recall(QUESTION, filter={"team": "sales"})) > 0
    assert len(filtered) <= len(plain) + 1 and kinds(filtered)["record"] <= 2


def test_a_question_is_answered_from_one_state_of_the_memory(
    memory: ParametricMemory, open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, other = memory.attachment(QUESTION, with_texts=True), open_memory()
    passages = EntryStore.passages

    def while_another_writes(store: EntryStore, ids: Sequence[str]) -> dict[str, list[str]]:
        monkeypatch.undo()
        other.delete(namespace="default")
        return passages(store, ids)

    monkeypatch.setattr(EntryStore, "passages", while_another_writes)
    found = memory.attachment(QUESTION, with_texts=True)
    assert (found.recalls, found.texts) == (before.recalls, before.texts)
    assert memory.recall(QUESTION) == []


def test_an_entry_is_written_with_few_statements_however_long_it_is(open_memory: OpenMemory) -> None:
    memory = open_memory()
    fill(memory, 3)
    memory.add("Lina keeps bees."), memory.recall(QUESTION)
    counts = []
    for sentences in (1, 200):
        with statements() as made:
            memory.add(" ".join(f"Lina keeps {number} bees in {sentences} hives." for number in range(sentences)))
        counts.append(len(made))
        written = made[made.index("BEGIN IMMEDIATE") :]
        assert kinds(written)["BEGIN"] <= 7  # one transaction that writes, and what the index reads after it
        assert sum(statement == "BEGIN IMMEDIATE" for statement in made) == 1
    assert max(counts) <= 40 and counts[1] - counts[0] <= 2


PASSAGES = ["Lina Okafor lives in Bergen.", "She plays the harp.", "The museum is closed in winter."]


def test_the_best_passages_of_an_entry_come_with_their_text_each_text_once() -> None:
    found = best_passages([(3, 0.9), (0, 0.9), (1, 0.2), (2, 0.1)], [*PASSAGES, PASSAGES[0]], 2)
    assert [(p.number, p.score, p.text) for p in found] == [(3, 0.9, PASSAGES[0]), (1, 0.2, PASSAGES[1])]


def test_of_a_document_that_has_changed_meanwhile_vectors_alone_count() -> None:
    assert [(p.number, p.text) for p in best_passages([(7, 0.9), (0, 0.8)], PASSAGES, 2)] == [(7, ""), (0, "")]


def test_the_best_sentences_of_all_entries_compete_for_the_places(open_memory: OpenMemory) -> None:
    memory = open_memory(threshold=0.1, max_passages=3)
    memory.add("Ana lives in Bergen. Ana has a boat. It rained.", id="ana")
    memory.add("Bo lives in Bergen. Bo has a dog. It snowed.", id="bo")
    recalls = {recall.entry_id: recall for recall in memory.recall("Ana lives in Bergen. Bo lives in Bergen.")}
    chosen = sorted(((r.weight * p.weight, p.text) for r in recalls.values() for p in r.passages), reverse=True)
    assert len(chosen) == 3 and all(recall.attached for recall in recalls.values())
    assert {text for _, text in chosen[:2]} == {"Ana lives in Bergen.", "Bo lives in Bergen."}
    assert chosen[0][0] == 1.0


def test_the_same_sentence_of_two_entries_is_attached_once(open_memory: OpenMemory) -> None:
    memory = open_memory(threshold=0.1)
    memory.add("Ana lives in Bergen. It rained.", id="one")
    memory.add("Ana lives in Bergen. It snowed.", id="two")
    texts = [p.text for r in memory.recall("Ana lives in Bergen.") for p in r.passages if p.weight]
    assert texts.count("Ana lives in Bergen.") == 1


class WholeDocuments:
    """An internalizer that cuts no document into passages."""

    fingerprint = "whole documents"

    def internalize(self, text: str) -> Internalized:
        adapter = Adapter({"nothing": Factors(torch.zeros(1, 1), torch.zeros(1, 1))})
        return Internalized(adapter, tokens=len(text.split()), chunks=1)


class Reads(VectorScorer):
    """Notes what it could read of the candidates."""

    read: ClassVar[list[str]] = []

    def query(self, text: str, embeddings: Embeddings) -> Query:
        query = super().query(text, embeddings)
        return cast(Query, SimpleNamespace(vector=query.vector, score=partial(self._score, query)))

    def _score(self, query: Query, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        self.read[:] = [passage for candidate in candidates for passage in candidate.passages()]
        return query.score(candidates)


def test_a_scorer_reads_the_names_and_dates_of_a_conversation_that_is_not_cut(open_memory: OpenMemory) -> None:
    memory = open_memory(hypernetwork=None, internalizer=WholeDocuments(), scorer=Reads())
    memory.add_messages([("Ana", "I moved to Bergen yesterday. It rains.")], when="2024-05-07")
    memory.recall("Where does Ana live?")
    assert Reads.read[1:] == ["Ana: I moved to Bergen yesterday (6 May 2024). It rains."]


def test_an_adapter_is_found_by_its_description_as_a_reindex_embeds_it(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add("Lina lives in Bergen.", id="lina")
    memory.adapters.export("lina", tmp_path / "adapter")
    memory.adapters.add(
        tmp_path / "adapter", "# Boats\n\nLina keeps:\n\n- a red boat\n- a car\n\n# Cars\n\nOld.", id="added"
    )
    vectors, _ = memory.storage.deriver.vectors(
        memory.storage.entries.reading(added := memory.storage.entries.at("added", "default")), (), added.entry.summary
    )
    for vector in vectors:
        nearest = memory.recaller.nearest(vector, 1)[0]
        assert nearest.entry == added.entry and nearest.similarity == pytest.approx(1.0)
