"""Laws of the grammar: nothing raises but the documented error, and a printed value parses back."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labinterp.errors import ValueTextError
from labinterp.shapes import (
    decimal_vote,
    looks_like_range,
    looks_like_unit,
    looks_like_value,
    parse_date,
    parse_range,
    parse_value,
    tidy,
)

PIECES = st.sampled_from(
    ["<", ">", "≤", "=", "-", "–", "+", ".", ",", "'", " ", "\u00a0", "\n", "0", "1", "5", "12", "100", "4,500", "1:80", "x10^3/µL", "mg/dL", "%", "H", "L", "*", "(", ")",
     "[", "]", "M", "F", "male", "years", "<50y", "neg", "Positive", "bis", "up to", "to", "/", ":", ";", "e", "E5", "²", "٣", "½", "Ⅷ", "㎎", "𝟗", "\u200b", "\ud800",
     "\ue000", "\x01", "&lt;", "Âµ", "trimester 1", "age", "10", "{", "}", "|", "nan", "inf"]
)  # fmt: skip
MESSY = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=8).map(" ".join))
LOCALES = st.sampled_from([None, "", ".", ",", "de", "en-IN", "fr_CH", "xx", "zh"])


@settings(max_examples=400, deadline=None)
@given(MESSY, LOCALES)
@example("\ue000 1-2 \x01", None)
@example("1" * 400, None)
@example("1e9999999", None)
@example("²", None)
def test_random_text_raises_nothing_but_the_documented_error(text: str, locale: str | None) -> None:
    for parse in (parse_value, parse_range):
        try:
            found = parse(text, locale)
        except ValueTextError:
            continue
        for number in (getattr(found, name, None) for name in ("value", "value2", "low", "high")):
            assert number is None or math.isfinite(number)
    for ask in (looks_like_value, looks_like_range, looks_like_unit):
        assert ask(text) in (True, False)
    parse_date(text)
    assert decimal_vote([text]) in (".", ",", "")


@given(st.text(max_size=60))
def test_tidy_is_idempotent_on_what_it_made(text: str) -> None:
    once = tidy(text)
    assert all(c == "\n" or c >= " " for c in once)


NUMBERS = st.decimals(min_value=0, max_value=999999, places=2, allow_nan=False)


@given(
    NUMBERS,
    st.sampled_from(["", "<", ">", "<=", ">="]),
    st.sampled_from(["", " mg/dL", " mmol/L", " %", " U/L"]),
    st.sampled_from(["", " H", " L", " *"]),
)
def test_a_printed_value_parses_back_in_every_style(value: object, sign: str, unit: str, flag: str) -> None:
    number = float(value)  # type: ignore[arg-type]
    point, comma = f"{number:,.2f}", f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
    for text in (
        f"{number:.2f}",
        f"{number:.2f}".replace(".", ","),
        point,
        comma,
        comma.replace(".", " "),
        comma.replace(".", "\u202f"),
        point.replace(",", "'"),
    ):
        if " " in text and len(text) >= 10 and text[3:4] == " ":
            continue  # two groups of three with a plain space may be two numbers
        found = parse_value(f"{sign}{text}{unit}{flag}")
        assert (found.value, found.comparator, found.unit, found.flag) == (number, sign, unit.strip(), flag.strip())


@given(NUMBERS, NUMBERS, st.sampled_from([" - ", "-", " to ", " – ", "~"]), st.sampled_from(["", " mg/dL", " %"]))
def test_a_printed_range_parses_back(a: object, b: object, dash: str, unit: str) -> None:
    low, high = sorted((float(a), float(b)))  # type: ignore[arg-type]
    if low == high:
        return
    for text in (f"{low:.2f}{dash}{high:.2f}{unit}", f"({low:.2f}{dash}{high:.2f}{unit})"):
        found = parse_range(text)
        assert (found.kind, found.low, found.high, found.unit) == ("interval", low, high, unit.strip())


@given(st.integers(1, 999), st.integers(0, 999))
def test_three_digits_after_a_comma_are_never_guessed(whole: int, rest: int) -> None:
    text = f"{whole},{rest:03d}"
    try:
        parse_value(text)
    except ValueTextError as fault:
        assert set(fault.readings) == {float(f"{whole}.{rest:03d}"), float(f"{whole}{rest:03d}")}
    else:
        raise AssertionError(text)
    assert parse_value(text, "en").value == float(f"{whole}{rest:03d}")
    assert parse_value(text, "de").value == float(f"{whole}.{rest:03d}")


def test_long_text_is_refused_at_once() -> None:
    for piece in ("1 years ", "1", "a 1-", "1,000", "M 1-2 ", "mg/", "< ", "x10^3 "):
        text = piece * 3000
        for parse in (parse_value, parse_range):
            with pytest.raises(ValueTextError):
                parse(text)
