"""How long things take, each beside a yardstick measured in the same run. Nothing is asserted: machines differ.

python benchmarks/speed.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def python(code: str) -> float:
    """Seconds that a fresh interpreter needs for `code`."""
    return best(lambda: subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True))


def yardstick(source: Path, target: Path) -> None:
    """Only read the table and write it again, with pyarrow."""
    from pyarrow import csv

    csv.write_csv(csv.read_csv(source), target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows

    bare = python("pass")
    own = python("import labinterp")
    pandas = python("import pandas")
    print(f"import labinterp             {own - bare:7.3f} s   (bare Python {bare:.3f} s; import pandas alone {pandas - bare:.3f} s)")

    sample = ROOT / "samples" / "leg_weakness.pdf"
    imported = python("import labinterp; labinterp.read, labinterp.interpret")
    whole = python(f"import labinterp; labinterp.interpret(labinterp.read({str(sample)!r}))")
    print(
        f"three-page PDF, new process  {whole - imported:7.3f} s   (after {imported - bare:.3f} s of imports; knowledge loading included)"
    )

    import labinterp

    warm = best(lambda: labinterp.interpret(labinterp.read(sample)))
    reading = best(lambda: labinterp.read(sample))
    print(f"the same, warm               {warm:7.3f} s   (reading alone {reading:.3f} s)")

    import tables  # the file beside this one

    from labinterp.batch import run

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        tables.write(source, rows)
        plain = best(lambda: yardstick(source, Path(folder) / "plain.csv"))
        for ending in ("csv", "parquet"):
            target = Path(folder) / f"out.{ending}"
            took = best(lambda target=target: run(source, target), times=1)  # type: ignore[misc]
            ratio = f"{took / plain:.1f} x pyarrow read and write ({plain:.2f} s)"
            print(f"{rows:,} rows to {ending:<8}    {took:7.2f} s   {rows / took:,.0f} rows/s, {ratio}")


if __name__ == "__main__":
    main()
