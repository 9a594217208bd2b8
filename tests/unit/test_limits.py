"""Limit texts: the one place that reads them."""

from math import inf

import pytest

from labinterp.errors import ReferenceDataError
from labinterp.reference.limits import Bounds, parse_limits


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        (">=5.7 <6.5", Bounds(5.7, True, 6.5, False)),
        ("<6.5 >=5.7", Bounds(5.7, True, 6.5, False)),
        ("<5", Bounds(-inf, False, 5, False)),
        (">0.40", Bounds(0.4, False, inf, False)),
        ("<=0.5*age", Bounds(-inf, False, 0, True, high_slope=0.5)),
        ("<=5+0.5*age", Bounds(-inf, False, 5, True, high_slope=0.5)),
        (">=-3 <=0", Bounds(-3, True, 0, True)),
    ],
)
def test_a_limit_says_its_ends_and_whether_they_belong_to_it(text: str, bounds: Bounds) -> None:
    assert parse_limits(text) == bounds


def test_a_limit_that_follows_age_is_settled_by_an_age() -> None:
    miller_woman = parse_limits("<=5+0.5*age")
    assert miller_woman.follows_age
    assert miller_woman.at(72) == Bounds(high=41, high_inclusive=True)
    assert miller_woman.at(72).contains(41)
    assert not miller_woman.at(72).contains(41.1)


@pytest.mark.parametrize("text", ["", "5", "=5", "<5 <6", ">5 >6", ">=6 <5", ">5 <5", "5-6", "<5 mg", "<five", "< 5 >= 6 x"])
def test_a_text_without_one_sound_reading_is_refused(text: str) -> None:
    with pytest.raises(ReferenceDataError, match="limit"):
        parse_limits(text)
