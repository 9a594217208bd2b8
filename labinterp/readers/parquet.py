"""Parquet tables. Needs pyarrow (``pip install 'labinterp[batch]'``)."""

from __future__ import annotations

import io
from typing import Any

from labinterp.errors import ReadError
from labinterp.model import Report
from labinterp.readers.limits import limits
from labinterp.readers.table import refuse_cells, report_of, table_of

PIECE = 256
"""Rows taken out at a time, so that a text that is stored once and meant a million times is noticed before it is written out."""


def identify(head: bytes, name: str) -> bool:
    """True for the signature of Parquet."""
    return head.startswith(b"PAR1")


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a Parquet table, long or wide. Raises `ReadError` where it is damaged or no column holds results."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(io.BytesIO(data)) as file:
            refuse_cells(file.metadata.num_rows, file.metadata.num_columns, name)
            frame = _bounded(file, name).to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, MemoryError) as error:
        raise ReadError(f"{name}: the Parquet file is damaged or cut off ({type(error).__name__})") from None
    return report_of([table_of(frame, [str(column) for column in frame.columns])], name=name, format="parquet", locale=locale)


def _bounded(file: Any, name: str) -> Any:
    """The table, taken out piece by piece up to the limit of what may be unpacked."""
    import pyarrow

    most, size, pieces = limits().unpacked * 2, 0, []
    for batch in file.iter_batches(batch_size=PIECE):
        columns = [column.dictionary_decode() if pyarrow.types.is_dictionary(column.type) else column for column in batch.columns]
        piece = pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)
        pieces.append(piece)
        size += piece.nbytes
        if size > most:
            raise ReadError(f"{name}: the Parquet file unpacks to more than {most >> 20} MB, which is the limit; use `labinterp batch`")
    return pyarrow.Table.from_batches(pieces) if pieces else file.schema_arrow.empty_table()
