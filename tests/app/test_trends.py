"""Over time: two days of one test make a course, one day does not."""

from __future__ import annotations

from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "follow_up_wide.csv"


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


def test_one_day_is_no_course(visitor):
    visitor.table("Potassium,4.2,mmol/L,3.5 - 5.1,").go("over-time")
    assert "No test was measured on two days yet" in visitor.text
