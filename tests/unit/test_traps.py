"""Situations in which readers of laboratory results are known to go wrong. Each has one right behaviour."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import labinterp
from labinterp.interpretation import Interpretation


def interpreted(
    name: str, value: str, unit: str = "", range_: str = "", *, sex: str | None = None, age: float | None = None, flag: str = ""
) -> pd.Series:
    frame = pd.DataFrame([{"name_text": name, "value_text": value, "unit_text": unit, "range_text": range_, "flag_text": flag}])
    return labinterp.interpret(frame, patient=labinterp.Patient(sex=sex, age=age)).results.iloc[0]  # type: ignore[arg-type]


def whole(rows: list[tuple[str, str, str, str]], **patient: object) -> Interpretation:
    frame = pd.DataFrame(rows, columns=["name_text", "value_text", "unit_text", "range_text"])
    return labinterp.interpret(frame, patient=labinterp.Patient(**patient))  # type: ignore[arg-type]


def test_hba1c_in_percent_is_affine_to_mmol_per_mol() -> None:
    row = interpreted("HbA1c", "7.2", "%", "4.0-5.6", sex="female", age=58)
    assert row.flag == "H"
    assert labinterp.convert("hba1c", 7.2, "%", to="mmol/mol") == pytest.approx(55.2, abs=0.1)  # 10.93 * 7.2 - 23.50, NGSP


def test_hba1c_in_mmol_per_mol() -> None:
    row = interpreted("HbA1c", "55", "mmol/mol", "20-41", sex="female", age=58)
    assert (row.flag, row.unit) == ("H", "%")
    assert row.value == pytest.approx(7.18, abs=0.01)


def test_hba1c_55_percent_asks_whether_it_was_mmol_per_mol() -> None:
    row = interpreted("HbA1c", "55", "%", sex="female", age=58)
    assert (row.status, row.flag) == ("implausible", "")
    assert "mmol/mol" in row.reason and "7.2" in row.reason


def test_vitamin_d_in_nmol_is_not_ng() -> None:
    row = interpreted("25-OH vitamin D", "27.5", "nmol/L", "50-125", sex="female", age=58)
    assert (row.flag, row.category) == ("L", "deficient")
    assert row.value == pytest.approx(11.0, abs=0.05)  # molar mass 400.64


def test_a_negative_concentration_is_rejected() -> None:
    row = interpreted("CRP", "-3", "mg/L", "0-5", sex="female", age=58)
    assert row.status in ("implausible", "unreadable_value")
    assert row.flag == ""


def test_a_censored_value_inside_the_range_is_normal_and_keeps_its_comparator() -> None:
    row = interpreted("CRP", "<1", "mg/L", "0-10", sex="female", age=58)
    assert (row.flag, row.comparator) == ("N", "<")


def test_crp_in_mg_per_dl_is_ten_times_as_much() -> None:
    row = interpreted("CRP", "1.2", "mg/dL", "0-0.5", sex="female", age=58)
    assert (row.flag, row.unit) == ("H", "mg/L")
    assert row.value == pytest.approx(12)


def test_potassium_in_meq() -> None:
    row = interpreted("Potassium", "2.9", "mEq/L", "3.5-5.2", sex="female", age=61)
    assert (row.flag, row.unit, row.value) == ("L", "mmol/L", 2.9)
    assert row.severity >= 3


def test_potassium_of_2_5_is_critical() -> None:
    assert interpreted("Potassium", "2.5", "mmol/L", sex="female", age=61).flag == "LL"
    assert interpreted("Potassium", "2.51", "mmol/L", sex="female", age=61).flag == "L"


def test_high_potassium_is_critical_with_a_word_on_haemolysis() -> None:
    answer = whole([("Potassium", "6.7", "mmol/L", "3.5-5.2")], sex="female", age=61)
    assert answer.results.flag.iat[0] == "HH"
    assert any(alert.marker == "potassium" and alert.urgency == "emergency" for alert in answer.alerts)
    assert "haemoly" in answer.explain(0)


def test_b12_in_pg_and_pmol_with_the_same_digits() -> None:
    mass = interpreted("Vitamin B12", "165", "pg/mL", "232-1245", sex="female", age=61)
    mole = interpreted("Vitamin B12", "165", "pmol/L", "133-675", sex="female", age=61)
    assert (mass.flag, mass.category) == ("L", "deficient")
    assert (mole.flag, mole.category) == ("N", "borderline")
    assert mole.value == pytest.approx(223.6, rel=0.001)
    assert mole.abnormal is True  # the guideline disagrees with the printed range


def test_methylmalonic_acid() -> None:
    row = interpreted("Methylmalonic acid", "0.61", "umol/L", "0-0.40", sex="female", age=61)
    assert row.flag == "H"
    assert labinterp.convert("mma", 0.61, "umol/L", to="nmol/L") == pytest.approx(610)


def test_katal() -> None:
    row = interpreted("Creatine kinase", "75.3", "ukat/L", "0-2.5", sex="female", age=61)
    assert row.flag in ("H", "HH")
    assert row.value == pytest.approx(4518, rel=0.001)
    assert row.xuln == pytest.approx(30.1, abs=0.1)


def test_ck_between_the_limits_of_the_sexes_is_not_placed() -> None:
    row = interpreted("Creatine kinase", "250", "U/L", age=40)
    assert (row.flag, row.status) == ("IND", "undetermined")
    assert "sex" in row.reason


def test_esr_of_an_old_woman_is_judged_by_age() -> None:
    assert interpreted("ESR", "28", "mm/hr", sex="female", age=72).flag == "N"


def test_decimal_comma() -> None:
    row = interpreted("Potassium", "4,1", "mmol/L", "3,5 - 5,1", sex="female", age=50)
    assert (row.value, row.flag) == (4.1, "N")


def test_a_lone_thousands_mark_is_decided_by_the_range() -> None:
    assert interpreted("Vitamin B12", "1,234", "pg/mL", "200-900", sex="female", age=50)[["value", "flag"]].tolist() == [1234, "H"]
    undecided = interpreted("Vitamin B12", "1,234", "pg/mL", sex="female", age=50)
    assert undecided.status == "unreadable_value"
    assert math.isnan(undecided.value)


def test_a_dash_of_any_length_makes_a_range() -> None:
    assert interpreted("Potassium", "2.9", "mmol/L", "3.5 – 5.2", sex="female", age=61).flag == "L"


def test_one_sided_range() -> None:
    assert interpreted("eGFR", "72", "mL/min/1.73m2", ">59", sex="female", age=61).flag == "N"


def test_free_t4_without_a_range_is_not_judged() -> None:
    row = interpreted("Free T4", "1.2", "ng/dL", sex="female", age=61)
    assert (row.status, row.flag, row.abnormal) == ("no_interval", "", None)


@pytest.mark.parametrize(
    "line", ["Vitamin D deficiency has been defined as a level of 25-OH vitamin D of less than 20 ng/mL", "Date Collected: 11/02/2026"]
)
def test_a_comment_and_a_date_are_no_results(line: str) -> None:
    report = labinterp.read(f"{line}\nPotassium 4.1 mmol/L 3.5-5.1\n".encode(), name="pasted.txt")
    assert report.rows["name_text"].tolist() == ["Potassium"]
    assert line in " ".join(report.unread["text"])


def test_a_percentage_stays_a_percentage() -> None:
    row = interpreted("Neutrophils %", "51.1", "%", "34-75", sex="female", age=40)
    assert row.flag == "N"
    assert row.value == pytest.approx(51.1)
    assert row.marker != "neutrophils"


def test_calcitriol_is_not_the_store_of_vitamin_d() -> None:
    row = interpreted("Vitamin D 25-OH and 1.25-(OH)2", "45", "pg/mL", "18-72", sex="female", age=50)
    assert row.marker != "vitamin_d_25oh"
    assert interpreted("1,25-Dihydroxyvitamin D", "45", "pg/mL", "18-72").marker == "vitamin_d_1_25oh"
    assert labinterp.convert("vitamin_d_1_25oh", 45, "pg/mL", to="pmol/L") == pytest.approx(108, rel=0.002)  # molar mass 416.64


def test_the_summary_says_that_something_is_abnormal() -> None:
    rows = [("Potassium", "2.9", "mmol/L", "3.5-5.2"), ("CK", "4520", "U/L", "30-200"), ("Vitamin B12", "165", "pg/mL", "232-1245")]
    summary = whole(rows, sex="female", age=61).summary
    assert "3 outside" in summary
    assert "normal" not in summary.lower()


def test_limits_are_compared_in_their_own_unit() -> None:
    glucose = interpreted("Glucose", "5.5", "mmol/L", "3.9-5.6", sex="female", age=58)
    assert glucose.flag == "N"
    assert glucose.value == pytest.approx(99.1, abs=0.1)
    assert interpreted("Calcium", "2.4", "mmol/L", "2.15-2.55", age=58).flag == "N"
    assert interpreted("Hemoglobin", "140", "g/L", "130-170", sex="male", age=58).flag == "N"


@pytest.mark.parametrize(
    "range_text",
    [
        "1st trimester 0.1-2.5; 2nd 0.2-3.0; 3rd 0.3-3.5",  # not read as limits
        "Adults: 0.4-4.0 1st trim: 0.1-2.5",  # which of them is this person's?
    ],
)
def test_a_printed_range_that_cannot_be_used_is_not_passed_over(range_text: str) -> None:
    frame = pd.DataFrame([("TSH", "3.0", "mIU/L", range_text)], columns=["name_text", "value_text", "unit_text", "range_text"])
    row = labinterp.interpret(frame, patient=labinterp.Patient(sex="female", age=30)).results.iloc[0]
    assert (row["flag"], row["status"], row["abnormal"]) == ("IND", "undetermined", None)
    assert row["reason"]


def test_ranges_named_for_adults_and_children_follow_the_age() -> None:
    frame = pd.DataFrame(
        [("ALP", "250", "U/L", "Children <350 Adults 40-130")], columns=["name_text", "value_text", "unit_text", "range_text"]
    )
    flags = [labinterp.interpret(frame, patient=labinterp.Patient(sex="male", age=age)).results["flag"].iloc[0] for age in (9, 40)]
    assert flags == ["N", "H"]


def test_a_band_that_only_describes_still_keeps_a_result_from_being_called_normal() -> None:
    """CRP of 5 mg/dL is 50 mg/L: a range of another unit, printed beside it, must not make it normal."""
    frame = pd.DataFrame(
        [("CRP", "5", "mg/dL", "<6"), ("CRP", "3", "mg/L", "<6")], columns=["name_text", "value_text", "unit_text", "range_text"]
    )
    assert labinterp.interpret(frame).results["abnormal"].tolist() == [None, False]


@pytest.mark.parametrize(
    ("name", "value", "unit", "range_text", "flag"),
    [
        ("WBC", "7.2", "x10^9/L", "4000-11000", "N"),
        ("WBC", "15.2", "x10^9/L", "4000-11000", "H"),
        ("Haemoglobin", "15.0", "g/dL", "130-170", "N"),
        ("Haemoglobin", "9.9", "g/dL", "130-170", "L"),
        ("Platelets", "2.5", "lakh/cumm", "150000-450000", "N"),
        ("Sodium", "140", "mmol/L", "136-145", "N"),
    ],
)
def test_a_range_without_a_unit_may_be_of_another_power_of_ten(name: str, value: str, unit: str, range_text: str, flag: str) -> None:
    frame = pd.DataFrame([(name, value, unit, range_text)], columns=["name_text", "value_text", "unit_text", "range_text"])
    row = labinterp.interpret(frame, patient=labinterp.Patient(sex="male", age=40)).results.iloc[0]
    assert (row["flag"], row["basis"]) == (flag, "printed")
    assert ("without a unit" in row["reason"]) is (name != "Sodium")


def test_an_expected_word_does_not_silence_the_laboratory() -> None:
    """Some feeds print the result itself as the expected word, and mark it."""
    frame = pd.DataFrame([("SARS-CoV-2 RNA", "Detected", "Detected", "A")], columns=["name_text", "value_text", "range_text", "flag_text"])
    assert labinterp.interpret(frame).results["abnormal"].tolist() == [None]
