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
from labinterp.reference import Reference
from labinterp.shapes import date_order_vote, decimal_vote

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

FACTS = ("patient_id", "sex", "age", "birth_date")
"""Columns of the input about the person that an interpretation uses."""

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
    of the batch. `decimal` and `date_order` are facts of the whole document and hold where the batch has no such column.
    Returns the columns of the batch, unchanged and in order, then those of `ANSWERS`; a column of the batch that bears one of those names
    gets the ending ``_given``. Raises `ValueError` where there is no column for the name or the value.
    """
    names = dict(columns or {})
    wanted = [name for name in (*ROW_COLUMNS, *FACTS) if names.get(name, name) in batch.schema.names]
    given = {name: texts_of(batch.column(names.get(name, name)), number=name in NUMBER_COLUMNS) for name in wanted}
    frame = pd.DataFrame(given, index=pd.RangeIndex(batch.num_rows))
    for fact, value in (("decimal", decimal), ("date_order", date_order)):
        if value and fact not in frame:
            frame[fact] = value
    results = interpret_rows(complete(frame), reference or Reference.default(), patient)
    answers = [arrow_of(results[name], type_) for name, type_ in zip(ANSWERS.names, ANSWERS.types)]
    kept = [name + GIVEN if name in ANSWERS.names else name for name in batch.schema.names]
    return pa.RecordBatch.from_arrays([*batch.columns, *answers], names=[*kept, *ANSWERS.names])


def texts_of(array: pa.Array, *, number: bool = False) -> pd.Series:
    """An Arrow column as the stages take it: text is text even where the table stores numbers, missing text is empty."""
    if number:
        return array.cast(pa.float64()).to_pandas()
    return array.cast(pa.string()).fill_null("").to_pandas().astype(object)


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
        if "name_text" in batch.schema.names:
            unknown = batch.filter(pc.equal(batch.column("status"), "unknown_marker"))
            self.unknown.update(_counts(unknown.column("name_text")))

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
    if source.is_dir() or kind not in (".csv", ".tsv", ".parquet"):
        batches = _reports(source, ref, patient, locale, outcome)
    else:
        batches = _table(source, dict(columns or {}), ref, patient, locale)
    with _aside(target) as path, _Sink(path, target.suffix.lower()) as sink:
        for batch in batches:
            outcome.add(batch)
            sink.write(batch)
    if outcome.unread:
        with _aside(target.with_name(target.name + ".unread.csv")) as path, path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([("file", "text", "reason"), *outcome.unread])
    return outcome


# ---- in ----------------------------------------------------------------------------------------------------------------


def _table(source: Path, names: dict[str, str], ref: Reference, patient: Patient | None, locale: str | None) -> Iterator[pa.RecordBatch]:
    opened = _open_parquet if source.suffix.lower() == ".parquet" else _open_csv
    heads, batches = opened(source)
    missing = [name for name in ("name_text", "value_text") if names.get(name, name) not in heads]
    if missing:
        which = " or ".join(missing)
        raise ReadError(f"{source}: no column {which}; name it with --map {missing[0]}=COLUMN. The columns are: {', '.join(heads)}")
    if unknown := [theirs for theirs in names.values() if theirs not in heads]:
        raise ReadError(f"{source}: no column {', '.join(unknown)}. The columns are: {', '.join(heads)}")
    facts = _facts(
        batches([name for key in ("value_text", "range_text", "collected_text") if (name := names.get(key, key)) in heads]), names
    )
    if locale:
        facts["decimal"] = _mark(locale)
    for batch in batches(None):
        yield interpret_batch(batch, columns=names, patient=patient, reference=ref, **facts)


def _facts(batches: Iterator[pa.RecordBatch], names: Mapping[str, str]) -> dict[str, str]:
    """Decimal mark and date order, voted once over the distinct texts of the whole table."""
    seen: dict[str, set[str]] = {"value_text": set(), "range_text": set(), "collected_text": set()}
    for batch in batches:
        for key, texts in seen.items():
            if names.get(key, key) in batch.schema.names:
                texts.update(filter(None, pc.unique(batch.column(names.get(key, key)).cast(pa.string())).to_pylist()))
    return {
        "decimal": decimal_vote(sorted(seen["value_text"] | seen["range_text"])),
        "date_order": date_order_vote(sorted(seen["collected_text"])),
    }


Open = tuple[list[str], Callable[[Sequence[str] | None], Iterator[pa.RecordBatch]]]


def _open_parquet(source: Path) -> Open:
    try:
        heads = pq.read_schema(source).names
    except (OSError, pa.ArrowInvalid) as error:
        raise ReadError(f"{source}: {error}") from None
    return heads, lambda wanted: pq.ParquetFile(source).iter_batches(batch_size=1 << 16, columns=list(wanted) if wanted else None)


def _open_csv(source: Path) -> Open:
    with source.open("rb") as file:
        head = file.read(1 << 20)
    encoding = _encoding(head)
    first = head.decode(encoding, errors="replace").lstrip("\ufeff").partition("\n")[0].rstrip("\r")
    delimiter = max(",;\t|", key=first.count)
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


def _encoding(head: bytes) -> str:
    from labinterp.readers.encoding import encoding_of

    return encoding_of(head)


def _mark(locale: str) -> str:
    return locale if locale in ".," else ","


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
