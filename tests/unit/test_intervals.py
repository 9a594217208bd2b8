"""For whom a limit is, in which unit it is compared, and how limits become numbers: the rules of `intervals.py` and `limits.py` one by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labinterp
from labinterp import Reference
from labinterp.intervals import age_edges, age_key, aged, applies, chosen, limits_for, line_to, overlapping, spans_of, usable_segments
from labinterp.limits import INF, SAME, Line, Lines, Results, Scale, Span, closed_high, closed_low, side, significant, words
from labinterp.reference.limits import Bounds
from labinterp.reference.schema import Population
from labinterp.shapes import Segment

REF = Reference.default()
ADULT: dict[str, Any] = {}
CHILD: dict[str, Any] = {"age": (1, 18)}
MIDDLE: dict[str, Any] = {"age": (18, 60)}
OLD: dict[str, Any] = {"age": (60, None)}
ANY_AGE: dict[str, Any] = {"age": (None, None)}
PREGNANT: dict[str, Any] = {"pregnant": True, "age": (None, None)}


# ---- whose limit ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "sex", "age", "pregnant", "answer"),
    [
        (ADULT, "female", 40, None, ()),
        ({"sex": "male"}, "female", 40, None, None),
        ({"sex": "male"}, "male", 40, None, ()),
        ({"sex": "male"}, None, 40, None, ("sex",)),  # an unknown fact widens
        (ADULT, "male", None, None, ()),  # age unknown means adult: limits of children go, those of all adults need no asking
        (CHILD, "male", None, None, None),
        (ANY_AGE, "male", None, None, ()),
        (MIDDLE, "male", None, None, ("age",)),
        (OLD, "male", None, None, ("age",)),
        ({"age": (0, 100), "sex": "male"}, None, None, None, ("sex", "age")),
        (MIDDLE, "male", 17.99, None, None),
        (MIDDLE, "male", 18, None, ()),  # ages are half-open: at sixty one belongs to the next
        (MIDDLE, "male", 59.99, None, ()),
        (MIDDLE, "male", 60, None, None),
        (OLD, "male", 60, None, ()),
        (ANY_AGE, "male", 0, None, ()),
        (PREGNANT, "female", 30, True, ()),
        (PREGNANT, "female", 30, False, None),
        (PREGNANT, "female", 30, None, ("pregnancy",)),
        (PREGNANT, None, 30, None, ("pregnancy",)),
        (PREGNANT, "female", None, None, ("pregnancy",)),
        (PREGNANT, "male", 30, None, None),  # pregnancy is asked only where it could be
        (PREGNANT, "female", 11.99, None, None),
        (PREGNANT, "female", 12, None, ("pregnancy",)),
        (PREGNANT, "female", 55.99, None, ("pregnancy",)),
        (PREGNANT, "female", 56, None, None),
        (ADULT, "female", 30, True, None),  # in pregnancy only its own limits hold
        (ADULT, "female", 30, False, ()),
    ],
)
def test_whether_a_limit_may_be_for_a_person(
    limit: dict[str, Any], sex: str | None, age: float | None, pregnant: bool | None, answer: Any
) -> None:
    assert applies(Population(**limit), sex, age, pregnant) == ((False, ()) if answer is None else (True, answer))


def test_only_where_several_limits_are_left_is_a_fact_missing() -> None:
    men, women = Population(sex="male"), Population(sex="female")
    assert chosen([men, women], None, 40, None) == ([men, women], {"sex"})
    assert chosen([men, women], "male", 40, None) == ([men], set())
    assert chosen([men], None, 40, None) == ([men], set())


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("esr", ""),
        ("hemoglobin", ""),
        ("vitamin_b12", ""),
        ("potassium", ""),
        ("potassium", "1-3 years: 3.4-4.7; 4-10 years: 3.5-4.9; Adults: 3.5-5.1"),
        (None, "0-6 months: 3-6; Adults: 3.5-5.1"),
    ],
)
@pytest.mark.parametrize("sex", [None, "female"])
def test_between_two_edges_of_age_no_limit_changes(marker: str | None, text: str, sex: str | None) -> None:
    """`age_edges` are all ages at which anything may change, so a person has the limits of the last edge passed."""
    unit = (REF.markers[marker].unit if marker else "") or ""
    edges = age_edges(REF, marker, text, None)
    assert list(edges) == sorted(set(edges))

    def at(age: float) -> Any:
        return limits_for(REF, marker, unit, text, None, "", sex, age, None)

    for age in (0.0, 0.2, 0.3, 0.49, 0.5, 1.0, 2.9, 3.5, 4.0, 9.9, 11.9, 12.0, 15.5, 17.9, 18.0, 33.3, 49.9, 50.1, 55.9, 56.0, 85.9, 99.0):
        assert at(age) == at(max((edge for edge in edges if edge <= age), default=0.0)), age


def test_ages_are_coarsened_to_the_edges_of_the_marker_or_to_quarters() -> None:
    assert age_key(REF, "potassium", None) is None
    assert age_key(REF, "esr", 40.3) == 40.25  # its limit follows age itself
    assert age_key(REF, "hemoglobin", 0.4) == 0.0  # before the first edge
    assert age_key(REF, "hemoglobin", 40.3) == 18.0
    assert set(age_edges(REF, "esr", "", None)) >= {0.0, 0.25, 99.75, 130.0}
    assert {12.0, 18.0, 56.0} <= set(age_edges(REF, "potassium", "", None))
    assert age_edges(REF, None, "", None) == ()
    months = age_edges(REF, None, "0-6 months: 3-6; Adults: 3.5-5.1", None)
    assert months == pytest.approx((0, 7 / 12, 18))  # the sixth month counts until the seventh begins


def test_a_limit_that_follows_an_unknown_age_is_taken_at_both_ends_of_its_ages() -> None:
    """Miller: men up to half their age in mm/h, from 20 to 86 years."""
    esr = REF.markers["esr"]
    miller = next(interval for interval in esr.intervals if interval.limits.get("mm/h") == "<=0.5*age")
    assert miller.age == (20, 86)
    assert [span.high for span in spans_of(REF, esr, miller, "mm/h", None)] == [10, 43]
    assert [span.high for span in spans_of(REF, esr, miller, "mm/h", 72)] == [36]


# ---- in which unit -------------------------------------------------------------------------------------------------------


def way(marker: str, ucum: str, *units: str) -> tuple[str, Line] | None:
    return line_to(REF, REF.markers[marker], ucum, units)


def test_the_unit_of_the_report_wins_then_a_power_of_ten_then_the_canonical_unit_then_the_first() -> None:
    assert way("creatinine", "umol/L", "mg/dL", "umol/L") == ("umol/L", SAME)
    assert way("creatinine", "mmol/L", "mg/dL", "umol/L") == ("umol/L", Line(1000.0))
    assert way("vitamin_b12", "ng/L", "pmol/L", "pg/mL") == ("pg/mL", SAME)  # the same unit by another name
    potassium = way("potassium", "mg/dL", "meq/L", "mmol/L")  # 39.0983 g/mol, so 1 mg/dL is 0.2558 mmol/L
    assert potassium is not None and potassium[0] == "mmol/L"
    assert potassium[1].factor == pytest.approx(10 / 39.0983, rel=1e-4)
    b12 = way("vitamin_b12", "pmol/L", "ng/dL", "ng/mL")
    assert b12 is not None and b12[0] == "ng/dL"


def test_a_way_that_is_not_a_power_of_ten_rounds_as_the_other_unit_is_printed() -> None:
    glucose = way("glucose", "mmol/L", "mg/dL")
    assert glucose is not None and glucose[1].decimals == 0
    assert glucose[1](np.array([6.99]))[0] == 126  # 125.93 mg/dL
    percent = way("hba1c", "mmol/mol", "%")  # the master equation of the NGSP: % = 0.09148 x mmol/mol + 2.152
    assert percent is not None
    assert percent[1](np.array([48.0]))[0] == 6.5
    assert percent[1].back(6.5) == pytest.approx((6.5 - 2.152) / 0.09148, rel=1e-3)


def test_there_is_no_way_between_scales_of_their_own_or_from_an_unknown_unit() -> None:
    assert way("d_dimer", "ng/mL", "ng/mL{FEU}") is None
    assert way("d_dimer", "ng/mL{FEU}", "ng/mL") is None
    assert way("potassium", "furlong", "mmol/L") is None
    assert way("potassium", "mmol/L") is None


def test_an_approximate_factor_never_decides_near_a_limit() -> None:
    """Laboratories use 8.4 to 9.524 nmol/L for 1 mg/L of CRP, so 45 nmol/L are 4.7 or 5.4 mg/L: on either side of 5."""
    found = way("crp", "nmol/L", "mg/L")
    assert found is not None

    def lies(value: float) -> float:
        at, no = np.array([value]), np.array([False])
        return float(side(-INF, closed_high(5, False), *Results(at, at, no, no).along(found[1]))[0])

    assert (lies(20.0), lies(200.0)) == (0, 1)
    assert math.isnan(lies(45.0))
    row = labinterp.interpret(pd.DataFrame([["CRP", "45", "nmol/L"]], columns=["name_text", "value_text", "unit_text"])).results.iloc[0]
    assert (row["status"], row["abnormal"]) == ("undetermined", None)
    assert "nmol/L" in row["reason"] and "approximate" in row["reason"] and "too near the limit" in row["reason"]
    assert math.isnan(lies(50.0))
    exact = way("crp", "mg/dL", "mg/L")
    assert exact is not None and exact[1].uncertainty == 0


# ---- limits as numbers ---------------------------------------------------------------------------------------------------


def test_a_strict_end_begins_at_the_next_number() -> None:
    assert closed_low(5, True) == closed_high(5, True) == 5
    assert closed_high(5, False) < 5 < closed_low(5, False)
    assert closed_low(5, False) == math.nextafter(5, 6)
    assert closed_high(5, False) == math.nextafter(5, 4)
    assert (closed_low(-INF, False), closed_high(INF, False)) == (-INF, INF)  # an open end stays open


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (Bounds(3.5, True, 5.1, True), "3.5-5.1"),
        (Bounds(high=5.7), "below 5.7"),
        (Bounds(high=5.7, high_inclusive=True), "up to 5.7"),
        (Bounds(5.7, True, 6.5, False), "5.7 to below 6.5"),
        (Bounds(47.54, True), "47.54 or more"),
        (Bounds(47.54), "above 47.54"),
        (Bounds(1, False, 2, True), "above 1 to 2"),
        (Bounds(1, False, 2, False), "above 1 to below 2"),
    ],
)
def test_limits_in_words(bounds: Bounds, text: str) -> None:
    assert words(bounds) == text


LINES = (SAME, Line(2.0), Line(1.0, -273.15), Line(18.0156, 0.0, 0), Line(0.09148, 2.152, 1), Line(1.0, 0.0, 0), Line(10.0, 0.0, 2, 0.05))


def test_a_line_multiplies_shifts_and_rounds() -> None:
    assert Line(2.0)(np.array([3.0]))[0] == 6
    assert Line(1.0, -273.15)(np.array([300.0]))[0] == pytest.approx(26.85)
    assert Line(3.0, 1.0, 0)(np.array([1.9]))[0] == 7  # 6.7
    assert Line(1.0, 0.0, 0)(np.array([1.9]))[0] == 1.9  # in its own unit nothing is rounded: the laboratory printed it so
    assert Line(0.1)(np.array([3.0]))[0] == 0.3  # and not 0.30000000000000004
    assert Line(2.0, 1.0).back(7) == 3
    assert Line(2.0).back(INF) == INF


def test_many_lines_at_once_are_each_line_alone() -> None:
    codes = np.array([0, 1, 2, 3, 4, 5, 6, 6, 3, 1])
    values = np.array([1.234, 2.0, 300.0, 6.99, 48.0, 1.9, 0.1234, -INF, INF, 0.1])
    many = Lines.of(LINES, codes)
    assert many(values).tolist() == [LINES[code](values[i : i + 1])[0] for i, code in enumerate(codes)]
    assert many.uncertainty.tolist() == [LINES[code].uncertainty for code in codes]
    same = Lines.of(LINES, np.zeros(3, dtype=int))
    assert same(values[:3]).tolist() == values[:3].tolist()


def test_rounding_to_significant_digits_takes_away_the_noise_of_binary_numbers_only() -> None:
    values = np.array([0.1 + 0.2, 1e-300, 123456.789012, 1e200, -4.35, 0.0])
    assert significant(values).tolist() == pytest.approx(values.tolist(), rel=1e-11)
    assert significant(values)[0] == 0.3
    assert significant(np.array([1.23456]), 3)[0] in (1.23, 1.235)


def test_an_end_that_is_not_itself_possible_is_left_out() -> None:
    one, yes, no = np.array([5.0]), np.array([True]), np.array([False])
    low, high = Results(one, np.array([INF]), yes, no).along(SAME)  # above 5
    assert low[0] == math.nextafter(5, 6) and high[0] == INF
    low, high = Results(np.array([-INF]), one, no, yes).along(SAME)  # below 5
    assert low[0] == -INF and high[0] == math.nextafter(5, 4)
    low, high = Results(one, one, no, no).along(Line(2.0, 0.0, None, 0.1))
    assert (low[0], high[0]) == (pytest.approx(9), pytest.approx(11))


@pytest.mark.parametrize(
    ("low", "high", "lowest", "highest", "answer"),
    [
        (3.5, 5.1, 4, 4, 0),
        (3.5, 5.1, 3.5, 5.1, 0),  # both ends belong to the range
        (3.5, 5.1, 3.4, 3.4, -1),
        (3.5, 5.1, 5.2, 5.2, 1),
        (3.5, 5.1, 3.4, 3.6, math.nan),  # cut by an end
        (3.5, 5.1, 5.0, INF, math.nan),
        (3.5, 5.1, 5.2, INF, 1),
        (3.5, 5.1, -INF, 3.4, -1),
        (0, 5, -INF, 1, 0),  # "<1" where the range begins at nothing
        (0, 5, -INF, 6, math.nan),
        (0, 5, -INF, 0, math.nan),
        (1, 5, -INF, 2, math.nan),
    ],
)
def test_on_which_side_of_a_range_a_result_lies(low: float, high: float, lowest: float, highest: float, answer: float) -> None:
    found = side(low, high, np.array([lowest], dtype=float), np.array([highest], dtype=float))
    assert found.tolist() == pytest.approx([answer], nan_ok=True)
    at = Results(np.array([lowest], dtype=float), np.array([highest], dtype=float), np.array([False]), np.array([False]))
    assert Span(low, high).side(at).tolist() == pytest.approx([answer], nan_ok=True)


def scale(sides: tuple[str, ...], line: Line = SAME) -> Scale:
    blank = ("",) * len(sides)
    return Scale((-INF, 2.0, 4.0, 6.0)[: len(sides)], blank, blank, blank, (0,) * len(sides), sides, "s", "m:s", "src", "u", line)


def test_the_usual_range_of_a_scale_is_that_of_its_normal_bands() -> None:
    assert scale(("low", "normal", "normal", "high")).usual() == (2, 6)
    assert scale(("low", "low", "high", "normal")).usual() == (6, INF)
    assert scale(("normal", "high")).usual() == (-INF, 2)
    assert scale(("low", "high")).usual() == (-INF, INF)
    assert scale(("low", "normal", "high"), Line(2.0)).usual() == (1, 2)  # in the unit of the report


# ---- printed ranges with several parts -----------------------------------------------------------------------------------


def test_a_segment_for_adults_or_children_is_one_of_an_age() -> None:
    adults = aged(Segment(3.5, 5.1, label="Adults"))
    assert adults.age is not None and adults.age[0] == 18 and adults.label == ""
    assert aged(Segment(3.5, 5.1, label="Normal")).label == "Normal"
    already = Segment(3.5, 5.1, label="Adults", age=(20, 30))
    assert aged(already) == already


def test_parts_that_share_more_than_an_edge_overlap() -> None:
    assert not overlapping([Segment(None, 20), Segment(20, 30), Segment(30, None)])
    assert not overlapping([Segment(20, 30), Segment(None, 20)])  # in any order
    assert overlapping([Segment(None, 21), Segment(20, 30)])
    assert overlapping([Segment(1, 2), Segment(1, 2)])


def test_of_a_range_by_sex_and_age_what_may_be_this_persons_is_kept() -> None:
    men, women = Segment(14, 18, sex="male"), Segment(12, 16, sex="female")
    assert usable_segments([men, women], "male", 40) == ([men], set())
    assert usable_segments([men, women], None, 40) == ([men, women], {"sex"})
    child, old = Segment(1, 2, age=(None, 18)), Segment(3, 4, age=(18, None))
    assert usable_segments([child, old], None, 17.9) == ([child], set())
    assert usable_segments([child, old], None, 18) == ([old], set())
    assert usable_segments([child, old], None, None) == ([child, old], {"age"})


def test_of_named_bands_the_normal_one_counts_and_grades_without_one_say_nothing() -> None:
    grades = [Segment(None, 20, label="Deficient"), Segment(20, 30, label="Insufficient"), Segment(30, None, label="Sufficient")]
    assert usable_segments(grades, None, 40) == ([grades[2]], set())
    assert usable_segments(grades[:2], None, 40) == ([], set())
    states = [Segment(1, 9, label="follicular"), Segment(5, 20, label="luteal")]  # of one person at another time
    kept, facts = usable_segments(states, "female", 30)
    assert kept == states and len(facts) == 1
    assert usable_segments([Segment(1, 2), Segment(3, 4)], None, 40) == ([], set())  # two ranges and no word for whom
