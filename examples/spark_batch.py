"""Judge a Parquet table of any size on Apache Spark: Parquet in, Parquet out, one row out for each row in.

    spark-submit examples/spark_batch.py IN OUT [--map value_text=COLUMN ...] [--locale de]

Needs ``pip install 'labinterp[spark]'`` here and on every worker, and Java 17. IN and OUT are what Spark takes: a file, a folder,
``s3a://...``. Without ``spark-submit``, plain ``python`` runs it on all cores of this machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructField, StructType

from labinterp.batch import ANSWERS, VOTING, columns_of, document_facts, interpret_batch, output_schema


def judge(rows: DataFrame, columns: Mapping[str, str] | None = None, locale: str | None = None) -> DataFrame:
    """`rows` with the columns of `ANSWERS` behind its own."""
    names = columns_of(rows.columns, columns)
    facts = document_facts({ours: distinct(rows, theirs) for ours, theirs in names.items() if ours in VOTING}, locale)

    def judged(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield interpret_batch(batch, columns=names, **facts)

    return rows.mapInArrow(judged, schema_of(rows, names))


def distinct(rows: DataFrame, column: str) -> list[str | None]:
    """The distinct texts of one column: all that the driver ever holds of the table."""
    return [row[0] for row in rows.select(rows[f"`{column}`"].cast("string")).distinct().collect()]


def schema_of(rows: DataFrame, names: Mapping[str, str]) -> StructType:
    """What Spark has to know before the first row: its own types for its own columns, then ours."""
    heads = output_schema(to_arrow_schema(rows.schema), names).names
    kept = [StructField(head, field.dataType, field.nullable, field.metadata) for head, field in zip(heads, rows.schema.fields)]
    return StructType([*kept, *rows.sparkSession.createDataFrame(ANSWERS.empty_table()).schema.fields])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="IN")
    parser.add_argument("target", metavar="OUT", help="a folder that does not exist yet")
    parser.add_argument("--map", action="append", default=[], metavar="OURS=THEIRS", help="name a column, such as value_text=valuenum")
    parser.add_argument("--locale", help="the language of the numbers, where the table does not show it")
    args = parser.parse_args()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers use the Python that labinterp is installed in
    spark = (
        SparkSession.builder.appName("labinterp")
        .config("spark.sql.session.timeZone", "UTC")  # a stored day stays that day
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 1 << 16)
        .getOrCreate()
    )
    judge(spark.read.parquet(args.source), dict(pair.split("=", 1) for pair in args.map), args.locale).write.parquet(args.target)
    spark.stop()


if __name__ == "__main__":
    main()
