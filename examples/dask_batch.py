"""Judge a Parquet table of any size on Dask: Parquet in, Parquet out, one row out for each row in.

    python examples/dask_batch.py IN OUT [--scheduler tcp://HOST:8786] [--workers 2] [--map value_text=COLUMN ...] [--locale de]

Needs ``pip install 'labinterp[dask]'`` here and on every worker. IN and OUT are what Dask takes: a file, a folder, ``s3://...``.
Without a scheduler, worker processes on this machine do the work.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import dask
import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from dask.distributed import Client, LocalCluster
from fsspec.core import url_to_fs

from labinterp.batch import VOTING, columns_of, document_facts, interpret_batch, output_schema

ROWS = 1 << 16  # of one batch


def judge(rows: dd.DataFrame, schema: pa.Schema, columns: Mapping[str, str] | None = None, locale: str | None = None) -> dd.DataFrame:
    """`rows`, whose Arrow schema is `schema`, with the columns of `ANSWERS` behind its own."""
    names = columns_of(schema.names, columns)
    texts = {ours: rows[theirs].unique().compute() for ours, theirs in names.items() if ours in VOTING}
    facts = document_facts({ours: pa.array(found).cast(pa.string()).to_pylist() for ours, found in texts.items()}, locale)
    return rows.map_partitions(judged, schema, names, facts, meta=frame_of(output_schema(schema, names).empty_table()))


def judged(part: pd.DataFrame, schema: pa.Schema, names: dict[str, str], facts: dict[str, str]) -> pd.DataFrame:
    """One partition, a batch at a time."""
    table = pa.Table.from_pandas(part, schema=schema, preserve_index=False)
    batches = [interpret_batch(batch, columns=names, **facts) for batch in table.to_batches(max_chunksize=ROWS)]
    return frame_of(pa.Table.from_batches(batches, schema=output_schema(schema, names)))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as pandas holds it without loss: what is missing stays NULL and whole numbers stay whole."""
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="IN")
    parser.add_argument("target", metavar="OUT", help="a folder that does not exist yet")
    parser.add_argument("--scheduler", help="of a running cluster")
    parser.add_argument("--workers", type=int, default=2, help="processes on this machine, where there is no scheduler")
    parser.add_argument("--map", action="append", default=[], metavar="OURS=THEIRS", help="name a column, such as value_text=valuenum")
    parser.add_argument("--locale", help="the language of the numbers, where the table does not show it")
    args = parser.parse_args()
    files, path = url_to_fs(args.target)
    if files.exists(path):
        parser.error(f"{args.target} exists")
    cluster = args.scheduler or LocalCluster(
        n_workers=args.workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    )
    with dask.config.set({"dataframe.convert-string": False}), Client(cluster):
        rows = dd.read_parquet(args.source, dtype_backend="pyarrow", blocksize="32MiB")
        schema = pa.Schema.from_pandas(rows._meta, preserve_index=False).remove_metadata()
        columns = dict(pair.split("=", 1) for pair in args.map)
        judge(rows, schema, columns, args.locale).to_parquet(args.target, write_index=False, schema=output_schema(schema, columns))
    if not args.scheduler:
        cluster.close()


if __name__ == "__main__":
    main()
