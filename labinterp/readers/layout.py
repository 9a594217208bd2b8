"""Lines -> result rows. With a header the columns decide, without one the shape of the cells; nothing that is neither is a result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from labinterp.language import remark
from labinterp.readers import transposed, vocabulary
from labinterp.readers.cells import (
    DATE,
    Measure,
    is_flag,
    is_name,
    is_numeric,
    looks_like_range,
    looks_like_unit,
    looks_like_value,
    measure,
    split_flag,
    tidy_unit,
    unit_in,
)
from labinterp.readers.columns import Column, Header, headers_of, set_borders
from labinterp.readers.geometry import Cell, Line, Word
from labinterp.readers.result import Result
from labinterp.readers.table import is_analyte
from labinterp.words import NO_RESULT, fold_word

FAILED = frozenset({"specimen-problem", "pending", "cancelled", "not-performed"})
HEADING = remark("heading or text")
"""Why a line above tests is not read."""


@dataclass(slots=True)
class Left:
    """A line that is no result, and why."""

    line: Line
    reason: str
    kind: str = "furniture"


@dataclass(slots=True)
class Parts:
    """The pieces of one line by role."""

    name: list[Cell] = field(default_factory=list)
    values: list[tuple[list[Word], Column | None]] = field(default_factory=list)
    unit: list[Cell] = field(default_factory=list)
    range: list[Cell] = field(default_factory=list)
    flag: list[Cell] = field(default_factory=list)
    previous: list[tuple[str, str]] = field(default_factory=list)
    other: list[Cell] = field(default_factory=list)
    date: str = ""  # the row's own collection date
    prose: bool = False


def text_of(cells: Sequence[Cell]) -> str:
    return " ".join(c.text for c in cells).strip()


# ---------------------------------------------------------------- one line under a header


def parts_of(line: Line, header: Header) -> Parts:
    """Deal the words of a line out to the columns."""
    parts = Parts()
    columns = header.columns
    dealt: list[tuple[int, Cell]] = []
    for cell in line.cells:
        pieces = _cut(cell, header, cell is line.cells[-1])
        dealt += pieces
        spread = {index for index, _ in pieces}
        if len(spread) > 1 and len(cell.words) >= 7 and vocabulary.count_prose(cell.text) >= 2:
            parts.prose = True
    last_filled: dict[int, Cell] = {}
    value_cells: dict[int, list[Cell]] = {}
    for index, cell in dealt:
        column = columns[index]
        role = column.role
        if index == len(columns) - 1 and index in last_filled and cell.x0 - last_filled[index].x1 > 1.5 * cell.size:
            fits = is_flag(cell.text) or is_flag(last_filled[index].text)
            if not fits and role in ("range", "unit", "flag", "other"):
                parts.other.append(cell)  # beyond the table
                continue
        last_filled[index] = cell
        if role == "name":
            parts.name.append(cell)
        elif role in ("value", "dated"):
            value_cells.setdefault(index, []).append(cell)
        elif role == "unit":
            parts.unit.append(cell)
        elif role == "range":
            parts.range.append(cell)
        elif role == "flag" or (role in ("", "other") and is_flag(cell.text) and not looks_like_unit(cell.text)):
            parts.flag.append(cell)
        elif role == "previous":
            parts.previous.append((cell.text, column.date))
        elif role == "other" and DATE.search(cell.text) and vocabulary.says_date(column.text):
            parts.date = cell.text
        else:
            parts.other.append(cell)
    for index, cells in sorted(value_cells.items()):
        parts.values.append((_value_words(cells, parts), columns[index]))
    return parts


def _value_words(cells: list[Cell], parts: Parts) -> list[Word]:
    """The words of the value where several cells stand in its column: words before the number belong to the name."""
    words = [w for c in cells for w in c.words]
    if len(cells) == 1 or measure([w.text for w in words]).clean:
        return words
    for index, _cell in enumerate(cells):
        rest = [w for c in cells[index:] for w in c.words]
        if (measure([w.text for w in rest]).clean or len(_runs(rest)) > 1) and all(
            not any(ch.isdigit() for ch in c.text) for c in cells[:index]
        ):
            parts.name.extend(cells[:index])
            return rest
    return words


def _cut(cell: Cell, header: Header, last: bool) -> list[tuple[int, Cell]]:
    """Cut a cell where it crosses a column border, if the parts are of the right shape; else it belongs where it starts.

    `last` says that no further cell stands on the line.
    """
    columns = header.columns
    places = [header.of((w.x0 + w.x1) / 2) for w in cell.words]
    if len(set(places)) == 1:
        return [(places[0], cell)]
    pieces: list[tuple[int, Cell]] = []
    for place, word in zip(places, cell.words, strict=True):
        if pieces and pieces[-1][0] == place:
            pieces[-1][1].words.append(word)
        else:
            pieces.append((place, Cell([word])))
    for index, (place, piece) in enumerate(pieces):
        role, text = columns[place].role, piece.text
        apart = index > 0 and piece.x0 - pieces[index - 1][1].x1 > 0.45 * piece.size
        if index == 0 or (apart and abs(piece.x0 - columns[place].x0) < 2.5 and role != "name"):
            continue
        if role in ("value", "dated") and not _fits_value(piece):
            break
        if role in ("value", "dated") and not apart and (last or not re.search(r"\d", text)) and not is_flag(pieces[index - 1][1].text):
            break  # the end of a sentence, or half of a text result
        if not apart and columns[pieces[index - 1][0]].role in ("value", "dated") and not re.search(r"\d", pieces[index - 1][1].text):
            if not is_flag(pieces[index - 1][1].text):
                break  # a text result is not cut within its words
        if role == "unit" and not (looks_like_unit(text) or is_flag(text) or re.fullmatch(r"[^\W\d_]{1,6}", text)):
            break
        if role == "range" and not (looks_like_range(text) or is_flag(text) or looks_like_unit(text)):
            break
        if role == "flag" and not is_flag(text):
            break
    else:
        return _flags_home(pieces, columns)
    home = _home(cell, header)
    return [(home, cell)]


def _flags_home(pieces: list[tuple[int, Cell]], columns: Sequence[Column]) -> list[tuple[int, Cell]]:
    """A flag printed right behind a value belongs to the value, even where the unit column has begun."""
    out = pieces[:1]
    for place, piece in pieces[1:]:
        before, first = columns[out[-1][0]].role, piece.words[0]
        if before in ("value", "dated") and columns[place].role == "unit" and is_flag(first.text) and not first.text[0].islower():
            out[-1][1].words.append(first)
            if len(piece.words) > 1:
                out.append((place, Cell(piece.words[1:])))
            continue
        out.append((place, piece))
    return out


def _fits_value(piece: Cell) -> bool:
    found = measure([w.text for w in piece.words])
    return (bool(found.value) and found.clean) or is_flag(piece.text)


def _home(cell: Cell, header: Header) -> int:
    """The column that holds most of a cell that cannot be cut; a cell that starts in the name column stays there."""
    first = header.of(cell.x0 + 1)
    if header.columns[first].role == "name":
        return first
    if header.columns[first].role in ("range", "previous", "dated") and first < len(header.columns):
        best = max(range(len(header.columns)), key=lambda i: min(cell.x1, header.columns[i].right) - max(cell.x0, header.columns[i].left))
        return best
    best = max(range(len(header.columns)), key=lambda i: min(cell.x1, header.columns[i].right) - max(cell.x0, header.columns[i].left))
    return best


def results_of_line(line: Line, header: Header, strict: bool, borrowed: Cell | None = None) -> list[Result]:
    """The results printed on one line below `header`: none, one, or one a dated column.

    `borrowed` is the name where it stands on the line above.
    """
    parts = parts_of(line, header)
    if borrowed is not None:
        if parts.name or not header.has("name"):
            return []
        parts.name = [borrowed]
    if parts.prose:
        return []
    if not header.has("value") and not header.has("dated"):
        return by_shape(line, header, strict=strict)
    flags: list[str] = []
    name_cells = list(parts.name)
    if not header.has("name"):
        first = next((c for c in line.cells), None)
        name_cells = [first] if first else []
        parts.values = (
            [(ws, c) for ws, c in ((([w for w in words if w not in first.words], col)) for words, col in parts.values) if ws]
            if first
            else []
        )
    while len(name_cells) > 1 and is_flag(name_cells[-1].text) and not looks_like_unit(name_cells[-1].text):
        flags.append(name_cells.pop().text)
    name = name_of(name_cells)
    unit, range_text = text_of(parts.unit), "\n".join([text_of(parts.range)] if parts.range else [])
    found: list[tuple[Measure, list[Word], Column | None]] = []
    # numbers that slid into the name column (long right-aligned values)
    if not parts.values and len(name_cells) > 1 and measure([w.text for w in name_cells[-1].words]).clean:
        last = name_cells.pop()
        name = name_of(name_cells)
        parts.values = [(last.words, next((c for c in header.columns if c.role == "value"), None))]
    if len(parts.values) == 1 and not unit and len(name_cells) > 1 and measure([w.text for w in name_cells[-1].words]).clean:
        slid, column = parts.values[0]
        said = " ".join(w.text for w in slid)
        if looks_like_unit(tidy_unit(said)) and not is_flag(said) and not re.match(r"\d", said):  # the unit slid into the column of results
            unit, parts.values = said, [(name_cells.pop().words, column)]
            name = name_of(name_cells)
    if (
        not parts.values
        and len(parts.unit) == 1
        and (whole := measure([w.text for w in parts.unit[0].words])).unit
        and is_numeric(whole.value)
    ):
        parts.values = [(parts.unit[0].words, next((c for c in header.columns if c.role == "value"), None))]
        unit = ""  # value and unit stand together where the unit column begins
    for words, column in parts.values:
        for run in _runs(words):
            found.append((measure([w.text for w in run], text_allowed=True), run, column))
    if not name or not is_name(name) or re.search(r"[<>≥≤]=?\s?\d", name):
        return []
    unit = tidy_unit(unit)
    flag_at_unit, unit = split_flag(unit) if not is_flag(unit) else ("", unit)
    if unit and is_flag(unit) and (not looks_like_unit(unit) or (unit == "L" and not parts.flag)):
        flag_at_unit, unit = unit, ""
    flag_at_range, range_text = split_flag(range_text) if range_text else ("", range_text)
    if range_text and is_flag(range_text) and not looks_like_range(range_text):
        flag_at_range, range_text = range_text, ""
    flags += [f for f in (flag_at_unit, flag_at_range) if f]
    if range_text and not unit and looks_like_unit(range_text):
        unit, range_text = range_text, ""
    if unit and not looks_like_unit(unit) and looks_like_range(unit) and not range_text:
        unit, range_text = "", unit
    if not unit and range_text and (split := _unit_range(range_text)):
        unit, range_text = split
    if not unit and header.has("unit") and (match := re.fullmatch(r"(.*[^\W\d_]) (\S+)", range_text)) and looks_like_unit(match[2]):
        range_text, unit = match[1], match[2]
    if _thresholds(line, bool(parts.values and parts.range)):
        return []
    flags += [c.text for c in parts.flag if is_flag(c.text) or len(c.text) <= 24]
    out: list[Result] = []
    several = [f for f in found if f[0].value or f[0].rest]
    dated = header.has("dated")
    spans = [f for f in several if _SPAN.fullmatch(f[0].value) and not f[0].unit]
    if not range_text and not dated and len(several) == 2 and len(spans) == 1:  # the range slid into the column of results
        range_text = spans[0][0].value
        several.remove(spans[0])
    for got, words, column in several:
        if not got.value:
            return []
        numeric = is_numeric(got.value)
        own_unit = got.unit
        here_unit = unit or own_unit
        if own_unit and unit and own_unit != unit:
            pair = len(found) > 1 and len(parts.values) == 1
            here_unit = own_unit if pair else f"{own_unit} {unit}" if looks_like_unit(f"{own_unit} {unit}") else unit
        clean = got.clean
        rest_range = ""
        if got.rest and not range_text and looks_like_range(got.rest):
            rest_range, clean = got.rest, True
        if not clean:
            return []
        span = range_text or rest_range
        evidence = (bool(here_unit) and looks_like_unit(here_unit)) + (bool(span) and looks_like_range(span))
        if borrowed is not None and not (numeric and evidence):
            return []
        if not _believable(name, got.value, numeric, evidence, line, header, parts, strict, bool(flags)):
            return []
        if not numeric and not looks_like_value(got.value) and column is not None and not _aligned(words, column):
            return []
        doubt = ""
        if not numeric and not looks_like_value(got.value) and re.search(r"\d", got.value) and evidence == 0:
            doubt = remark("the value has an unusual form")
        use_unit = tidy_unit(here_unit or unit_in(span))
        if numeric or looks_like_value(got.value):
            column = column or next(c for c in header.columns if c.role == "value")
            column.seen.append((words[0].x0, words[-1].x1))
        out.append(
            Result(
                name,
                got.value,
                use_unit,
                span,
                " ".join([f for f in [got.flag, *([] if dated else flags)] if f]),
                "; ".join(f"{t} ({d})" if d else t for t, d in parts.previous),
                column.date if column is not None and column.role == "dated" else parts.date,
                bold=all(w.bold for w in words),
                colour=words[0].colour,
                lines=[line],
                name_x0=name_cells[0].x0,
                value_x=words[0].x0,
                review=doubt or ("" if not unit or looks_like_unit(unit) or evidence else remark("the unit is not a known spelling")),
                plain=numeric or looks_like_value(got.value),
            )
        )
    if len(out) > 1 and not dated:
        return out if len(parts.values) == 1 or _two_values(header) else out[:1]
    return out


def _thresholds(line: Line, placed: bool) -> bool:
    """A row of limits (``Triglycerides  <150  150-199  >=500``) is no result; `placed` allows a value ``<0.1`` beside its range."""
    limits = [
        c
        for c in line.cells[1:]
        if re.fullmatch(r"[<>≤≥=]{1,2}\s?\d[\d.,]*\s?%?|\d[\d.,]*\s?%?\s?[-–]\s?<?\d[\d.,]*\s?%?|-", c.text.strip("()"))
    ]
    return len(limits) >= 3 or (len(limits) == 2 and len(line.cells) == 3 and not placed)


def _aligned(words: Sequence[Word], column: Column) -> bool:
    """Does a text result begin, end or centre where the header cell or a number of this column does?"""
    x0, x1 = words[0].x0, words[-1].x1
    spots = [(column.x0, column.x1), *column.seen[-12:]]
    return any(abs(x0 - a) < 4 or abs(x1 - b) < 4 or abs(x0 + x1 - a - b) < 8 for a, b in spots)


def _two_values(header: Header) -> bool:
    """Several value columns of one line are separate results only if they are not 'normal' and 'abnormal'."""
    return not any(c.text.casefold() in ("normal", "abnormal") for c in header.columns)


def _runs(words: list[Word]) -> list[list[Word]]:
    """Two results in one cell (``5.2 %  33``): each with its own unit. Else the words as they are."""
    texts = [w.text for w in words]
    if len(texts) < 3 or measure(texts).clean:
        return [words]
    for cut in range(2, len(texts)):
        first, second = measure(texts[:cut]), measure(texts[cut:])
        if first.clean and first.unit and is_numeric(first.value) and second.clean and is_numeric(second.value):
            return [words[:cut], words[cut:]]
    return [words]


def name_of(cells: Sequence[Cell]) -> str:
    """A name as printed: leader dots, a trailing star and a colon go; a second-language name in its own cell stays apart."""
    texts = [_without_footnote(c) for c in cells]
    if len(texts) > 1 and any(ord(ch) > 0x2E80 for ch in texts[-1]) and not any(ord(ch) > 0x2E80 for ch in texts[0]):
        texts = texts[:-1]
    text = " ".join(texts)
    return re.sub(r"(?:\s?[.…_]){3,}$|\s*[:*†‡]+$", "", text).strip()


def _without_footnote(cell: Cell) -> str:
    """The text of a name cell without small footnote numbers or letters behind it (``Glucose`` and a small ``01``)."""
    words = list(cell.words)
    while len(words) > 1 and words[-1].size <= 0.8 * words[0].size and re.fullmatch(r"\d{1,2}|[A-Z]|\*+", words[-1].text):
        words.pop()
    return " ".join(w.text for w in words)


def _believable(
    name: str, value: str, numeric: bool, evidence: int, line: Line, header: Header, parts: Parts, strict: bool, flagged: bool
) -> bool:
    """Is this a result, or a line that happens to fall into the columns?"""
    if parts.other and len(text_of(parts.other).split()) > 12 and not evidence:
        return False
    if DATE.fullmatch(value):
        return False
    label = vocabulary.starts(name, "stop") or vocabulary.starts(name, "collected") or vocabulary.starts(name, "birth")
    if label and len(label.split()) == len(name.split()):
        return False
    if numeric:
        if re.search(r"^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}", value):
            return False
        if strict:
            return evidence >= 1
        if evidence:
            return True
        needs = header.has("unit") or header.has("range")
        return not needs or (bool(re.match(r"[^\W\d_]", name)) and len(name.split()) <= 8 and not name.endswith((".", ";")))
    if strict:
        return (looks_like_value(value) and evidence >= 1) or (looks_like_value(value) and flagged)
    if looks_like_value(value) or evidence:
        return len(value.split()) <= 8
    if len(value.split()) > 5 or len(value) > 40 or ":" in value or vocabulary.count_prose(value) >= 2:
        return False
    return len(name.split()) <= 6 and ":" not in name and not name.endswith(".")


# ---------------------------------------------------------------- one line by the shape of its cells

_SPAN = re.compile(r"\d[\d.,]*\s?[-–]\s?\d[\d.,]*")
_INLINE = re.compile(r"^(?P<name>[^:]{2,60}?)\s*:\s*(?P<rest>\S.*)$")
_BRACKET = re.compile(r"^(?P<body>.*?)\s*[(\[](?P<label>[^()\[\]:]{2,40}?)[:\s]\s*(?P<range>[^()\[\]]+)[)\]]\s*(?P<flag>.*)$")


def by_shape(line: Line, header: Header | None = None, strict: bool = True) -> list[Result]:
    """A result read from the shape of its cells: name, value, then unit, flag, range in any order. Needs a unit or a range."""
    if inline := _inline(line):
        return [inline]
    cells = list(line.cells)
    previous: list[tuple[str, str]] = []
    span_cells: list[Cell] = []
    if header is not None:
        kept = []
        for cell in cells:
            role = header.columns[header.of(cell.mid)].role
            column = header.columns[header.of(cell.mid)]
            if role == "previous" and cell.x0 > column.x0 - 40:
                previous.append((cell.text, column.date))
            elif role == "range" and cell.x0 > column.x0 - 40:
                span_cells.append(cell)
            elif role in ("other", "method") and cell.x0 > column.x0 - 10:
                continue
            else:
                kept.append(cell)
        cells = kept
    if len(cells) == 1 and header is None:
        cells = _one_cell(cells[0])
    if len(cells) < 2:
        return []
    names: list[Cell] = []
    at = 0
    got: Measure | None = None
    value_cell: Cell | None = None
    lead: list[str] = []
    for position, cell in enumerate(cells):
        at = position
        if names:
            found = measure([w.text for w in cell.words])
            if found.value and (found.clean or (found.rest and looks_like_range(found.rest))):
                got, value_cell = found, cell
                break
            if is_flag(cell.text):
                lead.append(cell.text)
                continue
        names.append(cell)
    if got is None or value_cell is None:
        return []
    name = name_of(names)
    if not is_name(name) or len(names) > 2:
        return []
    unit, span, flags = got.unit, text_of(span_cells), [*lead, got.flag]
    if got.rest:
        mark, rest = split_flag(got.rest)
        flags.append(mark)
        span = span or rest
    extra: list[str] = []
    for cell in cells[at + 1 :]:
        text = cell.text
        if is_flag(text) and not (not unit and looks_like_unit(text) and text in ("%",)):
            flags.append(text)
            continue
        mark, body = split_flag(text)
        if mark and (looks_like_range(body) or looks_like_unit(body)):
            flags.append(mark)
            text = body
        if not unit and looks_like_unit(tidy_unit(text)):
            unit = text
        elif not span and looks_like_range(text):
            span = text
        elif not unit and not span and (split := _unit_range(text)):
            unit, span = split
        else:
            extra.append(text)
    label = vocabulary.starts(name, "stop") or vocabulary.starts(name, "collected")
    if label and len(label.split()) == len(name.split()):
        return []
    unit = tidy_unit(unit)
    evidence = bool(unit and looks_like_unit(unit)) + bool(span and looks_like_range(span))
    numeric = is_numeric(got.value)
    if not span and re.search(r"\d\s?[-–]\s?\d", got.value):
        return []  # a range beside a name, without a value
    if evidence == 0 or (not numeric and evidence < 1) or DATE.search(got.value):
        return []
    if extra and len(" ".join(extra).split()) > 6:
        return []
    if vocabulary.count_prose(name) >= 3:
        return []
    return [
        Result(
            name,
            got.value,
            tidy_unit(unit or unit_in(span)),
            span,
            " ".join(f for f in flags if f),
            "; ".join(f"{t} ({d})" if d else t for t, d in previous),
            bold=all(w.bold for w in [w for w in value_cell.words if re.search(r"\d", w.text)] or value_cell.words),
            colour=value_cell.words[0].colour,
            lines=[line],
            name_x0=names[0].x0,
            value_x=value_cell.x0,
        )
    ]


def _one_cell(cell: Cell) -> list[Cell]:
    """``Hemoglobin 13.5 g/dL 12.0 - 16.0`` without gaps: cut before the value if value, unit and range use up the rest."""
    texts = [w.text for w in cell.words]
    for cut in range(1, min(len(texts) - 2, 8)):
        got = measure(texts[cut:])
        if got.value and got.unit and got.rest and is_numeric(got.value) and looks_like_range(got.rest) and re.search(r"\d", got.rest):
            return [Cell(cell.words[:cut]), Cell(cell.words[cut:])]
    return [cell]


def _unit_range(text: str) -> tuple[str, str] | None:
    words = text.split()
    for cut in range(1, len(words)):
        left, right = " ".join(words[:cut]), " ".join(words[cut:])
        if looks_like_unit(left) and re.search(r"\d", right) and looks_like_range(right) and not looks_like_unit(right):
            return left, right
    return None


def _inline(line: Line) -> Result | None:
    """``Hemoglobin: 11.2 g/dL (Ref: 12.0 - 15.5)`` on one line. The whole line must be used up."""
    text = " ".join(c.text for c in line.cells)
    match = _INLINE.match(text)
    if not match or not is_name(match["name"]):
        return None
    rest, span, flag = match["rest"], "", ""
    if bracket := _BRACKET.match(rest):
        if vocabulary.says(bracket["label"], "range_label") and looks_like_range(bracket["range"]):
            rest, span, flag = bracket["body"], bracket["range"].strip(), bracket["flag"].strip(" -")
        elif looks_like_range(f"{bracket['label']} {bracket['range']}"):
            return None
    got = measure(rest.split())
    if not got.value or not got.clean or not is_numeric(got.value) or (flag and not is_flag(flag)):
        return None
    if not span or DATE.search(got.value):
        return None
    words = line.words
    return Result(
        match["name"].strip(),
        got.value,
        got.unit or unit_in(span),
        span,
        flag or got.flag,
        lines=[line],
        name_x0=words[0].x0,
        value_x=words[0].x1,
    )


# ---------------------------------------------------------------- the lines of a document


@dataclass
class Reader:
    """Walks down the lines of a document and keeps what a table carries from line to line."""

    results: list[Result] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    header: Header | None = None
    inherited: bool = False
    section: str = ""
    specimen: str = ""  # said in the table itself
    foreign: bool = False  # a table of prices or doses has begun
    paused: bool = False  # a comment or interpretation has begun: only complete rows count

    def read(
        self, lines: Sequence[Line], width: float, any_header: bool, furniture: frozenset[str], heads: Sequence[Header] | None = None
    ) -> None:
        """Read the lines of one page (or of one of its columns). `heads` are its table headers, where they are known."""
        heads = headers_of(lines) if heads is None else heads
        starts = {id(h.lines[0]): h for h in heads}
        inside = {id(line) for h in heads for line in h.lines}
        first_head = min((lines.index(h.lines[0]) for h in heads), default=len(lines))
        for order, head in enumerate(heads):
            begin = lines.index(head.lines[-1]) + 1
            end = lines.index(heads[order + 1].lines[0]) if order + 1 < len(heads) else len(lines)
            set_borders(head, _body(lines[begin:end]), width)
        if self.header is not None:
            self.inherited = True
        self.last: Result | None = None
        self.last_line: Line | None = None
        self.pending: list[Line] = []
        self.span_ahead: list[tuple[Line, str]] = []
        self.paused, self.specimen = False, ""
        self.headed: tuple[Line, str, str] | None = None
        self.pitch = _pitch(lines)
        self.body_size = median(line.size for line in _body(lines) or lines)
        sideways = transposed.tables_of(lines)
        dated = {key: found for table in sideways for key, found in table.results.items()}
        tops = {id(line) for table in sideways for line in table.head}
        for index, line in enumerate(lines):
            if id(line) in tops or id(line) in dated:
                self._sideways(line, dated.get(id(line), []))
                continue
            if id(line) in starts:
                self.header = starts[id(line)]
                self.inherited = self.paused = self.foreign = False
                self._flush()
            if id(line) in inside:
                self._flush()
                self.left.append(Left(line, remark("table header")))
                self.last = None
                continue
            above = index < first_head
            self._line(line, (above and bool(heads)) or (self.inherited and index < first_head), any_header, furniture, lines, index)
        self._flush()
        self._drop_idle_tables()

    def _sideways(self, line: Line, found: list[Result]) -> None:
        """A line of a table with its dates down the side."""
        self._flush()
        self.last = None
        for result in found:
            result.section, result.specimen = self.section, self.specimen
            self.results.append(result)
        if not found:
            self.left.append(Left(line, remark("table header")))

    def _drop_idle_tables(self) -> None:
        """A header under which no number and no known result word stands was none: its rows are not results."""
        useful = {r.header for r in self.results if r.plain}
        for result in [r for r in self.results if r.header not in useful]:
            self.results.remove(result)
            for line in result.lines:
                self.left.append(Left(line, remark("text in columns without any result"), "furniture"))

    # -- helpers

    def _line(self, line: Line, above: bool, any_header: bool, furniture: frozenset[str], lines: Sequence[Line], index: int) -> None:
        if is_foreign(line):
            self.foreign, self.header = True, None
        if self.foreign:
            self._flush()
            self.left.append(Left(line, remark("a table of goods or doses, not of results")))
            return
        masked = mask(line.text)
        repeated = masked in furniture
        found: list[Result] = []
        strict = above or self.paused or self.inherited
        if self.header is not None and not (above and repeated):
            found = results_of_line(line, self.header, strict)
            if not found and self.pending and line.base - self.pending[-1].base <= 1.1 * line.size:
                found = results_of_line(line, self.header, strict, self.pending[-1].cells[0])
                if found:  # the name stands half a line higher, and may go on half a line lower
                    above_it = self.pending.pop()
                    self._no_heading(above_it)
                    for result in found:
                        result.lines.insert(0, above_it)
        if not found and not any_header and not repeated:
            found = by_shape(line)
        if found:
            self._take(found, line)
            return
        if self._add_to_last(line, lines, index):
            return
        if repeated:
            self.left.append(Left(line, remark("repeated on several pages")))
            return
        self._unread(line, lines, index, above)

    def _take(self, found: list[Result], line: Line) -> None:
        name = found[0].name
        prefix = self._wrapped_prefix(line, name)
        second = vocabulary.says(name, "second_unit")
        if second and self.last is not None:
            for result in found:
                result.name, result.second = self.last.name, True
        for result in found:
            if prefix:
                result.name = f"{prefix} {result.name}"
                result.lines = [*self._used, *result.lines]
            result.section, result.specimen, result.header = self.section, self.specimen, id(self.header)
            if self.span_ahead and result.lines[-1].base - self.span_ahead[-1][0].base < 2.2 * line.size:
                result.range = "\n".join([*(t for _, t in self.span_ahead), *([result.range] if result.range else [])])
                result.lines = [*(at for at, _ in self.span_ahead), *result.lines]
                self.span_ahead = []
            self.results.append(result)
        self._flush()
        self.last, self.last_line = found[-1], line

    _used: list[Line] = field(default_factory=list)

    def _no_heading(self, line: Line) -> None:
        """A line taken for a heading was the first part of a name."""
        if self.headed is not None and self.headed[0] is line:
            _, self.section, self.specimen = self.headed

    def _wrapped_prefix(self, line: Line, name: str) -> str:
        """Name lines printed above the line with the value."""
        self._used = []
        if not self.pending:
            return ""
        above = self.pending[-1]
        text = name_of(above.cells)
        close = line.base - above.base <= 1.45 * max(line.size, above.size)
        aligned = abs(above.x0 - line.x0) < 1.5 * line.size
        joins = text.endswith((",", "-", "(", "/", "+")) or name[:1].islower() or text.count("(") > text.count(")") or name.startswith("(")
        step = line.base - above.base
        before = above.base - self.last_line.base if self.last_line is not None else 0.0
        tight = step <= 0.94 * self.pitch or (self.pitch == 0 and step <= 1.25 * line.size and before >= 1.3 * step)
        tighter = tight and _alike(above, line) and is_name(text)
        broken = name.startswith("(") or text.count("(") > text.count(")") or text.endswith(("-", "/", ","))
        if vocabulary.says(text, "specimen_words"):
            return ""  # what is examined from here on
        if close and aligned and ((joins and not text.isupper()) or broken or tighter) and not _is_method(above.cells):
            self._used = [above]
            self.pending.remove(above)
            self._no_heading(above)
            return text
        return ""

    def _add_to_last(self, line: Line, lines: Sequence[Line], index: int) -> bool:
        """Does this line continue the result above it: rest of the name, of the range, a range label?"""
        last = self.last
        if last is None or self.last_line is None:
            return False
        gap = line.base - self.last_line.base
        size = max(line.size, last.lines[0].size)
        near = gap <= 2.1 * size
        text = " ".join(c.text for c in line.cells)
        label = vocabulary.starts(text, "range_label")
        below = last.name_x0 - 2 * size <= line.x0 <= last.value_x
        if label and gap <= 2.6 * size and not last.range and below:
            body = re.sub(r"^[^:]*:\s*-?\s*", "", text, count=1) if ":" in text[: len(label) + 12] else ""
            if body and looks_like_range(body) and not last.open_range:
                last.range = body
                self._extend(line)
                last.open_range = True
                return True
            if not body.strip("-– "):
                last.open_range = True
                self._extend(line)
                return True
        if last.open_range and near and below and not vocabulary.starts(text, "stop"):
            if (looks_like_range(text) and vocabulary.count_prose(text) <= 2 and len(text) < 120) or (
                text.endswith(":") and len(text.split()) <= 3
            ):
                last.range = f"{last.range}\n{text}" if last.range else text
                self._extend(line)
                return True
            last.open_range = False
        if self.header is None:
            return False
        parts = parts_of(line, self.header)
        if parts.prose:
            return False
        if parts.unit and not parts.values and near and last.unit and looks_like_unit(f"{last.unit} {text_of(parts.unit)}"):
            wrapped = name_of(parts.name)
            if gap <= 1.45 * size and (not wrapped or is_name(wrapped)):
                last.unit = f"{last.unit} {text_of(parts.unit)}"
                if wrapped and not _is_method(parts.name):
                    last.name = f"{last.name} {wrapped}"
                if parts.range:
                    last.range = f"{last.range}\n{text_of(parts.range)}".strip()
                self._extend(line)
                return True
        follows = lines[index + 1].base - line.base if index + 1 < len(lines) else 99.0
        only_range = parts.range and not parts.values and not parts.unit
        if only_range and not parts.name and index + 1 < len(lines) and follows < 0.8 * gap and _holds_value(lines[index + 1], self.header):
            return False  # the first line of the next row's range
        if only_range and near and (not parts.name or _is_method(parts.name)):
            body = text_of(parts.range)
            if (last.range or looks_like_range(body)) and vocabulary.count_prose(body) <= 3 and len(body) <= 60:
                if not last.range:
                    last.range = body
                elif len(last.range) < 400:
                    last.range = f"{last.range}\n{body}"
                if not last.unit:
                    last.unit = unit_in(last.range)
                self._extend(line)
                return True
        if parts.name and parts.range and last.range and not parts.values and not parts.unit and gap <= 1.45 * size:
            wrapped, body = name_of(parts.name), text_of(parts.range)
            if _alike(last.lines[0], line) and is_name(wrapped) and looks_like_range(body) and follows >= 1.2 * gap:
                last.name, last.range = f"{last.name} {wrapped}", f"{last.range}\n{body}"
                self._extend(line)
                return True
        if parts.name and not parts.values and not parts.unit and not parts.range and not parts.flag and len(line.cells) == 1:
            tight = gap <= 1.45 * size
            name = name_of(parts.name)
            joins = last.name.endswith((",", "-", "(", "/", "+", " of", " and", " y", " de", " und")) or last.name.count(
                "("
            ) > last.name.count(")")
            alike = _alike(last.lines[0], line)
            closer = gap <= max(0.78 * follows, 0.94 * self.pitch) and follows >= 0.99 * gap and abs(line.x0 - last.name_x0) < 1.2 * size
            lower = name[:1].islower() and len(name.split()) <= 4 and follows > 1.15 * gap
            centred = last.lines[0] is not self.last_line and gap <= 1.1 * size and last.lines[0].base < self.last_line.base
            if centred and not _is_method(parts.name):
                last.name = f"{last.name} {name}"
                self._extend(line)
                return True
            if tight and not _is_method(parts.name) and (is_name(name) or len(name) <= 2) and (joins or lower or (alike and closer)):
                last.name = f"{last.name} {name}"
                self._extend(line)
                return True
        return False

    def _extend(self, line: Line) -> None:
        assert self.last is not None
        for result in self.results[-8:]:
            if self.last_line in result.lines:
                if result is not self.last:
                    result.range, result.name = self.last.range, self.last.name
                result.lines.append(line)
        self.last_line = line

    def _unread(self, line: Line, lines: Sequence[Line], index: int, above: bool) -> None:
        text = " ".join(c.text for c in line.cells)
        if not above and self.header is not None:
            parts = parts_of(line, self.header)
            if parts.range and not parts.name and not parts.values and not parts.unit and looks_like_range(text_of(parts.range)):
                self.span_ahead.append((line, text_of(parts.range)))
                return
        if self.header is not None and not above and len(line.cells) <= 2 and (specimen := _specimen(line)):
            self.specimen = specimen
            if len(line.cells) == 2:
                self.section = line.cells[0].text
            self.left.append(Left(line, HEADING))
            return
        if above and ":" in text:
            self.section = ""  # what stood above the facts of the person heads no tests
        stop = vocabulary.starts(text, "stop")
        if stop and re.match(r"^[^:]{0,60}:|^\W*\w+\W*$", text):
            self.paused = True
            self.left.append(Left(line, remark("comment or explanation")))
            return
        if (
            len(line.cells) <= 2
            and len(text) < 70
            and not re.search(r"\d{3,}|:\s*\S", text)
            and vocabulary.count_prose(text) <= 2
            and text[:1].isalpha()
        ):
            if not _is_method(line.cells) and not text.endswith("."):
                self.pending.append(line)
                self.headed = (line, self.section, self.specimen)
                if _is_heading(line, text) and not _failed(text) and not _result_in(text) and line.size >= 0.9 * self.body_size:
                    self.section = text
                    self.specimen = text if vocabulary.says(text, "specimen_words") else ""
                    self.paused = False
                return
        kind = "possible_result" if _possible(line) else "furniture"
        self.left.append(
            Left(line, remark("not read as a result") if kind == "possible_result" else remark("no result on this line"), kind)
        )

    def _flush(self) -> None:
        for line in self.pending:
            stated = _result_in(line.text)
            self.left.append(Left(line, remark("not read as a result"), "possible_result") if stated else Left(line, HEADING))
        for line, _ in self.span_ahead:
            self.left.append(Left(line, remark("a range without its result"), "possible_result"))
        self.pending, self.span_ahead = [], []


def _specimen(line: Line) -> str:
    """``SPECIMEN: URINE`` in a heading line of the table."""
    label, _, said = line.cells[-1].text.partition(":")
    return said.strip() if said.strip() and vocabulary.says(label, "specimen") and len(said) < 40 else ""


def _holds_value(line: Line, header: Header) -> bool:
    return any(measure([w.text for w in words]).value for words, _ in parts_of(line, header).values)


def _alike(one: Line, other: Line) -> bool:
    """Do two lines begin in the same type: weight, colour and size?"""
    a, b = one.words[0], other.words[0]
    return a.bold == b.bold and a.colour == b.colour and abs(a.size - b.size) < 0.04 * a.size


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance between two neighbouring rows of a table; 0 where no rows follow each other."""
    rows = [len(line.cells) >= 2 and bool(_body([line])) for line in lines]
    steps = [b.base - a.base for (a, b), near in zip(pairwise(lines), pairwise(rows), strict=True) if all(near)]
    return median(steps) if len(steps) >= 3 else 0.0


def _is_heading(line: Line, text: str) -> bool:
    return line.cells[0].bold or text.isupper() or line.cells[0].size > 1.1 * line.size or len(text.split()) <= 5


def _failed(text: str) -> bool:
    """``Urine sample not received``: why there is no result, and no heading."""
    tokens = text.split()
    return any(NO_RESULT.get(fold_word(" ".join(tokens[cut:]))) in FAILED for cut in range(len(tokens)))


def _result_in(text: str) -> bool:
    """``Urine potassium 45 mmol/L`` or ``Kalium 2,3``: the name of a known test and a number with a unit or a decimal mark."""
    tokens = text.split()
    for cut in range(1, len(tokens)):
        if re.search(r"\d", tokens[cut]) and (got := measure(tokens[cut:])).clean and is_numeric(got.value):
            return (bool(got.unit) or bool(re.search(r"\d[.,]\d", got.value))) and is_analyte(" ".join(tokens[:cut]).rstrip(" :=-"))
    return False


def _is_method(cells: Sequence[Cell]) -> bool:
    text = text_of(cells)
    return bool(re.fullmatch(r"[(\[].*[)\]]", text)) or vocabulary.starts(text, "stop") != ""


def _possible(line: Line) -> bool:
    """A number beside the name of a test, or with a unit or a range in cells of its own, but not read as a result: one should see it."""
    texts = [c.text for c in line.cells]
    if len(texts) < 2 or len(line.words) > 24 or vocabulary.count_prose(line.text) > 4:
        return False
    if is_analyte(texts[0]) and texts[1][0].isdigit() and not DATE.search(texts[1]):
        return True
    found = [measure(text.split()) for text in texts]
    valued = [m for m in found if m.value and is_numeric(m.value) and not DATE.search(m.value)]
    return (bool(valued) and any(m.unit for m in valued)) or (
        bool(valued) and any(looks_like_unit(t) and re.search(r"[/%]", t) for t in texts)
    )


def is_foreign(line: Line) -> bool:
    """The header of a table of goods, prices or medicines."""
    said = [vocabulary.says(c.text, "foreign_header") for c in line.cells]
    other = [bool(vocabulary.header_role(c.text)) for c in line.cells]
    return sum(said) >= 2 or (sum(said) == 1 and len(said) >= 3 and all(a or b for a, b in zip(said, other, strict=True)))


def _body(lines: Sequence[Line]) -> list[Line]:
    """The lines of a table that show its columns: several cells, one of them a value."""
    rows = [line for line in lines if len(line.cells) >= 2 and any(measure([w.text for w in c.words]).value for c in line.cells[1:])]
    plain = [line for line in rows if all(vocabulary.count_prose(c.text) <= 2 for c in line.cells)]
    return plain or rows


def mask(text: str) -> str:
    """A line with its digits masked: page numbers and times differ between repetitions."""
    return re.sub(r"\d+", "#", text)
