from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parametric_memory.evaluation import run_facts, run_recall, run_written
from parametric_memory.evaluation.held_out import changed_facts
from parametric_memory.evaluation.results import Result
from parametric_memory.evaluation.run_written import HALVES, PAPERS, paper_questions
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.recall import judge_config
from parametric_memory.training.data.question_answering import written_texts
from tests.commands.running import Result as Ran
from tests.commands.running import Runner

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

Evaluate = Callable[..., Ran]

QUESTIONS = [
    {"context": "Lina lives in Bergen.", "question": "Where does Lina live?", "answers": ["Bergen"]},
    {"context": "The museum is in a shed.", "question": "Where is the museum?", "answers": ["in a shed"]},
]
CHEAPEST = ("--controls", "none, in_prompt,random_adapter")


@pytest.fixture
def evaluate(run: Runner, base: BaseModel, hypernetwork_folder: Path, tiny_search: None, tmp_path: Path) -> Evaluate:
    """Runs `eval` with tiny models out of folders."""
    base.model.save_pretrained(tmp_path / "model")
    base.tokenizer.save_pretrained(tmp_path / "model")
    data = tmp_path / "questions.jsonl"
    data.write_text("".join(json.dumps(q) + "\n" for q in QUESTIONS), encoding="utf-8")

    def evaluate_(name: str, *arguments: str | Path) -> Ran:
        own = ("--data", data) if name == "qa" else ()
        models = ("--base-model", tmp_path / "model", "--hypernetwork", hypernetwork_folder)
        return run("eval", name, *own, *models, *arguments)

    return evaluate_


def test_json_is_one_object_with_every_control_in_every_row(evaluate: Evaluate) -> None:
    shown = evaluate("qa", "--json", "--seed", "3", *CHEAPEST).data
    assert (shown["eval"], shown["seed"]) == ("qa", 3)
    controls = {"hybrid", "none", "in_prompt", "random_adapter", "rag", "untrained"}
    keys = {"case", "metric", "memory", *controls, "n", "unit", "route", "errors", "differences"}
    scored = [row for row in shown["rows"] if row["unit"] == "share"]
    *scored, lost = scored
    assert [set(row) for row in scored] == [keys] * 3 and set(lost) > keys
    assert all(row["in_prompt"] is not None and row["rag"] is None for row in scored)
    assert all(row["errors"].keys() == {"memory", "none", "in_prompt", "random_adapter"} for row in scored)
    assert all(row["differences"].keys() == {"none", "in_prompt", "random_adapter"} for row in scored)
    assert all(row["route"] == "given" for row in shown["rows"])


def test_a_result_records_the_one_way_in_which_all_columns_were_asked(
    evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheapest = ("qa", "--quiet", "--controls", "none", "--limit", "1")
    shown = evaluate(*cheapest, "--json").data
    assert shown["search"] == {
        "answer_tokens": 48,
        "beams": 1,
        "alternatives": 1,
        "unless_sure": 1.0,
        "marked": 0.0,
        "rules": {},
    }
    assert "all answers greedy, of up to 48 tokens, no rules" in evaluate(*cheapest).out
    monkeypatch.setattr(run_recall, "written_texts", lambda path: islice(written_texts(path), 1))  # 40 take minutes
    monkeypatch.setattr(run_recall, "_HIDDEN_TOKENS", 300)
    monkeypatch.setattr(run_recall, "_DRAWN_FOR_A_USER", 30)
    assert evaluate("recall", "--documents", "2", "--quiet", "--json").data["search"] is None


def test_questions_are_told_apart_as_named_and_asked_through_the_index_too(evaluate: Evaluate) -> None:
    rows = evaluate("qa", "--by", "kind", "--by", "length", "--indexed", "--controls", "hybrid", "--json").data["rows"]
    assert {row["route"] for row in rows} == {"given", "ask"}
    names = ("questions.jsonl", "questions.jsonl, all in one memory")
    groups = {f"{name}{group}" for name in names for group in ("", ", extractive", ", to 256 tokens")}
    assert {row["case"] for row in rows} == groups
    refused = evaluate("qa", "--by", "source")
    assert refused.code == 2 and "kind or length" in refused.err


def test_json_says_all_that_its_figures_come_from(evaluate: Evaluate, hypernetwork_folder: Path) -> None:
    shown = evaluate("qa", "--json", "--quiet", "--controls", "none", "--limit", "2").data
    assert shown["command"] == (
        "parametric-memory eval qa --data questions.jsonl --base-model model --hypernetwork "
        f"{hypernetwork_folder.name} --controls none --limit 2"
    )
    assert shown["models"] == {
        "base_model": "model",
        "dtype": "float32",
        "hypernetwork": hypernetwork_folder.name,
        "hypernetwork_fingerprint": read_record(hypernetwork_folder).fingerprint,
        "embedder_fingerprint": MiniLMEmbeddings().fingerprint,
        "judge_fingerprint": judge_config.judge_fingerprint(judge_config.SHIPPED_JUDGE),
    }
    assert "torch" in shown["machine"] and shown["seconds"] > 0 and shown["version"]
    assert Result.model_validate(shown).rows[0].n == 2


def test_the_table_is_followed_by_what_it_comes_from(evaluate: Evaluate) -> None:
    result = evaluate("qa", "--limit", "1", "--seed", "3", *CHEAPEST)
    assert result.code == 0, result.err
    table, origin = result.out.strip().split("\n\n")
    assert table.startswith("| case | metric | memory | no memory | in the prompt |")
    assert "seed 3" in origin and "torch" in origin and "threads" in origin


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what always is in a memory, what some questions are about: the whole takes seconds."""
    papers = tmp_path / "papers"
    for half in HALVES:
        (papers / half).mkdir(parents=True)
        shutil.copy(PAPERS / f"{half}.jsonl", papers)
        for name in {case.document for case in paper_questions(half)[:2]}:
            shutil.copy(PAPERS / half / name, papers / half)
    monkeypatch.setattr(run_written, "PAPERS", papers)
    changed = {bool(fact.answer): fact for fact in changed_facts()}
    monkeypatch.setattr(run_facts, "changed_facts", lambda: [*changed.values()])


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("conflict", ("--documents", "2")),
        ("notes", ("--count", "2")),
        ("curves", ("--curve", "wordings", "--seeds", "1", "--questions", "2")),
        ("two", ("--questions", "2")),
        ("conversations", ("--pairs", "1", "--questions", "2")),
        ("papers", ("--half", "a", "--limit", "2")),
    ],
)
def test_every_evaluation_names_itself(evaluate: Evaluate, name: str, arguments: tuple[str, ...]) -> None:
    shown = evaluate(name, "--json", "--quiet", "--controls", "none", *arguments).data
    assert shown["eval"] == name and shown["rows"]


def test_rows_say_which_rules_were_turned_off(evaluate: Evaluate) -> None:
    shown = evaluate(
        "notes", "--count", "1", "--controls", "none", "--without", "stray_pieces", "--json", "--quiet"
    ).data
    assert {row["case"] for row in shown["rows"]} == {"notes, without stray_pieces"}
    refused = evaluate("notes", "--count", "1", "--controls", "none", "--without", "months")
    assert refused.code == 1 and "no rule 'months'" in refused.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("needle", "--lengths", "1k"), "1024,4096"),
        (("facts", "--controls", "none,magic"), "magic"),
    ],
)
def test_options_that_are_not_understood_are_wrong_usage(run: Runner, arguments: tuple[str, ...], told: str) -> None:
    result = run("eval", *arguments)
    assert result.code == 2 and told in result.err


def test_data_that_is_not_there_is_told_in_one_line(evaluate: Evaluate) -> None:
    result = evaluate("qa", "--data", "missing.jsonl", *CHEAPEST)
    assert result.code == 1 and "missing.jsonl" in result.err and "Traceback" not in result.err
