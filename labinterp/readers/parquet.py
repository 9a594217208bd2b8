"""Parquet tables. Needs pyarrow (``pip install 'labinterp[batch]'``)."""

from __future__ import annotations

import io

from labinterp.errors import ReadError
from labinterp.model import Report
from labinterp.readers.table import report_of, table_of


def identify(head: bytes, name: str) -> bool:
    """True for the signature of Parquet."""
    return head.startswith(b"PAR1")


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a Parquet table, long or wide. Raises `ReadError` where it is damaged or no column holds results."""
    import pyarrow
    import pyarrow.parquet

    try:
        frame = pyarrow.parquet.read_table(io.BytesIO(data)).to_pandas()
    except (pyarrow.ArrowException, OSError) as error:
        raise ReadError(f"{name}: the Parquet file is damaged or cut off ({error})") from error
    return report_of([table_of(frame, [str(column) for column in frame.columns])], name=name, format="parquet", locale=locale)
