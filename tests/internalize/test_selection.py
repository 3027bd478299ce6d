from __future__ import annotations

import copy
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from parametric_memory import ParametricMemory
from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import CheckpointError, MemoryMismatch
from parametric_memory.fetching.embedded import BASE_MODEL, EMBEDDER, is_complete
from parametric_memory.hypernetworks import checkpoint
from parametric_memory.hypernetworks.checkpoint import save_key_value, save_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import ContextEncoderConfig, PerceiverConfig
from parametric_memory.hypernetworks.key_value import untrained
from parametric_memory.hypernetworks.record import HypernetworkRecord, read_record
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.internalize.pictures import PictureDocument
from parametric_memory.internalize.selection import EMBEDDED_BASE_MODEL, UNTRAINED, Models, shipped_hypernetwork
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.recall.calibration import Calibration
from parametric_memory.settings import ModelSettings
from tests.bag_of_words import BagOfWords
from tests.hypernetworks.doc_to_lora.networks import config_for, trained
from tests.internalize.tiny_vision import picture, save_vision_language_model
from tests.tiny_models import tiny_model


class Nothing:
    """An internalizer that remembers nothing."""

    fingerprint = "nothing"

    def internalize(self, text: str) -> Internalized:
        return Internalized(Adapter({}), tokens=1, chunks=1)


def models_of(base_model: object, hypernetwork: Path | None = None, **settings: Any) -> Models:
    return Models(ModelSettings(base_model=base_model, hypernetwork=hypernetwork, **settings))


def test_what_the_caller_holds_is_used_as_it_is(base) -> None:
    embeddings, internalizer = BagOfWords(), Nothing()
    models = models_of(base, internalizer=internalizer, embeddings=embeddings)
    assert models.base is base
    assert models.embeddings is embeddings
    assert models.internalizer is internalizer
    assert models.hypernetwork_name == "Nothing"
    assert models.calibration == ({}, None)


def test_a_folder_with_its_name_is_not_the_embedded_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / EMBEDDED_BASE_MODEL).mkdir()
    monkeypatch.chdir(tmp_path)
    assert models_of(EMBEDDED_BASE_MODEL).takes_embedded_base
    assert not models_of(f"./{EMBEDDED_BASE_MODEL}").takes_embedded_base


def test_a_rank_budget_reaches_either_hypernetwork(base, hypernetwork_folder: Path) -> None:
    text = " ".join(f"Room {10**n} of the museum is kept by Tomas Brandt, who is {'very ' * n}old." for n in range(12))
    whole = models_of(base, hypernetwork_folder).internalizer.internalize(text)
    small = models_of(base, hypernetwork_folder, max_rank=5).internalizer.internalize(text)
    untrained = models_of(base, max_rank=5).internalizer.internalize(text)
    assert small.adapter.rank == untrained.adapter.rank == 5 < whole.adapter.rank


def test_a_folder_is_loaded_once(base, hypernetwork_folder: Path) -> None:
    models = models_of(base, hypernetwork_folder)
    assert models.internalizer is models.internalizer
    assert models.hypernetwork_name == str(hypernetwork_folder)


def test_a_hypernetwork_of_another_base_model_is_refused_by_name(base, hypernetwork_folder: Path) -> None:
    other = BaseModel(tiny_model(base.tokenizer, seed=5), base.tokenizer, "another")
    with pytest.raises(CheckpointError, match=r"trained for tiny .* not for another"):
        _ = models_of(other, hypernetwork_folder).internalizer


def test_a_folder_that_is_no_hypernetwork_is_refused(base, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no hypernetwork folder"):
        _ = models_of(base, tmp_path).internalizer


def test_a_base_model_without_a_trained_hypernetwork_gets_untrained_rows_and_is_told_so(
    base, caplog: pytest.LogCaptureFixture
) -> None:
    models = models_of(base)
    with caplog.at_level(logging.WARNING):
        adapter = models.internalizer.internalize("Lina Okafor lives in Bergen.").adapter
    assert adapter.rank > 0
    assert models.hypernetwork_name == UNTRAINED
    assert base.fingerprint in models.internalizer.fingerprint
    assert "train d2l" in caplog.text


def test_what_made_a_memory_is_known_without_making_it_again(
    base, hypernetwork_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args, **_options):
        raise AssertionError("it takes long")

    loaded = models_of(base, hypernetwork_folder)
    assert loaded.internalizer.fingerprint == loaded.internalizer_fingerprint
    monkeypatch.setattr(untrained, "untrained_hypernetwork", never)
    monkeypatch.setattr(checkpoint, "load_hypernetwork", never)
    for models in (
        models_of(base),
        models_of(base, hypernetwork_folder),
    ):
        assert models.question("Where?") == base.chat.question("Where?")
    assert models_of(base).internalizer_fingerprint == f"untrained:{base.fingerprint}"
    assert models_of(base, hypernetwork_folder).internalizer_fingerprint == loaded.internalizer_fingerprint


def test_a_question_under_an_adapter_is_asked_as_its_hypernetwork_was_trained_to_be_asked(
    base, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    bare = base.chat.question("Where?")
    assert models_of(base, hypernetwork_folder).question("Where?") == bare
    assert models_of(base, internalizer=Nothing()).question("Where?") == bare
    config = PerceiverConfig.for_model(base.model, "tiny", latent_size=8, latents=3, blocks=1, rank=2)
    save_perceiver(PerceiverHypernetwork(config), tmp_path)
    assert base.chat.decode(models_of(base, tmp_path).question("Where?")).startswith("system\n\nuser\nWhere?")


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a vision-language model."""
    return save_vision_language_model(tmp_path_factory.mktemp("seeing"))


def reading_with(base: BaseModel, reader: Path, folder: Path, feature_size: int = 24) -> Path:
    """The folder of a Perceiver whose documents another model reads."""
    encoder = ContextEncoderConfig(model=str(reader), last_layer=len(base.model.model.layers))
    save_perceiver(trained(config_for(base.model, context_encoder=encoder, feature_size=feature_size)), folder)
    return folder


def test_a_model_that_reads_both_documents_and_pictures_is_loaded_once(base, seeing: Path, tmp_path: Path) -> None:
    perceiver = reading_with(base, seeing, tmp_path / "perceiver")
    for named in (None, str(seeing), seeing / ".." / seeing.name):
        models = models_of(base, perceiver, vision=named)
        assert models.reads_pictures and models.vision.reader is models.internalizer.hypernetwork.reader
        made = models.internalizer.internalize_seen(models.vision, PictureDocument([picture()]))
        assert made.adapter.rank > 0
    other = shutil.copytree(seeing, tmp_path / "other")
    models = models_of(base, perceiver, vision=other)
    assert models.vision.name == str(other) and models.vision.reader is not models.internalizer.hypernetwork.reader


def test_whether_pictures_are_read_is_known_without_loading_what_reads_none(
    base, hypernetwork_folder: Path, seeing: Path, tmp_path: Path
) -> None:
    for models, reads in (
        (models_of(base, hypernetwork_folder), False),
        (models_of(base, internalizer=Nothing()), False),
        (models_of(base, hypernetwork_folder, vision=seeing), True),
    ):
        assert models.reads_pictures is reads
        assert not {"internalizer", "vision"} & vars(models).keys()
    tiny_model(base.tokenizer).save_pretrained(tmp_path / "reader")
    base.tokenizer.save_pretrained(tmp_path / "reader")
    assert not models_of(base, reading_with(base, tmp_path / "reader", tmp_path / "perceiver", 32)).reads_pictures


def test_thresholds_come_from_the_hypernetworks_record(base, hypernetwork, tmp_path: Path) -> None:
    record = HypernetworkRecord("key-value", "tiny", base.fingerprint, calibration={"threshold": 0.42})
    save_key_value(hypernetwork, record, tmp_path)
    assert Calibration.of(*models_of(base, tmp_path).calibration) == Calibration(threshold=0.42)


def test_a_setting_that_recall_does_not_have_is_told_of_with_its_folder(base, hypernetwork, tmp_path: Path) -> None:
    record = HypernetworkRecord("key-value", "tiny", base.fingerprint, calibration={"treshold": 0.42})
    save_key_value(hypernetwork, record, tmp_path)
    with pytest.raises(CheckpointError, match=rf"{tmp_path.name}: its calibration cannot be used: treshold"):
        Calibration.of(*models_of(base, tmp_path).calibration)


def test_no_hypernetwork_ships_for_a_model_that_nobody_knows() -> None:
    assert shipped_hypernetwork(base_fingerprint="0" * 16) is None
    assert shipped_hypernetwork(base_model="nobody's") is None


def test_thresholds_of_the_embedded_model_are_known_before_it_is_loaded() -> None:
    models = Models()
    assert 0 < Calibration.of(*models.calibration).threshold < 1
    assert "base" not in vars(models)


def test_a_hypernetwork_that_was_replaced_since_a_memory_knew_it_is_refused(
    base, hypernetwork, hypernetwork_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(hypernetwork_folder, folder)
    models = models_of(base, folder)
    assert models.internalizer_fingerprint
    retrained = copy.deepcopy(hypernetwork)
    with torch.no_grad():
        next(retrained.parameters()).add_(1.0)
    save_key_value(retrained, read_record(folder), folder)
    with pytest.raises(CheckpointError, match="was replaced while"):
        _ = models.internalizer
    assert models_of(base, folder).internalizer


def test_the_shipped_weights_are_found_by_the_name_of_their_base_model_and_say_how_to_recall() -> None:
    folder = shipped_hypernetwork(base_model=EMBEDDED_BASE_MODEL)
    assert folder is not None
    record = read_record(folder)
    assert shipped_hypernetwork(base_fingerprint=record.base_fingerprint) == folder
    assert record.calibration.keys() >= {"threshold", "max_passages", "passage_temperature", "alternatives", "answers"}


def for_other_weights(base: BaseModel, hypernetwork, folder: Path) -> Path:
    """A hypernetwork that was trained with other weights of the base model."""
    record = HypernetworkRecord("key-value", "tiny in 4 bits", "of the copy", base_signature=base.signature)
    save_key_value(hypernetwork, record, folder)
    return folder


def test_other_weights_of_a_hypernetworks_base_model_get_it_and_one_warning(
    base, hypernetwork, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = models_of(base, for_other_weights(base, hypernetwork, tmp_path))
    with caplog.at_level(logging.WARNING):
        assert models.internalizer.internalize("Lina Okafor lives in Bergen.").adapter.rank > 0
    [told] = caplog.messages
    assert "trained and measured with tiny in 4 bits (of the copy). tiny (" in told and "was not measured" in told
    assert not models.measured


def test_of_the_weights_that_a_hypernetwork_was_measured_with_nothing_is_told(
    base, hypernetwork_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = models_of(base, hypernetwork_folder)
    with caplog.at_level(logging.WARNING):
        assert models.internalizer
    assert models.measured and not caplog.messages
    assert models_of(base, internalizer=Nothing()).measured


def test_the_shipped_weights_are_found_by_the_signature_of_their_base_model() -> None:
    folder = shipped_hypernetwork(base_model=EMBEDDED_BASE_MODEL)
    assert folder is not None
    assert shipped_hypernetwork(base_signature=read_record(folder).base_signature) == folder
    assert shipped_hypernetwork(base_signature="0" * 16) is None


@pytest.mark.slow
def test_the_published_base_model_gets_the_shipped_hypernetwork_and_a_memory_of_the_copy_does_not_open_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Weights that differ a little stand for those that the authors publish, which a 4-bit copy differs from."""
    if not is_complete(BASE_MODEL) or not is_complete(EMBEDDER):
        pytest.skip("the embedded models are not here")
    embedded = Models().base
    published = BaseModel(copy.deepcopy(embedded.model), embedded.tokenizer, "published")
    with torch.no_grad():
        for parameter in published.model.parameters():
            parameter.mul_(1.01)
    assert published.fingerprint != embedded.fingerprint
    models = models_of(published)
    with caplog.at_level(logging.WARNING):
        assert models.internalizer_fingerprint == models_of(embedded).internalizer_fingerprint
    [told] = caplog.messages
    assert "SmolLM2-135M-Instruct (a 4-bit copy" in told and "was not measured" in told
    assert models.calibration == Models().calibration

    with ParametricMemory(tmp_path, base_model=embedded) as memory:
        memory.add("Lina Okafor moved to Bergen in 2021.")
    with ParametricMemory(tmp_path, base_model=published) as memory, pytest.raises(MemoryMismatch, match="base model"):
        memory.ask("Which city did Lina Okafor move to?")
