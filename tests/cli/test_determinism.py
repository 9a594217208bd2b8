"""The same input gives the same bytes, whatever the locale, time zone, hash seed, number of threads, folder or line ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from labinterp import __version__, interpret, read
from labinterp.errors import LabinterpError
from labinterp.export.csv import to_csv
from labinterp.model import today
from labinterp.reference import Reference

ROOT = Path(__file__).parents[2]
DAY = "1767312000"  # 2 January 2026, 00:00 UTC
TABLE = """Test;Ergebnis;Einheit;Referenzbereich;Flag;Abnahmedatum;Material
Kalium;2,9;mmol/l;3,5 - 5,1;-;19.01.2026;
Kalium;38;mmol/l;25 - 125;;19.01.2026;Urin
HbA1c;6,2;%;4,0 - 6,0;+;19.01.2026;
Vitamin B12;165;pg/ml;;;19.01.2026;
CK;4520;U/l;;;19.01.2026;
Hämoglobin;104;g/l;;;;
"Unbekannt, =1+1";12;U/l;5 - 20;;;
TSH;folgt;mU/l;0,4 - 4,0;;;
"""
SAMPLES = ("leg_weakness.pdf", "critical_potassium.hl7", "checkup.fhir.json", "follow_up_wide.csv", "thyroid.xlsx")
SETTINGS = (
    {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
    {"LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": "4", "PYTHONUTF8": "0"},
    {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "de", "TZ": "America/Los_Angeles", "PYTHONHASHSEED": "random", "ARROW_NUM_THREADS": "3", "COLUMNS": "40"},
)  # fmt: skip

SCRIPT = """
import sys
from labinterp.cli import main
files, out = sys.argv[1].split("|"), sys.argv[2]
for number, file in enumerate(files):
    for kind in ("json", "csv", "fhir", "html", "pdf", "table") if number == 0 else ("json", "html"):
        assert main(["interpret", file, "--sex", "female", "--birth-date", "1960-05-01", "-f", kind, "-o", f"{out}/{number}.{kind}"]) == 0
    assert main(["read", file, "-f", "json", "-o", f"{out}/{number}.read.json"]) == 0
for kind in ("csv", "parquet"):
    assert main(["batch", files[0], f"{out}/batch.{kind}"]) == 0
"""


def outputs(files: list[str], out: Path, cwd: Path, settings: dict[str, str]) -> dict[str, bytes]:
    """All formats of all files, written by a fresh process."""
    out.mkdir()
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "TZ", "OMP", "COLUMNS"))}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "|".join(files), str(out)],
        env=kept | {"SOURCE_DATE_EPOCH": DAY, "PYTHONPATH": str(ROOT)} | settings,
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {file.name: file.read_bytes() for file in sorted(out.iterdir())}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    base = tmp_path_factory.mktemp("runs")
    found = []
    for number, settings in enumerate(SETTINGS):
        cwd = base / f"folder {number}"
        cwd.mkdir()
        names = ["table.csv", *SAMPLES]
        (cwd / "table.csv").write_bytes(TABLE.encode())
        for name in SAMPLES:
            (cwd / name).write_bytes((ROOT / "samples" / name).read_bytes())
        found.append(outputs(names, base / f"out {number}", cwd, settings))
    return found


def test_the_same_input_gives_the_same_bytes_in_every_surrounding(runs: list[dict[str, bytes]]) -> None:
    first, *others = runs
    assert len(first) == 7 + 3 * len(SAMPLES) + 2 * 2  # a batch writes its summary beside its output
    for other in others:
        assert other.keys() == first.keys()
        assert [name for name in first if other[name] != first[name]] == []


def test_the_day_of_a_summary_can_be_given(runs: list[dict[str, bytes]]) -> None:
    assert b"2026-01-02" in runs[0]["0.html"] and b"D:20260102" in runs[0]["0.pdf"]


def test_every_export_says_what_judged_it(runs: list[dict[str, bytes]]) -> None:
    digest = Reference.default().digest
    out = runs[0]
    answer = json.loads(out["0.json"])
    assert (answer["labinterp"], answer["reference"]) == (__version__, digest)
    tags = {tag["system"].rpartition(":")[2]: tag["code"] for tag in json.loads(out["0.fhir"])["meta"]["tag"]}
    assert tags == {"version": __version__, "knowledge": digest}
    lines = out["0.csv"].decode("utf-8-sig").splitlines()
    assert lines[0].endswith(",labinterp,knowledge") and all(line.endswith(f",{__version__},{digest[:12]}") for line in lines[1:])
    said = f"labinterp {__version__}, knowledge {digest[:12]}"
    assert said.encode() in out["0.html"]
    assert said.encode("utf-16-be") in out["0.pdf"] or said.encode() in out["0.pdf"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_change_nothing(end: str) -> None:
    for text, name in ((TABLE, "t.csv"), ("Potassium 2.9 mmol/L (3.5-5.1) L\nSodium 141 mmol/L (135-145)\n", "t.txt")):
        plain, other = (interpret(read(content.encode(), name=name)) for content in (text, text.replace("\n", end)))
        assert to_csv(plain) == to_csv(other)
        pd.testing.assert_frame_equal(plain.unread, other.unread)
    message = (ROOT / "samples" / "critical_potassium.hl7").read_bytes()
    unified = re.sub(rb"\r\n|\r|\n", end.encode(), message)
    pd.testing.assert_frame_equal(read(unified, name="m.hl7").rows, read(message, name="m.hl7").rows)


def test_a_day_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)
    assert today().isoformat() == "2026-01-02"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(LabinterpError, match="SOURCE_DATE_EPOCH"):
        today()
