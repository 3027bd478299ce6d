"""What a memory answers, and that its documents reach the base model through adapters only."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import torch
from peft import LoraConfig, get_peft_model

from parametric_memory import ParametricMemory
from parametric_memory.answering.answering import AnswerRequest
from parametric_memory.errors import AdapterError, DocumentError
from parametric_memory.language_model.answer_rules import AnswerRules, AnswerWeights
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Completion, Request, Search
from parametric_memory.language_model.shared_passes import SharedPasses
from parametric_memory.memory import reopen
from parametric_memory.recall.calibration import Calibration
from parametric_memory.recall.recaller import Recaller
from parametric_memory.recall.scorer import Marks, VectorScorer
from parametric_memory.records import NOT_HELD, Answer
from tests.close import assert_close, assert_close_recalls, close
from tests.comparing import whole_adapter
from tests.english_vectors import EnglishVectors
from tests.tiny_models import assert_untouched, copy_of_tensors, tiny_model

OpenMemory = Callable[..., ParametricMemory]
LINA, HERON = "Lina Okafor lives in Bergen.", "The Heron project is led by Tomas Brandt."
ABOUT_LINA, ABOUT_HERON = "Where does Lina Okafor live?", "Who is the Heron project led by?"
UNRELATED = "How many planets are there?"
IDS = torch.tensor([[3, 1, 4, 1, 5]])


@pytest.fixture
def memory(open_memory: OpenMemory) -> ParametricMemory:
    memory = open_memory()
    memory.add(LINA, id="lina")
    memory.add(HERON, id="heron")
    return memory


def without_memory(base: BaseModel, question: str) -> str:
    return base.generate([Request(base.chat.question(question), None, 12)])[0].text.strip()


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What reaches the base model, which answers as ever."""
    seen: list[Request] = []
    pieces = SharedPasses.pieces

    def noted(passes: SharedPasses, request: Request, abandoned: Event | None = None) -> Iterator[str | Completion]:
        seen.append(request)
        return pieces(passes, request, abandoned)

    monkeypatch.setattr(SharedPasses, "pieces", noted)
    return seen


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


def test_answers_from_memory_are_searched_as_the_hypernetwork_is_calibrated(
    memory, requests, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Recaller, "calibration", Calibration(threshold=0.3, alternatives=4, unless_sure=0.5))
    answer = memory.ask(ABOUT_LINA, max_new_tokens=4)
    assert answer.remembered and 0 < answer.confidence < 1
    assert not memory.ask(UNRELATED, max_new_tokens=4, abstain=False).remembered
    assert [asked.search for asked in requests] == [Search(4, unless_sure=0.5), Search()]
    memory.adapters.export("lina", tmp_path / "adapter")
    memory.adapters.add(tmp_path / "adapter", "Where Lina Okafor lives", id="added")
    memory.delete("lina")
    assert memory.ask(ABOUT_LINA, max_new_tokens=4).remembered
    assert requests[-1].search == Search()  # an adapter that was added as such holds no rows of words


def test_an_answer_is_supported_by_the_words_that_the_scorer_marks(memory, requests, monkeypatch) -> None:
    marks = Marks([[0.0, 0.0, 0.0, 0.0, 0.5]])
    monkeypatch.setattr(VectorScorer, "mark", lambda *_: marks)
    monkeypatch.setattr(Recaller, "calibration", Calibration(threshold=0.3, max_passages=1, alternatives=4, marked=2.0))
    assert memory.ask(ABOUT_LINA, max_new_tokens=4).remembered
    support = requests[-1].search.support
    assert support is not None
    assert [support(text) for text in ("She lives in Bergen.", "She lives in Oslo.")] == [1.0, 0.0]


def test_answers_from_memory_say_the_names_in_the_question_once_as_the_hypernetwork_is_calibrated(
    memory, requests, monkeypatch
) -> None:
    monkeypatch.setattr(VectorScorer, "answer_rules", EnglishVectors.answer_rules)
    told = Calibration(threshold=0.3, answers=AnswerWeights(repeated_names=6.0))
    monkeypatch.setattr(Recaller, "calibration", told)
    assert memory.ask(ABOUT_LINA, max_new_tokens=4).remembered
    memory.ask(ABOUT_HERON, max_new_tokens=4)
    assert not memory.ask(UNRELATED, max_new_tokens=4, abstain=False).remembered
    once = [AnswerRules((name,), AnswerWeights(repeated_names=6.0)) for name in ("Lina Okafor", "Heron")]
    of_lina, of_heron = Search(rules=once[0]), Search(rules=once[1])
    assert [asked.search for asked in requests] == [of_lina, of_heron, Search()]


def test_an_entry_deleted_while_a_question_is_answered_is_recalled_no_more_by_the_next(memory, monkeypatch) -> None:
    before = memory.ask(ABOUT_LINA, max_new_tokens=2)
    check_models = memory.storage.check_models

    def delete_first() -> None:
        monkeypatch.undo()
        memory.delete("lina")
        check_models()

    monkeypatch.setattr(memory.storage, "check_models", delete_first)
    answer = memory.ask(ABOUT_LINA, max_new_tokens=2)
    assert (answer.text, answer.recalls) == (before.text, before.recalls)  # of the state that it began with
    assert "lina" not in [recall.entry_id for recall in memory.ask(ABOUT_LINA, max_new_tokens=2).recalls]


def test_a_question_longer_than_the_models_window_is_one_clear_line(memory: ParametricMemory) -> None:
    with pytest.raises(DocumentError, match=r"The question: \d+ tokens, and the window of tiny has \d+: shorten it"):
        memory.ask("Where does Lina Okafor live? " * 500)


def test_an_answer_comes_from_the_adapter_that_the_question_recalls(base, memory: ParametricMemory) -> None:
    answer = memory.ask(ABOUT_LINA, max_new_tokens=12)
    adapter = whole_adapter(memory, "lina")
    [expected] = base.generate([Request(base.chat.question(ABOUT_LINA), adapter, 12)])
    assert answer.text == expected.text.strip() != without_memory(base, ABOUT_LINA)
    assert answer.remembered
    assert [(r.entry_id, r.attached, r.weight) for r in answer.recalls] == [("lina", True, 1.0), ("heron", False, 0.0)]
    assert answer.recalls[0].score > 0.3 > answer.recalls[1].score
    assert sorted(answer.timings) == ["attach", "first_token", "recall", "total"]
    assert 0 < answer.timings["first_token"] <= answer.timings["total"]


def test_below_the_gate_the_answer_is_that_without_memory_and_says_so(base, memory: ParametricMemory) -> None:
    answer = memory.ask(UNRELATED, max_new_tokens=12, abstain=False)
    assert answer.text == without_memory(base, UNRELATED)
    assert not answer.remembered
    assert not any(recall.attached or recall.weight for recall in answer.recalls)


def test_an_empty_memory_answers_as_the_base_model(base, open_memory: OpenMemory) -> None:
    answer = open_memory().ask(ABOUT_LINA, max_new_tokens=12, abstain=False)
    assert (answer.text, answer.recalls, answer.remembered) == (without_memory(base, ABOUT_LINA), [], False)


def test_where_nothing_is_held_it_is_said_so_and_no_model_is_loaded(open_memory: OpenMemory) -> None:
    memory = open_memory(base_model="/nowhere")
    answer = memory.ask(ABOUT_LINA)
    assert (answer.text, answer.remembered, answer.prompt_tokens) == (NOT_HELD, False, 0)
    recalls, pieces = memory.stream(ABOUT_LINA)
    assert (recalls, list(pieces)) == ([], [NOT_HELD])


def test_the_document_is_never_in_the_prompt(base, memory: ParametricMemory, requests: list[Request]) -> None:
    memory.ask(ABOUT_LINA)
    [request] = requests
    assert list(request.prompt) == base.chat.question(ABOUT_LINA)
    assert "Bergen" not in base.chat.decode(request.prompt)
    assert request.adapter is not None


def test_a_hybrid_answer_has_the_recalled_document_in_the_prompt(base, memory, requests: list[Request]) -> None:
    memory.ask(ABOUT_LINA, hybrid=True)
    [request] = requests
    assert list(request.prompt) == base.chat.question(f"{LINA}\n\n{ABOUT_LINA}")
    assert request.adapter is not None


def test_a_memory_may_be_opened_for_hybrid_answers_and_a_call_decides_otherwise(
    base, memory, open_memory: OpenMemory, requests: list[Request]
) -> None:
    with_texts = open_memory(hybrid=True)
    assert with_texts.recaller.settings.hybrid and not memory.recaller.settings.hybrid
    answers = [with_texts.ask(ABOUT_LINA), with_texts.ask(ABOUT_LINA, hybrid=False), memory.ask(ABOUT_LINA)]
    list(with_texts.stream(ABOUT_LINA, max_new_tokens=2)[1])
    long, short = base.chat.question(f"{LINA}\n\n{ABOUT_LINA}"), base.chat.question(ABOUT_LINA)
    assert [list(request.prompt) for request in requests] == [long, short, short, long]
    assert [answer.prompt_tokens for answer in answers] == [len(long), len(short), len(short)]
    assert reopen(memory, hybrid=True).recaller.settings.hybrid


def test_several_recalls_are_merged_and_their_shared_rows_come_once(open_memory: OpenMemory, memory) -> None:
    both = open_memory(max_adapters=2, threshold=0.0)
    recalls = both.recall("Where does Lina Okafor of the Heron project live?")
    assert [r.attached for r in recalls] == [True, True]
    assert recalls[0].weight == 1.0
    assert recalls[1].weight == pytest.approx(math.exp((recalls[1].score - recalls[0].score) / 0.1))
    merged = both.recaller.attach(recalls)
    single = [whole_adapter(memory, recall.entry_id) for recall in recalls]
    assert merged is not None
    for name, factors in merged.factors.items():
        assert factors.own == sum(adapter.factors[name].own for adapter in single)
        assert factors.shared == 2
    assert both.ask("Where does Lina Okafor of the Heron project live?", max_new_tokens=2).remembered


def test_an_answer_may_merge_more_adapters_than_a_recall_shows_by_itself(open_memory: OpenMemory) -> None:
    memory = open_memory(max_adapters=6, max_passages=6, threshold=0.1)
    for number in range(6):
        memory.add(f"Lina Okafor has the badge number {number}{number}.")
    answer = memory.ask("What badge number has Lina Okafor?", max_new_tokens=2)
    assert sum(recall.attached for recall in answer.recalls) == 6


def test_a_merge_stays_within_its_rank(open_memory: OpenMemory, memory: ParametricMemory) -> None:
    small = open_memory(max_rank=5)
    adapter = small.recaller.attach(small.recall(ABOUT_LINA))
    assert adapter is not None and adapter.rank == 5
    assert small.ask(ABOUT_LINA, max_new_tokens=2).remembered


def test_a_filter_narrows_what_is_remembered(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add(LINA, metadata={"year": 2020})
    assert memory.ask(ABOUT_LINA, filter={"year": 2020}, max_new_tokens=2).remembered
    assert not memory.ask(ABOUT_LINA, filter={"year": 2021}, max_new_tokens=2).remembered
    assert not memory.ask(ABOUT_LINA, namespace="another", max_new_tokens=2).remembered


def test_a_stream_is_the_answer_in_pieces_with_the_recalls_at_once(memory: ParametricMemory) -> None:
    recalls, pieces = memory.stream(ABOUT_LINA, max_new_tokens=12)
    answer = memory.ask(ABOUT_LINA, max_new_tokens=12)
    assert_close_recalls(recalls, answer.recalls)
    assert "".join(pieces).strip() == answer.text


def test_a_stream_ends_with_what_is_known_of_the_whole_answer(memory: ParametricMemory) -> None:
    answering = memory.answering
    for tokens in (2, 12):
        prepared = answering.prepare(AnswerRequest.of(ABOUT_LINA, max_tokens=tokens))
        *_, streamed = answering.stream(prepared)
        answer = answering.answer(prepared)
        told = {"text", "confidence", "unsure", "completion_tokens", "finish_reason"}
        assert isinstance(streamed, Answer) and streamed.model_dump(include=told) == answer.model_dump(include=told)


def test_an_answer_that_is_more_probably_wrong_than_right_says_so(
    memory: ParametricMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for confidence, unsure in ((0.49, True), (0.5, False), (None, False)):
        monkeypatch.setattr(memory.recaller, "confidence", lambda *_, of=confidence: of)
        assert memory.ask(ABOUT_LINA, max_new_tokens=2).unsure is unsure


def test_threads_that_ask_at_once_get_the_answers_they_would_get_alone(memory: ParametricMemory) -> None:
    questions = [ABOUT_LINA, ABOUT_HERON, UNRELATED, "Where in Bergen does Lina live?"] * 3

    def ask(question: str) -> tuple[str, bool]:
        answer = memory.ask(question, max_new_tokens=12)
        return answer.text, answer.remembered

    alone = [ask(question) for question in questions]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, questions)) == alone


def test_a_memory_may_be_added_to_while_it_is_asked(memory: ParametricMemory) -> None:
    expected = memory.ask(ABOUT_LINA, max_new_tokens=6).text
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(memory.ask, ABOUT_LINA, max_new_tokens=6) for _ in range(6)]
        entries = [threads.submit(memory.add, f"The depot number {n} has a red gate.") for n in range(4)]
        assert {answer.result().text for answer in answers} == {expected}
        assert len({entry.result().id for entry in entries}) == 4
    assert len(memory.list()) == 6


def test_the_async_twins_do_the_same(open_memory: OpenMemory) -> None:
    memory = open_memory()

    async def use() -> tuple[str, str, str]:
        entry = await memory.aadd(LINA)
        [recall] = await memory.arecall(ABOUT_LINA)
        answer = await memory.aask(ABOUT_LINA, max_new_tokens=4)
        return entry.id, recall.entry_id, answer.recalls[0].entry_id

    assert len(set(asyncio.run(use()))) == 1


def test_inside_the_block_the_base_model_answers_under_what_is_recalled(base, memory: ParametricMemory) -> None:
    before = logits(base.model)
    with memory.attach_to(base.model, ABOUT_LINA):
        assert not close(logits(base.model), before, within=1e-3)
    assert_close(logits(base.model), before)
    with memory.attach_to(base.model, UNRELATED):
        assert_close(logits(base.model), before)


@pytest.mark.parametrize("is_peft", [False, True])
def test_a_model_of_the_callers_is_put_under_the_memory_and_left_bit_identical(base, memory, is_peft: bool) -> None:
    model = tiny_model(base.tokenizer)
    if is_peft:
        model = get_peft_model(model, LoraConfig(r=2, target_modules=["down_proj"], init_lora_weights=False)).eval()
    before, tensors = logits(model), copy_of_tensors(model)
    with memory.attach_to(model, ABOUT_LINA) as recalls:
        assert recalls[0].attached
        assert not close(logits(model), before, within=1e-3)
    assert_close(logits(model), before)
    assert_untouched(model, tensors)


def test_a_model_of_another_shape_is_refused(base, memory: ParametricMemory) -> None:
    with (
        pytest.raises(AdapterError, match="another base model"),
        memory.attach_to(tiny_model(base.tokenizer, layers=1), ABOUT_LINA),
    ):
        pass


def test_a_sibling_shares_the_models_and_nothing_else(memory: ParametricMemory, tmp_path) -> None:
    with reopen(memory, tmp_path / "other") as other:
        assert other.models is memory.models
        assert other.list() == []
        other.add("Nobody lives in the lighthouse.")
        assert other.ask("Who lives in the lighthouse?", max_new_tokens=2).remembered
    assert len(memory.list()) == 2
