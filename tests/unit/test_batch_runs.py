"""Runs of a batch: what is written, whole or not at all; interruption and going on; persons and their causes."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import labinterp
from labinterp.batch import Stopped, WriteError, run
from labinterp.batch.output import Sink, safe
from labinterp.batch.work import ResumeError

ROOT = Path(__file__).resolve().parents[2]
HEAD = "patient_id,sex,age,Test,Result,Unit,Date"
TESTS = (("Potassium", "mmol/L", 2.2, 0.3), ("Haemoglobin", "g/dL", 9.0, 0.7), ("Vitamin B12", "pg/mL", 90, 60), ("CRP", "mg/L", 0.5, 2.1))


def table(path: Path, persons: int = 30, visits: int = 4) -> Path:
    """Results of some persons, visit by visit: nobody's rows stand together. Every eighth person has nothing unusual."""
    lines = [HEAD]
    for visit in range(visits):
        for person in range(persons):
            for test, unit, start, step in TESTS:
                value = (
                    {"Potassium": 4.1, "Haemoglobin": 14.2, "Vitamin B12": 500, "CRP": 1}[test]
                    if person % 8 == 0
                    else start + step * ((person + visit) % 12)
                )
                sex, age = ("female", "male")[person % 2], 40 + person % 30
                lines.append(f"p{person},{sex},{age},{test},{value:.1f},{unit},2026-0{visit + 1}-02")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many batches and row groups of a small table."""
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 1500)
    monkeypatch.setattr("labinterp.batch.sources.HEAD", 4000)
    monkeypatch.setattr("labinterp.batch.output.GROUP", 100)


def stopping_after(batches: int, error: type[BaseException] = KeyboardInterrupt) -> Callable[[int, float], None]:
    seen = [0]

    def tell(rows: int, share: float) -> None:
        seen[0] += 1
        if seen[0] == batches:
            raise error

    return tell


# ---- what is written -----------------------------------------------------------------------------------------------------


def test_the_files_beside_the_output(tmp_path: Path) -> None:
    source = table(tmp_path / "in.csv")
    summary = run(source, tmp_path / "out.parquet", causes=True)
    assert left(tmp_path) == ["in.csv", "out.parquet", "out.parquet.causes.parquet", "out.parquet.summary.json"]
    told = json.loads((tmp_path / "out.parquet.summary.json").read_text(encoding="utf-8"))
    assert told["rows"] == summary.rows == 480
    assert sum(told["status"].values()) == 480
    assert told["markers"].keys() == {"potassium", "hemoglobin", "vitamin_b12", "crp"}
    assert sum(told["markers"]["potassium"].values()) == 120
    frame = pd.read_parquet(tmp_path / "out.parquet")
    for marker, flags in told["markers"].items():
        own = frame[frame["marker"] == marker]
        assert flags == {
            (flag or status): count
            for (flag, status), count in own.assign(flag=own["flag"].fillna(""))[["flag", "status"]].value_counts().items()
        }


def test_files_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    source = table(tmp_path / "in.csv", persons=2)
    run(source, tmp_path / "out.csv", causes=True)
    source.write_text(f"{HEAD}\n1,male,40,CRP,3,mg/L\n1,male,40,CRP,3,mg/L,2026-01-02\n", encoding="utf-8")
    run(source, tmp_path / "out.csv")
    assert left(tmp_path) == ["in.csv", "out.csv", "out.csv.failures.csv", "out.csv.summary.json"]
    table(tmp_path / "in.csv", persons=2)
    run(source, tmp_path / "out.csv")
    assert left(tmp_path) == ["in.csv", "out.csv", "out.csv.summary.json"]


@pytest.mark.usefixtures("small")
def test_csv_and_parquet_hold_the_same(tmp_path: Path) -> None:
    source = table(tmp_path / "in.csv")
    run(source, tmp_path / "out.csv")
    run(source, tmp_path / "out.parquet")
    ours = pq.read_table(tmp_path / "out.parquet")
    assert {str(one.type) for one in ours.schema} <= {"string", "double", "int8", "bool"}  # no dictionaries: every reader sees plain texts
    for text, value in zip(rows(tmp_path / "out.csv"), ours.to_pylist(), strict=True):
        for name, own in value.items():
            same = "" if own is None else str(own).lower() if isinstance(own, bool) else own
            assert (float(text[name]) == own) if isinstance(own, float) else (text[name] == str(same)), name


def test_cells_that_a_spreadsheet_would_run_are_disarmed_and_numbers_are_not(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        'Test,Result,Unit,Note\nCRP,-3,mg/L,"=HYPERLINK(""http://x"")"\nCRP,<1,mg/L,+1\nCRP,3,mg/L,@x\nCRP,3,mg/L,-2+3\n"=CRP",1,mg/L,-\n',
        encoding="utf-8",
    )
    run(source, tmp_path / "out.csv")
    found = rows(tmp_path / "out.csv")
    assert [row["Note"] for row in found] == ['\'=HYPERLINK("http://x")', "+1", "'@x", "'-2+3", "-"]
    assert [row["Result"] for row in found] == ["-3", "<1", "3", "3", "1"]
    assert found[4]["Test"] == "'=CRP"
    run(source, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").column("Note").to_pylist()[0].startswith("=")


def test_disarming_takes_columns_with_and_without_shared_texts() -> None:
    import pyarrow as pa

    plain = pa.RecordBatch.from_pydict({"a": ["=x", None, "-1"], "n": [-1.0, 2.0, None]})
    shared = pa.RecordBatch.from_arrays([plain.column(0).dictionary_encode(), plain.column(1)], names=["a", "n"])
    assert safe(plain).to_pydict() == safe(shared).to_pydict() == {"a": ["'=x", None, "-1"], "n": [-1.0, 2.0, None]}


def test_nested_columns_come_through(tmp_path: Path) -> None:
    import pyarrow as pa

    pq.write_table(pa.table({"test": ["CRP"], "result": ["3"], "tags": [["a", "b"]]}), tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    run(tmp_path / "in.parquet", tmp_path / "out.csv")
    assert pq.read_table(tmp_path / "out.parquet").column("tags").to_pylist() == [["a", "b"]]
    assert rows(tmp_path / "out.csv")[0]["tags"] == '["a", "b"]'


# ---- a disk that is full -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_full_disk_leaves_no_half_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = table(tmp_path / "in.csv"), tmp_path / f"out.{kind}"
    target.write_bytes(b"what was there")
    write, seen = Sink.write, [0]

    def full(self: Sink, batch: Any) -> None:
        seen[0] += 1
        if seen[0] > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, batch)

    monkeypatch.setattr(Sink, "write", full)
    with pytest.raises(WriteError, match="No space left"):
        run(source, target)
    assert target.read_bytes() == b"what was there"
    assert left(tmp_path) == ["in.csv", target.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_device_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "part"
    part.symlink_to("/dev/full")
    monkeypatch.setattr("labinterp.batch.work.Work.new_part", lambda self: (part, tmp_path / "spill"))
    with pytest.raises(WriteError, match="No space left"):
        run(table(tmp_path / "in.csv", persons=2000), tmp_path / "out.csv")
    assert left(tmp_path) == ["in.csv"]


@pytest.mark.usefixtures("small")
def test_after_a_full_disk_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = table(tmp_path / "in.csv")
    run(source, tmp_path / "whole.parquet")
    with monkeypatch.context() as patch:
        write, seen = Sink.write, [0]

        def full(self: Sink, batch: Any) -> None:
            seen[0] += 1
            if seen[0] > 6:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write(self, batch)

        patch.setattr(Sink, "write", full)
        with pytest.raises(WriteError, match="--resume"):
            run(source, tmp_path / "out.parquet", keep_every=0)
    assert not (tmp_path / "out.parquet").exists()
    run(source, tmp_path / "out.parquet", resume=True)
    assert pq.read_table(tmp_path / "out.parquet").equals(pq.read_table(tmp_path / "whole.parquet"))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="no folder"):
        run(table(tmp_path / "in.csv", persons=1), tmp_path / "none" / "out.csv")


# ---- interruption --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_interrupted_run_goes_on_and_gives_the_same(tmp_path: Path, kind: str) -> None:
    source = table(tmp_path / "in.csv")
    run(source, tmp_path / f"whole.{kind}", causes=True)
    target = tmp_path / f"out.{kind}"
    for batches in (3, 1, 4, 2):  # stopped four times
        with pytest.raises(Stopped, match="--resume"):
            run(source, target, causes=True, resume=True, tell=stopping_after(batches))
        assert not target.exists()
        assert (tmp_path / f"out.{kind}.unfinished").is_dir()
    run(source, target, causes=True, resume=True)
    for ending in ("", f".causes.{kind}", ".summary.json"):
        one, other = tmp_path / f"out.{kind}{ending}", tmp_path / f"whole.{kind}{ending}"
        if one.suffix == ".parquet":
            assert pq.read_table(one).equals(pq.read_table(other)), ending
            assert pq.ParquetFile(one).metadata.num_row_groups == pq.ParquetFile(other).metadata.num_row_groups, ending
        else:
            assert one.read_bytes() == other.read_bytes(), ending
    assert not (tmp_path / f"out.{kind}.unfinished").exists()


@pytest.mark.usefixtures("small")
def test_what_is_finished_is_not_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = table(tmp_path / "in.csv")
    with pytest.raises(Stopped):
        run(source, tmp_path / "out.csv", tell=stopping_after(8))
    kept = len(rows_of_parts(tmp_path / "out.csv.unfinished"))
    from labinterp.batch.judging import Judge

    judged, parts = [0], Judge.parts

    def counted(self: Judge, batch: Any) -> Any:
        judged[0] += batch.num_rows
        return parts(self, batch)

    monkeypatch.setattr(Judge, "parts", counted)
    run(source, tmp_path / "out.csv", resume=True)
    assert kept > 0
    assert judged[0] == 480 - kept


def rows_of_parts(folder: Path) -> list[str]:
    lines = [line for part in sorted(folder.glob("0*.csv")) for line in part.read_text(encoding="utf-8").splitlines()]
    return lines[1:]


@pytest.mark.usefixtures("small")
def test_many_files_are_gone_on_with_at_the_right_one(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(5):
        table(folder / f"{number}.csv", persons=3 + number)
    (folder / "2b.csv").write_text(f"{HEAD}\n1,male,40,CRP,3,mg/L\n1,male,40,CRP,3,mg/L,2026-01-02\n", encoding="utf-8")
    (folder / "3b.parquet").write_bytes(b"broken")
    run(folder, tmp_path / "whole.csv")
    for batches in range(1, 30, 3):
        with pytest.raises(Stopped):
            run(folder, tmp_path / "out.csv", resume=True, tell=stopping_after(batches))
        if batches >= 10:
            break
    run(folder, tmp_path / "out.csv", resume=True)
    for ending in ("", ".failures.csv", ".summary.json"):
        assert (tmp_path / f"out.csv{ending}").read_bytes() == (tmp_path / f"whole.csv{ending}").read_bytes(), ending


def test_a_folder_of_reports_is_gone_on_with_at_the_right_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labinterp.batch.sources.FILES", 2)
    monkeypatch.setattr("labinterp.batch.sources.SECONDS", 1e9)
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("befund.csv", "critical_potassium.hl7", "portal.txt", "checkup.fhir.json"):
        (folder / name).write_bytes((ROOT / "samples" / name).read_bytes())
    (folder / "c.json").write_bytes(b"{nothing")
    run(folder, tmp_path / "whole.csv", causes=True)
    with pytest.raises(Stopped):
        run(folder, tmp_path / "out.csv", causes=True, tell=stopping_after(1))
    read: list[str] = []
    from labinterp.batch import pool

    one = pool.read
    monkeypatch.setattr(pool, "read", lambda path, **rest: (read.append(path.name), one(path, **rest))[1])
    run(folder, tmp_path / "out.csv", causes=True, resume=True)
    assert read == ["checkup.fhir.json", "critical_potassium.hl7", "portal.txt"]
    for ending in ("", ".failures.csv", ".summary.json", ".causes.csv"):
        assert (tmp_path / f"out.csv{ending}").read_bytes() == (tmp_path / f"whole.csv{ending}").read_bytes(), ending


@pytest.mark.usefixtures("small")
def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    source = table(tmp_path / "in.csv")
    with pytest.raises(Stopped):
        run(source, tmp_path / "out.csv", tell=stopping_after(3))
    with pytest.raises(ResumeError, match="options"):
        run(source, tmp_path / "out.csv", resume=True, causes=True)
    table(source, persons=31)
    with pytest.raises(ResumeError, match="input"):
        run(source, tmp_path / "out.csv", resume=True)
    assert run(source, tmp_path / "out.csv").rows == 496  # without --resume it begins afresh
    assert left(tmp_path) == ["in.csv", "out.csv", "out.csv.summary.json"]


@pytest.mark.usefixtures("small")
def test_an_interruption_within_a_batch_does_not_count_it_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = table(tmp_path / "in.csv")
    run(source, tmp_path / "whole.csv")
    write, seen = Sink.write, [0]

    def interrupted(self: Sink, batch: Any) -> None:
        write(self, batch)
        seen[0] += 1
        if seen[0] == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(Sink, "write", interrupted)
        run(source, tmp_path / "out.csv", keep_every=0)
    run(source, tmp_path / "out.csv", resume=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_is_told_and_ends_with_130(tmp_path: Path) -> None:
    lines = [HEAD, *(f"p{i},male,40,Potassium,{i % 50 / 10:.1f}{i},mmol/L,2026-01-02" for i in range(200_000))]
    (tmp_path / "in.csv").write_text("\n".join(lines), encoding="utf-8")
    small = "import sys; from labinterp.batch import tables; tables.BLOCK = 1 << 18; from labinterp.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", small, "batch", str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(600):
            if list(tmp_path.glob("out.csv.unfinished/.*.part")) or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "stopped after" in told
    assert "Traceback" not in told
    assert not (tmp_path / "out.csv").exists()


# ---- persons and causes --------------------------------------------------------------------------------------------------


def test_causes_of_a_table_are_those_of_each_person_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's rows stand together, the drawers are opened in several helpings, and all normal results are a row as well."""
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 1500)
    monkeypatch.setattr("labinterp.batch.causes.HELPING", 40)
    source = table(tmp_path / "in.csv", persons=12, visits=3)
    run(source, tmp_path / "out.parquet", causes=True)
    found = pq.read_table(tmp_path / "out.parquet.causes.parquet").to_pylist()
    assert [row["patient_id"] for row in found] == [f"p{i}" for i in range(12)]  # as they first appear
    frame = pd.read_csv(source, dtype=str).rename(
        columns={"Test": "name_text", "Result": "value_text", "Unit": "unit_text", "Date": "collected_text"}
    )
    alarms = 0
    for row in found:
        own = frame[frame["patient_id"] == row["patient_id"]].reset_index(drop=True)
        person = labinterp.Patient(sex=own["sex"][0], age=float(own["age"][0]))
        alone = labinterp.interpret(own.drop(columns=["patient_id"]).assign(decimal=".", date_order="ymd"), patient=person)
        told = json.loads(row["details"]) if row["details"] else {"alerts": [], "causes": []}
        assert [alert["text"] for alert in told["alerts"]] == [alert.text for alert in alone.alerts], row["patient_id"]
        expected = [(f.cause, f.tier) for f in alone.findings if f.tier != "less_supported"]
        assert [(one["cause"], one["tier"]) for one in told["causes"]] == expected, row["patient_id"]
        assert row["outside"] == int((alone.results["abnormal"].map(lambda value: value is True)).sum())
        assert row["results"] == len(own)
        alarms += bool(alone.alerts)
    assert alarms > 3
    assert {row["patient_id"] for row in found if not row["details"]} >= {"p0", "p8"}  # all inside all limits


def test_rows_of_nobody_take_no_part_in_causes(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        f"{HEAD}\n,male,40,Potassium,1.9,mmol/L,2026-01-02\nx,male,40,Potassium,4.1,mmol/L,2026-01-02\n", encoding="utf-8"
    )
    summary = run(tmp_path / "in.csv", tmp_path / "out.csv", causes=True)
    assert [row["patient_id"] for row in rows(tmp_path / "out.csv.causes.csv")] == ["x"]
    assert any("1 row without an id" in line for line in summary.lines())


def test_causes_without_a_column_of_persons(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("Test,Result\nCRP,3\n", encoding="utf-8")
    with pytest.raises(labinterp.ReadError, match="patient_id=COLUMN"):
        run(tmp_path / "in.csv", tmp_path / "out.csv", causes=True)


def test_each_report_of_a_folder_is_a_person(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("befund.csv", "critical_potassium.hl7"):
        (folder / name).write_bytes((ROOT / "samples" / name).read_bytes())
    run(folder, tmp_path / "out.csv", causes=True)
    first, second = rows(tmp_path / "out.csv.causes.csv")
    assert (first["file"], second["file"]) == ("befund.csv", "critical_potassium.hl7")
    alone = labinterp.interpret(labinterp.read(ROOT / "samples" / "critical_potassium.hl7"))
    assert second["urgency"] == alone.alerts[0].urgency
    assert alone.alerts[0].id in second["alerts"]


# ---- reports in other processes ------------------------------------------------------------------------------------------

KILLED = """
import os, signal
from labinterp.readers import worker
usual = worker.read
def read(data, *, name, locale):
    if name == "kill.csv": os.kill(os.getpid(), signal.SIGKILL)
    return usual(data, name=name, locale=locale)
worker.read = read
worker.main()
"""


@pytest.mark.slow
def test_a_report_that_kills_its_process_is_one_failure(tmp_path: Path) -> None:
    """The worker that reads `kill.csv` ends at once; the others are read."""
    from labinterp.batch.pool import Readers

    for name in ("a", "kill", "b", "c"):
        (tmp_path / f"{name}.csv").write_text("Test,Result\nCRP,3\n", encoding="utf-8")
    files = sorted(tmp_path.glob("*.csv"))
    with Readers(files, None, processes=2) as readers:
        readers.guard.start_with = KILLED
        found = [readers.get(number) for number in range(4)]
    assert [isinstance(one, str) for one in found] == [False, False, False, True]
    assert "made the reader fall (-9)" in str(found[3])


@pytest.mark.parametrize(("texts", "learnt", "answered"), [(1, 1 << 19, 1 << 17), (7, 50, 9), (1 << 16, 1, 1)])
@pytest.mark.usefixtures("small")
def test_however_a_table_is_cut_the_output_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: int, learnt: int, answered: int
) -> None:
    """Texts that are kept in one dictionary, rows that are learnt together and rows that are answered at a time."""
    source = table(tmp_path / "in.csv")
    with monkeypatch.context() as whole:
        whole.setattr("labinterp.batch.tables.BLOCK", 1 << 20)
        expected = run(source, tmp_path / "whole.parquet").to_dict()
    monkeypatch.setattr("labinterp.batch.tables.MOST", texts)
    monkeypatch.setattr("labinterp.batch.judging.MOST", learnt)
    monkeypatch.setattr("labinterp.batch.judging.PART", answered)
    assert run(source, tmp_path / "cut.parquet").to_dict() == expected
    one, other = (pq.read_table(tmp_path / name) for name in ("whole.parquet", "cut.parquet"))
    assert one.num_rows == 480 and other.equals(one)


@pytest.mark.usefixtures("small")
def test_a_row_group_holds_the_texts_of_its_rows_alone(tmp_path: Path) -> None:
    """A dictionary of all texts of the run would be written again with every group."""
    run(table(tmp_path / "in.csv"), tmp_path / "out.parquet")
    with pq.ParquetFile(tmp_path / "out.parquet", read_dictionary=["Result", "patient_id"]) as file:
        assert file.num_row_groups == 5
        for number in range(file.num_row_groups):
            for column in file.read_row_group(number, columns=["Result", "patient_id"]).columns:
                for chunk in column.chunks:
                    assert sorted(chunk.dictionary.to_pylist()) == sorted(set(chunk.to_pylist()))


def test_bounds_are_told_of_columns_that_may_be_sorted(tmp_path: Path) -> None:
    run(table(tmp_path / "in.csv"), tmp_path / "out.parquet")
    with pq.ParquetFile(tmp_path / "out.parquet") as file:
        group = file.metadata.row_group(0)
        told = {column.path_in_schema for column in map(group.column, range(group.num_columns)) if column.is_stats_set}
    assert {"patient_id", "Date", "value"} <= told and not {"Test", "Result", "Unit", "marker", "reason"} & told
