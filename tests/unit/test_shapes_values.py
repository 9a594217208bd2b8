"""Example tables for result texts: what each says, and what is refused."""

from __future__ import annotations

import math

import pytest

from labinterp.errors import ValueTextError
from labinterp.shapes import ValueReading, decimal_vote, looks_like_value, parse_value, read_number


def number(value: float, **more: object) -> ValueReading:
    return ValueReading("number", "", value, **more)  # type: ignore[arg-type]


def censored(sign: str, value: float, **more: object) -> ValueReading:
    return ValueReading("censored", sign, value, **more)  # type: ignore[arg-type]


def word(code: str, **more: object) -> ValueReading:
    return ValueReading("qualitative", qualitative=code, **more)  # type: ignore[arg-type]


def none(code: str) -> ValueReading:
    return ValueReading("no_result", qualitative=code)


NUMBERS = [
    ("41", None, 41),
    ("0.072", None, 0.072),
    (" 6.3 ", None, 6.3),
    ("6,3", None, 6.3),
    ("6.3", "de", 6.3),
    ("-1.4", None, -1.4),
    ("−1.4", None, -1.4),
    (".5", None, 0.5),
    ("8.", None, 8),
    ("0,250", None, 0.25),
    ("3,250", "en", 3250),
    ("3,250", "pl", 3.25),
    ("3.250", "de", 3250),
    ("3.250", "de-CH", 3.25),
    ("3,250", "es-MX", 3250),
    ("3,250", ",", 3.25),
    ("3,250", ".", 3250),
    ("3.250,5", None, 3250.5),
    ("3,250.5", None, 3250.5),
    ("2.345.678", None, 2345678),
    ("2,50,000", "en-IN", 250000),
    ("3\u202f250", None, 3250),
    ("3\u00a0250,5", None, 3250.5),
    ("12 500", None, 12500),
    ("240 000", "fr", 240000),
    ("3'250", None, 3250),
    ("3’250.5", None, 3250.5),
    ("６．３", None, 6.3),
    ("٦٫٣", None, 6.3),
    ("6·3", None, 6.3),
    ("2.5e3", None, 2500),
    ("2 x 10^5", None, 200000),
]


@pytest.mark.parametrize(("text", "locale", "value"), NUMBERS)
def test_numbers(text: str, locale: str | None, value: float) -> None:
    assert parse_value(text, locale) == number(value)


READINGS = [
    ("<0,4", None, censored("<", 0.4)),
    ("&lt; 0.4", None, censored("<", 0.4)),
    ("&amp;lt;0.4", None, censored("<", 0.4)),
    ("â‰¥ 90", None, censored(">=", 90)),
    ("＜4", None, censored("<", 4)),
    ("⩽4", None, censored("<=", 4)),
    ("< or = 4", None, censored("<=", 4)),
    ("> OR EQUAL TO 4", None, censored(">=", 4)),
    ("less than 4", None, censored("<", 4)),
    ("GREATER THAN 1500", None, censored(">", 1500)),
    ("bis 4", None, censored("<=", 4)),
    ("unter 0,4", "de", censored("<", 0.4)),
    ("inf. à 0,4", "fr", censored("<", 0.4)),
    ("supérieur à 90", None, censored(">", 90)),
    ("menor de 4", None, censored("<", 4)),
    ("poniżej 4", None, censored("<", 4)),
    ("не более 4", None, censored("<=", 4)),
    ("小于4", None, censored("<", 4)),
    ("4以下", None, censored("<=", 4)),
    ("75 or more", None, censored(">=", 75)),
    ("approx. 12", None, censored("~", 12)),
    (">2.000", "de", censored(">", 2000)),
    ("=< 4", None, censored("<=", 4)),
    ("= 4", None, number(4)),
    ("6.3 (Normal)", None, number(6.3, flag="N")),
    ("1:80 H", None, ValueReading("titer", "", 80, 1, flag="H")),
    ("1+*", None, word("1+", flag="*")),
    ("6.3H", None, number(6.3, flag="H")),
    ("L 6.3", None, number(6.3, flag="L")),
    ("6.3 [HH]", None, number(6.3, flag="HH")),
    ("6.3 (L)", None, number(6.3, flag="L")),
    ("6.3 ↓", None, number(6.3, flag="L")),
    ("↑6.3", None, number(6.3, flag="H")),
    ("6.3 high", None, number(6.3, flag="H")),
    ("6.3*", None, number(6.3, flag="*")),
    ("6.3 H 02", None, number(6.3, flag="H")),
    ("6.3mmol/L", None, number(6.3, unit="mmol/L")),
    ("6.3 mmol/L H", None, number(6.3, unit="mmol/L", flag="H")),
    ("6.3 H mmol/L", None, number(6.3, unit="mmol/L", flag="H")),
    ("6.3 %", None, number(6.3, unit="%")),
    ("6,3 x10³/µL", None, number(6.3, unit="x10^3/µL")),
    ("6.3 10*9/L", None, number(6.3, unit="10*9/L")),
    ("<0.4 mg/L (L)", None, censored("<", 0.4, unit="mg/L", flag="L")),
    ("> 90 mL/min/1.73 m²", None, censored(">", 90, unit="mL/min/1.73 m2")),
    ("2-4", None, ValueReading("range", "", 2, 4)),
    ("2 – 4 /HPF", None, ValueReading("range", "", 2, 4, unit="/HPF")),
    ("1:160", None, ValueReading("titer", "", 160, 1)),
    ("< 1:20", None, ValueReading("titer", "<", 20, 1)),
    ("1/320", None, ValueReading("titer", "", 320, 1)),
    ("1 : 2,560", None, ValueReading("titer", "", 2560, 1)),
    ("NEGATIVE", None, word("negative")),
    ("négatif", None, word("negative")),
    ("отрицательно", None, word("negative")),
    ("阳性", None, word("positive")),
    ("Non  Reactive", None, word("non-reactive")),
    ("nicht nachweisbar", None, word("not-detected")),
    ("weak pos.", None, word("weakly-positive")),
    ("dudoso", None, word("borderline")),
    ("++", None, word("2+")),
    ("3 +", None, word("3+")),
    ("+/-", None, word("trace")),
    ("(-)", None, word("negative")),
    ("Positive A", None, word("positive", flag="A")),
    ("Present (2+)", None, word("2+")),
    ("Reactive (8.1 S/CO)", None, word("reactive", value=8.1, unit="S/CO")),
    ("0.3 IU/mL Negative", None, word("negative", value=0.3, unit="IU/mL")),
    ("Neg. <0.10", None, word("negative", comparator="<", value=0.1)),
    ("Positive 1:640", None, word("positive", value=640, value2=1)),
    ("", None, none("blank")),
    ("----", None, none("blank")),
    ("N/A", None, none("blank")),
    ("haemolysed", None, none("specimen-problem")),
    ("QNS", None, none("specimen-problem")),
    ("TNP 12", None, none("not-performed")),
    ("folgt", None, none("pending")),
    ("see comment", None, none("see-note")),
    ("nan", None, none("invalid")),
    ("non calculable", None, none("not-calculated")),
    ("storniert", None, none("cancelled")),
]


@pytest.mark.parametrize(("text", "locale", "reading"), READINGS)
def test_readings(text: str, locale: str | None, reading: ValueReading) -> None:
    assert parse_value(text, locale) == reading


REFUSED = """
6..3 | --6 | 6 3 | 140 145 | 6.3 7.1 | 6.3, 7.1 | 6,7,8 | 6.3.1 | 12,34,56 | < > 6 | <<6 | <6 >3 | 1e999 | inf | Infinity | 0x1F
l4 | O.7 | 1O2 | 6.l | S.2 | seven | 6 apples | 6 days ago | H6.3 | 6.3 H L | 6.3 C
03/04/2024 | 2024-04-03 | 03.04.2024 | 3/4 | 11:45 PM | 08:30 h | (555) 987-6543 | 30-20 | 6.3- | 6.3 -
6.3 mg/dL 3.5-7.2 | 6.3 (6.1) | 6.3 mg/dL (comment 2) | N | +2 | 250.000 | 100,000
"""


@pytest.mark.parametrize("text", [text.strip() for line in REFUSED.strip().splitlines() for text in line.split(" | ")])
def test_refused(text: str) -> None:
    with pytest.raises(ValueTextError):
        parse_value(text)


@pytest.mark.parametrize("text", ["1\n012", "1\t012", "1  012", "<4,5 100"])
def test_a_line_break_or_a_tab_groups_no_thousands(text: str) -> None:
    with pytest.raises(ValueTextError):
        parse_value(text)


def test_an_ambiguous_number_says_what_it_could_be() -> None:
    with pytest.raises(ValueTextError) as caught:
        parse_value("<2,345")
    assert caught.value.readings == (2.345, 2345.0)
    with pytest.raises(ValueTextError) as caught:
        read_number("-2,345")
    assert caught.value.readings == (-2.345, -2345.0)
    assert looks_like_value("2,345")


def test_no_reading_is_infinite_or_nan() -> None:
    for text in ("1e308", "9" * 15, "1" + "0" * 14):
        try:
            assert math.isfinite(parse_value(text).value or 0.0)
        except ValueTextError:
            continue


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["4,5", "12,25", "140", "250.000"], ","),
        (["4.5", "12.25", "4,500"], "."),
        (["4,500", "140"], ""),
        (["4.5", "4,5"], ""),
        (["12.05.2024", "4,5"], ","),
        (["3,5 - 5,1", "<0,5 mg/l"], ","),
        ([], ""),
    ],
)
def test_decimal_vote(texts: list[str], mark: str) -> None:
    assert decimal_vote(texts) == mark


@pytest.mark.parametrize(
    "text",
    [
        "1:640 speckled",
        "1:640, fine speckled pattern",
        "1:640 (AC-4)",
        "speckled 1:640",
        "1:640 gesprenkelt",
        "1:640 speckled and nucleolar",
    ],
)
def test_a_titre_with_the_pattern_that_the_microscope_showed(text: str) -> None:
    assert parse_value(text) == ValueReading("titer", value=640.0, value2=1.0)


def test_a_pattern_takes_no_sign_word_or_flag_of_a_titre_away() -> None:
    assert parse_value("<1:80 homogeneous") == ValueReading("titer", "<", 80.0, 1.0)
    assert parse_value("1:640 speckled H") == ValueReading("titer", value=640.0, value2=1.0, flag="H")
    assert parse_value("Positive 1:640 speckled") == ValueReading("qualitative", value=640.0, value2=1.0, qualitative="positive")


@pytest.mark.parametrize(
    "text",
    [
        "1:640 speckled, 1:160 nucleolar",
        "1:40 speckled 000",
        "1:640 not speckled",
        "1:640 previous",
        "640 speckled",
        "speckled",
        "2/5 speckled",
    ],
)
def test_words_beside_a_titre_invent_none(text: str) -> None:
    """Two titres are two results, an unknown word may take the titre back, and a pattern alone is no number."""
    with pytest.raises(ValueTextError):
        parse_value(text)


@pytest.mark.parametrize("text", ["true", "False"])
def test_yes_or_no_without_its_question_is_no_result(text: str) -> None:
    with pytest.raises(ValueTextError, match="nothing says what was asked"):
        parse_value(text)
