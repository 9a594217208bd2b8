"""The range bar: the one picture of the app.

The range in force always fills the middle third (32 to 68 %). Outside it the scale is compressed, t / (1 + t) with t = 2 ln(value / limit),
so that 24 times the limit still fits. A range with one limit fills the bar to its open end. Inside is a dot, outside a diamond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Literal

from labinterp.app.markup import esc
from labinterp.app.speech import number, tongue
from labinterp.shown import LEFT, RIGHT, position, sentence

Side = Literal["in", "low", "high", "doubt"]


@dataclass(frozen=True)
class Tick:
    """A decision limit beside the range: where, and the words at it."""

    value: float
    words: str


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
    return f'<span class="bar{noted}" role="img" aria-label="{esc(sentence(words, side, low, high, tongue()))}">{"".join(parts)}</span>'
