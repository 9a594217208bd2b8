"""Excel workbooks: cells of any kind in a sheet, and a workbook of which any bytes are replaced."""

from __future__ import annotations

import functools
import io
from datetime import date, datetime, time
from typing import Any

import openpyxl

from fuzz.draw import Draw
from fuzz.grammar import PIECES
from fuzz.sound import report_is_sound
from fuzz.targets.delimited import CELLS, HEADS
from labinterp.errors import ReadError
from labinterp.readers import xlsx

SECONDS, SHARE, LONGEST, WORDS = 5.0, 2, 800, ("PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "xl/workbook.xml", "<row", "<c r=")
OTHERS: tuple[Any, ...] = (
    None,
    True,
    4.1,
    2.9000000000000004,
    -1,
    10**18,
    1e-7,
    date(2024, 1, 2),
    datetime(2024, 1, 2, 3, 4),
    time(8, 30),
    "=1+1",
)


@functools.cache
def usual() -> bytes:
    return saved(
        [["Test", "Result", "Unit", "Reference range"], ["Potassium", 2.9, "mmol/L", "3.5-5.1"], ["Sodium", 141, "mmol/L", "135-145"]]
    )


def saved(lines: list[list[Any]], merged: tuple[int, int, int, int] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    if merged:
        top, left, height, width = merged
        book.active.merge_cells(start_row=top, start_column=left, end_row=top + height, end_column=left + width)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def check(data: bytes) -> None:
    draw = Draw(data)
    if draw.number(0, 1):
        width = draw.number(1, 6)
        lines: list[list[Any]] = [[draw.choice(HEADS) for _ in range(width)]]
        merged = (draw.number(1, 4), draw.number(1, 4), draw.number(0, 3), draw.number(0, 3)) if draw.number(0, 3) == 3 else None
        while draw and len(lines) < 10:
            lines.append([draw.choice(OTHERS) if not draw.number(0, 4) else draw.choice((*CELLS, *PIECES)) for _ in range(width)])
        try:
            content = saved(lines, merged)
        except (ValueError, openpyxl.utils.exceptions.IllegalCharacterError, UnicodeError):
            return  # openpyxl writes no such cell
    else:
        changed = bytearray(usual())
        while draw:
            at, size = draw.number(0, len(changed) - 1), draw.number(0, 6)
            new = draw.data[draw.at : draw.at + size]
            draw.at += size
            changed[at : at + len(new)] = new
        content = bytes(changed)
    try:
        report = xlsx.read(content, "x.xlsx")
    except ReadError:
        return
    report_is_sound(report)
