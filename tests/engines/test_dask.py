"""The Dask recipe, as it is written, on a real cluster of two worker processes: the same answers as the single process."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from tests.engines.conftest import assert_equal, command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask: pip install 'labinterp[dask]'"),
]


def test_dask_gives_the_answers_of_the_single_process(source: Path, single: pa.Table, tmp_path: Path) -> None:
    words = command("dask_batch.py", source, tmp_path / "out", "--workers", 2)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(list((tmp_path / "out").glob("*.parquet"))) > 1
    assert_equal(tmp_path / "out", single)


def test_dask_does_not_write_over_an_older_answer(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = subprocess.run(command("dask_batch.py", source, tmp_path / "out"), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "exists" in done.stderr
