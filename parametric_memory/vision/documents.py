"""Documents that hold pictures, and how they are read from files. Knows nothing about models."""

from __future__ import annotations

import io
from collections.abc import Sequence
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
    """A picture of a file, or of its bytes.

    name: what messages call it.

    Raises:
        DocumentError: there is no such file, or it is no picture, damaged or too large.
        SettingsError: Pillow is not installed.
    """
    label = name or (str(source) if not isinstance(source, bytes) else "The input")
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise SettingsError(
            "Pictures are read through Pillow, which is not installed: pip install 'parametric-memory[pictures]', or "
            "in a checkout pip install '.[pictures]'."
        ) from error
    try:
        data = source if isinstance(source, bytes) else read_file(Path(source))
        with Image.open(io.BytesIO(data)) as picture:
            return picture.convert("RGB")
    except UnidentifiedImageError as error:
        raise DocumentError(f"{shown(label)} is no picture that can be read: its format is not known.") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = "it is not there" if isinstance(error, FileNotFoundError) else shown(error) or type(error).__name__
        raise DocumentError(f"{shown(label)} is no picture that can be read: {reason}.") from error


def read_picture_document(path: str | Path) -> PictureDocument:
    """A picture file, or a PDF with pictures: of each page its text, then its pictures.

    Raises:
        DocumentError: it cannot be read, or holds no picture.
        SettingsError: Pillow is not installed.
    """
    if Path(path).suffix.lower() != _PDF:
        return PictureDocument([read_picture(path)], str(path))
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    parts: list[str | Image] = []
    try:
        for page in PdfReader(io.BytesIO(read_file(Path(path)))).pages:
            if text := page.extract_text().strip():
                parts.append(text)
            parts += [picture.image.convert("RGB") for picture in page.images if picture.image is not None]
    except (OSError, ValueError, KeyError, ImportError, PyPdfError) as error:
        raise DocumentError(f"{path} cannot be read: {shown(error)}.") from error
    return PictureDocument(parts, str(path))
