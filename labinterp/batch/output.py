"""Writing tables so that a half-written one never looks whole: aside, flushed to the disk, then renamed.

CSV is made to be opened in a spreadsheet without harm: a text cell that a spreadsheet would run as a formula gets an apostrophe in front;
numbers, also negative ones, stay as they are. Parquet holds the texts as they are.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from labinterp.batch.tables import SHARED, TEXT
from labinterp.errors import LabinterpError
from labinterp.export.csv import is_formula

GROUP = 1 << 18
"""Rows of a row group of Parquet, whatever the batches were: so a run that was interrupted writes the same file as one that was not."""

KINDS = (".csv", ".parquet")
_SUSPECT = r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]"


class WriteError(LabinterpError):
    """The output cannot be written: the disk is full, the folder is not there or may not be written to."""


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Faults of the disk as a message."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{target}: {error.strerror or error}") from error


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A path to write to; it takes the place of `target` when all went well, and is removed when not."""
    path = target.with_name(f".{target.name}.part")
    try:
        with writing(target):
            yield path
            settle(path, target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def settle(path: Path, target: Path) -> None:
    """Give a finished file its name, once its content is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    path.replace(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_text(target: Path, write: Callable[[IO[str]], Any]) -> None:
    """A small text file, all or nothing."""
    with aside(target) as path, path.open("w", encoding="utf-8", newline="") as out:
        write(out)


def write_json(target: Path, content: Any) -> None:
    """A JSON file, all or nothing."""
    write_text(target, lambda out: print(json.dumps(content, ensure_ascii=False, indent=1), file=out))


class Sink:
    """Writes batches to one CSV or Parquet file. `schema` is that of the output; text may come with shared texts or without.

    `bounds` are the columns of which each row group of Parquet tells the lowest and the highest value, so that readers may pass it over.
    """

    def __init__(self, path: Path, kind: str, schema: pa.Schema, *, bounds: Sequence[str] | None = None, heading: bool = True) -> None:
        self.path, self.kind, self.schema, self.heading = path, kind, schema, heading
        self.bounds = schema.names if bounds is None else bounds
        self.writer: Any = None
        self.held: list[pa.RecordBatch] = []
        self.rows = self.waiting = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Take a batch; columns that it lacks are NULL."""
        self.rows += batch.num_rows
        if not batch.num_rows:
            return
        if self.writer is None:
            self._open(batch)
        batch = conform(batch, self.physical)
        if self.kind == ".csv":
            self.writer.write_batch(conform(safe(batch), self.plain))
            return
        self.held.append(batch)
        self.waiting += batch.num_rows
        while self.waiting >= GROUP:
            self._group(GROUP)

    def close(self) -> None:
        """Write what is held and end the file."""
        if self.writer is None:
            self._open(None)
        if self.waiting:
            self._group(self.waiting)
        self.writer.close()

    def abandon(self) -> None:
        """Let the file go without finishing it."""
        self.held.clear()
        try:
            if self.writer is not None:
                self.writer.close()
        except (OSError, pa.ArrowException):
            pass
        self.path.unlink(missing_ok=True)

    def _group(self, rows: int) -> None:
        table = pa.Table.from_batches(self.held)
        group = over_one_dictionary(table.slice(0, rows))
        self.writer.write_table(group, row_group_size=GROUP)
        rest = table.slice(rows)
        self.held, self.waiting = rest.to_batches(), rest.num_rows

    def _open(self, batch: pa.RecordBatch | None) -> None:
        fields = []
        for one in self.schema:
            known = batch is not None and one.name in batch.schema.names and pa.types.is_dictionary(batch.schema.field(one.name).type)
            fields.append(pa.field(one.name, SHARED if known and one.type == TEXT else one.type))
        self.physical = pa.schema(fields)
        if self.kind == ".csv":
            self.plain = pa.schema([pa.field(one.name, TEXT if _nested(one.type) else one.type) for one in self.schema])
            options = pacsv.WriteOptions(include_header=self.heading, quoting_style="needed")
            self.writer = pacsv.CSVWriter(str(self.path), self.plain, write_options=options)
        else:
            self.writer = pq.ParquetWriter(str(self.path), self.physical, write_statistics=list(self.bounds), store_schema=False)
            if self.schema.metadata:
                self.writer.add_key_value_metadata(self.schema.metadata)


def over_one_dictionary(table: pa.Table) -> pa.Table:
    """Each dictionary column over one dictionary: the last, where those before it are its beginning, as in a run that only learns."""
    columns = []
    for column in table.columns:
        if pa.types.is_dictionary(column.type) and column.num_chunks > 1:
            parts, last = column.chunks, column.chunks[-1].dictionary
            if all(part.dictionary.equals(last.slice(0, len(part.dictionary))) for part in parts):
                column = pa.chunked_array([pa.DictionaryArray.from_arrays(part.indices, last, safe=False) for part in parts])
            else:
                column = column.unify_dictionaries()
        columns.append(column)
    return pa.table(columns, schema=table.schema)


def _nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of `schema`, of its types; what the batch lacks is NULL."""
    if batch.schema.equals(schema):
        return batch
    present = set(batch.schema.names)
    columns = [as_type(batch.column(one.name), one.type) if one.name in present else pa.nulls(batch.num_rows, one.type) for one in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def as_type(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column in another type; nested values become JSON."""
    if column.type == kind:
        return column
    if kind == SHARED:
        return column.cast(TEXT).dictionary_encode()
    if kind == TEXT and _nested(column.type):
        return pa.array([None if one is None else json.dumps(one, ensure_ascii=False, default=str) for one in column.to_pylist()], TEXT)
    return column.cast(kind)


def safe(batch: pa.RecordBatch) -> pa.RecordBatch:
    """An apostrophe before every text that a spreadsheet would run."""
    columns = []
    for column in batch.columns:
        shared = pa.types.is_dictionary(column.type)
        texts = column.dictionary if shared else column
        if pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type):
            suspect = pc.fill_null(pc.match_substring_regex(texts, _SUSPECT), False)
            if pc.any(suspect).as_py():
                texts = pa.array([f"'{text}" if text and is_formula(text) else text for text in texts.to_pylist()], texts.type)
                column = pa.DictionaryArray.from_arrays(column.indices, texts) if shared else texts
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def join(parts: Sequence[Path], target: Path, kind: str, schema: pa.Schema, bounds: Sequence[str]) -> None:
    """One file of several that follow each other. The first of CSV parts alone has a heading."""
    if len(parts) == 1:
        with writing(target):
            settle(parts[0], target)
        return
    with aside(target) as path:
        if kind == ".csv":
            with path.open("wb") as out:
                for part in parts:
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, out, 1 << 20)
        else:
            sink = Sink(path, kind, schema, bounds=bounds)
            texts = [one.name for one in schema if one.type == TEXT]
            for part in parts:
                with pq.ParquetFile(part, read_dictionary=texts) as file:
                    for batch in file.iter_batches(batch_size=GROUP):
                        sink.write(batch)
            sink.close()


def write_batches(target: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """A whole table, all or nothing; its kind is that of the name."""
    with aside(target) as path:
        sink = Sink(path, target.suffix.lower(), schema)
        for batch in batches:
            sink.write(batch)
        sink.close()
