"""One Arrow batch in, the same batch with the answers in further columns out: the unit that engines distribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labinterp.interpretation import complete, interpret_rows
from labinterp.model import ROW_COLUMNS, Patient
from labinterp.readers.words import role_of
from labinterp.reference import Reference
from labinterp.shapes import date_order_vote, parse_date

ANSWERS = pa.schema(
    [
        *((name, pa.string()) for name in ("marker", "loinc", "match")),
        ("value", pa.float64()),
        *((name, pa.string()) for name in ("comparator", "qualitative", "unit", "flag", "category")),
        ("severity", pa.int8()),
        ("side", pa.string()),
        ("abnormal", pa.bool_()),
        *((name, pa.string()) for name in ("basis", "limit_text", "interval_id", "source_id", "status", "reason")),
    ]
)
"""The columns that the output has beyond those of the input. What is not known is NULL, never NaN."""

ROLES = {
    **{role: f"{role}_text" for role in ("name", "value", "unit", "range", "flag", "collected", "section", "specimen", "code")},
    **{role: role for role in ("low", "high", "comparator", "patient_id", "sex", "age", "birth_date")},
}
"""What a heading may stand for -> the name it goes by here. `low` and `high` are the ends of the printed range."""

GIVEN = "_given"


def interpret_batch(
    batch: pa.RecordBatch,
    *,
    columns: Mapping[str, str] | None = None,
    patient: Patient | None = None,
    reference: Reference | None = None,
    decimal: str = "",
    date_order: str = "",
) -> pa.RecordBatch:
    """Judge the results of one Arrow record batch, one row each.

    `columns` maps our names (``name_text``, ``value_text``, ``unit_text``, ``range_text``, ``flag_text``, ``collected_text`` ...) to those
    of the batch; a column that it leaves out is found by its heading. `decimal` and `date_order` are facts of the whole document.
    Returns the columns of the batch, unchanged and in order, then those of `ANSWERS`; a column of the batch that bears one of those names
    gets the ending ``_given``. Raises `ValueError` where there is no column for the name or the value.
    """
    names = columns_of(batch.schema.names, columns)
    frame = pd.DataFrame({ours: texts_of(batch.column(theirs)) for ours, theirs in names.items()}, index=pd.RangeIndex(batch.num_rows))
    _join(frame)
    for fact, value in (("decimal", decimal), ("date_order", date_order)):
        if value and fact not in frame:
            frame[fact] = value
    results = interpret_rows(complete(frame), reference or Reference.default(), patient)
    answers = [arrow_of(results[name], type_) for name, type_ in zip(ANSWERS.names, ANSWERS.types)]
    kept = [name + GIVEN if name in ANSWERS.names else name for name in batch.schema.names]
    return pa.RecordBatch.from_arrays([*batch.columns, *answers], names=[*kept, *ANSWERS.names])


def columns_of(heads: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our names -> the headings of a table: those given, those that are spelt like ours, those that are known words for it."""
    names = dict(given or {})
    for ours in (*ROW_COLUMNS, *ROLES.values()):
        if ours in heads:
            names.setdefault(ours, ours)
    for head in heads:
        role = ROLES.get(role_of(head))
        if role is not None and head not in names.values():
            names.setdefault(role, head)
    return names


def _join(frame: pd.DataFrame) -> None:
    """Put together in place what a table keeps in columns of its own: comparator and number, the two ends of a range."""
    if "comparator" in frame and "value_text" in frame:
        frame["value_text"] = frame.pop("comparator").replace("=", "") + frame["value_text"]
    ends = {name: frame.pop(name) for name in ("low", "high") if name in frame}
    if ends and "range_text" not in frame:
        empty = pd.Series("", index=frame.index)
        pairs = pd.Series(list(zip(ends.get("low", empty), ends.get("high", empty))), index=frame.index, dtype=object)
        frame["range_text"] = pairs.map({pair: _between(*pair) for pair in set(pairs)})
    if "birth_date" in frame:
        order = date_order_vote(sorted(set(frame["birth_date"]) - {""}))
        frame["birth_date"] = frame["birth_date"].map({text: parse_date(text, order) for text in frame["birth_date"].unique()})


def _between(low: str, high: str) -> str:
    return f"{low} - {high}" if low and high else f">= {low}" if low else f"<= {high}" if high else ""


def texts_of(array: pa.Array) -> pd.Series:
    """An Arrow column as the stages take it: text is text even where the table stores numbers, missing text is empty."""
    return pd.Series(array.cast(pa.string()).fill_null("").to_numpy(zero_copy_only=False), dtype=object)


def arrow_of(column: pd.Series, type_: pa.DataType) -> pa.Array:
    """A column of results as Arrow; None, NaN and empty text become NULL."""
    if type_ == pa.string():
        array = pa.array(column.to_numpy(dtype=object), type=pa.string(), from_pandas=True)
        return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    if type_ == pa.bool_():
        return pa.array([value if isinstance(value, bool) else None for value in column.tolist()], type=type_)
    return pa.array(column.to_numpy(dtype=float), from_pandas=True).cast(type_)
