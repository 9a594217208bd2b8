"""The batch beside other tools: a CSV of results in, Parquet with value, unit and flag out, each tool in a process of its own.

python benchmarks/batch.py [--rows 1000000 10000000] [--labs 24] [--only labinterp floor ...] [--folder FOLDER] [--write docs/scale.md]

Needs ``pip install 'labinterp[bench]'``. Measures CPU (user and system, of all threads), wall time and the peak of resident memory. Where
the machine is shared, only CPU and the ratios of one run mean anything. ``rivals.py`` holds what the others do, ``tables.py`` the rows.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

# This process imports nothing large: a child starts with the peak memory of its parent.
HERE = Path(__file__).resolve().parent
RIVALS = (sys.executable, str(HERE / "rivals.py"))
LABS = 24  # as in tables.py
SAMPLE = 20_000  # rows for what is too slow for more
LOCAL = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_SUBMIT_ARGS": "--conf spark.ui.enabled=false pyspark-shell"}
PACKAGES = ("pyarrow", "pandas", "polars", "duckdb", "pint")
TOOLS = {
    "floor": "pyarrow, reading and writing only",
    "labinterp": "labinterp batch",
    "duckdb": "duckdb",
    "polars": "polars",
    "pandas": "pandas",
    "pint": "pandas, factors by pint",
    "pint_rows": "pandas, pint row by row",
    "spark": "labinterp on Spark, from Parquet",
    "dask": "labinterp on Dask, from Parquet",
}
ENGINES = {"spark": "pyspark", "dask": "distributed"}
NOTE = (
    "The first line reads that CSV and writes a table of the shape that labinterp writes (the same codec, and bounds of the same columns), "
    "and does nothing else. duckdb, polars and pandas "
    "do the simple part only. They are given a table that labinterp made of every printed name and unit (but where pint finds the "
    "factors), and leave out: names and units that are not in it, comparators, words for results, values that cannot be "
    "true, ages, critical limits, limits in their own unit, reasons and sources. *Not as labinterp* counts flags that labinterp does not "
    "give (it refuses the row, or says another), over all rows."
)


class Cost(NamedTuple):
    """What a process and all that it started took: seconds of CPU, seconds by the clock, its own peak memory in MB (None: says nothing)."""

    cpu: float
    wall: float
    memory: float | None


def cost_of(*words: object) -> Cost:
    """Run a process to its end, and the ends of those it left behind (such as Spark's)."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **LOCAL})
    assert process.stderr is not None
    told = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"{' '.join(map(str, words))}\n{told}")
    with suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.perf_counter() - start, usage.ru_maxrss / 1024)


def adopt_orphans() -> None:
    """Have processes whose parent ended become children of this one, so that their CPU is counted (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def made(folder: Path, rows: int, labs: int, ending: str = "csv") -> Path:
    """The table of so many rows from so many laboratories; made once."""
    path = folder / f"rows-{rows}-{labs}.{ending}"
    if not path.exists():
        cost_of(sys.executable, HERE / "tables.py", path, "--rows", rows, "--labs", labs)
    return path


def measured(folder: Path, rows: int, labs: int, only: list[str]) -> dict[str, Cost]:
    """The cost of each tool. The floor comes after labinterp, whose output it writes again."""
    source, known = made(folder, rows, labs), folder / f"known-{rows}-{labs}"
    cost_of(*RIVALS, "export", source, known)
    costs = {}
    for tool in sorted(only, key=lambda tool: (tool != "labinterp", tool != "floor", list(TOOLS).index(tool))):
        print(f"{rows:,} rows: {TOOLS[tool]} ...", file=sys.stderr)
        target = folder / f"{tool}.parquet"
        if tool == "labinterp":
            costs[tool] = cost_of(sys.executable, "-m", "labinterp", "batch", source, target)
        elif tool == "floor":
            costs[tool] = cost_of(*RIVALS, tool, source, folder / "labinterp.parquet", target)
        elif tool in ENGINES:
            shutil.rmtree(target, ignore_errors=True)
            cost = cost_of(sys.executable, HERE.parent / "examples" / f"{tool}_batch.py", made(folder, rows, labs, "parquet"), target)
            costs[tool] = cost._replace(memory=None)
        elif tool == "pint_rows" and rows > SAMPLE:
            few, more = (cost_of(*RIVALS, tool, made(folder, part, labs), known, target) for part in (SAMPLE // 4, SAMPLE))
            costs[tool] = Cost(*(few[i] + (more[i] - few[i]) / (SAMPLE - SAMPLE // 4) * (rows - SAMPLE // 4) for i in (0, 1)), None)
        else:
            costs[tool] = cost_of(*RIVALS, tool, source, known, target)
    return costs


def compared(folder: Path, tools: list[str]) -> dict[str, dict[str, int]]:
    """How each output agrees with that of labinterp, tool by tool."""
    paths = [folder / f"{tool}.parquet" for tool in ("labinterp", *tools)]
    done = subprocess.run([*RIVALS, "compare", *map(str, paths)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def table(rows: int, costs: dict[str, Cost], agreed: dict[str, dict[str, int]]) -> str:
    """The figures as Markdown."""
    heads = ["", "CPU s", "CPU / floor", "wall s", "rows a CPU second", "peak MB", "rows flagged", "not as labinterp"]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * 7]
    for tool in (tool for tool in TOOLS if tool in costs):
        cpu, wall, memory = costs[tool]
        ratio = f"{cpu / costs['floor'].cpu:.1f}" if "floor" in costs else ""
        scaled = f" (scaled from {SAMPLE:,} rows)" if tool == "pint_rows" and rows > SAMPLE else ""
        here = agreed.get(tool)
        flagged = f"{100 * here['flags'] / here['rows']:.1f} %" if here else ""
        against = f"{100 * here['against'] / here['rows']:.2f} %" if here and tool != "labinterp" else ""
        if here and here["values_against"]:
            against += f", and {100 * here['values_against'] / here['rows']:.1f} % wrong values"
        peak = f"{memory:,.0f}" if memory is not None else ""
        cells = [TOOLS[tool] + scaled, f"{cpu:,.1f}", ratio, f"{wall:,.1f}", f"{rows / cpu:,.0f}", peak, flagged, against]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def billion(rows: int, cost: Cost, source: int, target: int) -> str:
    """What the measured figures come to for a billion rows: nothing but multiplication."""
    times = 1e9 / rows
    hours = cost.cpu * times / 3600
    said = (
        f"Measured, at {rows:,} rows: {rows / cost.cpu:,.0f} rows a second of one core, {source / rows:.0f} bytes a row of CSV in, "
        f"{target / rows:.0f} bytes a row of Parquet out. Multiplied, a billion rows are {source * times / 1e9:,.0f} GB of CSV and "
        f"{target * times / 1e9:,.0f} GB of Parquet, and take"
    )
    lines = [
        said,
        "",
        "| cores | hours, if all of them are kept busy |",
        "|---:|---:|",
        *(f"| {cores} | {hours / cores:,.2g} |" for cores in (1, 2, 8, 32, 128)),
    ]
    return "\n".join(lines)


def written(document: Path, place: str, text: str) -> None:
    """Put text between its two markers in a document."""
    begin, end = (f"<!-- {edge}: benchmarks/batch.py {place} -->" for edge in ("begin", "end"))
    old = document.read_text(encoding="utf-8")
    new, found = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n{end}", old, flags=re.S)
    if not found:
        raise SystemExit(f"{document} has no place for it: put {begin} and {end} where the text belongs")
    document.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--labs", type=int, default=LABS, help="laboratories of the table: with one, few texts repeat more often")
    parser.add_argument("--only", nargs="+", choices=list(TOOLS), metavar="TOOL", help=", ".join(TOOLS))
    parser.add_argument("--folder", type=Path, help="keep tables and outputs here instead of in a temporary folder")
    parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="put each table between its markers in this Markdown document")
    args = parser.parse_args()
    only = args.only or [tool for tool in TOOLS if tool not in ENGINES or find_spec(ENGINES[tool])]
    if "labinterp" not in only:
        parser.error("the others are measured beside labinterp: name it too")
    adopt_orphans()
    used = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for rows in args.rows:
            costs = measured(folder, rows, args.labs, only)
            agreed = compared(folder, [tool for tool in costs if tool not in ("labinterp", "floor", *ENGINES)])
            sizes = made(folder, rows, args.labs).stat().st_size, (folder / "labinterp.parquet").stat().st_size
            whose = "one laboratory" if args.labs == 1 else f"{args.labs} laboratories"
            about = (
                f"{rows:,} rows of {whose}, CSV of {sizes[0] / 1e6:,.0f} MB, Parquet of {sizes[1] / 1e6:,.0f} MB; "
                f"Python {platform.python_version()}, {used}; {os.cpu_count()} cores."
            )
            text = f"{about}\n\n{table(rows, costs, agreed)}\n\n{NOTE}"
            print(text)
            if args.write:
                written(args.write, f"--rows {rows}" + (f" --labs {args.labs}" if args.labs != LABS else ""), text)
    text = billion(rows, costs["labinterp"], *sizes)
    print(text)
    if args.write and args.labs == LABS:
        written(args.write, "billion", text)


if __name__ == "__main__":
    main()
