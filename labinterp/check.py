"""Checks a folder of knowledge: its schema, its numbers, its names, and every case it gives. Compiles it on request."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from labinterp.causes import fault_of_case
from labinterp.errors import ReferenceDataError
from labinterp.interpretation import complete, interpret_rows
from labinterp.model import Patient
from labinterp.reference import Reference
from labinterp.reference.check import faults_of
from labinterp.reference.compile import catalogue_of, text_of
from labinterp.reference.load import Fault, Knowledge, read_folder
from labinterp.reference.locate import COMPILED, knowledge_folder
from labinterp.reference.schema import Case, Marker


def check(folder: str | Path | None = None, write: bool = False) -> list[Fault]:
    """Everything wrong with the knowledge in `folder` (default: labinterp's own), in the order of files and lines; empty is good.

    `write` compiles it into `compiled.json` if nothing is wrong. Without it, a `compiled.json` that is out of date is a fault.
    Raises `ReferenceDataError` if there is no such folder.
    """
    folder = Path(folder) if folder is not None else knowledge_folder()
    if not folder.is_dir():
        raise ReferenceDataError(f"there is no folder {folder}")
    known = read_folder(folder)
    faults = faults_of(known)
    if known.faults:
        return faults
    try:
        catalogue = catalogue_of(known)
        ref = Reference(catalogue)
        faults += failed_cases(known, ref) + failed_cause_cases(known, ref)
    except ReferenceDataError:  # a unit or a limit that cannot be used, named already
        if not faults:
            raise
        return faults
    text, target = text_of(catalogue), folder / COMPILED
    current = target.read_text(encoding="utf-8") if target.is_file() else None
    if write and not faults and current != text:
        target.write_text(text, encoding="utf-8", newline="\n")
    elif current is not None and current != text and not write:
        faults.append(Fault(COMPILED, 1, "out of date: run `labinterp check --write`"))
    return sorted(faults)


def main(folder: str | Path | None = None, *, write: bool = False) -> int:
    """`labinterp check`: the faults, one a line, and 1 if there is any."""
    faults = check(folder, write)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    sys.stderr.write(f"{len(faults)} faults\n" if faults else "nothing wrong\n")
    return 1 if faults else 0


def failed_cases(known: Knowledge, ref: Reference) -> list[Fault]:
    """Runs every case of every marker, all at once, and reports those that come out otherwise."""
    cases = [(marker, i, case) for marker in known.tables["markers"].values() for i, case in enumerate(marker.cases)]
    faults = []
    for pregnant in (None, False, True):
        group = [found for found in cases if found[2].pregnant is pregnant]
        if not group:
            continue
        frame = pd.DataFrame([row_of(marker, case) for marker, _, case in group])
        results = interpret_rows(complete(frame), ref, Patient(pregnant=pregnant))
        for (marker, i, case), got in zip(group, results.to_dict("records")):
            wrong = {key: got.get(key) for key, wanted in case.expect.items() if not same(got.get(key), wanted)}
            if wrong:
                said = ", ".join(f"{key} {plain(value)!r} instead of {case.expect[key]!r}" for key, value in wrong.items())
                file, start = known.places["markers", marker.id]
                reason = f" ({got['reason']})" if got.get("reason") else ""
                faults.append(Fault(file, known.line(file, (*start, "cases", i)), f"case {words(case)}: {said}{reason}"))
    return faults


def failed_cause_cases(known: Knowledge, ref: Reference) -> list[Fault]:
    """Runs every case of every cause, and reports those that come out in another tier."""
    faults = []
    for cause in known.tables["causes"].values():
        for i, case in enumerate(cause.cases):
            if wrong := fault_of_case(cause.id, case, ref):
                file, start = known.places["causes", cause.id]
                faults.append(Fault(file, known.line(file, (*start, "cases", i)), f"case: {wrong}"))
    return faults


def row_of(marker: Marker, case: Case) -> dict[str, Any]:
    """The line of a report that a case stands for."""
    return {
        "name_text": case.name or marker.name,
        "value_text": str(case.value),
        "unit_text": case.unit,
        "range_text": case.range,
        "flag_text": case.flag,
        "specimen_text": case.specimen or ("" if "blood" in marker.specimen else marker.specimen[0]),
        "decimal": ".",
        "sex": case.sex or "",
        "age": math.nan if case.age is None else case.age,
    }


def words(case: Case) -> str:
    who = [case.sex or "", f"{case.age:g} years" if case.age is not None else "", "pregnant" if case.pregnant else ""]
    return " ".join(filter(None, [str(case.value), case.unit, f"[{case.range}]" if case.range else "", *who]))


def plain(value: Any) -> Any:
    return None if value is None or value != value or value == "" else value


def same(got: Any, wanted: Any) -> bool:
    got, wanted = plain(got), plain(wanted)
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return got is not None and math.isclose(float(got), float(wanted), rel_tol=0.005, abs_tol=1e-9)
    return bool(got == wanted)
