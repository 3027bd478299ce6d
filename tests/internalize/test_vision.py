from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch

from langchain_parametric_memory import ParametricMemoryVectorStore
from parametric_memory import ParametricMemory
from parametric_memory.errors import CheckpointError, DocumentError, ModelUnavailable, SettingsError
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import encode_context
from parametric_memory.hypernetworks.doc_to_lora.network import ContextEncoderConfig
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.internalize.pictures import PictureDocument, read_picture_document
from parametric_memory.internalize.vision import (
    VisionLanguageModel,
    load_vision_language_model,
)
from parametric_memory.settings import ModelSettings
from tests.bag_of_words import BagOfWords
from tests.close import assert_close, close_adapters
from tests.hypernetworks.doc_to_lora.networks import config_for, trained
from tests.internalize.tiny_vision import (
    IMAGE_TOKEN,
    SEEING,
    Sees,
    pdf,
    picture,
    save_pictures,
    save_vision_language_model,
    tiny_seeing_model,
    tiny_vision_language_model,
)
from tests.tiny_models import copy_of_tensors, tiny_llama


@pytest.fixture(scope="module")
def vision() -> VisionLanguageModel:
    return tiny_vision_language_model()


def reference_features(vision: VisionLanguageModel, document: PictureDocument, layers: int) -> torch.Tensor:
    """Those of the reference: the model cut after so many layers, and all of its hidden states."""
    cut = deepcopy(vision.reader)
    cut.model.language_model.layers = cut.model.language_model.layers[:layers]
    with torch.no_grad():
        output = cut(**vision._put(document.parts), output_hidden_states=True, use_cache=False)
    return torch.stack(output.hidden_states, dim=1)


@pytest.mark.parametrize(("config", "layers"), [(ContextEncoderConfig(), 3), (ContextEncoderConfig(last_layer=3), 2)])
def test_features_of_pictures_are_those_of_the_reference(
    vision: VisionLanguageModel, config: ContextEncoderConfig, layers: int
) -> None:
    before = copy_of_tensors(vision.reader)
    document = PictureDocument(["A photo of", picture(), "and", picture("blue")])
    inputs = vision.see(document)
    features = encode_context(vision.reader, config, None, **inputs)
    expected = reference_features(vision, document, layers)
    assert features.shape == expected.shape == (1, layers + 1, inputs["input_ids"].shape[1], 24)
    assert_close(features, expected)
    assert all(torch.equal(tensor, before[name]) for name, tensor in vision.reader.state_dict().items())
    assert not vision.reader.get_decoder().layers[0]._forward_pre_hooks


@pytest.mark.parametrize("architecture", SEEING)
@pytest.mark.parametrize("layers", [3, 2])
def test_features_of_published_architectures_are_what_transformers_gives(architecture: str, layers: int) -> None:
    model, inputs = tiny_seeing_model(architecture)
    features = encode_context(model, ContextEncoderConfig(last_layer=layers + 1), None, **inputs)
    decoder = model.get_decoder()
    decoder.layers = decoder.layers[:layers]
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True, use_cache=False)
    assert_close(features, torch.stack(output.hidden_states, dim=1))


def test_every_position_of_text_and_pictures_is_read(vision: VisionLanguageModel) -> None:
    red, blue = (vision.see(PictureDocument([picture(color), "red"])) for color in ("red", "blue"))
    [ids] = red["input_ids"]
    is_picture = ids == vision.processor.tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
    assert is_picture.sum() == 4  # the tokens of one picture
    words = vision.processor.tokenizer.decode(ids[~is_picture].tolist())
    assert words == "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nred<|im_end|>\n<|im_start|>assistant\n"
    embeds = ContextEncoderConfig(kind="embed_only")
    one, other = (encode_context(vision.reader, embeds, None, **inputs)[0] for inputs in (red, blue))
    same = (one == other).all(-1)
    assert same[~is_picture].all() and not same[is_picture].all()


def test_a_perceiver_makes_adapters_of_a_text_model_out_of_pictures(base, vision: VisionLanguageModel) -> None:
    encoder = ContextEncoderConfig(model="tiny-vision", last_layer=len(base.model.model.layers))
    hypernetwork = trained(config_for(base.model, context_encoder=encoder, feature_size=24), vision.reader)
    internalizer = HypernetworkInternalizer(base, hypernetwork, "x")
    red, blue = (internalizer.internalize_seen(vision, PictureDocument([picture(c)])) for c in ("red", "blue"))
    assert red.adapter.factors.keys() == blue.adapter.factors.keys() and red.tokens > 4
    assert not close_adapters(red.adapter, blue.adapter, within=1e-3)
    wrong = trained(config_for(base.model, context_encoder=encoder, feature_size=32))
    with pytest.raises(CheckpointError, match="reads per_layer_activations features of size 32"):
        HypernetworkInternalizer(base, wrong, "x").internalize_seen(vision, PictureDocument([picture()]))


def test_pictures_are_added_found_by_their_caption_and_answered_from(
    base, vision: VisionLanguageModel, tmp_path: Path
) -> None:
    encoder = ContextEncoderConfig(model="tiny-vision", last_layer=len(base.model.model.layers))
    photos = save_pictures(tmp_path / "photos", "red")

    def caption(document: PictureDocument) -> str:
        return f"A picture of {Path(document.source).parent.name} ink."

    vision.caption = caption
    internalizer = HypernetworkInternalizer(
        base, trained(config_for(base.model, context_encoder=encoder, feature_size=24), vision.reader), "x"
    )
    with ParametricMemory(
        tmp_path / "memory",
        base_model=base,
        embeddings=BagOfWords(),
        models=ModelSettings(vision=vision, internalizer=internalizer),
    ) as memory:
        [entry] = memory.add_files(photos / "red" / "0.png")
        assert entry.source.endswith("0.png") and memory.list() == [entry]
        [recall] = memory.recall("a picture of red ink")
        assert recall.entry_id == entry.id
        (tmp_path / "note.png").write_text("no picture")
        with pytest.raises(DocumentError, match=r"note.png is no picture that can be read"):
            memory.add_files(photos / "red" / "1.png", tmp_path / "note.png")
        assert memory.list() == [entry]

        store = ParametricMemoryVectorStore(memory)
        [id] = store.add_images([photos / "red" / "1.png"], [{"camera": "a"}])
        assert {d.metadata["camera"] for d in store.similarity_search("red ink") if "camera" in d.metadata} == {"a"}
        assert memory.get(id).source.endswith("1.png")
        with pytest.raises(DocumentError, match="one each"):
            store.add_images([photos / "red" / "1.png"], ids=["a", "b"])


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with a note, and PDFs of words, of words and a picture, and of a scanned page."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "note.txt").write_text("Lina lives in Bergen.")
    pdf(folder / "paper.pdf", "The heron is red.", picture("red"))
    pdf(folder / "words.pdf", "The cello is blue.")
    pdf(folder / "scan.pdf", picture("blue"))
    return folder


def test_where_pictures_are_read_a_scan_is_and_a_pdf_with_text_stays_one(base, open_memory, papers: Path) -> None:
    vision = Sees(base)
    internalizer = HypernetworkInternalizer(base, trained(config_for(base.model)), "x")
    memory = open_memory(vision=vision, internalizer=internalizer)
    entries = memory.add_files(papers)
    assert [Path(entry.source).name for entry in entries] == ["scan.pdf", "note.txt", "paper.pdf", "words.pdf"]
    assert vision.seen == [[(40, 30)]]
    assert [memory.history(entry.id).text for entry in entries[2:]] == [
        "The heron is red.",
        "The cello is blue.",
    ]
    assert memory.add_files(papers / "paper.pdf") == [memory.get(entries[2].id)]
    assert memory.add(read_picture_document((papers / "scan.pdf").read_bytes())).summary == "This is a page."
    (papers / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(DocumentError, match=r"broken.pdf cannot be read as PDF"):
        memory.add_files(papers)
    assert len(memory.list()) == 5


def test_where_none_are_read_a_pdf_is_its_text(open_memory, papers: Path) -> None:
    memory = open_memory()
    with pytest.raises(DocumentError, match=r"scan.pdf is a PDF without text, .* run text recognition"):
        memory.add_files(papers)
    assert memory.list() == []
    [paper] = memory.add_files(papers / "paper.pdf")
    assert memory.history(paper.id).text == "The heron is red."


@pytest.mark.parametrize("named", [None, "a model that is nowhere"])
def test_models_that_read_texts_only_refuse_a_picture_and_say_what_to_do(
    open_memory, tmp_path: Path, named: str | None
) -> None:
    photo = save_pictures(tmp_path / "photos", "red") / "red" / "0.png"
    memory = open_memory(vision=named)
    with pytest.raises(SettingsError, match=r"read texts only: add a text .* \(--hypernetwork, --vision\)"):
        memory.add_files(photo)
    with pytest.raises(SettingsError, match="read texts only: add a text"):
        memory.add(read_picture_document(photo))
    assert memory.list() == []


def test_a_model_without_vision_is_named(base, hypernetwork, vision: VisionLanguageModel, tmp_path: Path) -> None:
    tiny_llama().save_pretrained(tmp_path / "text")
    with pytest.raises(ModelUnavailable, match=r"text reads no pictures, or cannot be loaded"):
        load_vision_language_model(str(tmp_path / "text"))
    with pytest.raises(SettingsError, match="A key-value hypernetwork reads texts only"):
        HypernetworkInternalizer(base, hypernetwork, "x").internalize_seen(vision, PictureDocument([picture()]))


def test_a_vision_language_model_is_loaded_from_its_folder(vision: VisionLanguageModel, tmp_path: Path) -> None:
    again = load_vision_language_model(str(save_vision_language_model(tmp_path / "model")))
    document = PictureDocument([picture()])
    embeds = ContextEncoderConfig(kind="embed_only")
    assert_close(*(encode_context(each.reader, embeds, None, **each.see(document)) for each in (again, vision)))


def test_captions_are_written_by_the_model_that_reads(vision: VisionLanguageModel) -> None:
    own = VisionLanguageModel(vision.reader, vision.processor, "tiny")
    assert isinstance(own.caption(PictureDocument([picture()])), str)
