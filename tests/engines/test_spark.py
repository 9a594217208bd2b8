"""The Spark recipe, as it is written, on a real local Spark: the same answers as the single process."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import tables
from tests.engines.conftest import assert_equal, command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="needs pyspark: pip install 'labinterp[spark]'"),
    pytest.mark.skipif(not (os.environ.get("JAVA_HOME") or shutil.which("java")), reason="needs Java 17"),
]


ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "scale.md").read_text(encoding="utf-8"), re.S | re.M)
PERSONS = """
import sys
from pyspark.sql import SparkSession
rows = SparkSession.builder.getOrCreate().read.parquet(sys.argv[1])
{}
persons.write.parquet(sys.argv[2])
"""


def local_spark(folder: Path, *settings: str) -> dict[str, str]:
    """An environment in which Spark runs on two cores of this machine and talks to nobody else."""
    submit = " ".join(["--master local[2]", *(f"--conf {one}" for one in ("spark.ui.enabled=false", *settings)), "pyspark-shell"])
    return {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": submit,
    }


def test_spark_gives_the_answers_of_the_single_process(source: Path, single: pa.Table, tmp_path: Path) -> None:
    here = local_spark(tmp_path, "spark.sql.files.maxPartitionBytes=40000", "spark.sql.shuffle.partitions=2")
    words = command("spark_batch.py", source, tmp_path / "out")
    done = subprocess.run(words, env=here, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    assert (tmp_path / "out" / "_SUCCESS").exists()
    assert len(list((tmp_path / "out").glob("*.parquet"))) > 1  # several tasks had a part each
    assert_equal(tmp_path / "out", single)


def test_causes_person_by_person_as_the_document_shows_it(tmp_path: Path) -> None:
    function, grouped = BLOCKS
    table = pa.Table.from_batches(tables.batches(160))
    pq.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "persons.py").write_text(function + PERSONS.format(grouped), encoding="utf-8")
    words = [sys.executable, "persons.py", "rows.parquet", "out"]
    here = local_spark(tmp_path, "spark.sql.shuffle.partitions=2")
    done = subprocess.run(words, env=here, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    names: dict[str, Any] = {}
    exec(function, names)
    alone = pd.concat([names["person"](rows) for _, rows in table.to_pandas().groupby("patient_id")])
    assert pq.read_table(tmp_path / "out").sort_by("patient_id").to_pylist() == alone.to_dict("records")
    assert len(alone) == 3 and alone["possible"].any()
