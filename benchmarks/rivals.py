"""The simple part of the job in other tools, one run of a process each: read a CSV, convert, flag, write Parquet.

python benchmarks/rivals.py export IN.csv FOLDER | pandas|pint|pint_rows|polars|duckdb IN.csv FOLDER OUT.parquet
python benchmarks/rivals.py floor IN.csv MADE.parquet OUT.parquet | compare MADE.parquet OUT.parquet...

All use two tables that `export` makes with labinterp: printed name and unit -> test, factor and canonical unit, for the names and units
that the CSV holds; test and sex -> limits. What they do with them: a plain number, a range of two plain numbers (or ``< x``), else the
built-in limits; the row order is kept. pint works the factors out by itself instead, as its users would.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

NUMBER = r"^-?\d+(\.\d+)?$"
BETWEEN = r"^\[?(-?\d+(?:\.\d+)?)\s*[-;]\s*(-?\d+(?:\.\d+)?)\]?$"
BELOW = r"^<\s*(\d+(?:\.\d+)?)$"
LESS = 1 - 1e-12  # "< 5" does not hold 5
ADDED = ("marker", "value", "unit", "flag", "basis")


# ---- what they are given -------------------------------------------------------------------------------------------------


def export(source: Path, folder: Path) -> None:
    """Names, units and limits of labinterp as two plain tables."""
    import pandas as pd

    import labinterp
    from labinterp.reference import Reference

    ref = Reference.default()
    read = pd.read_csv(source, dtype=str, keep_default_na=False, usecols=["name_text", "unit_text"], engine="pyarrow")
    pairs = read.drop_duplicates().assign(value_text="1")
    found = labinterp.interpret(pairs).results
    tests = []
    for name, printed, marker, ucum in found[["name_text", "unit_text", "marker", "ucum"]].itertuples(index=False):
        factor = ref.factor(marker, ucum) if marker and ucum else None
        if factor is not None:
            unit = ref.markers[marker].unit
            tests.append((name, printed, marker, ucum, factor.factor, factor.intercept, unit))
    limits = [
        (marker.id, sex, *ends) for marker in ref.markers.values() for sex in ("female", "male", "") if (ends := usual(ref, marker, sex))
    ]
    folder.mkdir(parents=True, exist_ok=True)
    heads = ["name_text", "unit_text", "marker", "ucum", "factor", "intercept", "unit"]
    pd.DataFrame(tests, columns=heads).to_parquet(folder / "tests.parquet", index=False)
    pd.DataFrame(limits, columns=["marker", "sex", "low", "high"]).to_parquet(folder / "limits.parquet", index=False)


def usual(ref: Any, marker: Any, sex: str) -> tuple[float, float] | None:
    """The first adult limits of a test for one sex, in its canonical unit: the normal bands of a guideline, else the interval."""
    from labinterp.limits import closed_high, closed_low
    from labinterp.reference.limits import parse_limits

    given = [
        [band.limits for band in scheme.bands if band.side == "normal"] for scheme in ref.decision(marker.id) if scheme.sex in (None, sex)
    ]
    given += [
        [one.limits] for one in sorted(marker.intervals, key=lambda one: not one.default) if one.sex in (None, sex) and not one.pregnant
    ]
    for bands in filter(None, given):
        unit = next(
            (ucum for ucum in (marker.unit, *bands[0]) if all(ucum in band for band in bands) and ref.factor(marker.id, ucum)), None
        )
        if unit is None:
            continue
        bounds = [parse_limits(band[unit]) for band in bands]
        if any(bound.follows_age for bound in bounds):
            continue
        factor = ref.factor(marker.id, unit)
        low = min(closed_low(bound.low, bound.low_inclusive) for bound in bounds)
        high = max(closed_high(bound.high, bound.high_inclusive) for bound in bounds)
        return low * factor.factor + factor.intercept, high * factor.factor + factor.intercept
    return None


# ---- pandas --------------------------------------------------------------------------------------------------------------


def pandas(source: Path, folder: Path, target: Path, pint: str = "") -> None:
    """Vectorised: three joins, two regular expressions, arrays."""
    import numpy as np
    import pandas as pd

    rows = pd.read_csv(source, dtype=str, keep_default_na=False, engine="pyarrow")
    tests, limits = (pd.read_parquet(folder / f"{name}.parquet") for name in ("tests", "limits"))
    number = pd.to_numeric(rows["value_text"].where(rows["value_text"].str.match(NUMBER)), errors="coerce")
    if pint == "pairs":
        tests["factor"], tests["intercept"] = pint_values([1.0] * len(tests), tests["unit_text"], tests["unit"]), 0.0
    found = rows[["name_text", "unit_text"]].merge(tests, how="left", on=["name_text", "unit_text"])
    if pint == "rows":
        rows["value"] = pint_values(number, rows["unit_text"], found["unit"])
    else:
        rows["value"] = number * found["factor"] + found["intercept"]
    rows["marker"], rows["unit"] = found["marker"], found["unit"]
    ends = rows["range_text"].str.extract(BETWEEN)
    low = pd.to_numeric(ends[0])
    high = pd.to_numeric(ends[1]).fillna(pd.to_numeric(rows["range_text"].str.extract(BELOW)[0]) * LESS)
    printed = number.notna() & high.notna()
    built_in = rows[["marker", "sex"]].merge(limits, how="left", on=["marker", "sex"])
    value = np.where(printed, number, rows["value"])
    lower = np.where(printed, low, built_in["low"])
    upper = np.where(printed, high, built_in["high"])
    known = rows["marker"].notna() & ~np.isnan(value) & (printed | ~np.isnan(upper))
    rows["flag"] = pd.Series(np.select([value < lower, value > upper], ["L", "H"], "N"), dtype="str").where(known)
    rows["basis"] = pd.Series(np.where(printed, "printed", "built-in"), dtype="str").where(known)
    rows.to_parquet(target, index=False)


def pint_values(numbers: Any, units: Any, targets: Any) -> list[float]:
    """What pint makes of each number, its unit as printed, in the target unit."""
    import pint

    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)

    def one(number: float, unit: str, target: Any) -> float:
        if not isinstance(target, str) or number != number:
            return math.nan
        try:
            return float(registry.Quantity(number, unit).to(target).magnitude)
        except Exception:  # an unknown unit, another dimension, a malformed text: pint has a dozen kinds of errors for these
            return math.nan

    return [one(*row) for row in zip(numbers, units, targets)]


# ---- polars --------------------------------------------------------------------------------------------------------------


def polars(source: Path, folder: Path, target: Path) -> None:
    """One lazy query, streamed into the file."""
    import polars as pl

    tests, limits = (pl.scan_parquet(folder / f"{name}.parquet") for name in ("tests", "limits"))
    rows = pl.scan_csv(source, infer_schema=False, empty_string_is_null=False)
    given = rows.collect_schema().names()
    text, printed = pl.col("value_text"), pl.col("range_text")
    number = pl.when(text.str.contains(NUMBER)).then(text).cast(pl.Float64)
    by_range = pl.col("number").is_not_null() & pl.col("range_high").is_not_null()
    value, low, high = (
        pl.when(by_range).then(pl.col(first)).otherwise(pl.col(second))
        for first, second in (("number", "value"), ("range_low", "low"), ("range_high", "high"))
    )
    known = pl.col("marker").is_not_null() & value.is_not_null() & high.is_not_null()
    (
        rows.with_columns(
            number=number,
            range_low=printed.str.extract(BETWEEN, 1).cast(pl.Float64),
            range_high=printed.str.extract(BETWEEN, 2).cast(pl.Float64).fill_null(printed.str.extract(BELOW, 1).cast(pl.Float64) * LESS),
        )
        .join(tests, on=["name_text", "unit_text"], how="left", maintain_order="left")
        .join(limits, on=["marker", "sex"], how="left", maintain_order="left")
        .with_columns(value=pl.col("number") * pl.col("factor") + pl.col("intercept"))
        .with_columns(
            flag=pl.when(known).then(pl.when(value < low).then(pl.lit("L")).when(value > high).then(pl.lit("H")).otherwise(pl.lit("N"))),
            basis=pl.when(known).then(pl.when(by_range).then(pl.lit("printed")).otherwise(pl.lit("built-in"))),
        )
        .select(*given, *ADDED)
        .sink_parquet(target, compression="snappy")
    )


# ---- duckdb --------------------------------------------------------------------------------------------------------------


def duckdb(source: Path, folder: Path, target: Path) -> None:
    """One SQL statement."""
    import duckdb

    with duckdb.connect() as base:
        base.execute(f"""
            copy (
              with read as (
                select *, row_number() over () as place,
                  case when regexp_matches(value_text, '{NUMBER}') then value_text::double end as number,
                  try_cast(regexp_extract(range_text, '{BETWEEN}', 1) as double) as range_low,
                  coalesce(try_cast(regexp_extract(range_text, '{BETWEEN}', 2) as double),
                           try_cast(regexp_extract(range_text, '{BELOW}', 1) as double) * {LESS!r}) as range_high
                from read_csv('{source}', all_varchar = true, nullstr = 'NULL', header = true, quote = '"', delim = ',')),
              joined as (
                select read.*, t.marker, number * factor + intercept as value, t.unit, low, high,
                  number is not null and range_high is not null as by_range
                from read
                left join '{folder}/tests.parquet' t on t.name_text = read.name_text and t.unit_text = read.unit_text
                left join '{folder}/limits.parquet' l on l.marker = t.marker and l.sex = read.sex),
              chosen as (
                select *, case when by_range then number else value end as v, case when by_range then range_low else low end as lo,
                  case when by_range then range_high else high end as hi, marker is not null and v is not null and hi is not null as known
                from joined)
              select patient_id, sex, birth_date, collected_text, name_text, value_text, unit_text, range_text, marker, value, unit,
                case when known then case when v < lo then 'L' when v > hi then 'H' else 'N' end end as flag,
                case when known then case when by_range then 'printed' else 'built-in' end end as basis
              from chosen order by place
            ) to '{target}' (format parquet, compression snappy)""")


# ---- the floor, and the comparison ---------------------------------------------------------------------------------------


def floor(source: Path, made: Path, target: Path) -> None:
    """Only read that CSV and write a table of the very shape of `made`: its answers are those of its first rows, over and over."""
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    file = pq.ParquetFile(made)
    heads = pacsv.open_csv(source).schema.names
    added = [field for field in file.schema_arrow if field.name not in heads]
    texts = [field.name for field in added if field.type == pa.string()]
    group = max(file.metadata.row_group(0).num_rows, min(1 << 17, file.metadata.num_rows))
    first = pq.ParquetFile(made, read_dictionary=texts)
    answers = next(first.iter_batches(group, columns=[field.name for field in added]))
    reader = pacsv.open_csv(
        source,
        read_options=pacsv.ReadOptions(block_size=4 << 20),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(heads, pa.string()), strings_can_be_null=False),
    )
    group_0 = [file.metadata.row_group(0).column(number) for number in range(file.metadata.num_columns)]
    bounds = [one.path_in_schema for one in group_0 if one.is_stats_set]
    schema = pa.schema([*reader.schema, *answers.schema])
    with pq.ParquetWriter(target, schema, compression=group_0[0].compression, write_statistics=bounds, store_schema=False) as out:
        held: list[Any] = []
        for batch in reader:
            held.append(batch)
            if sum(map(len, held)) >= len(answers):
                held = _write(out, held, answers)
        while held:
            held = _write(out, held, answers)


def _write(out: Any, held: list[Any], answers: Any) -> list[Any]:
    """Write one row group; returns what is left over."""
    import pyarrow as pa

    table = pa.Table.from_batches(held)
    part = table.slice(0, len(answers))
    for name in answers.schema.names:
        part = part.append_column(name, answers.column(name).slice(0, len(part)))
    out.write_table(part, row_group_size=len(part))
    return [batch for batch in table.slice(len(answers)).to_batches() if len(batch)]


def compare(made: Path, *others: Path) -> None:
    """For each output, as JSON: rows, flags given, flags that labinterp does not give (it refuses, or says another), values it has not."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def read(path: Path) -> tuple[Any, Any]:
        table = pq.read_table(path, columns=["flag", "value"])
        return pc.replace_substring_regex(table["flag"].cast("string"), "^(L|H)[LH]$", r"\1"), table["value"]

    def count(true: Any) -> int:
        return pc.sum(pc.fill_null(true, False)).as_py() or 0

    flags, values = read(made)
    told = {}
    for path in (made, *others):
        given, converted = read(path)
        mine, value = flags.slice(0, len(given)), values.slice(0, len(given))
        apart = pc.greater(pc.abs(pc.subtract(converted, value)), pc.multiply(pc.abs(value), 1e-3))
        told[path.stem] = {
            "rows": len(given),
            "flags": pc.count(given).as_py(),
            "against": pc.count(given).as_py() - count(pc.equal(given, mine)),
            "values_against": count(apart),
        }
    print(json.dumps(told))


def main() -> None:
    what, *paths = sys.argv[1], *map(Path, sys.argv[2:])
    jobs: dict[str, Any] = {
        "export": export,
        "pandas": pandas,
        "pint": lambda *given: pandas(*given, pint="pairs"),
        "pint_rows": lambda *given: pandas(*given, pint="rows"),
        "polars": polars,
        "duckdb": duckdb,
        "floor": floor,
        "compare": compare,
    }
    jobs[what](*paths)


if __name__ == "__main__":
    main()
