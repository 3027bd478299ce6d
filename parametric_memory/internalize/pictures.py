"""Documents with pictures, and reading them from files. Knows nothing about models."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.documents.formats import is_pdf, opened_pdf
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files import open_file, shown

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdf import PageObject

logger = logging.getLogger(__name__)

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_MOST_PAGES = 64  # of a TIFF
_MOST_PIXELS = 500_000_000  # of all pictures of a document: 1.5 GB
_LEAST_SIDE = 16  # pixels of a picture in a PDF; smaller ones are lines, dots or marks


@dataclass(frozen=True, eq=False)
class PictureDocument:
    """Texts and pictures in order, at least one picture."""

    parts: Sequence[str | Image]  # pictures are RGB
    source: str | None = None
    description: str | None = None  # a text for the index; None: the model that reads the document describes it

    def __post_init__(self) -> None:
        if all(isinstance(part, str) for part in self.parts):
            raise DocumentError(f"{self.source or 'The document'} holds no picture: add it as a text.")


def is_picture(path: str | Path) -> bool:
    """Whether a file is a picture by its name."""
    return Path(path).suffix.lower() in SUFFIXES


def read_picture_document(source: str | Path | bytes, name: str | None = None) -> PictureDocument:
    """Reads a picture file, or a PDF with pictures, or the bytes of one.

    A TIFF gives all pages, another file its first one. A PDF gives for each page its text, then its embedded pictures;
    one that cannot be decoded is skipped with a warning. Pages are not rendered, so drawings are no pictures.

    name: of bytes, for messages.

    Raises DocumentError: it cannot be read, or has no picture that can be decoded; SettingsError: Pillow is not
    installed.
    """
    path = None if isinstance(source, bytes) else str(source)
    with _named(source, name):
        data = _content(source)
        parts = _pdf_parts(data, path or name) if is_pdf(Path(path or "").suffix, data) else [*_pages(data)]
    return PictureDocument(parts, path)


def check_picture(source: str | Path) -> None:
    """Checks a picture file without decoding it. Raises as `read_picture_document`."""
    with _named(source):
        for _ in _pages(_content(source), decoded=False):
            pass


def is_scan(source: str | Path | bytes) -> bool:
    """Whether a file, or bytes, are a PDF with pictures and no text. Decodes no picture.

    Raises DocumentError: a PDF cannot be read, or its pictures are too large.
    """
    if not (is_pdf("", source) if isinstance(source, bytes) else is_pdf(Path(source).suffix)):
        return False
    pixels = 0
    with _named(source), opened_pdf(_content(source)) as reader:
        if any(page.extract_text().strip() for page in reader.pages):
            return False
        for page in reader.pages:
            for width, height in _sizes(page):
                if min(width, height) >= _LEAST_SIDE:
                    pixels = _checked(pixels + width * height)
    return pixels > 0


@contextmanager
def _named(source: str | Path | bytes, name: str | None = None) -> Iterator[None]:
    """Puts the name of a file before the message of a DocumentError."""
    try:
        yield
    except DocumentError as error:
        label = name or ("The input" if isinstance(source, bytes) else str(source))
        raise DocumentError(f"{shown(label)} {error}.") from error


def _content(source: str | Path | bytes) -> bytes:
    """Raises DocumentError."""
    if isinstance(source, bytes):
        return source
    try:
        with open_file(Path(source)) as file:
            return file.read()
    except OSError as error:
        raise DocumentError(f"cannot be read: {_reason(error)}") from error


def _pages(data: bytes, *, decoded: bool = True) -> Iterator[Image]:
    """The pages of a TIFF, or the first one of another picture. Raises as `read_picture_document`.

    decoded: False: only for their sizes.
    """
    _check_pillow()
    from PIL import Image, ImageSequence, UnidentifiedImageError

    pixels = 0
    try:
        with Image.open(io.BytesIO(data)) as picture:
            for number, page in enumerate(ImageSequence.Iterator(picture)):
                if number == _MOST_PAGES:
                    raise DocumentError(f"has more than {_MOST_PAGES} pages: give it in several files")
                pixels = _checked(pixels + page.width * page.height)
                yield _upright(page).convert("RGB") if decoded else page
                if picture.format != "TIFF":
                    return
    except DocumentError:
        raise
    except UnidentifiedImageError as error:
        raise DocumentError("is no picture that can be read: its format is not known") from error
    except Exception as error:  # Pillow raises errors of any type for damaged data
        raise DocumentError(f"is no picture that can be read: {_reason(error)}") from error


def _upright(picture: Image) -> Image:
    """Turned by its EXIF orientation, if that can be read."""
    from PIL.ImageOps import exif_transpose

    picture.load()
    try:
        return exif_transpose(picture)
    except Exception:  # Pillow raises errors of any type for damaged data
        return picture


def _pdf_parts(data: bytes, name: str | None) -> list[str | Image]:
    """The text and then the pictures of each page of a PDF. Raises as `read_picture_document`."""
    _check_pillow()
    parts: list[str | Image] = []
    pixels, failed = 0, ""
    with opened_pdf(data) as reader:
        for number, page in enumerate(reader.pages, 1):
            if text := page.extract_text().strip():
                parts.append(text)
            for key in page.images.keys():  # noqa: SIM118 -- it is no mapping
                try:
                    picture = page.images[key].image
                    if picture is None or min(picture.size) < _LEAST_SIDE:  # a line or a dot
                        continue
                    picture = picture.convert("RGB")
                except Exception as error:  # pypdf and Pillow raise errors of any type for damaged data
                    failed = _reason(error)
                    told = "%s: a picture on page %d is passed over, it cannot be decoded (%s)."
                    logger.warning(told, shown(name or "The input"), number, failed)
                    continue
                pixels = _checked(pixels + picture.width * picture.height)
                parts.append(picture)
    if failed and not pixels:
        raise DocumentError(f"holds no picture that can be decoded: {failed}")
    return parts


def _sizes(page: PageObject) -> Iterator[tuple[int, int]]:
    """Width and height in pixels of the pictures of a page, as the file says."""
    for key in page.images.keys():  # noqa: SIM118 -- it is no mapping
        names = [key] if isinstance(key, str) else key
        if names[0].startswith("~"):  # an inline image, which is small
            picture = page.images[key].image
            yield picture.size if picture is not None else (0, 0)
            continue
        inside: Any = page
        for name in names:
            inside = inside["/Resources"]["/XObject"][name]
        yield int(inside["/Width"]), int(inside["/Height"])


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    return shown(error).rstrip(".") or type(error).__name__


def _checked(pixels: int) -> int:
    """Returns the pixels of a document so far. Raises DocumentError: too many for memory."""
    if pixels > _MOST_PIXELS:
        raise DocumentError(
            f"holds pictures of more than {_MOST_PIXELS // 1_000_000} million pixels: make them smaller, or give it "
            "in several files"
        )
    return pixels


def _check_pillow() -> None:
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            "Pictures are read through Pillow, which is not installed: pip install 'parametric-memory[pictures]', or "
            "in a checkout pip install '.[pictures]'."
        ) from error
