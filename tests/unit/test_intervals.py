"""For whom a limit is, in which unit it is compared, and how limits become numbers: the rules of `intervals.py` and `limits.py` one by one."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labinterp
from labinterp import Patient, Reference
from labinterp.columns import columns_of
from labinterp.intervals import (
    age_edges,
    age_key,
    aged,
    ages_on,
    applies,
    choose_intervals,
    chosen,
    critical_span,
    day_of,
    default_intervals,
    default_schemes,
    limits_for,
    line_to,
    needs_told,
    overlapping,
    people_of,
    plausible_span,
    possible_age,
    printed_range,
    sex_of,
    slips_of,
    spans_of,
    usable_segments,
)
from labinterp.limits import INF, SAME, Limits, Line, Lines, Results, Scale, Span, closed_high, closed_low, side, significant, words
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
    assert way("vitamin_b12", "ng/L", "ng/dL", "pg/mL") == ("pg/mL", SAME)  # which is nearer than a power of ten
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
    past = way("potassium", "mg/dL", "furlong", "mmol/L")  # and one that is not known hides none that is
    assert past is not None and past[0] == "mmol/L"


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


@pytest.mark.parametrize("lead", range(1, 10))
@pytest.mark.parametrize("power", [-280, -20, -3, -1, 0, 1, 2, 5, 11, 40, 280])
def test_twelve_significant_digits_are_kept_and_the_fourteenth_is_not(lead: int, power: int) -> None:
    for printed in (float(f"{lead}.23456789012e{power}"), float(f"{lead}.98765432109e{power}")):
        assert significant(np.array([printed])).tolist() == pytest.approx([printed], rel=3e-16)
        assert significant(np.array([printed * (1 + 2e-14)])).tolist() == pytest.approx([printed], rel=3e-16)
        assert Line(2.0).back(printed * 2 * (1 + 2e-14)) == pytest.approx(printed, rel=3e-16)


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


# ---- persons -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        *((text, "male") for text in ("m", "M", "male", "Male ", "männlich", "homme", "Hombre", "1_m")),
        *((text, "female") for text in ("f", "F", "female", " w", "weiblich", "femme", "MUJER")),
        *((text, None) for text in ("", "x", "unknown", None, 1, math.nan, "divers", "fm")),
    ],
)
def test_a_sex_is_known_by_the_words_that_tables_use(text: object, sex: str | None) -> None:
    assert sex_of(text) == sex


def test_ages_that_no_person_has_are_not_known() -> None:
    assert possible_age(np.array([-1.0, 0.0, 40.0, 130.0, 130.1, 999.0, math.nan])).tolist() == pytest.approx(
        [math.nan, 0, 40, 130, math.nan, math.nan, math.nan], nan_ok=True
    )
    born = date(1960, 7, 1).toordinal()
    assert ages_on(born, date(1960, 7, 1).toordinal()) == 0
    assert ages_on(born, date(2020, 7, 1).toordinal()) == pytest.approx(60, abs=0.01)
    assert math.isnan(ages_on(born, date(1960, 6, 30).toordinal()))
    assert math.isnan(ages_on(math.nan, born))


def test_a_day_is_a_date_or_a_text_whose_order_is_plain() -> None:
    day = date(2024, 4, 3)
    assert [day_of(value) for value in (day, datetime(2024, 4, 3, 8, 15), pd.Timestamp("2024-04-03 08:15"), "2024-04-03")] == [day] * 4
    assert [day_of(value) for value in (pd.NaT, None, "", " ", math.nan, 20240403, "03/04/2024")] == [None] * 7
    assert day_of("03/04/2024", "dmy") == day
    assert day_of("04/03/2024", "mdy") == day


def table(rows: int = 1, **columns: Any) -> pd.DataFrame:
    """Rows as `choose_intervals` gets them."""
    texts = dict.fromkeys(
        (
            "marker",
            "ucum",
            "range_text",
            "decimal",
            "range_ucum",
            "name_text",
            "section_text",
            "specimen_text",
            "collected_text",
            "date_order",
        ),
        "",
    )
    return pd.DataFrame({"row": range(rows), **texts, "collected": None, **columns}).drop(columns="row")


def test_what_a_row_says_of_its_person_wins() -> None:
    someone = Patient(sex="female", age=70, pregnant=False)
    bare = people_of(columns_of(table()), someone)
    assert (bare["sex"][0], bare["age"][0], bare["pregnant"][0]) == ("female", 70, False)
    own = people_of(columns_of(table(3, sex=["M", "", "f"], age=[30, "not known", 999])), someone)
    assert (list(own["sex"]), own["age"].tolist()) == (["male", "female", "female"], [30, 70, 70])
    nobody = people_of(columns_of(table()), Patient())
    assert nobody["sex"][0] is None and math.isnan(nobody["age"][0]) and nobody["pregnant"][0] is None


def test_age_counts_on_the_day_of_collection() -> None:
    rows = table(
        4, birth_date=["1990-06-01", date(1990, 6, 1), "", "01/06/1990"], age=[5, None, 5, 5], collected=[date(2020, 6, 1)] * 3 + [None]
    )
    ages = people_of(columns_of(rows), Patient(birth_date=date(1950, 6, 1)))["age"].tolist()
    assert ages[:3] == pytest.approx([30, 30, 5], abs=0.01)  # the day of birth says more than an age, and the row more than the report
    assert ages[3] == 5  # first of June or sixth of January: nobody knows
    ordered = table(2, birth_date="01/06/1990", date_order=["dmy", "mdy"], collected=date(2020, 6, 1))
    assert people_of(columns_of(ordered), Patient())["age"].tolist() == pytest.approx([30, 30.4], abs=0.01)
    rows = table(2, collected=[date(2020, 6, 1), None])
    ages = people_of(columns_of(rows), Patient(birth_date=date(1950, 6, 1), age=3))["age"].tolist()
    assert ages[0] == pytest.approx(70, abs=0.01)
    assert ages[1] > 75  # without a day of collection: today
    assert people_of(columns_of(table(collected=[date(2020, 6, 1)], birth_date=["2021-01-01"])), Patient(age=40))["age"].tolist() == [40]


def limits_of(row: pd.DataFrame, patient: Patient | None = None, ref: Reference = REF) -> list[Limits]:
    return choose_intervals(row, ref, patient)["limits"].tolist()


def test_each_row_gets_the_limits_of_its_own_person() -> None:
    """Haemoglobin 12.5 g/dL: WHO 2024 has 13 for men and 12 for women."""
    rows = table(3, marker="hemoglobin", ucum="g/dL", sex=["m", "f", "f"], age=[40, 40, 40])
    man, woman, other = limits_of(rows)
    assert (man.scales[0].usual()[0], woman.scales[0].usual()[0]) == (13, 12)
    assert woman is other  # equal limits are one object
    assert set(limits_of(rows.drop(columns="sex"), Patient(pregnant=False))[0].scales) == {
        *man.scales,
        *limits_of(rows, Patient(pregnant=False))[1].scales,
    }
    assert limits_of(rows.drop(columns="sex"), Patient(sex="female"))[0] == woman


def test_the_decimal_mark_of_the_document_is_that_of_its_ranges() -> None:
    rows = table(2, marker="potassium", ucum="mmol/L", range_text="1,234 - 2,345", decimal=[",", "."])
    assert [limits.printed[0].high for limits in limits_of(rows)] == [2.345, 2345]


def test_pregnancy_has_its_own_limits() -> None:
    rows = table(marker="hemoglobin", ucum="g/dL", sex="f", age=30)
    pregnant, not_pregnant, unknown = (limits_of(rows, Patient(pregnant=answer))[0] for answer in (True, False, None))
    assert [scale.usual()[0] for scale in not_pregnant.scales] == [12]
    assert all(scale.usual()[0] < 12 for scale in pregnant.scales)
    assert set(unknown.scales) == set(pregnant.scales) | set(not_pregnant.scales)
    assert unknown.open_facts == ("pregnancy",)


def test_limits_of_the_morning_hold_where_the_report_says_so() -> None:
    texts = [
        {},
        {"name_text": "Cortisol AM"},
        {"section_text": "morning"},
        {"specimen_text": "serum, 8 a.m."},
        {"collected_text": "2024-03-01 08:15"},
    ]
    rows = pd.concat([table(marker="cortisol_am", ucum="nmol/L", **text) for text in texts], ignore_index=True)
    assert needs_told(columns_of(rows), REF).tolist() == [False, True, True, True, True]
    untold, *told = limits_of(rows)
    assert untold.scales == () and untold.intervals == () and "morning" in untold.reasons[-1]
    assert untold.plausible == told[0].plausible is not None  # a slip is a slip at any time
    assert all(limits.scales and not limits.reasons for limits in told)
    assert needs_told(columns_of(table(marker="potassium")), REF).tolist() == [True]
    printed = limits_of(table(marker="cortisol_am", ucum="nmol/L", range_text="100-500"))[0]
    assert printed.printed[0].high == 500 and printed.scales == ()


# ---- everything that one result is compared with -------------------------------------------------------------------------


def limits(
    marker: str | None, ucum: str, range_text: str = "", range_ucum: str = "", sex: str | None = None, age: float | None = 40
) -> Limits:
    return limits_for(REF, marker, ucum, range_text, None, range_ucum, sex, age, None)


def where(span: Span | None, *values: float) -> list[float]:
    assert span is not None
    at, no = np.array(values, dtype=float), np.zeros(len(values), dtype=bool)
    return span.side(Results(at, at, no, no)).tolist()


def test_an_unknown_test_or_unit_has_only_its_printed_range() -> None:
    for found in (limits(None, "mmol/L", "3.5-5.1"), limits("potassium", "", "3.5-5.1"), limits("no such marker", "mmol/L", "3.5-5.1")):
        assert [(span.low, span.high) for span in found.printed] == [(3.5, 5.1)]
        assert (found.scales, found.intervals, found.critical, found.plausible, found.slips) == ((), (), (), None, ())
    assert limits("potassium", "mmol/L", "3.5-5.1").scales  # while a known one has both
    assert limits(None, "", "foo 3 bar 9").reasons and not limits(None, "", "foo 3 bar 9").printed


def test_multiples_are_of_the_printed_limit_where_there_is_one() -> None:
    """CK: the laboratory knows its own method; without its limit, those of the sexes (NORIP: 400 and 210 U/L at forty)."""
    printed = limits("ck", "U/L", "20-100")
    assert printed.upper == ((100, SAME),)
    assert [scale.line(np.array([500.0]))[0] for scale in printed.scales] == [5]
    assert printed.scales[0].unit == "xULN" and printed.scales[0].texts[0] == "up to 100 U/L"
    for text in ("", ">10"):  # a lower limit is none to multiply
        assert [high for high, _ in limits("ck", "U/L", text).upper] == [400, 210]
        assert [scale.line(np.array([840.0]))[0] for scale in limits("ck", "U/L", text).scales] == [2.1, 4]
    assert [high for high, _ in limits("ck", "U/L", sex="female").upper] == [210]
    assert limits("ck", "U/L", "<=0").scales == ()  # no multiple of nothing
    assert limits("ck", "ukat/L", sex="female").scales[0].line(np.array([12.6]))[0] == pytest.approx(3.6, rel=0.01)  # 60 U/L are 1 ukat/L


def test_facts_that_would_settle_the_limits_are_named_once_each() -> None:
    assert limits("ck", "U/L").open_facts == ("sex",)
    assert limits("ck", "U/L", age=None).open_facts == ("age", "sex")
    assert limits("ck", "U/L", sex="female").open_facts == ()
    assert limits("ferritin", "ug/L", "M: 20-300 F: 10-200").open_facts == ("sex",)
    assert limits("potassium", "mmol/L").open_facts == ()


def test_critical_limits_are_for_adults_and_hold_at_their_edge() -> None:
    """Glucose: telephoned below 50 and above 450 mg/dL; calcium at 6.5 and 13.0 mg/dL themselves."""
    glucose, calcium = limits("glucose", "mg/dL").critical, limits("calcium", "mg/dL").critical
    assert [where(span, 49.9, 50, 450, 450.1) for span in glucose] == [[-1, 0, 0, 1]]
    assert [where(span, 6.5, 6.51, 12.99, 13) for span in calcium] == [[-1, 0, 0, 1]]
    assert [where(span, 2.7, 2.8, 24.9, 25.1) for span in limits("glucose", "mmol/L").critical] == [
        [-1, 0, 0, 1]
    ]  # 49, 50, 449 and 452 mg/dL
    assert limits("glucose", "mg/dL", age=10).critical == ()
    assert limits("glucose", "mg/dL", age=None).critical == glucose
    assert limits_for(REF, "glucose", "mg/dL", "", None, "", "female", 30, True).critical == glucose  # in pregnancy too


def test_a_critical_limit_may_have_one_side_only() -> None:
    marker = REF.markers["phosphate"]
    (one,) = [critical for critical in marker.critical if critical.default]
    assert (dict(one.low), dict(one.high)) == ({"mg/dL": "<1.0"}, {})
    span = critical_span(REF, marker, one, "mg/dL")
    assert span is not None and (span.high, span.text) == (INF, "<1.0")
    assert where(span, 0.99, 1, 1000) == [-1, 0, 0]
    bilirubin = limits("bilirubin", "mg/dL").critical
    assert bilirubin[0].low == -INF and where(bilirubin[0], 0, 9.9, 10) == [0, 0, 1]
    assert critical_span(REF, marker, one, "furlong") is None


def test_what_is_possible_is_not_rounded_before_it_is_compared() -> None:
    """Glucose from 20 to 1500 mg/dL; 1.1 mmol/L are 19.8 mg/dL and would be printed as 20."""
    assert where(plausible_span(REF, REF.markers["glucose"], "mg/dL"), 19.9, 20, 1500, 1501) == [-1, 0, 0, 1]
    assert where(plausible_span(REF, REF.markers["glucose"], "mmol/L"), 1.1, 1.12) == [-1, 0]
    assert plausible_span(REF, REF.markers["glucose"], "furlong") is None


def test_other_units_in_which_a_slip_would_make_sense() -> None:
    (slip,) = slips_of(REF, REF.markers["hba1c"], "%")
    assert (slip.unit, slip.published) == ("mmol/mol", True)
    assert (slip.low, slip.high) == pytest.approx(((3 - 2.152) / 0.09148, (20 - 2.152) / 0.09148), rel=1e-3)  # 3 and 20 %
    assert slip.back(np.array([48.0]))[0] == 6.5
    units = {slip.unit: slip for slip in slips_of(REF, REF.markers["potassium"], "mmol/L")}
    assert "meq/L" not in units  # the same figure: no slip
    glucose = {slip.unit: slip for slip in slips_of(REF, REF.markers["glucose"], "mmol/L")}
    assert set(glucose) == {"mg/dL", "g/L"}
    assert glucose["mg/dL"].published and not glucose["g/L"].published
    assert (glucose["mg/dL"].low, glucose["mg/dL"].high) == (20, 1500)
    assert glucose["mg/dL"].back(np.array([90.0]))[0] == pytest.approx(5.0, abs=0.05)
    assert not any(slip.unit == "xULN" for slip in slips_of(REF, REF.markers["ck"], "U/L"))


def test_the_scheme_asked_for_takes_the_place_of_the_default() -> None:
    marker = REF.markers["hba1c"]
    assert [scheme.scheme for scheme in default_schemes(marker, REF)] == ["ada_diagnosis"]
    strict = Reference.default({"hba1c": "seed_strict"})
    assert [scheme.scheme for scheme in default_schemes(marker, strict)] == ["seed_strict"]
    assert [scheme.scheme for scheme in default_schemes(REF.markers["potassium"], strict)] == [
        scheme.scheme for scheme in default_schemes(REF.markers["potassium"], REF)
    ]
    alternatives = [interval for interval in marker.intervals if not interval.default]
    assert alternatives and default_intervals(marker) == [interval for interval in marker.intervals if interval.default]


def test_of_a_test_whose_limits_could_not_be_checked_only_the_printed_range_counts() -> None:
    marker = REF.markers["uric_acid"]
    assert marker.printed_only
    closed = marker.model_copy(update={"intervals": tuple(one.model_copy(update={"default": True}) for one in marker.intervals)})
    assert default_intervals(closed) == []
    potassium = REF.markers["potassium"].model_copy(update={"printed_only": True})
    assert default_schemes(potassium, REF) == []
    assert default_intervals(closed.model_copy(update={"printed_only": False})) == list(closed.intervals)


# ---- the printed range ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ends", "word", "said"),
    [
        ("", [], "", ""),
        ("  ", [], "", ""),
        ("3.5 - 5.1", [(3.5, 5.1)], "", ""),
        ("<5", [(-INF, closed_high(5, False))], "", ""),
        ("<=5", [(-INF, 5)], "", ""),
        (">3", [(closed_low(3, False), INF)], "", ""),
        (">=3", [(3, INF)], "", ""),
        ("negative", [], "negative", ""),
        ("foo 3 bar 9", [], "", "is not used"),
        ("see comment", [], "", ""),
        ("M: 13-17 F: 12-15", [(13, 17), (12, 15)], "", ""),
        ("M: 13-17 F: 13-17", [(13, 17)], "", ""),  # the same range twice is one
    ],
)
def test_what_a_printed_range_gives(text: str, ends: list[tuple[float, float]], word: str, said: str) -> None:
    spans, found, reasons, _ = printed_range(REF, REF.markers["crp"], "mg/L", text, None, "", None, 40)
    assert ([(span.low, span.high) for span in spans], found) == (ends, word)
    assert said in " ".join(reasons) and bool(said) == bool(reasons)
    assert all((span.id, span.source, span.unit, span.text) == ("printed", "report", "mg/L", " ".join(text.split())) for span in spans)


def test_a_printed_range_in_another_unit_is_compared_in_it() -> None:
    """CRP 0.4 mg/dL beside "0-5 mg/L": 4 mg/L."""
    said = limits("crp", "mg/dL", "0-5 mg/L", "mg/L")
    assert (where(said.printed[0], 0.4, 0.6), said.printed[0].unit, said.reasons) == ([0, 1], "mg/L", ())
    bare = limits("crp", "mg/dL", "0-5", "mg/L")
    assert where(bare.printed[0], 0.4, 0.6) == [0, 1]
    assert "without a unit" in bare.reasons[0] and not bare.passed_over
    by_sex = limits("crp", "mg/dL", "M: 0-5 mg/L F: 0-7 mg/L", "mg/L")
    assert [where(span, 0.6) for span in by_sex.printed] == [[1], [0]] and by_sex.reasons == ()
    assert limits("crp", "mg/L", "0-5 mg/L", "mg/L").printed[0].line == SAME
    for found in (
        limits("d_dimer", "ng/mL", "0-500", "ng/mL{FEU}"),
        limits(None, "mg/dL", "0-5 mg/L", "mg/L"),
        limits("crp", "", "0-5", "mg/L"),
    ):
        assert found.printed == () and "another unit" in found.reasons[0]


def test_a_range_that_says_something_and_cannot_be_used_is_passed_over() -> None:
    assert limits("crp", "mg/L", "foo 3 bar 9").passed_over
    assert limits("d_dimer", "ng/mL", "0-500", "ng/mL{FEU}").passed_over
    for text in ("", "0-5", "negative", "5-3"):  # nothing printed, used, a word; a misprint says nothing
        assert not limits("crp", "mg/L", text).passed_over, text
    assert limits("crp", "mg/L", "5-3").reasons
