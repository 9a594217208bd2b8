"""One Arrow batch in, the same batch with the answers in further columns out: the unit that engines distribute.

The answers are a pure function of a few texts of the row. So each distinct row is judged once over a whole run, by the stages that judge
a single report; all others are looked up. What the person is (age, birth date, day of collection) is kept apart from what is printed, and
told to the stages only as far as the limits of the marker depend on it: ten million people are few kinds of people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from threading import Lock

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labinterp.batch.people import People
from labinterp.batch.rows import ANSWERS, Rows, Tally
from labinterp.model import ROW_COLUMNS, Patient
from labinterp.readers.words import role_of, without_persons
from labinterp.reference import Reference
from labinterp.shapes import DateOrder

ROLES = {
    **{role: f"{role}_text" for role in ("name", "value", "unit", "range", "flag", "collected", "section", "specimen", "code")},
    **{role: role for role in ("low", "high", "comparator", "patient_id", "sex", "age", "birth_date")},
}
"""What a heading may stand for -> the name it goes by here. `low` and `high` are the ends of the printed range."""

GIVEN = "_given"

KEPT = 1 << 18
"""Distinct texts, rows or answers that are kept; beyond, all is forgotten and learnt again. Bounds the memory of a run of any length."""

MOST = 1 << 19  # rows that are learnt together; with those kept they can all be numbered (see `codes.WIDTH`)
PART = 1 << 17  # rows that are answered at a time


def columns_of(heads: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our names -> the headings of a table: those given, those that are spelt like ours, those that are known words for it."""
    names = dict(given or {})
    for ours in (*ROW_COLUMNS, *ROLES.values()):
        if ours in heads:
            names.setdefault(ours, ours)
    for head in without_persons(heads):
        role = ROLES.get(role_of(head))
        if role is not None and head not in names.values():
            names.setdefault(role, head)
    return names


def interpret_batch(
    batch: pa.RecordBatch,
    *,
    columns: Mapping[str, str] | None = None,
    patient: Patient | None = None,
    reference: Reference | None = None,
    decimal: str = "",
    date_order: DateOrder = "",
) -> pa.RecordBatch:
    """Judge the results of one Arrow record batch, one row each.

    `columns` maps our names (``name_text``, ``value_text``, ``unit_text``, ``range_text``, ``flag_text``, ``collected_text`` ...) to those
    of the batch; a column that it leaves out is found by its heading. `decimal` (``.`` or ``,``) and `date_order` (``dmy``, ``mdy``,
    ``ymd``) are facts of the whole document: a batch is never asked for them, so that the answers do not depend on where it was cut.
    Returns the columns of the batch, unchanged and in order, then those of `ANSWERS` with exactly those types; a column of the batch that
    bears one of those names gets the ending ``_given``. Raises `ValueError` where there is no column for the name or the value.

    What was learnt is kept for the next batch of the process with the same settings; `Judge` is the same for a run that holds its own.
    """
    given = tuple(sorted((columns or {}).items()))
    judge = _judge(tuple(batch.schema.names), given, patient, reference or Reference.default(), decimal, date_order)
    answers = judge.judge(batch).select(ANSWERS.names)
    texts = [column.combine_chunks().cast(type_) for column, type_ in zip(answers.columns, ANSWERS.types)]
    return pa.RecordBatch.from_arrays([*batch.columns, *texts], names=[*map(given_name, batch.schema.names), *ANSWERS.names])


def given_name(head: str) -> str:
    """What a column of the input is called in the output."""
    return head + GIVEN if head in ANSWERS.names else head


@lru_cache(maxsize=4)
def _judge(
    heads: tuple[str, ...], given: tuple[tuple[str, str], ...], patient: Patient | None, ref: Reference, decimal: str, date_order: DateOrder
) -> Judge:
    return Judge(columns_of(heads, dict(given)), patient=patient, reference=ref, decimal=decimal, date_order=date_order)


class Judge:
    """Judges the batches of one table, and keeps what it learnt.

    `columns` maps our names to those of the table, as `columns_of` gives them. Raises `ValueError` without a name or a value column.
    """

    def __init__(
        self,
        columns: Mapping[str, str],
        *,
        patient: Patient | None = None,
        reference: Reference | None = None,
        decimal: str = "",
        date_order: DateOrder = "",
        kept: int = KEPT,
    ) -> None:
        if missing := [name for name in ("name_text", "value_text") if name not in columns]:
            raise ValueError(f"no column for {' and '.join(missing)}; those found are {', '.join(columns) or 'none'}")
        self.columns, self.kept = dict(columns), min(kept, KEPT)
        facts = {fact: value for fact, value in (("decimal", decimal), ("date_order", date_order)) if value and fact not in columns}
        self._rows = Rows(self.columns, facts, reference or Reference.default(), patient or Patient())
        self._people = People(self.columns, patient or Patient(), date_order)
        self._lock = Lock()

    def judge(self, rows: pa.RecordBatch | pa.Table) -> pa.Table:
        """The rows with the answers in further columns. Texts among the answers are dictionaries; `interpret_batch` gives plain ones.

        The more rows at a time the better; some hundred thousand cost a few dozen megabytes.
        """
        parts = list(self.parts(rows))
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts).unify_dictionaries()

    def parts(self, rows: pa.RecordBatch | pa.Table) -> Iterator[pa.Table]:
        """The same in parts, so that not all answers are in memory at a time."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        with self._lock:
            for most in _cut(table, MOST):
                yield from self._judged(_cut(most, PART))

    def _judged(self, parts: list[pa.Table]) -> Iterator[pa.Table]:
        if len(self._rows) > self.kept:
            self._rows.forget(self.kept)
        if len(self._people) > self.kept:
            self._people.forget()
        heads = [*map(given_name, parts[0].schema.names), *ANSWERS.names]
        answers = self._rows.read(parts, self._people)
        for part in parts:
            try:
                told = next(answers)
            except BaseException:  # what is half learnt must answer nothing
                self._rows.restart()
                raise
            yield pa.table([*part.columns, *told.columns], names=heads)

    def tally(self) -> Counter[Tally]:
        """How many of the rows judged so far have the same name, unit, marker, flag and status."""
        return self._rows.tally()


def _cut(table: pa.Table, most: int) -> list[pa.Table]:
    """A table in parts of about the same length, each of at most so many rows."""
    number = max(-(-len(table) // most), 1)
    length = max(-(-len(table) // number), 1)
    return [table.slice(start, length) for start in range(0, max(len(table), 1), length)]


def arrow_of(column: pd.Series, type_: pa.DataType) -> pa.Array:
    """A column of texts or numbers as Arrow; None, NaN and empty text become NULL."""
    array = pa.array(column.to_numpy(dtype=object), type=type_, from_pandas=True)
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, type_), array) if type_ == pa.string() else array
