from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.internalize import projected
from parametric_memory.internalize.efficientnet_lite import (
    FEATURES,
    EfficientNetLite0,
    as_input,
    load_efficientnet_lite0,
)
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.internalize.pictures import PictureDocument
from parametric_memory.internalize.projected import ProjectedPictures, is_projection, load_projection
from parametric_memory.training.loop import Run
from parametric_memory.training.vision import VisionTraining, label_of, labelled_pictures, train_vision
from tests.close import assert_close, close_adapters
from tests.internalize.tiny_vision import picture, save_pictures

SHORT = VisionTraining(steps=100, batch=8, learning_rate=1e-2, weight_decay=0.0, slots=8, dropout=0.0)


@pytest.fixture(scope="module")
def encoder() -> EfficientNetLite0:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = EfficientNetLite0().requires_grad_(False)
        for module in encoder.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        for _ in range(2):  # random weights say nothing before their outputs have a size
            encoder(torch.rand(8, 3, 64, 64) * 2 - 1)
        return encoder.eval()


def _published(name: str) -> str:
    """What a parameter is called in the published file: modules begin with an underscore."""
    *modules, last = name.split(".")
    return ".".join([*(part if part.isdecimal() else f"_{part}" for part in modules), last])


@pytest.fixture
def weights(encoder: EfficientNetLite0, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the published form, in the place of the one that is fetched."""
    path = tmp_path / "weights.pth"
    published = {_published(name): tensor for name, tensor in encoder.state_dict().items()}
    torch.save(published | {"_fc.weight": torch.zeros(10, FEATURES), "_fc.bias": torch.zeros(10)}, path)
    monkeypatch.setattr(projected, "fetch_image_encoder", lambda progress=True: path)
    return path


def test_published_weights_are_read_as_tensors_alone(encoder: EfficientNetLite0, weights: Path, tmp_path: Path) -> None:
    again = load_efficientnet_lite0(weights)
    pixels = as_input(picture())[None]
    assert pixels.shape == (1, 3, 224, 224) and pixels.abs().max() <= 1.01
    features = again(pixels)
    assert features.shape == (1, 49, FEATURES)
    assert_close(features, encoder(pixels))
    (tmp_path / "other.pth").write_bytes(b"nothing of the kind")
    with pytest.raises(CheckpointError, match="no weights of EfficientNet-Lite0"):
        load_efficientnet_lite0(tmp_path / "other.pth")


def test_a_projection_learns_to_say_what_is_seen_and_a_text_hypernetwork_takes_it(
    base, hypernetwork, encoder: EfficientNetLite0, weights: Path, tmp_path: Path
) -> None:
    photos = save_pictures(tmp_path / "photos", "Museums", "cello")
    told: list[str] = []
    train_vision(base, encoder, [photos], Run(tmp_path / "vision", told.append), SHORT)
    assert is_projection(tmp_path / "vision") and told[-1].endswith("accuracy 1")
    vision = load_projection(tmp_path / "vision", base)
    assert vision.projection.config.labels == ("cello", "museum")
    document = PictureDocument([picture("red", (30, 40))])
    assert vision.caption(document) == "The picture shows a museum."
    assert vision.caption(PictureDocument([picture("green", (30, 40))])) == "The picture shows a cello."

    seen = vision.see(PictureDocument(["At home.", picture("red")]))
    assert (seen.ids == -1).sum() == 8 and seen.skip == len(base.chat.before)
    text = base.chat.decode([i for i in seen.ids.tolist() if i >= 0])
    assert "At home.\n\nThe picture shows a." in text

    internalizer = HypernetworkInternalizer(base, hypernetwork, "x")
    own = internalizer.internalize_seen(vision, document).adapter
    words = internalizer.internalize_seen(vision, PictureDocument([picture("green", (30, 40))])).adapter
    assert own.factors.keys() == words.factors.keys()
    assert not close_adapters(own, words, within=1e-3)


def test_what_a_picture_says_is_read_as_the_same_words_would_be(
    base, hypernetwork, encoder: EfficientNetLite0, weights: Path, tmp_path: Path
) -> None:
    """Where the projection gives the words' own embeddings, the adapter is that of the words."""
    train_vision(base, encoder, [save_pictures(tmp_path / "p", "cello")], Run(tmp_path / "v"), SHORT)
    vision = load_projection(tmp_path / "v", base)
    ids = base.chat.encode(" cello")
    vision.projection.config = type(vision.projection.config)(vision.projection.config.hidden, len(ids))
    vision.embedded = lambda _pictures: base.model.get_input_embeddings()(torch.tensor([ids]))
    text = [*base.chat.encode("The picture shows a"), *ids, *base.chat.encode(".")]
    seen = vision.see(PictureDocument([picture()]))
    by_picture = hypernetwork.seen_factors(base.model, base.model, seen)
    by_words = hypernetwork.chunk_factors(base.model, [text], base.chat.before)
    for name, rows in by_words.rows.items():
        assert_close(by_picture.rows[name].A, rows.A)


def test_projections_of_others_and_folders_without_pictures_are_refused(
    base, encoder: EfficientNetLite0, weights: Path, tmp_path: Path
) -> None:
    with pytest.raises(DocumentError, match="a folder for each class"):
        labelled_pictures([tmp_path / "nothing"])
    with pytest.raises(SettingsError, match="has places for 1"):
        train_vision(
            base, encoder, [save_pictures(tmp_path / "a", "grand_piano")], Run(tmp_path / "v"), VisionTraining(slots=1)
        )
    train_vision(base, encoder, [save_pictures(tmp_path / "p", "cello")], Run(tmp_path / "v"), SHORT)
    config = tmp_path / "v" / "config.json"
    config.write_text(config.read_text().replace(base.fingerprint, "somebody-else"))
    with pytest.raises(CheckpointError, match="for another base model"):
        load_projection(tmp_path / "v", base)
    assert isinstance(ProjectedPictures.__doc__, str)


def test_classes_are_named_by_their_folders() -> None:
    names = ("Motorbikes", "soccer_ball", "grass", "euphonium")
    assert [label_of(name) for name in names] == ["motorbike", "soccer ball", "grass", "euphonium"]
