"""JSON against its published schema, CSV that no spreadsheet runs, Parquet without NaN, FHIR that validates and reads back the same."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyarrow.parquet
import pytest
from fhir.resources.R4B.bundle import Bundle

from labinterp import Interpretation, Patient, interpret, read
from labinterp.export.csv import is_formula, to_csv
from labinterp.export.fhir import to_fhir
from labinterp.export.json import plain, schema, to_dict, to_json

TABLE = """Test;Ergebnis;Einheit;Referenzbereich;Flag;Abnahmedatum;Material
Kalium;2,9;mmol/l;3,5 - 5,1;-;19.01.2026;
Kalium;38;mmol/l;25 - 125;;19.01.2026;Urin
HbA1c;6,2;%;4,0 - 6,0;+;19.01.2026;
CRP;<0,6;mg/l;< 5,0;;19.01.2026;
Vitamin B12;165;pg/ml;;;19.01.2026;
CK;4520;U/l;;;19.01.2026;
Hämoglobin;104;g/l;;;19.01.2026;
Calcium;2,10;mmol/l;2,20 - 2,65;;19.01.2026;
Albumin;30;g/l;35 - 52;;19.01.2026;
HbA1c;55;%;;;;
Magnesium;;mmol/l;0,7 - 1,0;-;;
Borrelien-Antikörper;negativ;;negativ;;19.01.2026;
Zorblax;12;U/l;5 - 20;;;
TSH;folgt;mU/l;0,4 - 4,0;;;
"""
PERSON = Patient(sex="female", age=58)
SAME = (
    "marker",
    "value",
    "unit",
    "comparator",
    "qualitative",
    "flag",
    "category",
    "severity",
    "abnormal",
    "status",
    "basis",
    "flag_text",
    "range_text",
)


@pytest.fixture(scope="module")
def answer() -> Interpretation:
    return interpret(read(TABLE.encode(), name="befund.csv"), patient=PERSON)


def test_json_keeps_to_the_published_schema(answer: Interpretation, tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    path = tmp_path / "answer.json"
    to_json(answer, path)
    said = json.loads(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(said)] == []
    assert said == answer.to_dict()
    potassium = said["results"][0]
    assert (potassium["marker"], potassium["value"], potassium["flag"], potassium["collected"]) == ("potassium", 2.9, "L", "2026-01-19")
    assert said["results"][3]["low"] is None and said["results"][3]["high"] == 0.6
    assert set(said["sources"]) >= {row["source_id"] for row in said["results"] if row["source_id"]} - {"report"}


def test_every_source_that_json_cites_is_explained_in_it(answer: Interpretation) -> None:
    said = to_dict(answer)
    cited = {source for finding in said["findings"] for source in finding["sources"]}
    assert cited <= set(said["sources"])


def test_the_schema_refuses_what_is_no_interpretation() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "1.0", "results": []}, schema())


def test_json_has_no_infinity_and_no_nan() -> None:
    assert plain({"a": math.inf, "b": math.nan, "c": (1, pd.NaT), "d": pd.Timestamp("2026-01-02")}) == {
        "a": None, "b": None, "c": [1, None], "d": "2026-01-02T00:00:00",
    }  # fmt: skip


def test_the_name_of_the_person_is_in_no_export() -> None:
    report = read(b"Patient name: Ada Example\nTest,Result,Unit\nPotassium,2.9,mmol/L\n", name="r.csv")
    answer = interpret(report)
    assert report.patient_name == "Ada Example"
    for text in (json.dumps(to_fhir(answer, patient=True)), to_csv(answer)):
        assert "Ada" not in text


@pytest.mark.parametrize(
    "text", ["=1+1", "=HYPERLINK('x')", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "-A1", "+49 30 123"]
)
def test_formulas_are_disarmed(text: str) -> None:
    assert is_formula(text)


@pytest.mark.parametrize("text", ["-3", "-3,5", "+1.2e-3", "+", "-", "--", "+/-", "3.5 - 5.1", "<5", "Potassium", ""])
def test_numbers_and_signs_are_no_formulas(text: str) -> None:
    assert not is_formula(text)


def test_csv_is_safe_and_complete(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"name_text": ["=cmd()", "CRP", "CRP"], "value_text": ["4", "-3", "5"], "unit_text": "mg/L", "flag_text": ["", "+", "-"]}
    )
    answer = interpret(frame)
    path = tmp_path / "out.csv"
    to_csv(answer, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(back["name_text"]) == ["'=cmd()", "CRP", "CRP"]
    assert list(back["value_text"]) == ["4", "-3", "5"] and list(back["flag_text"]) == ["", "+", "-"]
    assert list(back.columns) == [*answer.results.columns, "labinterp", "knowledge"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_reading_our_own_table_gives_the_same_interpretation(answer: Interpretation, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{kind}"
    to_csv(answer, path) if kind == "csv" else answer.to_frame().to_parquet(path)
    again = interpret(read(path), patient=PERSON)
    pd.testing.assert_frame_equal(again.results[list(SAME)], answer.results[list(SAME)])


def test_parquet_has_null_for_what_is_missing(answer: Interpretation, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    answer.to_frame().to_parquet(path)
    table = pyarrow.parquet.read_table(path)
    assert table.num_rows == len(answer.results) and table.column_names == list(answer.results.columns)
    assert table["value"].null_count == answer.results["value"].isna().sum() > 0
    assert not any(value != value for value in table["value"].to_pylist() if value is not None)
    assert str(table["collected"].type) == "date32[day]" and str(table["abnormal"].type) == "bool"


def test_fhir_is_valid_and_never_a_condition(answer: Interpretation) -> None:
    bundle = to_fhir(answer, patient=True)
    Bundle.model_validate_json(json.dumps(bundle))
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert set(kinds) == {"DiagnosticReport", "Patient", "Observation", "GuidanceResponse"}
    assert kinds.count("Observation") == len(answer.results) + len(answer.derived)
    assert "you have" not in json.dumps(bundle).lower()
    assert to_fhir(answer, patient=True) == bundle  # the same ids every time


def test_fhir_has_a_patient_only_if_asked(answer: Interpretation) -> None:
    assert "Patient" not in {entry["resource"]["resourceType"] for entry in to_fhir(answer)["entry"]}
    assert "subject" not in json.dumps(to_fhir(answer))


def observation(bundle: dict[str, Any], name: str, nth: int = 0) -> dict[str, Any]:
    found = [entry["resource"] for entry in bundle["entry"] if entry["resource"].get("code", {}).get("text") == name]
    return found[nth]  # type: ignore[no-any-return]


def test_fhir_keeps_the_printed_quantity_and_adds_the_canonical_one(answer: Interpretation) -> None:
    quantity = observation(to_fhir(answer), "Vitamin B12")["valueQuantity"]
    assert (quantity["value"], quantity["unit"], quantity["code"]) == (165, "pg/ml", "pg/mL")
    canonical = answer.results.loc[answer.results["name_text"] == "Vitamin B12"].iloc[0]
    if canonical["unit"] != "pg/mL":
        translated = quantity["extension"][0]["valueQuantity"]
        assert (translated["value"], translated["code"]) == (canonical["value"], canonical["unit"])
    assert observation(to_fhir(answer), "CRP")["valueQuantity"]["comparator"] == "<"


def test_fhir_names_the_source_of_a_limit_that_is_not_the_laboratorys(answer: Interpretation) -> None:
    row = answer.results[answer.results["name_text"] == "Vitamin B12"].iloc[0]
    ranges = observation(to_fhir(answer), "Vitamin B12")["referenceRange"]
    assert answer.reference.sources[row["source_id"]].organisation in ranges[-1]["text"]
    assert observation(to_fhir(answer), "Kalium")["referenceRange"] == [{"text": "3,5 - 5,1"}]


def test_a_derived_result_says_what_it_comes_from(answer: Interpretation) -> None:
    bundle = to_fhir(answer)
    derived = [e["resource"] for e in bundle["entry"] if "derivedFrom" in e["resource"]]
    assert len(derived) == len(answer.derived) > 0
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert all(link["reference"] in urls for one in derived for link in one["derivedFrom"])


def test_reading_our_own_fhir_gives_the_same_interpretation(answer: Interpretation) -> None:
    report = read(json.dumps(to_fhir(answer, patient=True)).encode(), name="own.json")
    assert (report.patient.sex, report.patient.age) == ("female", 58.0)
    again = interpret(report)
    pd.testing.assert_frame_equal(again.results[list(SAME)], answer.results[list(SAME)])
    assert [(a.id, a.urgency) for a in again.alerts] == [(a.id, a.urgency) for a in answer.alerts]
    assert [(f.cause, f.tier) for f in again.findings] == [(f.cause, f.tier) for f in answer.findings]
    assert list(again.derived["marker"]) == list(answer.derived["marker"])


def test_several_people_are_no_one_report() -> None:
    answer = interpret(read(b"Patient ID,Test,Result,Unit\n1,CRP,4,mg/L\n2,CRP,5,mg/L\n"))
    with pytest.raises(ValueError, match="2 people"):
        to_fhir(answer)
