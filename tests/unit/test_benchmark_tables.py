"""The tables that the benchmarks run on: the same on every machine, and as varied as they claim to be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks import tables


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    tables.write(tmp_path / "a.csv", 2000)
    bytes_ = (tmp_path / "a.csv").read_bytes()
    assert hashlib.sha256(bytes_).hexdigest() == "adc1a00b1b937b4c6f99849ba371c436461b3ea4a5e204a47dd4d3a5c8dc68c1"
    tables.write(tmp_path / "b.csv", 2000, seed=2)
    assert (tmp_path / "b.csv").read_bytes() != bytes_


def test_a_longer_table_begins_with_the_shorter_one(tmp_path: Path) -> None:
    for rows in (100, 150):
        tables.write(tmp_path / f"{rows}.csv", rows)
    assert (tmp_path / "150.csv").read_bytes().startswith((tmp_path / "100.csv").read_bytes())


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        tables.write(tmp_path / f"a.{ending}", 3000)
    read = pacsv.ConvertOptions(column_types=tables.SCHEMA, strings_can_be_null=False)
    assert pacsv.read_csv(tmp_path / "a.csv", convert_options=read).equals(pq.read_table(tmp_path / "a.parquet"))


def test_the_table_is_as_varied_as_it_claims() -> None:
    table = pa.Table.from_batches(tables.batches(200_000))
    distinct = {name: pc.count_distinct(table[name]).as_py() for name in table.schema.names}
    assert distinct["name_text"] > 300 and distinct["value_text"] > 20_000 and 60 < distinct["unit_text"] < 100
    people = table.select(["patient_id", "sex", "birth_date"]).group_by("patient_id").aggregate([("sex", "count_distinct")])
    assert set(people["sex_count_distinct"].to_pylist()) == {1}  # one person is one person
    compared = pc.sum(pc.match_substring_regex(table["value_text"], "^[<>]")).as_py() / len(table)
    assert 0.01 < compared < 0.03
