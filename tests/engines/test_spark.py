"""The Spark recipe, as it is written, on a real local Spark: the same answers as the single process."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from tests.engines.conftest import assert_equal, command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="needs pyspark: pip install 'labinterp[spark]'"),
    pytest.mark.skipif(not (os.environ.get("JAVA_HOME") or shutil.which("java")), reason="needs Java 17"),
]


def test_spark_gives_the_answers_of_the_single_process(source: Path, single: pa.Table, tmp_path: Path) -> None:
    settings = ("spark.ui.enabled=false", "spark.sql.files.maxPartitionBytes=40000", "spark.sql.shuffle.partitions=2")
    submit = " ".join(["--master local[2]", *(f"--conf {setting}" for setting in settings), "pyspark-shell"])
    here = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_SUBMIT_ARGS": submit, "SPARK_LOCAL_DIRS": str(tmp_path / "local")}
    words = command("spark_batch.py", source, tmp_path / "out")
    done = subprocess.run(words, env=here, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    assert (tmp_path / "out" / "_SUCCESS").exists()
    assert len(list((tmp_path / "out").glob("*.parquet"))) > 1  # several tasks had a part each
    assert_equal(tmp_path / "out", single)
