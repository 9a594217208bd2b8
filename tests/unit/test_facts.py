"""What a finding means, how a limit is met, which result counts, and three-valued conditions."""

from __future__ import annotations

from datetime import date, timedelta
from math import inf, nan
from typing import Any

import pandas as pd
import pytest

from labinterp import Patient, Reference, interpret
from labinterp.facts import Fact, Facts, answers_in, facts_in, name_of, pattern_facts, people, says, without_day
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


# ---- rules one by one ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "true"),
    [
        (
            {"flag": "LL", "abnormal": True},
            {"low", "very_low", "low_or_normal", "any_abnormal"},
        ),  # marked by the laboratory, without a band
        ({"flag": "HH", "abnormal": True}, {"high", "very_high", "high_or_normal", "any_abnormal"}),
        ({"flag": "N", "severity": 1.0, "side": "high", "abnormal": True}, {"borderline_high", "any_abnormal"}),
        ({"flag": "N", "severity": 2.0, "side": "high", "abnormal": True}, {"high", "high_or_normal", "any_abnormal"}),
        ({"flag": "N", "severity": 3.0, "side": "low", "abnormal": True}, {"low", "very_low", "low_or_normal", "any_abnormal"}),
        ({"flag": "L", "severity": 2.0, "side": "low", "abnormal": True}, {"low", "low_or_normal", "any_abnormal"}),
        ({"flag": "H", "well_above": True, "abnormal": True}, {"high", "very_high", "high_or_normal", "any_abnormal"}),
        ({"flag": "A", "abnormal": True}, {"any_abnormal"}),
        ({"flag": "POS"}, {"any_abnormal"}),
        ({"flag": "N", "abnormal": None}, set()),  # marked normal of a value that nobody could judge
        ({"flag": "", "abnormal": True}, {"any_abnormal"}),
    ],
)
def test_more_of_what_a_finding_means(columns: dict[str, Any], true: set[str]) -> None:
    assert {finding for finding in ALL if fact(**columns).holds(finding)} == true


def test_a_hormone_that_should_be_low_is_inappropriately_high_when_it_is_not_low() -> None:
    assert fact(flag="N", abnormal=False).holds("high_inappropriate") is True
    assert fact(flag="H", abnormal=True).holds("high_inappropriate") is True
    assert fact(flag="L", abnormal=True).holds("high_inappropriate") is False
    assert fact(flag="IND").holds("high_inappropriate") is None
    with pytest.raises(ValueError, match="no such finding"):
        fact(flag="L").holds("lowish")


@pytest.mark.parametrize(
    ("flag", "abnormal", "positive", "negative"),
    [
        ("A", True, True, False),
        ("POS", None, True, False),
        ("NEG", None, False, True),
        ("HH", True, True, False),
        ("POS", False, True, False),
    ],
)
def test_more_of_positive_and_negative(flag: str, abnormal: bool | None, positive: bool, negative: bool) -> None:
    result = fact(flag=flag, abnormal=abnormal)
    assert (result.holds("positive"), result.holds("negative")) == (positive, negative)


def test_what_was_not_measured_is_known() -> None:
    facts = Facts.of(frame({"marker": "potassium", "status": "unreadable_value"}, {"marker": "sodium", "status": "not_a_result"}), REF)
    assert facts.truth(Condition(marker="magnesium", finding="measured")) is False
    assert facts.truth(Condition(marker="magnesium", finding="low")) is None
    assert facts.truth(Condition(marker="magnesium", limits={"mmol/L": "<0.4"})) is None
    held = Facts.of(frame({"marker": "potassium", "flag": "IND"}), REF)
    assert held.truth(Condition(marker="potassium", finding="measured")) is True
    assert fact(status="not_a_result").holds("measured") is False


@pytest.mark.parametrize(
    ("marker", "value", "ucum", "limits", "answer"),
    [
        ("magnesium", 0.7, "meq/L", {"mg/dL": "<1.0"}, True),  # 0.35 mmol/L, 24.305 g/mol: 0.85 mg/dL
        ("magnesium", 0.9, "meq/L", {"mg/dL": "<1.0"}, False),  # 1.09 mg/dL
        ("hba1c", 6.5, "%", {"mmol/mol": ">=48"}, True),  # 47.5, which is printed as 48
        ("hba1c", 6.4, "%", {"mmol/mol": ">=48"}, False),  # 46.4
        ("hba1c", 48.0, "mmol/mol", {"%": ">=6.5"}, True),
        ("hba1c", 46.0, "mmol/mol", {"%": ">=6.5"}, False),
        ("crp", 500.0, "nmol/L", {"mg/L": ">=10"}, None),  # a factor on which laboratories differ proves nothing
        ("magnesium", 0.7, "furlong", {"mg/dL": "<1.0"}, None),
        ("magnesium", 0.7, "meq/L", {"furlong": "<1.0"}, None),
        ("d_dimer", 600.0, "ng/mL{FEU}", {"ng/mL{FEU}": ">=500"}, True),
    ],
)
def test_a_limit_in_another_unit_is_met_as_the_value_would_be_printed_there(
    marker: str, value: float, ucum: str, limits: dict[str, str], answer: bool | None
) -> None:
    assert Fact(row=0, marker=marker, flag="H", low=value, high=value, ucum=ucum).meets(limits, REF) is answer


def test_what_has_no_number_meets_no_limit() -> None:
    assert fact(flag="LL").meets({"mmol/L": "<=2.5"}, REF) is None
    number = {"flag": "LL", "low": 2.1, "high": 2.1, "ucum": "mmol/L"}
    assert fact(**number).meets({"mmol/L": "<=2.5"}, REF) is True
    assert fact(**number, status="implausible").meets({"mmol/L": "<=2.5"}, REF) is None
    assert fact(**number, status="unreadable_value").meets({"mmol/L": "<=2.5"}, REF) is None
    assert fact(**number, status="unknown_unit").meets({"mmol/L": "<=2.5"}, REF) is True  # asked as if it were of that unit


@pytest.mark.parametrize(
    ("low", "high", "low_open", "high_open", "limit", "answer"),
    [
        (2.5, inf, True, False, "<=2.5", False),  # above 2.5 never meets "2.5 or less"
        (2.5, inf, False, False, "<=2.5", None),
        (2.5, inf, False, False, "<2.5", False),
        (-inf, 6.5, False, False, ">=6.5", None),
        (-inf, 6.5, False, False, ">6.5", False),
        (6.5, inf, True, False, ">6.5", True),
        (6.5, inf, False, False, ">6.5", None),
        (-inf, 2.5, False, True, "<2.5", True),
        (-inf, 2.5, False, False, "<2.5", None),
        (-inf, inf, False, False, ">=6.5", None),
        (6.1, 6.2, False, False, ">=6.0 <6.5", True),
        (6.1, inf, False, False, ">=6.0 <6.5", None),
        (-inf, 6.1, False, False, ">=6.0 <6.5", None),
        (6.0, 6.5, False, False, ">=6.0 <6.5", None),
        (6.0, 6.5, False, True, ">=6.0 <6.5", True),
        (7.0, 8.0, False, False, ">=6.0 <6.5", False),
        (5.0, 5.5, False, False, ">=6.0 <6.5", False),
        (5.0, 7.0, False, False, ">=6.0 <6.5", None),
    ],
)
def test_a_result_with_open_ends_meets_a_limit(
    low: float, high: float, low_open: bool, high_open: bool, limit: str, answer: bool | None
) -> None:
    result = fact(low=low, high=high, low_open=low_open, high_open=high_open, ucum="mmol/L", flag="L")
    assert result.meets({"mmol/L": limit}, REF) is answer


# ---- facts out of a table ------------------------------------------------------------------------------------------------


def test_a_table_of_pandas_types_is_read_as_one_of_python() -> None:
    rows = frame(
        {
            "marker": "potassium",
            "flag": "L",
            "abnormal": True,
            "severity": 2,
            "collected": pd.Timestamp("2026-01-02 08:15"),
            "low": 3,
            "high": 3,
        },
        {"marker": "sodium", "flag": "N", "abnormal": False},
        {"marker": "tsh", "flag": "IND"},
        {"flag": "L"},
    )
    rows["collected"] = pd.to_datetime(rows["collected"])
    plain, typed = facts_in(rows, REF), facts_in(rows.convert_dtypes(), REF)
    assert [(one.marker, one.day, one.abnormal) for one in plain] == [
        ("potassium", date(2026, 1, 2), True),
        ("sodium", None, False),
        ("tsh", None, None),
    ]
    assert repr(plain) == repr(typed)
    assert (plain[0].severity, plain[0].low, plain[0].status) == (2, 3, "ok")
    assert str(plain[1].severity) == "nan"


def test_a_fact_bears_the_columns_of_its_row() -> None:
    texts = ("value_text", "unit_text", "range_text", "name_text", "basis", "limit_text", "band_text", "qualitative", "review")
    row = {name: f"Some {name}" for name in (*texts, "text", "flag_text", "specimen_text")}
    (found,) = facts_in(pd.DataFrame([{"marker": "potassium", **row}], index=[7]), REF)
    assert {name: getattr(found, name) for name in texts} == {name: f"Some {name}" for name in texts}
    assert found.row == 7 and found.status == "ok"
    assert found.line == "some text some name_text some value_text some flag_text some specimen_text"
    printed = Condition(marker="potassium", printed=("flag_text",))
    facts = Facts.of(pd.DataFrame([{"marker": "potassium", **row}]), REF)
    assert facts.truth(printed) is True
    assert facts.truth(Condition(marker="potassium", printed=("haemolysed",))) is False


def test_a_limit_is_asked_of_the_printed_ends_where_they_are_known() -> None:
    row = {"marker": "potassium", "low": 2.1, "high": 2.1, "ucum": "mmol/L", "value": 99.0, "unit": "g/L", "comparator": ""}
    (found,) = facts_in(pd.DataFrame([row]), REF)
    assert (found.low, found.high, found.ucum) == (2.1, 2.1, "mmol/L")


@pytest.mark.parametrize(
    ("xuln", "flag", "severity", "well"), [(5.0, "H", nan, True), (4.99, "H", nan, False), (9.0, "N", nan, False), (9.0, "H", 2.0, False)]
)
def test_well_above_is_five_times_the_limit_of_what_has_no_bands(xuln: float, flag: str, severity: float, well: bool) -> None:
    (found,) = facts_in(frame({"marker": "lipase", "flag": flag, "xuln": xuln, "severity": severity}), REF)
    assert found.well_above is well and REF.evidence.well_above == 5


@pytest.mark.parametrize(
    ("marker", "flag", "severity", "side", "mild"),
    [
        ("hba1c", "N", 1.0, "high", True),  # prediabetes, with diabetes beyond
        ("hba1c", "H", 2.0, "high", False),
        ("hba1c", "H", 0.0, "normal", True),  # above the printed range only
        ("hba1c", "L", 0.0, "normal", False),  # the scheme has nothing on that side
        ("hba1c", "H", nan, "", False),  # no band applied
        ("hemoglobin", "H", 1.0, "high", False),  # the only band on that side
        ("hemoglobin", "L", 1.0, "low", True),
        ("hemoglobin", "LL", 1.0, "low", True),
        ("potassium", "HH", 1.0, "high", True),
        ("no_such_marker", "H", 1.0, "high", False),
    ],
)
def test_mild_is_what_has_worse_bands_beyond(marker: str, flag: str, severity: float, side: str, mild: bool) -> None:
    (found,) = facts_in(frame({"marker": marker, "flag": flag, "severity": severity, "side": side}), REF)
    assert found.mild is mild


def test_what_is_no_result_is_neither_held_nor_doubtful() -> None:
    facts = Facts.of(frame({"marker": "potassium", "status": "not_a_result"}, {"marker": "sodium", "flag": "L", "review": "smudged"}), REF)
    assert "potassium" not in facts.latest and [one.marker for one in facts.doubtful] == ["sodium"]
    assert facts.latest["sodium"].flag == "L"


@pytest.mark.parametrize("undated", [{"flag": "L", "abnormal": True}, {"flag": "N", "abnormal": False}])
def test_a_result_of_unknown_day_counts_where_it_is_the_graver_one(undated: dict[str, Any]) -> None:
    dated = {"marker": "potassium", "flag": "N", "abnormal": False, "collected": date(2026, 1, 1)}
    for rows in (({"marker": "potassium", **undated}, dated), (dated, {"marker": "potassium", **undated})):
        facts = Facts.of(frame(*rows), REF)
        assert facts.latest["potassium"].flag == undated["flag"]
        assert len(facts.earlier["potassium"]) == 1
    grave = {**dated, "flag": "L", "abnormal": True}
    assert Facts.of(frame({"marker": "potassium", **undated, "flag": "N", "abnormal": False}, grave), REF).latest["potassium"].flag == "L"


def test_a_worked_out_result_stands_on_no_row() -> None:
    derived = pd.DataFrame([{"marker": "calcium_corrected", "value": 2.3, "unit": "mmol/L", "flag": "N", "abnormal": False}])
    facts = Facts.of(frame({"marker": "calcium", "flag": "L", "abnormal": True}), REF, derived=derived)
    assert facts.latest["calcium"].marker == "calcium_corrected" and facts.latest["calcium"].row is None
    assert Facts.of(frame({"marker": "calcium", "flag": "L", "abnormal": True}), REF).latest["calcium"].row == 0


# ---- conditions ----------------------------------------------------------------------------------------------------------

LOW_K = Condition(marker="potassium", finding="low")
LOW_NA = Condition(marker="sodium", finding="low")
LOW_MG = Condition(marker="magnesium", finding="low")
SUDDEN = Condition(question="onset", answer=("sudden",))
OLD = Condition(age=">=50")


def person(**more: Any) -> Facts:
    rows = frame({"marker": "potassium", "flag": "L", "abnormal": True}, {"marker": "sodium", "flag": "N", "abnormal": False})
    return Facts.of(rows, REF, **more)


def test_answers_and_age_as_conditions() -> None:
    assert person(answers={"onset": "sudden"}).truth(SUDDEN) is True
    assert person(answers={"onset": "hours_days"}).truth(SUDDEN) is False
    assert person().truth(SUDDEN) is None
    assert person(patient=Patient(age=50)).truth(OLD) is True
    assert person(patient=Patient(age=49)).truth(OLD) is False
    born = Patient(birth_date=date(1976, 1, 2))
    rows = [{"marker": "potassium", "flag": "N", "collected": date(2026, 1, day)} for day in (1, 3)]
    assert Facts.of(frame(*rows), REF, None, born).truth(OLD) is True  # on the day of the latest sample
    assert Facts.of(frame(rows[0]), REF, None, born).truth(OLD) is False


def test_the_results_on_which_a_condition_stands() -> None:
    facts = person(answers={"onset": "sudden"})
    assert [one.marker for one in facts.used(LOW_K)] == ["potassium"]
    assert list(facts.used(LOW_NA)) == [] and list(facts.used(LOW_MG)) == [] and list(facts.used(SUDDEN)) == []
    nested = Condition(all_of=(Condition(any_of=(LOW_K, LOW_NA)), SUDDEN))
    assert [one.marker for one in facts.used(nested)] == ["potassium"]
    half = Condition(any_of=(Condition(all_of=(LOW_K, LOW_NA)), SUDDEN))  # of what is false nothing is used
    assert list(facts.used(half)) == []


def test_what_is_open_is_what_could_still_make_it_true() -> None:
    facts = person()
    assert list(facts.open_parts(LOW_MG)) == [LOW_MG]
    assert list(facts.open_parts(LOW_K)) == [] and list(facts.open_parts(LOW_NA)) == []
    assert list(facts.open_parts(SUDDEN)) == [SUDDEN] and list(facts.open_parts(OLD)) == [OLD]
    assert list(facts.open_parts(Condition(all_of=(LOW_K, LOW_MG, SUDDEN)))) == [LOW_MG, SUDDEN]
    assert list(facts.open_parts(Condition(any_of=(LOW_NA, LOW_MG)))) == [LOW_MG]
    assert list(facts.open_parts(Condition(any_of=(LOW_K, LOW_MG)))) == []  # true already
    assert list(facts.open_parts(Condition(all_of=(Condition(any_of=(LOW_MG, OLD)),)))) == [LOW_MG, OLD]
    assert list(person(patient=Patient(age=60)).open_parts(OLD)) == []


def test_the_answers_given_to_a_question() -> None:
    assert [rule.value for rule in person(answers={"onset": "sudden"}).given("onset")] == ["sudden"]
    assert person().given("onset") == ()
    assert person(patient=Patient(age=40)).given("onset") == ()
    said = person(patient=Patient(age=40), answers={"age_band": "over_50"})
    assert [rule.value for rule in said.given("age_band")] == ["over_50"]  # what was answered wins


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (True, ("yes",)),
        (False, ("no",)),
        (None, ()),
        ("yes", ("yes",)),
        (["yes", "yes"], ("yes",)),
        ({"yes": 1}, ("yes",)),
        ([], ()),
        ("", ()),
        ("unknown", ()),
        ("skip", ()),
        (7, ()),
    ],
)
def test_an_answer_may_be_given_in_several_ways(answer: Any, kept: tuple[str, ...]) -> None:
    given, unknown = answers_in({"numbness": answer}, REF)
    assert given.get("numbness", ()) == kept
    assert unknown == ((("numbness", "7"),) if answer == 7 else ())


@pytest.mark.parametrize(
    ("ids", "sizes"),
    [(["a", "b", "a"], [2, 1]), (["a", None, "a"], [2, 1]), ([1, 1, 2], [2, 1]), ([None, None, None], [3]), (["", "a", ""], [2, 1])],
)
def test_rows_belong_to_the_person_that_they_name(ids: list[Any], sizes: list[int]) -> None:
    assert [len(part) for part in people(frame(*({"marker": "potassium", "patient_id": one} for one in ids)))] == sizes


# ---- patterns ------------------------------------------------------------------------------------------------------------


def dated(marker: str, flag: str, day: date | None, **more: Any) -> dict[str, Any]:
    return {"marker": marker, "flag": flag, "abnormal": flag != "N", "collected": day, **more}


@pytest.mark.parametrize(("days", "holds"), [(0, True), (90, True), (91, False), (None, True)])
def test_a_pattern_stands_on_results_that_are_near_in_time(days: int | None, holds: bool) -> None:
    """Potassium low, aldosterone high, renin low: of one illness only if measured within ninety days."""
    first = date(2026, 1, 1)
    other = None if days is None else first + timedelta(days=days)
    rows = [dated("potassium", "L", first), dated("aldosterone", "H", other), dated("renin", "L", first)]
    used = pattern_facts(REF.patterns["conn"], Facts.of(frame(*rows), REF))
    assert ([one.marker for one in used] == ["potassium", "aldosterone", "renin"]) if used else not holds
    assert (used is not None) is holds


def test_of_alternatives_one_that_is_near_in_time_is_enough() -> None:
    now, then = date(2026, 6, 1), date(2025, 1, 1)
    base = dated("m_protein", "POS", now)
    near = Facts.of(frame(base, dated("calcium", "H", then), dated("creatinine", "H", now), dated("hemoglobin", "L", then)), REF)
    assert [one.marker for one in pattern_facts(REF.patterns["myeloma"], near) or []] == ["m_protein", "creatinine"]
    for days, holds in ((90, True), (91, False)):
        creatinine = dated("creatinine", "H", now - timedelta(days=days))
        edge = Facts.of(frame(base, dated("calcium", "H", then), creatinine), REF)
        assert (pattern_facts(REF.patterns["myeloma"], edge) is not None) is holds
    far = Facts.of(frame(base, dated("calcium", "H", then)), REF)
    assert pattern_facts(REF.patterns["myeloma"], far) is None
    alone = Facts.of(frame(base, dated("calcium", "N", now)), REF)
    assert pattern_facts(REF.patterns["myeloma"], alone) is None


OF_3_TO_6 = {"value_text": "5.2", "basis": "printed", "range_text": "3-6", "limit_text": "3-6"}

# ---- words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"flag": "L", "value_text": "3.1", "unit_text": "mmol/L"}, "Potassium 3.1 mmol/L"),  # nothing to compare with
        (  # marked by the laboratory, whatever range is usual elsewhere
            {"flag": "H", "value_text": "4.0", "unit_text": "mmol/L", "basis": "printed", "limit_text": "3.5-5.1"},
            "Potassium 4.0 mmol/L: high in the words of your laboratory",
        ),
        ({"flag": "H", "value_text": "", "unit_text": "mmol/L"}, "Potassium: high in the words of your laboratory"),
        ({"flag": "A", "abnormal": True} | OF_3_TO_6, "Potassium 5.2, beside your laboratory's 3-6"),
        ({"flag": "N", "abnormal": None} | OF_3_TO_6, "Potassium 5.2, within your laboratory's 3-6"),  # whatever else is unsettled
        ({"flag": "IND"} | OF_3_TO_6, "Potassium 5.2"),  # reaches across its end, say: nobody knows where it lies
        ({"flag": "LL", "abnormal": True, "inside": False} | OF_3_TO_6, "Potassium 5.2, below your laboratory's 3-6"),
        ({"flag": "IND", "value_text": "5.2", "basis": "interval", "limit_text": "3-6 mmol/L"}, "Potassium 5.2"),
        ({"flag": "H", "value_text": "6.1", "basis": "decision", "limit_text": "3.5-5.5"}, "Potassium 6.1: high (usual: 3.5-5.5)"),
        ({"flag": "L", "value_text": "3.1", "day": date(2026, 3, 12)}, "Potassium 3.1 on 12 March 2026"),
        ({"flag": "", "value_text": ""}, "Potassium: reported in the words of your laboratory"),
        ({"flag": "IND", "value_text": ""}, "Potassium: reported in the words of your laboratory"),
        (WITHIN | {"severity": nan}, "Potassium 5.3 mmol/L, within your laboratory's 3.5-5.4"),
        (WITHIN | {"severity": 1.0, "band_text": ""}, "Potassium 5.3 mmol/L, within your laboratory's 3.5-5.4"),
        *(  # what the guideline calls abnormal still lies within the laboratory's range
            (
                WITHIN | {"abnormal": True, "side": "high", "inside": True, **columns},
                "Potassium 5.3 mmol/L, within your laboratory's 3.5-5.4; by the guideline: mildly high",
            )
            for columns in ({"severity": 1.0}, {"severity": 2.0}, {"flag": "HH", "severity": 4.0}, {"flag": "LL", "severity": 4.0})
        ),
    ],
)
def test_more_ways_in_which_a_result_is_told(columns: dict[str, Any], text: str) -> None:
    assert says(fact(**columns), REF) == text


def test_a_day_that_all_share_is_left_out() -> None:
    day = date(2026, 3, 12)
    told = says(fact(flag="L", value_text="3.1", day=day), REF)
    assert without_day(told, day, REF.language) == "Potassium 3.1"
    assert without_day(told, date(2026, 3, 13), REF.language) == told


@pytest.mark.parametrize(
    ("name", "value", "unit", "printed", "told"),
    [
        ("Ferritin", "20", "ug/L", "10-300", "Ferritin 20 ug/L, within your laboratory's 10-300; by the guideline: "),
        ("HbA1c", "6.6", "%", "4.0-7.0", "Haemoglobin A1c 6.6 %, within your laboratory's 4.0-7.0; by the guideline: "),
        ("Potassium", "2.4", "mmol/L", "1.0-9.0", "Potassium 2.4 mmol/L, within your laboratory's 1.0-9.0; by the guideline: "),
        ("Potassium", "2.4", "mmol/L", "3.5-5.1", "Potassium 2.4 mmol/L, below your laboratory's 3.5-5.1"),
    ],
)
def test_a_result_is_never_said_to_lie_outside_of_a_range_that_it_lies_in(
    name: str, value: str, unit: str, printed: str, told: str
) -> None:
    row = {"name_text": name, "value_text": value, "unit_text": unit, "range_text": printed}
    (found,) = facts_in(interpret(pd.DataFrame([row])).results, REF)
    assert says(found, REF).startswith(told) and found.abnormal is True
