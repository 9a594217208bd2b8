"""Arrow in, Arrow out: the same answers as one report, nothing of the input lost, NULL for what is not known."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import labinterp
from labinterp.batch import ANSWERS, columns_of, interpret_batch, run
from labinterp.reference import Reference

ROWS = {
    "name_text": ["Potassium", "HbA1c", "Zorblax", "CRP", "Vitamin B12", "Haemoglobin"],
    "value_text": ["2.4", "55", "3", "<1.0", "165", "12.5"],
    "unit_text": ["mmol/L", "%", "U/L", "mg/L", "pg/mL", "g/dL"],
    "range_text": ["3.5 - 5.1", "", "", "0 - 5", "", ""],
    "sex": ["female", "", "", "", "", "male"],
    "age": [58, None, None, None, None, 40],
}


def batch(rows: dict[str, list[object]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(rows)


def test_batch_gives_the_answers_of_interpret() -> None:
    got = interpret_batch(batch(ROWS)).to_pandas()
    one = labinterp.interpret(pd.DataFrame(ROWS)).results
    for column in ("marker", "flag", "status", "category", "unit", "basis", "interval_id"):
        assert got[column].fillna("").tolist() == one[column].fillna("").tolist(), column
    assert got["flag"].fillna("").tolist()[0] == "LL"  # the critical limit is 2.5 mmol/L
    assert got["status"].tolist()[1:3] == ["implausible", "unknown_marker"]


def test_the_sentences_are_in_the_language_of_the_reference() -> None:
    """The same limits and reasons as `interpret` tells in that language; everything else is as in English."""
    german = Reference.default(language="de")
    told = ("reason", "limit_text")
    rows = {
        "name_text": ["Kalium", "HbA1c", "Zorblax", "CRP", "Vitamin B12", "Hämoglobin", "Magnesium", "CK", "Kalium", "CRP"],
        "value_text": ["38", "55", "3", "-3", "165", "12,5", "2", "250", "folgt", "nicht nachweisbar"],
        "unit_text": ["mmol/l", "%", "U/l", "mg/l", "pg/ml", "g/dl", "parsec", "U/l", "mmol/l", "mg/l"],
    }
    one = labinterp.interpret(pd.DataFrame(rows), reference=german).results
    got, english = (
        interpret_batch(batch(rows), reference=ref).to_pandas().astype(object).fillna("") for ref in (german, Reference.default())
    )
    for column in told:
        assert got[column].tolist() == one[column].fillna("").tolist(), column
    assert got["reason"][2] == "Der Name 'Zorblax' ist nicht bekannt."
    assert all(mine != theirs for mine, theirs in zip(got["reason"], english["reason"]) if theirs)
    assert english["reason"].ne("").sum() >= 6
    assert got.drop(columns=[*told]).equals(english.drop(columns=[*told]))


def test_cut_anywhere_the_answers_are_the_same() -> None:
    whole = batch(ROWS)
    answers = interpret_batch(whole).select(ANSWERS.names)
    for cut in range(1, whole.num_rows):
        parts = [interpret_batch(part).select(ANSWERS.names) for part in (whole.slice(0, cut), whole.slice(cut))]
        assert pa.Table.from_batches(parts).combine_chunks().to_batches() == [answers], cut


def test_what_is_not_known_is_null_and_never_nan() -> None:
    got = interpret_batch(batch(ROWS))
    assert got.schema.names[-len(ANSWERS) :] == ANSWERS.names
    assert [got.schema.field(name).type for name in ANSWERS.names] == ANSWERS.types
    for name in ANSWERS.names:
        values = got.column(name).to_pylist()
        assert not any(value != value or value == "" for value in values if value is not None), name
    assert got.column("value")[2].as_py() is None
    assert got.column("abnormal")[1].as_py() is None


def test_columns_of_the_input_come_out_unchanged_and_first() -> None:
    given = pa.RecordBatch.from_pydict({"flag": ["mine"], "note": ["=1+1"], "name_text": ["CRP"], "value_text": [3.0]})
    got = interpret_batch(given)
    assert got.schema.names[:4] == ["flag_given", "note", "name_text", "value_text"]
    assert got.column("flag_given").to_pylist() == ["mine"]
    assert got.column("note").to_pylist() == ["=1+1"]
    assert got.column("value_text").to_pylist() == [3.0]  # a number stays a number


def test_dictionary_columns_are_read() -> None:
    given = pa.RecordBatch.from_arrays(
        [
            pa.array(["Potassium", "Potassium"]).dictionary_encode(),
            pa.array(["2.9", None]).dictionary_encode(),
            pa.array(["mmol/L", "mmol/L"]),
        ],
        names=["name_text", "value_text", "unit_text"],
    )
    got = interpret_batch(given)
    assert got.column("value").to_pylist() == [2.9, None]
    assert got.column("marker").to_pylist() == ["potassium", "potassium"]


def test_two_ends_of_a_range_and_a_comparator_are_put_together() -> None:
    given = batch({"Test": ["CRP"], "Comparator": ["<"], "Result": ["1"], "Unit": ["mg/L"], "Low": ["0"], "High": ["5"]})
    got = interpret_batch(given).to_pandas().iloc[0]
    assert (got["comparator"], got["limit_text"], got["flag"]) == ("<", "0 - 5", "N")


def test_a_comparator_of_its_own_column_means_what_it_means_before_the_number() -> None:
    """ "<=5" may be 5, which "<5" does not allow: it is not normal. "=" says nothing."""
    comparators = ["<=", "<", ">=", ">", "=", ""]
    rest = {"Test": ["CRP"] * 6, "Unit": ["mg/L"] * 6, "Range": ["<5"] * 6}
    apart = interpret_batch(batch({**rest, "Comparator": comparators, "Result": ["5"] * 6}))
    assert apart.column("comparator").to_pylist() == ["<=", "<", ">=", ">", None, None]
    assert apart.column("flag").to_pylist() == ["IND", "N", "H", "H", "H", "H"]
    together = interpret_batch(batch({**rest, "Result": [f"{comparator}5" for comparator in comparators]}))
    assert apart.select(ANSWERS.names).equals(together.select(ANSWERS.names))


def test_headings_are_known_words_unless_told_otherwise() -> None:
    assert columns_of(["Analyse", "Ergebnis", "Einheit"]) == {"name_text": "Analyse", "value_text": "Ergebnis", "unit_text": "Einheit"}
    assert columns_of(["Test", "Result", "Old result"], {"value_text": "Old result"})["value_text"] == "Old result"


def test_a_batch_without_a_value_column_is_refused() -> None:
    with pytest.raises(ValueError, match="value_text"):
        interpret_batch(batch({"name_text": ["CRP"]}))


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2.9, float("nan"), None]),
        pa.array([2.9, float("nan"), None]).dictionary_encode(),
        pa.array(["2.9", "", None], pa.large_string()),
        pa.array(["2.9", None, None], pa.string_view()),
        pa.array([Decimal("2.90"), None, None]),
    ],
    ids=lambda values: str(values.type),
)
def test_values_of_every_arrow_type_are_read(values: pa.Array) -> None:
    rest = [pa.array(["Potassium"] * 3), pa.array(["mmol/L"] * 3), pa.array([date(2024, 5, 6)] * 3), pa.array([58, None, 3]), pa.nulls(3)]
    given = pa.RecordBatch.from_arrays([*rest, values], names=["name_text", "unit_text", "collected_text", "age", "sex", "value_text"])
    got = interpret_batch(given)
    assert got.column("value").to_pylist() == [2.9, None, None]
    assert got.column("status").to_pylist() == ["ok", "not_a_result", "not_a_result"]
    assert interpret_batch(given.slice(0, 0)).schema == got.schema


def test_an_age_that_no_person_has_is_not_known() -> None:
    """999 is how tables write "not known"; taken for an age, a limit that grows with age would call anything normal."""
    given = batch({"name_text": ["ESR"] * 3, "value_text": ["90"] * 3, "unit_text": ["mm/h"] * 3, "sex": ["F"] * 3, "age": [999, -1, None]})
    answers = interpret_batch(given).select(ANSWERS.names).to_pylist()
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["abnormal"] is not False


# ---- files ---------------------------------------------------------------------------------------------------------------


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8", newline="")))


def test_the_decimal_mark_is_voted_over_the_whole_table(tmp_path: Path) -> None:
    """1,234 alone may be both; the other rows of the table decide, wherever they stand."""
    source = write(tmp_path / "in.csv", "Test;Result;Unit", "Creatinine;1,234;mg/dL", *["CRP;12,5;mg/L"] * 5)
    run(source, tmp_path / "out.csv")
    assert read(tmp_path / "out.csv")[0]["value"] == "1.234"


def test_rows_after_the_first_may_outvote_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 64)  # the heading and one row
    monkeypatch.setattr("labinterp.batch.sources.HEAD", 1)
    head = "Test;Result;Unit;Date"
    source = write(tmp_path / "in.csv", head, "Creatinine;1,234;mg/dL;03/04/2024", *["CRP;12,5;mg/L;25/12/2023"] * 9)
    outcome = run(source, tmp_path / "out.csv")
    assert outcome.rows == 10
    assert sum(outcome.status.values()) == 10
    assert read(tmp_path / "out.csv")[0]["value"] == "1.234"


def test_a_large_table_is_read_in_several_batches_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labinterp.batch.tables.BLOCK", 2000)
    source = write(
        tmp_path / "in.csv", "Test,Result,Unit,Note", *(f'Potassium,{3 + i % 30 / 10:.1f},mmol/L,"line\n{i}"' for i in range(500))
    )
    outcome = run(source, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert outcome.rows == table.num_rows == 500
    assert table.column("Note").to_pylist() == [f"line\n{i}" for i in range(500)]
    assert table.column("value").to_pylist() == [round(3 + i % 30 / 10, 1) for i in range(500)]


def test_parquet_with_numbers_in_and_csv_out(tmp_path: Path) -> None:
    pq.write_table(pa.table({"test": ["Potassium", "CRP"], "result": [2.9, None], "unit": ["mmol/L", "mg/L"]}), tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "out.csv")
    first, second = read(tmp_path / "out.csv")
    assert (first["result"], first["value"], first["marker"]) == ("2.9", "2.9", "potassium")
    assert (second["value"], second["flag"]) == ("", "")


def test_a_wide_table_becomes_one_row_a_result(tmp_path: Path) -> None:
    source = write(tmp_path / "wide.csv", "Date,Potassium (mmol/L),CRP (mg/L)", "2026-01-02,4.1,", "2026-02-02,2.9,3")
    outcome = run(source, tmp_path / "out.csv")
    assert outcome.rows == 3
    assert [(row["marker"], row["value_text"]) for row in read(tmp_path / "out.csv")] == [
        ("potassium", "4.1"),
        ("potassium", "2.9"),
        ("crp", "3"),
    ]


def test_the_output_must_be_of_a_known_kind(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "Test,Result", "CRP,3")
    with pytest.raises(labinterp.ReadError, match=r"\.csv or a \.parquet"):
        run(source, tmp_path / "out.xlsx")


def test_an_output_says_what_judged_it(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "Test,Result,Unit", "Potassium,4.1,mmol/L")
    run(source, tmp_path / "out.parquet")
    told = {"labinterp": labinterp.__version__, "knowledge": labinterp.Reference.default().digest}
    metadata = pq.ParquetFile(tmp_path / "out.parquet").metadata.metadata
    assert {name: metadata[name.encode()].decode() for name in told} == told
    assert json.loads((tmp_path / "out.parquet.summary.json").read_text()).items() >= told.items()


@pytest.mark.parametrize("stage", ["read_rows", "choose_intervals", "flag_results"])
def test_what_is_half_learnt_answers_nothing(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """A run that fails in the middle of learning and goes on, as an engine may, starts to learn anew."""
    from labinterp.batch import rows as stages
    from labinterp.batch.judging import Judge

    judge, expected = Judge(columns_of(list(ROWS))), interpret_batch(batch(ROWS)).select(ANSWERS.names)
    with monkeypatch.context() as broken:
        broken.setattr(stages, stage, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            judge.judge(batch(ROWS))
    assert judge.judge(batch(ROWS)).select(ANSWERS.names).cast(ANSWERS).to_pylist() == expected.to_pylist()
    assert sum(judge.tally().values()) == len(ROWS["name_text"])
