"""Flags and bands from limits given by hand: the laws of "a result is an interval" and "two questions, two answers"."""

from __future__ import annotations

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


def judged(low: float, high: float | None = None, comparator: str = "", **limits: object) -> pd.Series:
    high = low if high is None else high
    own = Limits(**limits)  # type: ignore[arg-type]
    frame = pd.DataFrame(
        {
            "marker": ["potassium"], "comparator": [comparator], "low": [low], "high": [high], "qualitative": [""], "flag_text": [""], "value_flag": [""],
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
