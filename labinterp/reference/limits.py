"""Limit texts such as ``>=5.7 <6.5`` or ``<=5+0.5*age``: the one place that reads them."""

from __future__ import annotations

import re
from functools import cache
from math import inf
from typing import NamedTuple

from labinterp.errors import ReferenceDataError

_NUMBER = r"\d+(?:\.\d+)?"
_COMPARISON = re.compile(rf"\s*(<=|>=|<|>)\s*(?:({_NUMBER})\s*\*\s*age|(-?{_NUMBER})(?:\s*\+\s*({_NUMBER})\s*\*\s*age)?)(?=\s|$)")


class Bounds(NamedTuple):
    """An interval of numbers. An open end is infinite and not included. The slopes are per year of age: ``low + low_slope * age``."""

    low: float = -inf
    low_inclusive: bool = False
    high: float = inf
    high_inclusive: bool = False
    low_slope: float = 0.0
    high_slope: float = 0.0

    @property
    def follows_age(self) -> bool:
        return bool(self.low_slope or self.high_slope)

    def at(self, age: float) -> Bounds:
        """The bounds for a person of `age` years, without slopes."""
        return Bounds(self.low + self.low_slope * age, self.low_inclusive, self.high + self.high_slope * age, self.high_inclusive)

    def contains(self, value: float) -> bool:
        above = value >= self.low if self.low_inclusive else value > self.low
        return above and (value <= self.high if self.high_inclusive else value < self.high)


@cache
def parse_limits(text: str) -> Bounds:
    """``">=5.7 <6.5"`` -> ``Bounds(5.7, True, 6.5, False)``: one lower and one upper comparison at most, in any order, and at least one.

    Raises `ReferenceDataError` for anything else, also for limits that no number can meet.
    """
    low: tuple[float, bool, float] | None = None
    high: tuple[float, bool, float] | None = None
    position = 0
    while match := _COMPARISON.match(text, position):
        operator, only_slope, constant, slope = match.groups()
        limit = (float(constant or 0), operator.endswith("="), float(only_slope or slope or 0))
        if operator.startswith(">"):
            if low:
                raise ReferenceDataError(f"limit {text!r} has two lower ends")
            low = limit
        else:
            if high:
                raise ReferenceDataError(f"limit {text!r} has two upper ends")
            high = limit
        position = match.end()
    if text[position:].strip() or not (low or high):
        raise ReferenceDataError(f"limit {text!r} is not a comparison such as '>=5.7 <6.5'")
    low, high = low or (-inf, False, 0.0), high or (inf, False, 0.0)
    bounds = Bounds(low[0], low[1], high[0], high[1], low[2], high[2])
    for probe in (bounds.at(0), bounds.at(100)):
        if probe.low > probe.high or (probe.low == probe.high and not (probe.low_inclusive and probe.high_inclusive)):
            raise ReferenceDataError(f"limit {text!r} leaves no value between its ends")
    return bounds
