from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the extra `server` is not installed")

from fastapi import FastAPI
from starlette.testclient import TestClient

from parametric_memory import ParametricMemory
from parametric_memory.adapters.factors import Adapter
from parametric_memory.answering.vllm import VllmEngine
from parametric_memory.errors import AdapterError, DocumentError, ModelUnavailable
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Request
from parametric_memory.memory import reopen
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from tests.answering.standing_in import StandIn
from tests.commands.running import Runner
from tests.language_model.streams import answered
from tests.language_model.test_base_model import adapter
from tests.server.live import listening

QUESTION = "Where did Lina Okafor move to?"


@pytest.fixture
def vllm(base: BaseModel) -> StandIn:
    return StandIn(base)


@pytest.fixture
def url(vllm: StandIn) -> Iterator[str]:
    with listening(vllm.app) as address:
        yield f"{address}/v1"


@pytest.fixture
def engine(url: str, base: BaseModel, tmp_path: Path) -> VllmEngine:
    return VllmEngine(url, SimpleNamespace(base=base), most=2, folder=tmp_path / "engine")


@pytest.fixture
def memory(open_memory: Callable[..., ParametricMemory]) -> ParametricMemory:
    memory = open_memory()
    memory.add("Lina Okafor moved to Bergen in 2021 and works as a marine biologist.")
    return memory


def test_an_answer_under_an_adapter_is_that_of_the_library(engine: VllmEngine, base: BaseModel) -> None:
    for own in (None, adapter(1), adapter(2, rank=9)):
        request = Request(base.chat.question("Who?"), own, 12)
        [expected] = base.generate([request])
        answer = answered(engine, request)
        assert (answer.text, answer.token_ids) == (expected.text, expected.token_ids)
        assert answer.confidence == pytest.approx(math.exp(-0.5))
        assert "".join(list(engine.pieces(request))[:-1]) == expected.text


def test_what_was_not_used_for_longest_is_unloaded_and_its_files_go(
    engine: VllmEngine, vllm: StandIn, tmp_path: Path
) -> None:
    first, second = engine.load(adapter(1)), engine.load(adapter(2))
    assert engine.load(adapter(1)) == first  # by what it holds, not by who it is
    third = engine.load(adapter(3))
    assert vllm.log == [("load", first), ("load", second), ("unload", second), ("load", third)]
    assert {folder.name for folder in tmp_path.glob("engine/**/pm-*")} == {first, third}
    engine.close()
    assert not vllm.adapters and not (tmp_path / "engine").exists()


def test_what_a_killed_process_left_goes_with_the_next(engine: VllmEngine, tmp_path: Path) -> None:
    dead, living = (tmp_path / "engine" / f"{pid}-of-another" for pid in (2**22 + 1, os.getppid()))
    for folder in (dead, living):
        (folder / "pm-0").mkdir(parents=True)
    name = engine.load(adapter(1))
    assert not dead.exists() and living.exists()
    assert {folder.name for folder in tmp_path.glob("engine/**/pm-*")} == {name, "pm-0"}


def test_folders_that_no_process_made_stay(engine: VllmEngine, tmp_path: Path) -> None:
    names = ["adapters", "my-adapters", "-1", f"{2**22 + 1}", f"{10**30}-of-nobody"]
    folders = [tmp_path / "engine" / name for name in names]
    for folder in folders:
        folder.mkdir(parents=True)
    engine.load(adapter(1))
    assert all(folder.is_dir() for folder in folders)


def test_what_a_killed_process_had_loaded_is_loaded_from_where_it_stays(
    engine: VllmEngine, url: str, base: BaseModel, vllm: StandIn, tmp_path: Path
) -> None:
    killed = VllmEngine(url, SimpleNamespace(base=base), folder=tmp_path / "engine")
    name = killed.load(adapter(1))
    assert engine.load(adapter(1)) == name
    assert vllm.log == [("load", name), ("unload", name), ("load", name)]


def test_what_is_in_use_stays(engine: VllmEngine, vllm: StandIn) -> None:
    with engine.attached(adapter(1)) as first, engine.attached(adapter(2)) as second:
        third = engine.load(adapter(3))
        assert set(vllm.adapters) == {first.name, second.name, third}
    engine.load(adapter(4))
    assert len(vllm.adapters) == 2


def test_a_memory_answers_through_it(memory: ParametricMemory, url: str, vllm: StandIn, tmp_path: Path) -> None:
    through = reopen(memory, engine=VllmEngine(url, memory.models, folder=tmp_path / "engine"))
    answer = through.ask(QUESTION, max_new_tokens=12)
    assert answer.remembered and answer.text == memory.ask(QUESTION, max_new_tokens=12).text
    recalls, pieces = through.stream(QUESTION, max_new_tokens=12)
    assert recalls[0].attached and "".join(pieces).strip() == answer.text
    [(_, name)] = vllm.log
    assert name.startswith("pm-") and vllm.adapters[name].rank in (8, 16, 32, 64)
    assert memory.answering.engine is None


def test_what_the_command_line_loads_goes_after_an_error_too(
    memory: ParametricMemory,
    url: str,
    vllm: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("parametric_memory.commands.ask.open_memory", lambda *_, **__: nullcontext(memory))
    vllm.max_model_len = 40
    asked = Runner(monkeypatch, capsys)(
        "ask", QUESTION, "--engine", f"vllm:{url}", "--memory", memory.storage.location.folder
    )
    assert asked.code and "length is 40 tokens" in asked.err
    assert [what for what, _ in vllm.log] == ["load", "unload"] and not (tmp_path / "home" / "engine").exists()


def test_a_server_answers_through_it(memory: ParametricMemory, url: str, tmp_path: Path) -> None:
    served = reopen(memory, engine=VllmEngine(url, memory.models, folder=tmp_path / "engine"))
    expected = memory.ask(QUESTION, max_new_tokens=12).text
    with TestClient(build(served, keys=Keys(tmp_path / "keys.json")), base_url="http://localhost") as client:
        body = {"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 12}
        answer = client.post("/v1/chat/completions", json=body).json()
        assert answer["choices"][0]["message"]["content"] == expected
        assert client.post("/ask", json={"question": QUESTION, "max_tokens": 12}).json()["text"] == expected


def test_a_question_that_is_too_long_for_it_is_the_askers_to_shorten(
    memory: ParametricMemory, url: str, vllm: StandIn, tmp_path: Path
) -> None:
    vllm.max_model_len = 40
    through = reopen(memory, engine=VllmEngine(url, memory.models, folder=tmp_path / "engine"))
    with pytest.raises(DocumentError, match=r"refuses the request: .* length is 40 tokens\.") as refused:
        through.ask(QUESTION, max_new_tokens=64)
    assert "\n" not in str(refused.value)
    assert through.ask(QUESTION, max_new_tokens=1).remembered  # it goes on
    with TestClient(build(through, keys=Keys(tmp_path / "keys.json")), base_url="http://localhost") as client:
        answer = client.post("/ask", json={"question": QUESTION, "max_tokens": 64})
        assert answer.status_code == 400 and "length is 40 tokens" in answer.json()["detail"]


def test_the_key_that_it_asks_for_is_given_or_in_the_environment(
    url: str, base: BaseModel, vllm: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vllm.key = "secret"

    def name(key: str | None = None) -> str:
        return VllmEngine(url, SimpleNamespace(base=base), key=key, folder=tmp_path).base_name

    with pytest.raises(ModelUnavailable, match=r"Unauthorized \(status 401\): set VLLM_API_KEY"):
        name()
    assert name("secret") == "served"
    monkeypatch.setenv("VLLM_API_KEY", "secret\n")
    assert name() == "served"
    with pytest.raises(ModelUnavailable, match="status 401"):
        name("another")


def test_an_adapter_that_it_has_lost_is_loaded_again(engine: VllmEngine, base: BaseModel, vllm: StandIn) -> None:
    request = Request(base.chat.question("Who?"), adapter(1), 12)
    before = answered(engine, request)
    vllm.adapters.clear()  # as when it is started anew
    after = answered(engine, request)
    assert after.text == before.text
    [(_, first), (_, again)] = vllm.log
    assert first == again and list(vllm.adapters) == [first]
    engine.close()
    assert not vllm.adapters


def test_an_adapter_that_is_lost_again_and_again_is_an_error(
    engine: VllmEngine, base: BaseModel, vllm: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "adapters", _Forgetful())
    with pytest.raises(ModelUnavailable, match="does not exist"):
        answered(engine, Request(base.chat.question("Who?"), adapter(1), 12))
    assert len(vllm.log) == 2


class _Forgetful(dict[str, Adapter]):
    def __setitem__(self, name: str, adapter: Adapter) -> None:
        pass


def test_of_one_that_has_stopped_nothing_is_left_behind(base: BaseModel, tmp_path: Path) -> None:
    with listening(StandIn(base).app) as address:
        engine = VllmEngine(f"{address}/v1", SimpleNamespace(base=base), folder=tmp_path / "engine")
        engine.load(adapter(1))
        engine.load(adapter(2))
    engine.close()
    assert not (tmp_path / "engine").exists()


def test_an_answer_that_is_broken_off_is_no_whole_one(engine: VllmEngine, base: BaseModel, vllm: StandIn) -> None:
    vllm.breaks_off = True
    with pytest.raises(ModelUnavailable, match=r"broke off its answer: EngineCore died\."):
        answered(engine, Request(base.chat.question("Who?"), None, 12))


def test_an_adapter_of_a_larger_rank_is_compressed(url: str, base: BaseModel, vllm: StandIn, tmp_path: Path) -> None:
    engine = VllmEngine(url, SimpleNamespace(base=base), max_rank=8, folder=tmp_path)
    engine.load(adapter(1, rank=20))
    assert [a.rank for a in vllm.adapters.values()] == [8]


def test_what_cannot_be_done_is_told_with_the_way_out(url: str, base: BaseModel, vllm: StandIn, tmp_path: Path) -> None:
    refusing = VllmEngine(url, SimpleNamespace(base=base), max_rank=128, folder=tmp_path)
    with pytest.raises(AdapterError, match=r"LoRA rank .* is not supported"):
        refusing.load(adapter(1, rank=80))
    assert not list(tmp_path.glob("**/pm-*"))
    assert refusing.load(adapter(1)) in vllm.adapters  # it goes on
    nobody = VllmEngine("http://127.0.0.1:9/v1", SimpleNamespace(base=base), folder=tmp_path)
    with pytest.raises(ModelUnavailable, match=r"cannot be reached .* --enable-lora"):
        answered(nobody, Request([1], None))
    another = FastAPI()
    another.get("/v1/models")(lambda: {"data": []})
    with listening(another) as address, pytest.raises(ModelUnavailable, match="names no base model"):
        VllmEngine(f"{address}/v1", SimpleNamespace(base=base), folder=tmp_path).load(adapter(1))
    with listening(StandIn(base, takes_adapters=False).app) as address:
        fixed = VllmEngine(f"{address}/v1", SimpleNamespace(base=base), folder=tmp_path)
        with pytest.raises(ModelUnavailable, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
            fixed.load(adapter(1))
