"""A whole run: tables and folders in, one table out, with what could not be read told beside it."""

from __future__ import annotations

import base64
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from labinterp.batch.judging import Judge, arrow_of, columns_of, facts_of, interpret_batch, judged_columns
from labinterp.batch.rows import ANSWERS, Tally
from labinterp.errors import ReadError
from labinterp.interpretation import joined_patient
from labinterp.model import NUMBER_COLUMNS, ROW_COLUMNS, Patient
from labinterp.readers import read
from labinterp.readers.delimited import sniff
from labinterp.readers.encoding import encoding_of
from labinterp.reference import Reference
from labinterp.shapes import decimal_of

BLOCK = 1 << 20  # bytes of one batch; pyarrow reads 32 of them ahead
SAMPLE = 1 << 14  # rows from which the decimal mark and the order of dates are guessed
GROUP = 1 << 18  # rows that are judged at a time: one row group of Parquet


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

    def add(self, batch: pa.Table) -> None:
        """Count the answers of one batch."""
        self.rows += batch.num_rows
        self.status.update(_counts(batch.column("status")))
        self.flags.update(_counts(batch.column("flag")))
        unknown = batch.filter(pc.equal(batch.column("status"), "unknown_marker"))
        self.unknown.update(_counts(unknown.column(self.name_column).cast(pa.string())))

    def count(self, tally: Mapping[Tally, int]) -> None:
        """Take over what a run counted on the way."""
        for seen, rows in tally.items():
            self.status[seen.status] += rows
            self.flags[seen.flag or ""] += rows
            if seen.status == "unknown_marker":
                self.unknown["other names" if seen.name_text is None else seen.name_text] += rows

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
    with _aside(target) as path:
        if opened and (columns or {"name_text", "value_text"} <= names.keys()):
            outcome.name_column = names.get("name_text", "")
            outcome = _table(source, *opened, names, ref, patient, locale, lambda: _Sink(path, target.suffix.lower()), outcome)
        else:  # a folder, or a file that is no list of results, such as a table with one column a test
            with _Sink(path, target.suffix.lower()) as sink:
                for batch in _reports(source, ref, patient, locale, outcome):
                    outcome.add(table := pa.Table.from_batches([batch]))
                    sink.write(table)
    if outcome.unread:
        with _aside(target.with_name(target.name + ".unread.csv")) as path, path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([("file", "text", "reason"), *outcome.unread])
    return outcome


# ---- in ----------------------------------------------------------------------------------------------------------------


Batches = Callable[[Sequence[str], Sequence[str]], Iterator[pa.RecordBatch]]
"""Starts reading a table: these columns, of which those have texts that repeat and come as dictionaries."""


def _table(
    source: Path,
    heads: list[str],
    batches: Batches,
    names: dict[str, str],
    ref: Reference,
    patient: Patient | None,
    locale: str | None,
    sink_to: Callable[[], _Sink],
    empty: Outcome,
) -> Outcome:
    """Judge a table in one pass, by the decimal mark and date order of its beginning; again if the whole table votes otherwise."""
    seen = f"The columns are: {', '.join(heads)}"
    if missing := [ours for ours in ("name_text", "value_text") if ours not in names]:
        raise ReadError(f"{source}: no column {' or '.join(missing)}; name it with --map {missing[0]}=COLUMN. {seen}")
    if unknown := [theirs for theirs in names.values() if theirs not in heads]:
        raise ReadError(f"{source}: no column {', '.join(unknown)}. {seen}")
    judged = judged_columns(names)
    said = decimal_of(locale)
    stream = iter(batches(heads, judged))
    first = list(islice(stream, 1))
    decimal, order = facts_of(first[0].slice(0, SAMPLE), names) if first else ("", "")
    facts = said or decimal, order
    while True:
        judge = Judge(names, patient=patient, reference=ref, decimal=facts[0], date_order=facts[1])
        outcome = replace(empty, status=Counter(), flags=Counter(), unknown=Counter())
        with sink_to() as sink:
            for table in grouped(chain(first, stream)):
                sink.write(judge.judge(table))
                outcome.rows += len(table)
        voted = said or judge.decimal(), judge.date_order()
        if voted == facts:
            outcome.count(judge.tally())
            return outcome
        facts, first, stream = voted, [], batches(heads, judged)


def grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches put together to tables of about `GROUP` rows."""
    held, rows = [], 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= GROUP:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _open(source: Path, kind: str) -> tuple[list[str], Batches]:
    return _open_parquet(source) if kind == ".parquet" else _open_csv(source)


def _open_parquet(source: Path) -> tuple[list[str], Batches]:
    try:
        heads = pq.read_schema(source).names
    except (OSError, pa.ArrowInvalid) as error:
        raise ReadError(f"{source}: {error}") from None

    def batches(wanted: Sequence[str], repeating: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from pq.ParquetFile(source, read_dictionary=list(repeating)).iter_batches(batch_size=1 << 17, columns=list(wanted))

    return heads, batches


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

    def batches(wanted: Sequence[str], repeating: Sequence[str]) -> Iterator[pa.RecordBatch]:
        try:
            yield from pacsv.open_csv(
                source,
                read_options=pacsv.ReadOptions(block_size=BLOCK, encoding=encoding),
                parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(heads, pa.string()) | dict.fromkeys(repeating, pa.dictionary(pa.int32(), pa.string())),
                    include_columns=list(wanted),
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
    """Writes tables of one schema to CSV or Parquet; texts that are dictionaries are texts in the file."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        self.writer: Any = None

    def __enter__(self) -> _Sink:
        return self

    def write(self, table: pa.Table) -> None:
        if self.kind == ".csv":
            table = table.cast(texts_in(table.schema))
            self.writer = self.writer or pacsv.CSVWriter(self.path, table.schema, write_options=pacsv.WriteOptions(quoting_style="needed"))
            self.writer.write_table(table)
        else:
            table = table.unify_dictionaries().replace_schema_metadata(described(table.schema))
            self.writer = self.writer or pq.ParquetWriter(self.path, table.schema, store_schema=False)
            self.writer.write_table(table, row_group_size=max(len(table), 1))

    def __exit__(self, *error: object) -> None:
        if error[0] is None and self.writer is None:  # nothing was read: a table of heads only
            self.write(ANSWERS.empty_table())
        if self.writer is not None:
            self.writer.close()


def texts_in(schema: pa.Schema) -> pa.Schema:
    """The schema with plain values where it has dictionaries."""
    return pa.schema([field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema])


def described(schema: pa.Schema) -> dict[str, bytes]:
    """What a Parquet file says of its schema, so that pyarrow reads dictionaries as plain texts, as every other reader does."""
    return {"ARROW:schema": base64.b64encode(texts_in(schema).serialize().to_pybytes())}
