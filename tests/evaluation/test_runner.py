from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import merge
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.results import UsedSearch
from parametric_memory.evaluation.rows import CONTROLS, difference
from parametric_memory.evaluation.runner import (
    COLUMNS,
    Case,
    PassageRetriever,
    cache_bytes_per_token,
    merged,
)
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights
from parametric_memory.language_model.requests import Request, Search
from parametric_memory.recall.calibration import Calibration
from parametric_memory.recall.recaller import Recaller
from parametric_memory.recall.scorer import Marks, VectorScorer
from tests.bag_of_words import BagOfWords
from tests.close import assert_close_adapters
from tests.comparing import whole_adapter
from tests.english_vectors import EnglishVectors
from tests.tiny_models import random_lora

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Answered, Runner
    from parametric_memory.language_model.base_model import BaseModel

Examine = Callable[..., "Runner"]

CASES = [
    Case("The harbour was rebuilt by Lina Okafor.", "Who rebuilt the harbour?", ("Lina Okafor",)),
    Case("The museum is in Bergen.", "Where is the museum?", ("Bergen",)),
    Case("The museum is in Bergen.", "What is in Bergen?", ("museum",)),
]
FIRST = "The harbour was rebuilt after the storm. " * 3 + "The museum moved into the largest of its sheds."
SECOND = "A boy was selling newspapers at the station when the train arrived in the morning."


def texts_of(answered: Answered) -> dict[str, list[str]]:
    return {column: [reply.text for reply in replies] for column, replies in answered.replies.items()}


def test_every_control_answers_every_case(examine: Examine) -> None:
    _, *controls = CONTROLS
    answers = texts_of(examine(*controls).answer(CASES))
    assert list(answers) == ["memory", *controls]
    assert all(len(given) == len(CASES) for given in answers.values())
    assert answers["memory"] != answers["none"] != answers["in_prompt"]


def test_the_memory_answers_as_the_library_does(examine: Examine) -> None:
    runner = examine()
    for case in CASES:
        runner.memory.add(case.document)
    asked = runner.memory.ask(CASES[1].question, max_new_tokens=4)
    assert asked.remembered
    assert texts_of(runner.answer(CASES))["memory"][1].strip() == asked.text


def test_every_column_is_asked_in_the_same_way(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Calibration(threshold=0.3, alternatives=2, unless_sure=0.5, answers=AnswerWeights(repeated_names=6.0))
    monkeypatch.setattr(Recaller, "calibration", told)
    runner = examine(*[*CONTROLS][1:], scorer=EnglishVectors())
    asked: set[tuple[object, ...]] = set()
    generate = runner.base.generate

    def counting(requests: Sequence[Request], *more: Any) -> Any:
        for request in requests:
            asked.add((request.search, request.max_new_tokens, request.temperature, request.stop))
        return generate(requests, *more)

    monkeypatch.setattr(runner.base, "generate", counting)
    different = [replace(case, question=f"{n}. Which harbour is it?") for n, case in enumerate(CASES)]
    runner.answer(different, "given")
    rules = AnswerRules((), AnswerWeights(repeated_names=6.0))
    assert asked == {(Search(2, 0.5, rules), 4, 0.0, ())}
    assert runner.search == UsedSearch(answer_tokens=4, alternatives=2, unless_sure=0.5, rules={"repeated_names": 6.0})


def test_marked_words_support_answers_of_what_the_memory_attaches_alone(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recaller, "calibration", Calibration(threshold=0.3, alternatives=2, marked=1.0))
    monkeypatch.setattr(VectorScorer, "mark", lambda *_: Marks([[0.0, 0.0, 0.0, 0.0, 0.5]]))
    runner, case = examine(), CASES[1]
    supported = ("memory", "hybrid", "judged_text", "shared_rows_text", "strength_0", "random_adapter")
    columns = (*supported, "none", "in_prompt", "rag", "shared_rows", "wrong_document", "whole_adapter")
    with runner.memory_of([case], "given") as texts:
        requests = [COLUMNS[name].request(runner, texts, case, case) for name in columns]
    gained = {
        name: of.search.support and of.search.support("Bergen.") for name, of in zip(columns, requests, strict=True)
    }
    assert gained == {column: 0.5 if column in supported else None for column in columns}


def test_every_question_is_put_as_the_hypernetwork_was_trained(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = examine()
    monkeypatch.setattr(type(runner.memory.models), "question", lambda self, text: [7])
    adapter = runner.whole(CASES[0].document)
    assert runner.question(CASES[0], adapter).prompt == [7]
    assert runner.question(CASES[0], text="A text.").prompt == [7]
    assert runner.question(CASES[0]).prompt == [7]
    bare = runner.base.chat.question
    assert runner.question(CASES[0], adapter, ask=bare).prompt == bare(CASES[0].question)


def test_a_hybrid_answer_is_that_of_the_library(examine: Examine) -> None:
    runner = examine("hybrid")
    with indexed(runner.memory, [case.document for case in CASES[:2]]) as texts:
        given = texts_of(runner.ask_memory(CASES, texts))
        asked = texts.memory.ask(CASES[0].question, max_new_tokens=4, hybrid=True)
    assert asked.remembered
    assert given["hybrid"][0].strip() == asked.text


def test_controls_may_be_named_for_one_call(examine: Examine) -> None:
    runner = examine("none", "rag")
    with runner.memory_of(CASES[:2], "given") as texts:
        found = runner.ask_memory(CASES[:2], texts, ["in_prompt"]).replies
    assert list(found) == ["memory", "in_prompt"]
    assert all(long.prompt_tokens > short.prompt_tokens for short, long in zip(*found.values(), strict=True))


class Seen(IndexedTexts):
    """Attaches nothing, and records the documents whose adapters are asked for."""

    def __init__(self, runner: Runner):
        super().__init__(runner.memory, {}, "given")
        self.documents: list[str] = []

    def adapt(self, case: Case) -> None:
        self.documents.append(case.document)


def test_a_random_adapter_is_never_that_of_the_same_document(examine: Examine) -> None:
    runner = examine("random_adapter")
    seen = Seen(runner)
    runner.ask_memory(CASES, seen)
    harbour, museum = CASES[0].document, CASES[1].document
    assert seen.documents == [harbour, museum, museum, museum, harbour, harbour]


def test_the_wrong_document_is_another_one_whatever_is_attached(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, seen = examine("wrong_document"), []
    whole = runner.whole
    monkeypatch.setattr(runner, "whole", lambda text: seen.append(text) or whole(text))
    apart = [CASES[0], CASES[1], replace(CASES[2], attached=("Something else.",))]
    runner.ask_memory(apart, Seen(runner))
    harbour, museum = CASES[0].document, CASES[1].document
    assert seen == [museum, harbour, harbour]


def test_marked_words_are_the_answer_without_a_model(examine: Examine) -> None:
    runner = examine("marked_words")

    class Marks(Seen):
        def marked(self, case: Case) -> str:
            return f"marked: {case.question}"

    replies = runner.ask_memory(CASES, Marks(runner)).replies["marked_words"]
    assert [reply.text for reply in replies] == [f"marked: {case.question}" for case in CASES]


def test_shared_rows_are_those_of_every_document_without_its_own(examine: Examine) -> None:
    runner = examine("shared_rows")
    rows = runner.shared_rows
    assert rows is not None
    for case in CASES:
        whole = merge([runner.whole(case.document)])
        assert rows.factors.keys() == {name for name, factors in whole.factors.items() if factors.shared}
        for name, factors in rows.factors.items():
            own = whole.factors[name].own
            assert factors.own == 0 and factors.scaling == whole.factors[name].scaling
            assert factors.A.equal(whole.factors[name].A[own:]) and factors.B.equal(whole.factors[name].B[own:])
    answered = runner.answer(CASES)
    assert answered.replies["shared_rows"] == runner.under(CASES, lambda case: rows)
    assert answered.rows("c", {"length": lambda case, text: len(text)})[0].figure("shared_rows") is not None


def test_shared_rows_with_the_judged_text_read_what_the_judged_text_reads(examine: Examine) -> None:
    runner = examine("judged_text")
    with runner.memory_of(CASES, "given") as texts:
        text, rows = (
            COLUMNS[name].request(runner, texts, CASES[0], CASES[0]) for name in ("judged_text", "shared_rows_text")
        )
    assert rows.prompt == text.prompt and CASES[0].document in runner.base.tokenizer.decode(text.prompt)
    assert text.adapter is None and rows.adapter is runner.shared_rows is not None


def test_at_strength_0_answers_are_those_without_memory(examine: Examine) -> None:
    runner = examine("none", "strength_0")
    with runner.memory_of(CASES, "given") as texts:
        replies = runner.ask_memory(CASES, texts).replies
        silent = COLUMNS["strength_0"].request(runner, texts, CASES[0], CASES[0]).adapter
        attached = texts.adapt(CASES[0])
    assert replies["strength_0"] == replies["none"] != replies["memory"]
    assert silent is not None and attached is not None
    for name, factors in attached.factors.items():
        assert silent.factors[name].A.equal(factors.A) and not silent.factors[name].B.any()


def test_a_memory_is_compared_with_each_column_question_by_question(examine: Examine) -> None:
    answered = examine("none", "in_prompt").answer(CASES)
    [row] = answered.rows("cases", {"length": lambda case, text: len(text)})
    lengths = answered.scored(lambda case, text: len(text))
    documents = [case.document for case in CASES]
    assert row.differences == {c: difference(lengths["memory"], lengths[c], documents) for c in ("none", "in_prompt")}


def test_where_all_ask_about_one_document_there_is_no_random_adapter(examine: Examine) -> None:
    [row] = examine("random_adapter").answer(CASES[1:]).rows("museum", {"long": lambda case, text: len(text) > 0})
    assert row.random_adapter is None and row.memory == 1.0


def test_a_document_longer_than_the_window_loses_its_middle(examine: Examine) -> None:
    runner = examine()
    numbers = " ".join(map(str, range(3000)))
    prompt = runner.base.tokenizer.decode(runner.question(CASES[0], text=numbers).prompt)
    assert "0 1 2 3" in prompt and "2998 2999" in prompt and CASES[0].question in prompt and " 1500 " not in prompt


def test_retrieval_gets_as_many_bytes_of_text_as_the_adapter_has(examine: Examine) -> None:
    sentences = [f"In year {n} the harbour was painted once more by the people of the town." for n in range(60)]
    long = replace(CASES[0], document=" ".join(sentences))
    runner = examine()
    per_token = cache_bytes_per_token(runner.base)
    sized = [Adapter({"a": Factors(torch.zeros(1, 1), torch.zeros(1, n * per_token // 4))}) for n in (100, 1000)]
    texts = Seen(runner)
    found = []
    for adapter in sized:
        texts.adapt = lambda case, adapter=adapter: adapter
        found.append(len(runner.base.tokenizer(runner.retrieved(long, texts))["input_ids"]))
    assert found[0] <= 100 < found[1]
    assert runner.retrieved(long, Seen(runner)), "without an adapter there is one passage"


def test_retrieval_looks_in_everything_that_is_searched(examine: Examine) -> None:
    runner = examine()
    texts = Seen(runner)
    texts.own, texts.texts = False, {str(place): case.document for place, case in enumerate(CASES[:2])}
    assert runner.retrieved(replace(CASES[1], document=""), texts) == CASES[1].document


def test_adapters_of_several_sources_are_merged(examine: Examine) -> None:
    whole = examine().whole
    both = merged(replace(CASES[0], attached=(CASES[0].document, CASES[1].document)), whole)
    single = [whole(case.document) for case in CASES[:2]]
    assert both is not None
    for name, factors in both.factors.items():
        assert factors.own == sum(adapter.factors[name].own for adapter in single)
    assert merged(replace(CASES[0], attached=()), whole) is None


def test_a_skill_adds_the_memory_beside_it_and_it_alone(examine: Examine) -> None:
    plain = examine("none")
    skilled = type(plain)(plain.memory, ("none",), answer_tokens=4, skill=random_lora(plain.base.model))
    answers = texts_of(skilled.answer(CASES))
    assert tuple(answers) == ("memory", "none", "with_skill", "skill_alone")
    assert {control: answers[control] for control in ("memory", "none")} == texts_of(plain.answer(CASES))
    assert answers["with_skill"] not in (answers["memory"], answers["skill_alone"])
    rows = skilled.answer(CASES).rows("cases", {"length": lambda case, text: len(text)})
    assert rows[0].figure("with_skill") is not None


def test_a_whole_adapter_is_the_one_that_a_memory_exports(examine: Examine) -> None:
    runner = examine()
    entry = runner.memory.add(CASES[0].document)
    assert_close_adapters(runner.whole(CASES[0].document), whole_adapter(runner.memory, entry.id))


def test_the_passages_nearest_to_the_question_are_found(base: BaseModel) -> None:
    retriever = PassageRetriever(BagOfWords(), base.tokenizer)
    assert "newspapers" in retriever.find("Who was selling newspapers?", (FIRST, SECOND), budget=1)
    assert "newspapers" not in retriever.find("Where did the museum move?", (FIRST, SECOND), budget=1)


def test_how_long_an_embedders_vectors_are_does_not_matter(base: BaseModel) -> None:
    class Uneven(BagOfWords):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [
                [x * (0.01 if "newspapers" in text else 1.0) for x in v]
                for text, v in zip(texts, super().embed_documents(texts), strict=True)
            ]

    found = PassageRetriever(Uneven(), base.tokenizer).find("Who was selling newspapers?", (FIRST, SECOND), budget=1)
    assert "newspapers" in found


def test_with_room_for_all_the_texts_come_back_in_order(base: BaseModel) -> None:
    found = PassageRetriever(BagOfWords(), base.tokenizer).find("newspapers", (FIRST, SECOND), budget=10_000)
    assert found.split() == f"{FIRST} {SECOND}".split()
