"""Stage: what a result text says, as an interval. `48` is 48 to 48, `<150` reaches from minus infinity to 150; words become codes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from labinterp.columns import Columns, resolve, spread, stage
from labinterp.errors import ValueTextError
from labinterp.language import remark
from labinterp.shapes import ValueReading, parse_date, parse_range, parse_value

NAN, INF = math.nan, math.inf
NO_RESULT = {
    "specimen-problem": remark("specimen problem"),
    "blank": remark("blank"),
    "see-note": remark("see note"),
    "invalid": remark("invalid"),
    "pending": remark("pending"),
    "cancelled": remark("cancelled"),
    "not-performed": remark("not performed"),
    "not-calculated": remark("not calculated"),
}
NEAR_RANGE = 10.0  # a reading further than this from the printed range does not decide an ambiguous number


class Value(NamedTuple):
    """One parsed value; the names are the columns that `parse_values` adds."""

    value_kind: str = ""
    number: float = NAN
    low: float = NAN
    high: float = NAN
    comparator: str = ""
    qualitative: str = ""
    value_flag: str = ""
    value_unit: str = ""
    value_reason: str = ""


@stage
def parse_values(results: Columns) -> Columns:
    """Add the columns of `Value`, and `collected` (a date, or None where the printed date is missing or of unsure order).

    `low` and `high` are the result as an interval in the printed unit; `number` is the figure itself. A value without a single sound
    reading gets an empty `value_kind` and a `value_reason`. `1,234` is decided by the document's mark, else by the printed range.
    """
    codes, read = resolve(results, ("value_text", "decimal"), lambda text, mark: _read(text or "", mark or ""))
    unsure = np.array([isinstance(one, ValueTextError) for one in read], dtype=bool)
    if unsure.any() and (at := np.flatnonzero(unsure[codes])).size:  # only what has no single reading is read beside its range
        texts = ("value_text", "decimal", "range_text")
        few = {name: results[name][at] for name in texts if name in results}
        own, decided = resolve(few, texts, lambda *parts: value_of(*(part or "" for part in parts)))
        codes[at] = len(read) + own
        read = [*read, *decided]
    values = [Value() if isinstance(one, ValueTextError) else one for one in read]
    days, dates = resolve(results, ("collected_text", "date_order"), lambda text, order: parse_date(str(text or ""), order or ""))
    columns = {name: spread(codes, [getattr(value, name) for value in values]) for name in Value._fields}
    return columns | {name: columns[name].astype(float) for name in ("number", "low", "high")} | {"collected": spread(days, dates)}


def value_of(text: str, mark: str = "", range_text: str = "") -> Value:
    """The interval of one value text. Never raises: what cannot be read says why."""
    read = _read(text, mark)
    return read if isinstance(read, Value) else by_range(text, read.readings, range_text) or Value(value_reason=str(read))


@lru_cache(maxsize=1 << 12)
def _read(text: str, mark: str) -> Value | ValueTextError:
    """The interval of a value text, or why it has none without its printed range."""
    if not text.strip():
        return Value("no_result", value_reason=remark("No value is printed."))
    try:
        return as_interval(parse_value(text, locale=mark or None))
    except ValueTextError as error:
        return error


def by_range(text: str, readings: tuple[float, ...], range_text: str) -> Value | None:
    """An ambiguous number, where exactly one reading lies anywhere near the printed range."""
    if not readings or not range_text.strip():
        return None
    fitting = []
    for mark in (".", ","):
        try:
            span = parse_range(range_text, locale=mark)
            value = parse_value(text, locale=mark)
        except ValueTextError:
            continue
        if span.kind in ("interval", "upper", "lower") and value.value is not None:
            low, high = span.low if span.low is not None else 0.0, span.high if span.high is not None else INF
            if low / NEAR_RANGE <= value.value <= high * NEAR_RANGE:
                fitting.append(value)
    distinct = {value.value: value for value in fitting}
    return as_interval(next(iter(distinct.values()))) if len(distinct) == 1 else None


def as_interval(reading: ValueReading) -> Value:
    """A reading as low and high end."""
    low = high = NAN
    number = NAN if reading.value is None else float(reading.value)
    if reading.kind in ("number", "titer", "censored") and not math.isnan(number):
        low = -INF if reading.comparator.startswith("<") else number
        high = INF if reading.comparator.startswith(">") else number
    elif reading.kind == "range" and reading.value2 is not None:
        low, high = sorted((number, float(reading.value2)))
        number = NAN
    reason = remark(f"The report gives no result: {NO_RESULT[reading.qualitative]}.") if reading.kind == "no_result" else ""
    word = reading.qualitative if reading.kind == "qualitative" else ""
    return Value(reading.kind, number, low, high, reading.comparator, word, reading.flag, reading.unit, reason)
