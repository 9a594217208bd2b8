"""Golden files: beside ``x.pdf`` stands ``x.pdf.expected.csv``, the rows that reading it must give.

Works on the project's samples and on anybody's private folder of reports; nothing leaves the folder.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labinterp.errors import LabinterpError
from labinterp.model import Report
from labinterp.readers import read

ENDING = ".expected.csv"
COLUMNS = ("page", "name_text", "value_text", "unit_text", "range_text", "flag_text", "collected_text", "section_text", "review")
"""What a golden file holds when it is written from reading. One that holds fewer columns is compared in those."""


@dataclass(frozen=True)
class Outcome:
    """What came of one file. `difference` is empty when it was read as expected, else a unified diff or the reason."""

    file: Path
    difference: str = ""


def samples_folder() -> Path:
    """The project's own samples: the packaged folder first, else the checkout's."""
    packaged = Path(__file__).parent / "samples"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "samples"


def reports_in(folder: Path) -> list[Path]:
    """The files of a folder that may be reports: no goldens, no programs, nothing hidden."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(ENDING) and path.suffix not in (".py", ".md")
    )


def golden_of(file: Path) -> Path:
    return file.with_name(file.name + ENDING)


def rows_text(report: Report, columns: tuple[str, ...] = COLUMNS) -> str:
    """The rows of a report as the text of a golden file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for record in report.rows[list(columns)].itertuples(index=False):
        writer.writerow("" if cell is None or cell != cell else int(cell) if isinstance(cell, float) else cell for cell in record)
    return out.getvalue()


def test(folder: Path) -> Iterator[Outcome]:
    """Read every file that has a golden and compare."""
    for file in reports_in(folder):
        golden = golden_of(file)
        if not golden.exists():
            continue
        expected = golden.read_text(encoding="utf-8")
        columns = tuple(next(csv.reader([expected.partition("\n")[0]]), []))
        if unknown := set(columns) - set(COLUMNS):
            yield Outcome(file, f"{golden.name}: unknown columns {', '.join(sorted(unknown))}")
            continue
        try:
            got = rows_text(read(file), columns)
        except LabinterpError as error:
            yield Outcome(file, f"could not be read: {error}")
            continue
        lines = difflib.unified_diff(expected.splitlines(), got.splitlines(), golden.name, f"{file.name}, as read", lineterm="", n=1)
        yield Outcome(file, "\n".join(lines))


def generate(folder: Path) -> Iterator[Outcome]:
    """Write a golden beside every file that has none, from what reading gives today. A person must check it against the paper."""
    for file in reports_in(folder):
        golden = golden_of(file)
        if golden.exists():
            continue
        try:
            report = read(file)
        except LabinterpError as error:
            yield Outcome(file, f"could not be read: {error}")
            continue
        golden.write_text(rows_text(report), encoding="utf-8", newline="\n")
        yield Outcome(file)
