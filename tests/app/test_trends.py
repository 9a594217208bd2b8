"""Over time: two days of one test make a course, one day does not; reports of one person share one axis, whatever their units."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from labinterp.app import chart
from labinterp.app.session import Session
from labinterp.series import trends

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "follow_up_wide.csv"
HEAD = b"Patient,Test,Value,Unit,Reference range,Date\n"
OLD = HEAD + b"Ada Example,Vitamin B12,301,pg/mL,200 - 900,2025-01-20\nAda Example,Potassium,4.1,mmol/L,3.5 - 5.1,2025-01-20\n"
NEW = HEAD + b"Ada Example,Vitamin B12,100,pmol/L,148 - 664,2026-03-12\nAda Example,Potassium,4.2,mmol/L,3.6 - 4.6,2026-03-12\n"


def point(day: date, value: float, flag: str = "N", low: float = 200.0, high: float = 900.0, comparator: str = "") -> dict:
    """A point of a course, as `trends` gives it."""
    limits = {"range_low": low, "range_high": high, "range_text": "", "basis": "printed"}
    return {"day": day, "value": value, "flag": flag, "comparator": comparator, "unit": "pg/mL", **limits}


def test_a_change_is_told_with_what_is_usual_and_its_source(visitor):
    visitor.upload((SAMPLE.name, SAMPLE.read_bytes())).go("over-time")
    assert "more than this test usually varies" in visitor.text
    assert "The same as a table, the latest first" in visitor.text
    assert "How much the test varies in healthy people" in visitor.text


def test_a_change_within_variation_does_not_reassure(visitor):
    head = b"Test,Value,Unit,Reference range,Date\n"
    visitor.upload(("two.csv", head + b"ALT,90,U/L,0 - 35,2026-01-05\nALT,92,U/L,0 - 35,2026-03-05\n")).go("over-time")
    assert "no more than this test usually varies" in visitor.text
    assert "does not say that the result is as it should be" in visitor.text
    assert "since 5 January 2026" in visitor.text


def test_one_day_is_no_course(visitor):
    visitor.table("Potassium,4.2,mmol/L,3.5 - 5.1,").go("over-time")
    assert "No test was measured on two days yet" in visitor.text
    assert visitor.has_button("Add another report")


def test_two_reports_in_different_units_stand_on_one_scale_with_the_printed_units(visitor):
    visitor.upload(("old.csv", OLD), ("new.csv", NEW)).go("over-time")
    visitor.at.pills[0].set_value("vitamin_b12").run()
    text = visitor.calm().text
    assert "2 reports, one person." in text
    assert "printed 301 pg/mL" in text or "printed 100 pmol/L" in text
    assert "Fell by 55 % since 20 January 2025" in text  # 301 pg/mL are 222 pmol/L (1 pg/mL of cobalamin is 0.7378 pmol/L)
    assert "Low" in text


def test_another_person_is_asked_about_and_when_joined_the_course_is_told(visitor):
    other = NEW.replace(b"Ada Example", b"Carl Example")
    visitor.upload(("old.csv", OLD), ("new.csv", other)).go("over-time")
    assert "No test was measured on two days yet" in visitor.text
    visitor.go("report")
    assert "Are these two people?" in visitor.text
    visitor.press("It is the same person: add it").go("over-time")
    assert "2 reports, one person." in visitor.text


def test_each_report_keeps_its_laboratory_and_its_own_age():
    one = Session()
    one.take([("old.csv", OLD), ("new.csv", NEW)])
    reports = one.reports()
    assert [len(report.rows) for report in reports] == [2, 2]
    assert not any(report.patient_name for report in reports)
    assert set(trends(reports)["report"]) == {0, 1}


def test_values_typed_by_hand_are_a_report_too():
    one = Session(typed=True)
    one.add({"name_text": "Potassium", "value_text": "4.2", "unit_text": "mmol/L", "collected_text": "2026-01-05"})
    one.add({"name_text": "Potassium", "value_text": "3.1", "unit_text": "mmol/L", "collected_text": "2026-02-05"})
    assert len(trends(one.reports())) == 2


@pytest.mark.parametrize(
    ("flag", "look"),
    [("N", "in"), ("L", "low"), ("LL", "low"), ("H", "high"), ("HH", "high"), ("A", "high"), ("POS", "doubt"), (None, "doubt")],
)
def test_a_point_is_drawn_by_its_flag(flag, look):
    assert chart.look_of({"flag": flag}) == look


def test_every_value_is_written_at_its_point_and_bands_meet_halfway():
    days = [date(2025, 1, 1), date(2025, 1, 11), date(2025, 1, 31)]
    frame = chart.framed([point(days[0], 412), point(days[1], 1.5, "L", comparator="<"), point(days[2], 165, "L", 232)], 0, 1000)
    assert frame["words"].tolist() == ["412", "<1.5", "165"]
    assert chart.value_words({"value": 135.537, "value_text": "100", "comparator": ""}) == "136"
    assert chart.value_words({"value": 4.0, "value_text": "4.0", "comparator": ""}) == "4.0"
    assert chart.value_words({"value": 1350.5, "value_text": "1350.5", "comparator": ">"}) == ">1350.5"
    assert frame["look"].tolist() == ["in", "low", "low"]
    assert frame["start"].tolist() == [datetime(2025, 1, 1), datetime(2025, 1, 6), datetime(2025, 1, 21)]
    assert frame["end"].tolist() == [datetime(2025, 1, 6), datetime(2025, 1, 21), datetime(2025, 1, 31)]
    assert frame["bottom"].tolist() == [200, 200, 232]


def test_a_range_open_at_one_end_reaches_the_edge_and_none_draws_no_band():
    inf, nan = float("inf"), float("nan")
    frame = chart.framed([point(date(2025, 1, 1), 3, low=-inf, high=5), point(date(2025, 2, 1), 4, low=nan, high=nan)], 1, 9)
    assert (frame["bottom"][0], frame["top"][0], frame["banded"].tolist()) == (1, 5, [True, False])


def test_words_of_points_close_in_time_stand_on_both_sides_of_the_line():
    days = [date(2025, 1, 1), date(2025, 1, 3), date(2025, 1, 5), date(2025, 12, 31)]
    assert chart.framed([point(day, 5) for day in days], 0, 10)["above"].tolist() == [True, False, True, True]


def test_the_window_holds_every_result_and_no_far_limit():
    low, high = chart.window([point(date(2025, 1, 1), 412), point(date(2025, 2, 1), 165)])
    assert 0 <= low < 165 and 412 < high < 900
    low, high = chart.window([point(date(2025, 1, 1), 2.9, low=3.5, high=5.1), point(date(2025, 2, 1), 4.3, low=3.5, high=5.1)])
    assert low < 2.9 and high > 5.1


def test_the_colours_of_the_picture_are_those_of_the_style():
    light, dark = chart.tokens()
    assert light["band"] == "#CDE3DC" and dark["band"] == "#2B4B46"
    assert set(light) == set(dark) and len(light) > 15
