"""Results that stand on cards instead of in a table: patient portals, and values that float above a gauge.

On a card the name, the value, the unit and the range stand below each other; a page may hold several columns of cards. A card is known by
the name of a known test in a cell of its own. Whether the values of a page stand below or above their names is one answer for the whole
page: the nearer of the two. Tick marks of a gauge and the numbers of a chart are no results.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from labinterp.language import remark
from labinterp.readers import vocabulary
from labinterp.readers.cells import (
    DATE,
    Measure,
    is_dose,
    is_flag,
    is_name,
    is_numeric,
    looks_like_range,
    looks_like_unit,
    looks_like_value,
    measure,
    tidy_unit,
    unit_in,
    without_range_label,
)
from labinterp.readers.geometry import Cell, Line
from labinterp.readers.result import Result
from labinterp.readers.table import is_analyte

FARTHEST = 6.0  # letter sizes between a name and its value
CLEARLY = 1.3  # times nearer to its own name than to the other neighbour, or a person should look


@dataclass(slots=True, eq=False)
class Spot:
    """A cell at its place on the page."""

    cell: Cell
    line: Line
    got: Measure | None = None  # what it says, where it may be the value of a card

    @property
    def base(self) -> float:
        return self.line.base

    @property
    def text(self) -> str:
        return self.cell.text


@dataclass(slots=True)
class Column:
    """A column of cards: what stands in it, its names and its values, each from top to bottom."""

    spots: list[Spot]
    left: float
    names: list[Spot] = field(default_factory=list)
    values: list[Spot] = field(default_factory=list)


def results_of(lines: Sequence[Line]) -> tuple[list[Result], list[Line]]:
    """The results on the cards of one page, and the lines on which a value may stand whose name is not clear.

    `lines` are those that no table has used.
    """
    spots = [Spot(cell, line) for line in lines for cell in _cells(line)]
    heights = sorted(spot.base for spot in spots if _value_in(spot.text))
    near = [s for s in spots if _any_within(heights, s.base, FARTHEST * s.cell.size)]
    names = [spot for spot in near if _names_a_test(spot.text) and vocabulary.count_prose(spot.line.text) < 2]
    columns = [column for column in _columns(spots, names) if column.names and column.values]
    below = [step for column in columns for step in _steps(column, 1)]
    above = [step for column in columns for step in _steps(column, -1)]
    under = not above or (bool(below) and median(below) <= median(above))
    own, other = (below, above) if under else (above, below)
    if not own:
        return [], []
    usual = median(own)
    doubt = "" if not other or median(other) >= CLEARLY * usual else remark("the value stands as near to another name")
    if not under and len(own) < 2:
        doubt = remark("the value stands above the name, and no second card shows the same")
    out: list[Result] = []
    unclear: list[Line] = []
    for column in columns:
        found = _read(column, usual if under else -usual, doubt)
        out += found
        unclear += _unclear(column, found)
    return sorted(out, key=lambda result: (result.lines[0].base, result.name_x0)), unclear


def _unclear(column: Column, found: Sequence[Result]) -> list[Line]:
    """The lines of values that no result has used, though a name without a value stands near."""
    taken = {(id(line), x) for result in found for line in result.lines for x in (result.name_x0, result.value_x)}
    open_ = [n for n in column.names if (id(n.line), n.cell.x0) not in taken]
    left = [v for v in column.values if (id(v.line), v.cell.x0) not in taken]
    return [v.line for v in left if any(abs(v.base - n.base) <= FARTHEST * v.cell.size for n in open_)]


def _names_a_test(text: str) -> bool:
    text = text.rstrip(" :")
    written = bool(re.search(r"[^\W\d_]", text)) and not text.islower()  # a word of a sentence may spell a short name
    return written and len(text) <= 70 and not is_flag(text) and is_analyte(text)


def _value_in(text: str) -> Measure | None:
    """What a cell says if it may be the value of a card: ``4.2``, ``4.2 mmol/L H``, ``Your value: 4.2``, ``Value: Negative``."""
    words = text.split()
    if len(words) > 8:
        return None
    label = next((n for n in range(min(3, len(words) - 1), 0, -1) if _announces(words[:n], "value")), 0)
    words = words[label:]
    got = measure(words)
    whole = " ".join(words)
    if not got.clean or DATE.search(whole) or not (is_numeric(got.value) or (label and looks_like_value(got.value))):
        return None
    return None if looks_like_range(whole) and re.search(r"\d\s*[-–]\s*\d", whole) else got


def _announces(words: Sequence[str], role: str) -> bool:
    label = " ".join(words)
    return vocabulary.header_role(label) == role and not re.search(r"\d", label)


def _flag_in(text: str) -> str:
    """``High``, ``Flag: High`` -> ``High``; ``""`` if the cell is no flag."""
    words = text.split()
    rest = " ".join(words[1:]) if len(words) > 1 and _announces(words[:1], "flag") else text
    return rest if is_flag(rest) else ""


def _cells(line: Line) -> list[Cell]:
    """The cells of a line; ``Value 4.2 / Reference range 3.5 - 5.1`` holds two."""
    out = []
    for cell in line.cells:
        words = cell.words
        cut = next(
            (
                n
                for n in range(1, len(words) - 1)
                if words[n].text in "/|;·" and vocabulary.starts(Cell(words[n + 1 :]).text, "range_label")
            ),
            0,
        )
        out += [Cell(words[:cut]), Cell(words[cut + 1 :])] if cut else [cell]
    return out


# ---------------------------------------------------------------- columns of cards


def _columns(spots: Sequence[Spot], names: Sequence[Spot]) -> list[Column]:
    """Cut the page where no cell crosses, one column for every x at which names begin."""
    starts: list[float] = []
    for x in sorted(name.cell.x0 for name in names):
        if not starts or x - starts[-1] > 60:
            starts.append(x)
    if not starts:
        return []
    top, bottom = min(n.base for n in names), max(n.base for n in names)
    size = median(n.cell.size for n in names)
    reach = [s for s in spots if top - FARTHEST * size <= s.base <= bottom + FARTHEST * size]
    following = starts[1] if len(starts) > 1 else 1e9
    lead = starts[0] - min((s.cell.x0 for s in reach if s.cell.x0 < following), default=starts[0])  # how far cards begin left of names
    edges = [0.0]
    for left, x in pairwise(starts):
        edge = _edge(reach, left, x, x - lead)
        if edge is None:
            return []  # the columns run into each other
        edges.append(edge)
    columns = []
    for left, right in zip(edges, [*edges[1:], 1e9], strict=True):
        inside = [s for s in spots if left <= s.cell.x0 < right]
        column = Column(inside, left, [n for n in names if left <= n.cell.x0 < right])
        column.values = _values(inside)
        columns.append(column)
    return columns


def _edge(spots: Sequence[Spot], left: float, right: float, wanted: float) -> float | None:
    """Where a column of cards begins between the names at `left` and those at `right`: no cell crosses, and it is where `wanted`."""
    crossed = [s.cell for s in spots if s.cell.x1 > left and s.cell.x0 < right + 1]
    openings = [c.x0 for c in crossed if left < c.x0 <= right + 1 and not any(o.x0 < c.x0 - 1 < o.x1 for o in crossed)]
    edge = min(openings, key=lambda opening: abs(opening - wanted), default=None)
    return None if edge is None or abs(edge - wanted) > 25 else edge - 1


def _values(spots: Sequence[Spot]) -> list[Spot]:
    """The cells of a column that may be values: not the ticks of an axis, nor the ends of the range printed beside them."""
    ends = {end for s in spots if (bare := without_range_label(s.text)) != s.text or looks_like_range(bare) for end in _numbers(bare)}
    out = []
    for line in dict.fromkeys(s.line for s in spots):
        if any(vocabulary.header_role(s.text.rstrip(" :")) in ("previous", "method") for s in spots if s.line is line):
            continue
        valued = [Spot(s.cell, line, got) for s in spots if s.line is line and (got := _value_in(s.text))]
        valued = [s for s in valued if not any(_labels_else(o, s) for o in spots if o.line is line)]
        plain = [s for s in valued if s.got and not s.got.unit and not s.got.flag]
        if len(valued) > 1:
            valued = [s for s in valued if s not in plain or not _numbers(s.text) & ends]
        if len(valued) == 1 or (len(valued) > 1 and len([s for s in valued if s not in plain]) == 1):
            out.append(next((s for s in valued if s not in plain), valued[0]))
    return out


def _labels_else(spot: Spot, value: Spot) -> bool:
    """A text in front of a number that says what else it is: ``Deficient  < 20 ng/mL``, ``Target  70 mg/dL``."""
    if spot.cell.x1 > value.cell.x0 or not re.search(r"[^\W\d_]", spot.text):
        return False
    known = _announces(spot.text.split(), "value") or is_flag(spot.text) or looks_like_unit(tidy_unit(spot.text))
    return not known and not _names_a_test(spot.text) and _value_in(spot.text) is None


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def _steps(column: Column, way: int) -> list[float]:
    """How far each value stands from the nearest name above (`way` 1) or below (-1) it."""
    out = []
    heights = sorted(way * name.base for name in column.names)
    for value in column.values:
        place = way * value.base
        at = bisect_left(heights, place + 1) - 1  # the last name that begins before a point further on
        if at >= 0 and place - heights[at] <= FARTHEST * value.cell.size:
            out.append(place - heights[at])
    return out


def _any_within(heights: list[float], place: float, distance: float) -> bool:
    at = bisect_left(heights, place - distance)
    return at < len(heights) and heights[at] <= place + distance


# ---------------------------------------------------------------- one card


def _read(column: Column, step: float, doubt: str) -> list[Result]:
    """The results of one column, where a value stands `step` points below its name (above it, if negative)."""
    slack = max(0.5 * abs(step), 6.0)
    pairs: list[tuple[Spot, Spot]] = []
    for name in column.names:
        near = [v for v in column.values if abs(v.base - name.base - step) <= slack and not _between(name, v, column.names)]
        if len(near) > 1 and (apart := [v for v in near if v.got and v.got.unit]):
            near = apart
        if len(near) == 1:
            pairs.append((name, near[0]))
    starts = sorted(min(name.base, value.base) for name, value in pairs)
    pitch = median([b - a for a, b in pairwise(starts)]) if len(starts) > 1 else 1e9
    heads = sorted([*starts, *(n.base + min(step, 0.0) for n in column.names)])
    out = []
    for name, value in pairs:
        begin = min(name.base, value.base)
        end = min([h for h in heads if h > begin + 1] + [begin + min(1.2 * pitch, 2 * FARTHEST * name.cell.size)])
        card = [s for s in column.spots if begin - 1 <= s.base < end - 1 and s.cell not in (name.cell, value.cell)]
        if result := _result(name, value, card, doubt):
            out.append(result)
    return out


def _between(name: Spot, value: Spot, names: Sequence[Spot]) -> bool:
    low, high = sorted((name.base, value.base))
    return any(low < other.base < high for other in names)


def _result(name: Spot, value: Spot, card: Sequence[Spot], doubt: str) -> Result | None:
    got = value.got
    assert got is not None
    used = [name, value]
    span, unit, flags = "", got.unit, [got.flag] if got.flag else []
    bands = _bands(card)
    if bands:
        span = "; ".join(f"{label.text} {limits.text}" for label, limits in bands)
        used += [spot for pair in bands for spot in pair]
    elif labelled := _labelled(card):
        span = without_range_label(labelled[-1].text)
        used += labelled
    else:
        ranges = [s for s in card if looks_like_range(s.text) and re.search(r"\d", s.text) and not _value_in(s.text)]
        if len(ranges) == 1 and abs(ranges[0].base - value.base) < 5 * value.cell.size:
            span = ranges[0].text
            used.append(ranges[0])
    if not unit:
        near = [s for s in card if s not in used and looks_like_unit(tidy_unit(s.text)) and not is_flag(s.text) and _beside(s, name, value)]
        units = {tidy_unit(s.text) for s in near}
        if len(units) == 1:
            unit = units.pop()
            used += near[:1]
        elif units:
            doubt = doubt or remark(f"several units stand on the card: {', '.join(sorted(units))}")
    unit = unit or unit_in(span)
    if not span and (not unit or is_dose(unit)):
        return None
    if not span and got.value[0] in "<>≤≥":
        doubt = doubt or remark("the number may be a limit and not a result")
    marks = [s for s in card if s not in used and _flag_in(s.text) and abs(s.base - value.base) < 4 * value.cell.size]
    if len(marks) == 1 and not flags:
        flags.append(_flag_in(marks[0].text))
        used.append(marks[0])
    further = [s for s in card if s not in used and not s.cell.x0 > name.cell.x1 and _rival(s, name, value)]
    if further:
        doubt = doubt or remark(f"the value may belong to {further[0].text!r}")
    days = {s.text for s in card if DATE.fullmatch(s.text.strip())}
    return Result(
        name.text.rstrip(" :"),
        got.value,
        tidy_unit(unit),
        span,
        " ".join(flags),
        date=days.pop() if len(days) == 1 else "",
        review=doubt,
        lines=sorted(dict.fromkeys(s.line for s in used), key=lambda line: line.base),
        name_x0=name.cell.x0,
        value_x=value.cell.x0,
        card=True,
    )


_LIMITS = re.compile(r"(?:[<>≤≥]=?\s?)?\d[\d.,]*(?:\s?[-–]\s?\d[\d.,]*)?(?:\s?[^\W\d_]\S*)?")
"""Limits of a band, also where a laboratory prints an empty or a reversed one (``90.00 - 90.00``, ``30.00 - 29.00``)."""


def _bands(card: Sequence[Spot]) -> list[tuple[Spot, Spot]]:
    """The bands of a gauge: at least three labels side by side, each with its limits right below (or above) it."""
    limits = [s for s in card if _LIMITS.fullmatch(s.text)]
    for line in dict.fromkeys(s.line for s in limits if looks_like_range(s.text)):
        row = [s for s in limits if s.line is line]
        labels = [_near_label(s, card) for s in row]
        if len(row) >= 3 and all(labels) and len({id(label) for label in labels}) == len(row):
            return [(label, s) for label, s in zip(labels, row, strict=True) if label is not None]
    return []


def _near_label(limits: Spot, card: Sequence[Spot]) -> Spot | None:
    near = [
        s
        for s in card
        if not re.search(r"\d", s.text)
        and 0 < abs(s.base - limits.base) < 2.2 * limits.cell.size
        and min(s.cell.x1, limits.cell.x1) > max(s.cell.x0, limits.cell.x0)
    ]
    return near[0] if len(near) == 1 else None


def _labelled(card: Sequence[Spot]) -> list[Spot]:
    """``Normal range: 3.5 - 5.1 mmol/L`` in one cell, or the label and the range in neighbouring cells; empty if none or several."""
    found: list[list[Spot]] = []
    for spot in card:
        label = vocabulary.starts(spot.text, "range_label")
        if not label:
            continue
        bare = without_range_label(spot.text)
        if bare != spot.text and looks_like_range(bare):
            found.append([spot])
        elif len(label.split()) == len(vocabulary.fold_name(spot.text).split()):
            beside = [s for s in card if s is not spot and s.line is spot.line and s.cell.x0 > spot.cell.x1]
            below = [s for s in card if 0 < s.base - spot.base < 2.2 * spot.cell.size and abs(s.cell.x0 - spot.cell.x0) < 3 * s.cell.size]
            if near := [s for s in [*beside[:1], *below[:1]] if looks_like_range(s.text)]:
                found.append([spot, near[0]])
    return found[0] if len(found) == 1 else []


def _beside(spot: Spot, name: Spot, value: Spot) -> bool:
    """Right behind the value or name, or on the next line under one of them."""
    for host in (value, name):
        size = max(host.cell.size, spot.cell.size)
        if spot.line is host.line and -1 < spot.cell.x0 - host.cell.x1 < 3 * size:
            return True
        under = 0 < spot.base - host.base < 2.2 * size
        if under and (min(spot.cell.x1, host.cell.x1) > max(spot.cell.x0, host.cell.x0) or abs(spot.cell.x0 - host.cell.x0) < size):
            return True
    return False


def _rival(spot: Spot, name: Spot, value: Spot) -> bool:
    """A text between name and value that is set like the name, and so may be the name of a test the reference data lack."""
    low, high = sorted((name.base, value.base))
    first, other = name.cell.words[0], spot.cell.words[0]
    alike = first.bold == other.bold and abs(first.size - other.size) < 0.05 * first.size and abs(name.cell.x0 - spot.cell.x0) < 3
    plain = looks_like_unit(tidy_unit(spot.text)) or is_flag(spot.text) or ":" in spot.text
    label = vocabulary.header_role(spot.text) or vocabulary.starts(spot.text, "range_label") or vocabulary.starts(spot.text, "collected")
    return low < spot.base <= high and alike and not plain and not label and is_name(spot.text)
