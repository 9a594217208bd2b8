"""Many rows, many files: Arrow in, Arrow out. Every row of the input is a row of the output, with the answer in further columns.

Needs pyarrow (``pip install 'labinterp[batch]'``). The rules are those of `interpret`; here is only the plumbing.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from labinterp.errors import ReadError
from labinterp.interpretation import complete, interpret_rows, joined_patient
from labinterp.model import NUMBER_COLUMNS, ROW_COLUMNS, Patient
from labinterp.readers import read
from labinterp.readers.delimited import sniff
from labinterp.readers.encoding import encoding_of
from labinterp.readers.words import role_of
from labinterp.reference import Reference
from labinterp.shapes import date_order_vote, decimal_of, decimal_vote, parse_date

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

BLOCK = 4 << 20  # bytes of one batch
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


@dataclass
class Outcome:
    """What a run did."""

    name_column: str = "name_text"
    rows: int = 0
    status: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)  # names that no marker bears
    unread: list[tuple[str, str, str]] = field(default_factory=list)  # file, line, reason
    unreadable: list[str] = field(default_factory=list)

    @property
    def not_interpreted(self) -> int:
        return self.rows + len(self.unread) - self.status["ok"] - self.status["not_a_result"]

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the answers of one batch."""
        self.rows += batch.num_rows
        self.status.update(_counts(batch.column("status")))
        self.flags.update(_counts(batch.column("flag")))
        unknown = batch.filter(pc.equal(batch.column("status"), "unknown_marker"))
        self.unknown.update(_counts(unknown.column(self.name_column).cast(pa.string())))

    def lines(self) -> Iterator[str]:
        """The summary, a line at a time."""
        yield f"{self.rows} rows: " + ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in self.status.most_common())
        critical = self.flags["LL"] + self.flags["HH"]
        if critical:
            yield f"{critical} rows are beyond a critical limit (flag LL or HH): look at these first"
        if self.unknown:
            yield "tests not known here: " + ", ".join(f"{name} ({count})" for name, count in self.unknown.most_common(8))
        if self.unread:
            yield f"{len(self.unread)} lines that may be results were not read; they are listed in the .unread.csv beside the output"
        yield from (f"cannot read {text}" for text in self.unreadable)


def _counts(array: pa.Array) -> dict[str, int]:
    return {pair["values"] or "": pair["counts"] for pair in pc.value_counts(array).to_pylist()}


def run(
    source: Path,
    target: Path,
    *,
    columns: Mapping[str, str] | None = None,
    patient: Patient | None = None,
    reference: Reference | None = None,
    locale: str | None = None,
) -> Outcome:
    """Judge a CSV or Parquet table, or every report of a folder, and write one CSV or Parquet table.

    The table streams in batches, so it may be larger than memory; it is written aside and renamed when it is whole.
    """
    if target.suffix.lower() not in (".csv", ".parquet"):
        raise ReadError(f"{target}: the output is a .csv or a .parquet file")
    ref, outcome = reference or Reference.default(), Outcome()
    kind = source.suffix.lower()
    opened = _open(source, kind) if source.is_file() and kind in (".csv", ".tsv", ".parquet") else None
    names = columns_of(opened[0], columns) if opened else {}
    if opened and (columns or {"name_text", "value_text"} <= names.keys()):
        batches = _table(source, *opened, names, ref, patient, locale)
        outcome.name_column = names.get("name_text", "")
    else:  # a folder, or a file that is no list of results, such as a table with one column a test
        batches = _reports(source, ref, patient, locale, outcome)
    with _aside(target) as path, _Sink(path, target.suffix.lower()) as sink:
        for batch in batches:
            outcome.add(batch)
            sink.write(batch)
    if outcome.unread:
        with _aside(target.with_name(target.name + ".unread.csv")) as path, path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([("file", "text", "reason"), *outcome.unread])
    return outcome


# ---- in ----------------------------------------------------------------------------------------------------------------


Batches = Callable[[Sequence[str] | None], Iterator[pa.RecordBatch]]
"""Starts reading a table: all of its columns, or some."""


def _table(
    source: Path,
    heads: list[str],
    batches: Batches,
    names: dict[str, str],
    ref: Reference,
    patient: Patient | None,
    locale: str | None,
) -> Iterator[pa.RecordBatch]:
    seen = f"The columns are: {', '.join(heads)}"
    if missing := [ours for ours in ("name_text", "value_text") if ours not in names]:
        raise ReadError(f"{source}: no column {' or '.join(missing)}; name it with --map {missing[0]}=COLUMN. {seen}")
    if unknown := [theirs for theirs in names.values() if theirs not in heads]:
        raise ReadError(f"{source}: no column {', '.join(unknown)}. {seen}")
    voters = {ours: names[ours] for ours in ("value_text", "range_text", "collected_text") if ours in names}
    texts: dict[str, set[str]] = {ours: set() for ours in voters}
    for batch in batches(list(voters.values())):
        for ours, theirs in voters.items():
            texts[ours].update(filter(None, pc.unique(batch.column(theirs).cast(pa.string())).to_pylist()))
    numbers = sorted(texts["value_text"] | texts.get("range_text", set()))
    decimal = decimal_of(locale) or decimal_vote(numbers)
    order = date_order_vote(sorted(texts.get("collected_text", ())))
    for batch in batches(None):
        yield interpret_batch(batch, columns=names, patient=patient, reference=ref, decimal=decimal, date_order=order)


def _open(source: Path, kind: str) -> tuple[list[str], Batches]:
    return _open_parquet(source) if kind == ".parquet" else _open_csv(source)


def _open_parquet(source: Path) -> tuple[list[str], Batches]:
    try:
        heads = pq.read_schema(source).names
    except (OSError, pa.ArrowInvalid) as error:
        raise ReadError(f"{source}: {error}") from None
    return heads, lambda wanted: pq.ParquetFile(source).iter_batches(batch_size=1 << 16, columns=list(wanted) if wanted else None)


def _open_csv(source: Path) -> tuple[list[str], Batches]:
    with source.open("rb") as file:
        head = file.read(1 << 20)
    encoding = encoding_of(head)
    text = head.decode(encoding, errors="replace").lstrip("\ufeff")
    first = text.partition("\n")[0].rstrip("\r")
    delimiter = sniff(text[: 1 << 16].rpartition("\n")[0] or text)[0] or ","
    heads = next(csv.reader([first], delimiter=delimiter), [])
    if not any(heads):
        raise ReadError(f"{source}: the file is empty")

    def batches(wanted: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        try:
            yield from pacsv.open_csv(
                source,
                read_options=pacsv.ReadOptions(block_size=BLOCK, encoding=encoding),
                parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(heads, pa.string()),
                    include_columns=list(wanted) if wanted else None,
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise ReadError(f"{source}: {error}") from None

    return heads, batches


def _reports(source: Path, ref: Reference, patient: Patient | None, locale: str | None, outcome: Outcome) -> Iterator[pa.RecordBatch]:
    """One batch for every report; what cannot be read or was left unread is noted in `outcome`."""
    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    for file in files:
        name = str(file.relative_to(source)) if source.is_dir() else file.name
        try:
            report = read(file, locale=locale)
        except ReadError as error:
            outcome.unreadable.append(f"{name}: {error}")
            continue
        lines = report.unread[report.unread["kind"] == "possible_result"]
        outcome.unread.extend((name, str(line.text), str(line.reason)) for line in lines.itertuples())
        texts = [arrow_of(report.rows[column], pa.float64() if column in NUMBER_COLUMNS else pa.string()) for column in ROW_COLUMNS]
        batch = pa.RecordBatch.from_arrays([pa.array([name] * len(report.rows), pa.string()), *texts], names=["file", *ROW_COLUMNS])
        yield interpret_batch(batch, patient=joined_patient(report, patient), reference=ref)


# ---- out ---------------------------------------------------------------------------------------------------------------


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A path to write to; it takes the place of `target` when all went well, and is removed when not."""
    path = target.with_name(f".{target.name}.part")
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    path.replace(target)


class _Sink:
    """Writes batches of one schema to CSV or Parquet."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        self.writer: Any = None

    def __enter__(self) -> _Sink:
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        if self.writer is None:
            self._open(batch.schema)
        self.writer.write_batch(batch)

    def _open(self, schema: pa.Schema) -> None:
        self.writer = (
            pacsv.CSVWriter(self.path, schema, write_options=pacsv.WriteOptions(quoting_style="needed"))
            if self.kind == ".csv"
            else pq.ParquetWriter(self.path, schema)
        )

    def __exit__(self, *error: object) -> None:
        if self.writer is None:  # nothing was read: a table of heads only
            self._open(ANSWERS)
        self.writer.close()
