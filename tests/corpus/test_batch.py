"""The rows of public data sets, row by row, report by report and as one batch: every column of the answers is the same."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import labinterp
from labinterp.batch import ANSWERS, Judge, columns_of, interpret_batch
from labinterp.interpretation import interpret_rows
from labinterp.model import TEXT_COLUMNS
from labinterp.reference import Reference

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FOLDERS = ("data/hl7v2", "data/fhir_r4_examples", "data/us_core", "data/synthea_fhir")
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no public data beside the checkout")
COLUMNS = (*TEXT_COLUMNS, "decimal", "date_order")


def reports() -> list[pd.DataFrame]:
    files = [path for folder in FOLDERS for path in sorted((SHARED / folder).rglob("*")) if path.suffix in (".hl7", ".json")]
    return [rows for path in files if len(rows := labinterp.read(path).rows)]


def answers_of(results: pd.DataFrame) -> pd.DataFrame:
    columns = {name: results[name].astype(object).where(results[name].notna(), None) for name in ANSWERS.names}
    return pd.DataFrame(
        {name: column.map(lambda value: None if value == "" or value != value else value) for name, column in columns.items()}
    )


def test_the_corpus_row_by_row_by_report_and_as_one_batch() -> None:
    tables = reports()
    assert len(tables) > 100
    by_report = pd.concat([answers_of(interpret_rows(rows, Reference.default())) for rows in tables], ignore_index=True)
    whole = pa.RecordBatch.from_pandas(
        pd.concat([rows[list(COLUMNS)] for rows in tables], ignore_index=True).astype("str"), preserve_index=False
    )
    expected = {name: by_report[name].astype(object).where(by_report[name].notna(), None).tolist() for name in ANSWERS.names}
    got = interpret_batch(whole)
    for name in ANSWERS.names:
        assert got.column(name).to_pylist() == expected[name], name
    judge = Judge(columns_of(whole.schema.names), kept=50)
    cut = pa.concat_tables(
        [judge.judge(whole.slice(start, 37)).select(ANSWERS.names).cast(ANSWERS) for start in range(0, whole.num_rows, 37)]
    )
    for name in ANSWERS.names:
        assert cut.column(name).to_pylist() == expected[name], name
    for row in random.Random(1).sample(range(whole.num_rows), 150):
        alone = Judge(columns_of(whole.schema.names)).judge(whole.slice(row, 1)).select(ANSWERS.names).to_pylist()[0]
        assert alone == {name: expected[name][row] for name in ANSWERS.names}, row
