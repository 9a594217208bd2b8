"""The picture of a page with marks on what was read, and single lines cut out of it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from labinterp.app.markup import esc
from labinterp.app.session import Document
from labinterp.app.speech import say
from labinterp.errors import ReadError
from labinterp.readers.guarded import shared

DARK = 160  # of 255: darker than this is ink


@dataclass(frozen=True)
class Sheet:
    """One page as a picture. `width` and `height` are the page in the units of its rows' boxes; None where they are not known."""

    image: Image.Image
    width: float | None
    height: float | None

    @property
    def size(self) -> tuple[float, float] | None:
        """Width and height where boxes can be placed on the picture."""
        return None if self.width is None or self.height is None else (self.width, self.height)


def sheet_of(document: Document, page: int) -> Sheet | None:
    """Draw page `page` (from 1), in the process that reads documents; None where there is no page, or it cannot be drawn."""
    if document.report.format not in ("pdf", "image"):
        return None
    try:
        drawing = shared().draw(document.data, page, name=document.name)
    except ReadError:
        return None
    if drawing is None:
        return None
    return Sheet(Image.frombytes("RGB", drawing.size, drawing.pixels), *(drawing.points or (None, None)))


def page_html(sheet: Sheet, marks: list[tuple[str, Any]], what: str) -> str:
    """The page with its marks. `marks` are (class, row) pairs: `read`, `ask` or `note`. The list beside it is the path for the keyboard."""
    size = sheet.size
    spots = "".join(f'<i class="{kind}" style="{_spot(size, row)}"></i>' for kind, row in marks if size and not pd.isna(row["top"]))
    return f'<div class="sheet"><img src="{_uri(sheet.image)}" alt="{esc(what)}">{spots}</div>'


def cut_html(sheet: Sheet, row: Any) -> str:
    """One line cut out of the page."""
    if sheet.size is None or pd.isna(row["top"]) or pd.isna(row["x0"]):
        return ""
    x, y = sheet.image.width / sheet.size[0], sheet.image.height / sheet.size[1]
    box = (
        max(0, row["x0"] * x - 8),
        max(0, row["top"] * y - 5),
        min(sheet.image.width, row["x1"] * x + 8),
        min(sheet.image.height, row["bottom"] * y + 5),
    )
    if box[2] <= box[0] or box[3] <= box[1]:
        return ""
    line = closed_up(sheet.image.crop(tuple(round(edge) for edge in box)))
    return (
        f'<div class="cut"><img src="{_uri(line)}" alt="{esc(say("The line as it stands on the page: {line}", line=row["text"]))}"></div>'
    )


def closed_up(line: Image.Image, widest: int = 22) -> Image.Image:
    """A line with its wide gaps closed, so that its words stand side by side. Gaps of more than `widest` pixels shrink to that."""
    grey = np.asarray(line.convert("L"))
    ruled = grey.max(axis=0) < DARK  # a column that is dark from top to bottom is a rule of the table
    ink = grey.min(axis=0) < DARK
    kept, gap = [], 0
    for column in range(line.width):
        gap = 0 if ink[column] and not ruled[column] else gap + 1
        if gap <= widest and not ruled[column]:
            kept.append(column)
    return Image.fromarray(np.asarray(line)[:, kept]) if kept else line


def _spot(size: tuple[float, float], row: Any) -> str:
    width, height = size
    left, right = max(0.0, row["x0"] - 6), min(width, row["x1"] + 6)
    top, bottom = row["top"] - 1.5, row["bottom"] + 1.5
    return (
        f"left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;"
        f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%"
    )


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.quantize(64).save(buffer, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
