"""Excel workbooks (.xlsx): every sheet that holds a table of results. Needs openpyxl (``pip install 'labinterp[xlsx]'``)."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Report
from labinterp.readers.table import Table, report_of
from labinterp.shapes import decimal_vote

LARGEST = 1 << 30
"""Bytes that a workbook may unpack to."""

TURNED = remark("a date stands here; the spreadsheet may have made it out of a text such as 3-5")


def identify(head: bytes, name: str) -> bool:
    """True for a ZIP archive, which a workbook is; `read` looks what is inside."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a workbook, hidden sheets included. Raises `ReadError` for an archive that is none, is damaged or has no results."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = {item.filename: item.file_size for item in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise ReadError(f"{name}: the workbook is damaged or cut off ({error})") from error
    if not any(path.startswith("xl/") for path in inside):
        kind = remark("a Word document") if any(path.startswith("word/") for path in inside) else remark("an archive")
        raise ReadError(f"{name}: this is {kind}, not an Excel workbook; save the report as PDF, .xlsx or CSV")
    if sum(inside.values()) > LARGEST:
        raise ReadError(f"{name}: the workbook unpacks to {sum(inside.values()) >> 20} MB, which is too large")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    except Exception as error:  # openpyxl raises whatever its parts raise: KeyError, ValueError, TypeError, XML errors
        raise ReadError(f"{name}: the workbook is damaged: {error}") from error
    grids = [(number, sheet.title, _grid(sheet)) for number, sheet in enumerate(book.worksheets, 1)]
    texts = [cell for _, _, grid in grids for line in grid for cell, _ in line if isinstance(cell, str)]
    mark = decimal_vote(dict.fromkeys(texts)) or "."
    tables = [_table(grid, number, title, mark) for number, title, grid in grids if grid]
    by_page = {table.page: table for table in tables}
    for number, sheet in enumerate(formulas.worksheets, 1):
        lost = _without_value(sheet, book.worksheets[number - 1])
        if lost and number in by_page:
            reason = remark("a formula whose result is not stored in the file; open and save it in a spreadsheet program")
            by_page[number].unread += [{"text": cell, "page": number, "reason": reason, "kind": "possible_result"} for cell in lost]
    return report_of(tables, name=name, format="xlsx", locale=mark if mark == "," else locale)


def _grid(sheet: Any) -> list[list[tuple[Any, str]]]:
    """Cells as (value, number format); a merged cell counts for all that it covers downwards, and above the table also sideways."""
    grid = [[(cell.value, cell.number_format or "") for cell in line] for line in sheet.iter_rows()]
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


def _without_value(formulas: Any, values: Any) -> list[str]:
    """Cells with a formula for which the file holds no result."""
    lost = []
    for line in formulas.iter_rows():
        for cell in line:
            if isinstance(cell.value, str) and cell.value.startswith("=") and values.cell(cell.row, cell.column).value is None:
                lost.append(f"{cell.coordinate}: {cell.value}")
    return lost
