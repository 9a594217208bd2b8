"""The results as Parquet. What is missing is NULL, never NaN (some engines hold NaN to be larger than every limit)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation


def to_parquet(interpretation: Interpretation, path: str | Path) -> None:
    """Write the results, one row each, with all columns. Needs pyarrow (``pip install 'labinterp[batch]'``).

    The metadata of the file hold the version (``labinterp``) and the digest of the knowledge (``knowledge``).
    """
    import pyarrow
    import pyarrow.parquet

    from labinterp import __version__

    columns = {str(name): _column(interpretation.results[name]) for name in interpretation.results.columns}
    metadata = {"labinterp": __version__, "knowledge": interpretation.reference.digest}
    pyarrow.parquet.write_table(pyarrow.table(columns, metadata=metadata), path)


def _column(column: pd.Series) -> object:
    import pyarrow

    if column.dtype == object:
        values = [None if value is None or value is pd.NA or value != value else value for value in column]
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1:
            values = [None if value is None else str(value) for value in values]
        return pyarrow.array(values, type=pyarrow.string() if not kinds else None)
    return pyarrow.array(column, from_pandas=True)
