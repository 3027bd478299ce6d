from __future__ import annotations

from collections.abc import Callable
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation import run_curves
from parametric_memory.evaluation.held_out import FactDocuments, paraphrases
from parametric_memory.evaluation.memories import IndexedTexts
from parametric_memory.evaluation.run_curves import evaluate_curves
from parametric_memory.evaluation.scores import contains
from parametric_memory.training.data.relations import relations

if TYPE_CHECKING:
    from parametric_memory.evaluation.runner import Runner


def test_documents_grow_by_facts_and_the_first_question_stays() -> None:
    one, three, nine = FactDocuments(3).growing((1, 3, 9))
    assert one.questions == three.questions[:1] and three.questions == nine.questions[:3] and len(nine.questions) == 9
    assert all(contains(of.document, fact.value) for of in (one, three, nine) for fact in of.questions)
    assert not contains(one.document, nine.questions[-1].value)


def test_other_wordings_of_a_trained_question_stand_nowhere_in_training() -> None:
    trained = {question for relation in relations() for question, _ in relation.questions}
    held_out = [wording for _, others in paraphrases() for wording in others]
    assert len(paraphrases()) >= 40 and len(set(held_out)) == len(held_out) >= 80
    assert all("{s}" in wording and wording not in trained for wording in held_out)


def test_each_point_of_a_curve_has_rows_with_errors_over_seeds(
    examine: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_curves, "FACTS", (1, 2))
    monkeypatch.setattr(run_curves, "TOGETHER", (1, 2))
    runner = examine("none", "whole_adapter", threshold=-1.0)
    rows = evaluate_curves(runner, ["facts", "adapters", "wordings"], 2, 2)
    contained = {row.case: row for row in rows if row.metric == "contained"}
    names = ("facts a document", "adapters together")
    points = [f"{name}: {count}" for name in names for count in (1, 2)]
    assert list(contained) == [*points, "wording: as in training", "wording: held out"]
    assert all(row.n == 4 for row in rows) and contained["facts a document: 2"].route == "given"
    assert contained["facts a document: 2"].figure("whole_adapter") is not None
    alone, beside = contained["adapters together: 1"], contained["adapters together: 2"]
    columns = ("none", "whole_adapter", "averaged", "nearest_sentences")
    assert all(point.figure(column) is not None for point in (alone, beside) for column in columns)
    assert alone.figure("averaged") == alone.memory and alone.figure("gain_by_growth") is None
    assert beside.figure("gain_by_growth") == beside.memory - alone.memory
    assert {row.case for row in rows if row.metric == "right document recalled"} == {
        "wording: as in training",
        "wording: held out",
    }


def test_an_error_over_seeds_is_that_of_the_seeds_means(
    examine: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_curves, "TOGETHER", (1,))
    monkeypatch.setattr(run_curves, "FACT_SCORES", {"length": lambda case, text: float(len(case.document))})
    [row] = evaluate_curves(examine(), ["adapters"], 3, 4)
    lengths = [fmean(len(case.document) for case in run_curves.single_document_cases(seed, 1, 4)) for seed in range(3)]
    assert row.memory == pytest.approx(fmean(lengths))
    assert row.errors["memory"] == pytest.approx(stdev(lengths) / 3**0.5)


def test_memories_of_every_size_are_asked_the_same_and_hold_more_about_the_same_people(
    examine: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_curves, "DOCUMENTS", (1, 10, 50))
    held: list[tuple[list[str], list[str]]] = []
    runner = examine(threshold=-1.0)
    ask = runner.ask_memory

    def watched(cases, texts: IndexedTexts, *more):
        held.append(([case.question for case in cases], list(texts.texts.values())))
        return ask(cases, texts, *more)

    monkeypatch.setattr(runner, "ask_memory", watched)
    rows = evaluate_curves(runner, ["documents"], 1, 2)
    assert [row.case for row in rows if row.metric == "right document recalled"] == [
        f"documents in memory: {size}" for size in (1, 10, 50)
    ]
    assert rows[2].metric == "right document recalled" and rows[2].memory == 1.0
    assert [(len(asked), len(texts)) for asked, texts in held] == [(1, 1)] * 2 + [(1, 10)] * 2 + [(2, 50)]
    assert held[0][0] + held[1][0] == held[2][0] + held[3][0] == held[4][0]
    assert set(held[2][1]) < set(held[4][1]) and held[0][1][0] in held[2][1]
