"""Documents that hold pictures, and how they are read from files. Knows nothing about models."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files.durable import read_file
from parametric_memory.files.json_objects import shown

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_PDF = ".pdf"
_MOST_PAGES = 64  # of a TIFF
_MOST_PIXELS = 500_000_000  # of all pictures of a document, which are 1.5 GB
_LEAST_SIDE = 16  # pixels of a picture in a PDF; what is smaller is a line, a dot or a mark


@dataclass(frozen=True, eq=False)
class PictureDocument:
    """Texts and pictures in their order, at least one of them a picture.

    Attributes:
        parts: pictures are RGB.
        source: where it came from.
    """

    parts: Sequence[str | Image]
    source: str | None = None

    def __post_init__(self) -> None:
        if all(isinstance(part, str) for part in self.parts):
            raise DocumentError(f"{self.source or 'The document'} holds no picture: add it as a text.")

    @property
    def pictures(self) -> list[Image]:
        return [part for part in self.parts if not isinstance(part, str)]


def is_picture(path: str | Path) -> bool:
    """Whether a file is one by its name."""
    return Path(path).suffix.lower() in SUFFIXES


def read_picture(source: str | Path | bytes, name: str | None = None) -> Image:
    """A picture of a file, or of its bytes, upright: turned as its camera noted (EXIF).

    Of several pages it is the first, of an animated picture what it begins with.

    name: what messages call it.

    Raises:
        DocumentError: there is no such file, or it is no picture, damaged or too large.
        SettingsError: Pillow is not installed.
    """
    return next(_pages(source, name))


def read_picture_document(source: str | Path | bytes, name: str | None = None) -> PictureDocument:
    """A picture file, or a PDF with pictures, or the bytes of one.

    Of a TIFF every page is a picture, of other files the first one alone, as of an animated GIF. Of a PDF it is of each
    page its text, then the pictures that are embedded in it: pages are not rendered, and what is drawn of lines and
    areas is no picture.

    name: what messages call bytes.

    Raises:
        DocumentError: it cannot be read, or holds no picture.
        SettingsError: Pillow is not installed.
    """
    path = None if isinstance(source, bytes) else str(source)
    if is_pdf(source):
        return PictureDocument(_pdf_parts(source, path or name or "The input"), path)
    pages: list[Image] = []
    for page in _pages(source, name):
        pages.append(page)
        _check_pixels(pages, path or name or "The input")
    return PictureDocument(pages, path)


def read_pdf_with_pictures(source: str | Path | bytes) -> PictureDocument | None:
    """A PDF, or its bytes, as `read_picture_document` reads it; None: it holds no picture.

    Raises:
        DocumentError: it cannot be read.
        SettingsError: Pillow is not installed.
    """
    path = None if isinstance(source, bytes) else str(source)
    parts = _pdf_parts(source, path or "The input")
    return None if all(isinstance(part, str) for part in parts) else PictureDocument(parts, path)


def is_pdf(source: str | Path | bytes) -> bool:
    """Whether a file is one by its name, or its bytes are by their beginning."""
    if isinstance(source, bytes):
        return source.lstrip()[:5] == b"%PDF-"
    return Path(source).suffix.lower() == _PDF


def _pages(source: str | Path | bytes, name: str | None) -> Iterator[Image]:
    """The pages of a TIFF; of another picture the first one alone. Raises as `read_picture` does."""
    label = name or (str(source) if not isinstance(source, bytes) else "The input")
    _check_pillow()
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        data = source if isinstance(source, bytes) else read_file(Path(source))
        with Image.open(io.BytesIO(data)) as picture:
            for number, page in enumerate(ImageSequence.Iterator(picture)):
                if number == _MOST_PAGES:
                    raise DocumentError(f"{shown(label)} has more than {_MOST_PAGES} pages: give it in several files.")
                yield _upright(page).convert("RGB")
                if picture.format != "TIFF":
                    return
    except DocumentError:
        raise
    except UnidentifiedImageError as error:
        raise DocumentError(f"{shown(label)} is no picture that can be read: its format is not known.") from error
    except Exception as error:  # Pillow raises whatever a damaged file leads it into
        raise DocumentError(f"{shown(label)} is no picture that can be read: {_reason(error)}.") from error


def _upright(picture: Image) -> Image:
    """Turned as its camera noted; as it stands where that note is damaged."""
    from PIL.ImageOps import exif_transpose

    picture.load()
    try:
        return exif_transpose(picture)
    except Exception:  # Pillow raises whatever a damaged note leads it into
        return picture


def _pdf_parts(source: str | Path | bytes, label: str) -> list[str | Image]:
    """Of each page of a PDF its text, then its pictures; raises as `read_picture_document` does."""
    from pypdf import PdfReader

    _check_pillow()
    parts: list[str | Image] = []
    pictures: list[Image] = []
    try:
        data = source if isinstance(source, bytes) else read_file(Path(source))
        with _quiet():
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted and not reader.decrypt(""):
                raise DocumentError(f"{shown(label)} is locked by a password: save it without one.")
            for page in reader.pages:
                if text := page.extract_text().strip():
                    parts.append(text)
                for found in page.images:
                    if found.image is not None and min(found.image.size) >= _LEAST_SIDE:
                        pictures.append(found.image.convert("RGB"))
                        parts.append(pictures[-1])
                        _check_pixels(pictures, label)
    except DocumentError:
        raise
    except Exception as error:  # pypdf raises whatever a damaged file leads it into
        raise DocumentError(f"{shown(label)} cannot be read with its pictures: {_reason(error)}.") from error
    return parts


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    return shown(error).rstrip(".") or type(error).__name__


def _check_pixels(pictures: Sequence[Image], label: str) -> None:
    """Raises DocumentError: they are too many for memory, as a file that was made to fill it may hold."""
    if sum(picture.width * picture.height for picture in pictures) > _MOST_PIXELS:
        raise DocumentError(
            f"{shown(label)} holds pictures of more than {_MOST_PIXELS // 1_000_000} million pixels: make them "
            "smaller, or give it in several files."
        )


def _check_pillow() -> None:
    """Raises SettingsError: Pillow is not installed."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            "Pictures are read through Pillow, which is not installed: pip install 'parametric-memory[pictures]', or "
            "in a checkout pip install '.[pictures]'."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No remarks of pypdf about what it puts up with."""
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
