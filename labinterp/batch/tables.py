"""Opening one table: CSV in all its kinds, Parquet, SAS transport, Excel -> its columns and its rows as Arrow batches.

A table streams: no more of it is in memory than a few batches. What it holds is not looked at here.
"""

from __future__ import annotations

import csv
import io
import mmap
import re
import struct
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from labinterp.errors import ReadError
from labinterp.readers.delimited import sniff
from labinterp.readers.encoding import encoding_of

BLOCK = 8 << 20  # bytes of one batch of a text table
AHEAD = 16  # blocks of pyarrow that make one of ours: it reads 32 ahead, so small ones cost little memory
SMALL = 1 << 12  # bytes that a block of pyarrow has at least, as far as ours has them
ROWS = 1 << 17  # rows of one batch of the others
MOST = 1 << 16  # texts that are kept in one dictionary
TEXT = pa.string()
SHARED = pa.dictionary(pa.int32(), pa.string())
"""A text column that keeps each distinct text once."""

DELIMITED = (".csv", ".tsv", ".tab", ".psv")
PACKED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
LINES = (".ndjson", ".jsonl")
KINDS = (*DELIMITED, ".parquet", ".pq", ".xpt", *LINES)
"""Endings of what is a table whatever stands in it. A workbook may as well be a report."""


@dataclass(frozen=True)
class Fault:
    """What could not be read: a whole file (`row` is None and `text` empty), or one line of it."""

    file: str
    row: int | None
    reason: str
    text: str = ""


class NotInThisEncoding(Exception):
    """A byte far behind the beginning is no character of the encoding that the beginning shows."""


@dataclass
class Table:
    """One table. `start` reads it from the beginning: it takes the columns worth sharing texts, and raises `ReadError` where it breaks.

    `done` is the share that has been read (0 to 1). `faults` are the lines that the last reading left out.
    """

    path: Path
    schema: pa.Schema
    start: Callable[[Collection[str], str], Iterator[pa.RecordBatch]]
    done: Callable[[], float] = lambda: 0.0
    faults: list[Fault] = field(default_factory=list)


def kind_of(path: Path) -> str:
    """The ending that says what it is, in lower case: ``.csv`` for ``x.CSV.gz``."""
    return Path(path.stem).suffix.lower() if path.suffix.lower() in PACKED else path.suffix.lower()


def open_table(path: Path) -> Table:
    """Look at the head of a table. Raises `ReadError` where it is none."""
    kind = kind_of(path)
    try:
        if kind in (".parquet", ".pq"):
            return _parquet(path)
        if kind == ".xpt":
            return _transport(path)
        if kind == ".xlsx":
            return _workbook(path)
        return _delimited(path)
    except (OSError, pa.ArrowException, EOFError) as error:
        raise ReadError(f"{path}: {_words(error)}") from None


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).replace("Truncated compressed stream", "the compressed file is cut off")


def unique(names: Collection[str], taken: Collection[str] = ()) -> list[str]:
    """The names, each once: a second "Result" becomes "Result_2"."""
    seen, out = set(taken), []
    for name in names:
        own, number = name, 1
        while own in seen:
            number += 1
            own = f"{name}_{number}"
        seen.add(own)
        out.append(own)
    return out


# ---- text ----------------------------------------------------------------------------------------------------------------


def unpacked(path: Path) -> tuple[Any, Any]:
    """The file and the stream of its content: two names for one thing where it is not compressed."""
    file = pa.OSFile(str(path))
    codec = PACKED.get(path.suffix.lower())
    return file, pa.CompressedInputStream(file, codec) if codec else file


def share(file: Any, size: int) -> float:
    """How much of a file has been read."""
    try:
        return min(float(file.tell()) / max(size, 1), 1.0)
    except (ValueError, OSError):  # it is closed: read to the end
        return 1.0


def _delimited(path: Path) -> Table:
    _, stream = unpacked(path)
    with stream:
        head = stream.read(1 << 20)
    encoding = encoding_of(head)
    text = head.decode(encoding, errors="replace").lstrip("\ufeff")
    if not text.strip("\r\n \x00"):
        raise ReadError(f"{path}: the file is empty")
    delimiter = sniff(text[: 1 << 16].rpartition("\n")[0] or text)[0] or ","
    heads = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    names = unique([head.strip() or f"column_{number}" for number, head in enumerate(heads, 1)])
    table = Table(path, pa.schema([(name, TEXT) for name in names]), lambda wanted, other: iter(()))
    size, reading = path.stat().st_size, [None]
    quoted = path.suffix.lower() in PACKED or _holds_quote(path)

    def start(texts: Collection[str], other: str = "") -> Iterator[pa.RecordBatch]:
        table.faults.clear()
        file, stream = unpacked(path)
        reading[0] = file
        used = other or ("utf8" if encoding.startswith("utf-8") else encoding)
        options = pacsv.ReadOptions(block_size=_block(), encoding=used)
        try:
            batches = pacsv.open_csv(
                stream,
                read_options=options,
                parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted, invalid_row_handler=left_out),
                convert_options=pacsv.ConvertOptions(
                    column_types={head: SHARED if name in texts else TEXT for head, name in zip(heads, names)},
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
            for batch in together(batches, BLOCK // _block()):
                yield batch if batch.schema.names == names else batch.rename_columns(names)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            if "utf8" in str(error).casefold().replace("-", "") and not other:
                raise NotInThisEncoding from None
            if "Empty CSV" not in str(error):
                raise ReadError(f"{path}: {_hint(str(error))}") from None
        except OSError as error:
            raise ReadError(f"{path}: {_words(error)}") from None

    def left_out(row: Any) -> str:
        reason = f"the line has {row.actual_columns} cells, the heading has {row.expected_columns}"
        table.faults.append(Fault("", row.number, reason, str(row.text)[:500]))
        return "skip"

    table.start, table.done = start, lambda: share(reading[0], size) if reading[0] else 0.0
    return table


def _block() -> int:
    return min(BLOCK, max(BLOCK // AHEAD, SMALL))


def together(batches: Iterable[pa.RecordBatch], number: int) -> Iterator[pa.RecordBatch]:
    """Every `number` batches as one: what is judged together costs less. Shared texts keep their numbers from one to the next.

    So what is known of a text is known from then on. A dictionary of more than `MOST` texts is begun anew.
    """
    known: dict[str, pa.Array] = {}
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if len(held) == number:
            yield _one(held, known)
    if held:
        yield _one(held, known)


def _one(held: list[pa.RecordBatch], known: dict[str, pa.Array]) -> pa.RecordBatch:
    """The batches put together, and let go."""
    table = pa.Table.from_batches(held)
    held.clear()
    columns = []
    for name, column in zip(table.schema.names, table.columns):
        if pa.types.is_dictionary(column.type):
            before = known.get(name)
            first = [] if before is None else [pa.DictionaryArray.from_arrays(pa.array([], column.type.index_type), before)]
            chunks = pa.chunked_array([*first, *column.chunks], column.type).unify_dictionaries().chunks
            rows = pa.chunked_array([chunk.indices for chunk in chunks], column.type.index_type)
            known[name] = chunks[-1].dictionary
            columns.append(pa.DictionaryArray.from_arrays(rows.combine_chunks(), known[name], safe=False))
            if len(known[name]) > MOST:
                del known[name]
        else:
            columns.append(column.combine_chunks())
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _hint(message: str) -> str:
    if "straddl" in message:
        return f"a line is longer than {_block() >> 10} kB; a quotation mark may be opened and never closed"
    counted = re.search(r"Expected \d+ columns, got \d+", message)  # pyarrow goes on with the line itself, which is nobody's to log
    return f"the table is broken ({counted[0] if counted else 'a line that cannot be read'})"


def _holds_quote(path: Path) -> bool:
    """Only a file with a quotation mark somewhere can have line breaks within its cells; looking is much cheaper than allowing for it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(b'"') >= 0


# ---- data files ----------------------------------------------------------------------------------------------------------


def _parquet(path: Path) -> Table:
    with pq.ParquetFile(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
    names = unique(schema.names)
    read = [0]

    def start(texts: Collection[str], other: str = "") -> Iterator[pa.RecordBatch]:
        read[0] = 0
        shared = [one.name for one, name in zip(schema, names) if name in texts and pa.types.is_string(one.type)]
        try:
            with pq.ParquetFile(path, read_dictionary=shared) as file:
                for batch in together(file.iter_batches(batch_size=ROWS), 1):
                    read[0] += batch.num_rows
                    columns = [without_nan(column) for column in batch.columns]
                    yield pa.RecordBatch.from_arrays(columns, names=names)
        except (pa.ArrowException, OSError) as error:
            raise ReadError(f"{path}: the Parquet file is damaged or cut off ({type(error).__name__})") from None

    plain = pa.schema([pa.field(name, one.type) for name, one in zip(names, schema)])
    return Table(path, plain, start, lambda: read[0] / max(rows, 1))


def without_nan(column: pa.Array) -> pa.Array:
    """What is not a number is missing."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _transport(path: Path) -> Table:
    from labinterp.readers.xpt import rounded

    def opened() -> Any:
        return pd.read_sas(path, format="xport", encoding="latin-1", iterator=True)

    broken = (ValueError, KeyError, struct.error, IndexError, OverflowError)
    try:
        with opened() as reader:
            rows, first = int(reader.nobs), reader.read(1)
    except broken as error:
        raise ReadError(f"{path}: the SAS transport file is damaged or of another version ({type(error).__name__})") from None
    names = unique([str(name) for name in first.columns])
    numeric = [first[name].dtype.kind == "f" for name in first.columns]
    schema = pa.schema([(name, pa.float64() if number else TEXT) for name, number in zip(names, numeric)])
    read = [0]

    def start(texts: Collection[str], other: str = "") -> Iterator[pa.RecordBatch]:
        read[0] = 0
        try:
            with opened() as reader:
                while read[0] < rows:
                    frame = reader.read(min(ROWS, rows - read[0]))
                    read[0] += len(frame)
                    yield pa.RecordBatch.from_arrays(
                        [
                            pa.array(rounded(frame[name].to_numpy(float)) if number else _texts(frame[name]), one.type, from_pandas=True)
                            for name, number, one in zip(frame.columns, numeric, schema)
                        ],
                        schema=schema,
                    )
        except broken as error:
            raise ReadError(f"{path}: the SAS transport file is damaged ({type(error).__name__})") from None

    return Table(path, schema, start, lambda: read[0] / max(rows, 1))


def _texts(column: pd.Series[Any]) -> np.ndarray:
    return np.array([str(text).strip() or None if text is not None and text == text else None for text in column], dtype=object)


def _workbook(path: Path) -> Table:
    """The first sheet that holds something; its first line are the headings."""
    import zipfile

    from labinterp.readers.xlsx import text_of

    def opened() -> tuple[Any, Any]:
        import openpyxl

        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile, OSError) as error:
            raise ReadError(f"{path}: the workbook is damaged ({type(error).__name__})") from None
        except ModuleNotFoundError:
            raise ReadError(f"{path}: reading this needs the package openpyxl; pip install 'labinterp[xlsx]'") from None
        sheet = next(
            (one for one in book.worksheets if any(cell.value is not None for line in one.iter_rows(max_row=5) for cell in line)), None
        )
        if sheet is None:
            raise ReadError(f"{path}: the workbook is empty")
        return book, sheet

    book, sheet = opened()
    lines = max(int(sheet.max_row or 1), 1)
    first = next(sheet.iter_rows())
    heads = [text_of(cell.value) for cell in first]
    while heads and not heads[-1]:
        heads.pop()
    book.close()
    names = unique([head or f"column_{number}" for number, head in enumerate(heads, 1)])
    schema = pa.schema([(name, TEXT) for name in names])
    read = [0]

    def start(texts: Collection[str], other: str = "") -> Iterator[pa.RecordBatch]:
        read[0] = 0
        book, sheet = opened()
        held: list[list[str | None]] = []
        for number, line in enumerate(sheet.iter_rows(max_col=len(names))):
            cells = [text_of(cell.value, getattr(cell, "number_format", None) or "") or None for cell in line]
            if number and any(cells):
                held.append(cells + [None] * (len(names) - len(cells)))
            if len(held) == ROWS // 8:
                read[0] += len(held)
                yield _of_lines(held, schema)
                held = []
        if held:
            yield _of_lines(held, schema)
        read[0] = lines
        book.close()

    return Table(path, schema, start, lambda: read[0] / lines)


def _of_lines(lines: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column, TEXT) for column in zip(*lines)], schema=schema)
