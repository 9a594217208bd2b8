"""What must hold of everything that a parser or a reader gives back, whatever the input was."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections import Counter
from datetime import date
from html.parser import HTMLParser

import pandas as pd

from labinterp.export.csv import to_csv
from labinterp.interpretation import Interpretation
from labinterp.model import NUMBER_COLUMNS, ROW_COLUMNS, TEXT_COLUMNS, UNREAD_COLUMNS, Report
from labinterp.shapes import RangeReading, Segment, ValueReading, tidy
from labinterp.terminal import console, show_interpretation

COMPARATORS = ("", "<", ">", "<=", ">=", "~")
LOCALES = (None, "", ".", ",", "de", "en-IN", "fr_CH", "xx", "zh")


def digits_of(number: float) -> str:
    """The digits of a number without the zeros around them, which a power of ten adds: 4500.0 -> ``45``."""
    return re.sub(r"\D", "", repr(abs(number)).partition("e")[0]).strip("0")


def is_printed(number: float, text: str) -> bool:
    """Do the digits of `number` stand in `text`? A number whose digits were not printed is invented.

    Of more digits than a float holds (15 are certain) it is the nearest float.
    """
    digits, printed = digits_of(number), re.sub(r"\D", "", tidy(text))
    if digits in printed:
        return True
    long = (float(f"0.{run.lstrip('0')}") for run in re.findall(r"\d{16,}", re.sub(r"(?<=\d)[.,' ](?=\d)", "", tidy(text))))
    return any(math.isclose(float(f"0.{digits}") * ten, run, rel_tol=4e-16) for run in long for ten in (1, 10))


def value_is_sound(found: ValueReading, text: str) -> None:
    """A parsed value: its kind, its comparator and its numbers belong together and were printed."""
    assert found.comparator in COMPARATORS, found
    for number in (found.value, found.value2):
        assert number is None or (math.isfinite(number) and is_printed(number, text)), (found, text)
    if found.kind in ("number", "censored", "titer", "range"):
        assert found.value is not None and not found.qualitative, found
        assert bool(found.comparator) == (found.kind == "censored") or found.kind == "titer", found
    else:
        assert found.qualitative, found
    if found.kind == "range":
        assert found.value is not None and found.value2 is not None and found.value < found.value2, found
    if found.value is not None and found.value < 0:
        assert "-" in tidy(text), (found, text)


def range_is_sound(found: RangeReading, text: str) -> None:
    """A parsed range: low is at most high, every limit was printed, and the kind says where the limits are."""
    assert (found.kind in ("by_sex", "bands")) == bool(found.segments), found
    if found.kind in ("interval", "upper", "lower"):
        limits_are_sound(found, text)
        assert (found.low is None) == (found.kind == "upper") and (found.high is None) == (found.kind == "lower"), found
    else:
        assert found.low is None and found.high is None, found
    assert bool(found.qualitative) == (found.kind == "qualitative"), found
    for segment in found.segments:
        limits_are_sound(segment, text)
        assert segment.sex in ("", "male", "female"), segment
        if segment.age is not None:
            younger, older = segment.age
            assert younger is not None or older is not None, segment
            assert younger is None or older is None or younger < older, segment


def limits_are_sound(found: RangeReading | Segment, text: str) -> None:
    """One pair of limits."""
    assert found.low is not None or found.high is not None, found
    assert found.low is None or found.high is None or found.low <= found.high, found
    for number, inclusive in ((found.low, found.low_inclusive), (found.high, found.high_inclusive)):
        assert (number is None) == (inclusive is None), found
        assert number is None or (math.isfinite(number) and is_printed(number, text)), (found, text)


def report_is_sound(report: Report) -> None:
    """A report: its tables have the columns and types that all that follows relies on, and whatever is unread says why."""
    rows, unread = report.rows, report.unread
    assert list(rows.columns[: len(ROW_COLUMNS)]) == list(ROW_COLUMNS) and list(unread.columns) == list(UNREAD_COLUMNS)
    assert rows.index.equals(pd.RangeIndex(len(rows))), rows.index
    for column in (*TEXT_COLUMNS, "decimal", "date_order", "text", "review"):
        assert all(isinstance(text, str) for text in rows[column]), (column, rows[column].tolist())
    assert rows["decimal"].isin(("", ".", ",")).all() and rows["date_order"].isin(("", "dmy", "mdy", "ymd")).all()
    for column in NUMBER_COLUMNS:
        assert rows[column].dtype.kind in "if", (column, rows[column].dtype)
    assert (rows["page"] >= 1).all() and (unread["page"] >= 1).all()
    assert all(isinstance(text, str) and text for text in unread["reason"]), unread["reason"].tolist()
    assert unread["kind"].isin(("possible_result", "furniture")).all(), unread["kind"].tolist()
    # a row without a name, or with neither a value nor a flag, says nothing
    assert all(rows["name_text"].str.strip() != ""), rows["name_text"].tolist()
    person = report.patient
    assert person.birth_date is None or isinstance(person.birth_date, date)
    assert isinstance(report.patient_name, str) and all(isinstance(notice, str) for notice in report.notices)


def numbers_are_printed(report: Report, document: str) -> None:
    """Every digit of a value, a unit and a range stands in the document: nothing is invented on the way through a reader."""
    printed = " ".join(tidy(document).split())
    for column in ("value_text", "range_text", "unit_text"):
        for text in report.rows[column]:
            for run in re.findall(r"\d+", tidy(text)):
                assert run in printed, (column, text)


def nothing_is_lost(report: Report, wanted: str) -> None:
    """Every letter and digit of `wanted` is said by a row or by an unread line, as often as it is printed."""
    said = "".join([*report.rows["text"], *report.unread["text"]])
    for character in set(filter(str.isalnum, wanted)):
        assert said.count(character) >= wanted.count(character), (character, wanted, said)


# ---- answers and what is written of them -----------------------------------------------------------------------------------

FLAGS = ("", "LL", "L", "N", "H", "HH", "A", "POS", "NEG", "IND")
STATUS = ("ok", "unknown_marker", "unreadable_value", "unknown_unit", "implausible", "no_interval", "undetermined", "not_a_result")


def answer_is_sound(answer: Interpretation, frame: pd.DataFrame) -> None:
    """Every row is answered, as printed and in order, and no column of the answer contradicts another."""
    results = answer.results
    assert len(results) == len(frame) and results["name_text"].tolist() == frame["name_text"].tolist()
    assert results["flag"].isin(FLAGS).all() and results["status"].isin(STATUS).all()
    for row in results.itertuples():
        assert row.abnormal in (True, False, None) or row.abnormal != row.abnormal, row
        if row.status != "ok":
            assert row.reason, row
        if row.status in ("unknown_unit", "implausible", "unreadable_value", "not_a_result"):
            assert row.abnormal is not False, row  # never normal without a value that was understood
            assert row.flag != "N" or (row.status == "unknown_unit" and row.basis == "printed"), row  # a printed range needs no unit
        if row.flag in ("LL", "L", "H", "HH"):
            assert row.abnormal is not False, row
        assert not (row.low > row.high), row


ALLOWED = frozenset("\n")
"""Control characters that a text output may hold."""


def is_plain(text: str) -> bool:
    """Has `text` no control character, no escape sequence and no sign that turns the direction of writing?"""
    return not [c for c in text if (c not in ALLOWED and unicodedata.category(c) in ("Cc", "Cs")) or c in BIDI]


BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"


class _Tags(HTMLParser):
    """The tags with their attributes in an HTML text, counted."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag, tuple(sorted(name for name, _ in attrs))] += 1
        assert tag not in ("script", "img", "a", "iframe", "object", "form", "input", "link", "base"), tag
        assert not any(name.startswith("on") or (value or "").strip().lower().startswith("javascript") for name, value in attrs), (
            tag,
            attrs,
        )

    def handle_comment(self, data: str) -> None:
        raise AssertionError(("a comment", data))


def tags_of(html: str) -> Counter[tuple[str, tuple[str, ...]]]:
    """The tags of an HTML text; raises where one is a script, a link, a picture, or has a handler."""
    return _Tags(html).seen


def outputs_are_safe(answer: Interpretation) -> None:
    """JSON, CSV, FHIR, HTML and terminal: each is well formed, and no text of a report is taken for more than a text."""
    json.loads(answer.to_json(), parse_constant=_no_constant)
    json.loads(json.dumps(answer.to_fhir(patient=True), allow_nan=False))
    cells_are_safe(to_csv(answer))
    html = answer.to_html(day=date(2026, 1, 2))
    assert {tag for tag, _ in tags_of(html)} <= HTML_TAGS, tags_of(html)
    assert is_plain(html), [c for c in html if not is_plain(c)]
    out = io.StringIO()
    show_interpretation(answer, "title", full=True, out=console(out))
    assert is_plain(out.getvalue()), [c for c in out.getvalue() if not is_plain(c)]
    for row in range(len(answer.results)):
        assert is_plain(answer.explain(row)), answer.explain(row)


HTML_TAGS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "h1", "h2", "h3", "p", "b", "span"),
        *("br", "small", "dl", "dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr", "th", "td"),
        *("svg", "rect", "circle", "path"),
    )
)
"""The tags that the summary for the doctor is made of."""


def cells_are_safe(text: str) -> None:
    """A CSV text is read back with even lines, and no cell of it begins a formula."""
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(line) for line in lines}) == 1, [len(line) for line in lines]
    for cell in (cell for line in lines for cell in line):
        assert not re.match(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]", cell) or re.fullmatch(
            r"\s*([-+]?(\d[\d.,]*(e[-+]?\d+)?|inf|\.\d+)|[-+=<>*/. ]{1,3})\s*", cell, re.I
        ), cell


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")
