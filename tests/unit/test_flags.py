"""Flags and bands from limits given by hand: the laws of "a result is an interval" and "two questions, two answers"."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from labinterp.flags import flag_results, laboratory_mark, word_answer
from labinterp.limits import INF, Limits, Line, Scale, Slip, Span, closed_high, closed_low

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
