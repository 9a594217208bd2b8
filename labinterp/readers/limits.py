"""How much of a document is read, in one place. What goes beyond is refused with a `ReadError` that names the limit.

No number here has a source outside: each is several times what real reports need (a report has 1 to 30 pages and some hundred lines; a
scan of A4 at 600 dpi has 35 million pixels; a year of a hospital goes through `labinterp batch`, which streams) and small enough that a
small file made for it cannot take a machine down.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds of one document. `seconds`, `silence` and `memory` need the worker of `guarded`; all others hold in-process too."""

    seconds: float = 600.0
    """For the whole document. In-process it is asked between the pages of pictures only."""
    silence: float = 120.0
    """Seconds without a sign of life (a page begun); a page read as a picture takes 4 to 20 s on one core."""
    memory: int = 3 << 30
    """Bytes that the worker may hold: the largest allowed picture read as text takes 1.7 GB."""

    size: int = 1 << 30
    """Bytes of any document."""
    pdf_size: int = 100 * MB
    picture_size: int = 60 * MB
    text_size: int = MB // 2
    """Bytes of plain text: a report of two hundred pages."""
    json_size: int = 256 * MB

    pages: int = 500
    """Of a PDF, and of plain text with form feeds."""
    page_characters: int = 60_000
    """Of one page of a PDF."""
    picture_pages: int = 60
    """Pages that are read as pictures: at 5 s each, five minutes."""
    pixels: int = 80_000_000
    """Of one picture, and of a picture on a page."""

    members: int = 2_000
    """Files in an archive (a workbook)."""
    unpacked: int = 200 * MB
    """Bytes of all files of an archive, unpacked."""
    ratio: int = 200
    """Unpacked to packed bytes of a file of an archive above 1 MB; sheets are packed 5 to 50 times."""
    cells: int = 20_000_000
    """Lines times columns of a table, a sheet or a Parquet file."""
    spanned: int = 500_000
    """Cells of a workbook that merged cells and links cover: each is laid out one by one."""
    columns: int = 16_384
    """Of a table: what a spreadsheet can have."""

    segments: int = 1_000_000
    """Of HL7 v2 in one file."""
    parts: int = 50_000
    """Fields, components and repetitions of one HL7 segment."""


USUAL = Limits()
_in_force: ContextVar[Limits] = ContextVar("limits", default=USUAL)


def limits() -> Limits:
    """The limits in force."""
    return _in_force.get()


@contextmanager
def within(bounds: Limits) -> Iterator[Limits]:
    """Read with other limits: ``with within(Limits(pages=10)): labinterp.read(path)``."""
    before = _in_force.set(bounds)
    try:
        yield bounds
    finally:
        _in_force.reset(before)


def limits_from(plain: dict[str, float]) -> Limits:
    """`Limits` out of plain data; names that are none are refused."""
    known = {field.name for field in fields(Limits)}
    if strange := plain.keys() - known:
        raise ValueError(f"no such limit: {', '.join(sorted(strange))}")
    return Limits(**plain)  # type: ignore[arg-type]
