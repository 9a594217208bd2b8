"""Which marker a printed name means: exactly, by its reduced form, nearly (and then said so), or not at all."""

from __future__ import annotations

import pandas as pd
import pytest

import labinterp
from labinterp.identify import match
from labinterp.interpretation import Interpretation
from labinterp.reference import Reference

REF = Reference.default()


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        ("Potassium", "potassium"),
        ("S-Potassium", "potassium"),
        ("P–Kalium", "potassium"),
        ("Kreatinin i.S.", "creatinine"),
        ("Creatine Kinase (CK), Total", "ck"),
        ("Creatinine Phosphokinase", "ck"),
        ("Vitamin B 12, Serum", "vitamin_b12"),
        ("VITAMIN D 25 HYDROXY", "vitamin_d_25oh"),
        ("B-HbA1c", "hba1c"),
        ("Hämoglobin", "hemoglobin"),
        ("2823-3", "potassium"),
        ("Glucose - Fasting", "glucose_fasting"),
    ],
)
def test_names_as_reports_print_them(name: str, marker: str) -> None:
    found = match(REF, name)
    assert found.marker == marker
    assert found.how != "fuzzy"


@pytest.mark.parametrize("name", ["25-OH Vitamin D2", "Estimated Average Glucose", "VS 2e heure", "SARS-CoV-2 RT-PCR", "", "???"])
def test_names_of_other_things_are_not_taken(name: str) -> None:
    found = match(REF, name)
    assert found.marker is None
    assert found.reason


def test_a_vitamin_is_not_the_ion_of_the_same_letter() -> None:
    assert match(REF, "Vitamin K").marker != "potassium"


def test_urine_is_not_blood() -> None:
    for found in (
        match(REF, "U-Kalium"),
        match(REF, "Potassium, Urine"),
        match(REF, "Potassium", section="URINE CHEMISTRY"),
        match(REF, "Potassium", specimen="Urin"),
    ):
        assert found.marker != "potassium"


def test_a_near_name_is_visible_with_its_score() -> None:
    found = match(REF, "Haemoglobln")
    assert (found.marker, found.how) == ("hemoglobin", "fuzzy")
    assert 0.85 < found.score < 1


@pytest.mark.parametrize(("name", "never"), [("Vitamin B11", "vitamin_b12"), ("Free T5", "free_t4"), ("IgX", None)])
def test_digits_and_short_words_are_never_forgiven(name: str, never: str | None) -> None:
    assert match(REF, name).marker in (None,) or match(REF, name).marker != never


def test_an_excluded_loinc_code_is_another_quantity() -> None:
    assert match(REF, "Potassium", code="2828-2").marker != "potassium"


def test_the_unit_parts_counts_from_percentages() -> None:
    assert match(REF, "Neutrophils", unit="%").marker == "neutrophils_percent"
    assert match(REF, "Neutrophils", unit="10*3/uL").marker == "neutrophils"


@pytest.mark.parametrize("name", ["Calcium, Ionized, pH 7.4", "Calcium (albumin corrected)"])
def test_a_name_that_is_ruled_out_in_blood_never_becomes_its_urine_namesake(name: str) -> None:
    assert match(REF, name).marker not in ("calcium", "urine_calcium")


@pytest.mark.parametrize("section", ["Ascites", "Body fluid analysis", "Pleurapunktat", "Peritoneal fluid"])
def test_what_was_taken_from_elsewhere_is_not_judged_as_blood(section: str) -> None:
    assert match(REF, "Total protein", section=section, unit="g/L").marker is None


def under(section: str, name: str, value: str, unit: str, range_: str) -> Interpretation:
    frame = pd.DataFrame([{"name_text": name, "value_text": value, "unit_text": unit, "range_text": range_, "section_text": section}])
    return labinterp.interpret(frame)


def test_a_heading_does_not_turn_blood_into_urine_against_the_printed_range() -> None:
    answer = under("Urine", "Potassium", "6.9", "mmol/L", "3.5 - 5.1")
    assert answer.results["marker"].iat[0] == "potassium"
    assert any(alert.marker == "potassium" and alert.urgency == "emergency" for alert in answer.alerts)
    assert any(notice.id == "heading" for notice in answer.notices)


def test_a_urine_range_and_a_urine_name_stay_urine() -> None:
    assert under("Urine", "Potassium", "45", "mmol/L", "25 - 125").results["marker"].iat[0] == "urine_potassium"
    assert under("", "Urine potassium", "4.5", "mmol/L", "3.5 - 5.1").results["marker"].iat[0] == "urine_potassium"
    assert under("Urine", "Potassium", "45", "mmol/L", "").results["marker"].iat[0] == "urine_potassium"


def judged_row(name: str, code: str, specimen: str = "", value: str = "4.1", unit: str = "mmol/L") -> pd.Series:
    columns = ["name_text", "code_text", "specimen_text", "value_text", "unit_text"]
    return labinterp.interpret(pd.DataFrame([[name, code, specimen, value, unit]], columns=columns)).results.iloc[0]


@pytest.mark.parametrize(
    ("name", "code", "specimen"),
    [
        ("Sodium", "2823-3", ""),  # potassium
        ("Natrium", "2823-3", "Serum"),
        ("Sodium [Moles/volume] in Serum or Plasma", "2823-3", ""),
        ("Creatinine", "2951-2", ""),  # sodium
        ("Potassium", "2823-3", "Urine"),  # the code is of serum
        ("Urine potassium", "2823-3", ""),
        ("Albumin", "1751-7", "Ascites"),
    ],
)
def test_a_code_that_contradicts_name_or_specimen_makes_the_row_neither(name: str, code: str, specimen: str) -> None:
    row = judged_row(name, code, specimen)
    assert row["status"] == "unknown_marker" and pd.isna(row["marker"]) and row["abnormal"] is not False
    assert code in row["reason"]


@pytest.mark.parametrize(
    ("name", "code", "marker"),
    [
        ("Kalium", "2823-3", "potassium"),  # the same in another language
        ("Potassium", "6298-4", "potassium"),  # whole blood
        ("Glucose", "1558-6", "glucose_fasting"),  # the code says more: Fasting glucose [Mass/volume] in Serum or Plasma
        ("Cholesterol", "13457-7", "cholesterol_ldl"),  # Cholesterol in LDL, by calculation
        ("Zorblax", "2823-3", "potassium"),  # a name of nothing known
        ("2823-3", "2823-3", "potassium"),
        ("Red Blood Cells", "13945-1", "urine_rbc"),  # Erythrocytes in urine sediment: no blood is meant
    ],
)
def test_a_code_that_says_more_than_the_name_is_no_contradiction(name: str, code: str, marker: str) -> None:
    found = match(REF, name, code)
    assert (found.marker, found.how, found.reason) == (marker, "loinc", "")


def test_a_name_that_is_known_to_be_confused_with_the_test_of_the_code_is_told() -> None:
    found = match(REF, "Free T4", "3026-2")  # Thyroxine (T4)
    assert found.marker == "total_t4" and "free" in found.reason.lower() and "3026-2" in found.reason


def test_no_marker_contradicts_its_own_codes() -> None:
    for marker in REF.markers.values():
        for code in (code for code in marker.loinc if not code.exclude):
            for name in (marker.name, code.name, *(name for own in marker.names.values() for name in own)):
                assert match(REF, name, code.code).marker == marker.id, (name, code.code)
