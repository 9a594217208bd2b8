"""How a request and a report travel between the app and its worker: plain data (JSON) and bytes, never pickles.

A damaged library in the worker could send anything; what arrives here can at worst be wrong data or no data, it cannot run code.
"""

from __future__ import annotations

import json
import struct
from datetime import date, datetime
from typing import IO, Any

import numpy as np
import pandas as pd

from labinterp.model import Patient, Report

_HEAD = struct.Struct("<II")


def send(out: IO[bytes], message: dict[str, Any], blob: bytes = b"") -> None:
    """Write one message."""
    head = json.dumps(message).encode("ascii")
    out.write(_HEAD.pack(len(head), len(blob)))
    out.write(head)
    out.write(blob)
    out.flush()


def receive(source: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read one message. Raises `EOFError` where the other side has gone."""
    head, blob = _HEAD.unpack(_exactly(source, _HEAD.size))
    return json.loads(_exactly(source, head)), _exactly(source, blob)


def _exactly(source: IO[bytes], size: int) -> bytes:
    parts = []
    while size:  # by and by: a wrong size must not reserve the memory
        parts.append(source.read(min(size, 1 << 20)))
        size -= len(parts[-1])
        if not parts[-1]:
            raise EOFError
    return b"".join(parts)


def plain(report: Report) -> tuple[dict[str, Any], bytes]:
    """A report as plain data and bytes."""
    rows, row_codes = _columns(report.rows)
    unread, unread_codes = _columns(report.unread)
    person = report.patient
    facts = {
        "patient": [person.sex, person.age, person.birth_date.isoformat() if person.birth_date else None, person.pregnant],
        "facts": [report.patient_name, report.laboratory, report.format, report.name, report.patient_number],
        "notices": list(report.notices),
        "rows": rows,
        "unread": unread,
        "lines": [len(report.rows), len(report.unread)],
    }
    return facts, row_codes + unread_codes


def report_from(message: dict[str, Any], blob: bytes) -> Report:
    """The report that `plain` was given."""
    count, further = message["lines"]
    rows, at = _frame(message["rows"], blob, 0, count)
    unread, _ = _frame(message["unread"], blob, at, further)
    sex, age, birth_date, pregnant = message["patient"]
    born = date.fromisoformat(birth_date) if birth_date else None
    name, laboratory, kind, document, number = message["facts"]
    return Report(rows, unread, Patient(sex, age, born, pregnant), name, laboratory, kind, document, tuple(message["notices"]), number)


def _columns(frame: pd.DataFrame) -> tuple[list[tuple[str, str, Any]], bytes]:
    """(name, dtype, distinct values) of each column, and its codes or numbers as bytes."""
    columns: list[tuple[str, str, Any]] = []
    parts: list[bytes] = []
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "fib":
            columns.append((str(name), str(column.dtype), None))
            parts.append(column.to_numpy().tobytes())
            continue
        codes, found = pd.factorize(column.astype(object))
        distinct = [_plain(value) for value in found]
        if (codes < 0).any():  # None or NaN, which `factorize` does not tell apart
            codes[codes < 0] = [len(distinct) + (value is not None) for value in column[codes < 0]]
            distinct += [None, float("nan")]
        columns.append((str(name), str(column.dtype), distinct))
        parts.append(codes.astype("<i4").tobytes())
    return columns, b"".join(parts)


def _frame(columns: list[tuple[str, str, Any]], blob: bytes, at: int, count: int) -> tuple[pd.DataFrame, int]:
    cells: dict[str, Any] = {}
    for name, kind, distinct in columns:
        dtype = np.dtype("<i4") if distinct is not None else np.dtype(kind)
        numbers = np.frombuffer(blob, dtype, count, at)
        at += dtype.itemsize * count
        if distinct is None:
            cells[name] = pd.Series(numbers.copy(), dtype=dtype)
            continue
        values = np.empty(len(distinct), dtype=object)
        values[:] = [_real(value) for value in distinct]
        cells[name] = pd.Series(values.take(numbers) if count else [], dtype=kind)
    return pd.DataFrame(cells, index=range(count)), at


def _plain(value: Any) -> Any:
    """Texts, numbers, true and false as they are; a day as a list of its text."""
    if isinstance(value, date | datetime):
        return [value.isoformat()]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a cell of type {type(value).__name__}")


def _real(value: Any) -> Any:
    return value if not isinstance(value, list) else _day(value[0])


def _day(text: str) -> date:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
