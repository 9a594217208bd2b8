"""SAS transport files (.xpt, version 5), as public health surveys publish them. The label of a variable is its heading."""

from __future__ import annotations

import io
import struct

import numpy as np
import pandas as pd

from labinterp.errors import ReadError
from labinterp.model import Report
from labinterp.readers.table import refuse_cells, report_of, table_of

SIGNATURE = b"HEADER RECORD*******LIB"
DIGITS = 12
"""Significant digits that survive the way from IBM to IEEE numbers."""


def identify(head: bytes, name: str) -> bool:
    """True for the signature of a SAS transport file."""
    return head.startswith(SIGNATURE)


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a transport file; its variables are named by their labels. Raises `ReadError` where it is damaged or no result is in it."""
    try:
        with pd.read_sas(io.BytesIO(data), format="xport", encoding="latin-1", iterator=True) as reader:
            labels = {_text(field["name"]): _text(field["label"]) for field in getattr(reader, "fields", [])}
            refuse_cells(getattr(reader, "nobs", 0), len(labels), name)
            frame = reader.read()
    except (ValueError, TypeError, LookupError, struct.error, ArithmeticError, MemoryError) as error:
        raise ReadError(f"{name}: the SAS transport file is damaged or of another version ({type(error).__name__})") from None
    for column in frame.columns:
        if frame[column].dtype.kind == "f":
            frame[column] = rounded(frame[column].to_numpy(float))
    return report_of([table_of(frame, [labels.get(str(c)) or str(c) for c in frame.columns])], name=name, format="xpt", locale=locale)


def rounded(numbers: np.ndarray) -> np.ndarray:
    """Zero arrives as 5.4e-79, and 4.1 with digits beyond those that were stored."""
    numbers = np.where(np.abs(numbers) < 1e-70, 0.0, numbers)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = DIGITS - np.ceil(np.log10(np.abs(numbers)))
    scale = np.power(10.0, np.where(np.isfinite(places), places, 0))
    return np.where(np.isfinite(numbers), np.round(numbers * scale) / scale, numbers)


def _text(label: bytes | str) -> str:
    return (label.decode("latin-1") if isinstance(label, bytes) else str(label)).strip(" \x00")
