"""Flags and bands from limits given by hand: the laws of "a result is an interval" and "two questions, two answers"."""

from __future__ import annotations

import dataclasses
import math
import random

import numpy as np
import pandas as pd
import pytest

from labinterp.flags import edges, flag_results, laboratory_mark, word_answer
from labinterp.limits import INF, Limits, Line, Results, Scale, Slip, Span, closed_high, closed_low

POTASSIUM_BANDS = Scale(
    starts=(-INF, 2.5, 3.0, 3.5, 5.5, 6.0, 6.5),
    categories=("severe_low", "moderate_low", "mild_low", "normal", "mild_high", "moderate_high", "severe_high"),
    labels=("severe", "moderate", "mild", "usual", "mild", "moderate", "severe"),
    texts=("", "", "", "3.5 to below 5.5 mmol/L", "", "", ""),
    severities=(4, 3, 1, 0, 2, 3, 4),
    sides=("low", "low", "low", "normal", "high", "high", "high"),
    scheme="uk",
    id="potassium:uk",
    source="ukka",
    unit="mmol/L",
)
CRITICAL = Span(math.nextafter(2.5, INF), math.nextafter(6.5, -INF), "potassium:critical", "ukka")
PLAUSIBLE = Span(1.0, 12.0, "potassium:plausible", "editorial")


def judged(low: float, high: float | None = None, comparator: str = "", mark: str = "", **limits: object) -> pd.Series:
    high = low if high is None else high
    own = Limits(**limits)  # type: ignore[arg-type]
    frame = pd.DataFrame(
        {
            "marker": ["potassium"], "comparator": [comparator], "low": [low], "high": [high], "qualitative": [""], "flag_text": [mark], "value_flag": [""],
            "value_kind": ["number"], "value_text": ["x"], "range_text": [""], "value_reason": [""], "unit_reason": [""], "match_reason": [""], "ucum": ["mmol/L"],
            "unit_text": ["mmol/L"], "limits": [own],
        }
    )  # fmt: skip
    return flag_results(frame).iloc[0]


def printed(low: float, high: float) -> tuple[Span, ...]:
    return (Span(low, high, "printed", "report", text=f"{low:g}-{high:g}"),)


def test_printed_range_answers_the_flag_and_bands_answer_the_category() -> None:
    row = judged(5.3, printed=printed(3.5, 5.1), scales=(POTASSIUM_BANDS,))
    assert (row.flag, row.basis, row.category, row.severity, row.abnormal) == ("H", "printed", "normal", 0, True)


@pytest.mark.parametrize(
    ("value", "flag", "category"),
    [(2.5, "LL", "moderate_low"), (2.51, "L", "moderate_low"), (6.49, "H", "moderate_high"), (6.5, "HH", "severe_high")],
)
def test_critical_limits_include_their_edge(value: float, flag: str, category: str) -> None:
    row = judged(value, printed=printed(3.5, 5.1), scales=(POTASSIUM_BANDS,), critical=(CRITICAL,))
    assert (row.flag, row.category) == (flag, category)
    assert row.abnormal is True


def test_a_critical_limit_beats_a_wide_printed_range() -> None:
    assert judged(2.4, printed=printed(1.0, 9.0), scales=(POTASSIUM_BANDS,), critical=(CRITICAL,)).flag == "LL"


def test_a_censored_result_is_placed_only_where_it_lies_wholly() -> None:
    below = judged(-INF, 150, "<", printed=printed(232, 1245))
    across = judged(-INF, 300, "<", printed=printed(232, 1245))
    assert (below.flag, below.status, below.abnormal) == ("L", "ok", True)
    assert (across.flag, across.status, across.abnormal) == ("IND", "undetermined", None)
    assert "reaches across" in across.reason


def test_strict_and_inclusive_ends_meet_without_overlap() -> None:
    limit = (Span(closed_low(-INF, False), closed_high(5, False), "printed", "report", text="<5"),)
    assert judged(5, printed=limit).flag == "H"
    assert judged(-INF, 5, "<", printed=limit).flag == "N"
    assert judged(-INF, 5, "<=", printed=limit).flag == "IND"


def test_two_possible_populations_must_agree() -> None:
    men, women = Span(50, 400, "m", "norip"), Span(35, 210, "w", "norip")
    assert judged(250, intervals=(men, women), open_facts=("sex",)).flag == "IND"
    assert "sex" in judged(250, intervals=(men, women), open_facts=("sex",)).reason
    assert judged(500, intervals=(men, women)).flag == "H"
    assert judged(100, intervals=(men, women)).flag == "N"


def test_unknown_population_never_calls_normal() -> None:
    row = judged(250, intervals=(Span(50, 400), Span(35, 210)))
    assert row.abnormal is None


def test_guideline_against_printed_range_is_abnormal_though_flag_is_normal() -> None:
    bands = Scale(
        np.array([-INF, 5.7, 6.5]),
        ("normal", "prediabetes", "diabetes"),
        ("", "", ""),
        ("below 5.7", "", ""),
        (0, 1, 2),
        ("normal", "high", "high"),
        "ada",
        "hba1c:ada",
        "ada",
        "%",
    )
    row = judged(6.0, printed=printed(4.0, 6.0), scales=(bands,))
    assert (row.flag, row.category, row.abnormal) == ("N", "prediabetes", True)


def test_an_implausible_value_is_a_question_without_a_flag() -> None:
    row = judged(41, printed=printed(3.5, 5.1), scales=(POTASSIUM_BANDS,), critical=(CRITICAL,), plausible=PLAUSIBLE)
    assert (row.status, row.flag, row.category, row.abnormal) == ("implausible", "", "", None)
    assert "4.1" in row.reason


def test_the_other_unit_is_suggested_with_what_it_would_mean() -> None:
    to_percent = Line(0.09148, 2.152, 1)
    row = judged(55, plausible=Span(3, 20), slips=(Slip("mmol/mol", 10, 190, to_percent, True),))
    assert row.status == "implausible"
    assert "55 mmol/mol would be 7.2" in row.reason


def test_conversion_rounds_as_laboratories_print_before_comparing() -> None:
    glucose = Scale(
        np.array([-INF, 126.0]),
        ("ok", "diabetes"),
        ("", ""),
        ("", ""),
        (0, 2),
        ("normal", "high"),
        "ada",
        "g:ada",
        "ada",
        "mg/dL",
        Line(18.016, 0, 0),
    )
    assert judged(6.99, scales=(glucose,)).category == "diabetes"  # 125.93 mg/dL is printed as 126
    assert judged(6.9, scales=(glucose,)).category == "ok"


def test_nothing_to_compare_with_is_said() -> None:
    row = judged(1.2)
    assert (row.flag, row.status, row.abnormal) == ("", "no_interval", None)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("H", "H"),
        ("↑", "H"),
        ("niedrig", "L"),
        ("*", "A"),
        ("**", "A"),
        ("L**", "L"),
        ("HH", "HH"),
        ("bold", "A"),
        ("", ""),
        ("N", "N"),
        ("Not detected", "NEG"),
        ("see note", ""),
    ],
)
def test_laboratory_marks(text: str, flag: str) -> None:
    assert laboratory_mark(text) == flag


@pytest.mark.parametrize(
    ("word", "expected", "meanings", "known", "answer"),
    [
        ("negative", "negative", {}, True, ("NEG", False)),
        ("reactive", "non-reactive", {}, True, ("POS", True)),
        ("positive", "", {"positive": "abnormal"}, True, ("POS", True)),
        ("non-reactive", "", {"positive": "abnormal", "negative": "normal"}, True, ("NEG", False)),
        ("positive", "", {}, False, ("POS", None)),
        ("indeterminate", "negative", {}, True, ("IND", None)),
        ("trace", "negative", {}, True, ("POS", True)),
        ("detected", "positive", {}, True, ("POS", False)),  # another word for what is expected
        ("normal", "", {}, True, ("N", False)),
        ("normal", "", {}, False, ("N", None)),  # of a test that nobody knows "normal" reassures nobody
        ("abnormal", "", {}, False, ("A", True)),
        ("yellow", "", {"yellow": "normal"}, True, ("N", False)),
        ("red", "", {"red": "abnormal"}, True, ("A", True)),
        ("purple", "", {"red": "abnormal"}, True, ("", None)),
    ],
)
def test_words(word: str, expected: str, meanings: dict[str, str], known: bool, answer: tuple[str, bool | None]) -> None:
    assert word_answer(word, expected, meanings, known) == answer


def test_the_ends_shown_are_those_of_the_limit_that_decides() -> None:
    row = judged(3.2, scales=(POTASSIUM_BANDS,), intervals=(Span(3.6, 4.6),))
    assert (row.flag, row.basis, row.range_low, row.range_high) == ("L", "decision", 3.5, 5.5)
    row = judged(3.2, printed=printed(3.0, 5.0), scales=(POTASSIUM_BANDS,))
    assert (row.basis, row.range_low, row.range_high) == ("printed", 3.0, 5.0)


def test_a_word_is_normal_where_it_is_the_word_that_the_laboratory_expects() -> None:
    from labinterp.flags import word_answer

    assert word_answer("yellow", "yellow", {}, True) == ("N", False)
    assert word_answer("yellow", "clear", {}, True) == ("A", True)


def test_one_kind_of_limit_is_enough_to_say_normal() -> None:
    for limits in ({"printed": printed(3.5, 5.1)}, {"scales": (POTASSIUM_BANDS,)}, {"intervals": (Span(3.5, 5.1, "potassium:1"),)}):
        row = judged(4.0, **limits)
        assert (row.flag, row.abnormal, row.status) == ("N", False, "ok"), limits


def test_words_of_degree_decide_only_where_nothing_else_does_and_never_reassure() -> None:
    degrees = dataclasses.replace(POTASSIUM_BANDS, descriptive=True)
    assert judged(3.2, scales=(degrees,)).abnormal is True
    assert judged(3.2, scales=(degrees,), printed=printed(3.0, 5.1)).abnormal is False  # mild, and usual in this laboratory
    assert judged(2.7, scales=(degrees,), printed=printed(2.6, 5.1)).abnormal is None  # moderate: the two disagree
    row = judged(3.2, scales=(degrees,), intervals=(Span(3.0, 5.1, "potassium:1"),))
    assert (row.flag, row.basis, row.abnormal) == ("N", "interval", False)


def test_what_a_scheme_leaves_open_the_interval_decides() -> None:
    """Bands that end with "30 or more" say nothing of too much: the upper limit of the interval does."""
    open_above = Scale(
        (-INF, 20.0), ("low", "ok"), ("", ""), ("below 20", "20 or more"), (2, 0), ("low", "normal"), "s", "d:s", "s", "u", open_side="high"
    )
    above = judged(120.0, scales=(open_above,), intervals=(Span(30.0, 100.0, "d:1", "abim", text="30-100", unit="u"),))
    assert (above.flag, above.basis, above.interval_id, above.range_high, above.abnormal) == ("H", "interval", "d:1", 100.0, True)
    within = judged(25.0, scales=(open_above,), intervals=(Span(30.0, 100.0, "d:1"),))
    assert (within.flag, within.basis) == ("N", "decision")  # the scheme speaks of that side itself


def test_the_laboratorys_normal_does_not_take_away_what_its_range_says() -> None:
    assert judged(3.0, mark="N", printed=printed(3.5, 5.1)).flag == "L"
    assert judged(6.0, mark="L", printed=printed(3.5, 5.1)).flag == "H"
    assert judged(3.0, mark="LL", printed=printed(3.5, 5.1)).flag == "LL"  # its critical limit stands
    assert judged(3.0, mark="HH", printed=printed(3.5, 5.1)).flag == "L"


def test_a_mark_against_the_printed_range_is_a_disagreement_told_with_the_mark_as_printed() -> None:
    row = judged(4.0, mark="↑", printed=printed(3.5, 5.1))
    assert (row.flag, row.abnormal) == ("N", None)
    assert "(↑)" in row.reason
    alone = judged(4.0, mark="H")
    assert (alone.flag, alone.basis, alone.source_id, alone.abnormal) == ("H", "printed", "report", True)
    against_ours = judged(4.0, mark="H", intervals=(Span(3.5, 5.1, "potassium:1"),))
    assert (against_ours.flag, against_ours.abnormal) == ("H", True)  # the laboratory knows its own method


def test_a_range_that_could_not_be_used_leaves_normal_open() -> None:
    row = judged(4.0, intervals=(Span(3.5, 5.1, "potassium:1"),), passed_over=True, reasons=("why",))
    assert (row.flag, row.status, row.abnormal, row.reason) == ("IND", "undetermined", None, "why")
    assert judged(6.0, intervals=(Span(3.5, 5.1, "potassium:1"),), passed_over=True).flag == "H"


def test_multiples_are_of_the_highest_upper_limit_that_may_apply() -> None:
    assert judged(500.0, upper=((100.0, Line()), (200.0, Line()))).xuln == 2.5
    assert judged(500.0, upper=((0.0, Line()),)).xuln != judged(500.0, upper=((0.0, Line()),)).xuln  # NaN: no multiple of nothing
    assert judged(5.0, upper=((100.0, Line(10.0)),)).xuln == 0.5


def test_a_negative_quantity_is_not_possible_where_no_plausible_range_is_known() -> None:
    row = judged(-4.0, intervals=(Span(3.5, 5.1, "potassium:1"),))
    assert (row.status, row.flag, row.abnormal) == ("implausible", "", None)
    assert "negative" in row.reason
    assert judged(-4.0, intervals=(Span(-2.0, 3.0, "be:1"),), plausible=Span(-30, 30)).flag == "L"  # base excess may be


# ---- rows with other texts than a number and its mark ---------------------------------------------------------------------


def answered(limits: Limits, **columns: object) -> pd.Series:
    """The answer to a row that has these columns and is empty otherwise."""
    row = {
        "marker": "potassium", "comparator": "", "low": math.nan, "high": math.nan, "qualitative": "", "flag_text": "", "value_flag": "", "value_kind": "",
        "value_text": "", "range_text": "", "value_reason": "", "unit_reason": "", "match_reason": "", "ucum": "", "unit_text": "",
    }  # fmt: skip
    return flag_results(pd.DataFrame([{**row, **columns, "limits": limits}])).iloc[0]


@pytest.mark.parametrize(
    ("mark", "side", "abnormal"),
    [
        *(("L", "low", True), ("LL", "low", True), ("H", "high", True), ("HH", "high", True), ("N", "normal", False)),
        *(("A", "", True), ("POS", "", True), ("NEG", "", False)),
    ],
)
def test_a_mark_without_a_value_is_the_laboratorys_answer(mark: str, side: str, abnormal: bool) -> None:
    row = answered(
        Limits(intervals=(Span(3.5, 5.1, "potassium:1"),)), flag_text=mark, value_kind="no_result", value_reason="nothing printed"
    )
    assert (row.flag, row.side, row.abnormal, row.status) == (mark, side, abnormal, "ok")
    assert (row.basis, row.interval_id, row.source_id) == ("printed", "printed", "report")


def test_a_mark_beside_a_value_that_nobody_can_read_is_no_answer() -> None:
    """The mark is of the value; a value that was not understood may be another."""
    row = answered(Limits(printed=printed(3.5, 5.1)), flag_text="N", value_text="4.l?", value_reason="not a number")
    assert (row.flag, row.status, row.abnormal, row.reason) == ("", "unreadable_value", None, "not a number")


def test_a_laboratory_that_marks_a_value_without_limits_normal_reassures_nobody() -> None:
    """ "N" beside a number that has no range: the flag is told, whether it is abnormal stays open."""
    row = answered(Limits(), flag_text="N", value_text="7", value_kind="number", low=7.0, high=7.0)
    assert (row.flag, row.abnormal, row.side) == ("N", None, "")


def test_a_mark_glued_to_the_value_counts_where_no_column_has_one() -> None:
    known = {"value_text": "6", "value_kind": "number", "low": 6.0, "high": 6.0}
    assert answered(Limits(), value_flag="H", **known).flag == "H"
    assert answered(Limits(), value_flag="H", flag_text="L", **known).flag == "L"


def test_what_is_not_possible_takes_no_mark() -> None:
    row = judged(41, mark="H", printed=printed(3.5, 5.1), plausible=PLAUSIBLE)
    assert (row.flag, row.abnormal, row.status) == ("", None, "implausible")
    assert math.isnan(row.severity) and math.isnan(row.xuln) and row.side == ""


def test_the_laboratorys_mark_beats_our_normal_and_not_its_own_range() -> None:
    ours = judged(4.0, mark="A", intervals=(Span(3.5, 5.1, "potassium:1"),))
    assert (ours.flag, ours.abnormal, ours.basis) == ("A", True, "printed")
    undecided = judged(4.0, mark="H", intervals=(Span(3.5, 5.1), Span(2.0, 3.0)))  # which population it is, it knows
    assert (undecided.flag, undecided.abnormal) == ("H", True)
    normal = judged(4.0, mark="N", intervals=(Span(3.5, 5.1), Span(2.0, 3.0)))
    assert (normal.flag, normal.abnormal) == ("IND", None)
    across = judged(-INF, 4.0, "<", mark="H", printed=printed(3.5, 5.1))
    assert (across.flag, across.abnormal) == ("IND", None)


def test_a_mark_that_says_what_the_range_says_adds_nothing() -> None:
    inside, outside = judged(4.0, mark="N", printed=printed(3.5, 5.1)), judged(6.0, mark="H", printed=printed(3.5, 5.1))
    assert (inside.flag, inside.abnormal, inside.reason) == ("N", False, "")
    assert (outside.flag, outside.abnormal, outside.reason) == ("H", True, "")
    built_in = judged(4.0, mark="N", intervals=(Span(3.5, 5.1, "potassium:1"),))
    assert (built_in.flag, built_in.basis, built_in.abnormal) == ("N", "interval", False)


def test_a_mark_does_not_weaken_what_the_guideline_calls_abnormal() -> None:
    bands = dataclasses.replace(POTASSIUM_BANDS, starts=(-INF, 2.5, 3.0, 4.5, 5.5, 6.0, 6.5))
    row = judged(4.0, mark="L", printed=printed(3.5, 5.1), scales=(bands,))
    assert (row.flag, row.category, row.abnormal) == ("N", "mild_low", True)


def test_an_expected_word_is_the_printed_range_of_a_word() -> None:
    limits = Limits(printed_words="negative", meanings=(("positive", "abnormal"), ("negative", "normal")))
    word = {"value_kind": "qualitative", "range_text": "Negative", "value_text": "x"}
    row = answered(limits, qualitative="positive", **word)
    assert (row.flag, row.abnormal, row.basis, row.interval_id, row.source_id, row.limit_text) == (
        *("POS", True, "printed", "printed", "report"),
        "Negative",
    )
    unexpected = answered(Limits(meanings=limits.meanings), qualitative="positive", **word)
    assert (unexpected.flag, unexpected.abnormal, unexpected.basis, unexpected.limit_text) == ("POS", True, "", "")
    number = answered(limits, low=3.0, high=3.0, **{**word, "value_kind": "number"})  # a number is no word
    assert (number.flag, number.abnormal, number.status) == ("", None, "no_interval")


def test_the_laboratory_may_doubt_its_own_expected_word() -> None:
    word = {"qualitative": "negative", "value_kind": "qualitative", "value_text": "neg", "range_text": "negative", "flag_text": "A"}
    row = answered(Limits(printed_words="negative"), **word)
    assert (row.flag, row.abnormal) == ("NEG", None)
    assert "(A)" in row.reason
    immune = answered(Limits(printed_words="positive"), **{**word, "range_text": "positive"})  # expected was another word: they agree
    assert (immune.flag, immune.abnormal, immune.reason) == ("NEG", True, "")
    ours = answered(Limits(meanings=(("negative", "normal"),)), **{**word, "range_text": ""})
    assert (ours.flag, ours.abnormal, ours.basis) == ("A", True, "printed")  # of a meaning of ours it knows better


@pytest.mark.parametrize(
    ("limits", "basis", "text"),
    [
        (Limits(printed=printed(3.5, 5.1), scales=(POTASSIUM_BANDS,)), "printed", "3.5-5.1"),
        (
            Limits(scales=(POTASSIUM_BANDS,), intervals=(Span(3.6, 4.6, text="3.6-4.6", unit="mmol/L"),)),
            "decision",
            "3.5 to below 5.5 mmol/L",
        ),
        (Limits(intervals=(Span(3.6, 4.6, text="3.6-4.6", unit="mmol/L"),)), "interval", "3.6-4.6 mmol/L"),
        (Limits(intervals=(Span(1, 2, text="1-2", unit="g/L"), Span(1, 3, text="1-3", unit="g/L"))), "interval", "1-2 g/L or 1-3 g/L"),
        (Limits(), "", ""),
    ],
)
def test_the_limit_that_decides_is_shown_in_words(limits: Limits, basis: str, text: str) -> None:
    row = answered(limits, value_text="4", value_kind="number", low=4.0, high=4.0)
    assert (row.basis, row.limit_text) == (basis, text)


def test_no_ends_are_shown_where_several_limits_may_apply() -> None:
    for limits in (Limits(intervals=(Span(1, 2), Span(1, 3))), Limits(scales=(POTASSIUM_BANDS, POTASSIUM_BANDS))):
        row = answered(limits, value_text="4", value_kind="number", low=4.0, high=4.0)
        assert math.isnan(row.range_low) and math.isnan(row.range_high)


def test_ends_are_shown_in_the_unit_of_the_report() -> None:
    row = judged(4.0, intervals=(Span(35.0, 51.0, line=Line(10.0)),))
    assert (row.flag, row.range_low, row.range_high) == ("N", 3.5, 5.1)


# ---- status and reason ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "limits", "status", "reason"),
    [
        ({"value_kind": "no_result", "value_reason": "no sample", "value_text": "x"}, Limits(), "not_a_result", "no sample"),
        ({"value_reason": "no number", "value_text": "x"}, Limits(), "unreadable_value", "no number"),
        ({"marker": None, "match_reason": "nobody knows it", "low": 4.0, "high": 4.0}, Limits(), "unknown_marker", "nobody knows it"),
        ({"unit_reason": "no unit", "low": 4.0, "high": 4.0}, Limits(), "unknown_unit", "no unit"),
        ({"unit_reason": "of two units", "ucum": "mmol/L", "low": 4.0, "high": 4.0}, Limits(printed=printed(3, 5)), "ok", ""),
        ({"low": 4.0, "high": 4.0}, Limits(), "no_interval", "No range is printed, and no checked one is built in."),
        ({"low": 4.0, "high": 4.0}, Limits(intervals=(Span(1, 2), Span(3, 5))), "undetermined", "The limits that may apply disagree."),
        # what is said of the range that was passed over is said of no value, where there is none
        ({"value_kind": "no_result", "value_reason": "no sample"}, Limits(reasons=("bad range",)), "not_a_result", "no sample"),
        ({"value_reason": "no number", "value_text": "x"}, Limits(reasons=("bad range",)), "unreadable_value", "no number"),
        ({"low": 4.0, "high": 4.0, "value_kind": "number"}, Limits(printed=printed(3, 5), reasons=("odd unit",)), "ok", "odd unit"),
        ({"value_reason": "no number", "value_text": "x", "marker": None}, Limits(), "unreadable_value", "no number"),
    ],
)
def test_one_status_and_its_reason(columns: dict[str, object], limits: Limits, status: str, reason: str) -> None:
    row = answered(limits, **columns)
    assert (row.status, row.reason) == (status, reason)


def test_a_value_in_an_unknown_unit_is_never_called_normal() -> None:
    number = {"value_text": "4", "value_kind": "number", "low": 4.0, "high": 4.0, "unit_reason": "no such unit"}
    inside, outside = (answered(Limits(printed=printed(*ends)), **number) for ends in ((3.5, 5.1), (1, 2)))
    assert (inside.flag, inside.status, inside.abnormal) == ("N", "unknown_unit", None)
    assert (outside.flag, outside.status, outside.abnormal) == ("H", "unknown_unit", True)


def test_what_would_settle_it_is_told() -> None:
    row = judged(4.0, intervals=(Span(1, 2), Span(3, 5)), open_facts=("age", "sex"))
    assert row.reason == "The limits differ by age and sex, which the report does not say."
    both = judged(2.0, 4.0, intervals=(Span(1, 3), Span(3, 5)), open_facts=("sex",))
    assert "reaches across" in both.reason  # a range of values: no fact would settle it


@pytest.mark.parametrize(
    ("value", "usual", "hint"),
    [
        (41.0, (3.5, 5.1), "4.1"),
        (410.0, (3.5, 5.1), "4.1"),  # a mark may be lost by two places
        (4100.0, (3.5, 5.1), None),
        (80.0, (1.0, 5.0), "8"),  # up to twice the limit would be a plain abnormal result
        (110.0, (1.0, 5.0), "1.1"),  # 11 would be more than twice
        (20.0, (3.5, 5.1), "2"),
        (15.0, (3.5, 5.1), None),  # 1.5 is less than half
        (41.0, (-INF, 5.1), "4.1"),
        (41.0, (0.0, 5.1), "4.1"),
        (41.0, (3.5, INF), "4.1"),
        (41.0, None, None),  # nothing is known to be usual
    ],
)
def test_a_lost_decimal_mark_is_asked_for_where_it_would_explain_the_value(
    value: float, usual: tuple[float, float] | None, hint: str | None
) -> None:
    row = judged(value, intervals=(Span(*usual),) if usual else (), plausible=PLAUSIBLE)
    assert row.status == "implausible"
    assert ("decimal mark" in row.reason) is (hint is not None)
    if hint:
        assert f"lost? {hint} mmol/L would be possible" in row.reason


def test_the_usual_range_of_a_lost_decimal_mark_is_compared_in_the_unit_of_the_report() -> None:
    row = judged(41.0, intervals=(Span(35.0, 51.0, line=Line(10.0)),), plausible=PLAUSIBLE)
    assert "lost? 4.1 mmol/L" in row.reason


def test_of_other_units_those_in_which_limits_are_published_are_asked_first_and_two_are_enough() -> None:
    tenth = Line(0.1)
    slips = (Slip("a", 10, 100, tenth, False), Slip("b", 41, 41, tenth, True), Slip("c", 42, 100, tenth, True))
    row = judged(41.0, intervals=(Span(3.5, 5.1),), plausible=PLAUSIBLE, slips=slips)
    asked = row.reason.partition("test. ")[2]
    assert asked == "Was the unit another? 41 b would be 4.1 mmol/L. Was a decimal mark lost? 4.1 mmol/L would be possible."
    without = judged(41.0, plausible=PLAUSIBLE, slips=slips[:1])
    assert without.reason.endswith("Was the unit another? 41 a would be 4.1 mmol/L.")


def test_a_question_names_the_unit_as_printed_or_else_as_understood() -> None:
    number = {"value_text": "41", "value_kind": "number", "low": 41.0, "high": 41.0, "ucum": "meq/L"}
    assert answered(Limits(plausible=PLAUSIBLE), unit_text="mEq/L", **number).reason.startswith("41 mEq/L is not possible")
    assert answered(Limits(plausible=PLAUSIBLE), **number).reason.startswith("41 meq/L is not possible")


def test_a_censored_slip_is_told_by_its_printed_end() -> None:
    row = judged(-INF, 0.5, "<", plausible=Span(1.0, 12.0))
    assert row.status != "implausible"  # below 0.5 is what an analyser says of nothing
    over = judged(20.0, INF, ">", plausible=Span(1.0, 12.0))
    assert over.status == "implausible" and over.reason.startswith("20 mmol/L is not possible")


# ---- multiples, criticals, bands -----------------------------------------------------------------------------------------


def test_a_multiple_is_of_an_exact_value_or_at_least_of_its_lower_end() -> None:
    upper = ((100.0, Line()),)
    assert judged(500.0, INF, ">", upper=upper).xuln == 5
    assert math.isnan(judged(-INF, 500.0, "<", upper=upper).xuln)
    assert math.isnan(judged(500.0).xuln)


def test_one_possible_population_is_enough_to_be_critical() -> None:
    """Of a person whose sex is not known a value that is critical for a woman is told as critical."""
    wide, narrow = Span(1.0, 9.0), Span(3.0, 6.0)
    for pair in ((wide, narrow), (narrow, wide)):
        assert judged(2.0, critical=pair).flag == "LL"
        assert judged(7.0, critical=pair).flag == "HH"
        assert judged(4.0, critical=pair, intervals=(Span(3.5, 5.1),)).flag == "N"
    row = judged(2.0, critical=(narrow,), intervals=(Span(1.0, 9.0),))
    assert (row.flag, row.abnormal) == ("LL", True)


def test_bands_of_two_populations_give_what_both_say() -> None:
    higher = dataclasses.replace(POTASSIUM_BANDS, starts=(-INF, 2.5, 3.0, 4.0, 5.5, 6.0, 6.5))
    for scales in ((POTASSIUM_BANDS, higher), (higher, POTASSIUM_BANDS)):
        apart = judged(3.8, scales=scales)  # usual by one, mildly low by the other
        assert (apart.flag, apart.category, apart.abnormal, apart.side) == ("IND", "undetermined", None, "")
        alike = judged(3.2, scales=scales)
        assert (alike.flag, alike.category, alike.severity, alike.side, alike.abnormal) == ("L", "mild_low", 1, "low", True)
    by_degree = dataclasses.replace(POTASSIUM_BANDS, starts=(-INF, 2.0, 2.2, 3.5, 5.5, 6.0, 6.5))
    milder = judged(2.7, scales=(POTASSIUM_BANDS, by_degree))  # low by both, and by no more than both say
    assert (milder.flag, milder.category, milder.severity, milder.band_text) == ("L", "undetermined", 1, "")


def test_a_result_across_bands_has_the_milder_of_them() -> None:
    row = judged(-INF, 3.2, "<", scales=(POTASSIUM_BANDS,))
    assert (row.flag, row.category, row.severity, row.side) == ("L", "undetermined", 1, "low")
    assert judged(2.7, scales=(POTASSIUM_BANDS,)).band_text == "moderate (uk)"


# ---- edges: which numbers get the same answer ------------------------------------------------------------------------------

LINES = (
    Line(),
    Line(10.0),
    Line(0.055, 0.0, 1),
    Line(18.016, 0.0, 0),
    Line(0.09148, 2.152, 1),
    Line(2.0, 0.0, None, 0.25),
    Line(1.0, -2.0),
)
ANSWERS = ["flag", "category", "severity", "side", "abnormal", "basis", "interval_id", "band_text", "limit_text", "status", "reason"]


def bands_at(starts: tuple[float, ...], line: Line) -> Scale:
    n = len(starts) + 1
    sides = tuple("normal" if number == n // 2 else "low" if number < n // 2 else "high" for number in range(n))
    names = tuple(f"band{number}" for number in range(n))
    return Scale(
        (-INF, *starts), names, names, names, tuple(abs(number - n // 2) for number in range(n)), sides, "s", "m:s", "x", "u", line
    )


def some_limits(seed: int) -> Limits:
    """Several limits of each sort, in several units, with ends anywhere among the values."""
    chance = random.Random(seed)

    def ends(count: int) -> tuple[float, ...]:
        return tuple(sorted(end / 2 for end in chance.sample(range(80), count)))

    def spans() -> tuple[Span, ...]:
        return tuple(Span(*ends(2), id=str(number), line=chance.choice(LINES)) for number in range(chance.randint(0, 3)))

    scales = tuple(bands_at(ends(chance.randint(1, 6)), chance.choice(LINES)) for _ in range(chance.randint(0, 3)))
    plausible = Span(0.5, 60.0) if chance.random() < 0.5 else None
    return Limits(printed=spans(), intervals=spans(), critical=spans(), scales=scales, plausible=plausible)


def lines_of(limits: Limits) -> list[Line]:
    return [one.line for one in (*limits.printed, *limits.intervals, *limits.critical, *limits.scales)]


def lie(limits: Limits, values: np.ndarray) -> list[tuple[float, ...]]:
    """Where each number lies, limit by limit."""
    no = np.zeros(len(values), dtype=bool)
    results = Results(values, values, no, no)
    spans = (*limits.printed, *limits.intervals, *limits.critical, *((limits.plausible,) if limits.plausible else ()))
    every = [np.nan_to_num(span.side(results), nan=5.0) for span in spans]
    every += [np.searchsorted(scale.starts, end, side="right") for scale in limits.scales for end in results.along(scale.line)]
    return [tuple(float(where[row]) for where in every) for row in range(len(values))]


@pytest.mark.parametrize("seed", range(60))
def test_between_two_edges_a_number_lies_alike_and_at_each_it_lies_elsewhere(seed: int) -> None:
    limits = some_limits(seed)
    (own,) = edges([limits])
    assert own.tolist() == sorted(set(own.tolist())) and all(own > 0)
    before = np.nextafter(own, 0)
    if all(line.uncertainty == 0 for line in lines_of(limits)):  # a result that is itself wide may stay cut by an end
        assert all(one != other for one, other in zip(lie(limits, before), lie(limits, own), strict=True))
    numbers = np.array(sorted({0.0, *np.arange(0.05, 60, 0.35), *own, *before, 1e-300, 1e6, 1e300}))
    place = np.searchsorted(own, numbers, side="right")
    assert len(set(zip(place.tolist(), lie(limits, numbers), strict=True))) == len(set(place.tolist()))


@pytest.mark.parametrize("seed", range(12))
def test_numbers_between_two_edges_get_one_answer(seed: int) -> None:
    limits = dataclasses.replace(some_limits(seed), plausible=None)
    (own,) = edges([limits])
    numbers = np.array(sorted({0.0, *np.arange(0.05, 60, 0.35), *own, *np.nextafter(own, 0)}))
    rest = (
        "qualitative",
        "flag_text",
        "value_flag",
        "range_text",
        "value_reason",
        "unit_reason",
        "match_reason",
        "unit_text",
        "comparator",
    )
    frame = pd.DataFrame({"low": numbers, "high": numbers, "limits": [limits] * len(numbers)}).assign(
        **dict.fromkeys(rest, ""), marker="m", value_kind="number", value_text="x", ucum="u"
    )
    answers = flag_results(frame)[ANSWERS].astype(str).apply(tuple, axis=1)
    assert (answers.groupby(np.searchsorted(own, numbers, side="right")).nunique() == 1).all()


def test_the_edges_of_some_limits_are_those_of_each() -> None:
    kinds = [some_limits(seed) for seed in range(8)]
    assert [own.tolist() for own in edges(kinds)] == [edges([kind])[0].tolist() for kind in kinds]
    assert edges([]) == [] and [own.tolist() for own in edges([Limits()])] == [[]]


def test_an_edge_is_the_first_number_that_comes_to_an_end() -> None:
    upper = Span(closed_low(-INF, False), closed_high(5, False), "printed", "report")
    assert edges([Limits(printed=(upper,))])[0].tolist() == [5.0]  # "<5": five itself is above
    assert edges([Limits(printed=printed(3.5, 5.1))])[0].tolist() == [3.5, math.nextafter(5.1, 6)]
    assert edges([Limits(printed=printed(-3, 0))])[0].tolist() == [math.nextafter(0, 1)]  # below nought there is no plain number
    (glucose,) = edges([Limits(scales=(bands_at((126.0,), Line(18.016, 0.0, 0)),))])  # 125.5 mg/dL are printed as 126
    assert glucose.tolist() == [pytest.approx(125.5 / 18.016, rel=1e-9)]
