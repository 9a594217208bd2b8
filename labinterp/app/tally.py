"""What came out of a run over a large table, counted from the table that was written. Nothing is judged here."""

from __future__ import annotations

import gzip
import io
import random
import time
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from labinterp.batch import run
from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.reference import Reference

LARGEST_UNPACKED = 1 << 30
"""Bytes that a compressed upload may unpack to."""

POLL = 0.25  # seconds between two looks at how far a run is


@dataclass(frozen=True)
class Reason:
    """Why some lines were not judged: the status, how many, and one of them."""

    status: str
    lines: int
    example: str
    why: str


@dataclass
class Tally:
    """A run: its table as Parquet, and the counts of it."""

    name: str
    table: bytes = b""
    lines: int = 0
    judged: int = 0
    outside: int = 0
    critical: int = 0
    reasons: list[Reason] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)  # tests not known, the most frequent first
    units: list[tuple[str, int]] = field(default_factory=list)  # units not known, with their test
    unread: int = 0  # lines that may be results and were not read
    columns: dict[str, str] = field(default_factory=dict)  # ours -> theirs, where the visitor said so

    @property
    def not_judged(self) -> int:
        return self.lines - self.judged


def judge(name: str, data: bytes, columns: Mapping[str, str], ref: Reference, progress: Callable[[float], None]) -> Tally:
    """Judge an uploaded table. It lies in a folder of its own that only this user can open, and that is removed whatever happens.

    `progress` is told the share that is done, a few times a second. Raises `ReadError` where the table cannot be read.
    """
    with TemporaryDirectory(prefix="labinterp-") as folder, ThreadPoolExecutor(1) as pool:
        source, target = stored(Path(folder), name, data), Path(folder) / "out" / "results.parquet"
        target.parent.mkdir()
        read = [0.0]
        working = pool.submit(run, source, target, columns=columns or None, reference=ref, tell=lambda rows, share: read.append(share))
        while not working.done():
            time.sleep(POLL)
            progress(min(0.95, read[-1]))
        summary = working.result()
        tally = count(pq.read_table(target), summary.name_column)
        tally.name, tally.unread, tally.columns = name, len(summary.unread), dict(columns)
        tally.table = target.read_bytes()
        return tally


def stored(folder: Path, name: str, data: bytes) -> Path:
    """The upload as a file, unpacked where it is compressed."""
    plain = name.lower().removesuffix(".gz")
    path = folder / f"table{Path(plain).suffix}"
    if plain == name.lower():
        path.write_bytes(data)
        return path
    left = LARGEST_UNPACKED
    try:
        with gzip.open(io.BytesIO(data)) as packed, path.open("wb") as out:
            while block := packed.read(1 << 20):
                left -= out.write(block)
                if left < 0:
                    raise ReadError(remark("The file unpacks to more than the page takes. Use the command line for it."))
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(remark("The compressed file is damaged.")) from error
    return path


def count(table: pa.Table, name_column: str) -> Tally:
    """The counts of a judged table."""
    status, flag = table["status"].cast(pa.string()), table["flag"].cast(pa.string())
    ok = pc.equal(status, "ok")
    tally = Tally("", lines=table.num_rows, judged=_true(ok))
    tally.outside = _true(pc.and_(ok, pc.fill_null(table["abnormal"], False)))
    tally.critical = _true(pc.is_in(flag, value_set=pa.array(["LL", "HH"])))
    columns = {ours: theirs for ours, theirs in (("name", name_column), *_found(table)) if theirs in table.column_names}
    for kind, lines in frequent(status):
        if kind != "ok":
            first = table.slice(pc.index(status, kind).as_py(), 1)
            cells = (str(first[columns[one]][0].as_py() or "").strip() for one in ("name", "value", "unit") if one in columns)
            tally.reasons.append(Reason(kind, lines, " ".join(filter(None, cells)), str(first["reason"][0].as_py() or "")))
    if "name" in columns:
        tally.names = frequent(table.filter(pc.equal(status, "unknown_marker"))[columns["name"]])
    if "name" in columns and "unit" in columns:
        lost = table.filter(pc.equal(status, "unknown_unit"))
        told = pc.binary_join_element_wise(*(pc.fill_null(lost[columns[one]].cast(pa.string()), "") for one in ("name", "unit")), ": ")
        tally.units = frequent(told)
    return tally


def _found(table: pa.Table) -> list[tuple[str, str]]:
    from labinterp.batch.judging import columns_of

    names = columns_of([name.removesuffix("_given") if name.endswith("_given") else name for name in table.column_names])
    return [(ours, names.get(f"{ours}_text", "")) for ours in ("value", "unit")]


def _true(mask: Any) -> int:
    return int(pc.sum(mask).as_py() or 0)


def frequent(column: Any) -> list[tuple[str, int]]:
    """The texts of a column with their counts, the most frequent first."""
    pairs = ((str(pair["values"] or ""), int(pair["counts"])) for pair in pc.value_counts(column.cast(pa.string())).to_pylist())
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def csv_of(table: bytes, *, only_open: bool = False) -> bytes:
    """The table as CSV: all lines, or those that were not judged."""
    told = pq.read_table(pa.BufferReader(table))
    if only_open:
        told = told.filter(pc.not_equal(told["status"].cast(pa.string()), "ok"))
    out = io.BytesIO()
    pacsv.write_csv(told, out, write_options=pacsv.WriteOptions(quoting_style="needed"))
    return out.getvalue()


def made_up(lines: int = 20_000, seed: int = 7) -> bytes:
    """A table of invented results to try the page with; a few lines in a hundred cannot be judged."""
    dice = random.Random(seed)
    tests = (
        ("Potassium", "mmol/L", "3.5 - 5.1", 4.3, 0.5), ("Sodium", "mmol/L", "135 - 145", 140, 3), ("CK", "U/L", "30 - 200", 120, 60),
        ("Vitamin B12", "pg/mL", "200 - 900", 420, 150), ("HbA1c", "%", "", 5.7, 0.6), ("TSH", "mIU/L", "0.4 - 4.0", 2.1, 1.0),
        ("Hemoglobin", "g/dL", "", 13.8, 1.4), ("CRP", "mg/L", "< 5", 3.0, 2.0), ("Ferritin", "ug/L", "", 90, 50),
    )  # fmt: skip
    rows = ["Test,Value,Unit,Reference range"]
    for _ in range(lines):
        name, unit, span, middle, spread = dice.choice(tests)
        value = f"{max(0.4 * middle, dice.gauss(middle, spread)):.4g}"
        fault = dice.random()
        if fault < 0.01:
            unit = dice.choice(("furlong", "mmol/furlong"))
        elif fault < 0.02:
            name = dice.choice(("Fibroscan", "Fibroscan", "Zorblax factor"))
        elif fault < 0.025:
            value = dice.choice(("see comment", "haemolysed"))
        elif fault < 0.03 and name == "Potassium":
            value = dice.choice(("41", "2.3"))
        rows.append(f"{name},{value},{unit},{span}")
    return ("\n".join(rows) + "\n").encode()
