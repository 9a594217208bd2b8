"""Plain text: copied from a patient portal or a letter, typed, or piped in.

Lines with columns become words with places, and the reader of PDFs reads them; a tab moves to a column wide enough for all lines around
it. What that leaves over may still be a statement: ``Potassium 2.9 mmol/L (3.5-5.1) L``, several of them behind one another, or, as
portals put it, the name, the value and the range each on a line of its own. There are no real places, so rows have no box.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from labinterp.errors import ReadError, ValueTextError
from labinterp.language import remark
from labinterp.model import ROW_COLUMNS, Report, frame_of
from labinterp.readers import vocabulary
from labinterp.readers.cells import (
    is_dose,
    is_flag,
    is_name,
    looks_like_range,
    looks_like_unit,
    measure,
    split_flag,
    unit_in,
    without_range_label,
)
from labinterp.readers.delimited import is_binary
from labinterp.readers.document import report_of
from labinterp.readers.encoding import decode
from labinterp.readers.facts import facts_of
from labinterp.readers.geometry import Page, Word, lines_of
from labinterp.readers.layout import HEADING
from labinterp.readers.limits import limits
from labinterp.readers.table import is_analyte
from labinterp.shapes import decimal_of, decimal_vote, parse_range

SIZE, WIDTH, LEADING = 10.0, 5.0, 12.0
"""Letter size, width of a character and distance of lines, so that two spaces part cells and one space parts words."""

WIDEST = 200
"""Characters: a longer cell makes no column, so that one long line does not widen all others."""

MOST_WORDS = 40
"""Words of a statement: what is longer is prose."""

SPAN = 10
"""Lines within which a name finds its value, where each stands on a line of its own."""

PICTURES = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u200b": "", "\ufeff": "", "│": "\t", "┃": "\t", "║": "\t"})
_INTERVAL = re.compile(r"\d\s*[-–]\s*\d")
UNCLEAR = remark("it names a test and a number, but not in a form that is read")
PLACES = ["x0", "top", "x1", "bottom"]


def identify(head: bytes, name: str) -> bool:
    """True for anything that is text."""
    return not is_binary(decode(head)[0])


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read plain text. Raises `ReadError` for web pages and other markup, and for text of a size that no report has."""
    text, encoding = decode(data, locale)
    start = text.lstrip()[:200].lower()
    if re.match(r"<(?:[!?]|[a-z][\w:.-]*[\s/>])", start):
        page = re.match(r"<(?:!doctype html|html|head|body|div|table)", start)
        kind = remark("a web page (HTML)") if page else remark("XML (of FHIR, the JSON form is read)")
        raise ReadError(f"{name}: this is {kind}; save it as PDF, or copy its text and paste that")
    most = limits()
    if len(data) > most.text_size:
        raise ReadError(f"{name}: {len(data) >> 10} kB of plain text; the limit is {most.text_size >> 10} kB")
    parts = [part for part in text.split("\f") if part.strip()]
    if len(parts) > most.pages:
        raise ReadError(f"{name}: the text has {len(parts)} pages; the limit is {most.pages}")
    pages = [page_of(part, number) for number, part in enumerate(parts, 1)]
    report = with_statements(report_of(pages, name=name, format="text", locale=locale), parts)
    report.rows["decimal"] = decimal_vote([*report.rows["value_text"], *report.rows["range_text"]]) or decimal_of(locale)
    for frame in (report.rows, report.unread):
        frame[PLACES] = np.nan
    if encoding not in ("utf-8", "utf-8-sig", "utf-16"):
        report = replace(report, notices=(*report.notices, remark(f"The text is not in UTF-8; it was read as {encoding}.")))
    return report


def page_of(text: str, number: int = 1) -> Page:
    """Lines of text as a page of words."""
    lines = [line.rstrip() for line in aligned(text.translate(PICTURES).splitlines())]
    words = []
    for index, line in enumerate(lines):
        base = (index + 1) * LEADING
        x = 0.0
        for piece in re.findall(r"\s+|\S+", line):
            wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in piece) * WIDTH
            if not piece.isspace():
                words.append(Word(piece, x, x + wide, base - SIZE * 0.8, base + SIZE * 0.2, base, SIZE))
            x += wide
    widest = max((word.x1 for word in words), default=0.0)
    return Page(number, widest + SIZE, (len(lines) + 1) * LEADING, words)


def aligned(lines: list[str]) -> list[str]:
    """Tabs as spaces, so that the cells of neighbouring lines with tabs (and of lines with ``|``) stand below each other."""
    out: list[str] = []
    block: list[list[str]] = []

    def close() -> None:
        widths: list[int] = []
        for cells in block:
            widths += [0] * (len(cells) - len(widths))
            for column, cell in enumerate(cells):
                widths[column] = max(widths[column], min(len(cell), WIDEST))
        out.extend("   ".join(cell.ljust(width) for cell, width in zip(cells, widths)) for cells in block)
        block.clear()

    for line in lines:
        if line.count("|") > 1 and "\t" not in line:
            line = line.strip().strip("|").replace("|", "\t")
        if "\t" in line:
            block.append([cell.strip() for cell in line.split("\t")])
        else:
            close()
            out.append(line)
    close()
    return out


# -- statements


def with_statements(report: Report, parts: Sequence[str]) -> Report:
    """The report with what its unread lines state, in the order of the text."""
    line_of = ((report.unread["top"] + SIZE * 0.8) / LEADING).round() - 1
    found: list[dict[str, Any]] = []
    unread, taken, unclear = report.unread.copy(), set(), []
    for number, part in enumerate(parts, 1):
        on_page = report.unread.index[report.unread["page"] == number]
        label_at = {int(line_of[label]): label for label in on_page if line_of[label] == line_of[label]}
        texts = part.translate(PICTURES).splitlines()
        left = {index: " ".join(texts[index].split()) for index in sorted(label_at) if index < len(texts)}
        facts = facts_of(lines_of(page_of(part, number).words, number))
        for indexes, row in [*_blocks(left), *_lines(left)]:
            if any(label_at[index] in taken for index in indexes if not row.get("part")):
                continue
            taken |= {label_at[index] for index in indexes}
            collected = facts.collected or facts.date
            text = "\n".join(left[index] for index in indexes)
            found.append({"collected_text": collected, "text": text, "page": number, "top": indexes[0] * LEADING} | row)
        for index, text in left.items():
            if label_at[index] not in taken and re.search(r"\d", text) and names_a_test(text):
                unclear.append(label_at[index])
    unread.loc[unclear, ["reason", "kind"]] = [UNCLEAR, "possible_result"]
    if not found:
        return replace(report, unread=unread)
    left_over = unread.drop(index=list(taken))
    heads = left_over[(left_over["reason"] == HEADING) & ~left_over["text"].map(is_flag) & ~left_over["text"].map(is_analyte)]
    for row in found:
        row |= _headed(report.rows, heads, row["page"], row["top"])
    stated = frame_of([{key: value for key, value in row.items() if key != "part"} for row in found], ROW_COLUMNS)
    rows = pd.concat([report.rows, stated], ignore_index=True) if len(report.rows) else stated
    rows = rows.sort_values(["page", "top"], kind="stable", ignore_index=True)
    order = next((order for order in rows["date_order"] if order), "")
    rows["date_order"] = order
    notices = tuple(notice for notice in report.notices if not notice.startswith("No laboratory results"))
    return replace(report, rows=rows, unread=unread.drop(index=list(taken)).reset_index(drop=True), notices=notices)


def _headed(rows: pd.DataFrame, heads: pd.DataFrame, page: int, top: float) -> dict[str, str]:
    """Section and specimen in force at a place: those of the row above, or the heading between."""
    rows = rows[(rows["page"] == page) & (rows["top"] < top)]
    heads = heads[(heads["page"] == page) & (heads["top"] < top)]
    if len(rows) and not (heads["top"] > rows["top"].iloc[-1]).any():
        return {"section_text": str(rows["section_text"].iloc[-1]), "specimen_text": str(rows["specimen_text"].iloc[-1])}
    text = str(heads["text"].iloc[-1]) if len(heads) else ""
    return {"section_text": text, "specimen_text": text if vocabulary.says(text, "specimen_words") else ""}


def _lines(left: dict[int, str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Statements that stand on one line, alone or behind one another."""
    for index, text in left.items():
        whole = statement(text)
        if whole:
            yield [index], whole
            continue
        pieces = [piece.strip(" .") for piece in re.split(r";|,(?=\s)", text)]
        stated = [statement(piece, known=True) for piece in pieces if piece]
        if len(stated) > 1 and all(stated):
            for row in stated:
                yield [index], row | {"part": True}  # type: ignore[operator]


def statement(text: str, known: bool = False) -> dict[str, Any] | None:
    """``Potassium 2.9 mmol/L (3.5-5.1) L`` -> a row; None where a word is left over or the name is none.

    The name must be that of a known test, or (unless `known`) stand with a unit and a range and look like a name.
    """
    tokens = text.split()
    if len(tokens) > MOST_WORDS:
        return None
    for cut in range(1, min(9, len(tokens))):
        name = " ".join(tokens[:cut]).rstrip(" :=-")
        tested = is_analyte(name)
        likely = not known and cut <= 5 and bool(re.search(r"\d", tokens[cut])) and is_name(name) and not vocabulary.count_prose(name)
        if not (tested or likely):
            continue
        for end in range(len(tokens), cut, -1):
            value = measure(tokens[cut:end])
            worded = tested and (end == len(tokens) or _expected(" ".join(tokens[end:])))
            if not value.clean or not (re.search(r"\d", value.value) or worded) or _INTERVAL.search(value.value):
                continue
            tail, flag = tokens[end:], ""
            if len(tail) > 1 and is_flag(tail[-1]):
                tail, flag = tail[:-1], tail[-1]
            further, range_text = split_flag(without_range_label(" ".join(tail)))
            flag = " ".join(filter(None, [further, flag]))
            if range_text and not (looks_like_range(range_text) and (re.search(r"\d", range_text) or _expected(range_text))):
                if not is_flag(range_text):
                    continue
                flag, range_text = range_text, ""
            unit = value.unit or unit_in(range_text)
            if (tested or (unit and range_text)) and (range_text or not is_dose(unit)):
                flags = " ".join(filter(None, [value.flag, flag]))
                return {"name_text": name, "value_text": value.value, "unit_text": unit, "range_text": range_text, "flag_text": flags}
    return None


def _expected(text: str) -> bool:
    """A word that a laboratory prints in place of a range: ``Negative``, ``nicht nachweisbar``."""
    try:
        return parse_range(without_range_label(text)).kind == "qualitative"
    except ValueTextError:
        return False


def _blocks(left: dict[int, str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Statements over several lines, each begun by the name of a known test on a line of its own."""
    starts = [index for index, text in left.items() if is_analyte(text.rstrip(" :")) and not is_flag(text)]
    for start, following in zip(starts, [*starts[1:], max(left, default=0) + 1]):
        row = {"name_text": left[start].rstrip(" :"), "unit_text": "", "range_text": "", "flag_text": ""}
        used, values = [start], []
        for index in range(start + 1, min(following, start + SPAN + 1)):
            text = left.get(index, "")
            bare = without_range_label(text)
            if not text:
                continue
            if bare != text and looks_like_range(bare) and not row["range_text"]:
                row["flag_text"], row["range_text"] = split_flag(bare)
            elif is_flag(text):
                row["flag_text"] = row["flag_text"] or text
            elif looks_like_unit(text) and not row["unit_text"]:
                row["unit_text"] = text
            elif (value := measure(text.split())).clean:
                values.append((index, value))
                continue
            elif looks_like_range(text) and re.search(r"\d", text) and not row["range_text"]:
                row["range_text"] = text
            else:
                continue
            used.append(index)
        ends = re.findall(r"\d[\d.,]*", row["range_text"])
        marks = [(index, value) for index, value in values if value.value in ends and not value.unit]
        if len(values) - len(marks) == 1:  # a chart also prints the ends of its range
            used += [index for index, _ in marks]
            values = [one for one in values if one not in marks]
        if len(values) != 1 or not (values[0][1].unit or row["unit_text"] or row["range_text"]):
            continue  # none, several, or a bare number that may be the page's
        index, value = values[0]
        row["unit_text"] = row["unit_text"] or value.unit or unit_in(row["range_text"])
        if is_dose(row["unit_text"]) and not row["range_text"]:
            continue
        row["flag_text"] = " ".join(filter(None, [value.flag, row["flag_text"]]))
        yield sorted([*used, index]), row | {"value_text": value.value}


def names_a_test(text: str) -> bool:
    """Does a line begin with, or hold before its first number, the name of a known test?"""
    tokens = re.split(r"[\s:,;()]+", text)[:12]
    spans = ((start, end) for start in range(len(tokens)) for end in range(start + 1, min(start + 5, len(tokens)) + 1))
    return any(is_analyte(" ".join(tokens[start:end])) for start, end in spans)
