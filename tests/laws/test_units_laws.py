"""Laws of conversion: round trips, every path between two units agrees, scale, and a table answers as single calls do."""

from __future__ import annotations

import contextlib
import math
import re

import numpy as np
import pandas as pd
import pint
from hypothesis import given, settings
from hypothesis import strategies as st

from labinterp.errors import UnitError
from labinterp.limits import significant
from labinterp.reference import Reference
from labinterp.ucum import ucum_of
from labinterp.units import convert, normalize_units
from labinterp.values import parse_values

REF = Reference.default()
FACTORS = {
    marker: sorted(unit for unit in factors if (factor := REF.factor(marker, unit)) and not factor.own_scale)
    for marker, factors in REF.catalogue.factors.items()
    if factors
}
PAIRS = st.sampled_from(sorted(marker for marker, units in FACTORS.items() if units)).flatmap(
    lambda marker: st.tuples(st.just(marker), *(st.sampled_from(FACTORS[marker]) for _ in range(3)))
)
NUMBERS = st.floats(1e-3, 1e5)


@settings(max_examples=150, deadline=None)
@given(PAIRS, NUMBERS)
def test_there_and_back(pair: tuple[str, str, str, str], value: float) -> None:
    marker, one, other, _ = pair
    back = convert(marker, convert(marker, value, one, to=other), other, to=one)
    factor, intercept = REF.factor(marker, one), REF.factor(marker, other)
    assert factor is not None and intercept is not None
    noise = 1e-10 * (abs(value) + abs(intercept.intercept - factor.intercept) / factor.factor)  # an intercept may outweigh the value
    assert abs(back - value) <= noise


@settings(max_examples=150, deadline=None)
@given(PAIRS, NUMBERS)
def test_every_path_agrees(pair: tuple[str, str, str, str], value: float) -> None:
    marker, one, via, other = pair
    direct = convert(marker, value, one, to=other)
    around = convert(marker, convert(marker, value, one, to=via), via, to=other)
    assert math.isclose(direct, around, rel_tol=1e-9, abs_tol=1e-9 * (1 + abs(direct)))


@settings(max_examples=200, deadline=None)
@given(PAIRS, NUMBERS, st.floats(0.1, 10))
def test_without_an_intercept_ten_times_as_much_stays_ten_times_as_much(
    pair: tuple[str, str, str, str], value: float, times: float
) -> None:
    marker, one, other, _ = pair
    if any((factor := REF.factor(marker, unit)) is None or factor.intercept for unit in (one, other)):
        return
    assert math.isclose(convert(marker, value * times, one, to=other), convert(marker, value, one, to=other) * times, rel_tol=1e-9)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_a_ucum_unit_is_its_own_spelling(pair: tuple[str, str, str, str]) -> None:
    marker, unit, _, _ = pair
    assert ucum_of(REF, unit, REF.markers[marker]) == unit


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(
                ["mg", "/", "dL", "10", "^", "3", "µ", "x", "(", ")", ".", " ", "{a}", "K", "G", "per ", "-1", "%", "克", "\ud800"]
            ),
            max_size=9,
        ).map("".join),
    ),
    st.sampled_from(sorted(REF.markers)),
)
def test_random_units_raise_nothing_but_the_documented_error(text: str, marker: str) -> None:
    ucum_of(REF, text)
    with contextlib.suppress(UnitError):
        assert math.isfinite(convert(marker, 1.0, text))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PAIRS, st.decimals(min_value=0, max_value=9999, places=2)), min_size=1, max_size=12))
def test_a_table_answers_as_single_calls(rows: list[tuple[tuple[str, str, str, str], object]]) -> None:
    frame = pd.DataFrame([{"marker": pair[0], "unit_text": pair[1], "value_text": str(value), "decimal": "."} for pair, value in rows])
    found = normalize_units(parse_values(frame.assign(range_text="", collected_text="", date_order="")), REF)
    for (pair, value), row in zip(rows, found.to_dict("records")):
        assert math.isclose(row["value"], convert(pair[0], float(value), pair[1]), rel_tol=1e-11, abs_tol=1e-300)  # type: ignore[arg-type]
        assert row["unit"] == REF.markers[pair[0]].unit


@given(st.lists(st.one_of(st.floats(-1e200, 1e200), st.just(math.nan), st.just(math.inf)), min_size=1))
def test_taking_off_float_noise_changes_no_number_a_laboratory_prints(values: list[float]) -> None:
    out = significant(np.array(values))
    for before, after in zip(values, out):
        assert (math.isnan(before) and math.isnan(after)) or before == after or math.isclose(before, after, rel_tol=1e-11, abs_tol=1e-250)


def test_scales_agree_with_pint() -> None:
    """An independent reading of mass concentrations by pint's own parser."""
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    plain = re.compile(r"[munpf]?g/[dmu]?L")
    checked = 0
    for marker, factors in REF.catalogue.factors.items():
        home = REF.markers[marker].unit or ""
        for unit in factors:
            factor = REF.factor(marker, unit)
            if plain.fullmatch(home) and plain.fullmatch(unit) and factor and not factor.own_scale:
                expected = registry.Quantity(1.0, unit).to(home).magnitude
                assert math.isclose(factor.factor, expected, rel_tol=1e-9), (marker, unit)
                checked += 1
    assert checked > 1000
