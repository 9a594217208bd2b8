"""Columns as the stages take them, and each distinct combination answered once."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from labinterp import interpret
from labinterp.columns import Columns, columns_of, encode, resolve, spread, stage


@stage
def doubled(columns: Columns, times: int = 2) -> Columns:
    return {"more": columns["n"] * times}


def test_a_stage_gives_what_it_takes_and_the_new_columns() -> None:
    frame = pd.DataFrame({"n": [1.0, 2.0], "text": ["a", "b"]}, index=[7, 3])
    out = doubled(frame, 3)
    assert out["more"].to_dict() == {7: 3.0, 3: 6.0} and list(out.columns) == ["n", "text", "more"]
    assert list(frame.columns) == ["n", "text"]
    plain = doubled({"n": np.array([1.0])})
    assert {name: values.tolist() for name, values in plain.items()} == {"n": [1.0], "more": [2.0]}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, 2]), [1.0, 2.0]),
        (pd.Series([1, None], dtype="Int64"), [1.0, math.nan]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series(["a", math.nan, pd.NA, ""], dtype=object), ["a", None, None, ""]),
        (pd.Series(["x", None, "x"], dtype="category"), ["x", None, "x"]),
        (pd.Series([True, None], dtype=object), [True, None]),
        (pd.Series([date(2024, 3, 1), pd.NaT], dtype=object), [date(2024, 3, 1), None]),
        (pd.Series(pd.to_datetime(["2024-03-01", None])), [pd.Timestamp("2024-03-01"), None]),
    ],
)
def test_what_is_missing_is_none_or_not_a_number(column: pd.Series, expected: list[object]) -> None:
    values = columns_of(pd.DataFrame({"x": column}))["x"]
    assert values.dtype == (float if isinstance(expected[0], float) else object)
    assert [None if isinstance(one, float) and math.isnan(one) else one for one in values.tolist()] == [
        None if isinstance(one, float) and math.isnan(one) else one for one in expected
    ]


def test_combinations_are_numbered_as_they_appear() -> None:
    columns = {"a": np.array(["x", "y", "x", None], dtype=object), "b": np.array([1.0, 1.0, 1.0, math.nan])}
    codes, kept = encode(columns, ("a", "b", "not there"))
    assert codes.tolist() == [0, 1, 0, 2]
    assert kept == [("x", 1.0, ""), ("y", 1.0, ""), (None, None, "")]


def test_each_combination_is_asked_once() -> None:
    asked: list[object] = []
    codes, answers = resolve({"a": np.array(["x", "y", "x"], dtype=object)}, ("a",), lambda text: asked.append(text) or text * 2)
    assert asked == ["x", "y"] and spread(codes, answers).tolist() == ["xx", "yy", "xx"]


@pytest.mark.parametrize("names", [(), ("a",), ("a", "not there")])
def test_without_rows_there_is_nothing(names: tuple[str, ...]) -> None:
    codes, answers = resolve({"a": np.empty(0, dtype=object)}, names, lambda *_: 1 / 0)
    assert not len(codes) and not answers and not len(spread(codes, answers))


def test_columns_of_ones_own_come_through_whatever_they_are_called() -> None:
    """`limits` and `factor` are names that the stages use on the way."""
    frame = pd.DataFrame({"name_text": ["Potassium"], "value_text": ["4.1"], "unit_text": ["mmol/L"], "limits": [7], "factor": ["mine"]})
    assert interpret(frame).results[["limits", "factor", "flag"]].to_numpy().tolist() == [[7, "mine", "N"]]
