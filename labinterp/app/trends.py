"""Over time: how one test changed, in one unit, and whether that is more than it usually varies."""

from __future__ import annotations

from collections.abc import Hashable
from math import isfinite, isnan
from typing import Any

import pandas as pd
import streamlit as st

from labinterp.app.chart import chart, value_words
from labinterp.app.markup import aside, capital, esc, p, pill, show, table
from labinterp.app.rows import whose
from labinterp.app.session import Session, current
from labinterp.app.speech import again, day, knowledge, percent, plural, say, tongue
from labinterp.series import MORE, WITHIN, trends
from labinterp.shown import FLAGS, Look, span_words, unit_words

PILLS = 9  # tests to choose from at a glance; more are a list to search
Point = dict[Hashable, Any]


def page() -> None:
    """Draw the page: choose a test, one sentence, its chart, every result of it with its range."""
    session = current()
    told = trends(session.reports(), reference=knowledge())
    dated = told[told["day"].notna()]
    often = dated[dated.groupby("marker")["day"].transform("nunique") > 1] if len(dated) else dated
    show(f"<h1>{esc(say('Over time'))}</h1>{p(esc(lede(session)), 'lede')}")
    if often.empty:
        none = say("No test was measured on two days yet. Add an earlier or later report to see what changed.")
        show(p(esc(none)))
        add_another(session)
        return
    chosen = choose(session, often)
    points: list[Point] = told[told["marker"] == chosen].to_dict("records")
    name, unit = points[0]["name"], unit_words(next((point["unit"] for point in points if point["unit"]), ""))
    show(f'<h2>{esc(name)} <span class="unit">{esc(unit)}</span></h2>{p(esc(sentence(points)), "told")}{source(points[-1])}')
    drawn = [point for point in points if not isnan(point["value"]) and point["day"] is not None]
    if len(drawn) > 1:
        st.altair_chart(chart(drawn), theme=None, width="stretch", alt=f"{name}: {in_words(drawn)}", key=f"chart-{session.turn}")
    show(shown(points))
    add_another(session)


def lede(session: Session) -> str:
    """How many reports, and what the band is."""
    many = len(session.documents)
    reports = plural("{n} report, one person.", "{n} reports, one person.", many) + " " if many > 1 else ""
    scale = say(
        "Values in different units are put on one scale; the shaded band is the range printed for each result, else a built-in one."
    )
    return reports + scale


def choose(session: Session, often: pd.DataFrame) -> str:
    """The test to show: at first one that changed more than it usually varies."""
    names = dict(sorted(zip(often["marker"], often["name"]), key=lambda pair: pair[1].casefold()))
    first = next(iter(often.loc[often["verdict"] == MORE, "marker"]), next(iter(names)))
    key, label = f"trend-{session.turn}", say("Test")
    if len(names) <= PILLS:
        return str(st.pills(label, list(names), default=first, format_func=names.__getitem__, key=key, required=True))
    return str(st.selectbox(label, list(names), index=list(names).index(first), format_func=names.__getitem__, key=key))


def add_another(session: Session) -> None:
    """The way to another report, with what guards it."""
    aside(say("A report with another name or date of birth is never added without asking you."))
    if st.button(say("Add another report"), icon=":material/add:"):
        st.switch_page(st.session_state["pages"]["start"])


def sentence(points: list[Point]) -> str:
    """The latest change in words."""
    changed = [place for place, point in enumerate(points) if not isnan(point["change"])]
    if not changed:
        return say("There is no change between two exact results to tell.")
    last = points[changed[-1]]
    before = next(point for point in reversed(points[: changed[-1]]) if not point["reason"] or point["day"] != last["day"])
    moved, since = f"{abs(last['change']):.0f} %", day(before["day"])
    if abs(last["change"]) < 0.5:
        told = say("Did not change since {day}.", day=since)
    elif last["change"] > 0:
        told = say("Rose by {percent} since {day}.", percent=moved, day=since)
    else:
        told = say("Fell by {percent} since {day}.", percent=moved, day=since)
    if changed[-1] != len(points) - 1:
        told += " " + say("That was on {day}; what came after has no exact change.", day=day(last["day"]))
    if not last["verdict"]:
        return f"{told} {capital(again(last['reason']))}."
    usual = say("{down} to {up}", down=percent(last["expected_down"]), up=percent(last["expected_up"]))
    if last["verdict"] == MORE:
        judged = say("That is more than this test usually varies ({usual}).", usual=usual)
    else:
        judged = say("That is no more than this test usually varies ({usual}).", usual=usual)
        judged += " " + say("It does not say that the result is as it should be.")
    return f"{told} {judged}"


def in_words(points: list[Point]) -> str:
    """What the chart shows, for people who do not see it."""
    return "; ".join(f"{day(point['day'])}: {value_words(point)} {unit_words(point['unit'])}, {flag(point)[0]}" for point in points)


def flag(point: Point) -> tuple[str, Look]:
    """The flag of a point in words, and its look; ``calm`` is in range."""
    if point["flag"] in FLAGS:
        word, look = FLAGS[point["flag"]]
        return say(word), look
    return (say("In range"), "calm") if point["flag"] == "N" else (say("Not judged"), "doubt")


def shown(points: list[Point]) -> str:
    """All results of one test, the latest first; what is not sure says why."""
    heads = [say("Day"), say("Result"), say("Flag"), say("Change"), say("Range used")]
    labs = any(point["laboratory"] for point in points)
    rows = [line(point, labs=labs) for point in reversed(points)]
    title = esc(say("The same as a table, the latest first"))
    return f'<section class="course">{table(title, heads + ([say("Laboratory")] if labs else []), rows)}</section>'


def line(point: Point, *, labs: bool) -> str:
    """One result as a row; with its laboratory where any is known."""
    word, look = flag(point)
    mark = f'<span class="calm">{esc(word)}</span>' if look == "calm" else pill(word, look)
    verdict = {MORE: say("more than usual"), WITHIN: say("within the usual")}.get(point["verdict"], "")
    notes = " ".join(text for text in (verdict, again(point["reason"])) if text)  # "more than usual" "in healthy people; ..."
    change = f'{percent(point["change"])}<span class="soft">{esc(notes)}</span>'
    rest = [change, limits(point), *([esc(point["laboratory"])] if labs else [])]
    cells = "".join(f'<td class="wide">{cell}</td>' for cell in rest)
    return f'<tr><th scope="row">{esc(day(point["day"]) or say("no date"))}</th><td>{result(point)}</td><td>{mark}</td>{cells}</tr>'


def result(point: Point) -> str:
    """The result in the common unit, and as it was printed where that differs."""
    sure, unit = not isnan(point["value"]), unit_words(point["unit"])
    words = value_words(point) if sure else str(point["value_text"])
    printed = " ".join(f"{point['value_text']} {point['unit_text']}".split())
    same = {f"{words} {unit}".strip(), f"{words} {unit}".strip().replace(",", ".")}
    also = f'<span class="soft">{esc(say("printed {result}", result=printed))}</span>' if sure and printed not in same else ""
    return f'<b>{esc(words)}</b> <span class="unit">{esc(unit if sure else point["unit_text"])}</span>{also}'


def limits(point: Point) -> str:
    """The range that the result was compared with, and on whose word."""
    low, high = point["range_low"], point["range_high"]
    span = span_words(low, high, tongue()) if isfinite(low) or isfinite(high) else ""
    said = whose(str(point["basis"])) if span else ""
    return f'{esc(span or point["range_text"] or say("none"))}<span class="soft">{esc(said)}</span>'


def source(point: Point) -> str:
    """Where the expected variation comes from."""
    known = knowledge().sources.get(point["source_id"])
    if known is None:
        return ""
    mark = "" if point["verified"] else " " + pill(say("not checked"), "doubt")
    cited = f"{known.organisation}: {known.title}" + (f" ({known.year})" if known.year else "")
    return p(f"{esc(say('How much the test varies in healthy people: {source}.', source=cited))}{mark}", "soft")
