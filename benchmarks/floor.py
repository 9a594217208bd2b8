"""What a batch run costs beside the floor: only reading that CSV and writing that very table with pyarrow.

python benchmarks/floor.py [--rows 1000000] [--folder FOLDER]

Total CPU (user and system) and peak memory of whole processes. Nothing is asserted: machines differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PART = 200_000  # rows made at a time


def tests(chance: np.random.Generator) -> list[tuple[str, str, str, str, float, float, int]]:
    """A hundred tests of the catalogue: name, unit, range for men, for women (four of five print one), middle, spread, decimals."""
    from labinterp.reference import Reference
    from labinterp.reference.limits import parse_limits

    out = []
    for marker in Reference.default().markers.values():
        text = next((interval.limits[marker.unit] for interval in marker.intervals if marker.unit in interval.limits), None)
        if text is None or marker.unit is None or parse_limits(text).follows_age or "blood" not in marker.specimen:
            continue
        bounds = parse_limits(text)
        low = bounds.low if np.isfinite(bounds.low) and bounds.low > 0 else bounds.high / 4
        high = bounds.high if np.isfinite(bounds.high) else low * 3
        places = 0 if high >= 100 else 1 if high >= 10 else 2
        printed = chance.random() < 0.8
        men, women = (f"{low * part:.{places}f}-{high * part:.{places}f}" if printed else "" for part in (1, chance.choice([1, 1, 1, 0.9])))
        out.append((marker.name.partition(" (")[0].replace(",", ""), marker.unit, men, women, (low + high) / 2, (high - low) / 3.5, places))
    return [out[i] for i in sorted(chance.permutation(len(out))[:100])]


def write_table(path: Path, rows: int) -> None:
    """A long table of invented results of a realistic shape: the same rows on every machine."""
    chance = np.random.default_rng(20260223)
    kinds = tests(chance)
    heads = ("patient_id", "sex", "birth_date", "collected", "test", "result", "unit", "reference_range")
    number = len(kinds)
    persons = max(rows // 30, 1)
    births = np.datetime64("1930-01-01") + chance.integers(0, 33_000, persons)
    sexes = chance.integers(0, 2, persons)
    columns = [np.array([kind[i] for kind in kinds], dtype=object) for i in range(4)]
    middles, spreads = (np.array([kind[i] for kind in kinds]) for i in (4, 5))
    places = np.array([kind[6] for kind in kinds])
    with pacsv.CSVWriter(
        path, pa.schema([(head, pa.string()) for head in heads]), write_options=pacsv.WriteOptions(quoting_style="none")
    ) as out:
        for start in range(0, rows, PART):
            n = min(PART, rows - start)
            person = (np.arange(start, start + n) // 30) % persons
            kind = chance.integers(0, number, n)
            day = np.maximum(np.datetime64("2015-01-01") + chance.integers(0, 3650, persons)[person], births[person] + 1)
            values = np.abs(chance.normal(middles[kind], spreads[kind]))
            text = np.empty(n, dtype=object)
            for decimals in (0, 1, 2):
                here = np.flatnonzero(places[kind] == decimals)
                text[here] = [f"{value:.{decimals}f}" for value in values[here].tolist()]
            odd = chance.random(n)
            text[odd < 0.01] = [f"<{value}" for value in text[odd < 0.01]]
            text[(odd > 0.01) & (odd < 0.015)] = "haemolysed"
            male = sexes[person] == 1
            ranges = np.where(male, columns[2][kind], columns[3][kind])
            texts = [
                np.char.add("P", person.astype(str)).astype(object),
                np.where(male, "M", "F").astype(object),
                births[person].astype(str).astype(object),
                day.astype(str).astype(object),
                columns[0][kind],
                text,
                columns[1][kind],
                ranges,
            ]
            out.write(pa.table([pa.array(column, pa.string()) for column in texts], names=list(heads)))


def cpu(*command: str) -> tuple[float, float, float]:
    """User and system seconds, wall seconds and peak memory (MB) of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {status}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


def copy(source: Path, made: Path, target: Path) -> None:
    """The floor: read the CSV, write the table that was made of it. Its answers come from its first row group, over and over."""
    file = pq.ParquetFile(made)
    heads = next(pacsv.open_csv(source)).schema.names
    schema = file.schema_arrow
    names = [name for name in schema.names if name not in heads]
    strings = [name for name in names if schema.field(name).type == pa.string()]
    some = pq.ParquetFile(made, read_dictionary=strings).read_row_group(0, columns=names).combine_chunks().unify_dictionaries()
    group = some.num_rows
    reader = pacsv.open_csv(
        source,
        read_options=pacsv.ReadOptions(block_size=1 << 23),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(heads, pa.string()), strings_can_be_null=False),
    )
    writer, held, count = None, [], 0

    def flush() -> None:
        nonlocal writer, held, count
        table = pa.Table.from_batches(held)
        for name in names:
            table = table.append_column(name, some.column(name).slice(0, table.num_rows))
        writer = writer or pq.ParquetWriter(target, table.schema, compression="snappy", store_schema=False)
        writer.write_table(table, row_group_size=table.num_rows)
        held, count = [], 0

    for batch in reader:
        while batch.num_rows:
            part = batch.slice(0, group - count)
            held.append(part)
            count += part.num_rows
            batch = batch.slice(part.num_rows)
            if count == group:
                flush()
    if held:
        flush()
    if writer:
        writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--copy", nargs=3, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.copy:
        copy(*given.copy)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        source, made, target = folder / f"rows_{given.rows}.csv", folder / "out.parquet", folder / "floor.parquet"
        if not source.exists():
            write_table(source, given.rows)
        run = f"from pathlib import Path; from labinterp.batch import run; run(Path({str(source)!r}), Path({str(made)!r}))"
        ours = min(cpu(sys.executable, "-c", run) for _ in range(given.times))
        floor = min(cpu(sys.executable, __file__, "--copy", str(source), str(made), str(target)) for _ in range(given.times))
        sizes = {path.name: path.stat().st_size >> 20 for path in (source, made, target)}
        print(f"{given.rows:,} rows, {json.dumps(sizes)} MB")
        for name, (seconds, wall, memory) in (("labinterp", ours), ("floor", floor)):
            print(f"{name:10} {seconds:7.2f} s CPU, {wall:7.2f} s, {given.rows / wall:12,.0f} rows/s, {memory:6.0f} MB")
        print(f"ratio      {ours[0] / floor[0]:7.2f}")


if __name__ == "__main__":
    main()
