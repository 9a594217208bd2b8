"""Cells -> `Report`: what CSV, spreadsheets and data files have in common once their cells are texts.

Three shapes of table are read, told apart by their headings:

- long: a row per result ("Test, Result, Unit, Reference range");
- dated: a row per test, a column per date ("Test, Unit, 2025-06-02, 2026-02-23");
- wide: a row per person or date, a column per test ("Date, Potassium (mmol/L), CK (U/L)").

Work is done on whole columns, and on each distinct text once: a million rows take about as long as the parser that brought them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from labinterp.columns import columns_of, resolve, spread
from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import NUMBER_COLUMNS, ROW_COLUMNS, Patient, Report, frame_of
from labinterp.readers.cells import measure, unit_in
from labinterp.readers.limits import limits
from labinterp.readers.words import age_of, facts_of, is_flag, is_section, role_of, sexes_of, without_persons
from labinterp.reference.fold import fold_name
from labinterp.shapes import (
    between,
    date_order_vote,
    decimal_of,
    decimal_vote,
    looks_like_range,
    looks_like_unit,
    looks_like_value,
    parse_date,
)
from labinterp.words import doubt_of

HEADING_WITHIN = 80
"""A table begins within this many lines; what stands above are facts of the report."""

_LOINC = re.compile(r"\d{1,7}-\d")
_PLAIN = re.compile(r"[<>≤≥=~\s]*[-+]?\d+(?:[.,]\d+)*\s*%?")
_BARE = re.compile(r"[<>≤≥=~\s]*[-+]?\d+(?:[.,]\d+)*")
_DATE = re.compile(r"\d{1,4}[-./年]\d{1,2}[-./月]\d{1,4}日?(?:[ T].*)?|\d{1,2}[- .]?[^\W\d]{3,9}[-., ]*\d{2,4}(?:[ T].*)?", re.UNICODE)
_BRACKET = re.compile(r"(.*?\S)\s*[(\[（【]\s*([^()\[\]（）【】]+?)\s*[)\]）】]\s*")
_TAIL = re.compile(r"(.*?\S)\s*[,;:]\s*([^,;:]+)|(.*?\S)\s+(\S*[/%]\S*)")
_SUFFIX = re.compile(r"(.+?)[\s_.-]+([^\s_.-]+)")
_SERIAL = re.compile(r"[2-6]\d{4}(?:[.,]\d+)?")


@dataclass
class Table:
    """One grid of texts. `cells` has columns 0, 1, 2 ..., `lines` is what stands on each line, `page` counts sheets from 1."""

    cells: pd.DataFrame
    lines: np.ndarray
    page: int = 1
    title: str = ""
    review: dict[tuple[int, int], str] = field(default_factory=dict)  # (line, column) -> why a person should look at the cell
    unread: list[dict[str, Any]] = field(default_factory=list)


def report_of(tables: Sequence[Table], *, name: str, format: str, locale: str | None = None, notices: Sequence[str] = ()) -> Report:
    """One report from all tables of a document. Raises `ReadError` where no table has results."""
    parts, unread, seen, said, empty = [], [], [], list(notices), []
    facts: dict[str, Any] = {}
    for table in tables:
        reading = _Reading(table)
        unread += table.unread
        facts = reading.facts | facts
        said += [notice for notice in reading.notices if notice not in said]
        if reading.rows is not None:
            parts.append(reading.rows)
            unread += reading.unread
            continue
        empty.append(table)
        seen += reading.roles
    if not parts:  # the headings themselves are not said: where a table has none, they are somebody's name and values
        known = ", ".join(dict.fromkeys(filter(None, seen))) or "none"
        raise ReadError(
            f"{name}: no column of results was found; a table needs one headed as the test (Test, Analyte, Parameter) and one as the "
            f"result (Result, Value), or a column for each test. Columns that were understood: {known}"
        )
    for table in empty:
        left = {"page": table.page, "reason": remark("a table without results"), "kind": "furniture"}
        unread += [{"text": line} | left for line in table.lines if line]
    rows = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    if len(parts) > 1:
        for column in set(rows.columns) - set(ROW_COLUMNS) - {"age"}:
            rows[column] = rows[column].astype(object).where(rows[column].notna(), "")
    _take_apart(rows)
    _fill(rows, "collected_text", facts.get("collected_text", ""))
    _fill(rows, "specimen_text", facts.get("specimen_text", ""))
    rows["decimal"] = decimal_vote(_distinct(rows, "value_text", "range_text")) or decimal_of(locale)
    rows["date_order"] = date_order_vote(_distinct(rows, "collected_text"))
    return Report(
        rows,
        frame_of(unread, UNREAD),
        patient=_person(rows, facts.get("patient", Patient())),
        patient_name=facts.get("patient_name", ""),
        patient_number=facts.get("patient_id", ""),
        laboratory=facts.get("laboratory", ""),
        format=format,
        name=name,
        notices=tuple(said),
    )


def refuse_cells(lines: int, columns: int, name: str) -> None:
    """Raise `ReadError` for a table that is larger than is read at once, before it is laid out."""
    most = limits()
    if columns > most.columns:
        raise ReadError(f"{name}: a table of {columns} columns; the limit is {most.columns}")
    if lines * columns > most.cells:
        raise ReadError(
            f"{name}: a table of {lines} lines and {columns} columns; the limit is {most.cells // 1_000_000} million cells; "
            "use `labinterp batch`, or split it"
        )


def table_of(frame: pd.DataFrame, headings: Sequence[str]) -> Table:
    """A data frame -> a table of texts whose first line are the headings. Numbers are written as short as they can be."""
    columns = [np.concatenate(([heading], _as_texts(frame.iloc[:, i]))) for i, heading in enumerate(headings)]
    lines = np.array([" | ".join(filter(None, line)) for line in zip(*columns)], dtype=object)
    return Table(pd.DataFrame(dict(enumerate(columns))), lines)


def _as_texts(column: pd.Series[Any]) -> np.ndarray:
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    texts = np.array([*(_as_text(value) for value in distinct), ""], dtype=object)
    return texts[codes]


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    if hasattr(value, "isoformat"):
        return str(value.isoformat(" ") if hasattr(value, "hour") else value.isoformat()).removesuffix(" 00:00:00")
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value).strip()


UNREAD = ("text", "page", "reason", "kind", "x0", "top", "x1", "bottom")


class _Reading:
    """One table, read: `rows` (None where it has no results), `unread`, `facts` of its head, `roles` of its columns as understood."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows: pd.DataFrame | None = None
        self.unread: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self.notices: list[str] = []
        self.roles: list[str] = []
        if table.cells.empty:
            return
        top = [list(map(str, line)) for line in table.cells.head(HEADING_WITHIN).itertuples(index=False, name=None)]
        at = heading_line(top)
        roles: list[str] = []
        if at is None:
            roles = _roles_by_content(top)
            if not _is_data(top[0], roles):
                self._leave(range(len(table.cells)), remark("no heading of a table of results"), "possible_result")
                return
            title = table.title or remark("The table")
            self.notices.append(remark(f"{title} has no heading; its columns were told apart by their content."))
        heads = top[at] if at is not None else [""] * len(roles)
        above = range(at or 0)
        self.facts = facts_of(top[: at or 0])
        self._leave(above, remark("above the table"), "furniture")
        start = 0 if at is None else at + 1
        if at is not None:
            self._leave([at], "heading", "furniture")
        if at is not None and start < len(top) and _is_second_heading(top[start]):
            filled = pd.Series([head or None for head in heads], dtype=object).ffill().fillna("")
            heads = [f"{head} {below}".strip() if role_of(below) != "value" else head for head, below in zip(filled, top[start])]
            self._leave([start], "heading", "furniture")
            start += 1
        roles = roles or roles_of(heads)
        self.roles = roles
        dated = {i: head for i, head in enumerate(heads) if _date_in(head)}
        if "name" in roles and ("value" in roles or dated):
            self._long(heads, roles, dated, start)
        elif "code" in roles and "value" in roles:
            roles[roles.index("code")] = "name"
            self._long(heads, roles, dated, start)
        elif "value" not in roles:
            self._wide(heads, roles, start, top)

    # -- shapes

    def _long(self, heads: list[str], roles: list[str], dated: dict[int, str], start: int) -> None:
        body = self.table.cells.iloc[start:]
        at = {role: [i for i, own in enumerate(roles) if own == role and i not in dated] for role in set(roles)}
        names = at.get("name", [])
        if len(names) > 1:  # of several that may name the test, the one that varies most does
            of_tests = without_persons([heads[i] for i in names])
            names = sorted((i for i in names if heads[i] in of_tests), key=lambda i: -body[i].nunique())
        if spare := [head for head, role in zip(heads, roles) if head.strip() and not role and not _date_in(head)]:
            self.notices.append(remark(f"Columns that were not used: {', '.join(spare)}."))
        columns: dict[str, Any] = {"name_text": _texts(body[names[0]])}
        for role, column in (("unit", "unit_text"), ("range", "range_text"), ("section", "section_text"), ("specimen", "specimen_text")):
            columns[column] = _first(body, at.get(role, []))
        columns["previous_text"] = _first(body, at.get("previous", []))
        columns["flag_text"] = _first(body, at.get("flag", []))
        for i in [] if at.get("flag") else at.get("status", []):
            if all(is_flag(text) for text in _texts_of(body[i])):
                columns["flag_text"] = _texts(body[i])
        codes = _first(body, at.get("code", []))
        columns["code_text"] = _mapped(codes, lambda text: text if _LOINC.fullmatch(text) else "")
        named = _mapped(columns["name_text"], lambda text: text if _LOINC.fullmatch(text) else "")
        columns["code_text"] = np.where(columns["code_text"] == "", named, columns["code_text"])
        low, high = _first(body, at.get("low", [])), _first(body, at.get("high", []))
        if at.get("low") or at.get("high"):
            spans, found = resolve({"low": low, "high": high}, ("low", "high"), between)
            columns["range_text"] = np.where(columns["range_text"] == "", spread(spans, found), columns["range_text"])
        columns["review"] = np.full(len(body), "", dtype=object)
        for i in at.get("status", []):
            said = _mapped(_texts(body[i]), doubt_of)
            columns["review"] = np.where(said == "", columns["review"], said)
        columns["collected_text"] = self._date(body, at)
        columns |= _people(body, at, heads, self.notices)
        values = _first(body, at.get("value", []))
        for role, column in (("unit", "unit_text"), ("range", "range_text")):
            if 1 < len(at.get("value", [])) == len(at.get(role, [])):  # conventional and SI side by side: each value has its own unit
                columns[column] = _beside(body, at["value"], at[role])
        if at.get("comparator"):
            signs = _mapped(_first(body, at["comparator"]), lambda text: "" if text in ("=", "EQ", "eq") else text)
            values = np.where(values == "", values, pd.Series(signs).astype(object) + pd.Series(values).astype(object))
        lines = np.arange(start, start + len(body))

        results = []
        if at.get("value"):
            results.append((values, columns["collected_text"], at["value"]))
        for i, head in dated.items():
            results.append((_texts(body[i]), np.full(len(body), _date_in(head), dtype=object), [i]))
        any_value = np.zeros(len(body), dtype=bool)
        for own, _, _ in results:
            any_value |= own != ""
        keep = self._sort_out(columns, any_value, lines)
        parts = []
        for own, collected, places in results:
            mask = keep if not dated else keep & (own != "")
            answers = columns | {"value_text": own, "collected_text": collected}
            parts.append(self._rows(answers, mask, lines, [*places, *at.get("range", [])]))
        rows = pd.concat(parts) if len(parts) > 1 else parts[0]
        self.rows = rows.sort_index(kind="stable").reset_index(drop=True) if len(parts) > 1 else rows.reset_index(drop=True)

    def _wide(self, heads: list[str], roles: list[str], start: int, top: list[list[str]]) -> None:
        tests = {i: name_and_unit(head) for i, head in enumerate(heads) if head and roles[i] in ("", "section", "specimen", "low", "high")}
        companions = _companions(heads, tests)
        tests = {i: test for i, test in tests.items() if i not in companions}
        for i in [i for i in tests if _about(heads[i]) and not tests[i][1]]:
            del tests[i]
            count = int((_texts(self.table.cells.iloc[start:][i]) != "").sum())
            self._note(heads[i], remark(f"a column of {count} remarks on other columns"), "furniture")
        units_below = start < len(top) and _is_unit_line([top[start][i] for i in tests])
        if units_below:
            tests = {i: (name, unit or top[start][i]) for i, (name, unit) in tests.items()}
            self._leave([start], remark("units of the headings"), "furniture")
            start += 1
        body = self.table.cells.iloc[start:]
        lines = np.arange(start, start + len(body))
        known = [name for name, unit in tests.values() if unit or is_analyte(name)]
        if not known:
            return
        at = {role: [i for i, own in enumerate(roles) if own == role] for role in set(roles)}
        shared: dict[str, Any] = {"collected_text": self._date(body, at)} | _people(body, at, heads, self.notices)
        parts, counted = [], np.zeros(len(body), dtype=bool)
        for i, (name, unit) in tests.items():
            texts = _texts(body[i])
            distinct = [text for text in _texts_of(body[i]) if text]
            if not distinct:
                continue
            if name not in known and not any(looks_like_value(text) and not _DATE.fullmatch(text) for text in distinct[:2000]):
                count = int((texts != "").sum())
                self._note(heads[i], remark(f"a column of {count} cells without a value (such as {distinct[0]!r})"), "furniture")
                continue
            own = {"name_text": name, "unit_text": unit, "value_text": texts}
            for j, (test, column) in companions.items():
                if test == i:
                    own[column] = _texts(body[j])
            mask = texts != ""
            counted |= mask
            parts.append(self._rows(shared | own, mask, lines, [i]))
        if not parts:
            return
        self._leave(lines[~counted], remark("a line without a result"), "furniture")
        self.rows = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)

    # -- what becomes of lines

    def _sort_out(self, columns: dict[str, Any], any_value: np.ndarray, lines: np.ndarray) -> np.ndarray:
        """Which lines of a long table are results. Section headings pass their name on; the rest is unread with a reason."""
        names = columns["name_text"]
        said = (columns["unit_text"] != "") | (columns["range_text"] != "") | (columns["flag_text"] != "")
        keep: np.ndarray = (names != "") & (any_value | said)
        headings = keep & _mapped(names, lambda text: role_of(text) == "name").astype(bool)
        if headings.any():
            repeated = _mapped(columns["unit_text"], lambda text: role_of(text) == "unit") | _mapped(
                columns["range_text"], lambda text: role_of(text) == "range"
            )
            keep &= ~(headings & repeated.astype(bool))
        if keep.all():
            return keep
        for at in np.flatnonzero(~keep):
            text = names[at]
            if headings[at]:
                self._leave([lines[at]], remark("heading"), "furniture")
            elif text and not any_value[at]:
                section = is_section(text)
                reason = remark("heading of a section") if section else remark("no value")
                self._leave([lines[at]], reason, "furniture" if section or not is_analyte(text) else "possible_result")
            else:
                self._leave([lines[at]], remark("no name of a test"), "possible_result" if any_value[at] else "furniture")
        bare = (names != "") & ~any_value & ~said
        if bare.any() and not (columns["section_text"] != "").any():
            sections = pd.Series(np.where(bare & _mapped(names, is_section).astype(bool), names, None), dtype=object)
            columns["section_text"] = sections.ffill().fillna("").to_numpy(object)
        return keep

    def _rows(self, columns: dict[str, Any], mask: np.ndarray, lines: np.ndarray, places: Iterable[int]) -> pd.DataFrame:
        at = lines[mask]
        index = pd.Index(at)
        cells: dict[str, Any] = {}
        for column in (*ROW_COLUMNS, *(name for name in columns if name not in ROW_COLUMNS)):
            values = columns.get(column, np.nan if column in NUMBER_COLUMNS else "")
            values = values[mask] if isinstance(values, np.ndarray) else values
            kind = float if column in NUMBER_COLUMNS or column == "age" else object
            cells[column] = pd.Series(values, index=index, dtype=kind)
        cells["page"] = pd.Series(float(self.table.page), index=index)
        cells["text"] = pd.Series(self.table.lines[at], index=index, dtype=object)
        frame = pd.DataFrame(cells, index=index)
        if self.table.review:
            seen = [[self.table.review.get((int(i), j), "") for j in places] for i in at]
            frame["review"] = ["; ".join(filter(None, [*cells, said])) for cells, said in zip(seen, frame["review"])]
        return frame

    def _date(self, body: pd.DataFrame, at: dict[str, list[int]]) -> np.ndarray:
        columns = next((at[role] for role in ("collected", "received", "reported") if role in at), [])
        dates = _first(body, columns)
        if all(_SERIAL.fullmatch(text) for text in pd.unique(dates) if text):
            dates = _mapped(dates, _from_serial)
        if at.get("time") and columns:
            times = pd.Series(_first(body, at["time"])).astype(object)
            dates = np.where((times == "") | (dates == ""), dates, pd.Series(dates).astype(object) + " " + times)
        return dates

    def _leave(self, lines: Iterable[Any], reason: str, kind: str) -> None:
        for line in lines:
            if str(self.table.lines[line]).strip():
                self._note(str(self.table.lines[line]), reason, kind)

    def _note(self, text: str, reason: str, kind: str) -> None:
        self.unread.append({"text": text, "page": self.table.page, "reason": reason, "kind": kind})


OWN = {
    "name_text": "name", "value_text": "value", "unit_text": "unit", "range_text": "range", "flag_text": "flag", "section_text": "section",
    "collected_text": "collected", "specimen_text": "specimen", "code_text": "code", "previous_text": "previous",
    "patient_id": "patient_id", "sex": "sex", "age": "age", "birth_date": "birth_date",
}  # fmt: skip
"""Columns of our own tables. Beside the texts as printed these also hold what was made of them (value, low, flag), which is not read."""


def roles_of(heads: list[str]) -> list[str]:
    """What each column holds."""
    own = {"name_text", "value_text"} <= set(heads)
    return [OWN.get(head, "") if own else role_of(head) for head in heads]


def heading_line(top: list[list[str]]) -> int | None:
    """Which of the first lines is the heading: it names a test and a result, or is about as wide as the table and has no value."""
    widest = max((sum(bool(cell) for cell in line) for line in top), default=0)
    for index, line in enumerate(top):
        roles = {role_of(cell) for cell in line if cell}
        if {"name", "value"} <= roles or {"code", "value"} <= roles:
            return index
    for index, line in enumerate(top[:-1] or top):
        cells = [cell for cell in line if cell]
        if len(cells) < max(2, 0.6 * widest) or any(_PLAIN.fullmatch(cell) for cell in cells):
            continue
        if any(role_of(cell) for cell in cells) or sum(is_analyte(name_and_unit(cell)[0]) for cell in cells) >= 2:
            return index
    return None


def _roles_by_content(top: list[list[str]]) -> list[str]:
    """Roles of the columns of a table without heading; empty where the table is not clear."""
    lines = [line for line in top if sum(bool(cell) for cell in line) >= 2]
    roles: list[str] = []
    for cells in zip(*lines):
        own = [cell for cell in cells if cell]
        share = {
            "collected": sum(bool(_DATE.fullmatch(cell)) for cell in own),
            "value": sum(bool(_PLAIN.fullmatch(cell)) for cell in own),
            "range": sum(looks_like_range(cell) and not _PLAIN.fullmatch(cell) for cell in own),
            "unit": sum(looks_like_unit(cell) for cell in own),
            "flag": sum(is_flag(cell) for cell in own),
            "name": sum(any(c.isalpha() for c in cell) for cell in own),
        }
        role = next((role for role, count in share.items() if own and count >= 0.7 * len(own)), "")
        roles.append("" if role in roles else role)
    return roles


def _is_data(line: list[str], roles: list[str]) -> bool:
    """Is this first line a result already? It must hold a number where the numbers are, beside a unit, a range or a known test."""
    if not {"name", "value"} <= set(roles) or not _PLAIN.fullmatch(line[roles.index("value")]):
        return False
    return bool({"unit", "range"} & set(roles)) or is_analyte(line[roles.index("name")])


def name_and_unit(heading: str) -> tuple[str, str]:
    """``"Potassium (mmol/L)"``, ``"Potassium, mmol/L"``, ``"potassium_mmol_l"`` -> the name and the unit as printed ("" if none)."""
    heading = " ".join(heading.split())
    match = _BRACKET.fullmatch(heading)
    if match and _is_unit(match[2], heading):
        return match[1], match[2]
    match = _TAIL.fullmatch(heading)
    if match:
        name, unit = match[1] or match[3], match[2] or match[4]
        if _is_unit(unit, heading):
            return name, unit
    parts = heading.split("_")
    for cut in range(1, len(parts) - 1):
        unit = "/".join(parts[cut:])
        if len(parts) - cut == 2 and looks_like_unit(unit):
            return " ".join(parts[:cut]), unit
    return heading, ""


def _is_unit(text: str, heading: str) -> bool:
    """Letters alone may be the symbol of the test ("Magnesium (Mg)") or a part of its name ("Bilirubin (total)")."""
    if not looks_like_unit(text):
        return False
    return bool(re.search(r"[/%‰\d]", text)) or not (is_analyte(text) or is_analyte(heading))


def _companions(heads: list[str], tests: dict[int, tuple[str, str]]) -> dict[int, tuple[int, str]]:
    """Columns that say something of another column: "Potassium unit" beside "Potassium" -> {its column: (test column, row column)}."""
    named = {name.casefold(): i for i, (name, _) in tests.items()}
    found: dict[int, tuple[int, str]] = {}
    for i in tests:
        match = _SUFFIX.fullmatch(heads[i].strip())
        if match and match[1].strip().casefold() in named:
            column = {"unit": "unit_text", "range": "range_text", "flag": "flag_text"}.get(role_of(match[2]))
            if column:
                found[i] = (named[match[1].strip().casefold()], column)
    return found


def _about(heading: str) -> bool:
    """Does the heading end in a word for a remark ("Albumin comment code")?"""
    words = fold_name(heading).split()
    return any(role_of(" ".join(words[cut:])) in ("comment", "method", "status") for cut in range(1, len(words)))


def _is_second_heading(cells: list[str]) -> bool:
    """A line of "Result, Unit, Result, Unit" under the names of tests."""
    roles = [role_of(cell) for cell in cells if cell]
    return roles.count("value") >= 2 and set(roles) <= {"value", "unit", "range", "flag"}


def _is_unit_line(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and len(filled) >= len(cells) / 3 and all(looks_like_unit(cell) and not _PLAIN.fullmatch(cell) for cell in filled)


@cache
def is_analyte(name: str) -> bool:
    """Is this the name of a test that the reference data know?"""
    from labinterp.reference import Reference

    return bool(Reference.default().candidates(name))


def _date_in(heading: str) -> str:
    """``"Result 2026-02-23"`` -> ``"2026-02-23"``; empty for a heading that is not a date (with or without a word for result)."""
    match = re.search(r"\d{1,4}[-./年]\d{1,2}[-./月]\d{1,4}|\d{1,2}[- .][^\W\d]{3,9}[-., ]+\d{2,4}", heading)
    if not match:
        return ""
    rest = (heading[: match.start()] + heading[match.end() :]).strip(" ()[]:,-")
    alone = not re.sub(r"[\d:.T ]|am|pm", "", rest)
    return heading[match.start() :].strip(" ()[]") if alone or role_of(rest) in ("value", "collected") else ""


# -- whole columns, each distinct text once


def _mapped(texts: np.ndarray, answer: Callable[[str], Any]) -> np.ndarray:
    codes, distinct = pd.factorize(texts)
    answers = np.empty(len(distinct), dtype=object)
    answers[:] = [answer(text) for text in distinct]
    return answers[codes]


def _texts(column: pd.Series[Any]) -> np.ndarray:
    return _mapped(column.to_numpy(object), _tidy)


def _texts_of(column: pd.Series[Any]) -> list[str]:
    return [_tidy(text) for text in column.unique() if text]


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _first(body: pd.DataFrame, columns: Sequence[int]) -> np.ndarray:
    """The first of several columns that says something, line by line."""
    if not columns:
        return np.full(len(body), "", dtype=object)
    texts = _texts(body[columns[0]])
    for column in columns[1:]:
        texts = np.where(texts == "", _texts(body[column]), texts)
    return texts


def _beside(body: pd.DataFrame, values: Sequence[int], others: Sequence[int]) -> np.ndarray:
    """From several columns the one that belongs to the first value that says something, line by line."""
    found = np.full(len(body), "", dtype=object)
    for value, other in reversed(list(zip(values, others))):
        found = np.where(_texts(body[value]) != "", _texts(body[other]), found)
    return found


def _from_serial(text: str) -> str:
    """A day as spreadsheets count it (45321 is 30 January 2024), where a whole column of dates is written so."""
    if not text:
        return ""
    day = datetime(1899, 12, 30) + timedelta(days=float(text.replace(",", ".")))
    return day.date().isoformat() if "." not in text and "," not in text else day.isoformat(" ", "minutes")


def _people(body: pd.DataFrame, at: dict[str, list[int]], heads: list[str], notices: list[str]) -> dict[str, np.ndarray]:
    """What says whose a row is: patient_id, sex (male, female or ""), age (years), birth_date (a date or None)."""
    found: dict[str, np.ndarray] = {}
    if "patient_id" in at:
        found["patient_id"] = _first(body, at["patient_id"])
    if "sex" in at:
        sexes = sexes_of(_texts_of(body[at["sex"][0]]), heads[at["sex"][0]])
        unknown = [text for text, sex in sexes.items() if sex is None and text]
        found["sex"] = _mapped(_first(body, at["sex"][:1]), lambda text: sexes.get(text) or "")
        if unknown:
            listed = ", ".join(sorted(unknown)[:4])
            notices.append(remark(f"Sex is given as {listed}, which can mean more than one thing; it was left unknown."))
    if "age" in at:
        ages = _mapped(_first(body, at["age"]), age_of)
        found["age"] = pd.to_numeric(pd.Series(ages, dtype=object), errors="coerce").to_numpy(float)
    if "birth_date" in at:
        texts = _first(body, at["birth_date"])
        order = date_order_vote([text for text in pd.unique(texts) if text])
        found["birth_date"] = _mapped(texts, lambda text: parse_date(text, order))
    return found


def _person(rows: pd.DataFrame, stated: Patient) -> Patient:
    """The one person of the report; what differs between rows is left to the rows."""
    if "patient_id" in rows.columns and rows["patient_id"].nunique() > 1:
        return Patient()
    only: dict[str, Any] = {}
    for column in ("sex", "age", "birth_date"):
        if column in rows.columns:
            values = [value for value in rows[column].dropna().unique() if value != ""]
            if len(values) > 1 and column != "age":
                return Patient()
            if len(values) == 1:
                only[column] = float(values[0]) if column == "age" else values[0]
    return Patient(**({"sex": stated.sex, "age": stated.age, "birth_date": stated.birth_date} | only))


def _take_apart(rows: pd.DataFrame) -> None:
    """Flags and units glued to values move into their own columns; a unit printed only inside the range is given in both."""
    glued = _mapped(rows["value_text"].to_numpy(object), lambda text: bool(text) and not _BARE.fullmatch(text)).astype(bool)
    chosen = glued | ((rows["unit_text"] == "") & (rows["range_text"] != "")).to_numpy()
    if not chosen.any():
        return
    columns = ["value_text", "unit_text", "flag_text", "range_text"]
    codes, answers = resolve(columns_of(rows.loc[chosen, columns]), columns, taken_apart)
    for position, column in enumerate(columns[:3]):
        texts = rows[column].to_numpy(object).copy()
        texts[chosen] = spread(codes, [answer[position] for answer in answers])
        rows[column] = pd.Series(texts, index=rows.index, dtype=object)


def taken_apart(value: str, unit: str, flag: str, range_text: str) -> tuple[str, str, str]:
    """Value, unit and flag of one result: ``("2.9 mmol/L L", "", "", "")`` -> ``("2.9", "mmol/L", "L")``.

    Where the unit column says another unit than the value does, the value stays as printed: which of the two holds is not known.
    """
    if value and not _BARE.fullmatch(value):
        found = measure(value.split())
        if found.clean and found.value and (not found.unit or not unit or found.unit == unit):
            value, unit, flag = found.value, unit or found.unit, flag or found.flag
    return value, unit or unit_in(range_text), flag


def _distinct(rows: pd.DataFrame, *columns: str) -> list[str]:
    return [text for column in columns for text in pd.unique(rows[column]) if text]


def _fill(rows: pd.DataFrame, column: str, text: str) -> None:
    if text:
        rows[column] = rows[column].where(rows[column] != "", text)
