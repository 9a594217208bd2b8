"""What a batch can be made of: packed tables, presets, wide tables, persons, FHIR lines, folders; and what it says of broken ones."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import labinterp
from labinterp.batch import presets, run
from labinterp.batch.presets import PresetError, Test, preset_of
from labinterp.batch.sources import files_of

HEAD = "patient_id,Test,Result,Unit,Date"


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def judged(source: Path, **options: Any) -> list[dict[str, Any]]:
    """Run to Parquet and give the rows back, missing as None."""
    target = source.parent / "judged.parquet"
    run(source, target, **options)
    return pq.read_table(target).to_pylist()  # type: ignore[no-any-return]


def answers(found: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in found]


# ---- kinds of tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".CSV"])
def test_text_tables_packed_or_not(tmp_path: Path, ending: str) -> None:
    mark = "\t" if ending.lower().startswith(".tsv") else ","
    text = "\n".join(line.replace(",", mark) for line in (HEAD, "7,Potassium,2.9,mmol/L,2026-01-02", "7,HbA1c,5.2,%,2026-01-02")) + "\n"
    source = tmp_path / f"in{ending}"
    with (
        pa.CompressedOutputStream(str(source), {"gz": "gzip", "st": "zstd"}[ending[-2:]])
        if ending[-2:] in ("gz", "st")
        else source.open("wb") as out
    ):
        out.write(text.encode())
    assert answers(judged(source), "marker", "value", "flag") == [("potassium", 2.9, "L"), ("hba1c", 5.2, "N")]


def test_missing_is_null_in_parquet_and_numbers_are_never_nan(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(
        pa.table({"test": ["Potassium", "CRP"], "result": [float("nan"), 3.0], "note": [None, "x"], "unit": ["", "mg/L"]}), source
    )
    first, second = judged(source)
    assert (first["result"], first["note"], first["value"], first["flag"], first["status"]) == (None, None, None, None, "not_a_result")
    assert second["value"] == 3.0


def test_two_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "Test,Result,Note,Note", "CRP,3,a,b")
    (row,) = judged(source)
    assert (row["Note"], row["Note_2"]) == ("a", "b")


@pytest.mark.parametrize("heads", ["name,test", "test,name"])
def test_a_name_beside_a_test_is_the_person(tmp_path: Path, heads: str) -> None:
    cells = {"name": "Ada Example", "test": "Potassium"}
    line = ",".join(cells[head] for head in heads.split(","))
    found = judged(write(tmp_path / "in.csv", f"{heads},value,unit,range", f"{line},2.9,mmol/L,3.5-5.1"))
    assert answers(found, "marker", "flag", "status") == [("potassium", "L", "ok")]


def test_columns_that_bear_our_names_are_kept_beside_ours(tmp_path: Path) -> None:
    """A judged table may be judged again: nothing of it is lost."""
    source = write(tmp_path / "in.csv", "Test,Result,Unit,flag,flag_given", "Potassium,2.9,mmol/L,H,old")
    (row,) = judged(source)
    assert (row["flag"], row["flag_given"], row["flag_given_2"]) == ("L", "old", "H") or (row["flag_given_2"], row["flag_given"]) == (
        "old",
        "H",
    )


def test_a_byte_far_behind_that_is_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first megabyte is ASCII: only then it shows that the file is in Windows-1252."""
    lines = ["Test,Result,Unit", *["Potassium,4.1,mmol/L"] * 60_000]
    source = tmp_path / "in.csv"
    source.write_bytes("\n".join([*lines, "Hämoglobin,9.1,g/dL"]).encode("cp1252"))
    last = judged(source)[-1]
    assert (last["Test"], last["marker"], last["value"]) == ("Hämoglobin", "hemoglobin", 9.1)


def test_a_decimal_mark_that_only_the_end_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`1,234` alone may be two numbers; the votes come after what is held of the table, and count for its beginning too."""
    monkeypatch.setattr("labinterp.batch.sources.HEAD", 1000)
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 2000)
    source = write(tmp_path / "in.csv", "Test;Result;Unit", *["Creatinine;1,234;mg/dL"] * 400, *["CRP;12,5;mg/L"] * 5)
    found = judged(source)
    assert len(found) == 405
    assert {row["value"] for row in found} == {1.234, 12.5}


# ---- bad input -----------------------------------------------------------------------------------------------------------


def test_a_cut_off_gzip_is_no_output(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join([HEAD, *(f"{i},Potassium,4.{i % 10},mmol/L,2026-01-02" for i in range(5000))]).encode())
    (tmp_path / "in.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(labinterp.ReadError, match="cut off"):
        run(tmp_path / "in.csv.gz", tmp_path / "out.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv.gz"]


def test_of_several_tables_the_broken_one_is_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "a.csv", HEAD, "1,Potassium,2.9,mmol/L,2026-01-02")
    (folder / "b.csv.gz").write_bytes(gzip.compress(b"x" * 5000)[:40])
    write(folder / "c.csv", HEAD, "2,CRP,3,mg/L,2026-01-02")
    (folder / "d.parquet").write_bytes(b"PAR1 nothing")
    pq.write_table(pa.table({"who": [1], "how": ["x"]}), folder / "e.parquet")
    summary = run(folder, tmp_path / "out.csv")
    assert [(row["file"], row["marker"]) for row in rows(tmp_path / "out.csv")] == [("a.csv", "potassium"), ("c.csv", "crp")]
    failures = rows(tmp_path / "out.csv.failures.csv")
    assert [row["file"] for row in failures] == ["b.csv.gz", "d.parquet", "e.parquet"]
    assert "who, how" in failures[2]["reason"]
    assert len(summary.unreadable) == 3


def test_a_table_that_breaks_in_the_middle_says_how_far_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 4000)
    folder = tmp_path / "in"
    folder.mkdir()
    text = "\n".join([HEAD, *(f"{i},Potassium,4.{i % 10},mmol/L,2026-01-{i % 28 + 1:02d}" for i in range(20_000))])
    packed = gzip.compress(text.encode())
    (folder / "a.csv.gz").write_bytes(packed[: len(packed) * 3 // 4])
    write(folder / "b.csv", HEAD, "2,CRP,3,mg/L,2026-01-02")
    summary = run(folder, tmp_path / "out.csv")
    (failure,) = rows(tmp_path / "out.csv.failures.csv")
    kept = sum(row["file"] == "a.csv.gz" for row in rows(tmp_path / "out.csv"))
    assert "cut off" in failure["reason"]
    if kept:
        assert failure["row"] == str(kept + 1)
        assert f"{kept:,} rows before it" in failure["reason"]
    assert summary.rows == kept + 1


def test_a_line_with_too_many_cells_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv", HEAD, "1,Potassium,2.9,mmol/L,2026-01-02", "1,CRP,3", "1,Sodium,1,4,mmol/L,2026-01-02", "1,CRP,3,mg/L,"
    )
    assert answers(judged(source), "marker") == [("potassium",), ("crp",)]
    failures = rows(tmp_path / "judged.parquet.failures.csv")
    assert [row["text"] for row in failures] == ["1,CRP,3", "1,Sodium,1,4,mmol/L,2026-01-02"]
    assert "3 cells" in failures[0]["reason"]


def test_a_line_break_within_quotes_at_the_end_of_every_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(200, 220):  # more sizes than a row has letters: some block ends at each of them
        monkeypatch.setattr("labinterp.batch.tables.BLOCK", size)
        source = write(tmp_path / "in.csv", "Test,Result,Note", *(f'CRP,{i},"first\n{i}"' for i in range(40)))
        assert answers(judged(source), "Result", "Note") == [(str(i), f"first\n{i}") for i in range(40)], size


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 2000)
    source = write(tmp_path / "in.csv", "Test,Result,Note", 'CRP,1,"open', *(f"CRP,{i},x" for i in range(2000)))
    with pytest.raises(labinterp.ReadError):
        run(source, tmp_path / "out.csv")


def test_a_column_that_changes_its_type_between_parts(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table({"test": ["Potassium"], "result": [4], "unit": ["mmol/L"]}), folder / "part-0.parquet")
    pq.write_table(pa.table({"test": ["CRP"], "result": ["<1"], "unit": ["mg/L"]}), folder / "part-1.parquet")
    pq.write_table(pa.table({"test": ["CRP"], "result": pa.array([None], pa.null()), "unit": ["mg/L"]}), folder / "part-2.parquet")
    summary = run(folder, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert answers(found, "file", "result", "value", "comparator") == [
        ("part-0.parquet", "4", 4.0, None),
        ("part-1.parquet", "<1", 1.0, "<"),
        ("part-2.parquet", None, None, None),
    ]
    assert any("result" in notice and "int64" in notice and "string" in notice for notice in summary.notices)


def test_whole_numbers_and_fractions_together_are_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table({"test": ["CRP"], "result": [4]}), folder / "a.parquet")
    pq.write_table(pa.table({"test": ["CRP"], "result": [4.5]}), folder / "b.parquet")
    run(folder, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").column("result").to_pylist() == [4.0, 4.5]


def test_numbers_as_programs_write_them(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"test": ["CRP", "Creatinine"], "result": [0.1 + 0.2, 1.234], "unit": ["mg/L", "mg/dL"]}), source)
    assert answers(judged(source), "value") == [(pytest.approx(0.3),), (1.234,)]


def test_ten_thousand_units_that_nobody_knows(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv", "Test,Result,Unit", *(f"Potassium,4,u{i:05d}x" for i in range(10_000)), "Potassium,4,zorg", "CRP,4,zorg"
    )
    summary = run(source, tmp_path / "out.parquet")
    assert summary.status["unknown_unit"] == 10_002
    told = json.loads((tmp_path / "out.parquet.summary.json").read_text(encoding="utf-8"))["unknown_units"]
    assert told["distinct"] == 10_002
    assert len(told["most_common"]) == 200
    assert all(len(line) < 1000 for line in summary.lines())


def test_births_after_the_sample_are_told_and_their_age_is_not_known(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv", "Test,Result,Unit,Date,Birth date", "CRP,3,mg/L,2026-01-02,2027-05-01", "CRP,3,mg/L,2026-01-02,1990-05-01"
    )
    summary = run(source, tmp_path / "out.csv")
    assert summary.late_births == 1
    (failure,) = rows(tmp_path / "out.csv.failures.csv")
    assert (failure["file"], failure["row"]) == ("in.csv", "1")
    assert "2027-05-01" in failure["reason"]
    assert not summary.unreadable


def test_duplicates_are_counted(tmp_path: Path) -> None:
    line = "7,Potassium,2.9,mmol/L,2026-01-02"
    source = write(tmp_path / "in.csv", HEAD + ",lab_row", line + ",1", line + ",2", line.replace("7,", "8,", 1) + ",3", line + ",4")
    summary = run(source, tmp_path / "out.csv")
    assert summary.duplicates.count() == 2
    assert len(rows(tmp_path / "out.csv")) == 4
    assert any("2 rows said before" in told for told in summary.lines())


def test_very_many_rows_are_counted_about_right(monkeypatch: pytest.MonkeyPatch) -> None:
    from labinterp.batch.summary import Duplicates

    monkeypatch.setattr("labinterp.batch.summary.EXACT", 4000)
    counted = Duplicates()
    ids = [f"p{i}" for i in range(20_000)]
    for start in range(0, 20_000, 500):
        counted.add([pa.array(ids[start : start + 500]), pa.array(["CRP"] * 500)])
        counted.add([pa.array(ids[start : start + 500]), pa.array(["CRP" if start % 1000 else "CK"] * 500)])  # every other is a repetition
    assert counted.every > 1
    assert counted.size <= 4000
    assert counted.count() == pytest.approx(10_000, rel=0.15)


def test_a_parquet_without_the_needed_columns_says_which_there_are(tmp_path: Path) -> None:
    pq.write_table(pa.table({"who": list(range(10)), "what": ["x"] * 10}), tmp_path / "in.parquet")
    with pytest.raises(labinterp.ReadError, match="who, what"):
        run(tmp_path / "in.parquet", tmp_path / "out.parquet")


def test_a_csv_without_the_needed_columns_says_which_there_are(tmp_path: Path) -> None:
    for lines in (("who,what",), ("who,what", "1,x", "2,y")):
        with pytest.raises(labinterp.ReadError, match=r"--map name_text=COLUMN.*who, what"):
            run(write(tmp_path / "in.csv", *lines), tmp_path / "out.parquet")


def test_a_table_with_headings_only(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", HEAD)
    assert run(source, tmp_path / "out.csv").rows == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith('"patient_id","Test","Result","Unit","Date","marker"')


def test_an_empty_folder_and_a_pattern_without_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(labinterp.ReadError, match="no file"):
        run(tmp_path / "in", tmp_path / "out.csv")
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "*.parquet", tmp_path / "out.csv")


# ---- files ---------------------------------------------------------------------------------------------------------------


def test_globs_folders_and_lists_in_order_and_never_the_output(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / f"{name}.csv", HEAD, f"{name},CRP,3,mg/L,2026-01-02")
    run(tmp_path / "*.csv", tmp_path / "out.csv")
    run(tmp_path, tmp_path / "out.csv")  # again: what was written is no input
    assert [row["file"] for row in rows(tmp_path / "out.csv")] == ["a.csv", "b.csv"]
    run([tmp_path / "b.csv", tmp_path / "a.csv"], tmp_path / "out.csv")
    assert [row["file"] for row in rows(tmp_path / "out.csv")] == ["b.csv", "a.csv"]


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "labs.csv", HEAD, "1,CRP,3,mg/L,2026-01-02")
    found = files_of([tmp_path / "x" / "labs.csv", tmp_path / "y" / "labs.csv"], tmp_path / "out.csv")
    assert len({name for _, name in found}) == 2


# ---- wide tables and presets ---------------------------------------------------------------------------------------------


def test_a_wide_table_by_hand_is_melted_line_by_line(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "id,k,glyc,remark", "1,2.9,,a", "2,,5.2,b", "3,,,c", "4,4.1,6.6,d")
    found = judged(source, tests={"k": "Potassium [mmol/L]", "glyc": "HbA1c [%]"})
    assert answers(found, "id", "remark", "name_text", "value_text", "unit_text", "marker", "value") == [
        ("1", "a", "Potassium", "2.9", "mmol/L", "potassium", 2.9),
        ("2", "b", "HbA1c", "5.2", "%", "hba1c", 5.2),
        ("4", "d", "Potassium", "4.1", "mmol/L", "potassium", 4.1),
        ("4", "d", "HbA1c", "6.6", "%", "hba1c", 6.6),
    ]


def test_a_test_for_a_column_that_is_not_there(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "id,k", "1,2.9")
    with pytest.raises(labinterp.ReadError, match=r"no column na\. The columns are: id, k"):
        run(source, tmp_path / "out.csv", tests={"na": "Sodium [mmol/L]"})


def test_how_a_test_is_written() -> None:
    assert Test.of("Potassium [mmol/L]") == Test(name="Potassium", unit="mmol/L")
    assert Test.of("INR") == Test(name="INR")
    assert Test.of("TSH [m[IU]/L]") == Test(name="TSH", unit="m[IU]/L")


@pytest.mark.parametrize("name", ["mimic", "nhanes", "omop", "synthea"])
def test_every_preset_that_is_shipped_can_be_read(name: str) -> None:
    assert presets.load(name).about
    assert name in presets.shipped()


def test_every_test_of_nhanes_is_one_that_is_known() -> None:
    form = presets.load("nhanes")
    frame = pd.DataFrame(
        [{"name_text": t.name, "value_text": "1", "unit_text": t.unit, "specimen_text": t.specimen} for t in form.tests.values()]
    )
    results = labinterp.interpret(frame).results
    strange = results[results["marker"].isna() | (results["status"] == "unknown_unit")]
    assert strange[["name_text", "unit_text", "status"]].values.tolist() == []


def test_a_preset_of_the_users_own_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    assert preset_of("about: mine\ncolumns: {name_text: what, value_text: [a, b]}\n", "x.yaml").columns["value_text"] == ("a", "b")
    for text, line, why in (
        ("about: mine\ncolumns:\n  nam_text: what\n", 2, "nam_text"),
        ("about: mine\nabout: yours\n", 2, "twice"),
        ("about: mine\nextra: 1\n", 2, "extra"),
        ("columns: {name_text: x}\n", 1, "about"),
    ):
        with pytest.raises(PresetError, match=rf"x\.yaml:{line}.*{why}"):
            preset_of(text, "x.yaml")
    with pytest.raises(PresetError, match="omop"):
        presets.load("none_such")


def test_a_preset_with_everything(tmp_path: Path) -> None:
    form = tmp_path / "mine.yaml"
    form.write_text(
        """
about: a ward's own table
columns: {patient_id: Who, name_text: what, value_text: [number, words], sex: Sex, collected_text: when}
values:
  sex: {1: male, 2: female}
  value_text: {n/a: ""}
fixed: {specimen_text: Urine}
fill: [who]
""",
        encoding="utf-8",
    )
    source = write(
        tmp_path / "in.csv",
        "who,what,number,words,sex,when",
        "p1,Potassium,41,,2,2026-01-02",
        ",Glucose,n/a,negative,2,2026-01-02",
        "p2,Protein,,negative,1,2026-01-03",
    )
    found = judged(source, preset=str(form))
    assert answers(found, "who", "marker", "qualitative") == [
        ("p1", "urine_potassium", None),
        ("p1", "urine_glucose", "negative"),
        ("p2", "urine_protein", "negative"),
    ]


def omop(folder: Path, **more: str) -> Path:
    folder.mkdir(exist_ok=True)
    write(
        folder / "MEASUREMENT.csv",
        "measurement_id,person_id,measurement_concept_id,measurement_date,operator_concept_id,value_as_number,value_as_concept_id,unit_concept_id,range_low,range_high,measurement_source_value,unit_source_value,value_source_value",
        "1,1,3023103,2020-03-04,4172703,2.9,0,8753,3.5,5.1,K,mmol per l,2.9",
        "2,2,3000963,2020-03-04,,12.5,,8713,,,HGB,,12.5",
        "3,2,0,2020-03-04,4171756,1,0,0,,,CRP,mg/L,<1",
        "4,3,3023103,2020-03-04,0,41,0,8753,3.5,5.1,K,,41",
    )
    write(
        folder / "CONCEPT.csv",
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_code",
        "0\tNo matching concept\tMetadata\tNone\tNo matching concept",
        "3023103\tPotassium [Moles/volume] in Serum or Plasma\tMeasurement\tLOINC\t2823-3",
        "3000963\tHemoglobin [Mass/volume] in Blood\tMeasurement\tLOINC\t718-7",
        "8753\tmillimole per liter\tUnit\tUCUM\tmmol/L",
        "8713\tgram per deciliter\tUnit\tUCUM\tg/dL",
    )
    write(
        folder / "PERSON.csv",
        "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime",
        "1,8507,1950,1,2,1950-01-02 00:00:00",
        "2,8532,1960,,,",
    )
    return folder


@pytest.mark.parametrize("given", ["folder", "file"])
def test_omop_joins_concepts_and_persons(tmp_path: Path, given: str) -> None:
    folder = omop(tmp_path / "omop")
    summary = run(folder if given == "folder" else folder / "MEASUREMENT.csv", tmp_path / "out.parquet", preset="omop")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert answers(found, "measurement_id", "measurement_concept_name", "marker", "value", "comparator", "unit", "flag", "basis") == [
        ("1", "Potassium [Moles/volume] in Serum or Plasma", "potassium", 2.9, None, "mmol/L", "L", "printed"),
        ("2", "Hemoglobin [Mass/volume] in Blood", "hemoglobin", 12.5, None, "g/dL", "N", "decision"),  # a woman's limit is 12
        ("3", None, "crp", 1.0, "<", "mg/L", "N", "interval"),
        ("4", "Potassium [Moles/volume] in Serum or Plasma", "potassium", 41.0, None, "mmol/L", None, "printed"),
    ]
    assert found[3]["status"] == "implausible"
    assert answers(found, "patient_sex", "patient_birth_date") == [
        ("male", date(1950, 1, 2)),
        ("female", date(1960, 7, 1)),  # only the year is known: its middle
        ("female", date(1960, 7, 1)),
        (None, None),
    ]
    assert any("2 persons from PERSON.csv" in line for line in summary.lines())


def test_omop_without_concepts_says_what_it_needs(tmp_path: Path) -> None:
    folder = omop(tmp_path / "omop")
    (folder / "CONCEPT.csv").unlink()
    with pytest.raises(labinterp.ReadError, match="needs the table concept"):
        run(folder, tmp_path / "out.parquet", preset="omop")


def test_omop_without_persons_says_so(tmp_path: Path) -> None:
    folder = omop(tmp_path / "omop")
    (folder / "PERSON.csv").unlink()
    summary = run(folder, tmp_path / "out.parquet", preset="omop")
    assert any("sex and age of the persons are not known" in line for line in summary.lines())


def test_mimic_counts_ages_in_its_own_calendar(tmp_path: Path) -> None:
    write(
        tmp_path / "labevents.csv",
        "labevent_id,subject_id,itemid,charttime,value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag",
        "1,10,50971,2180-05-06 22:25:00,___,2.9,mEq/L,3.3,5.1,abnormal",
        "2,10,51464,2180-05-06 22:25:00,NEG,,mg/dL,,,",
    )
    write(tmp_path / "d_labitems.csv", "itemid,label,fluid,category", "50971,Potassium,Blood,Chemistry", "51464,Bilirubin,Urine,Hematology")
    write(tmp_path / "patients.csv", "subject_id,gender,anchor_age,anchor_year,dod", "10,F,52,2180,")
    run(tmp_path, tmp_path / "out.parquet", preset="mimic")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert answers(found, "label", "marker", "value", "flag", "patient_sex", "patient_birth_date")[0] == (
        *("Potassium", "potassium", 2.9, "L", "female"),
        date(2128, 7, 1),
    )
    assert (found[1]["qualitative"], found[1]["marker"]) == ("negative", "urine_bilirubin")


def test_synthea(tmp_path: Path) -> None:
    write(
        tmp_path / "observations.csv",
        "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
        "2019-08-01T13:58:17Z,ab-1,e,laboratory,4548-4,Hemoglobin A1c/Hemoglobin.total in Blood,6.7,%,numeric",
        "2019-08-01T13:58:17Z,ab-1,e,vital-signs,8302-2,Body Height,170.1,cm,numeric",
    )
    write(tmp_path / "patients.csv", "Id,BIRTHDATE,DEATHDATE,GENDER", "ab-1,1989-11-14,,M")
    run(tmp_path, tmp_path / "out.parquet", preset="synthea")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert answers(found, "marker", "category", "status", "patient_sex") == [
        ("hba1c", "diabetes", "ok", "male"),
        (None, None, "unknown_marker", "male"),
    ]


def test_a_folder_without_the_table_of_the_preset(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "other.csv", "a,b", "1,2")
    write(tmp_path / "in" / "more.csv", "a,b", "1,2")
    with pytest.raises(labinterp.ReadError, match=r"called measurement.*more\.csv, other\.csv"):
        run(tmp_path / "in", tmp_path / "out.csv", preset="omop")


# ---- persons -------------------------------------------------------------------------------------------------------------


def test_persons_from_a_second_table_by_any_heading(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv", "Pat,Test,Result,Unit,Date", *(f"{p},Haemoglobin,12.5,g/dL,2026-01-02" for p in ("1", "2", "3", "4"))
    )
    people = write(tmp_path / "people.csv", "Patientennummer;Geschlecht;Geburtsdatum", "1;m;02.03.1950", "2;w;02.03.1950", "4;m;05.06.2020")
    found = judged(source, patients=people, columns={"patient_id": "Pat"})
    assert answers(found, "patient_sex", "patient_birth_date", "flag") == [
        ("male", date(1950, 3, 2), "L"),
        ("female", date(1950, 3, 2), "N"),
        (None, None, "IND"),  # nobody knows: the limits of men and women differ
        ("male", date(2020, 6, 5), "N"),  # a child of five: the limit of WHO is 11.5
    ]


def test_ids_that_two_programs_write_differently_are_the_same(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"patient_id": [93705.0, 93706.0], "test": ["CRP"] * 2, "result": ["3"] * 2}), source)
    people = write(tmp_path / "people.csv", "patient_id,sex,age", "93705,F,66", "93706,M,18")
    assert answers(judged(source, patients=people), "patient_sex", "patient_age") == [("female", 66.0), ("male", 18.0)]


def test_what_two_lines_of_a_person_contradict_is_not_known(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "patient_id,Test,Result", "1,CRP,3", "2,CRP,3")
    people = write(tmp_path / "people.csv", "patient_id,sex,age", "1,F,66", "1,M,66", "2,M,30", "2,M,30")
    assert answers(judged(source, patients=people), "patient_sex", "patient_age") == [(None, 66.0), ("male", 30.0)]


def test_what_the_row_says_of_the_person_wins(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "patient_id,Test,Result,Sex,Age", "1,CRP,3,F,", "1,CRP,3,,41")
    people = write(tmp_path / "people.csv", "patient_id,sex,age", "1,M,66")
    assert answers(judged(source, patients=people), "patient_sex", "patient_age") == [("female", 66.0), ("male", 41.0)]


def test_a_table_of_persons_that_is_none(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "patient_id,Test,Result", "1,CRP,3")
    with pytest.raises(labinterp.ReadError, match="town"):
        run(source, tmp_path / "out.csv", patients=write(tmp_path / "p.csv", "patient_id,town", "1,x"))
    with pytest.raises(labinterp.ReadError, match="ids of the persons"):
        run(source, tmp_path / "out.csv", patients=write(tmp_path / "p.csv", "foo,sex", "1,M"))
    with pytest.raises(labinterp.ReadError, match="no such file"):
        run(source, tmp_path / "out.csv", patients=tmp_path / "none.csv")
    with pytest.raises(labinterp.ReadError, match="patient_id=COLUMN"):
        run(
            write(tmp_path / "in.csv", "Test,Result", "CRP,3"),
            tmp_path / "out.csv",
            patients=write(tmp_path / "p.csv", "patient_id,sex", "1,M"),
        )


def test_the_age_is_that_of_the_day_of_collection(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv", "patient_id,Test,Result,Unit,Date", "1,Haemoglobin,12.5,g/dL,2026-01-02", "1,Haemoglobin,12.5,g/dL,2038-07-02"
    )
    people = write(tmp_path / "people.csv", "patient_id,sex,birth_date", "1,M,2020-06-05")
    assert answers(judged(source, patients=people), "flag", "status") == [("N", "ok"), ("L", "ok")]  # WHO: 11.5 at five, 13 for a man


@pytest.mark.parametrize(("words", "sexes"), [(("男", "女"), ("L", "N")), (("H", "M"), ("L", "N")), (("1", "2"), ("IND", "IND"))])
def test_words_for_the_sexes(tmp_path: Path, words: tuple[str, str], sexes: tuple[str, str]) -> None:
    """Hombre and mujer; a number is the code of a list that nobody has printed."""
    source = write(tmp_path / "in.csv", "Test,Result,Unit,Sexo", *(f"Haemoglobin,12.5,g/dL,{word}" for word in words))
    assert answers(judged(source, patient=labinterp.Patient(age=40)), "flag") == [(flag,) for flag in sexes]


# ---- FHIR, a resource a line ---------------------------------------------------------------------------------------------


def observation(number: int, patient: str, value: float = 2.9, **more: Any) -> str:
    return json.dumps(
        {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": "final",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3", "display": "Potassium"}]},
            "subject": {"reference": f"Patient/{patient}"},
            "effectiveDateTime": "2026-01-02T10:00:00Z",
            "valueQuantity": {"value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
            **more,
        }
    )


def person(id_: str, gender: str, born: str) -> str:
    return json.dumps({"resourceType": "Patient", "id": id_, "gender": gender, "birthDate": born})


@pytest.mark.parametrize("ending", [".ndjson", ".ndjson.gz"])
def test_observations_line_by_line(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labinterp.batch.observations.LINES", 600)
    lines = [
        *(observation(i, f"p{i % 2}", 2.9 + i) for i in range(3)),
        '{"resourceType": "Observation", "id"',
        observation(8, "p0", category=[{"coding": [{"code": "vital-signs"}]}]),
        "[1, 2]",
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": json.loads(observation(9, "p0", 4.4))}]}),
        person("p0", "female", "1990-05-06"),  # behind the results: it counts for all of them
    ]
    source = tmp_path / f"in{ending}"
    text = ("\n".join(lines)).encode()
    source.write_bytes(gzip.compress(text) if ending.endswith("gz") else text)
    summary = run(source, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert answers(found, "patient_id", "value_text", "value", "flag", "patient_sex") == [
        ("p0", "2.9", 2.9, "L", "female"),
        ("p1", "3.9", 3.9, "N", None),
        ("p0", "4.9", 4.9, "N", "female"),
        ("p0", "4.4", 4.4, "N", "female"),
    ]
    assert found[0]["patient_birth_date"] == date(1990, 5, 6)
    failures = rows(tmp_path / "out.parquet.failures.csv")
    assert [row["row"] for row in failures] == ["4", "6"]
    assert sum(summary.left_out.values()) == 1


def test_patients_of_a_bulk_export_as_the_table_of_persons(tmp_path: Path) -> None:
    source = write(tmp_path / "Observation.ndjson", observation(1, "p0"))
    people = write(tmp_path / "Patient.ndjson", person("p0", "male", "1950-02-03"))
    assert answers(judged(source, patients=people), "patient_sex", "patient_birth_date") == [("male", date(1950, 2, 3))]


def test_lines_that_are_no_fhir(tmp_path: Path) -> None:
    with pytest.raises(labinterp.ReadError, match="no line is a FHIR resource"):
        run(write(tmp_path / "in.ndjson", '{"a": 1}', '{"b": 2}'), tmp_path / "out.csv")


def test_results_that_are_not_final_are_counted(tmp_path: Path) -> None:
    """They are judged, the column `review` says why to look, and the summary how many there are."""
    one = {"resourceType": "Observation", "code": {"text": "Potassium"}, "valueQuantity": {"value": 4.1, "unit": "mmol/L"}}
    lines = [json.dumps({**one, "status": status}) for status in ("preliminary", "final", "final")]
    (tmp_path / "in.ndjson").write_text("\n".join(lines), encoding="utf-8")
    summary = run(tmp_path / "in.ndjson", tmp_path / "out.parquet")
    assert summary.to_review == summary.to_dict()["rows_to_review"] == 1
    assert any(line.startswith("1 row for a person to look at") for line in summary.lines())
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert ["preliminary" in (row["review"] or "") for row in rows] == [True, False, False]
    assert {row["status"] for row in rows} == {"ok"}


def test_a_result_that_is_not_final_reassures_nobody_in_the_causes_of_a_person(tmp_path: Path) -> None:
    """As in a single report, a normal vitamin B12 that is preliminary counts as not judged."""

    def person(status: str) -> dict[str, Any]:
        results = [("Vitamin B12", 520, "pg/mL", status), ("MMA", 900, "nmol/L", "final"), ("CK", 900, "U/L", "final")]
        lines = [
            {"resourceType": "Observation", "code": {"text": name}, "valueQuantity": {"value": value, "unit": unit}, "status": said}
            | {"subject": {"reference": "Patient/7"}}
            for name, value, unit, said in results
        ]
        source = tmp_path / f"{status}.ndjson"
        source.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        run(source, tmp_path / f"{status}.parquet", causes=True)
        (row,) = pq.read_table(tmp_path / f"{status}.parquet.causes.parquet").to_pylist()
        return {name: row[name] for name in ("results", "not_judged")}

    assert person("final") == {"results": 3, "not_judged": 0}
    assert person("preliminary") == {"results": 3, "not_judged": 1}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_says_which_results_are_not_final(tmp_path: Path, kind: str) -> None:
    """What its column of statuses says becomes the remark of the row, and a row like that is never called inside."""
    lines = (
        "p1,Sodium,139,mmol/L,preliminary",
        "p1,Potassium,4.1,mmol/L,final",
        "p1,Calcium,2.4,mmol/L,Entered-in-error",
        "p1,CRP,1,mg/L,",
    )
    target = tmp_path / f"out.{kind}"
    summary = run(write(tmp_path / "in.csv", "Patient ID,Test,Result,Unit,Result status", *lines), target, causes=True)
    judged = pd.read_csv(target) if kind == "csv" else pd.read_parquet(target)
    remarks = judged["review"].fillna("").tolist()
    assert [("preliminary" in one, "withdrawn" in one, not one) for one in remarks] == [
        (True, False, False),
        (False, False, True),
        (False, True, False),
        (False, False, True),
    ]
    assert judged["Result status"].fillna("").tolist() == ["preliminary", "final", "Entered-in-error", ""]
    assert summary.to_review == 2
    causes = tmp_path / f"out.{kind}.causes.{kind}"
    [person] = (pd.read_csv(causes) if kind == "csv" else pd.read_parquet(causes)).to_dict("records")
    assert (person["results"], person["outside"], person["not_judged"]) == (4, 0, 2)


def test_any_of_several_statuses_may_say_that_a_result_is_not_final(tmp_path: Path) -> None:
    """The order is complete, the result is not: as in a report, any column of statuses counts."""
    lines = ("Sodium,139,mmol/L,complete,preliminary", "Potassium,4.1,mmol/L,complete,final", "CRP,1,mg/L,provisional,final")
    run(write(tmp_path / "in.csv", "Test,Result,Unit,Status,Result status", *lines), tmp_path / "out.csv")
    assert pd.read_csv(tmp_path / "out.csv")["review"].notna().tolist() == [True, False, True]
    assert (labinterp.read(tmp_path / "in.csv").rows["review"] != "").tolist() == [True, False, True]


def test_remarks_of_the_table_itself_stay(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "Test,Result,Unit,Status,review", "Sodium,139,mmol/L,preliminary,mine")
    run(source, tmp_path / "out.csv")
    assert pd.read_csv(tmp_path / "out.csv")["review"].tolist() == ["mine"]
    plain = write(tmp_path / "plain.csv", "Test,Result,Unit", "Sodium,139,mmol/L")
    run(plain, tmp_path / "plain.out.csv")
    assert "review" not in pd.read_csv(tmp_path / "plain.out.csv").columns
