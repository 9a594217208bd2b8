"""What a finding means, how a limit is met, which result counts, and three-valued conditions."""

from __future__ import annotations

from datetime import date
from math import inf, nan
from typing import Any

import pandas as pd
import pytest

from labinterp import Patient, Reference
from labinterp.facts import Fact, Facts, answers_in, facts_in, name_of, people, says
from labinterp.reference.schema_causes import Condition

REF = Reference.default()
ALL = (
    "low",
    "high",
    "borderline_low",
    "borderline_high",
    "very_low",
    "very_high",
    "normal",
    "low_or_normal",
    "high_or_normal",
    "any_abnormal",
)


def fact(**columns: Any) -> Fact:
    return Fact(row=0, marker="potassium", **columns)


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = [
        "marker",
        "flag",
        "severity",
        "side",
        "abnormal",
        "low",
        "high",
        "ucum",
        "xuln",
        "collected",
        "status",
        "review",
        "patient_id",
    ]
    return pd.DataFrame([{"status": "ok", "flag": "", "abnormal": None, "side": "", **row} for row in rows], columns=columns)


@pytest.mark.parametrize(
    ("columns", "true"),
    [
        ({"flag": "L", "severity": 1.0, "side": "low", "abnormal": True}, {"low", "borderline_low", "low_or_normal", "any_abnormal"}),
        ({"flag": "N", "severity": 1.0, "side": "low", "abnormal": True}, {"borderline_low", "any_abnormal"}),
        ({"flag": "N", "severity": 2.0, "side": "low", "abnormal": True}, {"low", "low_or_normal", "any_abnormal"}),
        ({"flag": "LL", "severity": 4.0, "side": "low", "abnormal": True}, {"low", "very_low", "low_or_normal", "any_abnormal"}),
        ({"flag": "H", "severity": 3.0, "side": "high", "abnormal": True}, {"high", "very_high", "high_or_normal", "any_abnormal"}),
        ({"flag": "H", "abnormal": True}, {"high", "high_or_normal", "any_abnormal"}),
        ({"flag": "N", "severity": 0.0, "side": "normal", "abnormal": False}, {"normal", "low_or_normal", "high_or_normal"}),
        ({"flag": "H", "severity": 0.0, "side": "normal", "abnormal": True}, {"high", "high_or_normal", "any_abnormal"}),
    ],
)
def test_what_a_finding_means(columns: dict[str, Any], true: set[str]) -> None:
    assert {finding for finding in ALL if fact(**columns).holds(finding)} == true


def test_many_times_the_limit_is_very_high_where_no_band_applies() -> None:
    row = {"marker": "ck", "flag": "H", "abnormal": True, "low": 15000.0, "high": 15000.0}
    assert Facts.of(frame({**row, "xuln": 79.0}), REF).latest["ck"].holds("very_high") is True
    assert Facts.of(frame({**row, "xuln": 4.9}), REF).latest["ck"].holds("very_high") is False
    assert Facts.of(frame({**row, "xuln": 79.0, "severity": 2.0, "side": "high"}), REF).latest["ck"].holds("very_high") is False


@pytest.mark.parametrize("columns", [{"flag": "IND"}, {"flag": ""}, {"flag": "H", "abnormal": True, "status": "implausible"}])
def test_an_unjudged_result_is_not_known(columns: dict[str, Any]) -> None:
    assert {fact(**columns).holds(finding) for finding in ALL} == {None}
    assert fact(**columns).holds("measured") is True


@pytest.mark.parametrize(
    ("flag", "abnormal", "positive", "negative"),
    [("POS", True, True, False), ("NEG", False, False, True), ("H", True, True, False), ("N", False, False, True)],
)
def test_positive_and_negative(flag: str, abnormal: bool, positive: bool, negative: bool) -> None:
    result = fact(flag=flag, abnormal=abnormal)
    assert (result.holds("positive"), result.holds("negative")) == (positive, negative)


@pytest.mark.parametrize(
    ("low", "high", "opened", "limit", "answer"),
    [
        (2.5, 2.5, False, "<=2.5", True),
        (2.6, 2.6, False, "<=2.5", False),
        (-inf, 2.5, True, "<=2.5", True),
        (-inf, 3.0, True, "<=2.5", None),
        (6.5, inf, False, ">=6.5", True),
        (6.0, inf, False, ">=6.5", None),
        (-inf, 6.5, True, ">=6.5", False),
        (3.0, 5.0, False, ">=6.5", False),
    ],
)
def test_the_whole_result_must_meet_a_limit(low: float, high: float, opened: bool, limit: str, answer: bool | None) -> None:
    result = fact(low=low, high=high, high_open=opened, ucum="mmol/L", flag="L")
    assert result.meets({"mmol/L": limit}, REF) is answer


def test_the_limit_in_the_reports_own_unit_wins() -> None:
    """14 mg/dL converts to 3.493 mmol/L: below 3.5, and yet at the published limit of 14."""
    limits = {"mmol/L": ">=3.5", "mg/dL": ">=14"}
    assert Fact(row=0, marker="calcium", flag="HH", low=14.0, high=14.0, ucum="mg/dL").meets(limits, REF) is True
    assert Fact(row=0, marker="calcium", flag="H", low=3.49, high=3.49, ucum="mmol/L").meets(limits, REF) is False


def test_a_limit_is_met_after_conversion() -> None:
    assert Fact(row=0, marker="magnesium", flag="LL", low=0.7, high=0.7, ucum="meq/L").meets({"mmol/L": "<0.4"}, REF) is True


def test_multiples_of_the_upper_limit() -> None:
    limits = {"xULN": ">=10"}
    assert Fact(row=0, marker="ck", flag="H", low=2000, high=2000, xuln=10.0).meets(limits, REF) is True
    assert Fact(row=0, marker="ck", flag="H", low=2000, high=2000, xuln=9.9).meets(limits, REF) is False
    assert Fact(row=0, marker="ck", flag="H", low=1000, high=inf, xuln=5.0).meets(limits, REF) is None
    assert Fact(row=0, marker="ck", flag="H", low=2000, high=2000, xuln=nan).meets(limits, REF) is None


@pytest.mark.parametrize(
    ("all_of", "any_of", "none_of", "answer"),
    [
        (["low"], [], [], True),
        (["high"], [], [], False),
        (["missing"], [], [], None),
        (["low", "missing"], [], [], None),
        (["high", "missing"], [], [], False),
        (["low"], ["high", "missing"], [], None),
        (["low"], ["low", "missing"], [], True),
        (["low"], [], ["missing"], True),
        (["low"], [], ["low"], False),
    ],
)
def test_three_valued_logic(all_of: list[str], any_of: list[str], none_of: list[str], answer: bool | None) -> None:
    facts = Facts.of(frame({"marker": "potassium", "flag": "L", "abnormal": True}), REF)
    parts = {
        "low": Condition(marker="potassium", finding="low"),
        "high": Condition(marker="potassium", finding="high"),
        "missing": Condition(marker="magnesium", finding="low"),
    }
    groups = [tuple(parts[name] for name in names) for names in (all_of, any_of, none_of)]
    assert facts.joined(*groups) is answer
    assert facts.truth(Condition(all_of=groups[0], any_of=groups[1], none_of=groups[2])) is answer


def test_the_latest_result_counts_and_the_older_is_kept() -> None:
    rows = [
        {"marker": "potassium", "flag": "L", "abnormal": True, "collected": date(2026, 1, 1)},
        {"marker": "potassium", "flag": "N", "abnormal": False, "collected": date(2026, 3, 1)},
    ]
    for order in (rows, rows[::-1]):
        facts = Facts.of(frame(*order), REF)
        assert facts.latest["potassium"].flag == "N"
        assert [older.flag for older in facts.earlier["potassium"]] == ["L"]


def test_of_two_undated_results_the_abnormal_one_counts() -> None:
    rows = [{"marker": "potassium", "flag": "N", "abnormal": False}, {"marker": "potassium", "flag": "L", "abnormal": True}]
    for order in (rows, rows[::-1]):
        assert Facts.of(frame(*order), REF).latest["potassium"].flag == "L"


def test_an_unreadable_line_does_not_hide_an_older_result() -> None:
    rows = [
        {"marker": "potassium", "flag": "L", "abnormal": True, "collected": date(2026, 1, 1)},
        {"marker": "potassium", "status": "unreadable_value", "collected": date(2026, 3, 1)},
    ]
    facts = Facts.of(frame(*rows), REF)
    assert facts.latest["potassium"].flag == "L"
    assert len(facts.doubtful) == 1


def test_a_high_sensitivity_crp_stands_in_only_when_it_is_high() -> None:
    row = {"marker": "hs_crp", "flag": "H", "severity": 2.0, "side": "high", "abnormal": True, "ucum": "mg/L"}
    assert "crp" in Facts.of(frame({**row, "low": 12.0, "high": 12.0}), REF).latest
    assert "crp" not in Facts.of(frame({**row, "low": 4.0, "high": 4.0}), REF).latest


def test_corrected_calcium_is_preferred() -> None:
    rows = [
        {"marker": "calcium", "flag": "L", "severity": 2.0, "side": "low", "abnormal": True},
        {"marker": "calcium_corrected", "flag": "N", "severity": 0.0, "side": "normal", "abnormal": False},
    ]
    assert Facts.of(frame(*rows), REF).truth(Condition(marker="calcium", finding="low")) is False


def test_answers() -> None:
    given, unknown = answers_in(
        {"numbness": True, "onset": "dont_know", "drugs": ["statin", "magic"], "screen.fast": "no", "nonsense": "yes"}, REF
    )
    assert given == {"numbness": ("yes",), "drugs": ("statin",), "screen.fast": ("no",)}
    assert unknown == (("drugs", "magic"), ("nonsense", "yes"))


@pytest.mark.parametrize(("age", "value"), [(17, "under_18"), (18, "18_50"), (50, "18_50"), (51, "over_50")])
def test_a_known_age_answers_its_question(age: float, value: str) -> None:
    facts = Facts.of(frame(), REF, {}, Patient(age=age))
    assert [answer.value for answer in facts.given("age_band")] == [value]


def test_an_unknown_age_is_not_known() -> None:
    assert Facts.of(frame(), REF).truth(Condition(age=">=50")) is None


def test_two_persons_are_kept_apart() -> None:
    rows = [{"marker": "potassium", "patient_id": "a"}, {"marker": "potassium", "patient_id": "b"}]
    assert [len(part) for part in people(frame(*rows))] == [1, 1]
    assert len(people(frame(rows[0], rows[0]))) == 1


WITHIN = {
    "flag": "N",
    "abnormal": False,
    "basis": "printed",
    "value_text": "5.3",
    "unit_text": "mmol/L",
    "range_text": "3.5-5.4",
    "band_text": "mildly high (uk)",
}


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (
            {"flag": "L", "basis": "printed", "value_text": "165", "unit_text": "pg/mL", "range_text": "232-1245"},
            "Potassium 165 pg/mL, below your laboratory's 232-1245",
        ),
        (
            {"flag": "H", "basis": "decision", "value_text": "6.1", "unit_text": "mmol/L", "band_text": "moderately high (uk)"},
            "Potassium 6.1 mmol/L: moderately high",
        ),
        (
            {
                "flag": "N",
                "abnormal": False,
                "basis": "interval",
                "value_text": "4.1",
                "unit_text": "mmol/L",
                "limit_text": "3.5-5.3 mmol/L",
            },
            "Potassium 4.1 mmol/L: normal (usual: 3.5-5.3 mmol/L)",
        ),
        ({"flag": "HH"}, "Potassium: very high in the words of your laboratory"),
        (WITHIN | {"severity": 1.0}, "Potassium 5.3 mmol/L, within your laboratory's 3.5-5.4; by the guideline: mildly high"),
        (WITHIN | {"severity": 0.0}, "Potassium 5.3 mmol/L, within your laboratory's 3.5-5.4"),
        (WITHIN | {"severity": 1.0, "abnormal": True, "flag": "H"}, "Potassium 5.3 mmol/L, above your laboratory's 3.5-5.4"),
    ],
)
def test_a_result_is_told_with_value_and_limit(columns: dict[str, Any], text: str) -> None:
    assert says(fact(**columns), REF) == text


def test_a_condition_speaks_of_one_thing() -> None:
    for wrong in ({}, {"marker": "ck"}, {"marker": "ck", "finding": "high", "age": ">=50"}, {"question": "onset"}):
        with pytest.raises(ValueError, match=r"condition|give"):
            Condition.model_validate(wrong)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"flag": "HH"}, {"flag": "L"}),  # what is critical counts before what is not, whatever the letters are
        ({"flag": "HH"}, {"flag": "POS"}),
        ({"flag": "LL"}, {"flag": "H", "severity": 2.0}),
        ({"flag": "H", "severity": 2.0}, {"flag": "L", "severity": 1.0}),
        ({"flag": "H", "severity": 1.0}, {"flag": "L"}),
    ],
)
def test_of_two_undated_abnormal_results_the_more_severe_one_counts(one: dict[str, Any], other: dict[str, Any]) -> None:
    rows = [{"marker": "potassium", "abnormal": True, **columns} for columns in (one, other)]
    for order in (rows, rows[::-1]):
        assert Facts.of(frame(*order), REF).latest["potassium"].flag == one["flag"]


@pytest.mark.parametrize(("comparator", "ends"), [("", (5, 5)), ("<", (-inf, 5)), ("<=", (-inf, 5)), (">", (5, inf)), (">=", (5, inf))])
def test_a_result_with_a_comparator_reaches_to_that_side(comparator: str, ends: tuple[float, float]) -> None:
    """A table that holds a value and a comparator only, as a derived result does."""
    (found,) = facts_in(pd.DataFrame([{"marker": "potassium", "value": 5.0, "comparator": comparator, "unit": "mmol/L"}]), REF)
    assert (found.low, found.high) == ends
    assert found.ucum == "mmol/L"
    assert (found.low_open, found.high_open) == (comparator == ">", comparator == "<")


def test_an_answer_is_known_by_its_full_name_only() -> None:
    screen = next(iter(REF.screens))
    given, unknown = answers_in({f"screen.{screen}": True, "screen.nonsense": True}, REF)
    assert given == {f"screen.{screen}": ("yes",)}
    assert unknown == (("screen.nonsense", "yes"),)
    bare = next(screen for screen in REF.screens if screen not in REF.questions)
    assert answers_in({bare: True}, REF) == ({}, ((bare, "yes"),))


def test_a_stand_in_on_a_condition_never_takes_the_place_of_a_judged_result() -> None:
    high = {"marker": "hs_crp", "flag": "H", "severity": 2.0, "side": "high", "abnormal": True, "ucum": "mg/L", "low": 12.0, "high": 12.0}
    judged = {"marker": "crp", "flag": "N", "abnormal": False}
    undecided = {"marker": "crp", "flag": "IND"}
    assert Facts.of(frame(high, judged), REF).latest["crp"].marker == "crp"
    assert Facts.of(frame(high, undecided), REF).latest["crp"].marker == "hs_crp"


def test_a_name_loses_long_brackets_only() -> None:
    assert name_of("no_such_marker", REF) == "no such marker"
    for marker in REF.markers.values():
        head, bracket, tail = marker.name.partition(" (")
        assert name_of(marker.id, REF) == (marker.name if not bracket or len(tail) <= 6 else head)
