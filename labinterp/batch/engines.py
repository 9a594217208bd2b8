"""What an engine that distributes `interpret_batch` is told before the first row: the schema of the answers, and facts of the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from labinterp.batch.judging import interpret_batch
from labinterp.shapes import date_order_vote, decimal_of, decimal_vote

NUMBERS, DATES = ("value_text", "range_text"), ("collected_text", "birth_date")
VOTING = (*NUMBERS, *DATES)
"""Our names of the columns whose texts tell the decimal mark and the order of day and month of a document."""


def output_schema(schema: pa.Schema, columns: Mapping[str, str] | None = None) -> pa.Schema:
    """The schema of what `interpret_batch` returns for batches of `schema`: their columns, then those of `ANSWERS`.

    Raises `ValueError` where there is no column for the name or the value.
    """
    nothing = pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
    return interpret_batch(nothing, columns=columns).schema


def document_facts(texts: Mapping[str, Iterable[str | None]], locale: str | None = None) -> dict[str, str]:
    """`decimal` and `date_order` of a document, as `interpret_batch` takes them, from the distinct texts of its `VOTING` columns.

    An engine cuts a table where it likes, so no batch can find them by itself. `locale` wins over the vote on the decimal mark. Both are
    empty where nothing decides or the texts disagree; what is ambiguous is then refused row by row, never guessed.
    """
    said = {name: sorted({text for text in texts.get(name, ()) if text}) for name in VOTING}
    decimal = decimal_of(locale) or decimal_vote(text for name in NUMBERS for text in said[name])
    return {"decimal": decimal, "date_order": date_order_vote(text for name in DATES for text in said[name])}
