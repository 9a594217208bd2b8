"""The range bar: the one picture of the app.

The range in force always fills the middle third (32 to 68 %). Outside it the scale is compressed, t / (1 + t) with t = 2 ln(value / limit),
so that 24 times the limit still fits. A range with one limit fills the bar to its open end. Inside is a dot, outside a diamond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, log
from typing import Literal

from labinterp.app.markup import esc, number

LEFT, RIGHT = 32.0, 68.0
Side = Literal["in", "low", "high", "doubt"]


@dataclass(frozen=True)
class Tick:
    """A decision limit beside the range: where, and the words at it."""

    value: float
    words: str


def position(value: float, low: float = -inf, high: float = inf) -> float:
    """Where `value` stands on the bar, in percent from the left (2 to 98), for a range with one or two finite limits."""
    if not isfinite(low) and not isfinite(high):
        raise ValueError("a bar needs a limit")
    if isfinite(low) and value < low:
        place = LEFT * (1 - _beyond(low, value, high - low))
    elif isfinite(high) and value > high:
        place = RIGHT + (100 - RIGHT) * _beyond(value, high, high - low)
    elif not isfinite(low):
        place = RIGHT * (max(value, 0.0) / high if high > 0 else 0.5)
    elif not isfinite(high):
        place = LEFT + (100 - LEFT) * _beyond(value, low, inf)
    else:
        place = LEFT + (RIGHT - LEFT) * ((value - low) / (high - low) if high > low else 0.5)
    return min(98.0, max(2.0, place))


def _beyond(larger: float, smaller: float, width: float) -> float:
    """How far `larger` is from `smaller`, from 0 to 1: by ratio where both are positive, else by the width of the range."""
    if not isfinite(larger):
        return 1.0
    if smaller > 0:
        t = 2 * log(larger / smaller)
    elif isfinite(width) and width > 0:
        t = 2 * (larger - smaller) / width
    else:
        return 1.0
    return t / (1 + t)


def sentence(words: str, side: Side, low: float, high: float) -> str:
    """What the picture shows, for people who do not see it: ``2.9 is below the range 3.5 to 5.1``."""
    if isfinite(low) and isfinite(high):
        span = f"the range {number(low)} to {number(high)}"
    else:
        span = f"the range up to {number(high)}" if isfinite(high) else f"the range from {number(low)}"
    place = {"in": "inside", "low": "below", "high": "above", "doubt": "not judged against"}[side]
    return f"{words} is {place} {span}"


def bar(words: str, first: float, last: float, low: float, high: float, side: Side, ticks: Sequence[Tick] = (), note: str = "") -> str:
    """The picture as HTML, or an empty text where no sensible bar exists.

    `words` is the result as the reader sees it, `first` and `last` the result as an interval (equal for a plain number, -inf or inf
    at an open end), `low` and `high` the range in force (-inf or inf where it is open), all in one unit. `note` is written at the point.
    """
    if isnan(first) or isnan(last) or isnan(low) or isnan(high) or (not isfinite(low) and not isfinite(high)):
        return ""
    left = 0.0 if not isfinite(low) else LEFT
    right = 100.0 if not isfinite(high) else RIGHT
    shown = [tick for tick in ticks if min(abs(position(tick.value, low, high) - edge) for edge in (LEFT, RIGHT)) > 2]
    parts = ['<span class="track"></span>', f'<span class="range" style="left:{left:g}%;width:{right - left:g}%"></span>']
    for limit, place in ((low, LEFT), (high, RIGHT)):
        if isfinite(limit):
            parts.append(
                f'<span class="edge" style="left:{place:g}%"></span><span class="limit" style="left:{place:g}%">{number(limit)}</span>'
            )
    for tick in shown:
        at = position(tick.value, low, high)
        parts.append(f'<span class="tick" style="left:{at:.1f}%"></span>')
        if not note:
            parts.append(f'<span class="note" style="left:{min(76.0, max(24.0, at)):.1f}%">{esc(tick.words)}</span>')
    if first != last:
        start = position(first, low, high) if isfinite(first) else 0.0
        end = position(last, low, high) if isfinite(last) else 100.0
        parts.append(f'<span class="stretch" style="left:{start:.1f}%;width:{max(end - start, 1):.1f}%"></span>')
    at = position(last if isfinite(last) else first, low, high)
    parts.append(f'<span class="point {side}" style="left:{at:.1f}%"></span>')
    if note:
        parts.append(f'<span class="note {side}" style="left:{min(86.0, max(14.0, at)):.1f}%">{esc(note)}</span>')
    noted = " noted" if note or shown else ""
    return f'<span class="bar{noted}" role="img" aria-label="{esc(sentence(words, side, low, high))}">{"".join(parts)}</span>'
