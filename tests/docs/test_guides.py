"""The guides are true: their Python runs, block by block, with a tiny model in place of the reader's.

A block whose first line names a file (`# parametric_memory/...`) is that file: later blocks import it, and if it is one
of tests, they are run. A file that is there already is added to. Other blocks are typed into one interpreter.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from parametric_memory.commands import app
from parametric_memory.language_model.base_model import BaseModel
from tests.bag_of_words import BagOfWords
from tests.evaluation.conftest import examine

__all__ = ["examine"]

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
NAMED = re.compile(r"# (?P<file>[\w/]+)\.py\n")

Names = dict[str, Any]
Work = Callable[..., Names]


@pytest.fixture
def work_through(
    base: BaseModel, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Work:
    """Runs a guide's blocks in a folder that holds a tiny model; the names that are known in the end.

    in_place: what takes the place of a text in the guide.
    """
    desk = tmp_path / "desk"
    base.model.save_pretrained(desk / "my-model")
    base.tokenizer.save_pretrained(desk / "my-model")
    monkeypatch.chdir(desk)
    monkeypatch.setattr("parametric_memory.internalize.embedding.MiniLMEmbeddings", lambda progress: BagOfWords())

    def work(guide: str, in_place: Mapping[str, str] = MappingProxyType({})) -> Names:
        names: Names = {"__name__": "guide"}
        text = (GUIDES / guide).read_text(encoding="utf-8")
        for theirs, ours in in_place.items():
            text = text.replace(theirs, ours)
        for block in BLOCK.findall(text):
            named = NAMED.match(block)
            if named is None:
                exec(compile(block, guide, "exec"), names)
                continue
            name = named["file"].removeprefix("integrations/").replace("/", ".")
            module = _written(name, block, monkeypatch)
            if named["file"].startswith("tests/"):
                run_tests(module, request)
        return names

    return work


def _written(name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is with the code in it, for as long as a test takes."""
    package = name.removesuffix(".__init__")
    module = ModuleType(package)
    if package != name:
        module.__path__ = []
    if (ROOT / f"{name.replace('.', '/')}.py").exists():
        vars(module).update(vars(import_module(name)))
    monkeypatch.setitem(sys.modules, package, module)
    exec(compile(code, name, "exec"), vars(module))
    return module


def run_tests(module: ModuleType, request: pytest.FixtureRequest) -> None:
    """Every test of a module, with the fixtures that it asks for."""
    tests = [test for name, test in vars(module).items() if name.startswith("test_")]
    assert tests, f"{module.__name__} has no test"
    for test in tests:
        test(**{name: request.getfixturevalue(name) for name in inspect.signature(test).parameters})


def test_a_hypernetwork_is_added_as_its_guide_says(work_through: Work, capsys: pytest.CaptureFixture[str]) -> None:
    names = work_through("add-a-hypernetwork.md")
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["4 1", "True"]
    assert names["trainer"].step == names["config"].steps
    assert names["pooled"].to_B.weight.abs().sum() > 0  # it has learned something


def test_an_evaluation_is_added_as_its_guide_says(work_through: Work, capsys: pytest.CaptureFixture[str]) -> None:
    names = work_through("add-an-evaluation.md")
    assert [row.n for row in names["rows"]] == [4, 4]
    assert "| verdicts | right |" in capsys.readouterr().out

    models = ["--base-model", "my-model", "--memory", "memory"]
    result = CliRunner().invoke(
        app.build(), ["eval", "verdicts", "--count", "2", "--controls", "none", "--json", *models]
    )
    assert result.exit_code == 0, result.output
    assert [row["metric"] for row in json.loads(result.stdout)["rows"]] == ["right", "right document recalled"]


def test_an_integration_is_added_as_its_guide_says(work_through: Work, capsys: pytest.CaptureFixture[str]) -> None:
    work_through("add-an-integration.md")
    found, _, answer = capsys.readouterr().out.partition("\n")
    assert found.startswith("[('lina', ") and answer != "None\n"


def test_conversations_are_remembered_as_their_guide_says(
    work_through: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    names = work_through("conversations.md")
    guide = (GUIDES / "conversations.md").read_text(encoding="utf-8")
    assert f"```text\n{names['memory'].history(names['entry'].id).text}\n```" in guide
    assert "0 Ana 2024-05-07 00:00:00" in capsys.readouterr().out


def test_somebody_is_forgotten_as_the_guide_says(work_through: Work, capsys: pytest.CaptureFixture[str]) -> None:
    names = work_through("forget.md")
    guide = (GUIDES / "forget.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == "".join(re.findall(r"```text\n(.*?)```", guide, re.DOTALL))
    assert not names["memory"].storage.leaves_traces


def test_whose_it_is_and_when_it_holds_is_as_the_guide_says(
    work_through: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    names = work_through("who-and-when.md")
    guide = (GUIDES / "who-and-when.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == "".join(re.findall(r"```text\n(.*?)```", guide, re.DOTALL))
    assert [recall.entry_id for recall in names["answer"].recalls] == ["marco"]


def test_a_memory_is_shared_as_the_guide_says(
    work_through: Work, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = work_through("share-a-memory.md", {"postgresql://ada@db.example/team": database_url})
    guide = (GUIDES / "share-a-memory.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == "".join(re.findall(r"```text\n(.*?)```", guide, re.DOTALL))
    assert names["memory"].storage.location.folder is None
    names["memory"].close()


def test_every_guide_is_worked_through_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [guide.name for guide in GUIDES.glob("*.md") if f'"{guide.name}"' not in here] == []
