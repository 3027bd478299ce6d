from __future__ import annotations

import json
import random
from statistics import fmean, stdev

import pytest

from parametric_memory.evaluation.rows import (
    EvalRow,
    as_table,
    balanced,
    difference,
    mean,
    measured,
    ratio_of_means,
    with_differences,
)

ROW = EvalRow(case="1 fact", metric="contained", memory=0.914, none=0.0, in_prompt=0.5, n=60)


def test_a_row_in_json_has_every_control() -> None:
    assert json.loads(ROW.model_dump_json()) == {
        "case": "1 fact",
        "metric": "contained",
        "memory": 0.914,
        "hybrid": None,
        "none": 0.0,
        "in_prompt": 0.5,
        "random_adapter": None,
        "rag": None,
        "untrained": None,
        "n": 60,
        "unit": "share",
        "route": "ask",
        "errors": {},
        "differences": {},
    }


def test_the_table_shows_shares_in_per_cent_and_leaves_out_what_was_not_measured() -> None:
    sparse = EvalRow(case="2 facts", metric="contained", memory=1.0, n=3)
    assert as_table([ROW, sparse]).splitlines() == [
        "| case | metric | memory | no memory | in the prompt | n |",
        "|---|---|---|---|---|---|",
        "| 1 fact | contained | 91 % | 0 % | 50 % | 60 |",
        "| 2 facts | contained | 100 % |  |  | 3 |",
    ]


def test_numbers_are_shown_with_three_digits() -> None:
    rows = [EvalRow(case="c", metric="MB", memory=0.012345, in_prompt=13958.6, n=1, unit="number")]
    assert as_table(rows).splitlines()[-1] == "| c | MB | 0.0123 | 13,959 | 1 |"


def test_controls_come_in_the_order_of_the_table() -> None:
    assert measured([EvalRow(case="c", metric="m", memory=0, untrained=0, none=0, n=1)]) == [
        "memory",
        "none",
        "untrained",
    ]


def test_scores_become_means_with_their_standard_errors() -> None:
    row = EvalRow.of_scores("c", "m", {"memory": [1.0, 1.0, 1.0, 0.0], "none": [0.0] * 4}, "given")
    assert (row.memory, row.none, row.n) == (0.75, 0.0, 4)
    assert row.errors == {"memory": pytest.approx(0.25), "none": 0.0}
    shown, paired = as_table([row]).splitlines()[-2:]
    assert shown == "| c | m (document given) | 75 % ± 25 | 0 % ± 0 | 4 |"
    assert paired == "| c | m, difference to (document given) | +0.0 | +75.0 ± 25.0 | 4 |"


def test_differences_to_the_memory_are_paired_and_a_row_of_their_own() -> None:
    scores = {"memory": [1.0, 1.0, 0.0, 0.0], "rag": [1.0, 0.0, 0.0, 0.0]}
    texts = ["a", "a", "b", "c"]
    row = EvalRow.of_scores("c", "m", scores, clusters=texts)
    paired = difference(*scores.values(), texts)
    assert row.differences == {"rag": paired} and paired.value == 0.25
    assert (paired.error or 0) < row.errors["memory"]
    alone, differences = with_differences([row])
    assert (differences.metric, differences.rag) == ("m, difference to", 0.25)
    assert differences.errors == {"rag": paired.error}
    assert with_differences([alone]) == [alone] and EvalRow.of_scores("c", "m", {"memory": [1.0]}).differences == {}


def test_a_share_of_many_has_the_binomial_standard_error() -> None:
    assert mean([True] * 90 + [False] * 10).error == pytest.approx((0.9 * 0.1 / 100) ** 0.5, rel=0.01)


def test_scores_of_one_text_count_as_one_where_they_go_together() -> None:
    texts = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    scores = [score for score in texts for _ in range(5)]
    clusters = [number for number in range(len(texts)) for _ in range(5)]
    assert mean(scores, clusters).error == pytest.approx(mean(texts).error)
    assert mean(texts, range(len(texts))) == mean(texts)
    assert EvalRow.of_scores("c", "m", {"memory": scores}, clusters=["one"] * len(scores)).errors == {}


def test_a_single_score_has_no_standard_error() -> None:
    assert EvalRow.of_scores("c", "m", {"memory": [1.0]}).errors == {}


@pytest.mark.parametrize(
    ("route", "shown"),
    [
        ("ask", "m"),
        ("alone", "m (one document in memory)"),
        ("ungated", "m (no gate)"),
        ("given", "m (document given)"),
    ],
)
def test_a_row_says_how_the_memory_came_to_its_document_unless_it_did_as_ask_does(route: str, shown: str) -> None:
    row = EvalRow.model_validate({"case": "c", "metric": "m", "memory": 1.0, "n": 1, "route": route})
    assert as_table([row]).splitlines()[-1].split(" | ")[1] == shown


def test_what_else_is_compared_with_comes_behind_the_controls_and_through_json() -> None:
    row = EvalRow.of_scores("c", "m", {"hybrid": [1, 0], "memory": [0, 0], "whole_adapter": [1, 1]}, unit="number")
    again = EvalRow.model_validate_json(row.model_dump_json())
    assert again == row and measured([again]) == ["memory", "hybrid", "whole_adapter"]
    assert as_table([again]).splitlines()[:3:2] == [
        "| case | metric | memory | hybrid | whole adapter | n |",
        "| c | m | 0 ± 0 | 0.5 ± 0.5 | 1 ± 0 | 2 |",
    ]
    assert as_table([again]).splitlines()[3:] == [
        "| c | m, difference to | 0 | -0.5 ± 0.5 | -1 ± 0 | 2 |",
    ]


def test_a_ratio_of_means_has_the_error_that_repeating_it_shows() -> None:
    rng = random.Random(0)
    ratios, errors = [], []
    for _ in range(400):
        others = [float(rng.random() < 0.4) for _ in range(200)]
        scores = [other if rng.random() < 0.7 else float(rng.random() < 0.5) for other in others]
        found = ratio_of_means(scores, others)
        assert found is not None and found.error is not None
        ratios.append(found.value)
        errors.append(found.error)
    assert fmean(errors) == pytest.approx(stdev(ratios), rel=0.1)


def test_what_is_alike_question_by_question_has_a_ratio_without_error() -> None:
    assert ratio_of_means([1.0, 0.0, 1.0], [1.0, 0.0, 1.0]) == (1.0, 0.0)
    assert ratio_of_means([1.0], [1.0]) == (1.0, None)
    assert ratio_of_means([1.0, 0.0], [0.0, 0.0]) is None


def test_balanced_scores_have_the_mean_and_the_error_of_their_classes_means() -> None:
    scores, classes = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], ["yes"] * 6 + ["no"] * 4
    found = balanced(scores, classes)
    assert fmean(found) == pytest.approx((4 / 6 + 0) / 2)
    assert mean(found).error == pytest.approx((mean(scores[:6]).error or 0) / 2, rel=0.1)
    assert balanced([1, 1, 1], ["yes", "yes", "no"]) == [1.0] * 3
