from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from parametric_memory.adapters.peft_folder import load_peft
from parametric_memory.hypernetworks.checkpoint import save_perceiver
from parametric_memory.internalize.selection import Models
from tests.commands.running import Runner
from tests.hypernetworks.doc_to_lora.networks import config_for, trained
from tests.internalize.tiny_vision import Sees, pdf, picture


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "empty"), (b"  \n", "empty"), (b"\x00\x01\x02\x00", "binary"), (b"a\x00b", "binary")],
)
def test_what_holds_no_text_is_refused(run: Runner, tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    for result in (run("add", path), run("add", "-", stdin=content)):
        assert (result.code, result.out) == (1, "")
        assert problem in result.err


def test_a_folder_with_nothing_usable_is_refused(run: Runner, tmp_path: Path, home: Path) -> None:
    (tmp_path / "folder").mkdir()
    result = run("add", tmp_path / "folder")
    assert result.code == 1
    assert "Nothing in" in result.err
    assert not home.exists()


def test_one_bad_file_among_good_ones_leaves_the_memory_as_it_was(run: Runner, tmp_path: Path, home: Path) -> None:
    (tmp_path / "good.txt").write_text("Lina lives in Bergen.", encoding="utf-8")
    assert run("add", tmp_path / "good.txt", tmp_path / "missing.txt").code == 1
    assert not home.exists()


def test_one_id_for_several_documents_is_wrong_usage(run: Runner, tmp_path: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(f"{name} says something.", encoding="utf-8")
    result = run("add", tmp_path, "--id", "x")
    assert result.code == 2
    assert "there are 2" in result.err


def test_nothing_to_add_is_wrong_usage(run: Runner) -> None:
    assert run("add").code == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--max-rank", "0"),
        ("--max-rank", "many"),
        ("--store", "vectors"),
    ],
)
def test_settings_that_mean_nothing_are_wrong_usage(run: Runner, home: Path, options: tuple[str, str]) -> None:
    assert run("add", "--text", "Lina lives in Bergen.", *options).code == 2
    assert not home.exists()


def test_where_vision_is_given_scans_are_read(
    run: Runner, base, tiny_search: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.model.save_pretrained(tmp_path / "model")
    base.tokenizer.save_pretrained(tmp_path / "model")
    save_perceiver(trained(config_for(base.model)), tmp_path / "perceiver")
    opened: list[Sees] = []

    def vision(models: Models) -> Sees:
        opened.append(Sees(models.base))
        return opened[-1]

    monkeypatch.setattr(Models, "vision", property(vision), raising=False)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "note.txt").write_text("Lina lives in Bergen.")
    scan = pdf(tmp_path / "docs" / "scan.pdf", picture())
    shared = (
        "--base-model",
        tmp_path / "model",
        "--hypernetwork",
        tmp_path / "perceiver",
        "--memory",
        tmp_path / "memory",
    )
    refused = run("add", scan.parent, *shared)
    assert refused.code == 1 and "run text recognition" in refused.err
    assert not (tmp_path / "memory").exists()

    added = run("add", scan.parent, "--vision", "any", "--json", *shared).data
    assert [Path(entry["source"]).name for entry in added] == ["scan.pdf", "note.txt"]
    [piped] = run("add", "-", "--vision", "any", "--title", "Page", "--json", *shared, stdin=scan.read_bytes()).data
    assert piped["title"] == "Page" and [one.seen for one in opened if one.seen] == [[[(40, 30)]]] * 2
    both = run("add", scan.parent, "--vision", "any", "--title", "Page", *shared)
    assert both.code == 2 and "there are 2" in both.err


def test_texts_that_are_written_together_are_told_of_one_by_one(
    run: Runner, base, hypernetwork_folder: Path, tiny_search: None, tmp_path: Path
) -> None:
    base.model.save_pretrained(tmp_path / "model")
    base.tokenizer.save_pretrained(tmp_path / "model")
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in {"a": "Lina lives here.", "b": "The boat is red.", "c": "Lina lives here."}.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    shared = ("--base-model", tmp_path / "model", "--hypernetwork", hypernetwork_folder)
    shared = (*shared, "--memory", tmp_path / "memory", "--json")
    assert [entry["outcome"] for entry in run("add", folder, *shared).data] == ["added", "added", "known"]
    assert [entry["outcome"] for entry in run("add", folder, *shared).data] == ["known"] * 3
    changed = run("add", folder, "--meta", "team=sales", *shared).data
    assert [entry["outcome"] for entry in changed] == ["updated", "updated", "known"]


def test_several_documents_are_summed_up(run_embedded: Runner, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"Crate {number} stands in bay {number}.")
    result = run_embedded("add", *sorted(tmp_path.glob("*.txt")), "--memory", tmp_path / "memory")
    assert result.out.startswith("3 added: ")


def test_a_folder_is_kept_in_step_with_its_files(
    run: Runner, base, hypernetwork_folder: Path, tiny_search: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.model.save_pretrained(tmp_path / "model")
    base.tokenizer.save_pretrained(tmp_path / "model")
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in {"a": "Lina lives here.", "b": "The boat is red.", "c": "It rains."}.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    shared = ("--base-model", tmp_path / "model", "--hypernetwork", hypernetwork_folder)
    shared = (*shared, "--memory", tmp_path / "memory", "--json")
    monkeypatch.chdir(tmp_path)
    first = run("add", "notes", *shared).data
    assert [entry["source"] for entry in first] == [str(folder / f"{name}.txt") for name in "abc"]
    (folder / "b.txt").write_text("The boat is blue.", encoding="utf-8")
    (folder / "c.txt").unlink()
    (folder / "d.txt").write_text("It snows.", encoding="utf-8")
    outcomes = ["known", "replaced", "added", "gone"]
    assert [entry["outcome"] for entry in run("add", folder, "--sync", *shared).data] == outcomes
    assert [version["text"] for version in run("history", first[1]["id"], *shared).data] == ["The boat is red."]
    assert {entry["source"] for entry in run("list", *shared).data} == {str(folder / f"{name}.txt") for name in "abd"}
    for wrong in (["--text", "It hails."], ["--id", "a", folder], []):
        assert run("add", "--sync", *wrong, *shared).code == 2


@pytest.mark.slow
def test_a_file_stdin_and_a_text_are_remembered_and_asked_for(run_embedded: Runner, tmp_path: Path) -> None:
    shared = ("--memory", tmp_path / "memory", "--json")
    path = tmp_path / "lina.md"
    path.write_text("# Lina\n\nLina Okafor moved to Bergen in 2021.\n", encoding="utf-8")
    [lina] = run_embedded("add", path, "--meta", "team=sales", "--ttl", "7d", *shared).data
    [hotel] = run_embedded("add", "-", "--id", "hotel", *shared, stdin=b"The Tamarind Hotel is blue.").data
    [known] = run_embedded("add", "--text", "The Tamarind Hotel is blue.", *shared).data
    [again] = run_embedded("add", "--text", "The Tamarind Hotel is green.", "--id", "hotel", *shared).data

    assert (lina["outcome"], lina["source"], lina["metadata"]) == ("added", str(path), {"team": "sales"})
    assert lina["expires_at"] is not None
    assert [hotel["outcome"], known["outcome"], again["outcome"]] == ["added", "known", "replaced"]
    assert [known["id"], again["id"], again["version"]] == ["hotel", "hotel", 2]

    [first, *_] = run_embedded("recall", "Where did Lina move to?", "--explain", *shared).data
    assert first["entry_id"] == lina["id"] and first["attached"]
    assert any("Berg" in token["word"] for tokens in first["kept"].values() for token in tokens)

    asked = run_embedded("ask", "-", "--max-tokens", "4", *shared, stdin=b"Where does Lina Okafor live?")
    assert json.loads(asked.out)["remembered"] and "Recalled" in asked.err
    with pytest.MonkeyPatch.context() as terminal:
        terminal.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        terminal.setattr(ParametricMemory, "ask", None)  # it is streamed
        streamed = run_embedded("ask", "Where does Lina Okafor live?", "--max-tokens", "4", *shared[:-1])
    assert streamed.out.strip() == json.loads(asked.out)["text"]
    plain = run_embedded("ask", "Where does Lina Okafor live?", "--no-memory", "--max-tokens", "4", *shared)
    assert not plain.data["remembered"] and plain.data["recalls"] == []
    assert 0 < plain.data["confidence"] < 1

    path.write_text("# Lina\n\nLina Okafor moved to Oslo in 2022.\n", encoding="utf-8")
    moved = run_embedded("add", path, *shared)
    assert (moved.data[0]["outcome"], moved.data[0]["id"], moved.data[0]["version"]) == ("replaced", lina["id"], 2)
    [told] = run_embedded("add", path, "--meta", "team=support", *shared).data
    assert (told["outcome"], told["id"], told["metadata"]) == ("updated", lina["id"], {"team": "support"})

    changed = run_embedded("update", "hotel", "--meta", "stars=4", "--ttl", "1h", *shared).data
    assert changed["metadata"] == {"stars": 4} and changed["expires_at"] is not None
    health = run_embedded("doctor", *shared)
    assert health.code == 0 and health.data["ok"]


@pytest.mark.slow
def test_both_stores_answer_alike_with_the_models_that_ship(run_embedded: Runner, tmp_path: Path) -> None:
    text = "Lina Okafor moved to Bergen in 2021. She works there as a marine biologist."
    answers, question = [], ("ask", "Which city did Lina Okafor move to?", "--max-tokens", "16", "--json")
    for store in ("text", "rows"):
        memory = ("--memory", tmp_path / store)
        [entry] = run_embedded("add", "--text", text, "--store", store, "--id", "lina", "--json", *memory).data
        assert entry["store"] == store
        asked = run_embedded(*question, *memory).data
        answers.append((asked["text"], asked["confidence"], asked["recalls"]))
    assert answers[0] == answers[1] and "Bergen" in answers[0][0]

    text_alone = ("--memory", tmp_path / "text")
    assert run_embedded("export-adapter", "lin", tmp_path / "peft", *text_alone).code == 0
    assert run_embedded("upgrade", "--store", "rows", *text_alone).code == 0
    assert "1 kept as rows" in run_embedded("doctor", *text_alone).out
    added = run_embedded("add", "--text", "The hotel is blue.", "--store", "text", *text_alone)
    assert added.code == 1 and "--store text" in added.err
    assert load_peft(tmp_path / "peft").rank > 8  # more than the shared rows
