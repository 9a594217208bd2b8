"""Where the columns of a table stand: header words, and the white strips between the words below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from labinterp.readers import vocabulary
from labinterp.readers.cells import DATE, TIME, is_flag, looks_like_unit
from labinterp.readers.geometry import Cell, Line, Word


@dataclass(slots=True)
class Column:
    """One column. `left` and `right` are its borders; `date` is the date printed in its header."""

    role: str
    x0: float
    x1: float
    text: str = ""
    date: str = ""
    left: float = 0.0
    right: float = 1e9
    seen: list[tuple[float, float]] = field(default_factory=list)  # where the numbers of this column stand


@dataclass(slots=True)
class Header:
    """The header of a table and the columns it opens."""

    columns: list[Column]
    lines: list[Line] = field(default_factory=list)

    def has(self, role: str) -> bool:
        return any(c.role == role for c in self.columns)

    def of(self, x: float) -> int:
        """Index of the column at `x`."""
        for index, column in enumerate(self.columns):
            if x < column.right:
                return index
        return len(self.columns) - 1


def header_of(lines: Sequence[Line], index: int) -> Header | None:
    """The header that starts at line `index`, with the lines above and below that belong to it; None if there is none."""
    line = lines[index]
    if len(line.words) > 40 or sum(w.text.isdigit() for w in line.words) > 6:
        return None
    if sum(_kind(w.text) in ("number", "range") for w in line.words) > 3 and not any(DATE.search(c.text) for c in line.cells):
        return None
    columns = _columns(line.cells)
    if columns is None:
        return None
    used = [line]
    # a header may continue: dates, times, a second word of a cell, units
    reach = line
    for following in lines[index + 1 : index + 4]:
        if following.base - reach.base > 2.3 * max(line.size, following.size) or not _continues(following, columns):
            break
        _extend(columns, following, below=True)
        used.append(following)
        reach = following
    for above in reversed(lines[max(0, index - 2) : index]):
        if used[0].base - above.base > 2.0 * max(line.size, above.size) or not _continues(above, columns, above=True):
            break
        _extend(columns, above, below=False)
        used.insert(0, above)
    columns.sort(key=lambda c: c.x0)
    _settle(columns)
    roles = [c.role for c in columns]
    kinds = {r for r in roles if r not in ("other", "method", "")}
    dates = {c.date for c in columns if c.role == "dated"}
    if not ({"value", "dated", "range"} & kinds) or (len(kinds) < 2 and len(dates) < 2):
        return None
    return Header(columns, used)


def headers_of(lines: Sequence[Line]) -> list[Header]:
    """All table headers of a page, from top to bottom."""
    out: list[Header] = []
    skip = -1
    for index in range(len(lines)):
        if index <= skip:
            continue
        head = header_of(lines, index)
        if head is not None:
            out.append(head)
            skip = lines.index(head.lines[-1])
    return out


def _columns(cells: Sequence[Cell]) -> list[Column] | None:
    columns: list[Column] = []
    for cell in cells:
        for part in _parts(_unnumbered(cell)):
            text = " ".join(w.text for w in part)
            role, date = vocabulary.header_role(text), ""
            if not role and DATE.search(text):
                beside = vocabulary.header_role(DATE.sub("", text))
                if TIME.sub("", DATE.sub("", text)).strip(" ,-()") == "" or beside in ("value", "previous"):
                    role, date = ("previous" if beside == "previous" else "dated"), text.strip()
            columns.append(Column(role, part[0].x0, part[-1].x1, text, date))
    end = len(columns)
    while end > 2 and not columns[end - 1].role and (len(columns[end - 1].text) > 20 or re.search(r"\d", columns[end - 1].text)):
        end -= 1
    if end < len(columns):  # prose beside the table
        columns = [*columns[:end], Column("other", columns[end].x0, columns[end].x1)]
    known = [c for c in columns if c.role]
    if len(known) < 2 or len(known) * 2 < len(columns) or any(len(c.text) > 48 for c in columns):
        return None
    if sum(_is_phrase(c.text) or c.role in ("dated", "previous") for c in known) < 2 and len(known) < 4:
        return None
    if any(vocabulary.says(c.text, "foreign_header") for c in columns):
        return None
    if any(re.search(r"\d", c.text) and c.role not in ("dated", "previous") and not re.search(r"^\D*\b1\b\D*$", c.text) for c in columns):
        return None
    return columns


def _unnumbered(cell: Cell) -> Cell:
    """A header cell without the call-out number in front of it (``12 Test``)."""
    if (
        len(cell.words) > 1
        and re.fullmatch(r"\d{1,2}\.?", cell.words[0].text)
        and vocabulary.header_role(" ".join(w.text for w in cell.words[1:]))
    ):
        return Cell(cell.words[1:])
    return cell


def _parts(cell: Cell) -> list[list[Word]]:
    """A header cell that holds several headers (``Result Flag``, ``RESULTS UNITS``) taken apart."""
    if vocabulary.header_role(cell.text) and (len(cell.words) == 1 or _is_phrase(cell.text)):
        return [cell.words]
    words = cell.words
    best: list[list[Word]] | None = None
    for cut in range(1, len(words)):
        left, right = words[:cut], words[cut:]
        if _is_phrase(" ".join(w.text for w in left)):
            rest = _parts(Cell(right))
            if all(vocabulary.header_role(" ".join(w.text for w in p)) for p in rest):
                now = [left, *rest]
                if best is None or len(now) < len(best):
                    best = now
    return best or [words]


def _is_phrase(text: str) -> bool:
    return vocabulary.is_header_phrase(text)


def _continues(line: Line, columns: Sequence[Column], above: bool = False) -> bool:
    """Does this line only add to the header: dates, times or header words, each below or above one column?"""
    if len(line.cells) > len(columns) + 2:
        return False
    for cell in line.cells:
        text = cell.text.strip("()[] ")
        if DATE.fullmatch(text) or TIME.fullmatch(text) or TIME.sub("", DATE.sub("", text)).strip(" ,-") == "":
            if above and not any(c.role in ("value", "previous", "dated") for c in columns):
                return False
            continue
        if vocabulary.header_role(text) and len(text) < 40 and not re.search(r"\d", text):
            if len(line.cells) == 1 and not _overlaps(cell, columns):
                return False
            if len(line.cells) == 1 and cell.x0 <= min(c.x0 for c in columns) + 2 and not above:
                return False  # a section heading below the first column
            continue
        return False
    return True


def _overlaps(cell: Cell, columns: Sequence[Column]) -> bool:
    return any(min(cell.x1, c.x1) - max(cell.x0, c.x0) > 0 for c in columns)


def _extend(columns: list[Column], line: Line, below: bool) -> None:
    for cell in line.cells:
        text = cell.text
        over = [c for c in columns if min(cell.x1, c.x1) - max(cell.x0, c.x0) > 0]
        if not over:
            near = min(columns, key=lambda c: abs((c.x0 + c.x1) / 2 - cell.mid))
            if abs((near.x0 + near.x1) / 2 - cell.mid) < 12:
                over = [near]
        dated = bool(DATE.search(text))
        timed = bool(TIME.fullmatch(text.strip()))
        if not over:
            role = vocabulary.header_role(text) or ("dated" if dated else "")
            columns.append(Column(role, cell.x0, cell.x1, text, text.strip("()") if dated else ""))
            continue
        column = max(over, key=lambda c: min(cell.x1, c.x1) - max(cell.x0, c.x0))
        if dated or timed:
            stamp = text.strip("()")
            column.date = (f"{column.date} {stamp}" if below else f"{stamp} {column.date}").strip()
            if column.role in ("", "value", "other"):
                column.role = "dated"
        else:
            column.text = f"{column.text} {text}" if below else f"{text} {column.text}"
            role = vocabulary.header_role(column.text) or column.role or vocabulary.header_role(text)
            if role and not (column.role in ("previous", "dated") and role not in ("previous",)):
                column.role = role
        column.x0, column.x1 = min(column.x0, cell.x0), max(column.x1, cell.x1)


def _settle(columns: list[Column]) -> None:
    """Roles that only the whole header tells."""
    roles = [c.role for c in columns]
    texts = [c.text.casefold() for c in columns]
    # separate columns for normal and abnormal results
    if "normal" in texts and "abnormal" in texts:
        for column in columns:
            if column.text.casefold() in ("normal", "abnormal"):
                column.role = "value"
    dated = [c for c in columns if c.role == "dated"]
    if "value" in roles and len(dated) >= 1:
        for column in dated:
            column.role = "previous" if not any(c.date for c in columns if c.role == "value") else "dated"
    elif len(dated) == 1 and "previous" not in roles and "value" not in roles:
        dated[0].role = "value"
    # one name only: a second name column further right is something else, unless the table repeats
    names = [i for i, r in enumerate(roles) if r == "name"]
    if len(names) == 2 and names[1] == names[0] + 1:
        columns[names[1]].role = "other" if columns[names[0]].role == "name" else "name"


def set_borders(header: Header, body: Sequence[Line], width: float) -> None:
    """Put the borders of the columns into the white strips of the table's own lines."""
    columns = header.columns
    columns[0].left = 0.0
    rows = [[(w.x0, w.x1, _kind(w.text)) for w in line.words] for line in body[:MOST_ROWS] if len(line.cells) >= 2]
    cells = [(c.x0, c.x1) for line in body[:MOST_ROWS] if len(line.cells) >= 2 for c in line.cells if len(c.words) > 1]
    for index, (left, right) in enumerate(pairwise(columns)):
        limit = (right.x1 + columns[index + 2].x0) / 2 if index + 2 < len(columns) else width
        left.right = right.left = _strip(rows, cells, left, right, limit)
    columns[-1].right = 1e9


MOST_ROWS = 60  # rows that are enough to see where columns stand

_MISFIT = {
    "number": {"name": 0.4, "flag": 1.0, "method": 0.6, "unit": 1.0},
    "range": {"name": 0.4, "flag": 1.0, "method": 0.6, "unit": 1.0, "value": 0.3, "dated": 0.3},
    "unit": {"flag": 1.0, "value": 0.3, "dated": 0.5, "range": 0.2, "name": 0.1},
    "flag": {"name": 0.1, "unit": 0.3, "range": 0.2, "method": 0.3},
    "text": {"unit": 0.5, "value": 0.1, "dated": 0.3, "range": 0.1},
}
"""How ill a kind of word fits into a column; what is not listed fits."""


@lru_cache(maxsize=4096)
def _kind(text: str) -> str:
    if re.fullmatch(r"[<>≤≥=]{0,2}[-+−]?\d[\d.,]*[*↑↓HL+-]{0,2}", text):
        return "number"
    if is_flag(text):
        return "flag"
    if re.fullmatch(r"[(\[]?[<>≤≥]?\d[\d.,]*\s?[-–−]\s?\d[\d.,]*[)\]]?|[(\[]\d[\d.,]*|\d[\d.,]*[)\]]|[-–−]", text):
        return "range"
    if looks_like_unit(text):
        return "unit"
    return "text"


Span = tuple[float, float]


def _strip(rows: Sequence[Sequence[tuple[float, float, str]]], cells: Sequence[Span], left: Column, right: Column, limit: float) -> float:
    """The best place between two header cells to cut.

    A good cut crosses few words, leaves words in the column they fit, and has words of many rows on both of its sides;
    among equals the widest strip counts.
    """
    inside = (left.x1 + right.x0) / 2
    low, high = (left.x0 + min(left.x1, right.x0)) / 2, (right.x0 + right.x1) / 2
    if left.role == "name":
        low = left.x0 + 0.25 * (left.x1 - left.x0)
    if high <= low:
        return inside
    near = [(x0, x1, kind) for row in rows for x0, x1, kind in row if x1 > low and x0 < high]
    edges = sorted({low, high, *(x0 for x0, _, _ in near if low <= x0 <= high), *(x1 for _, x1, _ in near if low <= x1 <= high)})
    strips = [((a + b) / 2, b - a) for a, b in pairwise(edges) if b - a >= 0.3]
    if not near or not strips:
        return inside
    crossings = [sum(x0 < middle < x1 for x0, x1, _ in near) for middle, _ in strips]
    fewest = min(crossings)
    wide_cells = [(x0, x1) for x0, x1 in cells if x1 > low and x0 < high]
    best, chosen = None, inside
    for (middle, wide), crossing in zip(strips, crossings, strict=True):
        if crossing > fewest + 1 + 0.4 * len(rows):
            continue
        cost = crossing + 0.4 * sum(x0 < middle < x1 for x0, x1 in wide_cells)
        for x0, x1, kind in near:
            fits = _MISFIT[kind]
            if (x0 + x1) / 2 < middle:
                cost += fits.get(left.role, 0.0) + (0.6 if right.x0 - 1 <= x0 and x1 <= right.x1 + 1 else 0.0)
            else:
                cost += fits.get(right.role, 0.0) + (0.6 if left.x0 - 1 <= x0 and x1 <= left.x1 + 1 else 0.0)
        both = 0
        for row in rows:
            before = after = False
            for x0, x1, _ in row:
                centre = (x0 + x1) / 2
                before = before or left.left <= centre < middle
                after = after or middle <= centre < limit
            both += before and after
        score = (round(cost - 0.7 * both, 3), -min(wide, 30.0), abs(middle - inside))
        if best is None or score < best:
            best, chosen = score, middle
    return chosen
