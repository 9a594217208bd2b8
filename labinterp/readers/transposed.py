"""Tables that stand on their side: a date begins each row, and the tests head the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from labinterp.readers import vocabulary
from labinterp.readers.cells import DATE, TIME, is_name, is_numeric, looks_like_range, looks_like_unit, measure, tidy_unit
from labinterp.readers.geometry import Cell, Line
from labinterp.readers.result import Result


@dataclass(slots=True)
class Sideways:
    """One such table: its head lines, and the results of each dated line by the line's identity."""

    head: list[Line] = field(default_factory=list)
    results: dict[int, list[Result]] = field(default_factory=dict)


def tables_of(lines: Sequence[Line]) -> list[Sideways]:
    """All tables of `lines` with dates down the side and at least two tests across."""
    tables, index = [], 0
    while index < len(lines):
        if not _is_dated(lines[index]):
            index += 1
            continue
        end = index
        while end < len(lines) and _is_dated(lines[end]):
            end += 1
        table = _table(lines[max(0, index - 4) : index], lines[index:end])
        if table is not None:
            tables.append(table)
        index = end
    return tables


def _is_dated(line: Line) -> bool:
    first = TIME.sub("", line.cells[0].text).strip()
    return bool(DATE.fullmatch(first)) and sum(_numeric(c) for c in line.cells[1:]) >= 1 and all(_is_result(c) for c in line.cells[1:])


def _numeric(cell: Cell) -> bool:
    got = measure([w.text for w in cell.words])
    return got.clean and is_numeric(got.value)


def _is_result(cell: Cell) -> bool:
    got = measure([w.text for w in cell.words])
    return got.clean or cell.text.strip() in ("-", "--", "–", "—")


def _table(above: Sequence[Line], rows: Sequence[Line]) -> Sideways | None:
    heads = [n for n, line in enumerate(above) if _is_head(line, rows)]
    if not heads or (len(rows) < 2 and not vocabulary.says_date(above[heads[-1]].cells[0].text)):
        return None
    head, between = above[heads[-1]], above[heads[-1] + 1 :]
    names = [c for c in head.cells if not vocabulary.says_date(c.text)]
    units: dict[int, str] = {}
    spans: dict[int, str] = {}
    for line in between:
        for cell in line.cells:
            column = _column(cell, names)
            if looks_like_unit(tidy_unit(cell.text)) and column is not None:
                units[column] = tidy_unit(cell.text)
            elif looks_like_range(cell.text) and column is not None and re.search(r"\d", cell.text):
                spans[column] = cell.text
    table = Sideways([head, *between])
    for line in rows:
        found = []
        for cell in line.cells[1:]:
            column = _column(cell, names)
            got = measure([w.text for w in cell.words])
            if column is None or not got.value:
                return None
            found.append(
                Result(
                    names[column].text.rstrip(":* "),
                    got.value,
                    got.unit or units.get(column, ""),
                    spans.get(column, ""),
                    got.flag,
                    date=line.cells[0].text,
                    lines=[line],
                    name_x0=names[column].x0,
                    value_x=cell.x0,
                )
            )
        table.results[id(line)] = found
    return table


def _is_head(line: Line, rows: Sequence[Line]) -> bool:
    """Test names across, one above each number, none of them a header word of an upright table."""
    names = [c for c in line.cells if not vocabulary.says_date(c.text)]
    if len(names) < 2 or not all(is_name(c.text) for c in names):
        return False
    if sum(bool(re.search(r"[/%]", c.text)) and looks_like_unit(tidy_unit(c.text)) for c in names) * 2 >= len(names):
        return False  # the line of the units
    if any(vocabulary.header_role(c.text) in ("value", "unit", "range", "flag", "name", "previous") for c in names):
        return False
    return all(_column(cell, names) is not None for row in rows for cell in row.cells[1:])


def _column(cell: Cell, names: Sequence[Cell]) -> int | None:
    """The name above a cell: the nearest one, no further than a column's width."""
    gaps = [abs(cell.mid - n.mid) if cell.x1 < n.x0 or cell.x0 > n.x1 else 0.0 for n in names]
    best = min(range(len(names)), key=gaps.__getitem__)
    return best if gaps[best] < 30 else None
