"""Laws of reading: any bytes give a report or a `ReadError`, and no line of a document is lost."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from labinterp import ReadError, read
from labinterp.model import ROW_COLUMNS, UNREAD_COLUMNS

quiet = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], derandomize=True)

HEADS = [b"", b"PK\x03\x04", b"PAR1", b"HEADER RECORD*******LIBRARY HEADER RECORD", b"MSH|^~\\&|", b'{"resourceType": "Observation"', b"Test;Result;Unit\n", b"\xff\xfe", b"%PDF-1.7\n"]  # fmt: skip


@quiet
@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_bytes_are_a_report_or_a_read_error(head: bytes, tail: bytes) -> None:
    try:
        report = read(head + tail, name="x.csv")
    except ReadError:
        return
    assert list(report.rows.columns[: len(ROW_COLUMNS)]) == list(ROW_COLUMNS)
    assert list(report.unread.columns) == list(UNREAD_COLUMNS)
    assert (report.unread["reason"] != "").all() and report.unread["kind"].isin(["possible_result", "furniture"]).all()


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@quiet
@given(st.lists(st.tuples(cells, cells, cells, cells), max_size=12), st.sampled_from([",", ";", "\t", "|"]))
def test_no_line_of_a_long_table_is_lost(body: list[tuple[str, ...]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["Test", "Result", "Unit", "Reference range"])
    writer.writerows(body)
    text = out.getvalue()
    report = read(text.encode(), name="x.csv")
    kept = sum(bool("".join(line).strip()) for line in body)
    assert len(report.rows) + len(report.unread) >= kept + 1 - text.count("---") - text.count("===")
    assert len(report.rows) <= len(body)


words = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789.,:<>-%/() ", min_size=1, max_size=40).filter(str.strip)


@quiet
@given(st.lists(words, min_size=1, max_size=10))
def test_no_word_of_a_text_is_lost(lines: list[str]) -> None:
    report = read(("\n".join(["Letter of the laboratory", *lines])).encode(), name="x.txt")
    said = "".join([*report.rows["text"], *report.unread["text"]])
    wanted = "".join(lines)
    for character in "abcdefghijklmnopqrstuvwxyz0123456789":
        assert said.count(character) >= wanted.count(character)


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "coding", "code", "text", "low", "high", "reference"]), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = ["code", "valueQuantity", "valueString", "valueRange", "component", "referenceRange", "interpretation", "subject", "category", "effectivePeriod", "hasMember", "specimen", "dataAbsentReason", "contained"]  # fmt: skip


@quiet
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=6))
@example({"code": {"text": "K"}, "effectivePeriod": "2026", "specimen": [1]})
def test_any_observation_is_rows_or_unread(further: dict[str, object]) -> None:
    report = read(json.dumps({"resourceType": "Observation", "status": "final", **further}).encode())
    assert len(report.rows) + len(report.unread) >= 1


segment = st.text(alphabet="ABCOBX|^~\\&0123456789.<> ", max_size=30)


@quiet
@given(st.lists(segment, max_size=5))
def test_every_obx_is_a_row_or_unread(values: list[str]) -> None:
    data = "MSH|^~\\&|L\rPID|1\rOBR|1\r" + "".join(f"OBX|{i}|ST|{i}^Test {i}||{value}\r" for i, value in enumerate(values))
    report = read(data.encode())
    seen = [*report.rows["text"], *report.unread["text"]]
    for i in range(len(values)):
        assert any(text.startswith(f"OBX|{i}|") for text in seen)


@pytest.mark.parametrize("mark", [".", ","])
def test_a_document_read_in_two_halves_has_the_same_rows(mark: str) -> None:
    head = "Test;Result;Unit;Reference range\n"
    lines = [f"Potassium;{value}{mark}5;mmol/L;3{mark}5 - 5{mark}1\n" for value in range(2, 7)]
    whole = read((head + "".join(lines)).encode()).rows
    halves = [read((head + "".join(part)).encode()).rows for part in (lines[:2], lines[2:])]
    pd.testing.assert_frame_equal(whole, pd.concat(halves, ignore_index=True))
