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
