"""The stage that reads result texts: every result is an interval, and what cannot be read says why."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from labinterp.values import parse_values

INF = math.inf


def read(**row: str) -> pd.Series:
    texts = {"value_text": "", "range_text": "", "unit_text": "", "decimal": "", "collected_text": "", "date_order": ""}
    return parse_values(pd.DataFrame([{**texts, **row}])).iloc[0]


@pytest.mark.parametrize(
    ("text", "kind", "low", "high", "number", "sign"),
    [
        ("48", "number", 48, 48, 48, ""),
        ("<150", "censored", -INF, 150, 150, "<"),
        ("<=150", "censored", -INF, 150, 150, "<="),
        (">2000", "censored", 2000, INF, 2000, ">"),
        (">= 90", "censored", 90, INF, 90, ">="),
        ("3-5", "range", 3, 5, None, ""),
        ("6,3", "number", 6.3, 6.3, 6.3, ""),
    ],
)
def test_a_result_is_an_interval(text: str, kind: str, low: float, high: float, number: float | None, sign: str) -> None:
    row = read(value_text=text)
    assert (row["value_kind"], row["low"], row["high"], row["comparator"], row["value_reason"]) == (kind, low, high, sign, "")
    assert math.isnan(row["number"]) if number is None else row["number"] == number


def test_words_have_a_code_and_no_number() -> None:
    row = read(value_text="nicht nachweisbar")
    assert (row["value_kind"], row["qualitative"]) == ("qualitative", "not-detected") and math.isnan(row["number"])


@pytest.mark.parametrize("text", ["", "haemolysed", "pending", "QNS"])
def test_no_result_says_why(text: str) -> None:
    row = read(value_text=text)
    assert row["value_kind"] == "no_result" and row["value_reason"] and math.isnan(row["low"])


@pytest.mark.parametrize("text", ["12.3 14.5", "03/04/2024", "l2", "five"])
def test_what_cannot_be_read_says_why(text: str) -> None:
    row = read(value_text=text)
    assert row["value_kind"] == "" and row["value_reason"] and math.isnan(row["number"])


def test_flag_and_unit_glued_to_a_value_are_kept() -> None:
    row = read(value_text="6.3 mmol/L H")
    assert (row["number"], row["value_flag"], row["value_unit"]) == (6.3, "H", "mmol/L")


def test_an_ambiguous_number_is_decided_by_the_document_then_by_the_range_else_refused() -> None:
    assert read(value_text="1,234", decimal=",")["number"] == 1.234
    assert read(value_text="1,234", decimal=".")["number"] == 1234
    assert read(value_text="1,234", range_text="200 - 900")["number"] == 1234
    assert read(value_text="1,234", range_text="0.5 - 2.0")["number"] == 1.234
    for range_text in ("", "0 - 5000", "negative"):
        row = read(value_text="1,234", range_text=range_text)
        assert row["value_kind"] == "" and row["value_reason"], range_text


def test_dates_need_an_order_that_the_document_shows() -> None:
    assert read(value_text="1", collected_text="2024-03-09")["collected"] == date(2024, 3, 9)
    assert read(value_text="1", collected_text="03/09/2024", date_order="dmy")["collected"] == date(2024, 9, 3)
    assert read(value_text="1", collected_text="03/09/2024")["collected"] is None


def test_rows_and_earlier_columns_stay() -> None:
    frame = pd.DataFrame(
        {"value_text": ["1", "x", "<2"], "range_text": ["", "", ""], "decimal": ".", "collected_text": "", "date_order": ""},
        index=[7, 3, 5],
    )
    found = parse_values(frame)
    assert list(found.index) == [7, 3, 5]
    pd.testing.assert_frame_equal(found[list(frame.columns)], frame)
