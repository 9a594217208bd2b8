"""A page of a document as a picture, for people who compare what was read with the paper."""

from __future__ import annotations

from dataclasses import dataclass

from labinterp.errors import ReadError
from labinterp.readers import image, pdf
from labinterp.readers.limits import limits

SCALE = 1.6
"""Pixels for one point: sharp enough to read, about 200 kB a page."""
LARGEST = (1400, 2000)
"""Pixels of a drawn photograph; a page of a PDF is drawn smaller where it would have more than these together hold."""


@dataclass(frozen=True)
class Drawing:
    """One page: `pixels` are RGB, three bytes each; `points` is its size in the units of the boxes of rows, None where they do not fit."""

    pixels: bytes
    size: tuple[int, int]
    points: tuple[float, float] | None


def draw(data: bytes, page: int, name: str = "document") -> Drawing | None:
    """Draw page `page` (from 1); None where the document has no such page. Raises `ReadError` where it is damaged or too large."""
    if pdf.identify(data[:1024], name):
        return _of_pdf(data, page, name)
    if image.identify(data[:64], name):
        return _of_picture(data, page, name)
    return None


def _of_pdf(data: bytes, page: int, name: str) -> Drawing | None:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
        try:
            if not 0 < page <= len(document):
                return None
            leaf = document[page - 1]
            pdf.refuse_large_pictures(leaf, page, name)
            width, height = leaf.get_size()
            room = (LARGEST[0] * LARGEST[1] / max(width * height, 1.0)) ** 0.5
            picture = leaf.render(scale=min(SCALE, room)).to_pil().convert("RGB")
            leaf.close()
        finally:
            document.close()
    except pdfium.PdfiumError:
        raise ReadError(f"{name}: page {page} cannot be drawn") from None
    return Drawing(picture.tobytes(), picture.size, (width, height))


def _of_picture(data: bytes, page: int, name: str) -> Drawing | None:
    if len(data) > limits().picture_size:
        raise ReadError(f"{name}: the picture has {len(data) >> 20} MB; the limit is {limits().picture_size >> 20} MB")
    with image.opened(data, name) as picture:
        if not 0 < page <= image.frames_of(picture, name):
            return None
        drawn = image.frame(picture, page, name)
    drawn.thumbnail(LARGEST)
    return Drawing(drawn.tobytes(), drawn.size, None)  # it was turned and scaled while it was read: its boxes fit no picture we have
