"""Where the columns of a table stand: header words, and the white strips between the words below them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from labinterp.readers import vocabulary
from labinterp.readers.cells import DATE, TIME
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
    if len(kinds) < 2 or not ({"value", "dated", "range"} & kinds):
        return None
    return Header(columns, used)


def _columns(cells: Sequence[Cell]) -> list[Column] | None:
    columns: list[Column] = []
    for cell in cells:
        for part in _parts(_unnumbered(cell)):
            text = " ".join(w.text for w in part)
            role = vocabulary.header_role(text)
            date = ""
            if not role and (found := DATE.search(text)):
                left_over = DATE.sub("", text)
                if TIME.sub("", left_over).strip(" ,-()") == "" or vocabulary.header_role(left_over) in ("value", "previous"):
                    role, date = ("previous" if vocabulary.header_role(left_over) == "previous" else "dated"), text.strip()
                    del found
            columns.append(Column(role, part[0].x0, part[-1].x1, text, date))
    while len(columns) > 2 and not columns[-1].role and (len(columns[-1].text) > 20 or re.search(r"\d", columns[-1].text)):
        beyond = columns.pop()  # prose beside the table
        if columns[-1].role:
            columns.append(Column("other", beyond.x0, beyond.x1, ""))
            break
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
    words = [w for line in body for w in line.words if len(line.cells) >= 2]
    for left, right in itertools.pairwise(columns):
        border = _strip(words, left, right)
        left.right = right.left = border
    columns[-1].right = 1e9


def _strip(words: Sequence[Word], left: Column, right: Column) -> float:
    """The best place between two header cells to cut: the emptiest and, among equals, the widest strip."""
    low, high = (left.x0 + min(left.x1, right.x0)) / 2, (right.x0 + right.x1) / 2
    if left.role == "name":
        low = max(left.x0 + 4, left.x0 + 0.25 * (left.x1 - left.x0))
    if high <= low:
        return (left.x1 + right.x0) / 2
    near = [w for w in words if w.x1 > low and w.x0 < high]
    if not near:
        return (left.x1 + right.x0) / 2
    edges = sorted({low, high, *(w.x0 for w in near if low <= w.x0 <= high), *(w.x1 for w in near if low <= w.x1 <= high)})
    inside = (left.x1 + right.x0) / 2
    strips = [((a + b) / 2, b - a) for a, b in itertools.pairwise(edges) if b - a >= 0.3]
    if not strips:
        return inside
    filled = [
        sum(left.left <= (w.x0 + w.x1) / 2 and w.x1 <= middle + 0.1 and (len(w.text) > 2 or w.text[-1].isdigit()) for w in words)
        for middle, _ in strips
    ]
    enough = 0.5 * max(filled)

    def score(strip: tuple[float, float], content: int) -> tuple[float, bool, float, float]:
        middle, wide = strip
        crossing = sum(w.x0 < middle < w.x1 for w in near)
        crossing += sum(w.x1 <= middle and right.x0 - 1 <= w.x0 and w.x1 <= right.x1 + 1 for w in near)  # under the other header
        crossing += sum(w.x0 >= middle and left.x0 - 1 <= w.x0 and w.x1 <= left.x1 + 1 for w in near)
        return crossing, content < enough and left.role != "name", -min(wide, 30.0), abs(middle - inside)

    return min(zip(strips, filled, strict=True), key=lambda pair: score(*pair))[0][0]
