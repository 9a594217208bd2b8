"""The range bar: the one picture of the app."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labinterp.app.bar import Tick, bar
from labinterp.shown import LEFT, RIGHT, position, sentence

positive = st.floats(0.001, 1e6)


def test_the_range_fills_the_middle_third():
    assert position(3.5, 3.5, 5.1) == LEFT
    assert position(5.1, 3.5, 5.1) == RIGHT
    assert position(4.3, 3.5, 5.1) == pytest.approx((LEFT + RIGHT) / 2)


def test_twenty_four_times_the_limit_still_fits():
    assert RIGHT < position(10 * 192, 26, 192) < position(24 * 192, 26, 192) < 98


def test_one_sided_ranges_fill_to_their_open_end():
    upper, lower = bar("3", 3, 3, -inf, 5, "in"), bar("80", 80, 80, 60, inf, "in")
    assert 'class="range" style="left:0%;width:68%"' in upper
    assert 'class="range" style="left:32%;width:68%"' in lower


@given(low=positive, width=positive, values=st.tuples(positive, positive))
def test_a_larger_value_never_stands_further_left(low, width, values):
    first, second = sorted(values)
    assert position(first, low, low + width) <= position(second, low, low + width)


@given(low=st.floats(-1e3, 1e3), width=positive, value=st.floats(-1e6, 1e6))
def test_every_value_stands_on_the_bar_and_inside_means_inside(low, width, value):
    high = low + width
    at = position(value, low, high)
    assert 2 <= at <= 98
    if low <= value <= high:
        assert LEFT - 1e-6 <= at <= RIGHT + 1e-6


def test_without_a_limit_there_is_no_bar():
    assert bar("1:80", nan, nan, nan, nan, "doubt") == ""
    assert bar("5", 5, 5, -inf, inf, "in") == ""
    with pytest.raises(ValueError, match="limit"):
        position(5)


def test_people_who_do_not_see_it_hear_a_sentence():
    assert sentence("2.9", "low", 3.5, 5.1) == "2.9 is below the range 3.5 to 5.1"
    assert sentence("48", "high", -inf, 5) == "48 is above the range up to 5"
    assert 'role="img" aria-label="2.9 is below the range 3.5 to 5.1"' in bar("2.9", 2.9, 2.9, 3.5, 5.1, "low")


def test_a_censored_result_is_a_stretch_not_only_a_point():
    assert 'class="stretch" style="left:0.0%' in bar("<1.0", -inf, 1.0, -inf, 5, "in")
    assert "stretch" not in bar("1.0", 1.0, 1.0, -inf, 5, "in")


def test_a_decision_limit_is_a_tick_with_words_unless_it_is_the_edge_itself():
    assert "diabetes range from 6.5" in bar("7.2", 7.2, 7.2, 4.0, 5.6, "high", [Tick(6.5, "diabetes range from 6.5")])
    assert "tick" not in bar("7.2", 7.2, 7.2, 4.0, 6.5, "high", [Tick(6.5, "diabetes range from 6.5")])


def test_words_from_a_document_cannot_become_markup():
    assert "<script>" not in bar("<script>", 1, 1, 2, 3, "low", note='<img src="x">')
    assert '<img src="x">' not in bar("1", 1, 1, 2, 3, "low", note='<img src="x">')
