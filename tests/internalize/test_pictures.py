from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image
from pypdf import PdfReader, PdfWriter

from parametric_memory.errors import DocumentError
from parametric_memory.internalize import pictures as documents
from parametric_memory.internalize.pictures import (
    PictureDocument,
    check_picture,
    is_picture,
    is_scan,
    read_picture_document,
)
from tests.internalize.tiny_vision import pdf, picture, save_pictures

TURNED = {1: (40, 30), 3: (40, 30), 6: (30, 40), 8: (30, 40)}  # sizes, by what a camera notes of 40 to 30


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()


def test_pictures_are_read_from_files_bytes_and_pdfs(tmp_path: Path) -> None:
    photo = save_pictures(tmp_path, "red") / "red" / "0.png"
    assert is_picture(photo) and not is_picture("notes.txt")
    picture().save(tmp_path / "page.pdf")
    for source in (photo, photo.read_bytes(), tmp_path / "page.pdf", (tmp_path / "page.pdf").read_bytes()):
        [found] = read_picture_document(source).parts
        assert found.size in ((30, 40), (40, 30)) and found.mode == "RGB"
    with pytest.raises(DocumentError, match="holds no picture"):
        PictureDocument(["only words"])
    for name in ("none.png", "none.pdf"):
        with pytest.raises(DocumentError, match=f"{name} .*: it is not there"):
            read_picture_document(tmp_path / name)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("orientation", "size"), TURNED.items())
def test_photos_stand_upright(format: str, orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = picture("blue")
    image.paste("red", (0, 0, 40, 8))  # what is above, as the camera was held
    [found] = read_picture_document(encoded(image, format, exif=exif)).parts
    assert found.size == size
    above = {1: (20, 2), 3: (20, 27), 6: (27, 20), 8: (2, 20)}[orientation]
    red, _, blue = found.getpixel(above)
    assert red > 200 and blue < 60


def test_a_damaged_note_of_a_camera_turns_nothing() -> None:
    [found] = read_picture_document(encoded(picture(), "PNG", exif=b"Exif\0\0no TIFF header")).parts
    assert found.size == (40, 30)


def test_every_page_of_a_tiff_is_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [picture(color, (30 + n, 20)) for n, color in enumerate(("red", "green", "blue"))]
    tiff = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    found = read_picture_document(tiff).parts
    assert [(p.size, p.getpixel((0, 0))) for p in found] == [(p.size, p.getpixel((0, 0))) for p in pages]
    monkeypatch.setattr(documents, "_MOST_PAGES", 2)
    with pytest.raises(DocumentError, match=r"scan.tif has more than 2 pages: give it in several files"):
        read_picture_document(tiff, "scan.tif")


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_of_an_animated_picture_the_first_one_is_read(format: str) -> None:
    frames = [picture(color) for color in ("red", "green")]
    animated = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    [found] = read_picture_document(animated).parts
    red, green, _ = found.getpixel((0, 0))
    assert red > 200 and green < 60


def test_a_pdf_is_read_page_by_page_its_text_and_then_its_pictures(tmp_path: Path) -> None:
    path = pdf(tmp_path / "paper.pdf", "The red page.", picture("red"), picture("blue", (8, 200)), "The last page.")
    document = read_picture_document(path)
    text, shown, last = document.parts
    assert (text, last) == ("The red page.", "The last page.") and document.source == str(path)
    assert shown.size == (40, 30)  # the thin one is a line
    pdf(tmp_path / "words.pdf", "Only words.", picture("blue", (8, 200)))
    with pytest.raises(DocumentError, match="holds no picture"):
        read_picture_document(tmp_path / "words.pdf")


def test_a_pdf_without_a_way_in_is_told_in_a_line(tmp_path: Path) -> None:
    locked = PdfWriter(clone_from=PdfReader(pdf(tmp_path / "open.pdf", picture())))
    locked.encrypt("secret")
    locked.write(tmp_path / "locked.pdf")
    with pytest.raises(DocumentError, match=r"locked.pdf is locked by a password: save it without one"):
        read_picture_document(tmp_path / "locked.pdf")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(DocumentError, match=r"broken.pdf cannot be read as PDF [^\n]+\.$"):
        read_picture_document(tmp_path / "broken.pdf")


def test_a_scan_is_told_from_a_pdf_with_text_and_nothing_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = pdf(tmp_path / "scan.pdf", picture())
    texts = pdf(tmp_path / "paper.pdf", "A page.", picture())
    drawn = pdf(tmp_path / "drawn.pdf", picture("blue", (8, 200)))
    photo = save_pictures(tmp_path, "red") / "red" / "0.png"
    monkeypatch.setattr(Image.Image, "convert", None)
    monkeypatch.setattr(documents, "_upright", None)
    assert is_scan(scan) and is_scan(scan.read_bytes())
    assert not any(map(is_scan, (texts, texts.read_bytes(), drawn, photo, b"words", tmp_path / "none.txt")))
    check_picture(photo)
    for read in (is_scan, check_picture):
        monkeypatch.setattr(documents, "_MOST_PIXELS", 1000)
        with pytest.raises(DocumentError, match=r"(scan.pdf|0.png) holds pictures of more than 0 million pixels"):
            read(scan if read is is_scan else photo)


def test_a_picture_of_a_pdf_that_cannot_be_decoded_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = pdf(tmp_path / "paper.pdf", "First.", picture("red"), "Second.", picture("blue", (50, 60)))
    at = path.read_bytes().index(b"\xff\xd8\xff")
    path.write_bytes(path.read_bytes()[:at] + b"\0" * 200 + path.read_bytes()[at + 200 :])
    first, second, shown = read_picture_document(path).parts
    assert (first, second, shown.size) == ("First.", "Second.", (50, 60))
    assert "paper.pdf: a picture on page 1 is passed over, it cannot be decoded" in caplog.text
    alone = pdf(tmp_path / "scan.pdf", picture("red"))
    alone.write_bytes(alone.read_bytes().replace(b"\xff\xd8\xff", b"\0\0\0"))
    with pytest.raises(DocumentError, match=r"scan.pdf holds no picture that can be decoded: [^\n]+\.$"):
        read_picture_document(alone)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PDF"])
def test_pictures_that_would_fill_the_memory_are_refused(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(picture(size=(400, 300)), format)
    with monkeypatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 50_000)  # twice as many are a bomb
        with pytest.raises(DocumentError, match=r"big .*decompression bomb[^\n]*[^.]\.$"):
            read_picture_document(data, "big")
    monkeypatch.setattr(documents, "_MOST_PIXELS", 100_000)
    with pytest.raises(DocumentError, match=r"big holds pictures of more than 0 million pixels"):
        read_picture_document(data, "big")
