"""How long things take, each beside a yardstick measured in the same run. Nothing is asserted: machines differ.

python benchmarks/speed.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

TESTS = (
    ("Potassium", "mmol/L", "3.5 - 5.1", 4.2, 0.6, 1),
    ("HbA1c", "%", "4.0 - 5.6", 5.7, 0.9, 1),
    ("Vitamin B12", "pg/mL", "200 - 900", 380, 150, 0),
    ("Creatine kinase (CK)", "U/L", "26 - 192", 140, 90, 0),
    ("C-reactive protein (CRP)", "mg/L", "0 - 5", 4, 3, 1),
    ("ESR", "mm/h", "0 - 30", 16, 9, 0),
    ("25-OH Vitamin D", "ng/mL", "30 - 100", 26, 9, 1),
    ("TSH", "mIU/L", "0.40 - 4.00", 2.1, 1.1, 2),
    ("Haemoglobin", "g/dL", "12.0 - 15.5", 13.4, 1.3, 1),
    ("Creatinine", "mg/dL", "0.50 - 1.00", 0.8, 0.2, 2),
    ("Magnesium", "mmol/L", "", 0.83, 0.09, 2),
    ("Calcium", "mg/dL", "8.6 - 10.2", 9.4, 0.4, 1),
)
HEAD = "patient_id,name_text,value_text,unit_text,range_text,sex,age"


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


def write_table(path: Path, rows: int) -> None:
    """A long table of invented results: the same rows on every machine."""
    chance = random.Random(20260223)
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD + "\n")
        for number in range(rows):
            name, unit, limits, middle, spread, places = TESTS[number % len(TESTS)]
            person = number // len(TESTS)
            value = max(chance.gauss(middle, spread), middle / 20)
            out.write(f"p{person},{name},{value:.{places}f},{unit},{limits},{'male' if person % 2 else 'female'},{20 + person % 70}\n")


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

    from labinterp.batch import run

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        write_table(source, rows)
        plain = best(lambda: yardstick(source, Path(folder) / "plain.csv"))
        for ending in ("csv", "parquet"):
            target = Path(folder) / f"out.{ending}"
            took = best(lambda target=target: run(source, target), times=1)  # type: ignore[misc]
            ratio = f"{took / plain:.1f} x pyarrow read and write ({plain:.2f} s)"
            print(f"{rows:,} rows to {ending:<8}    {took:7.2f} s   {rows / took:,.0f} rows/s, {ratio}")


if __name__ == "__main__":
    main()
