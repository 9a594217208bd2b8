"""Every result: outside the range, not judged, in range, in the units of choice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from labinterp.app.markup import esc, fold, p, pill, show, table, ul
from labinterp.app.rows import Row, range_words, rows_of, unsettled
from labinterp.app.session import Session
from labinterp.app.speech import again, day, number, say
from labinterp.interpretation import Interpretation
from labinterp.shown import Units, unit_words

UNITS: tuple[Units, ...] = ("printed", "SI", "US")
COLUMNS = 5


def results(session: Session, answer: Interpretation) -> None:
    """All rows in three groups, what to know about them, and what was worked out from them."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        show(f'<h2 id="li-results">{esc(say("All results"))}</h2>')
        words = {"printed": say("As printed"), "SI": "SI", "US": "US"}
        units = st.segmented_control(
            say("Units"),
            UNITS,
            default="printed",
            format_func=words.__getitem__,
            key=f"units-{session.turn}",
            required=True,
            label_visibility="collapsed",
        )
    rows = rows_of(answer, units)
    notices = ul(esc(notice.text) for notice in answer.notices)
    derived = ul(derived_lines(answer))
    many = len(rows) >= 8 and any(row.group == "outside" for row in rows)
    chance = say("With {n} tests a healthy person often has one slightly outside.", n=len(rows)) + " " if many else ""
    named = say("“Your lab’s” is the range printed on your report; “built-in” and “guideline” come from the sources named in Reference.")
    show(
        groups(answer, rows)
        + (f"<h3>{esc(say('Worth knowing about these results'))}</h3>{notices}" if notices else "")
        + (f"<h3>{esc(say('Worked out from them'))}</h3>{derived}" if derived else "")
        + p(esc(chance + named), "soft")
    )


def derived_lines(answer: Interpretation) -> list[str]:
    """Results worked out from others, in words."""
    shown = []
    for cells in answer.derived.to_dict("records"):
        rounded = number(float(format(float(cells["value_text"]), ".3g")))
        text = f"{cells['name']}: {rounded} {unit_words(cells['unit_text'])}"
        shown.append(f'{esc(text.strip())} <span class="small">{esc(cells["formula"])}</span>')
    return shown


def groups(answer: Interpretation, rows: Sequence[Row]) -> str:
    """The three groups. What is in range is folded; what is not judged never is."""
    several_days = len({row["collected"] for row in rows if isinstance(row["collected"], date)}) > 1
    parts = []
    heads = (say("Test"), say("Your result"), say("Where it lies"), say("Flag"), say("Range used"))
    for group, title in (("outside", say("Outside the range")), ("open", say("Not judged")), ("inside", say("In range"))):
        own = [line(answer, row, dated=several_days) for row in rows if row.group == group]
        if own:
            heading = f"{esc(title)} ({len(own)})"
            parts.append(fold(heading, table(esc(title), heads, own)) if group == "inside" else table(heading, heads, own))
    return "".join(parts)


def line(answer: Interpretation, row: Row, *, dated: bool = False) -> str:
    """One row of the table, where the two ranges disagree, and why it got its answer; with its day where there are several."""
    about = row.marker.about if row.marker and row.group != "open" else ""
    when = day(row["collected"]) if dated else ""
    more = "".join(soft(text) for text in (say("printed {result}", result=row.printed) if row.printed else "", when, again(row["edited"])))
    where = row.bar if row.group != "open" or row["status"] == "undetermined" else ""
    if row.group == "open":
        where += f"<span>{esc(again(row['reason'] or row['review']) or say('No limit to compare with.'))}</span>"
    check = " " + pill(say("compare it"), "doubt") if unsettled(row) and row.group == "outside" else ""
    cells = (
        f'<th scope="row">{esc(row.name)}{soft(about)}</th>',
        f'<td><b>{esc(row.words)}</b> <span class="unit">{esc(row.unit)}</span>{more}</td>',
        f'<td class="where">{where}</td>',
        f"<td>{row.flag}{check}</td>",
        f"<td>{range_words(row, answer.reference)}</td>",
    )
    said = soft(row.disagreement) + (soft(again(row["review"])) if row["review"] and row.group == "outside" else "")
    why = f'<summary>{esc(say("Why"))}<span class="unseen"> {esc(row.name)}</span></summary>'
    why += f'<div class="inside">{esc(answer.explain(row.label))}</div>'
    below = f'<td colspan="{COLUMNS}" class="wide">{said}<details class="why">{why}</details></td>'
    return f'<tr class="joined">{"".join(cells)}</tr><tr class="more">{below}</tr>'


def soft(text: str) -> str:
    """A smaller line under the main one, or nothing."""
    return f'<span class="soft">{esc(text)}</span>' if text else ""
