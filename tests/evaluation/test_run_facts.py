from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from parametric_memory.commands.evaluate import USUAL
from parametric_memory.evaluation import run_facts
from parametric_memory.evaluation.held_out import changed_facts, known_facts, known_otherwise
from parametric_memory.evaluation.run_facts import (
    CORRECTED,
    FREELY,
    REVERSED,
    TWO_SCORES,
    against_older,
    against_own_knowledge,
    changed_cases,
    evaluate_conflict,
    evaluate_facts,
    evaluate_needle,
    evaluate_two,
    fact_case,
    general_knowledge,
    magic_number,
    many_documents,
    needle_cases,
    newer_document_cases,
    single_document_cases,
    two_document_cases,
)
from parametric_memory.evaluation.run_recall import told_by_asker
from parametric_memory.evaluation.runner import Answered
from parametric_memory.evaluation.scores import contains
from parametric_memory.internalize.deriving import Deriver
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.relations import templates

if TYPE_CHECKING:
    from parametric_memory.evaluation.memories import IndexedTexts
    from parametric_memory.evaluation.runner import Case, Runner
    from parametric_memory.language_model.base_model import BaseModel


def test_all_cases_are_measured_under_the_chosen_controls(
    examine: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, some in {"known_facts": known_facts, "known_otherwise": known_otherwise}.items():
        monkeypatch.setattr(run_facts, name, lambda some=some: some()[:4])
    monkeypatch.setattr(run_facts, "_MEMORY_SIZES", (4, 12))
    controls = (*USUAL.split(","), "whole_adapter")
    runner = examine(*controls, seed=1)
    rows = evaluate_facts(runner, documents=2)
    contained = {row.case: row for row in rows if row.metric == "contained"}
    known = ("general knowledge", "general knowledge, memory attached")
    for case in ("1 fact", "4 facts", "8 facts", REVERSED, "4 documents", "12 documents"):
        assert contained[case].n == 2 and contained[case].untrained is None
    for case in ("1 fact", "4 facts", "8 facts", REVERSED, "4 documents", "12 documents", known[1]):
        assert all(contained[case].figure(control) is not None for control in controls)
    assert contained[known[0]].none == contained[known[1]].none is not None
    assert not runner.memory.storage.location.folder.exists()
    routes = {case: row.route for case, row in contained.items()}
    assert routes["1 fact"] == "given" and routes["4 documents"] == "ask"
    assert (routes["general knowledge"], routes["general knowledge, memory attached"]) == ("alone", "ungated")


def test_with_the_gate_closed_answers_are_those_without_memory(examine: Callable[..., Runner]) -> None:
    closed = many_documents(examine(threshold=1.1), size=3, questions=3)
    assert [row.memory for row in closed if row.metric != "f1"] == [0.0, 0.0, 1.0]


def test_with_the_gate_open_the_right_document_is_found(examine: Callable[..., Runner]) -> None:
    _, _, recalled, unrelated = many_documents(examine(threshold=-1.0), size=5, questions=5)
    assert recalled.metric == "right document recalled" and recalled.memory >= 0.6
    assert unrelated.memory < 1.0


def test_general_knowledge_is_asked_through_the_gate_and_past_it(examine: Callable[..., Runner], monkeypatch) -> None:
    runner, attached = examine("none", threshold=1.1), []
    ask_memory = runner.ask_memory

    def asked(cases: Sequence[Case], texts: IndexedTexts) -> Answered:
        attached.append({texts.adapt(case) is not None for case in cases[:5]})
        replies = ask_memory(cases[:2], texts).replies
        return Answered(cases, {name: [*of] * (len(cases) // 2) for name, of in replies.items()}, texts.route)

    monkeypatch.setattr(runner, "ask_memory", asked)
    rows = general_knowledge(runner)
    assert attached == [{False}, {True}] * 2
    gated, forced, *others = [row for row in rows if row.metric == "contained"]
    assert (gated.case, forced.case) == ("general knowledge", "general knowledge, memory attached")
    assert [row.case for row in others] == [
        f"general knowledge in other forms{way}" for way in ("", ", memory attached")
    ]
    assert gated.memory == gated.none


def test_a_question_is_never_left_alone_without_another_documents_adapter(examine: Callable[..., Runner]) -> None:
    contained, *_ = many_documents(examine("random_adapter", threshold=-1.0), size=3, questions=4)
    assert contained.n == 4 and contained.random_adapter is not None


def test_the_same_seed_asks_the_same_questions() -> None:
    first, again, other = (single_document_cases(seed, 4, 6) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("facts", [1, 8])
def test_a_case_is_answered_by_its_own_document_alone(facts: int) -> None:
    for case in single_document_cases(0, facts, 8):
        assert case.answers[0] in case.document
        assert 0 < len(case.others) <= facts and case.answers[0] not in case.others


def test_a_name_that_the_question_says_itself_may_be_in_the_answer() -> None:
    asked = Question("Does Lina Sayre have a nickname?", "", "Ace")
    facts = (Question("Where is the summit?", "", "Sayre"), Question("Who leads Heron?", "", "Tomas Brandt"))
    case = fact_case(Example("", (asked,)), asked, [Example("", facts)])
    assert case.others == ("Tomas Brandt",)


def test_each_length_gets_a_row(examine: Callable[..., Runner]) -> None:
    runner = examine("none", "in_prompt", "random_adapter", "rag")
    rows = evaluate_needle(runner, lengths="300, 600", documents=2)
    assert [(row.case, row.metric, row.n) for row in rows] == [
        (f"{length} tokens", metric, 2) for length in (300, 600) for metric in ("contained", "f1")
    ]
    assert all(row.in_prompt is not None and row.rag is not None for row in rows)


def test_the_facts_are_the_same_at_each_length_and_the_text_grows(examine: Callable[..., Runner]) -> None:
    short, long = (needle_cases(examine(), length, 3) for length in (500, 3000))
    assert [case.question for case in short] == [case.question for case in long]
    for a, b in zip(short, long, strict=True):
        assert a.answers == b.answers and b.answers[0] in b.document
        assert len(b.document) > 2 * len(a.document)


def test_several_facts_stand_in_one_text_and_each_is_asked_about(examine: Callable[..., Runner]) -> None:
    runner = examine("random_adapter")
    cases = needle_cases(runner, 500, 2, needles=3)
    first, second = cases[0].document, cases[3].document
    assert [case.document for case in cases] == [first] * 3 + [second] * 3
    assert all(case.answers[0] in case.document for case in cases)
    assert len({case.question for case in cases}) == 6
    row, _ = evaluate_needle(runner, lengths="500", documents=2, needles=3)
    assert row.n == 6 and row.random_adapter is not None


def test_a_text_with_several_facts_is_added_once(
    examine: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = examine("none")
    texts: list[str] = []
    made = Deriver.made

    def counted(deriver: Deriver, text: str, store: Any, *parts: Any) -> Any:
        texts.append(text)
        return made(deriver, text, store, *parts)

    monkeypatch.setattr(Deriver, "made", counted)
    evaluate_needle(runner, lengths="300", documents=2, needles=3)
    assert len(texts) == 2


def test_each_side_of_each_conflict_gets_a_row(examine: Callable[..., Runner]) -> None:
    rows = evaluate_conflict(examine("hybrid", "none", "rag"), documents=4)
    sides = ("document wins", "own knowledge wins", "probability of its own answer")
    names = {"": 4, ", unsure third": 2, ", middle third": 1, ", surest third": 1}
    assert [(row.case, row.metric, row.n) for row in rows] == [
        *((f"document against own knowledge{name}", side, n) for name, n in names.items() for side in sides),
        ("document against own knowledge", "right document recalled", 4),
        *(
            ("newer document against older", metric, 4)
            for metric in ("newer wins", "older wins", "newer recalled first", "older recalled first")
        ),
        *((FREELY, f"{side} wins", 35) for side in ("document", "own knowledge")),
        *((CORRECTED, f"{side} wins", 30) for side in ("new", "former")),
    ]
    assert all(row.route == "ask" for row in rows)
    assert all(row.hybrid is not None and row.rag is not None for row in rows if "wins" in row.metric)


def test_facts_are_graded_by_how_probable_the_models_own_answer_is(examine: Callable[..., Runner]) -> None:
    rows = against_own_knowledge(examine(), documents=6)
    sure = [row.none or 0.0 for row in rows if row.metric == "probability of its own answer"]
    whole, *thirds = sure
    assert thirds == sorted(thirds) and thirds[0] < whole < thirds[-1]
    assert whole == pytest.approx(sum(thirds) / 3)


def test_more_documents_than_facts_contradict_each_fact_with_several_values(examine: Callable[..., Runner]) -> None:
    count = len(known_facts()) + 2
    rows = against_own_knowledge(examine(), count)
    assert rows[0].n == count and sum(row.n for row in rows if row.metric == "document wins") == 2 * count


def test_of_two_documents_in_one_memory_one_is_recalled(examine: Callable[..., Runner]) -> None:
    rows = {row.metric: row for row in against_older(examine(threshold=-1.0), 6)}
    newer, older = rows["newer recalled first"], rows["older recalled first"]
    assert 0 < newer.memory + older.memory <= 1
    none = {row.metric: row for row in against_older(examine(threshold=1.5), 2)}
    assert none["newer recalled first"].memory == none["older recalled first"].memory == 0


def test_a_document_denies_what_everybody_knows() -> None:
    for case in changed_cases(0, known_facts()):
        said, known = case.answers
        assert contains(case.document, said) and not contains(case.document, known)


def test_a_change_says_the_new_value_and_not_what_everybody_knows_or_both_values() -> None:
    for case in changed_cases(0, [fact for fact in changed_facts() if fact.answer]):
        said, known = case.answers
        assert contains(case.document, said) and not contains(case.document, known)
    for case in changed_cases(0, [fact for fact in changed_facts() if not fact.answer]):
        assert all(contains(case.document, value) for value in case.answers) and len(set(case.answers)) == 2


def test_what_a_change_says_of_common_knowledge_is_no_subject_of_training() -> None:
    named = [change.names for change in templates("changes")]
    taught = {subject.lower() for subjects in named if subjects[1:] for subject in subjects}
    asked = " ".join(fact.question.lower() for fact in changed_facts() if fact.answer)
    assert not [subject for subject in taught if subject in asked]


def test_the_newer_document_comes_last_and_says_something_else() -> None:
    for case in newer_document_cases(0, 40):
        new, old = case.answers
        older, newer = case.sources
        assert case.document == f"{older}\n\n{newer}"
        assert contains(newer, new) and not contains(newer, old)
        assert contains(older, old) and not contains(older, new)


def test_a_user_has_no_two_pairs_about_the_same_of_himself() -> None:
    cases = newer_document_cases(0, 200)
    own = [case.question for case in cases if told_by_asker(case.document)]
    assert len(own) > 3 and len({case.sources for case in cases}) == 200
    assert len(own) == len(set(own))


def test_a_magic_number_is_asked_for_at_each_length(examine: Callable[..., Runner]) -> None:
    rows = evaluate_needle(examine("none"), "40,80", 2, magic=True)
    assert [row.case for row in rows] == ["magic number in 40 tokens", "magic number in 80 tokens"]
    assert all(row.metric == "found" and row.n == 2 for row in rows)


def test_a_magic_number_stands_once_at_its_depth_in_a_text_of_whole_lines(base: BaseModel) -> None:
    (first, number), (last, _) = (magic_number(base.chat, random.Random(0), 200, depth) for depth in (0, 9))
    assert first.split("\n")[0] == last.split("\n")[-1] == f"The special magic number is {number}."
    repeated = last.split("\n")[0]
    assert first.count(number) == 1
    assert 0 <= 200 - len(base.chat.encode(first)) < len(base.chat.encode(f"{repeated}\n")) + 2
    assert magic_number(base.chat, random.Random(0), 12, 0) == (first.split("\n")[0], number)


def test_a_right_answer_is_the_one_of_two_or_holds_all_that_is_asked_for() -> None:
    which, both, every = two_document_cases(0, 3)
    score = TWO_SCORES["contained"]
    [right], [wrong] = which.answers, which.others
    assert right in which.sources[1] and wrong in which.sources[0]
    assert score(which, f"It is {right}.") == 1.0
    assert score(which, f"It is {wrong}.") == score(which, f"{right} and {wrong}.") == 0.0
    assert all(part in text for part, text in zip(both.answers, both.sources, strict=True))
    assert score(both, " and ".join(both.answers)) == 1.0 and score(both, both.answers[0]) == 0.0
    assert (
        all(name in text for name, text in zip(every.answers, every.sources, strict=True)) and len(every.sources) == 3
    )
    assert score(every, ", ".join(every.answers)) == 1.0 and score(every, ", ".join(every.answers[:2])) == 0.0


def test_each_kind_has_a_row_beside_one_document_alone(examine: Callable[..., Runner]) -> None:
    rows = evaluate_two(examine("in_prompt"), questions=6)
    names = [f"several documents, {kind}" for kind in ("which of two", "about both", "all of three")]
    assert [row.case for row in rows][::3] == names
    assert [row.metric for row in rows] == ["contained", "f1", "all documents attached"] * 3
    answered = [row for row in rows if row.metric != "all documents attached"]
    assert all(row.figure("one_document") is not None and row.figure("in_prompt") is not None for row in answered)
