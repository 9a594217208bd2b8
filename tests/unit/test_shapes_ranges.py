"""Example tables for reference range texts, units and dates."""

from __future__ import annotations

from datetime import date

import pytest

from labinterp.errors import ValueTextError
from labinterp.shapes import (
    RangeReading,
    date_order_vote,
    looks_like_range,
    looks_like_unit,
    parse_date,
    parse_range,
)

TWO_SIDED = [
    ("2.1-4.3", None, 2.1, 4.3),
    ("2,1 – 4,3", None, 2.1, 4.3),
    ("(2.1 - 4.3)", None, 2.1, 4.3),
    ("[2.1 - 4.3", None, 2.1, 4.3),
    ("2.1-4.3)", None, 2.1, 4.3),
    ("2.1 to 4.3", None, 2.1, 4.3),
    ("2.1 : 4.3", None, 2.1, 4.3),
    ("2.1..4.3", None, 2.1, 4.3),
    ("2.1～4.3", None, 2.1, 4.3),
    ("2.1至4.3", None, 2.1, 4.3),
    ("von 2,1 bis 4,3", None, 2.1, 4.3),
    ("entre 2,1 et 4,3", None, 2.1, 4.3),
    ("2,1 à 4,3", "fr", 2.1, 4.3),
    ("de 2,1 a 4,3", None, 2.1, 4.3),
    ("od 2,1 do 4,3", None, 2.1, 4.3),
    ("от 2,1 до 4,3", None, 2.1, 4.3),
    ("-3 - +3", None, -3, 3),
    ("2.1 ≤ x ≤ 4.3", None, 2.1, 4.3),
    (">=2.1 and <=4.3", None, 2.1, 4.3),
    ("Ref. Range: 2.1 - 4.3", None, 2.1, 4.3),
    ("Normal 2.1-4.3", None, 2.1, 4.3),
    ("Adult: 2.1-4.3", None, 2.1, 4.3),
    ("70-99 (fasting)", None, 70, 99),
    ("2.100 - 4.300", "de", 2100, 4300),
    ("0,5 - 1,200", None, 0.5, 1.2),
    ("160,000-420,000", None, 160000, 420000),
    ("1,60,000 - 4,20,000", "en-IN", 160000, 420000),
    ("2.1-4.3*", None, 2.1, 4.3),
    ("160.000 - 420.000", None, 160000, 420000),
    ("[2,1 ; 4,3]", None, 2.1, 4.3),
    ("2,1 ÷ 4,3", None, 2.1, 4.3),
    ("(2.1-4.3) mmol/L", None, 2.1, 4.3),
    ("Male & Female: 2.1-4.3", None, 2.1, 4.3),
    ("all ages: 2.1-4.3", None, 2.1, 4.3),
]


@pytest.mark.parametrize(("text", "locale", "low", "high"), TWO_SIDED)
def test_two_sided(text: str, locale: str | None, low: float, high: float) -> None:
    found = parse_range(text, locale)
    assert (found.kind, found.low, found.high, found.low_inclusive, found.high_inclusive) == ("interval", low, high, True, True)


UNITS_INSIDE = [
    ("2.1-4.3 mmol/L", "mmol/L"),
    ("2.1-4.3 (U/L)", "U/L"),
    ("2.1 % - 4.3 %", "%"),
    ("2.1-4.3mg/dL", "mg/dL"),
    ("mg/dL 2.1-4.3", "mg/dL"),
    ("2.1 - 4.3 x 10³/µL", "x 10^3/µL"),
    ("2.1 - 4.3 fL", "fL"),
    ("2 - 4 /HPF", "/HPF"),
]


@pytest.mark.parametrize(("text", "unit"), UNITS_INSIDE)
def test_units_inside(text: str, unit: str) -> None:
    found = parse_range(text)
    assert (found.kind, found.unit) == ("interval", unit)


ONE_SIDED = [
    ("<4.3", "upper", 4.3, False),
    ("≤ 4,3", "upper", 4.3, True),
    ("< or = 4.3", "upper", 4.3, True),
    ("up to 40 U/L", "upper", 40, True),
    ("Upto 40", "upper", 40, True),
    ("bis 40", "upper", 40, True),
    ("unter 40", "upper", 40, False),
    ("jusqu'à 40", "upper", 40, True),
    ("inf. à 40", "upper", 40, False),
    ("Negative: <0.9", "upper", 0.9, False),
    ("Non-diabetic: <5.7 %", "upper", 5.7, False),
    ("< 200 mg/dL Desirable", "upper", 200, False),
    ("< 1:80", "upper", 80, False),
    ("> 60", "lower", 60, False),
    ("> OR = 60 mL/min/1.73", "lower", 60, True),
    ("ab 30,0", "lower", 30, True),
    ("mind. 30", "lower", 30, True),
    ("60 or more", "lower", 60, True),
    ("60+", "lower", 60, True),
]


@pytest.mark.parametrize(("text", "kind", "limit", "inclusive"), ONE_SIDED)
def test_one_sided(text: str, kind: str, limit: float, inclusive: bool) -> None:
    found = parse_range(text)
    side = (found.high, found.high_inclusive) if kind == "upper" else (found.low, found.low_inclusive)
    assert (found.kind, *side) == (kind, limit, inclusive)
    assert (found.low if kind == "upper" else found.high) is None


def test_open_ends_inside_a_range() -> None:
    found = parse_range(">=20 - <30")
    assert (found.low_inclusive, found.high_inclusive) == (True, False)
    found = parse_range("20-<30")
    assert (found.low, found.high, found.high_inclusive) == (20, 30, False)
    found = parse_range(">3 <5")
    assert (found.low, found.low_inclusive, found.high, found.high_inclusive) == (3, False, 5, False)


def by_sex(found: RangeReading) -> list[tuple[str, float | None, float | None]]:
    assert found.kind == "by_sex"
    return [(s.sex, s.low, s.high) for s in found.segments]


@pytest.mark.parametrize(
    "text",
    [
        "Male: 14-18 Female: 12-16",
        "Men 14-18 / Women 12-16",
        "14-18 (M), 12-16 (F)",
        "M: 14-18; W: 12-16",
        "♂ 14-18 ♀ 12-16",
        "H 14-18 M 12-16",  # Spanish: hombre, mujer
        "H 14-18 F 12-16",  # French
        "U: 14-18 D: 12-16",  # Italian
        "M 14-18 K 12-16",  # Polish
        "муж: 14-18; жен: 12-16",
        "男：14-18；女：12-16",
        "Adults :\n  Male : 14 - 18 g/dL\n  Female : 12 - 16 g/dL",
        "Hommes : 14 à 18 - Femmes : 12 à 16",
    ],
)
def test_by_sex(text: str) -> None:
    assert by_sex(parse_range(text)) == [("male", 14, 18), ("female", 12, 16)]


def test_one_sex_alone_stays_by_sex() -> None:
    assert by_sex(parse_range("Female 12-16")) == [("female", 12, 16)]
    assert by_sex(parse_range("Men: <15")) == [("male", None, 15)]


def test_ages_are_half_open_years() -> None:
    found = parse_range("M <50y 0-15, >=50y 0-20\nF <50y 0-20, >=50y 0-30")
    assert found.kind == "bands"
    assert [(s.sex, s.age, s.high) for s in found.segments] == [
        ("male", (None, 50), 15),
        ("male", (50, None), 20),
        ("female", (None, 50), 20),
        ("female", (50, None), 30),
    ]
    found = parse_range("0-1 yr: 5-19; 1-3 yr: 6-17; Adult: 4-11")
    assert [(s.age, s.label, s.low) for s in found.segments] == [((0, 1), "0-1 yr", 5), ((1, 4), "1-3 yr", 6), (None, "Adult", 4)]


def test_a_limit_for_some_women_is_not_one_for_all() -> None:
    assert parse_range("Premenopausal women: 12-150").kind == "bands"
    assert by_sex(parse_range("Females (non-pregnant): 12-16")) == [("female", 12, 16)]


def test_bands_keep_their_labels() -> None:
    found = parse_range("Deficiency : <20 ng/ml || Insufficiency : 20-<30 ng/ml\nSufficiency : 30-100 ng/ml || Toxicity : >100 ng/ml")
    assert found.kind == "bands" and found.unit == "ng/ml"
    assert [(s.label, s.low, s.high) for s in found.segments] == [
        ("Deficiency", None, 20),
        ("Insufficiency", 20, 30),
        ("Sufficiency", 30, 100),
        ("Toxicity", 100, None),
    ]
    found = parse_range("<1.0 low, 1.0-3.0 average, >3.0 high")
    assert [s.label for s in found.segments] == ["low", "average", "high"]
    found = parse_range("AM: 6.2-19.4 PM: 2.3-11.9")
    assert [(s.label, s.low) for s in found.segments] == [("AM", 6.2), ("PM", 2.3)]
    found = parse_range("1st trimester: 0.1-2.5; 2nd trimester: 0.2-3.0")
    assert [s.label for s in found.segments] == ["1st trimester", "2nd trimester"]


def test_a_limit_named_as_abnormal_is_no_reference_interval() -> None:
    for text in ("Low: <40", "Deficient <20", "High: >240", "Diabetic: >=6.5"):
        assert parse_range(text).kind == "bands"


@pytest.mark.parametrize(
    ("text", "code"),
    [("Negative", "negative"), ("(Negativ)", "negative"), ("nicht nachweisbar", "not-detected"), ("NIL /HPF", "none"),
     ("Negative / Non-reactive", "negative"), ("Ref: Absent", "absent"), ("阴性", "negative"), ("Clear", "clear")],
)  # fmt: skip
def test_qualitative(text: str, code: str) -> None:
    found = parse_range(text)
    assert (found.kind, found.qualitative) == ("qualitative", code)


@pytest.mark.parametrize("text", ["", " ", "-", "N/A", "Not Estab.", "See comment", "Ver tabla 2", "см. комм.", "siehe Befund", "None"])
def test_none(text: str) -> None:
    assert parse_range(text).kind == "none"
    assert not looks_like_range(text)


@pytest.mark.parametrize(
    "text",
    ["7-5 - 12.0", "30.00 - 29.00", "0-0", "5 - 5", "O.5-1.5", "6 .0 - 8.0", "> 5 < 3", "<3 >5", "Mean 4.2 SD 0.3", "4.2 ± 0.3", "-40", "40",
     "10/20", "12-05-2023", "2023-05-12", "1,234-5,678", "1:80", "3.5-5.1 mmol/L (136-199 mg/dL)", "2.1-5.0-7", "> 60 - 20", "~5", "5.0 - 1O",
     "Below 1-2; above 5-4", ">4,5 100", "1.0\n000 - 5"],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(ValueTextError):
        parse_range(text)


@pytest.mark.parametrize(
    "text",
    ["mg/dL", "mmol/l", "µg/dL", "10^3/uL", "x10E9/L", "10*12/L", "10(9)/L", "K/uL", "thou/mm3", "lakhs/cumm", "/cu mm", "cells/µL", "%", "‰", "fL", "pg",
     "s", "mL/min/1.73m2", "mL/min/1,73 m²", "mg/g creat", "mmol/mol Hb", "% of total Hgb", "g dL-1", "mm/1st hr", "mm/1h", "mg%", "ммоль/л", "тыс/мкл", "Ед/л",
     "tys/µl", "mln/µl", "Tsd./µl", "/nl", "UI/L", "mU/l", "m[IU]/L", "/[HPF]", "{INR}", "ratio", "Index", "mg/24h", "克/升", "g/L", "G/L", "(U/L)", "ng/mL FEU"],
)  # fmt: skip
def test_looks_like_unit(text: str) -> None:
    assert looks_like_unit(text)


@pytest.mark.parametrize(
    "text", ["", "Glucose", "H", "4.5", "3.5-5.1", "Negative", "see note", "Males / Females", "M", "F", "12/05/2023", "Page 1/2", "Dr. M/S"]
)
def test_does_not_look_like_unit(text: str) -> None:
    assert not looks_like_unit(text)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2024-03-09", "", date(2024, 3, 9)),
        ("2024-03-09T08:15:00", "", date(2024, 3, 9)),
        ("20240309", "", date(2024, 3, 9)),
        ("202403090815", "", date(2024, 3, 9)),
        ("09.03.2024 08:15", "", date(2024, 3, 9)),
        ("9.3.24", "", date(2024, 3, 9)),
        ("09/03/2024", "dmy", date(2024, 3, 9)),
        ("09/03/2024", "mdy", date(2024, 9, 3)),
        ("09/03/2024", "", None),
        ("23/03/2024", "", date(2024, 3, 23)),
        ("03/23/2024", "", date(2024, 3, 23)),
        ("09-Mar-2024", "", date(2024, 3, 9)),
        ("March 9, 2024", "", date(2024, 3, 9)),
        ("9 mars 2024", "", date(2024, 3, 9)),
        ("9 de marzo de 2024", "", date(2024, 3, 9)),
        ("2024年3月9日", "", date(2024, 3, 9)),
        ("31.02.2024", "", None),
        ("not a date", "", None),
        ("", "", None),
    ],
)
def test_dates(text: str, order: str, day: date | None) -> None:
    assert parse_date(text, order) == day  # type: ignore[arg-type]


def test_date_order_vote() -> None:
    assert date_order_vote(["03/04/2024", "23/04/2024"]) == "dmy"
    assert date_order_vote(["03/04/2024", "04/23/2024"]) == "mdy"
    assert date_order_vote(["03/04/2024"]) == ""
    assert date_order_vote(["23/04/2024", "04/23/2024"]) == ""
    assert date_order_vote(["2024-04-23"]) == "ymd"
