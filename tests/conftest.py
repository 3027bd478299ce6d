from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from parametric_memory import ParametricMemory
    from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.language_model.base_model import BaseModel

os.environ["HF_HUB_OFFLINE"] = "1"  # read on import: a name that is no folder is told at once, not after retries
os.environ["PIP_NO_INDEX"] = "1"  # no test fetches the embedded models
if "PYTEST_XDIST_WORKER" in os.environ:  # read on import: workers that each take all cores are several times slower
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples at every run, and none kept beside the code.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")

PASSAGES = (
    "The old harbour was rebuilt after the storm, and the museum moved into the largest of its sheds.",
    "She wrote a long letter to her brother, who had left the town in spring and did not answer.",
    "When the train arrived, nobody was at the station but a boy who was selling newspapers.",
    "He keeps his tools in order: the saws hang on the wall, the nails lie in small boxes.",
)


_IN_MEMORY = Path("/dev/shm")
_ROOM = 2_000_000_000  # bytes; a run takes a tenth of it
_ALIGNMENT = os.environ.get("PARAMETRIC_MEMORY_TEST_ALIGNMENT")  # "odd": see `tests/alignment.py`


def pytest_configure() -> None:
    _write_to_main_memory()
    if _ALIGNMENT:
        if _ALIGNMENT != "odd":
            raise pytest.UsageError(f"PARAMETRIC_MEMORY_TEST_ALIGNMENT is {_ALIGNMENT!r}: it may be odd, or nothing.")
        from tests.alignment import use_odd_places

        use_odd_places()


def pytest_runtest_setup() -> None:
    if _ALIGNMENT:
        from tests.alignment import start_again

        start_again()


def _write_to_main_memory() -> None:
    """Tests write to main memory where Linux has such a disk: memories wait for the disk at every write.

    They write where TMPDIR or `--basetemp` says if one of them is given.
    """
    is_usual = Path(tempfile.gettempdir()) == Path("/tmp")
    if is_usual and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soaks run where `-m` names them, and nowhere else."""
    if "soak" not in config.option.markexpr:
        soaks = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=soaks)
        items[:] = [item for item in items if item not in soaks]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported stays: to look through it for garbage takes most of a second each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _remarks_are_heard() -> Iterator[None]:
    """What a command was told to keep quiet is heard again in the next test."""
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def _models_may_repeat_themselves(request: pytest.FixtureRequest) -> Iterator[None]:
    """Models of random weights soon write the same again and again. Their answers are as long as they may be, but where
    a test is marked `repetition`."""
    from parametric_memory.language_model import answer_text

    usual = answer_text._LEAST_REPEATED
    if request.node.get_closest_marker("repetition") is None:
        answer_text._LEAST_REPEATED = 10**9
    yield
    answer_text._LEAST_REPEATED = usual


@pytest.fixture(scope="session", autouse=True)
def _little_is_read_for_key_statistics() -> Iterator[None]:
    """Of the prose that untrained hypernetworks read: all of it, for every tiny model, would take minutes."""
    from parametric_memory.hypernetworks.key_value import untrained

    few = untrained.ordinary_text()[:24]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(untrained, "ordinary_text", lambda: few)
        yield


@pytest.fixture(scope="session")
def _tiny_base() -> BaseModel:
    from parametric_memory.language_model.base_model import BaseModel
    from tests.tiny_models import tiny_model, tiny_tokenizer

    tokenizer = tiny_tokenizer()
    return BaseModel(tiny_model(tokenizer), tokenizer, "tiny")


@pytest.fixture
def base(_tiny_base: BaseModel) -> Iterator[BaseModel]:
    """A tiny base model. Whatever a test does with it, afterwards it must be what it was."""
    from tests.tiny_models import assert_untouched, copy_of_tensors

    before = copy_of_tensors(_tiny_base.model)
    yield _tiny_base
    with _tiny_base.busy:  # an answer that a test withdrew may still be in a pass
        assert_untouched(_tiny_base.model, before)


@pytest.fixture(scope="session")
def _tiny_hypernetwork(_tiny_base: BaseModel) -> KeyValueHypernetwork:
    from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork

    return untrained_hypernetwork(
        _tiny_base.model, _tiny_base.chat, PASSAGES, shared_layers=(1, 2, 3), shared_rank=2, reader_rank=2
    )


@pytest.fixture
def hypernetwork(_tiny_hypernetwork: KeyValueHypernetwork) -> KeyValueHypernetwork:
    """A copy of an untrained hypernetwork for the tiny base model."""
    from copy import deepcopy

    return deepcopy(_tiny_hypernetwork)


@pytest.fixture(scope="session")
def hypernetwork_folder(
    _tiny_base: BaseModel, _tiny_hypernetwork: KeyValueHypernetwork, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    from parametric_memory.hypernetworks.checkpoint import save_key_value
    from parametric_memory.hypernetworks.record import HypernetworkRecord

    folder = tmp_path_factory.mktemp("hypernetwork")
    record = HypernetworkRecord("key-value", _tiny_base.name, _tiny_base.fingerprint)
    save_key_value(_tiny_hypernetwork, record, folder)
    return folder


@pytest.fixture
def whole_adapters(base: BaseModel, hypernetwork_folder: Path) -> Internalizer:
    """Makes the whole adapters of documents by the hypernetwork of the folder."""
    from parametric_memory.hypernetworks.checkpoint import load_hypernetwork
    from parametric_memory.internalize.internalizer import HypernetworkInternalizer, Internalized

    hypernetwork, record = load_hypernetwork(hypernetwork_folder, base.model)

    class Whole:
        fingerprint = record.fingerprint
        of_hypernetwork = HypernetworkInternalizer(base, hypernetwork, record.fingerprint)

        def internalize(self, text: str) -> Internalized:
            return self.of_hypernetwork.internalize(text)

    return Whole()


def grouped(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings by their names alone, as the constructor of a memory takes them."""
    from parametric_memory import ModelSettings, RecallSettings

    own = ("base_model", "hypernetwork", "embeddings")
    of_models = {f.name for f in fields(ModelSettings)} - {*own, "max_rank"}
    of_recall = {f.name for f in fields(RecallSettings)}
    rest = {name: value for name, value in settings.items() if name not in of_models | of_recall}
    models = {name: settings[name] for name in settings if name in of_models or name == "max_rank"}
    recall = {name: settings[name] for name in settings if name in of_recall}
    return {**rest, "models": ModelSettings(**models), "recall": RecallSettings(**recall)}


@pytest.fixture
def open_memory(
    base: BaseModel, hypernetwork_folder: Path, tmp_path: Path
) -> Iterator[Callable[..., ParametricMemory]]:
    """Opens the memory in the test's folder, each time in a new instance."""
    from parametric_memory import ParametricMemory
    from tests.bag_of_words import BagOfWords

    opened: list[ParametricMemory] = []

    def open_(folder: Path = tmp_path / "memory", **options: Any) -> ParametricMemory:
        usual = {
            "base_model": base,
            "hypernetwork": hypernetwork_folder,
            "embeddings": BagOfWords(),
            "threshold": 0.3,
        }
        opened.append(ParametricMemory(folder, **grouped({"scorer": "vectors"} | usual | options)))
        return opened[-1]

    yield open_
    for memory in opened:
        memory.close()


@pytest.fixture(scope="session")
def tiny_embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_embedder import make_tiny_embedder

    return make_tiny_embedder(tmp_path_factory.mktemp("embedder"))


@pytest.fixture
def database_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, on a server of this process."""
    from tests.postgres import fresh_database

    with fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Chroma server of this process."""
    from tests.servers import chroma_server

    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url
