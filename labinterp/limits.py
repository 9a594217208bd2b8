"""Limits in the unit of one report, ready to be compared: spans (one range) and scales (bands), and the lines that lead to their units.

Strict and inclusive edges become plain numbers here: "above 5" starts at the next float after 5. After that nothing asks about operators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labinterp.language import Language
from labinterp.reference.limits import Bounds

INF = math.inf
ENGLISH = Language()
Floats = np.ndarray
_SCALES = 10.0 ** np.clip(11 - np.floor((np.arange(-1100, 1100) - 1) * math.log10(2)), -300, 300)
"""Binary exponent + 1100 -> the power of ten that leaves 12 (or 13) digits before the point."""


def closed_low(low: float, inclusive: bool) -> float:
    """The smallest number that satisfies ``>= low`` (inclusive) or ``> low``."""
    return low if inclusive or low == -INF else math.nextafter(low, INF)


def closed_high(high: float, inclusive: bool) -> float:
    """The largest number that satisfies ``<= high`` (inclusive) or ``< high``."""
    return high if inclusive or high == INF else math.nextafter(high, -INF)


def words(bounds: Bounds, language: Language = ENGLISH) -> str:
    """Bounds as a person reads them: ``3.5-5.1``, ``below 5.7``, ``5.7 to below 6.5``, ``47.54 or more``."""
    low, high = (language.number(f"{end:.10g}") for end in (bounds.low, bounds.high))
    if bounds.low == -INF:
        return language.say("up to {high}" if bounds.high_inclusive else "below {high}", high=high)
    if bounds.high == INF:
        return language.say("{low} or more" if bounds.low_inclusive else "above {low}", low=low)
    if bounds.low_inclusive and bounds.high_inclusive:
        return f"{low}-{high}"
    if bounds.low_inclusive:
        return language.say("{low} to below {high}", low=low, high=high)
    return language.say("above {low} to {high}" if bounds.high_inclusive else "above {low} to below {high}", low=low, high=high)


def significant(values: Floats, digits: int = 12) -> Floats:
    """Values without the noise of binary multiplication: rounded to `digits` significant digits (or one more)."""
    values = np.asarray(values, dtype=float)
    scale = _SCALES.take(np.frexp(values)[1] + 1100) * 10.0 ** (digits - 12)
    out: Floats = np.rint(values * scale)
    out /= scale
    return out


def _significant(value: float) -> float:
    """The same of one number."""
    scale = float(_SCALES[math.frexp(value)[1] + 1100])
    return round(value * scale) / scale


@dataclass(frozen=True)
class Line:
    """From the unit of the report to the unit of a limit: ``value * factor + intercept``, rounded as laboratories print that unit.

    `uncertainty` is relative: an approximate factor widens the result, so that it never decides near an edge.
    """

    factor: float = 1.0
    intercept: float = 0.0
    decimals: int | None = None
    uncertainty: float = 0.0

    def __call__(self, values: Floats) -> Floats:
        if self.factor == 1.0 and self.intercept == 0.0:
            return values
        moved = significant(values * self.factor + self.intercept)
        return moved if self.decimals is None else np.round(moved, self.decimals)

    def shares(self) -> tuple[float, ...]:
        """What a result is multiplied by where it ends, being as wide as the factor is uncertain."""
        return (1 - self.uncertainty, 1 + self.uncertainty) if self.uncertainty else (1.0,)

    def back(self, value: float) -> float:
        """The number in the report's unit that stands for `value` in the limit's unit."""
        return value if not math.isfinite(value) else _significant((value - self.intercept) / self.factor)


SAME = Line()


@dataclass(frozen=True)
class Lines:
    """Many lines as one: row i of the values goes along line i. `decimals` is -1 where a line does not round."""

    factor: Floats
    intercept: Floats
    decimals: Floats
    uncertainty: Floats

    @classmethod
    def of(cls, lines: Sequence[Line], codes: np.ndarray) -> Lines:
        """Row i goes along `lines[codes[i]]`."""
        table = np.array([(x.factor, x.intercept, -1 if x.decimals is None else x.decimals, x.uncertainty) for x in lines], dtype=float)
        return cls(*table[codes].T)

    def __call__(self, values: Floats) -> Floats:
        moved = (self.factor != 1.0) | (self.intercept != 0.0)
        if not moved.any():
            return values
        out = np.array(values, dtype=float)
        out[moved] = significant(out[moved] * self.factor[moved] + self.intercept[moved])
        for decimals in np.unique(self.decimals[moved & (self.decimals >= 0)]).tolist():
            here = moved & (self.decimals == decimals)
            out[here] = np.round(out[here], int(decimals))
        return out


def reached(lines: Sequence[Line], shares: Floats, ends: Floats) -> Floats:
    """The smallest number of zero or more that, along its line and times its share, comes to an end; infinite where none does.

    Nothing is worked back through the rounding of a line: where the number must lie is halved until one is left. Numbers of zero or more
    stand in the order of their 64 bits.
    """
    if not lines:
        return ends
    along = Lines.of(lines, np.arange(len(lines)))
    found, below = np.full(len(lines), np.array(INF).view(np.int64)), np.full(len(lines), -1)  # the bits of -1 are those of no number
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(64):
            middle = below + (found - below) // 2
            there = along(middle.view(float)) * shares >= ends
            found, below = np.where(there, middle, found), np.where(there, below, middle)
    numbers: Floats = found.view(float)
    return numbers


@dataclass(frozen=True)
class Results:
    """Results as intervals in the printed unit: nominal ends, and whether the end itself is left out."""

    low: Floats
    high: Floats
    low_open: Floats
    high_open: Floats

    def take(self, rows: np.ndarray) -> Results:
        return Results(self.low[rows], self.high[rows], self.low_open[rows], self.high_open[rows])

    def along(self, line: Line | Lines) -> tuple[Floats, Floats]:
        """Closed ends in the unit of a limit."""
        low, high = line(self.low), line(self.high)
        if np.any(line.uncertainty):
            low, high = low * (1 - line.uncertainty), high * (1 + line.uncertainty)
        return np.where(self.low_open, np.nextafter(low, INF), low), np.where(self.high_open, np.nextafter(high, -INF), high)


@dataclass(frozen=True)
class Span:
    """One range: everything from `low` to `high` (closed) lies inside."""

    low: float
    high: float
    id: str = ""
    source: str = ""
    line: Line = SAME
    text: str = ""  # as a person reads it
    unit: str = ""  # of low and high

    def side(self, results: Results) -> Floats:
        """-1 wholly below, 0 wholly inside, +1 wholly above, NaN where an end of the range cuts the result."""
        return side(self.low, self.high, *results.along(self.line))


def side(low: float | Floats, high: float | Floats, lowest: Floats, highest: Floats) -> Floats:
    """Where results from `lowest` to `highest` lie by the range from `low` to `high`: see `Span.side`."""
    from_zero = (low == 0) & np.isneginf(lowest) & (highest > 0)  # "<1" of a quantity whose range begins at nothing
    out = np.full(len(lowest), np.nan)
    out[((lowest >= low) | from_zero) & (highest <= high)] = 0
    out[highest < low] = -1
    out[lowest > high] = 1
    return out


@dataclass(frozen=True)
class Scale:
    """Bands of one decision scheme, ascending; band i starts at `starts[i]`."""

    starts: tuple[float, ...]
    categories: tuple[str, ...]
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    severities: tuple[int, ...]
    sides: tuple[str, ...]
    scheme: str
    id: str
    source: str
    unit: str
    line: Line = SAME
    descriptive: bool = False
    open_side: str | None = None

    def usual(self) -> tuple[float, float]:
        """The ends of the bands that are called normal, in the unit of the report; without such a band, both are open."""
        normal = [i for i, side in enumerate(self.sides) if side == "normal"]
        if not normal:
            return -INF, INF
        ends = [*self.starts, INF]
        low, high = ends[normal[0]], ends[normal[-1] + 1]
        return self.line.back(low), self.line.back(high)


@dataclass(frozen=True)
class Slip:
    """Another unit in which the figure would be plausible (from `low` to `high` of that unit), and the way back to the report's unit."""

    unit: str
    low: float
    high: float
    back: Line
    published: bool  # some limit of the marker is published in it


@dataclass(frozen=True)
class Limits:
    """Everything that a result may be compared with. Several of a kind are populations that the person may belong to."""

    printed: tuple[Span, ...] = ()
    printed_words: str = ""  # the expected qualitative result, as a code
    scales: tuple[Scale, ...] = ()
    intervals: tuple[Span, ...] = ()
    critical: tuple[Span, ...] = ()  # inside: not critical
    plausible: Span | None = None
    upper: tuple[tuple[float, Line], ...] = ()  # upper limits in force, for multiples
    open_facts: tuple[str, ...] = ()  # what would settle which population it is
    reasons: tuple[str, ...] = ()  # why a limit was not used
    passed_over: bool = False  # the laboratory printed a range that says something and could not be used
    slips: tuple[Slip, ...] = ()
    meanings: tuple[tuple[str, str], ...] = ()  # what a qualitative result means for this marker: normal or abnormal
