"""A table for the engines, in several Parquet files of unequal length, and what the single process makes of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import tables
from labinterp.batch import run

ROOT = Path(__file__).resolve().parents[2]
HEADS = {"name_text": "test", "value_text": "printed", "unit_text": "unit", "range_text": "reference", "collected_text": "taken"}
MAPPED = [word for ours, theirs in HEADS.items() for word in ("--map", f"{ours}={theirs}")]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invented results with headings of their own, a row id, missing texts, numbers, decimal commas, and a column that bears a name of ours."""
    table = pa.Table.from_batches(tables.batches(1600))
    table = table.rename_columns([HEADS.get(name, name) for name in table.schema.names])
    ids = list(range(len(table)))
    table = table.add_column(0, "row", pa.array(ids, pa.int64()))
    table = table.append_column("flag", pa.array(["mine" if i % 3 else None for i in ids]))
    table = table.append_column("weight", pa.array([i / 7 if i % 5 else None for i in ids], pa.float64()))
    table = table.append_column("visit", pa.array([i // 16 if i % 4 else None for i in ids], pa.int32()))
    # Whether the comma is a decimal mark and which number is the day only some rows show: a part of the table cannot tell.
    for name, printed in (("printed", comma), ("reference", comma), ("taken", day_first)):
        texts = [printed(text) or None for text in table[name].to_pylist()]
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(texts, pa.string()))
    folder = tmp_path_factory.mktemp("source")
    for number, (start, stop) in enumerate(((0, 40), (40, 900), (900, 1600))):
        pq.write_table(table.slice(start, stop - start), folder / f"part-{number}.parquet")
    return folder


def comma(text: str) -> str:
    return text.replace(".", ",")


def day_first(text: str) -> str:
    return "/".join(text.split("-")[::-1])


@pytest.fixture(scope="session")
def single(source: Path, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The table as one process of `labinterp batch` judges it."""
    folder = tmp_path_factory.mktemp("single")
    pq.write_table(pq.read_table(source), folder / "in.parquet")
    run(folder / "in.parquet", folder / "out.parquet", columns=HEADS)
    return pq.read_table(folder / "out.parquet")


def assert_equal(folder: Path, single: pa.Table) -> None:
    """Row for row and column for column, in whatever order the engine wrote its files."""
    table = pq.read_table(folder).sort_by("row")
    assert table.schema.names == single.schema.names
    assert table.num_rows == single.num_rows
    for name in single.schema.names:
        assert table[name].to_pylist() == single[name].to_pylist(), name  # a NaN equals nothing, so there is none
    for name in ("value", "severity", "abnormal", "weight", "visit"):
        assert table.schema.field(name).type == single.schema.field(name).type, name


def command(script: str, *words: object) -> list[str]:
    return [sys.executable, str(ROOT / "examples" / script), *map(str, words), *MAPPED]
