"""Invented tables of laboratory results, as a large hospital group would export them: the same bytes on every machine for one seed.

python benchmarks/tables.py OUT.csv|OUT.parquet [--rows 1000000] [--labs 24] [--seed 1]

Some 120 tests under their names in six languages, each laboratory with units and a way to print ranges of its own (or none); values
around the healthy ones with a tail of ill people; and a few rows in a hundred that no program should take at their word: comparators,
words instead of numbers, unknown names and units, no unit, a lost decimal point. ``tests.csv`` holds the tests with healthy figures,
which shape the values and are no medical statement.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED = 1
CHUNK = 1 << 17  # rows made at a time
RESULTS, VISITS, LABS = 16, 4, 24  # results a visit, visits a person, laboratories; one is the table of a single hospital
LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
STEPS = 499  # different values of one test in one unit and one way of printing: healthy, and as many of ill people
WORDS = ("haemolysed", "see note", "n/a", "QNS", "---", "4..5", "1O.5", "pending", "#VALUE!", "Probe fehlt", "non dosé", "??")
NAMES = ("Zorblax", "Internal QC 7", "Comment", "Panel 3000", "Befundtext", "Unk. analyte", "X-Factor", "Barcode")
UNITS = ("foo/L", "bananas", "mg/fl oz", "u.", "mmol", "x", "K/dl/h", "ppmv")
RANGES = ("{low} - {high}", "{low}-{high}", "[{low}; {high}]", "")
COLUMNS = ("patient_id", "sex", "birth_date", "collected_text", "name_text", "value_text", "unit_text", "range_text")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])


class Dice:
    """Numbers that look random and are pure integer arithmetic (splitmix64), so that no library version changes them."""

    def __init__(self, seed: int) -> None:
        self.seed = np.uint64(seed)

    def __call__(self, what: int, of: np.ndarray, sides: int) -> np.ndarray:
        """For each number of `of` one of `sides` faces; `what` names the question that is asked of it."""
        with np.errstate(over="ignore"):
            x = (of.astype(np.uint64) * np.uint64(64) + np.uint64(what)) ^ (self.seed * np.uint64(0x9E3779B97F4A7C15))
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
            x ^= x >> np.uint64(31)
        return (x % np.uint64(sides)).astype(np.int64)


class Texts:
    """Every text that may be printed, once, and where the texts of a test in a unit begin."""

    def __init__(self) -> None:
        with (Path(__file__).with_name("tests.csv")).open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        tests = list(dict.fromkeys(row["test"] for row in self.rows))
        units = [[number for number, row in enumerate(self.rows) if row["test"] == test] for test in tests]
        self.drawn = np.array([t for t, test in enumerate(tests) for _ in range(int(self.rows[units[t][0]]["share"]))])
        self.printed = np.array([[own[lab // len(LANGUAGES) % len(own)] for lab in range(LABS)] for own in units])
        steps = [NormalDist().inv_cdf((step + 0.5) / STEPS) for step in range(STEPS)]
        self.values = pa.array([*(text for row in self.rows for text in self._values(row, steps)), *WORDS, ""])
        self.per_row = (len(self.values) - len(WORDS) - 1) // len(self.rows)
        self.names = pa.array([*(row[language] for row in self.rows for language in LANGUAGES), *NAMES])
        self.units = pa.array([*(row["unit"] for row in self.rows), *UNITS, ""])
        self.ranges = pa.array([self._range(row, form) for row in self.rows for form in RANGES])

    @staticmethod
    def _values(row: dict[str, str], steps: list[float]) -> Iterator[str]:
        """Two ways of printing, healthy and ill; then the two comparators of each way; then a lost decimal point."""
        middle, spread, digits = float(row["middle"]), float(row["spread"]), int(row["digits"])
        for places in (digits, digits + 1):
            for stretch in (1, 4):
                yield from (f"{max(middle + stretch * step * spread, middle / 20):.{places}f}" for step in steps)
        for places in (digits, digits + 1):
            yield f"<{middle / 10:.{places}f}"
            yield f">{middle + 12 * spread:.{places}f}"
        yield f"{middle:.{digits + 1}f}".replace(".", "")

    @staticmethod
    def _range(row: dict[str, str], form: str) -> str:
        if form and not row["low"]:
            form = "< {high}"
        return form.format(low=row["low"], high=row["high"])


def batches(rows: int, seed: int = SEED, labs: int = LABS) -> Iterator[pa.RecordBatch]:
    """A table of `rows` results, some at a time. The first rows of a longer table are those of a shorter one."""
    texts, dice = Texts(), Dice(seed)
    for start in range(0, rows, CHUNK):
        yield _batch(np.arange(start, min(start + CHUNK, rows)), texts, dice, labs)


def _batch(row: np.ndarray, texts: Texts, dice: Dice, labs: int) -> pa.RecordBatch:
    visit = row // RESULTS
    person = visit // VISITS
    lab = dice(1, person, labs)
    test = texts.drawn[(dice(2, visit, len(texts.drawn)) + row % RESULTS * 37) % len(texts.drawn)]
    own = texts.printed[test, lab]  # the line of tests.csv: a test in the unit of the laboratory
    fine = (lab % 5 == 0).astype(np.int64)  # a laboratory that prints one digit more
    ill = (dice(3, row, 100) < 6).astype(np.int64)
    odd = dice(4, row, 1000)  # what is wrong with the row: nothing for 935 of 1000
    first = own * texts.per_row
    value = first + fine * 2 * STEPS + ill * STEPS + dice(5, row, STEPS)
    value = np.where(odd < 20, first + 4 * STEPS + fine * 2 + dice(6, row, 2), value)
    value = np.where((odd >= 20) & (odd < 25), first + 4 * STEPS + 4, value)
    value = np.where((odd >= 25) & (odd < 35), len(texts.rows) * texts.per_row + dice(7, row, len(WORDS)), value)
    value = np.where((odd >= 35) & (odd < 45), len(texts.values) - 1, value)
    name = own * len(LANGUAGES) + lab % len(LANGUAGES)
    name = np.where((odd >= 45) & (odd < 50), len(texts.rows) * len(LANGUAGES) + dice(8, row, len(NAMES)), name)
    unit = np.where((odd >= 50) & (odd < 55), len(texts.rows) + dice(9, row, len(UNITS)), own)
    unit = np.where((odd >= 55) & (odd < 65), len(texts.units) - 1, unit)
    day = np.datetime64("2019-01-01") + dice(10, visit, 2000)
    born = np.datetime64("1931-01-01") + dice(11, person, 27_000)
    columns: list[Any] = [
        pa.array(person + 1).cast(pa.string()),
        pa.array(["female", "male", ""]).take(pa.array(np.minimum(dice(12, person, 33) // 16, 2))),
        pa.array(born).cast(pa.date32()).cast(pa.string()),
        pa.array(day).cast(pa.date32()).cast(pa.string()),
        texts.names.take(pa.array(name)),
        texts.values.take(pa.array(value)),
        texts.units.take(pa.array(unit)),
        texts.ranges.take(pa.array(own * len(RANGES) + lab % len(RANGES))),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def write(path: Path, rows: int, seed: int = SEED, labs: int = LABS) -> None:
    """The table as CSV or Parquet, by the ending of `path`."""
    if path.suffix == ".parquet":
        with pq.ParquetWriter(path, SCHEMA) as out:
            for batch in batches(rows, seed, labs):
                out.write_batch(batch)
        return
    with path.open("wb") as file:
        file.write(",".join(COLUMNS).encode() + b"\n")
        for batch in batches(rows, seed, labs):
            lines = pc.binary_join_element_wise(*map(quoted, batch.columns), ",")
            file.write("\n".join([*lines.to_pylist(), ""]).encode())


def quoted(texts: pa.Array) -> pa.Array:
    """Texts as a cell of a CSV file: in quotation marks only where a comma or a mark is in them."""
    marked = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(texts, '[",]'), marked, texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--labs", type=int, default=LABS, choices=range(1, LABS + 1), metavar="LABS")
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    write(args.out, args.rows, args.seed, args.labs)


if __name__ == "__main__":
    main()
