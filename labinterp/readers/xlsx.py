"""Excel workbooks (.xlsx): every sheet that holds a table of results. Needs openpyxl (``pip install 'labinterp[xlsx]'``)."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

import numpy as np
import pandas as pd

from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Report
from labinterp.readers.limits import limits
from labinterp.readers.table import Table, refuse_cells, report_of
from labinterp.shapes import decimal_vote

LAST_ROW = 1_048_576
"""Of a sheet, as the format has it."""

_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")

TURNED = remark("a date stands here; the spreadsheet may have made it out of a text such as 3-5")


def identify(head: bytes, name: str) -> bool:
    """True for a ZIP archive, which a workbook is; `read` looks what is inside."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a workbook, hidden sheets included. Raises `ReadError` for an archive that is none, is damaged or has no results."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _look_inside(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise ReadError(f"{name}: the workbook is damaged, cut off or locked ({type(error).__name__})") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote cells
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    except Exception as error:  # openpyxl raises whatever its parts raise: KeyError, ValueError, TypeError, XML errors
        raise ReadError(f"{name}: the workbook is damaged ({type(error).__name__})") from None
    grids = [(number, sheet.title, _grid(sheet, name)) for number, sheet in enumerate(book.worksheets, 1)]
    texts = [cell for _, _, grid in grids for line in grid for cell, _ in line if isinstance(cell, str)]
    mark = decimal_vote(dict.fromkeys(texts)) or "."
    tables = [_table(grid, number, title, mark) for number, title, grid in grids if grid]
    by_page = {table.page: table for table in tables}
    for number, sheet in enumerate(formulas.worksheets, 1):
        lost = _without_value(sheet, book.worksheets[number - 1], name)
        if lost and number in by_page:
            reason = remark("a formula whose result is not stored in the file; open and save it in a spreadsheet program")
            by_page[number].unread += [{"text": cell, "page": number, "reason": reason, "kind": "possible_result"} for cell in lost]
    return report_of(tables, name=name, format="xlsx", locale=mark if mark == "," else locale)


def _look_inside(archive: zipfile.ZipFile, name: str) -> None:
    """Raise `ReadError` for an archive that is no workbook, or a bomb: too many files, too much in them, XML that grows when read."""
    most, items = limits(), archive.infolist()
    if len(items) > most.members:
        raise ReadError(f"{name}: the archive holds {len(items)} files; the limit is {most.members}")
    if not any(item.filename.startswith("xl/") for item in items):
        kind = remark("a Word document") if any(item.filename.startswith("word/") for item in items) else remark("an archive")
        raise ReadError(f"{name}: this is {kind}, not an Excel workbook; save the report as PDF, .xlsx or CSV")
    if (whole := sum(item.file_size for item in items)) > most.unpacked:
        raise ReadError(f"{name}: the workbook unpacks to {whole >> 20} MB; the limit is {most.unpacked >> 20} MB")
    if any(item.file_size > max(1 << 20, most.ratio * item.compress_size) for item in items):
        raise ReadError(f"{name}: a part of the workbook unpacks to more than {most.ratio} times its size, which is the limit")
    spanned = 0

    def no_declarations(*_: object) -> None:
        raise ReadError(f"{name}: the XML of the workbook declares a document type, which no spreadsheet program writes")

    def element(tag: str, attributes: dict[str, str]) -> None:
        nonlocal spanned
        if tag.endswith(("mergeCell", "hyperlink")):
            spanned += _area(attributes.get("ref", ""))
            if spanned > most.spanned:
                raise ReadError(f"{name}: merged cells and links cover more than {most.spanned} cells, which is the limit")

    for item in items:  # whatever its name: a sheet may have any
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler, parser.StartElementHandler = no_declarations, element
        with archive.open(item) as part:
            try:
                parser.ParseFile(part)
            except expat.ExpatError:  # a picture is no XML; a broken sheet is told by openpyxl
                continue


def _area(reference: str) -> int:
    """How many cells ``A1:C9`` covers; what is no such reference counts as one."""
    match = _AREA.fullmatch(reference)
    if not match:
        return 1
    left, top, right, bottom = match[1], int(match[2]), match[3] or match[1], int(match[4] or match[2])
    return (abs(_column(right) - _column(left)) + 1) * (abs(bottom - top) + 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _grid(sheet: Any, name: str) -> list[list[tuple[Any, str]]]:
    """Cells as (value, number format); a merged cell counts for all that it covers downwards, and above the table also sideways.

    Only as far as there are values: a format set on the last line of the sheet makes no million lines.
    """
    filled = [place for place, cell in sheet._cells.items() if cell.value is not None]
    if not filled:
        return []
    last_row, last_column = max(row for row, _ in filled), max(column for _, column in filled)
    refuse_cells(last_row - sheet.min_row + 1, last_column - sheet.min_column + 1, name)
    lines = sheet.iter_rows(max_row=last_row, max_col=last_column)
    grid = [[(cell.value, cell.number_format or "") for cell in line] for line in lines]
    first_row, first_column = sheet.min_row, sheet.min_column
    for area in sheet.merged_cells.ranges:
        top, left = area.min_row - first_row, area.min_col - first_column
        if top < 0 or left < 0 or top >= len(grid) or area.size["columns"] > max(2, len(grid[top]) * 0.8):
            continue
        for line in range(top, min(top + area.size["rows"], len(grid))):
            for column in range(left, min(left + area.size["columns"], len(grid[line]))):
                grid[line][column] = grid[top][left]
    return [line for line in grid if any(value not in (None, "") for value, _ in line)]


def _table(grid: list[list[tuple[Any, str]]], page: int, title: str, mark: str) -> Table:
    width = max(len(line) for line in grid)
    cells = np.full((len(grid), width), "", dtype=object)
    review: dict[tuple[int, int], str] = {}
    for i, line in enumerate(grid):
        for j, (value, number_format) in enumerate(line):
            cells[i, j] = text_of(value, number_format, mark)
            if isinstance(value, date | datetime):
                review[i, j] = TURNED
    lines = np.array([" | ".join(dict.fromkeys(filter(None, line))) for line in cells.tolist()], dtype=object)
    return Table(pd.DataFrame(cells), lines, page=page, title=title, review=review)


def text_of(value: Any, number_format: str = "", mark: str = ".") -> str:
    """What a reader of the sheet sees: percentages as percentages, dates as ISO dates, no digits that only the binary form has."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        percent = "%" in number_format
        text = f"{value * 100 if percent else value:.{12 if percent else 15}g}"
        return text.replace(".", mark) + ("%" if percent else "")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value).strip()


def _without_value(formulas: Any, values: Any, name: str) -> list[str]:
    """Cells with a formula for which the file holds no result."""
    lost, seen = [], 0
    formulas.reset_dimensions()  # what the file says of its size may be anything
    for line in formulas.iter_rows(max_row=LAST_ROW):
        seen += len(line)
        refuse_cells(seen, 1, name)
        for cell in line:
            if isinstance(cell.value, str) and cell.value.startswith("=") and values.cell(cell.row, cell.column).value is None:
                lost.append(f"{cell.coordinate}: {cell.value}")
    return lost
