"""The course of one test as a picture: every value written at its point, the range of each as a band, points outside as diamonds."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from labinterp.app.speech import day, number
from labinterp.shown import FLAGS

HEIGHT = 300
NEAR = 0.07  # of the time axis: labels that are closer stand on different sides of the line

Point = dict[Hashable, Any]


def chart(points: Sequence[Point]) -> alt.LayerChart:
    """Points of one marker in one unit, each with a value and a day, in their order."""
    look = tokens()[st.context.theme.type == "dark"]
    low, high = window(points)
    frame = framed(points, low, high)
    first, last = frame["day"].iloc[0], frame["day"].iloc[-1]
    margin = (last - first) * 0.04 or timedelta(days=1)
    time = alt.X("day:T", title=None, axis=time_axis(points), scale=alt.Scale(domain=[_stamp(first - margin), _stamp(last + margin)]))
    value = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(tickCount=5, labelExpr=f"replace(datum.label, '.', '{number(0.5)[1]}')", format="~r"),
    )
    base = alt.Chart(frame)
    bands = base.transform_filter("datum.banded").mark_rect(color=look["band"], clip=True)
    bands = bands.encode(x=alt.X("start:T"), x2="end:T", y=alt.Y("bottom:Q"), y2="top:Q")
    line = base.mark_line(color=look["accent"], strokeWidth=2.2).encode(x=time, y=value)
    shape = alt.Shape(
        "look:N", legend=None, scale=alt.Scale(domain=["in", "low", "high", "doubt"], range=["circle", "diamond", "diamond", "square"])
    )
    colour = alt.Color(
        "look:N",
        legend=None,
        scale=alt.Scale(domain=["in", "low", "high", "doubt"], range=[look["accent"], look["low"], look["high"], look["doubt"]]),
    )
    dots = base.mark_point(size=190, filled=True, opacity=1, stroke=look["paper"], strokeWidth=1.5).encode(
        x=time, y=value, shape=shape, color=colour
    )
    words = [
        base.transform_filter(f"datum.above == {above}")
        .mark_text(dy=-16 if above == "true" else 18, fontSize=14, fontWeight=600, color=look["ink"])
        .encode(x=time, y=value, text="words:N")
        for above in ("true", "false")
    ]
    layers: alt.LayerChart = (
        alt.layer(bands, line, dots, *words)
        .properties(height=HEIGHT, width="container")
        .configure(background="transparent", font="Source Sans, sans-serif", padding={"left": 4, "right": 8, "top": 8, "bottom": 4})
        .configure_axis(labelColor=look["ink2"], labelFontSize=13, domain=False, ticks=False, grid=False, labelPadding=8)
        .configure_axisY(grid=True, gridColor=look["line"], gridOpacity=0.7)
        .configure_view(stroke=None)
    )
    return layers


@cache
def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """The colours of style.css, which does not reach into a picture: light and dark, by name."""
    found = re.findall(r"--li-([\w-]+): light-dark\((#\w+), (#\w+)\)", (Path(__file__).parent / "style.css").read_text(encoding="utf-8"))
    return {name: light for name, light, _ in found}, {name: dark for name, _, dark in found}


def window(points: Sequence[Point]) -> tuple[float, float]:
    """The values shown, from bottom to top: every result, and the limits that are not far from them."""
    values = [float(point["value"]) for point in points]
    reach = max(max(values) - min(values), 0.3 * max(abs(value) for value in values))
    limits = [float(limit) for point in points for limit in (point["range_low"], point["range_high"]) if isfinite(limit)]
    near = [limit for limit in limits if min(values) - reach <= limit <= max(values) + reach]
    low, high = min(values + near), max(values + near)
    room = 0.14 * (high - low or abs(high) or 1)
    bottom = low - room
    return (0.0 if low >= 0 > bottom else bottom), high + room


def framed(points: Sequence[Point], low: float, high: float) -> pd.DataFrame:
    """One line a point: where it stands, how it looks, its words and their side, and its band, which reaches halfway to its neighbours."""
    days = [datetime(point["day"].year, point["day"].month, point["day"].day) for point in points]
    span = (days[-1] - days[0]) or timedelta(days=1)
    records: list[dict[str, Any]] = []
    for place, point in enumerate(points):
        before, after = days[max(place - 1, 0)], days[min(place + 1, len(days) - 1)]
        crowded = place > 0 and (days[place] - days[place - 1]) / span < NEAR
        ends = [float(point["range_low"]), float(point["range_high"])]
        records.append(
            {
                "day": days[place],
                "value": float(point["value"]),
                "words": value_words(point),
                "above": not (crowded and records[-1]["above"]),
                "look": look_of(point),
                "start": days[place] - (days[place] - before) / 2,
                "end": days[place] + (after - days[place]) / 2,
                "banded": any(map(isfinite, ends)),
                "bottom": ends[0] if isfinite(ends[0]) else low,
                "top": ends[1] if isfinite(ends[1]) else high,
            }
        )
    return pd.DataFrame(records)


def value_words(point: Point) -> str:
    """The value of a point: as exact as it was printed, or to three digits where it was converted."""
    value, printed = float(point["value"]), str(point.get("value_text", "")).replace(",", ".").strip(" <>=≤≥")
    try:
        exact = float(printed) == value
    except ValueError:
        exact = False
    return f"{point['comparator']}{number(printed if exact else float(f'{value:.3g}'))}"


def look_of(point: Point) -> str:
    """How a point is drawn: by its flag, which was decided elsewhere."""
    if point["flag"] == "N":
        return "in"
    look = FLAGS.get(point["flag"], ("", "doubt"))[1]
    return look if look in ("low", "high") else "doubt"


def time_axis(points: Sequence[Point]) -> alt.Axis:
    """A label at each day that has a point; those without room are left out, for the table has them all."""
    days = list(dict.fromkeys(point["day"] for point in points))
    words = " : ".join(f"+datum.value == {_epoch(one)} ? '{_plain(day(one))}'" for one in days)
    return alt.Axis(values=[_stamp(one) for one in days], labelExpr=f"{words} : ''", labelOverlap="greedy", labelFlush=True)


def _stamp(when: date | datetime) -> alt.DateTime:
    return alt.DateTime(year=when.year, month=when.month, date=when.day)


def _epoch(when: date) -> str:
    return f"+datetime({when.year}, {when.month - 1}, {when.day})"


def _plain(text: str) -> str:
    return text.replace("'", "’")
