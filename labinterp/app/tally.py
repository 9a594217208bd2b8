"""What came out of a run over a large table, counted from the table that was written. Nothing is judged here."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labinterp.app.folder import private_folder
from labinterp.batch import Summary, columns_of, run
from labinterp.batch.output import Sink
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
    """A run: its table as Parquet, what the batch counted, and the columns that the visitor named (ours -> theirs)."""

    name: str
    table: bytes
    summary: Summary
    columns: dict[str, str]

    @property
    def lines(self) -> int:
        return self.summary.rows

    @property
    def judged(self) -> int:
        return self.summary.status["ok"]

    @property
    def not_judged(self) -> int:
        return self.lines - self.judged

    @property
    def critical(self) -> int:
        return self.summary.flags["LL"] + self.summary.flags["HH"]

    @property
    def unread(self) -> int:
        """Lines that may be results and were not read."""
        return sum(1 for fault in self.summary.failures if fault.text)

    @cached_property
    def outside(self) -> int:
        """Judged lines outside a range or limit."""
        told = pq.read_table(pa.BufferReader(self.table), columns=["status", "abnormal"])
        return int(told.filter((pc.field("status") == "ok") & pc.field("abnormal")).num_rows)

    @cached_property
    def reasons(self) -> list[Reason]:
        """Why lines were not judged, the most frequent first."""
        told = pq.read_table(pa.BufferReader(self.table))
        names = columns_of(told.column_names, self.columns)
        shown = [names[ours] for ours in ("name_text", "value_text", "unit_text") if ours in names]
        status, found = told["status"].cast(pa.string()), []
        for kind, lines in self.summary.status.most_common():
            if kind != "ok":
                first = told.slice(pc.index(status, kind).as_py(), 1).to_pylist()[0]
                example = " ".join(str(first[column]).strip() for column in shown if first[column] is not None)
                found.append(Reason(kind, lines, example, str(first["reason"] or "")))
        return found

    @property
    def names(self) -> list[tuple[str, int]]:
        """Tests that are not known, the most frequent first."""
        return [(name, many) for (name, *_), many in self.summary.unknown_names.most_common()]

    def units(self, ref: Reference) -> list[tuple[str, int]]:
        """Units that are not known for their test, the most frequent first."""
        counted = self.summary.unknown_units.most_common()
        return [(f"{ref.markers[marker].name if marker in ref.markers else marker}: {unit}", many) for (unit, marker), many in counted]


def judge(name: str, data: bytes, columns: Mapping[str, str], ref: Reference, progress: Callable[[float], None]) -> Tally:
    """Judge an uploaded table. It lies in a folder of its own that only this user can open, and that is removed whatever happens.

    `progress` is told the share that is done, a few times a second. Raises `ReadError` where the table cannot be read.
    """
    with private_folder() as folder, ThreadPoolExecutor(1) as pool:
        source, target = stored(folder, name, data), folder / "results.parquet"
        done = [0.0]

        def tell(rows: int, share: float) -> None:
            done[0] = share

        working = pool.submit(run, source, target, columns=columns or None, reference=ref, tell=tell)
        while not wait([working], POLL).done:
            progress(done[0])
        try:
            summary = working.result()
        except ReadError as error:
            raise ReadError(str(error).replace(str(source), name)) from None  # no path of this computer
        return Tally(name, target.read_bytes(), summary, dict(columns))


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


def csv_of(table: bytes, *, only_open: bool = False) -> bytes:
    """The table as CSV, written as the batch writes it: all lines, or those that were not judged."""
    told = pq.read_table(pa.BufferReader(table))
    if only_open:
        told = told.filter(pc.field("status") != "ok")
    with private_folder() as folder:
        sink = Sink(folder / "table.csv", ".csv", told.schema)
        for batch in told.to_batches():
            sink.write(batch)
        sink.close()
        return sink.path.read_bytes()


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
