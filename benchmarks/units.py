"""What a conversion costs, a call and a row of a million, beside pint, ucumvert and ucum-lhc in the same run.

python benchmarks/units.py [--rows 1000000]

The others are timed where they are installed (``pip install ucumvert``; ``npm install @lhncbc/ucum-lhc`` in the folder it is run
from), on the plain case that all of them know: mg/dL to g/L. Nothing is asserted: machines differ.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
from collections.abc import Callable

import numpy as np
import pint

from labinterp.reference import Reference
from labinterp.units import Unit, convert, converted

PAIRS = (
    ("glucose_fasting", "mmol/L"),
    ("creatinine", "umol/L"),
    ("hemoglobin", "g/L"),
    ("hba1c", "mmol/mol"),
    ("wbc", "10*9/L"),
    ("alt", "ukat/L"),
    ("potassium", "mmol/L"),
    ("vitamin_d_25oh", "nmol/L"),
)
LHC = """
const { UcumLhcUtils } = require('@lhncbc/ucum-lhc');
const utils = UcumLhcUtils.getInstance();
utils.convertUnitTo('mg/dL', 5.5, 'g/L');
const start = process.hrtime.bigint();
for (let i = 0; i < 2000; i++) utils.convertUnitTo('mg/dL', 5.5 + i, 'g/L');
console.log(Number(process.hrtime.bigint() - start) / 2000 / 1000);
"""


def microseconds(call: Callable[[], object], times: int) -> float:
    """Microseconds of one call, the best of five runs; the first call, which fills caches, is not timed."""
    call()
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, time.perf_counter() - start)
    return best / times * 1e6


def ours_by_row(rows: int) -> float:
    """Microseconds a row once each distinct (marker, unit) is resolved: the arithmetic of `normalize_units`."""
    reference = Reference.default()
    units = []
    for marker, ucum in PAIRS:
        factor = reference.factor(marker, ucum)
        assert factor is not None
        units.append(Unit(ucum=ucum, factor=factor.factor, intercept=factor.intercept))
    shuffle = np.random.default_rng(7)
    codes, numbers = shuffle.integers(0, len(units), rows), shuffle.random(rows) * 100
    factor, intercept = (np.array([getattr(unit, name) for unit in units])[codes] for name in ("factor", "intercept"))
    return microseconds(lambda: converted(numbers, factor, intercept), 1) / rows


def pint_by_row(registry: pint.UnitRegistry[float], rows: int) -> float:
    numbers = np.random.default_rng(7).random(rows) * 100
    return microseconds(lambda: registry.Quantity(numbers, "mg/dL").to("g/L"), 1) / rows


def ucumvert_call() -> float | None:
    try:
        from ucumvert import PintUcumRegistry
    except ImportError:
        return None
    registry = PintUcumRegistry()
    return microseconds(lambda: (5.5 * registry.from_ucum("mg/dL")).to(registry.from_ucum("g/L")), 20)


def lhc_call() -> float | None:
    node = shutil.which("node")
    if node is None:
        return None
    done = subprocess.run([node, "-e", LHC], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()

    def line(name: str, value: float | None, unit: str) -> None:
        print(f"{name:44} {'not installed' if value is None else f'{value:10.3f} {unit}'}")

    print("one call")
    line("labinterp.convert, glucose mmol/L -> mg/dL", microseconds(lambda: convert("glucose_fasting", 5.5, "mmol/L"), 20_000), "us")
    line("labinterp.convert, mg/dL -> g/L", microseconds(lambda: convert("glucose_fasting", 5.5, "mg/dL", to="g/L"), 20_000), "us")
    line("pint, mg/dL -> g/L", microseconds(lambda: registry.Quantity(5.5, "mg/dL").to("g/L"), 500), "us")
    line("ucumvert, mg/dL -> g/L", ucumvert_call(), "us")
    line("ucum-lhc, mg/dL -> g/L", lhc_call(), "us")
    print(f"a row of {rows:,}")
    line(f"labinterp, {len(PAIRS)} markers and units mixed", ours_by_row(rows), "us")
    line("pint with one unit for the whole column", pint_by_row(registry, rows), "us")


if __name__ == "__main__":
    main()
