from __future__ import annotations

import json

from parametric_memory.evaluation.rows import EvalRow, as_table, measured

ROW = EvalRow(case="1 fact", metric="contained", memory=0.914, none=0.0, in_prompt=0.5, n=60)


def test_a_row_in_json_has_every_control_and_nothing_else() -> None:
    assert json.loads(ROW.model_dump_json()) == {
        "case": "1 fact",
        "metric": "contained",
        "memory": 0.914,
        "none": 0.0,
        "in_prompt": 0.5,
        "random_adapter": None,
        "rag": None,
        "distilled": None,
        "untrained": None,
        "n": 60,
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
