"""Over time: how one test changed, in one unit, and whether that is more than it usually varies."""

from __future__ import annotations

from collections.abc import Hashable
from math import isnan
from typing import Any

import streamlit as st

from labinterp.app.bar import Side, bar
from labinterp.app.markup import esc, p, pill, show, table
from labinterp.app.session import current
from labinterp.reference import Reference
from labinterp.series import MORE, trends
from labinterp.shown import FLAGS, number, unit_words

HEADS = ("Day", "Result", "Where it lies", "Flag", "Change")
Point = dict[Hashable, Any]


def page() -> None:
    """Draw the page: choose a test, one sentence, every result of it with its range."""
    session = current()
    told = trends(session.report(), patient=session.patient)
    dated = told[told["day"].notna()]
    often = dated[dated.groupby("marker")["day"].transform("nunique") > 1] if len(dated) else dated
    show(
        "<h1>Over time</h1>"
        + p("Values in different units are put on one scale. Each bar is the range your lab printed that day, else a built-in one.", "soft")
    )
    if often.empty:
        show(p("No test was measured on two days yet. Add an earlier or later report on the first page to see what changed."))
        return
    names = dict(zip(often["marker"], often["name"]))
    changed = often.loc[often["verdict"] == MORE, "marker"].tolist()
    ids = list(names)
    first = changed[0] if changed else ids[0]
    chosen = st.pills("Test", ids, default=first, format_func=names.__getitem__, key=f"trend-{session.turn}") or first
    points: list[Point] = told[told["marker"] == chosen].to_dict("records")
    show(f"<h2>{esc(names[chosen])}</h2>{p(esc(sentence(points)))}{shown(points)}{source(points[-1])}")


def sentence(points: list[Point]) -> str:
    """The latest change in words."""
    if all(isnan(point["change"]) for point in points):
        return "There is no change between two exact results to tell."
    last = next(point for point in reversed(points) if not isnan(point["change"]))
    moved = abs(last["change"])
    words = "Did not change" if moved < 0.5 else f"{'Rose' if last['change'] > 0 else 'Fell'} by {moved:.0f} %"
    since = f"{words} up to {last['day']:%d %B %Y}, since the result before it."
    if not last["verdict"]:
        return f"{since} {last['reason'].capitalize()}."
    usual = f"{last['expected_down']:+.0f} to {last['expected_up']:+.0f} %".replace("-", "−")
    more = last["verdict"] == MORE
    judged = f"That is {'more than this test usually varies' if more else 'no more than this test usually varies'} ({usual})."
    return f"{since} {judged}" + ("" if more else " It does not say that the result is as it should be.")


def shown(points: list[Point]) -> str:
    """All results of one test, the latest first; what is not sure says why."""
    rows = []
    for point in reversed(points):
        sure, low, high = not isnan(point["value"]), point["range_low"], point["range_high"]
        unit = unit_words(point["unit"])
        words = f"{point['comparator']}{number(point['value'])}" if sure else str(point["value_text"])
        printed = f"{point['value_text']} {point['unit_text']}".strip()
        here = f"<b>{esc(words)}</b> {esc(unit if sure else point['unit_text'])}"
        if sure and printed != f"{words} {unit}".strip():
            here += f'<span class="soft">printed {esc(printed)}</span>'
        place: Side = "low" if point["value"] < low else "high" if point["value"] > high else "in"
        agrees = FLAGS.get(point["flag"], ("", place))[1] == place  # else another limit than this range gave the flag
        where = bar(words, point["value"], point["value"], low, high, place) if sure and agrees and not point["comparator"] else ""
        flag = (
            pill(*FLAGS[point["flag"]]) if point["flag"] in FLAGS else "In range" if point["flag"] == "N" else pill("Not judged", "doubt")
        )
        change = "" if isnan(point["change"]) else f"{point['change']:+.0f} %".replace("-", "−")
        change += f'<span class="soft">{esc("; ".join(text for text in (point["verdict"], point["reason"]) if text))}</span>'
        day = f"{point['day']:%d %b %Y}" if point["day"] is not None else "no date"
        rows.append(f'<tr><th scope="row">{day}</th><td>{here}</td><td class="where">{where}</td><td>{flag}</td><td>{change}</td></tr>')
    return table("All results, the latest first", HEADS, rows)


def source(point: Point) -> str:
    """Where the expected variation comes from."""
    known = Reference.default().sources.get(point["source_id"])
    if known is None:
        return ""
    mark = "" if point["verified"] else " " + pill("not checked", "doubt")
    cited = f"{known.organisation}: {known.title}" + (f" ({known.year})" if known.year else "")
    return p(f"How much the test varies in healthy people: {esc(cited)}.{mark}", "soft")
