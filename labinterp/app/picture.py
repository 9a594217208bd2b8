"""The picture of a page with marks on what was read, and single lines cut out of it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import pandas as pd
from PIL import Image, UnidentifiedImageError

from labinterp.app.html import esc
from labinterp.app.session import Document, one_reader

SCALE = 1.6  # pixels for one point: sharp enough to read, about 200 kB a page


@dataclass(frozen=True)
class Sheet:
    """One page as a picture, with the size in which the boxes of its rows are given."""

    image: Image.Image
    width: float
    height: float


def sheet_of(document: Document, page: int) -> Sheet | None:
    """Draw page `page` (from 1); None where the document has no pages to show."""
    if document.data[:1024].find(b"%PDF-") >= 0:
        return _pdf_sheet(document.data, page)
    if document.report.format in ("image", "png", "jpeg", "jpg", "tiff", "webp"):
        return _image_sheet(document.data, page)
    return None


def _pdf_sheet(data: bytes, page: int) -> Sheet | None:
    import pypdfium2 as pdfium

    with one_reader:
        pdf = pdfium.PdfDocument(data)
        try:
            if page > len(pdf):
                return None
            leaf = pdf[page - 1]
            width, height = leaf.get_size()
            image = leaf.render(scale=SCALE).to_pil().convert("RGB")
            leaf.close()
        finally:
            pdf.close()
    return Sheet(image, width, height)


def _image_sheet(data: bytes, page: int) -> Sheet | None:
    try:
        file = Image.open(io.BytesIO(data))
        file.seek(page - 1)
    except (UnidentifiedImageError, EOFError, OSError):
        return None
    width, height = file.size
    image = file.convert("RGB")
    image.thumbnail((1400, 2000))
    return Sheet(image, float(width), float(height))


def page_html(sheet: Sheet, marks: list[tuple[str, Any]], what: str) -> str:
    """The page with its marks. `marks` are (class, row) pairs: `read`, `ask` or `note`. The list beside it is the path for the keyboard."""
    spots = "".join(f'<i class="{kind}" style="{_spot(sheet, row)}"></i>' for kind, row in marks if not pd.isna(row["top"]))
    return f'<div class="sheet"><img src="{_uri(sheet.image)}" alt="{esc(what)}">{spots}</div>'


def cut_html(sheet: Sheet, row: Any) -> str:
    """One line cut out of the page."""
    if pd.isna(row["top"]) or pd.isna(row["x0"]):
        return ""
    x, y = sheet.image.width / sheet.width, sheet.image.height / sheet.height
    box = (
        max(0, row["x0"] * x - 8),
        max(0, row["top"] * y - 5),
        min(sheet.image.width, row["x1"] * x + 8),
        min(sheet.image.height, row["bottom"] * y + 5),
    )
    if box[2] <= box[0] or box[3] <= box[1]:
        return ""
    line = sheet.image.crop(tuple(round(edge) for edge in box))
    return f'<div class="cut"><img src="{_uri(line)}" alt="The line as it stands on the page: {esc(row["text"])}"></div>'


def _spot(sheet: Sheet, row: Any) -> str:
    left, right = max(0.0, row["x0"] - 6), min(sheet.width, row["x1"] + 6)
    top, bottom = row["top"] - 1.5, row["bottom"] + 1.5
    return (
        f"left:{100 * left / sheet.width:.2f}%;top:{100 * top / sheet.height:.2f}%;"
        f"width:{100 * (right - left) / sheet.width:.2f}%;height:{100 * (bottom - top) / sheet.height:.2f}%"
    )


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.quantize(64).save(buffer, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
