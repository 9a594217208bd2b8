"""Results over time: one unit, changes against published variation, and what must not be compared."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from math import exp, isnan, log, sqrt

import pytest

import labinterp
from labinterp import Patient, Reference, Report
from labinterp.interpretation import doubts_of_one_person
from labinterp.reference.schema import Variation
from labinterp.series import MORE, TREND_COLUMNS, WITHIN, expected, trends


def report(*rows: tuple[str, ...], day: str = "", **facts: object) -> Report:
    """Rows of (name, value, unit, range), all of one day."""
    names = ("name_text", "value_text", "unit_text", "range_text")
    records = [{**dict(zip(names, row)), "collected_text": day, "decimal": ".", "text": " ".join(row)} for row in rows]
    return Report.of(records, [], **facts)


EARLY, LATE = "2025-11-07", "2026-03-12"


def two(first: tuple[str, ...], second: tuple[str, ...]) -> dict[str, object]:
    """The second of two results."""
    return trends([report(first, day=EARLY), report(second, day=LATE)]).iloc[1].to_dict()


def test_one_unit_for_each_marker_and_the_range_of_each_report_in_it():
    table = trends(
        [report(("Vitamin B12", "412", "pg/mL", "200 - 900"), day=EARLY), report(("Vitamin B12", "168", "pmol/L", "155 - 664"), day=LATE)]
    )
    assert list(table.columns) == list(TREND_COLUMNS)
    assert table["unit"].nunique() == 1
    b12 = 1355.37 / 1000  # pg/mL in a pmol/L: molar mass of cyanocobalamin
    in_pg = table["value"] if table["unit"].iloc[0] == "pg/mL" else table["value"] * b12
    assert in_pg.tolist() == pytest.approx([412, 168 * b12], rel=1e-3)
    assert table.loc[1, "range_high"] / table.loc[1, "value"] == pytest.approx(664 / 168, rel=1e-3)
    assert table.loc[1, "change"] == pytest.approx((168 * b12 / 412 - 1) * 100, abs=0.1)


def test_reports_in_any_order_give_the_same_course():
    reports = [
        report(("Potassium", value, "mmol/L", "3.5 - 5.1"), day=day)
        for value, day in (("4.0", EARLY), ("2.9", LATE), ("4.4", "2024-05-02"))
    ]
    told = trends(reports)
    assert told["day"].tolist() == [date(2024, 5, 2), date(2025, 11, 7), date(2026, 3, 12)]
    assert told[["value", "verdict"]].values.tolist() == trends(reports[::-1])[["value", "verdict"]].values.tolist()


def test_reference_change_value_by_hand():
    """ALT 9.3 %: CVA is half of it; log-normal, two-sided, 95 %."""
    spread = 1.96 * sqrt(2) * sqrt(log(1 + 0.093**2 + 0.0465**2))
    low, high = expected(Variation(id="alt", cvi=9.3, source="eubivas_enzymes", verified=True))
    assert (low, high) == pytest.approx(((exp(-spread) - 1) * 100, (exp(spread) - 1) * 100))
    assert -26 < low < -24
    assert 33 < high < 34


@pytest.mark.parametrize(
    ("last", "verdict"),
    [("40", WITHIN), ("53", WITHIN), ("54", MORE), ("31", WITHIN), ("29", MORE)],  # ALT: -25.0 % to +33.3 %
)
def test_a_change_is_compared_with_the_published_variation(last, verdict):
    told = two(("ALT", "40", "U/L", "0 - 35"), ("ALT", last, "U/L", "0 - 35"))
    assert told["verdict"] == verdict
    assert told["source_id"] == "eubivas_enzymes"
    assert told["verified"] is True


def test_a_published_change_value_is_used_as_it_stands():
    assert expected(Reference.default().variation["egfr"]) == (-16.5, 16.5)


def test_a_fall_never_needs_more_than_all_of_it():
    assert all(-100 < expected(one)[0] < 0 < expected(one)[1] for one in Reference.default().variation.values())


def test_hba1c_is_compared_in_the_unit_that_the_variation_was_measured_in():
    """48 and 53 mmol/mol are 6.5 and 7.0 %: a rise of 7 % and not of 10 %."""
    told = two(("HbA1c", "48", "mmol/mol", ""), ("HbA1c", "53", "mmol/mol", ""))
    assert told["change_unit"] == "%"
    assert told["change"] == pytest.approx((7.0 / 6.54 - 1) * 100, abs=0.3)


def test_a_marker_without_data_says_so_and_gives_no_verdict():
    told = two(("Zinc", "80", "ug/dL", "60 - 120"), ("Zinc", "100", "ug/dL", "60 - 120"))
    assert told["change"] == pytest.approx(25)
    assert told["verdict"] == ""
    assert "not known" in told["reason"]


def test_unverified_numbers_are_marked():
    assert two(("Potassium", "4.0", "mmol/L", ""), ("Potassium", "4.1", "mmol/L", ""))["verified"] is False


def test_a_limit_is_no_number_to_change_from():
    told = two(("CRP", "<1.0", "mg/L", "0 - 5"), ("CRP", "1.4", "mg/L", "0 - 5"))
    assert isnan(told["change"])
    assert told["verdict"] == ""
    assert "exact" in told["reason"]


def test_what_is_not_plausible_or_marked_takes_no_part_and_is_still_told():
    table = trends(
        [
            report(("Potassium", "4.0", "mmol/L", ""), day=EARLY),
            report(("Potassium", "41", "mmol/L", ""), day="2026-01-01"),
            report(("Potassium", "4.1", "mmol/L", ""), day=LATE),
        ]
    )
    assert len(table) == 3
    assert isnan(table.loc[1, "value"])
    assert table.loc[1, "reason"]
    assert table.loc[2, "change"] == pytest.approx(2.5)


def test_a_line_in_doubt_takes_no_part():
    doubtful = Report.of(
        [{"name_text": "Potassium", "value_text": "5.9", "unit_text": "mmol/L", "collected_text": LATE, "review": "two readings differ"}],
        [],
    )
    told = trends([report(("Potassium", "4.0", "mmol/L", ""), day=EARLY), doubtful]).iloc[1]
    assert isnan(told["change"])
    assert told["reason"] == "two readings differ"


def test_no_date_no_change():
    told = trends([report(("Potassium", "4.0", "mmol/L", ""), day=EARLY), report(("Potassium", "5.0", "mmol/L", ""))]).iloc[1]
    assert told["day"] is None
    assert isnan(told["change"])
    assert "no date" in told["reason"]


def test_one_result_on_two_reports_counts_once():
    old = ("Potassium", "4.0", "mmol/L", "")
    table = trends([report(old, day=EARLY), report(old, day=EARLY), report(("Potassium", "4.4", "mmol/L", ""), day=LATE)])
    assert "same result" in table.loc[1, "reason"]
    assert table.loc[2, "change"] == pytest.approx(10)


def test_two_different_results_of_one_day_are_not_put_in_order():
    table = trends(
        [
            report(("Potassium", "4.0", "mmol/L", ""), ("Potassium", "5.0", "mmol/L", ""), day=EARLY),
            report(("Potassium", "4.4", "mmol/L", ""), day=LATE),
        ]
    )
    assert table["change"].isna().all()


def test_another_laboratory_is_mentioned():
    table = trends(
        [
            report(("ALT", "40", "U/L", ""), day=EARLY, laboratory="Northfield"),
            report(("ALT", "41", "U/L", ""), day=LATE, laboratory="Riverside"),
        ]
    )
    assert "another laboratory" in table.loc[1, "reason"]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ({"patient_name": "Ada Example"}, {"patient_name": "Carl Example"}, "name"),
        ({"patient": Patient(birth_date=date(1964, 5, 4))}, {"patient": Patient(birth_date=date(1965, 5, 4))}, "date of birth"),
        ({"patient": Patient(sex="female")}, {"patient": Patient(sex="male")}, "sex"),
    ],
)
def test_two_people_are_refused_without_naming_them(one, other, what):
    row = ("Potassium", "4.0", "mmol/L", "")
    with pytest.raises(ValueError, match=f"different people: the {what} differs") as told:
        trends([report(row, day=EARLY, **one), report(row, day=LATE, **other)])
    assert "Ada" not in str(told.value)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ({"patient_number": "4711"}, {"patient_number": "4712"}, True),
        ({"patient_number": "4711", "patient_name": "Ada Example"}, {"patient_number": "4712"}, True),
        ({"patient_number": "4711"}, {"patient_number": "4711"}, False),
        ({"patient_number": "4711"}, {}, False),
        ({"patient_number": "4711", "patient_name": "Ada Example"}, {"patient_number": "0815", "patient_name": "Example, Ada"}, False),
    ],
)
def test_without_two_names_the_number_of_the_patient_decides(one, other, refused):
    """Laboratories number their patients themselves, so of one name two numbers are only odd."""
    row = ("Potassium", "4.0", "mmol/L", "")
    reports = [report(row, day=EARLY, **one), report(row, day=LATE, **other)]
    for use in (trends, labinterp.interpret):
        if refused:
            with pytest.raises(ValueError, match="the patient number differs") as told:
                use(reports)
            assert "4711" not in str(told.value)
        else:
            use(reports)
    assert len(trends([one.nameless() for one in reports])) == 2
    odd = doubts_of_one_person(reports)
    assert bool(odd) is ("Example, Ada" in other.values() or refused)


def test_an_age_is_true_of_its_own_report_only():
    """ESR without a printed range: ages 49 and 51 give each report its own limit."""
    rows = ("ESR", "25", "mm/h", "")
    table = trends(
        [report(rows, day=EARLY, patient=Patient(sex="female", age=49)), report(rows, day=LATE, patient=Patient(sex="female", age=51))]
    )
    assert table["range_high"].notna().all()
    assert table["range_high"].nunique() == 2  # by age and sex


def test_nothing_gives_an_empty_table():
    assert list(trends([]).columns) == list(TREND_COLUMNS)
    assert len(trends([])) == 0


def test_the_public_name_stays_a_function():
    code = "import labinterp as l; l.trends([]); l.trends([]); print(callable(l.trends))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "True"
    assert "trends" in labinterp.__all__
