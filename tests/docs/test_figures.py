"""The figures in the docs are those of the result files, and how templates and results become pages."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from docs.plots import break_even
from docs.render import ROOT, TemplateError, differences, main, render, rendered_pages, stale_plots
from docs.shapes import MODELS as SHAPES
from parametric_memory.evaluation.results import Result, UsedModels
from parametric_memory.evaluation.rows import EvalRow

MODELS = UsedModels(
    base_model="tiny",
    dtype="float32",
    hypernetwork="tiny-hypernetwork",
    hypernetwork_fingerprint="0123456789abcdef",
    embedder_fingerprint="embedder",
)
ONE = EvalRow(case="1 fact", metric="contained", memory=0.92, none=0.0, n=100, route="given", errors={"memory": 0.027})
MANY = EvalRow(case="20 documents", metric="contained", memory=0.5, rag=0.25, n=40, errors={"memory": 0.08})


def result(*rows: EvalRow, **fields: Any) -> Result:
    known: dict[str, Any] = {
        "eval": "facts",
        "command": "parametric-memory eval facts",
        "version": "1.0",
        "commit": "c" * 40,
        "dirty": False,
        "machine": "a processor",
        "models": MODELS,
        "seed": 0,
        "date": "2026-01-02",
        "seconds": 12.3,
    }
    return Result(rows=list(rows), **{**known, **fields})


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small project with a template, a README and one result."""
    (tmp_path / "docs" / "results").mkdir(parents=True)
    (tmp_path / "docs" / "figures.template.md").write_text("# Figures\n\n## Facts\n\n{table facts}\n")
    (tmp_path / "docs" / "scaling.template.md").write_text("# Scaling\n\n{computed}\n")
    (tmp_path / "docs" / "summary.template.md").write_text("{summary}\none fact = facts:1 fact:contained\n")
    (tmp_path / "README.md").write_text("# Title\n\n<!-- figures -->\n<!-- /figures -->\n\nThe end.\n")
    (tmp_path / "docs" / "results" / "facts.json").write_text(result(ONE).model_dump_json())
    return tmp_path


def test_the_pages_are_what_the_results_say() -> None:
    assert not differences(rendered_pages(ROOT)), "run: python docs/render.py"


def test_a_table_is_followed_by_what_it_comes_from() -> None:
    assert render("{table facts}", {"facts": result(ONE, MANY)}) == (
        "| case | metric | memory | no memory | RAG | n |\n"
        "|---|---|---|---|---|---|\n"
        "| 1 fact | contained (document given) | 92 % ± 3 | 0 % |  | 100 |\n"
        "| 20 documents | contained | 50 % ± 8 |  | 25 % | 40 |\n"
        "\n"
        "`parametric-memory eval facts` (seed 0, 12 s): commit cccccccccc; tiny in float32, "
        "tiny-hypernetwork (0123456789ab); a\n"
        "processor; 2026-01-02.\n"
    )


def test_columns_of_skills_are_called_as_their_evaluation_calls_them() -> None:
    row = EvalRow(case="2 tasks", metric="score", memory=0.5, none=0.25, n=2, own_lora=0.75)
    shown = render("{table skills}", {"skills": result(row, eval="skills")})
    assert shown.startswith("| case | metric | skill | no adapter | own LoRA | n |")


def test_a_table_may_be_of_some_metrics_alone() -> None:
    named = MANY.model_copy(update={"metric": "right, or nearly"})
    facts = result(ONE, MANY, named)
    shown = render("{table facts: contained; exact}\n\n{table facts: right, or nearly}", {"facts": facts})
    first, second = (part for part in shown.split("\n\n") if part.startswith("|"))
    assert "1 fact" in first and "right" not in first
    assert second.splitlines()[2:] == ["| 20 documents | right, or nearly | 50 % ± 8 | 25 % | 40 |"]
    with pytest.raises(TemplateError, match="no row of f1"):
        render("{table facts: f1}", {"facts": facts})


def test_code_with_changes_and_code_outside_of_a_checkout_say_so() -> None:
    shown = render("{table a}\n\n{table b}", {"a": result(ONE, dirty=True), "b": result(ONE, commit=None)})
    assert "commit cccccccccc with changes; tiny" in shown and "version 1.0; tiny" in shown


def test_several_results_feed_one_table_and_share_what_they_come_from() -> None:
    longer = ONE.model_copy(update={"case": "8 facts"})
    shown = render("{table a b}", {"a": result(ONE), "b": result(longer, command="another")})
    assert shown.count("| case |") == 1 and "| 1 fact |" in shown and "| 8 facts |" in shown
    assert "`parametric-memory eval facts` (seed 0, 12 s), `another` (seed 0, 12 s):" in shown
    assert shown.count("a processor") == 1


def test_the_same_case_of_two_results_goes_by_its_seed() -> None:
    shown = render("{table a b}", {"a": result(ONE), "b": result(ONE, seed=7)})
    assert "| 1 fact, seed 0 |" in shown and "| 1 fact, seed 7 |" in shown


def test_a_figure_stands_in_prose_with_its_error_and_its_number_of_questions() -> None:
    template = "Right are {facts:1 fact:contained:memory} of {facts:1 fact:contained:n}, of other {facts}."
    assert render(template, {"facts": result(ONE)}) == "Right are 92 % ± 3 of 100, of other {facts}.\n"


def test_a_summary_names_rows_anew_and_says_how_the_memory_came_to_its_document() -> None:
    template = "{summary}\none fact = facts:1 fact:contained\none of 20 = facts:20 documents:contained\nb = b:c:m"
    assert render(template, {"facts": result(ONE, MANY)}).splitlines() == [
        "| asked about | memory | RAG | no memory | n |",
        "| --- | --- | --- | --- | --- |",
        "| one fact (document given) | 92 ± 3 |  | 0 | 100 |",
        "| one of 20 | 50 ± 8 | 25 |  | 40 |",
    ]


def test_a_summary_has_the_judged_text_and_a_random_adapter_where_a_result_does() -> None:
    row = EvalRow.of_scores("1 fact", "contained", {"memory": [1, 1], "judged_text": [0, 0], "random_adapter": [0, 1]})
    head, _, line = render("{summary}\none = facts:1 fact:contained", {"facts": result(row)}).splitlines()
    assert head == "| asked about | memory | judged text in the prompt | random adapter | n |"
    assert line == "| one | 100 ± 0 | 0 ± 0 | 50 ± 50 | 2 |"


def test_a_summary_says_which_rows_are_not_of_the_weights_that_ship() -> None:
    def of(row: EvalRow, **models: str) -> Result:
        found = result(row)
        return found.model_copy(update={"models": found.models.model_copy(update=models)})

    others = {"judge_fingerprint": "1" * 16, "hypernetwork_fingerprint": "0" * 16}
    ours = {"judge_fingerprint": "2" * 16, "hypernetwork_fingerprint": "3" * 16}
    results = {"facts": of(ONE, **ours), "others": of(MANY, **others), "judge": of(MANY, **(others | ours))}
    case = "20 documents:contained"
    template = f"{{summary}}\none fact = facts:1 fact:contained\na = others:{case}\nb = judge:{case}"
    lines = render(template, results, ours.values()).splitlines()
    assert lines[2].startswith("| one fact (document given) |") and lines[3].startswith("| a* |")
    assert lines[4].startswith("| b |")
    assert lines[6] == "\\* Measured with earlier weights than those that ship (000000000000, 111111111111)."


def test_what_is_not_measured_yet_is_left_out() -> None:
    template = (
        "# Title\n\nProse.\n\n## Facts\n\nAbout facts.\n\n{table facts}\n\n## Notes\n\nAbout notes.\n\n"
        "{table notes}\n\n## Limits\n\n- Here {facts:1 fact:contained:memory}.\n"
        "- There\n  {notes:notes:contained:memory}.\n- Always."
    )
    there = render(template, {"facts": result(ONE)})
    assert "About facts." in there and "otes" not in there
    assert there.endswith("## Limits\n\n- Here 92 % ± 3.\n- Always.\n")
    assert render(template, {}) == "# Title\n\nProse.\n\n## Limits\n\n- Always.\n"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{facts:2 facts:contained:memory}", "no row 2 facts"),
        ("{facts:1 fact:contained:rag}", "no figure for rag"),
        ("{summary}\nnonsense", "nonsense"),
    ],
)
def test_a_figure_that_a_result_does_not_have_is_an_error(template: str, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        render(template, {"facts": result(ONE)})


def test_what_many_entries_need_is_computed_from_what_was_measured() -> None:
    def row(case: str, metric: str, memory: float, **more: float) -> EvalRow:
        return EvalRow(case=case, metric=metric, memory=memory, n=1, unit="number", **more)

    growth = result(
        row("1000 entries, recall", "seconds", 0.002),
        row("10000 entries, index", "bytes for each entry", 5000),
        row("10000 entries, add", "seconds", 0.036),
        row("10000 entries, recall", "seconds", 0.003),
        row("10000 entries, an entry in the database", "bytes", 900),
    )
    bulk = result(row("200 documents", "documents a second", 10))
    shown = {
        line.split("|")[1].strip(): line
        for line in render("{computed}", {"growth": growth, "bulk": bulk}).split("\n")
        if line
    }
    assert "| 900 MB | 900 GB |" in shown["the database, entries of a sentence kept as text"]
    assert "| 5 GB | 5 TB |" in shown["the index on disk, one vector an entry"]
    assert "| 0.005 seconds | 0.008 seconds |" in shown["a recall without the embedder"]
    assert "| 10 hours | 1.1 years |" in shown["what the writer does itself, all adds"]
    assert "| 28 hours | 3.2 years |" in shown["adding all in one process, models included"]
    alone = render("{computed}", {"bulk": bulk})
    assert "adding all" in alone and "recall" not in alone
    assert render("# Title\n\n## Computed\n\n{computed}", {}) == "# Title\n"


def test_the_check_fails_with_a_diff_until_the_pages_are_written(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"], site) == 1
    assert "+| 1 fact | contained (document given) | 92 % ± 3" in capsys.readouterr().out
    assert not (site / "docs" / "figures.md").exists()
    assert main([], site) == 0 and main(["--check"], site) == 0
    readme = (site / "README.md").read_text()
    assert readme.startswith("# Title\n") and readme.endswith("<!-- /figures -->\n\nThe end.\n")
    assert "| one fact (document given) | 92 ± 3 |" in readme
    (site / "docs" / "results" / "facts.json").write_text(result(MANY, ONE).model_dump_json())
    assert main(["--check"], site) == 1


def test_a_result_that_no_template_names_is_an_error(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = site / "docs" / "results"
    shutil.copy(results / "facts.json", results / "stray.json")
    assert main(["--check"], site) == 1 and "stray" in capsys.readouterr().err


def test_a_readme_without_a_place_for_figures_is_an_error(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "README.md").write_text("# Title\n")
    assert main([], site) == 1 and "README.md" in capsys.readouterr().err


def test_a_plot_is_drawn_once_and_again_when_its_figures_change(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    points = [
        EvalRow(case=f"facts a document: {n}", metric="contained", memory=1 / n, n=9, errors={"memory": 0.1})
        for n in (1, 2, 8)
    ]
    results, plot = site / "docs" / "results", site / "docs" / "plots" / "curves.svg"
    (site / "docs" / "why.template.md").write_text("# Why\n\n{plot curves more}\n\n{table curves}\n")
    assert main([], site) == 0 and not plot.exists()
    assert "![" not in (site / "docs" / "why.md").read_text()
    (results / "curves.json").write_text(result(*points, eval="curves").model_dump_json())
    assert main([], site) == 0 and main(["--check"], site) == 0
    assert "(plots/curves.svg)" in (site / "docs" / "why.md").read_text()
    assert "published: 4-billion model" in plot.read_text()
    before = plot.read_bytes()
    assert main([], site) == 0 and plot.read_bytes() == before
    (results / "curves.json").write_text(result(*points[:2], eval="curves").model_dump_json())
    capsys.readouterr()
    assert main(["--check"], site) == 1 and "curves.svg is missing or stale" in capsys.readouterr().out


def test_what_an_answer_costs_is_drawn_for_each_chat_before_the_question() -> None:
    pytest.importorskip("matplotlib")

    def row(case: str, metric: str, memory: float, in_prompt: float) -> EvalRow:
        return EvalRow(case=case, metric=metric, memory=memory, in_prompt=in_prompt, n=1, unit="number")

    first = "milliseconds to the first token"
    rows = [
        row("256 tokens", "milliseconds to add", 600, 0),
        row("256 tokens", first, 250, 650),
        row("256 tokens, after 1024 of chat", first, 4000, 4400),
    ]
    alone, after = break_even([result(*rows)]).axes
    assert alone.get_title() == "a document of 256 tokens"
    assert after.get_title() == "a document of 256 tokens, after 1024 of chat"
    assert [list(line.get_ydata()) for line in alone.get_lines()] == [[0.6, 5.6], [0.0, 13.0]]
    assert [list(line.get_ydata()) for line in after.get_lines()] == [[0.6, 80.6], [0.0, 88.0]]


def test_plots_are_those_of_the_results() -> None:
    assert not stale_plots(ROOT), "run: python docs/render.py"


def test_what_the_weights_cost_grows_slower_with_a_document_than_what_the_prompt_costs() -> None:
    [gemma, *_] = SHAPES
    assert gemma.parameters == pytest.approx(2.02e9, rel=0.01)
    assert gemma.prompt_bytes(256) == 256 * 106_496 * 33
    assert gemma.reading(8192) > 32 * gemma.reading(256) and gemma.adding(8192) == 32 * gemma.adding(256)
    assert gemma.asking < 0.05 * gemma.reading(256) and gemma.asking_bytes < gemma.prompt_bytes(256)


def test_sentences_in_the_prompt_are_cheaper_than_a_document_and_pay_later() -> None:
    asked, paid = (part.splitlines() for part in render("{shapes}", {}).strip().split("\n\n"))
    assert len(asked) == 2 + len(SHAPES) and len(paid) == 2 + 3 * len(SHAPES)
    for line in asked[2:]:
        rows, judged, nearest, short, middle, long = (float(cell.split()[0]) for cell in line.split("|")[2:-1])
        assert rows < nearest < judged < short < middle < long
    for line in paid[2:]:
        document, judged, nearest = (float(cell) for cell in line.split("|")[4:-1])
        assert 0 < document < 1.2 < judged < nearest
